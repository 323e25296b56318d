"""What the menus do: each public method without arguments is the slot of one line in a menu."""

import html
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from engine.version import VERSION
from gui import asking, help_texts, possible
from gui.first_look import FirstLook
from gui.help_window import HelpWindow, list_keys
from gui.menus import RecentMenu, SchemeMenu
from gui.possible import LOOKING, NOTHING_RUNS
from gui.questions import may_stop
from gui.recent_words import when
from gui.session import Session

if TYPE_CHECKING:
    from gui.detection_tab import DetectionTab
    from gui.window import MainWindow

ATTACK, TRAINING, DETECTION = range(3)
NOTHING_OPENED = (
    "No network is open on this page that could be scanned. Choose a file, or go back to the scan."
)
PUT_AWAY = "A new experiment begins. The one that was open is kept: File, Open recent, {}."


class Commands(QObject):
    """The slots of the menus of one window.

    Attributes:
        recent_menu: The experiments opened or made last.
        scheme_menu: Light, dark, or as the system is.
        help_window: Where help is shown.
        first_look: What *Try it* begins with.
    """

    def __init__(self, window: "MainWindow", session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self.recent_menu, self.scheme_menu = RecentMenu(window), SchemeMenu(window)
        self.help_window = HelpWindow(window)
        self.first_look = FirstLook(session, self)
        self.recent_menu.chosen.connect(self.open_folder)

    # File.

    def new_experiment(self) -> None:
        """Go back to the defaults."""
        if not self._session.is_refused() and self._may_lose_drawing():
            self._session.choosing.new_experiment()

    def ask_open(self) -> None:
        """Ask for the folder of an experiment and open it."""
        if self._session.is_refused():
            return
        folder = QFileDialog.getExistingDirectory(
            self._window, "Open experiment", str(self._session.runs_folder)
        )
        if folder:
            self.open_folder(Path(folder))

    def open_folder(self, folder: Path) -> None:
        """Open an experiment, and show the last tab that it has something for."""
        if self._session.is_refused() or not self._may_lose_drawing():
            return
        self._session.choosing.open_experiment(folder)
        if self._session.folder == folder:
            has_detection = self._session.detection is not None
            self._window.tabs.setCurrentIndex(DETECTION if has_detection else TRAINING)

    def ask_model(self) -> None:
        """Ask for a model file, and open it in the Detection tab."""
        tab = self._window.detection_tab
        if tab is not None:
            tab.ask_model()
            if tab.is_opening:
                self.show_detection()

    def open_model(self, path: Path) -> None:
        """Open a model file in the Detection tab."""
        tab = self._window.detection_tab
        if tab is not None:
            self.show_detection()
            if self._session.running is None:
                tab.show_opening()
            self._session.auditing.open_model(path)

    def ask_save(self) -> None:
        """Ask for a new folder and copy the experiment there."""
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            "Save experiment as a new folder",
            str(Path.home() / "backdoor-experiment"),
        )
        if name:
            self._session.exporting.save_as(Path(name))

    def export_masks(self) -> None:
        """Export as the button of the Detection tab does."""
        self._export("masks_button")

    def export_numbers(self) -> None:
        """Export as the button of the Detection tab does."""
        self._export("numbers_button")

    def ask_save_model(self) -> None:
        """Ask for a file and write the network to it."""
        if self._session.model is None:
            self._session.exporting.save_model(Path())  # says that there is none
        elif path := self._ask_file("Save the model as", "model.safetensors"):
            self._session.exporting.save_model(path)

    def ask_onnx(self) -> None:
        """Ask for a file and write the network to it as ONNX."""
        if self._session.model is None:
            self._session.exporting.export_onnx(Path())  # says that there is none
        elif path := self._ask_file("Export the network as ONNX", "model.onnx"):
            self._session.exporting.export_onnx(path)

    def ask_report(self) -> None:
        """Ask for a file and write the report to it."""
        if self._session.detection is None or self._session.model is None:
            self._session.exporting.export_report(Path())  # says what is lacking
        elif self._is_looking():
            self._session.auditing.tell_of_file(LOOKING)
        elif path := self._ask_file("Export the report", "report.html"):
            self._session.exporting.export_report(path)

    def import_trigger(self) -> None:
        """Import as the button of the Attack tab does."""
        self.show_attack()
        self._window.attack_tab.ask_import()

    def export_poisoned(self) -> None:
        """Export as the button of the Attack tab does."""
        self._window.attack_tab.ask_export_set()

    def export_trigger(self) -> None:
        """Export as the button of the Attack tab does."""
        self._window.attack_tab.panel.export_button.click()

    def close(self) -> None:
        """Close the window."""
        self._window.close()

    # View.

    def show_attack(self) -> None:
        """Show tab 1."""
        self._window.tabs.setCurrentIndex(ATTACK)

    def choose_images(self) -> None:
        """Show where the images are chosen."""
        self.show_attack()
        self._window.attack_tab.data_panel.choice.setFocus()

    def show_training(self) -> None:
        """Show tab 2."""
        self._window.tabs.setCurrentIndex(TRAINING)

    def show_detection(self) -> None:
        """Show tab 3."""
        self._window.tabs.setCurrentIndex(DETECTION)

    def reset_layout(self) -> None:
        """Give the window its first size again."""
        self._window.reset_place()

    # Run.

    def start_run(self) -> None:
        """Start what the tab in front is for; the first tab leads to the training."""
        front, tab = self._window.tabs.currentIndex(), self._window.detection_tab
        if front == ATTACK:
            self.show_training()
        elif front == DETECTION and tab is not None and tab.is_opening:
            self._use_opened(tab)
            return
        bar = self._window.run_bar
        if bar is not None:
            bar.press()

    def toggle_pause(self) -> None:
        """Pause the run, or let it go on."""
        self._session.toggle_pause()

    def stop_run(self) -> None:
        """End the run and keep what it has; asks first where it has not all that it found."""
        if may_stop(self._window, self._session):
            self._session.stop()

    def show_run(self) -> None:
        """Show what runs, in its tab and on its page there."""
        running, tab = self._session.running, self._window.detection_tab
        if running == "train":
            self.show_training()
        elif running is not None and tab is not None:
            self.show_detection()
            if running == "calibrate":
                tab.show_calibration()
            else:
                tab.show_scan()
        else:
            self._session.telling.inform(NOTHING_RUNS)

    def map_pairs(self) -> None:
        """Scan as the button of the Detection tab does."""
        self.show_detection()
        tab = self._window.detection_tab
        if tab is not None and tab.pages.is_looking:
            self._use_opened(tab)
        elif tab is not None:
            tab.mapping.map_pairs()

    def calibrate(self) -> None:
        """Show the Calibrate page of the Detection tab; Start is there."""
        self.show_detection()
        if self._window.detection_tab is not None:
            self._window.detection_tab.show_calibration()

    def try_it(self) -> None:
        """Run the default experiment: a look at the attack, then training, then the scan."""
        obstacle = possible.try_obstacle(self._session)
        if obstacle:
            self._session.telling.refuse(obstacle)
        elif self._may_lose_drawing():
            self.first_look.end()
            self.show_attack()
            before = self._session.folder
            self._session.choosing.new_experiment()
            self.first_look.begin()
            if before is not None:  # which says more than that a training begins
                self._session.telling.inform(PUT_AWAY.format(when(before.name)))

    def show_runs(self) -> None:
        """Open the folder of runs in the system's file browser."""
        self._session.runs_folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._session.runs_folder)))

    # Help.

    def explain(self) -> None:
        """Explain the tab in front."""
        text = help_texts.LOOKING_AT[self._window.tabs.currentIndex()]
        self.help_window.show_text("What am I looking at?", text)

    def show_keys(self) -> None:
        """List every key."""
        self.help_window.show_text("Keyboard shortcuts", list_keys(self._window))

    def show_about(self) -> None:
        """Say what this is."""
        folder = html.escape(str(self._session.runs_folder))
        text = help_texts.ABOUT.format(version=VERSION, folder=folder)
        self.help_window.show_text("About Backdoor Studio", text)

    def _use_opened(self, tab: "DetectionTab") -> None:
        """Take the network that is looked at, so that it is the one that will be scanned."""
        if tab.opening.use_button.isEnabled():
            tab.opening.use_button.click()
        else:
            self._session.auditing.tell_of_file(NOTHING_OPENED)

    def _export(self, button: str) -> None:
        tab = self._window.detection_tab
        if self._session.detection is not None and self._is_looking():
            self._session.auditing.tell_of_file(LOOKING)
        elif tab is not None and self._session.detection is not None:
            getattr(tab.buttons, button).click()
        else:
            self._session.exporting.export_masks(Path())  # says that there is nothing to export

    def _is_looking(self) -> bool:
        """Whether a file is looked at that the open scan does not belong to."""
        tab = self._window.detection_tab
        return tab is not None and tab.pages.is_looking

    def _ask_file(self, title: str, name: str) -> Path | None:
        """Ask where to write a file; its name gets the usual ending if it has none."""
        pattern = f"*{Path(name).suffix}"
        return asking.file_to_write(self._window, self._session, title, name, pattern)

    def _may_lose_drawing(self) -> bool:
        return not self._session.has_unsaved_drawing or self._window.ask_about_drawing()
