"""Mask sizes of clean networks: the band that they fill, and the newest of them."""

from collections.abc import Sequence

import numpy as np

from engine.events import NetworkCalibrated
from gui import words
from gui.scan_record import ClassFinding
from gui.widgets.mask_size_chart import MaskSizeChart

TIP = (
    "The bar reaches from the smallest to the largest mask that a clean network needed for"
    " the class; the dot is the newest network. The further left, the smaller the mask."
)


class BandChart(MaskSizeChart):
    """A row for each class: a bar for the clean networks so far, a dot for the newest one."""

    def __init__(self) -> None:
        super().__init__()
        self._newest: NetworkCalibrated | None = None
        self.viewport().unsetCursor()
        self.setAccessibleName("Mask sizes of clean networks, class by class")
        self.choose(-1)

    def show_network(self, network: NetworkCalibrated | None, names: Sequence[str]) -> None:
        """Show the band up to this network, and its own sizes; None shows nothing."""
        self._newest = network
        if network is None:
            self.set_findings(())
            self.set_bands(None, None)
            return
        self.set_findings(
            tuple(
                ClassFinding(label, name, mask_l1=float(size), state="converged")
                for label, (name, size) in enumerate(zip(names, network.mask_l1, strict=False))
            )
        )
        self.set_bands(network.low.astype(np.float64), network.high.astype(np.float64))

    def _tip(self, label: int | None) -> str:
        if label is None or self._newest is None:
            return TIP
        low, high, size = (
            words.pixels(float(sizes[label]))
            for sizes in (self._newest.low, self._newest.high, self._newest.mask_l1)
        )
        return f"Class {self._findings[label].name}: {low} to {high} so far, {size} in the newest."
