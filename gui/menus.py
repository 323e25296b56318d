"""The menus of the window: one table, from which the actions are made."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from gui import recent_words, theme
from gui.widgets.tips import as_tip

MOST_RECENT = 8
RECENT_KEY, SCHEME_KEY = "recent", "scheme"
TIP_PROPERTY = "tip"  # of an action: what it does, while its tooltip may say why it cannot


@dataclass(frozen=True)
class Entry:
    """One line of a menu; `slot` is the name of a method of Commands. No text: a rule."""

    text: str = ""
    slot: str = ""
    tip: str = ""
    keys: str = ""
    icon: str = ""


FILE_ENTRIES = (
    Entry(
        "&New experiment", "new_experiment", "Goes back to the default settings and trigger.",
        "Ctrl+N", "mdi6.file-outline",
    ),
    Entry(
        "&Open experiment …", "ask_open", "Opens the folder that a run left.",
        "Ctrl+O", "mdi6.folder-open-outline",
    ),
    Entry("Open &recent", "recent_menu"),
    Entry(
        "Open mode&l …", "ask_model", "Opens a model that somebody else trained, to scan it;"
        " nothing in its file is run.", "Ctrl+Shift+O", "mdi6.shield-search",
    ),
    Entry(
        "&Save experiment as …", "ask_save", "Copies the experiment to a folder of your choice.",
        "Ctrl+Shift+S", "mdi6.content-save-outline",
    ),
    Entry(
        "Save mo&del as …", "ask_save_model", "Writes the network to a file of its own, with all"
        " that is known of it: it can be opened and scanned again anywhere.", "Ctrl+D",
    ),
    Entry(),
    Entry(
        "Export repor&t …", "ask_report", "Writes the verdict, and what it rests on, as a page for"
        " people who were not there.", "Ctrl+Shift+R", "mdi6.file-document-outline",
    ),
    Entry("Export &masks …", "export_masks", "Writes every mask found as a PNG.", "Ctrl+E"),
    Entry(
        "Export n&umbers …", "export_numbers", "Writes all numbers of the scan without loss.",
        "Ctrl+Shift+E",
    ),
    Entry(
        "&Export ONNX …", "ask_onnx", "Writes the network for programs that read ONNX; what it"
        " takes for an image becomes part of it.", "Ctrl+Shift+X",
    ),
    Entry(),
    Entry(
        "&Import trigger PNG …", "import_trigger", "Colour is the pattern, alpha the mask.",
        "Ctrl+I",
    ),
    Entry(
        "E&xport trigger PNG …", "export_trigger", "Writes the trigger at its true size.",
        "Ctrl+Shift+I",
    ),
    Entry(
        "Export &poisoned set …", "export_poisoned", "Writes the training images as they would be"
        " learned, with a table of what was done to which image.",
    ),
    Entry(),
    Entry("&Quit", "close", "Closes the program; a run is stopped first.", "Ctrl+Q"),
)  # fmt: skip
VIEW_ENTRIES = (
    Entry("&Attack", "show_attack", "Draw the trigger, choose the target.", "Ctrl+1"),
    Entry("&Training", "show_training", "Train a network with it.", "Ctrl+2"),
    Entry("&Detection", "show_detection", "Search the network for triggers.", "Ctrl+3"),
    Entry(),
    Entry("T&heme", "scheme_menu"),
    Entry("&Reset layout", "reset_layout", "Gives the window its first size and place again."),
)
RUN_ENTRIES = (
    Entry("&Start", "start_run", "Starts what the tab in front is for.", "Ctrl+R", "mdi6.play"),
    Entry(
        "&Pause or resume", "toggle_pause", "Holds the run, or lets it go on.",
        "Ctrl+P", "mdi6.pause",
    ),
    Entry(
        "S&top", "stop_run", "Ends the run; what is finished of it is kept.", "Ctrl+.",
        "mdi6.stop",
    ),
    Entry("S&how what runs", "show_run", "Leads to the tab and page of the run."),
    Entry(
        "&Map all pairs", "map_pairs", "Searches for a trigger for every pair of classes, too: it"
        " finds backdoors that move chosen classes only.", "Ctrl+M", "mdi6.grid",
    ),
    Entry(
        "&Calibrate …", "calibrate", "Trains clean networks, so that verdicts know what is usual.",
        "Ctrl+K", "mdi6.scale-balance",
    ),
    Entry(),
    Entry(
        "&Try it", "try_it", "Runs the default experiment through all three tabs.",
        "Ctrl+T", "mdi6.play-circle-outline",
    ),
    Entry(),
    Entry("Show the folder of &runs", "show_runs", "Every run is saved there as it goes."),
)  # fmt: skip
HELP_ENTRIES = (
    Entry("&What am I looking at?", "explain", "Explains the tab in front.", "F1"),
    Entry("&Keyboard shortcuts", "show_keys", "Lists every key.", "Ctrl+/"),
    Entry("&About Backdoor Studio", "show_about", "Version and sources."),
)


DRAWING = "show_attack"


def build(bar: QMenuBar, commands: QObject, edit_actions: list[QAction]) -> None:
    """Fill a menu bar; `edit_actions` are those of the canvas."""
    _fill(bar.addMenu("&File"), FILE_ENTRIES, commands)
    edit = bar.addMenu("&Edit")
    edit.addActions(edit_actions)
    edit.triggered.connect(getattr(commands, DRAWING))  # nothing is drawn where nobody sees it
    for title, entries in (
        ("&View", VIEW_ENTRIES), ("&Run", RUN_ENTRIES), ("&Help", HELP_ENTRIES),
    ):  # fmt: skip
        _fill(bar.addMenu(title), entries, commands)


def _fill(menu: QMenu, entries: tuple[Entry, ...], commands: QObject) -> None:
    menu.setToolTipsVisible(True)
    for entry in entries:
        if not entry.text:
            menu.addSeparator()
        elif entry.slot.endswith("_menu"):
            submenu: QMenu = getattr(commands, entry.slot)
            submenu.setTitle(entry.text)
            menu.addMenu(submenu)
        else:
            menu.addAction(_action(entry, menu, commands))


def _action(entry: Entry, menu: QMenu, commands: QObject) -> QAction:
    action = QAction(entry.text, menu)
    action.setObjectName(entry.slot)
    action.setToolTip(as_tip(entry.tip))
    action.setProperty(TIP_PROPERTY, entry.tip)
    action.setShortcut(QKeySequence(entry.keys))
    if entry.icon:
        action.setIcon(theme.icon(entry.icon))
    action.triggered.connect(getattr(commands, entry.slot))
    return action


class RecentMenu(QMenu):
    """The experiments opened or made last, those that are still there.

    Signals:
        chosen: The folder to open.
    """

    chosen = Signal(Path)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._list)  # not before: it reads files
        self.triggered.connect(self._choose)

    @staticmethod
    def folders() -> list[Path]:
        """The folders, newest first."""
        names = QSettings().value(RECENT_KEY, [], list)
        assert isinstance(names, list)  # noqa: S101 - as asked for, in a way no stub can say
        texts = [name for name in names if isinstance(name, str)]  # a person may have edited them
        return [Path(name) for name in texts if _holds_experiment(Path(name))]

    def add(self, folder: Path) -> None:
        """Remember a folder as the newest."""
        others = [known for known in self.folders() if known != folder]
        QSettings().setValue(RECENT_KEY, [str(known) for known in [folder, *others][:MOST_RECENT]])

    def _list(self) -> None:
        self.clear()
        folders = self.folders()
        for folder, line in zip(folders, recent_words.lines(folders), strict=True):
            action = self.addAction(line.replace("&", "&&"))  # or it would become a mnemonic
            action.setToolTip(as_tip(str(folder)))
            action.setData(str(folder))
        if self.isEmpty():
            self.addAction("No experiment yet").setEnabled(False)

    def _choose(self, action: QAction) -> None:
        if action.data():
            self.chosen.emit(Path(action.data()))


def _holds_experiment(folder: Path) -> bool:
    try:
        return (folder / "experiment.json").is_file()
    except OSError:  # a disk that does not answer, or a folder that may not be looked into
        return False


class SchemeMenu(QMenu):
    """Light, dark, or as the system is; remembered."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        group = QActionGroup(self)
        present = QSettings().value(SCHEME_KEY, "system", str)
        for text, scheme in (("As the &system", "system"), ("&Light", "light"), ("&Dark", "dark")):
            action = group.addAction(text)
            action.setCheckable(True)
            action.setChecked(scheme == present)
            action.setData(scheme)
            self.addAction(action)
        group.triggered.connect(self._choose)

    def _choose(self, action: QAction) -> None:
        QSettings().setValue(SCHEME_KEY, action.data())
        theme.set_scheme(action.data())
