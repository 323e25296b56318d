"""The tools, and what one stroke of each does to the drawing while it is dragged. No Qt."""

from enum import Enum

from gui.widgets.drawing import Cell, Drawing, Paint


class Tool(Enum):
    """What the pointer does on the canvas."""

    PENCIL = "pencil"
    ERASER = "eraser"
    LINE = "line"
    RECTANGLE = "rectangle"
    FILL = "fill"
    EYEDROPPER = "eyedropper"
    MOVE = "move"

    @property
    def has_brush(self) -> bool:
        """Whether the size of the brush matters to it."""
        return self in {Tool.PENCIL, Tool.ERASER, Tool.LINE}

    @property
    def erasing(self) -> "Tool":
        """The tool that the right mouse button gives: the same shape, or the eraser."""
        return self if self in {Tool.LINE, Tool.RECTANGLE, Tool.FILL} else Tool.ERASER


class Stroke:
    """One stroke, from the press to the release: one step of the drawing's history.

    Args:
        drawing: What it draws on.
        tool: How it draws; the eyedropper draws nothing.
        paint: What it leaves behind.
        size: Side of the brush in cells.
        cell: Where it begins.
    """

    def __init__(self, drawing: Drawing, tool: Tool, paint: Paint, size: int, cell: Cell) -> None:
        self.tool = tool
        self.paint = Paint(paint.colour, 0) if tool is Tool.ERASER else paint
        self.last = cell
        self._drawing, self._size, self._first = drawing, size, cell
        drawing.begin()
        if tool is Tool.FILL:
            drawing.fill(cell, self.paint)
        else:
            self.reach(cell)

    def reach(self, cell: Cell) -> None:
        """Draw on to a cell, however far it is from the last one."""
        drawing, first, last = self._drawing, self._first, self.last
        self.last = cell
        if self.tool in {Tool.PENCIL, Tool.ERASER}:
            drawing.line(last, cell, self._size, self.paint)
        elif self.tool is Tool.LINE:
            drawing.restart()
            drawing.line(first, cell, self._size, self.paint)
        elif self.tool is Tool.RECTANGLE:
            drawing.restart()
            drawing.rectangle(first, cell, self.paint)
        elif self.tool is Tool.MOVE:
            drawing.move(cell[0] - first[0], cell[1] - first[1])

    def finish(self) -> bool:
        """End it; True if the drawing is another one now."""
        return self._drawing.end()

    def cancel(self) -> bool:
        """Take back all it has drawn; True if it was still going on."""
        return self._drawing.cancel()
