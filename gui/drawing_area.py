"""Tools, canvas, the choice of what is seen on it, and what lies under the pointer."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.canvas_actions import Description, make_action
from gui.widgets.canvas_picture import Shown
from gui.widgets.canvas_tools import ToolColumn
from gui.widgets.layers import Cell
from gui.widgets.live_text import LiveText
from gui.widgets.sample_bar import SampleBar
from gui.widgets.trigger_canvas import TriggerCanvas
from gui.widgets.view_bar import LayerSwitch, ZoomBar

_HINTS = "Drag to draw, the right button erases. Arrow keys and Space draw as well."
_LEFT = Description("Divider to the left", "", ",", "Shows more of the result in a comparison.")
_RIGHT = Description("Divider to the right", "", ".", "Shows more of the sample in a comparison.")


class DrawingArea(QWidget):
    """The place where the trigger is drawn.

    Args:
        shape: C, H, W of the images.

    Attributes:
        canvas: What is drawn on.
        tools: The tools and the actions of the menu *Edit*.
        samples: Which image lies below.
        layers: What is seen of it.
        zoom: How near.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.canvas = TriggerCanvas(shape)
        self.tools = ToolColumn()
        self.samples = SampleBar()
        self.layers = LayerSwitch()
        self.zoom = ZoomBar()
        self.readout = LiveText(_HINTS, size="small")
        self.beside = LiveText(size="small", most_lines=2)  # seen while it is locked
        self._why_locked = self._note = ""
        self._divider_actions = [make_action(what, self) for what in (_LEFT, _RIGHT)]
        self._build()
        self._connect()

    @property
    def key_actions(self) -> list[QAction]:
        """All that have keys: they shall work wherever the focus is beside the canvas."""
        return [
            *self.tools.tool_actions.values(),
            *self.tools.mirror_actions.values(),
            *self.tools.edit_actions,
            *self.samples.actions(),
            *self.layers.layer_actions.values(),
            self.zoom.lines_action,
            *self.zoom.zoom_actions,
            *self._divider_actions,
        ]

    def lock(self, reason: str) -> None:
        """Let nothing be drawn for as long as there is a reason, which is said below.

        What is drawn stays, and is not shown meanwhile; one can still look at the samples.
        """
        if reason == self._why_locked:
            return
        self._why_locked = reason
        self.canvas.lock(reason)
        tools, trigger = self.tools, self.layers.layer_actions[Shown.TRIGGER]
        trigger.setEnabled(not reason)
        if reason and self.canvas.shown is Shown.TRIGGER:
            self.canvas.set_shown(Shown.RESULT)
        for action in (
            *tools.tool_actions.values(), *tools.mirror_actions.values(), *tools.edit_actions,
        ):  # fmt: skip
            action.setEnabled(not reason)
        self.readout.set_tone("undecided" if reason else None)
        self._show_note()
        self._follow_drawing()

    def tell(self, note: str) -> None:
        """Say below what images get other than what is seen here, or nothing."""
        if note != self._note:
            self._note = note
            self._show_note()

    def _show_note(self) -> None:
        """Say it in place of the hints, or below the reason why nothing can be drawn."""
        self.beside.set_text(self._note if self._why_locked else "")
        self.beside.setVisible(bool(self.beside.text()))
        self._read_out(self.canvas.pointer)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setVerticalSpacing(theme.SPACING // 2)
        upper, left = QHBoxLayout(), QVBoxLayout()
        upper.addWidget(self.samples, 1)
        upper.addWidget(self.layers)
        left.setSpacing(0)
        left.addWidget(self.tools, 1)
        left.addWidget(self.zoom)
        for text in (self.readout, self.beside):  # what is read out must not widen the window
            text.setMinimumWidth(1)
        self.beside.setVisible(False)
        grid.addLayout(upper, 0, 0, 1, 2)  # the image's name needs the width of the tools as well
        grid.addLayout(left, 1, 0)
        grid.addWidget(self.canvas, 1, 1)
        grid.addWidget(self.readout, 2, 1)
        grid.addWidget(self.beside, 3, 1)
        grid.setRowStretch(1, 1)
        grid.setColumnStretch(1, 1)

    def _connect(self) -> None:
        canvas, tools = self.canvas, self.tools
        tools.tool_chosen.connect(canvas.set_tool)
        tools.symmetry_chosen.connect(canvas.set_symmetry)
        for action, slot in zip(
            [*tools.edit_actions, *self.zoom.zoom_actions, *self._divider_actions],
            [
                canvas.undo, canvas.redo, canvas.cut, canvas.copy, canvas.paste, canvas.clear,
                canvas.select_all, canvas.zoom_in, canvas.zoom_out, canvas.zoom_fit,
                canvas.divider_left, canvas.divider_right,
            ],
            strict=True,
        ):  # fmt: skip
            action.triggered.connect(slot)
        self.zoom.lines_action.toggled.connect(canvas.set_lines)
        self.layers.chosen.connect(canvas.set_shown)
        canvas.shown_changed.connect(self.layers.show_chosen)
        canvas.selection_placed.connect(tools.choose_selection)
        canvas.zoomed.connect(self._show_zoom)
        canvas.drawn.connect(self._follow_drawing)
        canvas.pointed.connect(self._read_out)
        self.samples.changed.connect(self._show_sample)
        self._follow_drawing()

    def _follow_drawing(self) -> None:
        drawing, is_free = self.canvas.drawing, not self._why_locked
        self.tools.undo_action.setEnabled(is_free and (drawing.can_undo or drawing.is_drawing))
        self.tools.redo_action.setEnabled(is_free and drawing.can_redo)
        for action in (self.tools.clear_action, self.tools.copy_action, self.tools.cut_action):
            action.setEnabled(is_free and not self.canvas.trigger().is_empty)
        self._read_out(self.canvas.pointer)

    def _show_zoom(self) -> None:
        self.zoom.show_zoom(self.canvas.zoom_percent, fits=self.canvas.fits)

    def _show_sample(self) -> None:
        self.canvas.set_sample(self.samples.sample)
        self._read_out(self.canvas.pointer)

    def _read_out(self, cell: Cell | None) -> None:
        words = [] if cell is None else self._describe(cell)
        extent = self.canvas.extent
        if extent is not None:
            words.insert(1, f"{extent[0]} × {extent[1]} px")  # noqa: RUF001
        text = self._why_locked or "   ·   ".join(words) or self._note or _HINTS
        self.readout.set_text(text)

    def _describe(self, cell: Cell) -> list[str]:
        """Where the pointer is, what the image has there, and what becomes of it."""
        words = [f"Row {cell[0]}, column {cell[1]}"]
        sample, result = self.canvas.fitting_sample, self.canvas.result()
        lies, (row, column) = self.canvas.drawing.paint_at(cell), cell
        before = None if sample is None else sample[:, row, column].tolist()
        after = None if result is None else result[:, row, column].tolist()
        # Drawn here, it may lie elsewhere on the image; and a copy of it may lie here.
        drawn_alone = self.canvas.is_placed_anew and self.canvas.shown is Shown.TRIGGER
        is_drawn = lies.opacity and (drawn_alone or not self.canvas.is_placed_anew)
        if before is not None:
            words.append(f"image {_values(before)}")
        if is_drawn:
            words += [f"pattern {_values(lies.colour)}", f"opacity {round(lies.opacity / 2.55)} %"]
        elif before == after:
            words.append("not touched")
        if after is not None and not drawn_alone and (is_drawn or after != before):
            words.append(f"becomes {_values(after)}")
        return words


def _values(values: list[int] | tuple[int, ...]) -> str:
    return " ".join(map(str, values))
