"""What lies over the lower edge of a page, so that nothing on the page moves when it comes."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from gui import theme

FOOT = "foot"  # the name of what it leaves free at the end of a page, such as a run bar
LEFT = 31 * theme.SPACING  # the form's column, which it leaves free where there is room
LEAST, MOST = 60 * theme.SPACING, 112 * theme.SPACING
_MOVED = {QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide}


class Overlay(QWidget):
    """Lies over a page, at the right above its foot, as high as what it shows needs."""

    def __init__(self) -> None:
        super().__init__()
        self._feet: Sequence[QWidget] = ()

    def lie_on(self, page: QWidget, feet: Sequence[QWidget]) -> None:
        """Lie on this page from now on, above those of its feet that are seen."""
        was_hidden = self.isHidden()
        for part in (self.parentWidget(), *self._feet):
            if part is not None:
                part.removeEventFilter(self)
        self._feet = feet
        if self.parentWidget() is not page:
            self.setParent(page)
        for part in (page, *feet):
            part.installEventFilter(self)
        self.setHidden(was_hidden)
        self.place()

    def place(self) -> None:
        """Take the place that there is now."""
        page = self.parentWidget()
        if page is None or self.isHidden():
            return
        self.raise_()
        free = page.width() - 2 * theme.SPACING
        width = min(free, MOST, max(LEAST, free - LEFT))
        shown = [foot for foot in self._feet if foot.isVisibleTo(page)]
        bottom = min((foot.mapTo(page, foot.rect().topLeft()).y() for foot in shown),
                     default=page.height())  # fmt: skip
        height = self.heightForWidth(width) if self.hasHeightForWidth() else 0
        height = max(height, self.minimumSizeHint().height())
        self.setGeometry(
            page.width() - theme.SPACING - width, bottom - theme.SPACING - height, width, height
        )

    def event(self, event: QEvent) -> bool:
        """Follow what it shows."""
        done = super().event(event)
        if event.type() in {QEvent.Type.LayoutRequest, QEvent.Type.Show}:
            self.place()
        return done

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the page, and its foot."""
        if event.type() in _MOVED:
            self.place()
        return super().eventFilter(watched, event)
