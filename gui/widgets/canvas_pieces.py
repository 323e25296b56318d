"""Selections, and pieces that come and go: by the clipboard, and by dropping a picture."""

from pathlib import Path

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QWidget

from engine.clippings import Clipping
from engine.errors import EngineError
from gui.widgets import canvas_clipboard
from gui.widgets.canvas_navigation import NavigatedSurface
from gui.widgets.layers import Area, Cell

_NOTHING_TO_COPY = "Nothing is drawn there, so nothing was copied. Draw something first."
_NOTHING_TO_PASTE = (
    "There is no picture on the clipboard. Copy one, here or in another program, and paste again."
)


class PieceSurface(NavigatedSurface):
    """A surface whose parts can be cut, copied and pasted.

    Signals:
        selection_placed: Something is selected without having been dragged: it can be moved now.
        file_dropped: A file was dropped here: its Path.
        told: A sentence for the message bar: its level and its text.
    """

    selection_placed = Signal()
    file_dropped = Signal(object)
    told = Signal(str, str)

    def __init__(self, shape: tuple[int, int, int], parent: QWidget | None = None) -> None:
        super().__init__(shape, parent)
        self._copied: tuple[bytes, Cell] | None = None
        self.setAcceptDrops(True)

    def select_all(self) -> None:
        """Select the whole drawing."""
        self.cancel()
        _, height, width = self.drawing.shape
        self._select(Area(0, 0, height, width))
        self.selection_placed.emit()

    def deselect(self) -> bool:
        """Select nothing; True if something was selected."""
        was_selected = self.drawing.selection is not None
        if was_selected:
            self._select(None)
        return was_selected

    def copy(self) -> bool:
        """Copy what is selected, or else all that is drawn; True if there was any."""
        piece = self.drawing.selected()
        area = self.drawing.selection or self.drawing.layers.extent()
        if not piece.opacity.any():
            self.told.emit("info", _NOTHING_TO_COPY)
            return False
        corner = (area.top, area.left) if area is not None else (0, 0)
        self._copied = canvas_clipboard.copy(piece), corner
        return True

    def cut(self) -> None:
        """Copy, and erase what was copied."""
        self.cancel()
        if self.copy():
            self.clear()

    def paste(self) -> None:
        """Lay the picture on the clipboard on the drawing, or ask for the file that it names."""
        data = QGuiApplication.clipboard().mimeData() or QMimeData()
        path = _one_file(data)
        if canvas_clipboard.has_picture(data):
            self._take(data, self._corner_of(data))
        elif path is not None:
            self.file_dropped.emit(path)
        else:
            self.told.emit("info", _NOTHING_TO_PASTE)

    def place(self, clipping: Clipping, name: str, corner: Cell | None = None) -> None:
        """Lay a piece on the drawing, as one step of the history; it floats and can be moved.

        Args:
            clipping: The piece; no larger than the drawing.
            name: What the sentence calls it that tells of scaling.
            corner: Where its top left cell lies; None puts its middle at the pointer, or in the
                middle.
        """
        self.cancel()
        _, rows, columns = clipping.piece.shape
        _, height, width = self.drawing.shape
        middle = self.pointer or (height // 2, width // 2)
        row, column = corner or (middle[0] - rows // 2, middle[1] - columns // 2)
        row, column = min(max(row, 0), height - rows), min(max(column, 0), width - columns)
        self._let_see((row, column))
        self.drawing.begin()
        self.drawing.place(clipping.piece, (row, column))
        self.drawing.end()
        self._changed()
        self.selection_placed.emit()
        if clipping.is_scaled:
            self.told.emit(
                "info",
                f"{name} is {clipping.width:,} x {clipping.height:,} pixels and was scaled to"
                f" {columns} x {rows}. Drag it, or move it with the arrow keys.",
            )

    def _select(self, area: Area | None) -> None:
        self.drawing.select(area)
        self.update()
        self.pointed.emit(self.pointer)

    def _take(self, data: QMimeData, corner: Cell | None) -> None:
        if self.why_locked:
            self.told.emit("info", self.why_locked)
            return
        try:
            clipping = canvas_clipboard.read(data, self.drawing.shape)
        except EngineError as error:
            self.told.emit("error", str(error))
        else:
            self.place(clipping, canvas_clipboard.NAME, corner)

    def _corner_of(self, data: QMimeData) -> Cell | None:
        """Where a piece was copied from, unless the pointer says where it shall be."""
        if self._copied is None or self.pointer is not None:
            return None
        content, corner = self._copied
        return corner if canvas_clipboard.png_bytes(data) == content else None

    # Dropping.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome one picture; what is in it is checked when it is read.

        Folders and JSON may be experiments: those are left to the window.
        """
        data = event.mimeData()
        path = _one_file(data)
        is_file = path is not None and not path.is_dir() and path.suffix.lower() != ".json"
        if is_file or (path is None and canvas_clipboard.has_picture(data)):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Lay the picture where it was dropped, or hand on the file."""
        event.acceptProposedAction()
        cell = self._cell_at(event.position())
        self.pointer = cell if self.drawing.contains(cell) else None
        path = _one_file(event.mimeData())
        if path is not None:
            self.file_dropped.emit(path)
        else:
            self._take(event.mimeData(), None)


def _one_file(data: QMimeData) -> Path | None:
    """The one local file that is offered, if it is one."""
    urls = data.urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
