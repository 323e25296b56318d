"""The choice of the images: which data set, whether it is here, and how to get it."""

from pathlib import Path

from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.data import DATA_SOURCES, Availability, DataSet, availability
from engine.settings import DataSettings, Settings
from gui import asking, theme
from gui.form_fields import label_width, tooltip_of
from gui.forms import SettingsForm
from gui.session import Session
from gui.widgets.choice_with_state import ChoiceWithState
from gui.widgets.tips import give_tip
from gui.widgets.tone_label import ToneLabel

FOLDER, LONGEST_NOTE = "folder", 160
_NO_FOLDER = "One subfolder of PNG or JPEG pictures for each class."


class DataPanel(QWidget):
    """Lets another data set be opened, fetched first where it is not here yet.

    What is chosen here is open only when it has been loaded; until then the images from before
    stay.

    Attributes:
        choice: The data sets with their states.
        form: Size, colour and split of a folder of images.
        download_button, take_button, folder_button, cancel_button: What can be done.
        progress: How far it is, while something goes on.
        facts: What is open, or what goes on.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        titles = [(name, source.title) for name, source in DATA_SOURCES.items()]
        self.choice = ChoiceWithState(titles)
        self.form = SettingsForm(DataSettings, hide={"name", FOLDER})
        self.facts = ToneLabel(size="small", wrap=True)
        self.download_button = QPushButton(theme.icon("mdi6.download"), "&Download")
        self.take_button = QPushButton("From &a folder …")
        self.folder_button = QPushButton(theme.icon("mdi6.folder-open-outline"), "O&pen folder …")
        self.cancel_button = QPushButton("Cance&l")
        self.progress = QProgressBar(minimum=0, maximum=100, format="%p %")
        self._states: dict[str, Availability] = {}
        self._build()
        self._connect()
        self.follow_session()

    @property
    def chosen(self) -> str:
        """The name of the data set that the choice shows, open or not."""
        return str(self.choice.current())

    @property
    def widest(self) -> int:
        """Pixels that it needs when it shows the most."""
        pair = self.download_button, self.take_button
        return sum(button.sizeHint().width() for button in pair) + theme.SPACING

    def follow_session(self) -> None:
        """Show the data set that is open."""
        settings = self._session.settings.data
        blocked = self.choice.blockSignals(True)
        self.choice.set_value(settings.name)
        self.choice.blockSignals(blocked)
        self.form.set_value(settings)
        self._look_for_files()
        self._look()

    def open_folder(self, folder: Path) -> None:
        """Open a folder of images with the size and colour that the form says."""
        wanted = self.form.value()
        if isinstance(wanted, DataSettings):
            self._session.choosing.open_image_folder(folder, wanted)

    def take_from(self, folder: Path) -> None:
        """Take the files of the chosen data set from a folder."""
        self._session.choosing.take_data_files(self.chosen, folder)

    # Building.

    def _build(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setColumnStretch(1, 1)
        label = QLabel("Data")
        label.setFixedWidth(label_width())
        label.setBuddy(self.choice)
        tip = tooltip_of(DataSettings.model_fields["name"])
        for part in (label, self.choice):
            give_tip(part, tip)
        self.choice.setAccessibleName("Data")
        self.choice.setMinimumHeight(round(1.8 * self.choice.fontMetrics().height()))
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.choice, 0, 1)
        column.addLayout(grid)
        column.addWidget(self.facts)
        column.addWidget(self.progress)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACING)
        for button in self._buttons():
            buttons.addWidget(button)
        column.addLayout(buttons)
        self._explain()

    def _buttons(self) -> tuple[QPushButton, ...]:
        return self.download_button, self.take_button, self.folder_button, self.cancel_button

    def _explain(self) -> None:
        self.progress.setAccessibleName("Progress of the images")
        give_tip(
            self.download_button,
            "<b>Download</b><br>Gets the published files, compares them with their checksums and"
            " opens them. They stay on this computer.",
        )
        give_tip(
            self.take_button,
            "<b>From a folder</b><br>Copies the published files from a folder where they lie"
            " already, such as one that torchvision made; their checksums are compared.",
        )
        give_tip(
            self.folder_button,
            "<b>Open folder</b><br>A folder with one subfolder of PNG or JPEG pictures for each"
            " class; folders train and test above them are respected. Links are not followed.",
        )
        give_tip(
            self.cancel_button,
            "<b>Cancel</b><br>Gives up. The images from before stay open, and nothing is half"
            " loaded.",
        )

    def _connect(self) -> None:
        self._session.changed.connect(self._on_changed)
        self._session.loading.changed.connect(self._look)
        self._session.loading.ended.connect(self._on_ended)
        self._session.run_started.connect(self._look)
        self._session.run_ended.connect(self._look)
        self.choice.edited.connect(self._choose)
        self.choice.activated.connect(self._choose_again)
        self.form.changed.connect(self._reload)
        self.download_button.clicked.connect(self._download)
        self.take_button.clicked.connect(self._ask_files)
        self.folder_button.clicked.connect(self._ask_folder)
        self.cancel_button.clicked.connect(self._cancel)

    # What the person does.

    def _choose(self) -> None:
        name, session = self.chosen, self._session
        known = session.settings.data.model_copy(update={"name": name})
        self.form.set_value(known)
        session.loading.stop()
        is_settled = session.data is not None or session.choosing.waits_for_server
        is_here = bool(known.folder) if name == FOLDER else self._states[name].here
        if is_here and not (is_settled and known == session.settings.data):
            session.choosing.choose_data(known)
        self._look()

    def _choose_again(self, _: int) -> None:
        """What the choice shows already, such as what was here too late, can be opened by it."""
        if not self._session.loading.is_busy:
            self._choose()

    def _reload(self, settings: Settings) -> None:
        """Another size or colour of the folder that is open."""
        if isinstance(settings, DataSettings) and settings.folder:
            self._session.choosing.choose_data(settings)

    def _download(self) -> None:
        self._session.choosing.download_data(self.chosen)

    def _cancel(self) -> None:
        self._session.loading.stop()
        self.follow_session()

    def _ask_files(self) -> None:
        title = DATA_SOURCES[self.chosen].title
        if folder := asking.folder(self, self._session, f"A folder with the files of {title}"):
            self.take_from(folder)

    def _ask_folder(self) -> None:
        title = "A folder with a subfolder for each class"
        if folder := asking.folder(self, self._session, title):
            self.open_folder(folder)

    # What there is to see.

    def _look_for_files(self) -> None:
        """See which data sets are on this computer now."""
        self._states = {name: availability(name) for name in DATA_SOURCES}
        self.choice.set_states({name: state.text for name, state in self._states.items()})

    def _on_changed(self, what: str) -> None:
        if what in {"data", "settings", "experiment"} and not self._session.loading.is_busy:
            self.follow_session()

    def _on_ended(self) -> None:
        """What was chosen may be here now; what could not be opened is not shown as if it were."""
        if self.chosen == self._session.settings.data.name:
            self.follow_session()
        else:
            self._look_for_files()
            self._look()

    def _look(self, *_: object) -> None:
        """Show what is open, what goes on, and what can be done."""
        session, name = self._session, self.chosen
        busy, idle = session.loading.is_busy, session.running is None
        absent = not self._states[name].here
        self.download_button.setVisible(absent and not busy)
        self.take_button.setVisible(absent and not busy)
        self.folder_button.setVisible(name == FOLDER and not busy)
        self.cancel_button.setVisible(busy)
        self.progress.setVisible(busy)
        self.choice.setEnabled(idle and not session.loading.is_fetching)
        self.form.setEnabled(not busy and idle)
        self.folder_button.setEnabled(idle)
        self.facts.setText(self._facts())
        progress = session.loading.progress
        self.progress.setValue(round(100 * progress.done / progress.total) if progress else 0)

    def _facts(self) -> str:
        session, name = self._session, self.chosen
        if session.loading.is_busy:
            progress = session.loading.progress
            return (
                f"{session.loading.subject}: {progress.text}"
                if progress
                else (f"{session.loading.subject} …")
            )
        if name != session.settings.data.name or (name == FOLDER and session.data is None):
            state = self._states[name].text
            words = _NO_FOLDER if name == FOLDER else f"{state[:1].upper()}{state[1:]}."
            if session.data is None:
                return f"{words} {session.choosing.why_no_data}"
            return f"{words} {session.images.title} stays open."
        return describe(session.data) if session.data else session.choosing.why_no_data


def describe(data: DataSet) -> str:
    """What a data set holds: "70,000 images of 10 classes, 28 x 28 pixels, grey", and its notes."""
    channels, height, width = data.shape
    colour = "grey" if channels == 1 else "colour"
    total = len(data.train) + len(data.test)
    size = f"{width} x {height} pixels, {colour}"
    notes = " ".join(("", *data.notes))
    shown = notes if len(notes) <= LONGEST_NOTE else f"{notes[:LONGEST_NOTE]} …"
    return f"{total:,} images of {data.classes:,} classes, {size}.{shown}"
