"""Tools, canvas, the choice of the image below it, and what lies under the pointer."""

from PySide6.QtWidgets import QGridLayout, QWidget

from gui import theme
from gui.widgets.canvas_tools import ToolColumn
from gui.widgets.drawing import Cell
from gui.widgets.sample_bar import SampleBar
from gui.widgets.tone_label import ToneLabel
from gui.widgets.trigger_canvas import TriggerCanvas

_HINTS = "Drag to draw, the right button erases. Arrow keys and Space draw as well."


class DrawingArea(QWidget):
    """The place where the trigger is drawn.

    Args:
        shape: C, H, W of the images.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.canvas = TriggerCanvas(shape)
        self.tools = ToolColumn()
        self.samples = SampleBar()
        self.readout = ToneLabel(_HINTS, size="small")
        self._build()
        self._connect()

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setVerticalSpacing(theme.SPACING // 2)
        grid.addWidget(self.samples, 0, 1)
        grid.addWidget(self.tools, 1, 0)
        grid.addWidget(self.canvas, 1, 1)
        grid.addWidget(self.readout, 2, 1)
        grid.setRowStretch(1, 1)
        grid.setColumnStretch(1, 1)

    def _connect(self) -> None:
        canvas, tools = self.canvas, self.tools
        tools.tool_chosen.connect(canvas.set_tool)
        tools.undo_action.triggered.connect(canvas.undo)
        tools.redo_action.triggered.connect(canvas.redo)
        tools.clear_action.triggered.connect(canvas.clear)
        canvas.drawn.connect(self._follow_drawing)
        canvas.pointed.connect(self._read_out)
        self.samples.changed.connect(self._show_sample)
        self._follow_drawing()

    def _follow_drawing(self) -> None:
        drawing = self.canvas.drawing
        self.tools.undo_action.setEnabled(drawing.can_undo or drawing.is_drawing)
        self.tools.redo_action.setEnabled(drawing.can_redo)
        self.tools.clear_action.setEnabled(not self.canvas.trigger().is_empty)
        self._read_out(self.canvas.pointer)

    def _show_sample(self) -> None:
        self.canvas.set_sample(self.samples.sample)
        self._read_out(self.canvas.pointer)

    def _read_out(self, cell: Cell | None) -> None:
        self.readout.setText(_HINTS if cell is None else self._describe(cell))

    def _describe(self, cell: Cell) -> str:
        """Where the pointer is, what the image has there, and what becomes of it."""
        words = [f"Row {cell[0]}, column {cell[1]}"]
        sample, trigger = self.canvas.sample, self.canvas.trigger()
        lies = self.canvas.drawing.paint_at(cell)
        if sample is not None:
            row, column = cell
            words.append(f"image {_values(sample[:, row, column].tolist())}")
        if lies.opacity:
            words.append(f"pattern {_values(lies.colour)}")
            words.append(f"opacity {round(lies.opacity / 2.55)} %")
            if sample is not None:
                stamped = trigger.stamp(sample[None])[0]
                words.append(f"becomes {_values(stamped[:, row, column].tolist())}")
        else:
            words.append("not touched")
        return "   ·   ".join(words)


def _values(values: list[int] | tuple[int, ...]) -> str:
    return " ".join(map(str, values))
