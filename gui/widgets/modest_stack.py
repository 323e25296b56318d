"""A stack of pages that asks for no more height than it cannot do without."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedWidget


class ModestStack(QStackedWidget):
    """What lies beside it in a layout gets the height that it asks for; the stack takes the rest.

    A layout that is too small would otherwise take as much from a line of text as from a page.
    """

    def sizeHint(self) -> QSize:
        """As wide as any stack, and as high as it must be."""
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())

    def hasHeightForWidth(self) -> bool:
        """A layout would otherwise go by the height that the text on a page would like."""
        return False
