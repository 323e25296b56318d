"""What the trigger is, in figures, and what it is drawn with."""

import math
from contextlib import suppress

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine import triggers
from engine.errors import EngineError
from engine.impact import Impact
from engine.metrics import percent
from engine.triggers import Trigger
from gui import theme
from gui.widgets.colour_picker import ColourPicker
from gui.widgets.effect_view import EffectView
from gui.widgets.image_grid import ImageGrid, ImagePair
from gui.widgets.layers import Layers, Paint
from gui.widgets.rule import rule
from gui.widgets.slider_field import SliderField
from gui.widgets.tips import give_tip
from gui.widgets.tone_label import ToneLabel
from gui.widgets.tool_options import ToolOptions
from gui.words import NONE

_FIGURES = {
    "pixels": (
        "Pixels", "How many pixels of an image the trigger changes at all, its copies included."
    ),
    "share": ("Share", "The same pixels as a share of the whole image."),
    "mask_l1": (
        "Mask L1", "The sum of the opacities, copies included: nine for one opaque 3 x 3 patch. It"
        " is what Neural Cleanse makes small, so compare its masks with this.",
    ),
    "mean_change": (
        "Mean change", "How far a value of an image moves on average, untouched pixels included,"
        " over the pairs below; 100 % would turn every black pixel white.",
    ),
    "psnr": (
        "PSNR", "Peak signal-to-noise ratio of the poisoned images against the clean ones, over"
        " the pairs below. Above 40 dB hardly anyone sees a difference; ∞ is none at all.",
    ),
    "ssim": (
        "SSIM", "Structural similarity of the poisoned images and the clean ones (Wang et al."
        " 2004), over the pairs below: 1 where they are the same. It follows what an eye notices"
        " better than PSNR does; above 0.98 is hard to see.",
    ),
}  # fmt: skip
DRAWN = "Drawn by hand"
_WIDEST = ("4,096 px", "100.0 %")  # in the two columns of figures
_OF_DRAWING = ("pixels", "share", "mask_l1")
_UNTOUCHED = np.asarray([0.56, 0.62, 0.70], np.float32)  # a blue that no grey level is taken for


