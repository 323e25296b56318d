"""The page on which a stranger's model is opened, fitted and tried before it is scanned."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui import asking, opening_words, theme
from gui.images_button import ImagesButton
from gui.session import Session
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.fit_list import FitList
from gui.widgets.mark import Mark
from gui.widgets.measure_list import MeasureList
from gui.widgets.overlay import FOOT
from gui.widgets.tips import as_tip, give_tip
from gui.widgets.tone_label import ToneLabel

FILTERS = "Models (*.safetensors *.pt *.pth *.bin *.ckpt);;All files (*)"
NETWORKS_WIDTH = 400
MARK = 18


class ModelPage(QWidget):
    """Shows what `session.opening` holds, and lets the person choose.

    Signals:
        closed: The person wants to see the scan again.
        used: The opened model is the one to scan now.
        renamed: `status_text` says something else.
        images_requested: The person wants images to try it on that are chosen in tab 1.
    """

    closed = Signal()
    used = Signal()
    renamed = Signal()
    images_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._opening = session, session.opening
        self.open_button = QPushButton(theme.icon("mdi6.folder-open-outline"), "Choose a f&ile …")
        self.back_button = QPushButton(theme.icon("mdi6.arrow-left"), "&Back to the scan")
        self.images_button = ImagesButton(session)
        self.use_button = QPushButton(theme.icon("mdi6.check", "on_accent"), "&Use this network")
        self.stop_button = QPushButton(theme.icon("mdi6.stop"), "Stop")
        self.sentence = ToneLabel(bold=True, wrap=True)
        self.mark = Mark(MARK, theme.icon("mdi6.alert-circle-outline", "error"))
        self.notes = ToneLabel(size="small", tone="undecided", wrap=True)
        self.fits = FitList()
        self.formats = MeasureList(("Input format", "Right on", "What it means"),
            widest="mean=0.1307 std=0.3081", selectable=True,
        )  # fmt: skip
        self.format_field = QLineEdit()
        self.brightness = MeasureList(
            opening_words.BRIGHTNESS_HEADINGS, widest="brightness x 1/255", selectable=False,
        )  # fmt: skip
        self.brightness_label = ToneLabel(size="small", wrap=True)
        self.progress = QProgressBar(minimum=0, maximum=100, format="%p %")
        self.doing = ElidedLabel(size="small")
        self._facts, self.pages = QGridLayout(), QStackedWidget()
        self._shown_facts: tuple[tuple[str, str], ...] = ()
        self._shown_status = ""
        self.empty = ToneLabel(opening_words.PLACEHOLDER, wrap=True)
        self._build()
        self._connect()
        self.refresh()

    @property
    def status_text(self) -> str:
        """What is looked at, for the tab's label."""
        return opening_words.status(self._opening)

    def ask(self) -> bool:
        """Ask for a file and open it; answer whether one was chosen."""
        path = asking.file_to_read(self.window(), self._session, "Open a model", FILTERS)
        if path is not None:
            self._session.auditing.open_model(path)
        return path is not None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leads back."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def refresh(self) -> None:
        """Show what is known now."""
        opening = self._opening
        self.sentence.setText(opening_words.sentence(opening))
        self.sentence.set_tone(opening_words.tone(opening))
        self.mark.setVisible(opening.has_failed)
        self._show_facts()
        self.pages.setCurrentIndex(int(opening.opened is not None))
        waits = opening.path is None or bool(opening.problem)
        self.empty.setText(opening_words.PLACEHOLDER if waits else "")
        fits = opening.opened.fits if opening.opened is not None else ()
        self.fits.show_fits(fits, opening.fit)
        self.formats.show_rows(opening_words.format_rows(opening))
        names = self._session.class_names
        self.brightness.show_rows(opening_words.brightness_rows(opening, names))
        said, is_warning = opening_words.brightness_sentence(opening)
        self.brightness_label.setText(f"Warning: {said}" if is_warning else said)
        self.brightness_label.set_tone("undecided" if is_warning else None)
        self.brightness_label.setVisible(bool(said))
        if self.status_text != self._shown_status:
            self._shown_status = self.status_text
            self.renamed.emit()
        notes = opening_words.notes(opening)
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self._show_work()

    def _show_work(self) -> None:
        opening = self._opening
        progress = opening.progress
        self.progress.setVisible(opening.is_busy)
        self.stop_button.setVisible(opening.is_busy)
        self.doing.setText(progress.text if progress is not None else "")
        if progress is not None:
            self.progress.setValue(round(100 * progress.done / max(progress.total, 1)))
        idle = self._session.running is None
        self.use_button.setEnabled(opening.model is not None and idle and not opening.is_busy)
        self.format_field.setEnabled(opening.fit is not None and opening.fit.fits)
        self.open_button.setEnabled(idle)
        self.images_button.refresh()

    def _show_facts(self) -> None:
        """Lay the facts out anew if they are others; every step of the work asks for it."""
        facts = opening_words.facts(self._opening)
        if facts == self._shown_facts:
            return
        self._shown_facts = facts
        while (item := self._facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # it is there until the next round of events
                widget.deleteLater()
        for row, (name, value) in enumerate(facts):
            self._facts.addWidget(ToneLabel(name, size="small", tone="sham"), row, 0)
            is_name = name == opening_words.FILE
            label = ElidedLabel(value, size="small") if is_name else (
                ToneLabel(value, size="small", wrap=len(value) > 70)
            )  # fmt: skip
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            self._facts.addWidget(label, row, 1)

    def _use(self) -> None:
        if self._session.auditing.use_opened_model():
            self.used.emit()

    def _try_own_format(self) -> None:
        text = self.format_field.text().strip()
        if text:
            self._opening.try_format(text)

    def _on_run_changed(self, *_: str) -> None:
        self._show_work()

    def _connect(self) -> None:
        self.open_button.clicked.connect(self.ask)
        self.back_button.clicked.connect(self.closed)
        self.use_button.clicked.connect(self._use)
        self.stop_button.clicked.connect(self._opening.stop)
        self.images_button.more_requested.connect(self.images_requested)
        self.fits.chosen.connect(self._opening.choose)
        self.formats.row_chosen.connect(self._opening.try_format)
        self.format_field.returnPressed.connect(self._try_own_format)
        self._opening.changed.connect(self.refresh)
        self._session.run_started.connect(self._on_run_changed)
        self._session.run_ended.connect(self._on_run_changed)
        self._session.loading.changed.connect(self.images_button.refresh)

    def _build(self) -> None:
        heading = QHBoxLayout()
        heading.addWidget(ToneLabel(opening_words.TITLE, size="title", bold=True), 1)
        heading.addWidget(self.open_button)
        heading.addWidget(self.back_button)
        self.open_button.setToolTip("Reads a model file; nothing in it is run. Ctrl+Shift+O.")
        self.back_button.setToolTip("Shows the scan again; what is open here stays. Escape.")
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(2 * theme.SPACING)
        self._facts.setVerticalSpacing(2)
        self._build_pages()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addLayout(heading)
        column.addWidget(ToneLabel(opening_words.WHY, size="small", wrap=True))
        column.addLayout(self._outcome())
        column.addLayout(self._facts)
        column.addWidget(self.pages, 1)
        column.addWidget(self.notes)
        column.addWidget(self._bottom())

    def _outcome(self) -> QHBoxLayout:
        self.mark.setAccessibleName("Error")
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.images_button, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _build_pages(self) -> None:
        """What is known of a file, or what will be there."""
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.empty.setContentsMargins(*[6 * theme.SPACING] * 4)
        known = QWidget()
        known.setLayout(self._middle())
        self.pages.addWidget(self.empty)
        self.pages.addWidget(known)

    def _middle(self) -> QHBoxLayout:
        self.fits.setMaximumWidth(NETWORKS_WIDTH)
        self.formats.setAccessibleName("Input formats")
        give_tip(self.formats, as_tip(opening_words.FORMATS_TIP))
        self.brightness.setAccessibleName("Changes of brightness and contrast")
        give_tip(self.brightness, as_tip(opening_words.BRIGHTNESS_TIP))
        label = QLabel("&Another input format")
        label.setBuddy(self.format_field)
        self.format_field.setPlaceholderText("mean=0.1307 std=0.3081")
        for part in (label, self.format_field):
            give_tip(part, as_tip(opening_words.FORMAT_TIP))
        own = QHBoxLayout()
        own.setSpacing(theme.SPACING)
        own.addWidget(label)
        own.addWidget(self.format_field, 1)
        right = QVBoxLayout()
        right.setSpacing(theme.SPACING)
        right.addWidget(self.formats, 4)
        right.addLayout(own)
        right.addWidget(self.brightness, 6)
        right.addWidget(self.brightness_label)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.SPACING)
        row.addWidget(self.fits, 2)
        row.addLayout(right, 3)
        return row

    def _bottom(self) -> QWidget:
        self.use_button.setObjectName("primary")
        self.use_button.setToolTip(opening_words.USE_TIP)
        self.stop_button.setToolTip("Gives up what goes on; what was found stays.")
        self.progress.setAccessibleName("Progress")
        foot = QWidget()
        foot.setObjectName(FOOT)
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self.use_button)
        row.addWidget(self.stop_button)
        row.addWidget(self.progress, 1)
        row.addWidget(self.doing, 1)
        row.addStretch(1)
        return foot
