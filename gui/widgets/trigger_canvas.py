"""The canvas: draws a trigger cell by cell over a sample, with mouse, pen or keyboard."""

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from gui.widgets.drawing import Cell, Paint
from gui.widgets.stroke import Stroke, Tool
from gui.widgets.trigger_surface import TriggerSurface

_ARROWS: dict[int, Cell] = {
    Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
}  # fmt: skip


class TriggerCanvas(TriggerSurface):
    """Shows a trigger on a sample, and lets it be drawn.

    Keyboard: the arrows move the drawing cursor, Space draws; with the move tool the arrows move
    the trigger. Escape takes the stroke back that is going on.

    Signals:
        picked: The eyedropper took this Paint.
        brush_resized: The wheel asked for this size of brush.
        file_dropped: A file was dropped here: its Path.
    """

    picked = Signal(object)
    brush_resized = Signal(int)
    file_dropped = Signal(object)

    def __init__(self, shape: tuple[int, int, int], parent: QWidget | None = None) -> None:
        super().__init__(shape, parent)
        self._button = Qt.MouseButton.NoButton
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Trigger canvas")

    # Strokes, whatever draws them.

    def _press(self, cell: Cell, tool: Tool, paint: Paint) -> None:
        if tool is Tool.EYEDROPPER:
            self._pick(cell)
            return
        self._stroke = Stroke(self.drawing, tool, paint, self.brush_size, cell)
        self._changed()

    def _reach(self, cell: Cell) -> None:
        if self._stroke is not None and self._stroke.last != cell:
            self._stroke.reach(cell)
            self._changed()

    def _release(self) -> None:
        stroke, self._stroke = self._stroke, None
        if stroke is not None:
            stroke.finish()
            self._changed()

    def _pick(self, cell: Cell) -> None:
        """Take the drawing's colour and opacity, or the sample's colour where nothing is drawn."""
        if not self.drawing.contains(cell):
            return
        found = self.drawing.paint_at(cell)
        if found.opacity == 0 and self.sample is not None:
            row, column = cell
            values = self.sample[:, row, column].tolist()
            found = Paint(tuple(int(value) for value in values), self.paint.opacity)
        if found.opacity:
            self.picked.emit(found)

    # The mouse. The right button erases.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if self._stroke is not None:
            return
        cell = self._cell_at(event.position())
        self._point_at(cell)
        self._button = event.button()
        if event.button() == Qt.MouseButton.LeftButton:
            self._press(cell, self.tool, self.paint)
        elif event.button() == Qt.MouseButton.RightButton:
            self._press(cell, self.tool.erasing, Paint(self.paint.colour, 0))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on, or point."""
        cell = self._cell_at(event.position())
        self._point_at(cell)
        self._reach(cell)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke with the button that began it."""
        if event.button() == self._button:
            self._release()

    def leaveEvent(self, _event: QEvent) -> None:
        """Point at nothing."""
        self._point_at(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ask for a larger or smaller brush."""
        turned = event.angleDelta().y()
        if turned and self.tool.has_brush:
            self.brush_resized.emit(self.brush_size + (1 if turned > 0 else -1))
        event.accept()

    # The keyboard.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor or the trigger, draw, or take the stroke back."""
        key = event.key()
        if key in _ARROWS and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._step(_ARROWS[key])
        elif key == Qt.Key.Key_Space:
            if self._stroke is None and self.pointer is not None and not event.isAutoRepeat():
                self._press(self.pointer, self.tool, self.paint)
        elif key != Qt.Key.Key_Escape or not self.cancel():
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End the stroke that a key drew."""
        if event.isAutoRepeat():
            return
        nudged = event.key() in _ARROWS and self.tool is Tool.MOVE
        if event.key() == Qt.Key.Key_Space or nudged:
            self._release()
        else:
            super().keyReleaseEvent(event)

    def _step(self, by: Cell) -> None:
        """One arrow key: move the trigger, or the drawing cursor and the stroke with it."""
        if self.tool is Tool.MOVE:
            if self._stroke is None:
                self._press((0, 0), Tool.MOVE, self.paint)
            if self._stroke is not None:
                self._reach((self._stroke.last[0] + by[0], self._stroke.last[1] + by[1]))
            return
        _, height, width = self.drawing.shape
        row, column = self.pointer or (height // 2, width // 2)
        cell = min(max(row + by[0], 0), height - 1), min(max(column + by[1], 0), width - 1)
        self._point_at(cell)
        self._reach(cell)

    def event(self, event: QEvent) -> bool:
        """Keep Escape while a stroke goes on, whatever else it may mean in the window."""
        override = event.type() == QEvent.Type.ShortcutOverride and self._stroke is not None
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """End a stroke whose release will go elsewhere."""
        self._release()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """End a stroke whose release will go elsewhere."""
        self._release()
        super().hideEvent(event)

    # Files.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome one picture; what is in it is checked when it is read.

        Folders and JSON may be experiments: those are left to the window.
        """
        urls = event.mimeData().urls()
        path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
        if path is None or path.is_dir() or path.suffix.lower() == ".json":
            event.ignore()
        else:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand on the file."""
        event.acceptProposedAction()
        self.file_dropped.emit(Path(event.mimeData().urls()[0].toLocalFile()))