class TriggerPanel(QWidget):
    """Figures of the trigger; colour, opacity and brush; presets and PNG files.

    Args:
        shape: C, H, W of the images.

    Attributes:
        options: What belongs to the tool in hand.
        effect: What an attack does that has no use for a drawing.

    Signals:
        paint_chosen: The Paint to draw with.
        brush_chosen: The size of the brush in cells.
        preset_chosen: The name of a preset.
    """

    paint_chosen = Signal(object)
    brush_chosen = Signal(int)
    preset_chosen = Signal(str)

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self._opacity, self._why_locked = 255, ""
        self._presets = _fitting_presets(shape)
        self.figures = {name: ToneLabel() for name in _FIGURES}
        self.colours = ColourPicker(shape[0])
        self.opacity = SliderField(
            1, 100, unit="%", name="Opacity",
            tooltip="<b>Opacity</b><br>The value of the mask: how much of the image the trigger"
            " covers. 20 % is a faint, blended trigger; 100 % hides the image.",
        )  # fmt: skip
        self._opacity_label = QLabel("&Opacity")
        self.options = ToolOptions()
        self.brush = self.options.brush
        self.parts = ImageGrid()
        self.effect = EffectView()
        self._drawing = QWidget()  # all that is for drawing
        self.presets = QComboBox()
        self.import_button = QPushButton(theme.icon("mdi6.tray-arrow-down"), "&Import PNG …")
        self.export_button = QPushButton(theme.icon("mdi6.tray-arrow-up"), "E&xport PNG …")
        self._build()
        self._connect()

    def show_trigger(self, trigger: Trigger, stamped: Trigger, impact: Impact) -> None:
        """Show what is drawn, and of what an image gets of it the parts and the figures."""
        shown = {
            "pixels": f"{impact.pixels:,} px",
            "share": _short(impact.share),
            "mask_l1": f"{impact.mask_l1:,.{1 if impact.mask_l1 < 1000 else 0}f} px",
            "mean_change": NONE if impact.mean_change is None else _short(impact.mean_change),
            "psnr": NONE,
            "ssim": NONE if impact.ssim is None else f"{impact.ssim:.3f}",
        }
        if impact.psnr_db is not None:
            finite = math.isfinite(impact.psnr_db)
            shown["psnr"] = f"{impact.psnr_db:.1f} dB" if finite else "∞ dB"
        if self._why_locked:
            shown |= dict.fromkeys(_OF_DRAWING, NONE)
        for name, text in shown.items():
            self.figures[name].setText(text)
        self._show_preset(Layers.of(trigger))
        self._show_parts(stamped)

    def lock(self, reason: str) -> None:
        """Show in place of what is for drawing what the attack does, while there is a reason.

        `show_trigger` must follow.
        """
        if reason == self._why_locked:
            return
        self._why_locked = reason
        self._drawing.setEnabled(not reason)
        self._drawing.setVisible(not reason)
        self.effect.setVisible(bool(reason))
        for action in self.options.shape_actions.values():  # they have keys
            action.setEnabled(not reason)
        for name in _OF_DRAWING:
            self.figures[name].setToolTip(_tip(name) + (f"<br><br>{reason}" if reason else ""))

    def _show_preset(self, drawn: Layers) -> None:
        """Name the preset that the trigger is, if it is one."""
        if self._why_locked:
            self.presets.setCurrentIndex(-1)
            return
        alike = [preset.looks_like(drawn) for preset in self._presets.values()]
        self.presets.setCurrentIndex(alike.index(True) if True in alike else -1)

    def _show_parts(self, trigger: Trigger) -> None:
        """The mask, and the pattern where it counts."""
        if self._why_locked:
            self.parts.set_cells([])
            return
        colour = trigger.pattern if len(trigger.pattern) == 3 else trigger.pattern.repeat(3, axis=0)
        pattern = np.where(trigger.mask > 0, colour, _UNTOUCHED[:, None, None])
        self.parts.set_cells(
            [
                ImagePair(trigger.mask, None, "Mask", tooltip="The opacity: white covers fully."),
                ImagePair(pattern, None, "Pattern", tooltip="The colour, where the mask is not 0."),
            ]
        )

    def set_shape(self, shape: tuple[int, int, int]) -> None:
        """Draw for images of another size or number of channels."""
        self._presets = _fitting_presets(shape)
        self._list_presets()
        if len(self.colours.colour) != shape[0]:
            self.colours.set_channels(shape[0])

    def set_paint(self, paint: Paint) -> None:
        """Show what is drawn with, picked elsewhere."""
        self._opacity = paint.opacity
        self.colours.set_colour(paint.colour)
        self.opacity.set_value(round(paint.opacity / 2.55))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(ToneLabel("The trigger", size="title", bold=True))
        column.addLayout(self._build_figures())
        column.addWidget(rule())
        column.addWidget(self._drawing, 1)
        column.addWidget(self.effect, 1)
        self.effect.setVisible(False)
        drawing = QVBoxLayout(self._drawing)
        drawing.setContentsMargins(0, 0, 0, 0)
        drawing.setSpacing(theme.SPACING)
        drawing.addLayout(self._build_paint())
        drawing.addWidget(rule())
        drawing.addLayout(self._build_sources())
        drawing.addWidget(rule())
        drawing.addWidget(self.parts, 1)

    def _build_figures(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACING // 2)
        grid.setVerticalSpacing(theme.SPACING // 2)
        for column in (0, 3):
            grid.setColumnStretch(column, 1)
        grid.setColumnMinimumWidth(2, theme.SPACING)
        metrics = QFontMetrics(theme.text_font(tabular=True))
        for place, (name, (title, _)) in enumerate(_FIGURES.items()):
            label, value = QLabel(title), self.figures[name]
            for part in (label, value):
                part.setToolTip(_tip(name))
            value.setAccessibleName(title)
            # As wide as it can get: a new layout with every stroke would paint the whole tab.
            value.setMinimumWidth(metrics.horizontalAdvance(_WIDEST[place % 2]) + 2)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            row, column = place // 2, 3 * (place % 2)
            grid.addWidget(label, row, column)
            grid.addWidget(value, row, column + 1)
        return grid

    def _build_paint(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.SPACING)
        column.addWidget(self.colours)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        self._opacity_label.setBuddy(self.opacity)
        row.addWidget(self._opacity_label)
        row.addWidget(self.opacity, 1)
        self.opacity.set_value(100)
        column.addLayout(row)
        column.addWidget(self.options)
        return column

    def _build_sources(self) -> QVBoxLayout:
        self._list_presets()
        self.presets.setPlaceholderText(DRAWN)
        self.presets.setAccessibleName("Preset")
        give_tip(self.presets, "<b>Preset</b><br>Replaces the drawing. Undo brings it back.")
        give_tip(
            self.import_button,
            "<b>Import PNG</b><br>Its colour is the pattern, its alpha the mask. One of the size of"
            " the images replaces the trigger; any other is laid on it, scaled down if need be. A"
            " file can be dropped on the canvas as well.",
        )
        give_tip(
            self.export_button,
            "<b>Export PNG</b><br>Writes the trigger at its true size, without loss.",
        )
        column = QVBoxLayout()
        column.setSpacing(theme.SPACING)
        column.addWidget(self.presets)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACING)
        buttons.addWidget(self.import_button)
        buttons.addWidget(self.export_button)
        column.addLayout(buttons)
        return column

    def _list_presets(self) -> None:
        titles = triggers.preset_names()
        self.presets.clear()
        for name in self._presets:
            self.presets.addItem(titles[name], name)

    def _connect(self) -> None:
        self.colours.changed.connect(self._tell_paint)
        self.opacity.changed.connect(self._take_opacity)
        self.brush.changed.connect(self.brush_chosen)
        self.presets.activated.connect(self._tell_preset)

    def _take_opacity(self, share: int) -> None:
        self._opacity = round(share * 2.55)
        self._tell_paint()

    def _tell_paint(self) -> None:
        self.paint_chosen.emit(Paint(self.colours.colour, self._opacity))

    def _tell_preset(self, place: int) -> None:
        self.preset_chosen.emit(self.presets.itemData(place))


def _tip(figure: str) -> str:
    title, explanation = _FIGURES[figure]
    return f"<b>{title}</b><br>{explanation}"


def _short(share: float) -> str:
    """A share in percent, in few letters."""
    return percent(share).replace("below ", "< ")


def _fitting_presets(shape: tuple[int, int, int]) -> dict[str, Layers]:
    """The presets that are no larger than the images, by name."""
    found = {}
    for name in triggers.preset_names():
        with suppress(EngineError):
            found[name] = Layers.of(triggers.preset(name, shape))
    return found
