"""Other images to try a stranger's model on, chosen beside what is known of it."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from engine.data import DATA_SOURCES, DataSource, availability
from engine.opening.fits import Fit
from gui import theme
from gui.session import Session
from gui.widgets.tips import as_tip, give_tip

TIP = (
    "Tries the file on other images: those that its network was trained on. The file is read again"
    " for them."
)
MORE = "Others, in tab 1 …"


class ImagesButton(QPushButton):
    """A menu of the data sets on this computer; those that the file's network takes have a mark.

    Signals:
        more_requested: The person wants images that have to be fetched or looked for first.
    """

    more_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(theme.icon("mdi6.image-multiple-outline"), "Other ima&ges", parent)
        self._session = session
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._list)  # not before: it looks for files
        self._menu.triggered.connect(self._choose)
        self.setMenu(self._menu)
        give_tip(self, as_tip(TIP))

    def refresh(self) -> None:
        """Be there for a file that is open, whenever other images may be chosen."""
        session = self._session
        self.setVisible(session.opening.path is not None)
        self.setEnabled(session.running is None and not session.loading.is_fetching)

    def _list(self) -> None:
        self._menu.clear()
        present, fit = self._session.settings.data.name, self._session.opening.fit
        for name, source in DATA_SOURCES.items():
            if name != present and source.shape is not None and availability(name).here:
                self._add(name, source, fit)
        self._menu.addSeparator()
        self._menu.addAction(MORE)

    def _add(self, name: str, source: DataSource, fit: Fit | None) -> None:
        action = self._menu.addAction(_described(source))
        action.setData(name)
        if fit is not None and (fit.shape, fit.classes) == (source.shape, source.classes):
            action.setIcon(theme.icon("mdi6.check-circle"))

    def _choose(self, action: QAction) -> None:
        if action.data() is None:
            self.more_requested.emit()
            return
        session = self._session
        chosen = session.settings.data.model_copy(update={"name": action.data()})
        session.auditing.try_file_on(chosen)


def _described(source: DataSource) -> str:
    """Such as "CIFAR-10: 10 classes, 32x32, colour"."""
    channels, height, width = source.shape or (1, 0, 0)
    colour = "grey" if channels == 1 else "colour"
    return f"{source.title}: {source.classes} classes, {height}x{width}, {colour}"
