"""What a person does with the canvas, for its tests."""

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication

from gui.attack_tab import AttackTab
from gui.widgets.trigger_canvas import TriggerCanvas

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
MIDDLE = Qt.MouseButton.MiddleButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier


def make(qtbot, shape, size=(470, 470)):
    canvas = TriggerCanvas(shape)
    qtbot.addWidget(canvas)
    canvas.resize(*size)
    canvas.show()
    return canvas


def shown_attack_tab(qtbot, session):
    """An Attack tab in a window of its own."""
    tab = AttackTab(session)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


def drag(qtbot, canvas, *cells, button=LEFT, keys=PLAIN, release=True):
    drag_points(
        qtbot, canvas, *map(canvas.position_of, cells), button=button, keys=keys, release=release
    )


def drag_points(qtbot, canvas, *points, button=LEFT, keys=PLAIN, release=True):
    qtbot.mousePress(canvas, button, keys, points[0])
    for point in points[1:]:
        qtbot.mouseMove(canvas, point)
    if release:
        qtbot.mouseRelease(canvas, button, keys, points[-1])


def touched(canvas):
    return {tuple(cell) for cell in np.argwhere(canvas.drawing.opacity).tolist()}


def square(top, left, height, width=None):
    return {
        (row, column)
        for row in range(top, top + height)
        for column in range(left, left + (width or height))
    }


def colour_at(canvas, cell):
    return canvas.grab().toImage().pixelColor(canvas.position_of(cell))


def scroll(canvas, turned, *, at=None, keys=PLAIN, pixels=None, pad=False):
    """Turn a wheel, or scroll with two fingers on a touchpad."""
    point = QPointF(canvas.position_of((14, 14)) if at is None else at)
    angle = turned if isinstance(turned, QPoint) else QPoint(0, turned)
    phase = Qt.ScrollPhase.ScrollUpdate if pad else Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        point, canvas.mapToGlobal(point), pixels or QPoint(), angle,
        Qt.MouseButton.NoButton, keys, phase, False,
        Qt.MouseEventSource.MouseEventNotSynthesized, QPointingDevice.primaryPointingDevice(),
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
