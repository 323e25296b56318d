"""The column at the right of a scan: a quarter of a large window, and the same in both views."""

import pytest

from gui.widgets.pair_results import PairResults
from gui.widgets.scan_results import ScanResults


@pytest.mark.parametrize(
    ("width", "least", "most"), [(760, 0.25, 0.34), (1010, 0.2, 0.25), (1650, 0.22, 0.27)]
)
def test_it_follows_the_width_of_the_window(qtbot, width, least, most):
    classes, pairs = ScanResults(), PairResults()
    for view in (classes, pairs):
        qtbot.addWidget(view)
        view.resize(width, 700)
        with qtbot.waitExposed(view):
            view.show()
    assert least * width <= classes.chart.width() <= most * width
    assert classes.chart.width() == classes.switch.width() == pairs.switch.width()
