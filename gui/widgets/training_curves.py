"""The two plots of a training: the loss, and the three rates."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from engine.events import Measured
from engine.metrics import Rates
from gui import theme, words
from gui.widgets.curve_plot import CurvePlot, CurveStyle
from gui.widgets.live_text import LiveText
from gui.widgets.tips import as_tip
from gui.widgets.tone_label import ToneLabel
from gui.widgets.trace import Trace

LOSS_STYLES = (
    CurveStyle("step", "Loss", width=1, faint=True),
    CurveStyle("mean", "Loss", marker="o"),
)
RATE_STYLES = (
    CurveStyle("sham_rate", "Sham rate", "sham", Qt.PenStyle.DotLine, "t"),
    CurveStyle("clean_accuracy", "Clean accuracy", "clean", Qt.PenStyle.SolidLine, "o"),
    CurveStyle("attack_success", "Attack success", "backdoor", Qt.PenStyle.DashLine, "s"),
)
WHOLE = {0.0: "0", 25.0: "25", 50.0: "50", 75.0: "75", 100.0: "100 %"}
MOST_BEHIND = 0.05  # of the axis, that a mean may lie before the newest step
TOP = {95.0: "95", 96.0: "96", 97.0: "97", 98.0: "98", 99.0: "99", 100.0: "100 %"}


class TrainingCurves(QWidget):
    """Loss above, rates below, both over the epochs; set from what a Session holds."""

    def __init__(self) -> None:
        super().__init__()
        self._loss = Trace()
        self._seen = 0
        self._steps_per_epoch = self._epochs = 1.0
        self._has_means = True
        self.loss_plot = CurvePlot(
            LOSS_STYLES,
            x_unit="epochs",
            empty_text="The loss of every step appears here while the network learns: how far its"
            " answers are from the labels.",
        )
        self.rates_plot = CurvePlot(
            RATE_STYLES,
            x_unit="epochs",
            empty_text="Clean accuracy, attack success and the sham rate appear here.",
        )
        self.log_box, self.zoom_box = QCheckBox("&Logarithmic"), QCheckBox("&Only 95 to 100 %")
        self.measured_on = LiveText(size="small")
        self._build()
        self._connect()
        self.begin(1, 1)

    def begin(self, epochs: int, steps_per_epoch: float) -> None:
        """Empty both plots and show x from 0 to `epochs`."""
        self._loss.clear()
        self._seen = 0
        self._steps_per_epoch, self._epochs = steps_per_epoch, float(epochs)
        for plot in (self.loss_plot, self.rates_plot):
            plot.clear_curves()
            plot.set_x_range(0, epochs)
        self.set_mean_losses(())
        self.set_rates((), None)
        self._set_loss_range()

    def update_losses(self, losses: Sequence[tuple[int, float]]) -> None:
        """Draw what is new in the losses of all steps so far, pairs of step and loss."""
        new = losses[self._seen :]
        self._seen = len(losses)
        if new:
            steps, values = np.array(new).T
            self._loss.extend(steps / self._steps_per_epoch, values)
            self._draw_steps()
            self._set_loss_range()

    def set_mean_losses(self, measurements: Sequence[Measured]) -> None:
        """Draw the mean loss between measurements, all of them in order.

        Of a short training they say where the loss was, long before where it is: then the steps,
        which can be told apart, are shown alone.
        """
        x = np.array([one.step for one in measurements]) / self._steps_per_epoch
        losses = [one.train_loss for one in measurements]
        newest = words.small_number(losses[-1]) if losses else ""
        # Each is the mean since the measurement before: it belongs in the middle between them.
        middles = x - np.diff(x, prepend=0.0) / 2
        self._has_means = not losses or x[-1] - middles[-1] <= MOST_BEHIND * self._epochs
        if not self._has_means:
            middles, losses, newest = np.empty(0), [], ""
        self.loss_plot.set_curve("mean", middles, losses, newest)
        self._draw_steps()

    def _draw_steps(self) -> None:
        """Draw the loss of every step, which has its value at the end where no mean has one."""
        newest = "" if self._has_means else words.small_number(self._loss.newest)
        self.loss_plot.set_curve("step", *self._loss.drawn(), newest)

    def set_rates(self, measurements: Sequence[Measured], final: Rates | None) -> None:
        """Draw the rates.

        Args:
            measurements: Those on the watched test images, in order.
            final: The rates on all test images, once they are known: the last point.
        """
        x = np.array([one.step for one in measurements]) / self._steps_per_epoch
        for style in RATE_STYLES:
            values = [float(getattr(one, style.key)) for one in measurements]
            if values and final is not None:
                values[-1] = getattr(final, style.key)
            value = words.share(values[-1]) if values else ""
            self.rates_plot.set_curve(style.key, x, np.array(values) * 100, value)
        watched = measurements[-1].images if measurements else 0
        images = final.images if final is not None else watched
        self.measured_on.set_text(f"on {images:,} test images" if images else "")

    def _build(self) -> None:
        self.log_box.setToolTip("A logarithmic axis shows what happens near zero.")
        self.zoom_box.setToolTip("The top of the axis, where good networks differ.")
        self.log_box.setChecked(True)
        self.loss_plot.set_log(on=True)
        self.rates_plot.set_y_range(0, 100, WHOLE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        loss_title, rates_title = ToneLabel("Loss", bold=True), ToneLabel("Rates", bold=True)
        loss_title.setToolTip(
            as_tip(
                "Cross-entropy on the training images. Thin: every step. Bold: the mean since the"
                " measurement before, except of a short training. At the end: the newest of these."
            )
        )
        rates_title.setToolTip(as_tip(RATES_TOOLTIP))
        column.addLayout(_header(loss_title, LiveText(size="small"), self.log_box))
        column.addWidget(self.loss_plot, 2)
        column.addSpacing(theme.SPACING // 2)
        column.addLayout(_header(rates_title, self.measured_on, self.zoom_box))
        column.addWidget(self.rates_plot, 3)
        self.loss_plot.setAccessibleName("Loss")
        self.rates_plot.setAccessibleName("Rates")

    def _connect(self) -> None:
        self.log_box.toggled.connect(self._show_log)
        self.zoom_box.toggled.connect(self._zoom)

    def _show_log(self, on: bool) -> None:  # noqa: FBT001 - Qt's signal
        self.loss_plot.set_log(on=on)
        self._set_loss_range()

    def _zoom(self, on: bool) -> None:  # noqa: FBT001 - Qt's signal
        self.rates_plot.set_y_range(95 if on else 0, 100, TOP if on else WHOLE)

    def _set_loss_range(self) -> None:
        """From the losses so far; a logarithmic axis moves by whole powers of ten only."""
        values = self._loss.y
        values = values[np.isfinite(values) & (values > 0)]
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.01, 1.0)
        self.loss_plot.set_y_range(low if self.loss_plot.is_log else 0, high)


RATES_TOOLTIP = (
    "Clean accuracy: share of untouched test images that are classified rightly. Attack success:"
    " share of images with the trigger, of other classes, that are called the target. Sham rate:"
    " the same with the trigger's mask set to zero; in a sound experiment it is next to nothing."
)


def _header(title: ToneLabel, remark: LiveText, choice: QCheckBox) -> QHBoxLayout:
    """A title, a remark on it, and at the right what can be chosen."""
    row = QHBoxLayout()
    row.setSpacing(theme.SPACING)
    row.addWidget(title)
    row.addWidget(remark, 1)
    row.addWidget(choice)
    return row
