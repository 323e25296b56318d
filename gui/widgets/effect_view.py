"""What an attack does that nobody draws: a sentence, and pictures of it."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.widgets.image_grid import ImageGrid, ImagePair
from gui.widgets.tone_label import ToneLabel


class EffectView(QWidget):
    """Stands where the tools of a drawing would be of no use."""

    def __init__(self) -> None:
        super().__init__()
        self.sentence = ToneLabel(wrap=True)
        self.pictures = ImageGrid(min_zoom=1)
        self.pictures.setAccessibleName("What the attack does")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self.sentence)
        column.addWidget(self.pictures, 1)

    def show_effect(self, sentence: str, pictures: Sequence[ImagePair]) -> None:
        """Say what is done to an image, and show it."""
        self.sentence.setText(sentence)
        self.pictures.set_cells(pictures)
