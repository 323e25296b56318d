"""The tools, and what one stroke of each does to the drawing while it is dragged. No Qt."""

from enum import Enum

from gui.widgets.drawing import Drawing
from gui.widgets.layers import Area, Cell, Paint
from gui.widgets.shapes import Brush, squared, straightened


class Tool(Enum):
    """What the pointer does on the canvas."""

    PENCIL = "pencil"
    ERASER = "eraser"
    LINE = "line"
    RECTANGLE = "rectangle"
    FILL = "fill"
    EYEDROPPER = "eyedropper"
    SELECT = "select"
    MOVE = "move"

    @property
    def has_brush(self) -> bool:
        """Whether size and shape of the brush matter to it."""
        return self in {Tool.PENCIL, Tool.ERASER, Tool.LINE}

    @property
    def paints(self) -> bool:
        """Whether it leaves paint behind, or takes it away."""
        return self not in {Tool.EYEDROPPER, Tool.SELECT, Tool.MOVE}

    @property
    def erasing(self) -> "Tool":
        """The tool that the right mouse button gives: the same shape, or the eraser."""
        return self if self in {Tool.LINE, Tool.RECTANGLE, Tool.FILL} else Tool.ERASER


class Stroke:
    """One stroke, from the press to the release: one step of the drawing's history.

    Args:
        drawing: What it draws on.
        tool: How it draws; the eyedropper draws nothing. A selection that is pressed on is moved.
        paint: What it leaves behind.
        brush: What it draws with.
        cell: Where it begins.
    """

    def __init__(
        self, drawing: Drawing, tool: Tool, paint: Paint, brush: Brush, cell: Cell
    ) -> None:
        self.tool = tool
        self.paint = Paint(paint.colour, 0) if tool is Tool.ERASER else paint
        self.last = cell
        self._drawing, self._brush, self._first = drawing, brush, cell
        selected = drawing.selection
        if tool is Tool.SELECT and selected is not None and selected.contains(cell):
            self.tool = Tool.MOVE
        drawing.begin()
        if self.tool is Tool.FILL:
            drawing.fill(cell, self.paint)
        elif self.tool is Tool.SELECT and selected is not None:
            drawing.select(None)  # one more click, or a drag, selects anew
        else:
            self.reach(cell)

    @property
    def extent(self) -> tuple[int, int] | None:
        """Rows and columns between its ends, for a shape that is dragged."""
        if self.tool not in {Tool.LINE, Tool.RECTANGLE, Tool.SELECT}:
            return None
        return abs(self.last[0] - self._first[0]) + 1, abs(self.last[1] - self._first[1]) + 1

    def reach(self, cell: Cell, *, even: bool = False) -> None:
        """Draw on to a cell, however far it is from the last one.

        Args:
            cell: Where the pointer is.
            even: Make a line level, upright or diagonal, and a rectangle a square.
        """
        drawing, first, last = self._drawing, self._first, self.last
        if even and self.tool in {Tool.RECTANGLE, Tool.SELECT}:
            cell = squared(first, cell)
        elif even and self.tool is Tool.LINE:
            cell = straightened(first, cell)
        self.last = cell
        if self.tool in {Tool.PENCIL, Tool.ERASER}:
            drawing.line(last, cell, self._brush, self.paint)
        elif self.tool is Tool.LINE:
            drawing.restart()
            drawing.line(first, cell, self._brush, self.paint)
        elif self.tool is Tool.RECTANGLE:
            drawing.restart()
            drawing.rectangle(first, cell, self.paint)
        elif self.tool is Tool.SELECT:
            drawing.select(Area.between(first, cell, drawing.shape[1:]))
        elif self.tool is Tool.MOVE:
            drawing.move(cell[0] - first[0], cell[1] - first[1])

    def finish(self) -> bool:
        """End it; True if the drawing is another one now."""
        return self._drawing.end()

    def cancel(self) -> bool:
        """Take back all it has drawn; True if it was still going on."""
        return self._drawing.cancel()
