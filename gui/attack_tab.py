"""The Attack tab: settings at the left, the canvas in the middle, figures at the right."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine import attacks, clippings, triggers
from engine.errors import EngineError
from engine.impact import impact
from engine.settings import AttackSettings
from engine.triggers import Trigger
from gui import asking, possible, theme, words
from gui.attack_problems import why_unused
from gui.data_panel import DataPanel
from gui.drawing_area import DrawingArea
from gui.export_bar import ExportBar
from gui.forms import FormColumn, SettingsForm
from gui.poison_preview import PoisonPreview
from gui.session import Session
from gui.trigger_panel import TriggerPanel
from gui.widgets.layers import Paint
from gui.widgets.overlay import FOOT
from gui.widgets.tips import as_tip, give_tip

FORM_WIDTH, PANEL_WIDTH = 240, 256
FRAME_MS = 16
# Of the height: in 800 pixels, images of 28 x 28 are 18 times as large on the canvas, below it 3.
UPPER_SHARE, PREVIEW_SHARE = 7, 2
LONGEST_ARROW = 24  # letters beside the tab's name
PNG_FILTER = "PNG pictures (*.png)"
EXPORT_TIP = (
    "<b>Export poisoned set</b><br>Writes all training images as the network would learn them, and"
    " a table of what was done to which image, for use elsewhere."
)
NEXT_TIP = "<b>Next: train</b><br>Goes to the tab where a network learns from these images."
SET_FILTERS = "A folder of PNGs with a table (*);;One file (*.safetensors)"


class AttackTab(QWidget):
    """Draws the trigger and says what it will do; Session follows the canvas.

    Attributes:
        undo_action: Undo of the canvas, for the window's menu.
        redo_action: Redo of the canvas, likewise.

    Signals:
        status_changed: `status_text` is another one.
        next_requested: The user wants to go on to the training.
    """

    status_changed = Signal()
    next_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._sent: Trigger | None = None
        self._brush_actions: list[QAction] = []
        self._frame = QTimer(self, singleShot=True, interval=FRAME_MS)
        self.data_panel = DataPanel(session)
        self.attack_form = SettingsForm(AttackSettings, hide={"trigger"})
        self.area = DrawingArea(session.shape)
        self.panel = TriggerPanel(session.shape)
        self.preview = PoisonPreview(session.shape)
        self.export_button = QPushButton(theme.icon("mdi6.tray-arrow-up"), "Export &set …")
        self.next_button = QPushButton(theme.icon("mdi6.arrow-right"), "&Next: train")
        self.export_bar = ExportBar(session.exports)
        self.export_bar.setObjectName(FOOT)
        self.canvas = self.area.canvas
        self.undo_action = self.area.tools.undo_action
        self.redo_action = self.area.tools.redo_action
        self._build()
        self._connect()
        self.canvas.reset(session.trigger)
        self._follow_session("experiment")

    @property
    def status_text(self) -> str:
        """What stands beside the tab's name: the trigger's size and its target."""
        trigger, settings = self._session.trigger, self._session.settings.attack
        if attacks.poisons_nothing(settings):
            return "nothing poisoned"
        arrow = words.in_few_letters(
            partial(attacks.arrow, settings), self._session.class_names, LONGEST_ARROW
        )
        if not attacks.uses_drawing(settings):
            return f"{attacks.FAMILIES[settings.family].title} {arrow}"
        pixels = attacks.as_stamped(settings, trigger).pixels
        return f"{pixels:,} px {arrow}" if pixels else "empty trigger"

    def import_png(self, path: Path) -> None:
        """Take the trigger from a PNG; a picture of another size is laid on the drawing."""
        if self.canvas.why_locked:
            self._tell("info", self.canvas.why_locked)
            return
        try:
            clipping = clippings.read(path, self.canvas.drawing.shape)
        except EngineError as error:
            self._tell("error", str(error))
            return
        if clipping.is_whole:
            self._session.note_file(clipping.piece)
            self.canvas.put(clipping.piece)
        else:
            self.canvas.place(clipping, path.name)

    def export_png(self, path: Path) -> None:
        """Write the trigger as a PNG of its true size."""
        self._send_trigger()  # the last stroke may not have been sent yet
        self._session.exporting.export_trigger(path)

    # Building.

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN] * 4)
        column.setSpacing(theme.SPACING)
        upper = QHBoxLayout()
        upper.setSpacing(2 * theme.SPACING)
        form = FormColumn([self.data_panel.form, self.attack_form])
        # With a large system font the columns are as wide as their words need.
        wide = max(FORM_WIDTH, form.minimumSizeHint().width(), self.data_panel.widest)
        for part in (self.data_panel, form):
            part.setFixedWidth(wide)
        self.panel.setFixedWidth(max(PANEL_WIDTH, self.panel.minimumSizeHint().width()))
        left = QVBoxLayout()
        left.setSpacing(theme.SPACING // 2)
        left.addWidget(self.data_panel)
        left.addWidget(form)
        left.addStretch(1)
        upper.addLayout(left)
        upper.addWidget(self.area, 1)
        upper.addWidget(self.panel)
        column.addLayout(upper, UPPER_SHARE)
        column.addWidget(self.preview, PREVIEW_SHARE)
        column.addWidget(self.export_bar)
        self.preview.header.addWidget(self.export_button)
        self.preview.header.addWidget(self.next_button)

    def _connect(self) -> None:
        self._session.changed.connect(self._follow_session)
        self._frame.timeout.connect(self._send_trigger)
        self.canvas.drawn.connect(self._plan_sending)
        self.canvas.picked.connect(self._take_picked)
        self.area.samples.changed.connect(self._show_effect)
        self.canvas.painted.connect(self._remember_paint)
        self.canvas.told.connect(self._tell)
        self.canvas.brush_resized.connect(self._set_brush)
        self.canvas.file_dropped.connect(self.import_png)
        self.panel.paint_chosen.connect(self.canvas.set_paint)
        self.panel.brush_chosen.connect(self.canvas.set_brush_size)
        self.panel.options.shape_chosen.connect(self.canvas.set_brush_shape)
        self.area.tools.tool_chosen.connect(self.panel.options.show_tool)
        self.panel.preset_chosen.connect(self._put_preset)
        self.panel.import_button.clicked.connect(self.ask_import)
        self.panel.export_button.clicked.connect(self.ask_export)
        self.attack_form.changed.connect(self._session.set_group)
        self.next_button.clicked.connect(self.next_requested)
        self.export_button.clicked.connect(self.ask_export_set)
        self._add_keys()

    def _add_keys(self) -> None:
        """Let the keys of the canvas work wherever the focus is in this tab."""
        tools, options = self.area.tools, self.panel.options
        options.add_piece_actions([tools.cut_action, tools.copy_action, tools.paste_action])
        self.addActions([*self.area.key_actions, *options.shape_actions.values()])
        for title, keys, slot in (
            ("Smaller brush", "[", self._shrink_brush), ("Larger brush", "]", self._grow_brush),
            ("Swap black and white", "X", self.panel.colours.swap),
        ):  # fmt: skip
            action = QAction(title, self)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(slot)
            self.addAction(action)
            self._brush_actions.append(action)

    # Session and canvas follow each other.

    def _plan_sending(self) -> None:
        """At most once a frame: a fast mouse moves more often than anyone sees."""
        if not self._frame.isActive():
            self._frame.start()

    def _send_trigger(self) -> None:
        self._sent = self.canvas.trigger()
        self._session.set_trigger(self._sent)

    def _follow_session(self, what: str) -> None:
        if what in {"data", "settings", "experiment"}:
            self._take_settings()
        if what in {"trigger", "experiment"} and self._session.trigger is not self._sent:
            self._take_trigger(self._session.trigger)
        if what in {"data", "settings", "trigger", "experiment"}:
            self._refresh()

    def _take_settings(self) -> None:
        settings, data = self._session.settings, self._session.data
        names = self._session.class_names
        for name in ("target", "second_target", "sources"):
            self.attack_form.set_choices(name, list(enumerate(names)))
        if self.attack_form.value() != settings.attack:
            self.attack_form.set_value(settings.attack)
        if data is None:
            why = self._session.choosing.why_no_data
            self.area.samples.say(why)
            self.preview.show_absent(why)
            return
        self.area.samples.set_images(data.test)
        self.preview.set_attack(data.train, settings.attack)

    def _take_trigger(self, trigger: Trigger) -> None:
        """Show a trigger that came from elsewhere, such as an opened experiment; undo works."""
        if trigger.shape == self.canvas.drawing.shape:
            self.canvas.put(trigger)
        else:
            self.panel.set_shape(trigger.shape)
            self.canvas.reset(trigger)
            self.panel.set_paint(self.canvas.paint)

    def _refresh(self) -> None:
        trigger, settings = self._session.trigger, self._session.settings.attack
        found = self._session.attack_problems()
        self.attack_form.say_problems(found)
        obstacle = possible.attack_obstacle(self._session)
        for button, tip in ((self.export_button, EXPORT_TIP), (self.next_button, NEXT_TIP)):
            button.setEnabled(not obstacle)
            give_tip(button, as_tip(obstacle) if obstacle else tip)
        self._lock(why_unused(settings))
        self.area.tell("" if found else attacks.beside_drawing(settings, trigger))
        self.preview.show_trigger(trigger, " ".join(found.values()))
        self._show_effect()
        stamped, preview = attacks.as_stamped(settings, trigger), self.preview
        self.panel.show_trigger(trigger, stamped, impact(stamped, preview.clean, preview.stamped))
        self.status_changed.emit()

    def _lock(self, reason: str) -> None:
        """Let nothing be drawn that the attack would not use; with no reason, let it again."""
        self.area.lock(reason)
        self.panel.lock(reason)
        for action in self._brush_actions:
            action.setEnabled(not reason)

    def _show_effect(self) -> None:
        """Let the canvas show what the attack makes of its image."""
        anew = attacks.is_placed_anew(self._session.settings.attack)
        self.canvas.set_effect(self.preview.effect(self.area.samples.index), is_placed_anew=anew)
        self.panel.effect.show_effect(*self.preview.describe(self.area.samples.sample))

    # What the panel asks for.

    def _take_picked(self, paint: Paint) -> None:
        self.panel.set_paint(paint)
        self.canvas.set_paint(paint)

    def _remember_paint(self, paint: Paint) -> None:
        self.panel.colours.remember(paint.colour)

    def _tell(self, level: str, sentence: str) -> None:
        self._session.telling.message.emit(level, sentence, "")

    def _set_brush(self, size: int) -> None:
        self.canvas.set_brush_size(size)
        self.panel.brush.set_value(self.canvas.brush_size)

    def _shrink_brush(self) -> None:
        self._set_brush(self.canvas.brush_size - 1)

    def _grow_brush(self) -> None:
        self._set_brush(self.canvas.brush_size + 1)

    def _put_preset(self, name: str) -> None:
        self.canvas.put(triggers.preset(name, self._session.shape))

    def ask_export_set(self) -> None:
        """Ask where to write the poisoned training set, and write it."""
        asked = "Export the poisoned set", "poisoned-set", SET_FILTERS
        if problems := self._session.attack_problems():
            self._tell("info", " ".join(problems.values()))
        elif path := asking.file_to_write(self, self._session, *asked):
            self._session.exporting.export_poisoned(path)

    def ask_import(self) -> None:
        """Ask for a PNG and take the trigger from it, unless none is used now."""
        if self.canvas.why_locked:
            self._tell("info", self.canvas.why_locked)
        elif path := asking.file_to_read(self, self._session, "Import a trigger", PNG_FILTER):
            self.import_png(path)

    def ask_export(self) -> bool:
        """Ask for a PNG and write the trigger to it; answer whether a file holds it now."""
        asked = "Export the trigger", "trigger.png", PNG_FILTER
        if path := asking.file_to_write(self, self._session, *asked):
            self.export_png(path)
        return not self._session.has_unsaved_drawing
