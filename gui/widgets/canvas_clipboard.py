"""Pieces of a trigger on the system's clipboard: as a PNG, so that other programs take them."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QGuiApplication, QImage

from engine import clippings, triggers
from engine.clippings import Clipping
from gui.widgets.layers import Layers

PNG = "image/png"
NAME = "The picture on the clipboard"


def copy(piece: Layers) -> bytes:
    """Put a piece on the clipboard; returns the bytes by which it is known again."""
    content = triggers.write_png(piece.trigger())
    data = QMimeData()
    # The bytes are exact; the picture is for programs that do not ask for them.
    data.setImageData(QImage.fromData(content))
    data.setData(PNG, QByteArray(content))
    QGuiApplication.clipboard().setMimeData(data)
    return content


def has_picture(data: QMimeData) -> bool:
    """Whether there is a picture to paste or to drop."""
    return data.hasFormat(PNG) or data.hasImage()


def png_bytes(data: QMimeData) -> bytes:
    """The PNG that is offered, or nothing."""
    return bytes(data.data(PNG).data())


def read(data: QMimeData, shape: tuple[int, int, int]) -> Clipping:
    """The picture that is offered, made to fit images of C x H x W.

    Raises:
        EngineError: It is damaged or too large.
    """
    content = png_bytes(data)
    if content:
        return clippings.decode(content, NAME, shape)
    return clippings.from_pixels(_pixels(QImage(data.imageData())), NAME, shape)


def _pixels(image: QImage) -> NDArray[np.uint8]:
    """The pixels of a picture, height x width x 4, in an array of its own."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 4 * plain.width()].reshape(plain.height(), plain.width(), 4).copy()
