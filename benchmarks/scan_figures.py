"""What of a scan the benchmarks remember, and a scan's findings made of it again."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detection.borrowing import CleanNetworks
from engine.detection.comparing import compare, compare_map
from engine.detection.mask_forms import Form, forms_of
from engine.detection.pair_logs import off_diagonal, pair_logs, places_text, shares_of
from engine.detection.pair_shapes import square
from engine.detection.results import Detection, FoundTrigger, PairMap, Verdict
from engine.detection.usual_places import Grids, from_text
from engine.detection.verdict import decide
from engine.triggers import Trigger

_DIGITS = 5  # of what is remembered; sizes differ by more between two seeds


def figures_of(detection: Detection) -> dict[str, Any]:
    """Sizes, success and cost of a scan, as plain values."""
    pairs = detection.pair_map
    found = detection.classes
    logs = np.empty((2, 0)) if pairs is None else pair_logs(pairs)
    return {
        "pair_l1": _short(np.exp(logs[0])),
        "pair_elsewhere": _short(shares_of(logs)),
        "pair_places": places_text(pairs),
        "pair_success": [] if pairs is None or pairs.success is None else _off(pairs.success),
        "mask_l1": _short(one.mask_l1 for one in found),
        "sizes": [_short(one.sizes) for one in found],
        "opacities": [_short(form.opacity for form in forms_of(one)) for one in found],
        "radii": [_short(form.radius for form in forms_of(one)) for one in found],
        "converged": [one.converged for one in found],
        "success": _short(one.success for one in found),
        "anomaly_index": _short(one.anomaly_index for one in found),
        "iou": _short(one.iou for one in found),
        "hard_pixels": [one.hard and one.hard.trigger.pixels for one in found],
        "hard_success": _short(one.hard and one.hard.success for one in found),
        "clean_accuracy": detection.clean_accuracy,
        "seconds": round(detection.seconds, 3),
        "image_passes": detection.image_passes,
        "outcome": detection.verdict.outcome,
    }


def classes_of_map(figures: dict[str, Any]) -> dict[str, Any]:
    """What the Standard scan of the same network and seed finds: a map begins with it."""
    return figures | {
        "pair_l1": [],
        "pair_elsewhere": [],
        "pair_places": "",
        "pair_success": [],
        "seconds": None,
        "image_passes": None,
    }


def verdict_of(
    figures: dict[str, Any],
    names: Sequence[str],
    shape: tuple[int, int, int],
    references: CleanNetworks | None,
) -> Verdict:
    """The verdict on a remembered scan, given anew.

    Args:
        figures: As `figures_of` gave them.
        names: Of the classes.
        shape: C x H x W of the images.
        references: What to compare with.
    """
    found, pair_map = found_of(figures, shape), pair_map_of(figures, shape)
    if references is not None:
        found = compare(found, references, pair_map)
        pair_map = compare_map(pair_map, references)
    return decide(found, names, figures["clean_accuracy"], references=references, pair_map=pair_map)


def found_of(figures: dict[str, Any], shape: tuple[int, int, int]) -> list[FoundTrigger]:
    """What was found for each class, the triggers themselves blank."""
    blank = Trigger.empty(shape)
    columns = ("mask_l1", "success", "converged", "anomaly_index", "sizes")
    forms = _forms(figures) or [()] * len(figures["sizes"])
    return [
        FoundTrigger(
            label, blank, size, success, converged, index,
            sizes=tuple(sizes), forms=forms[label],
        )
        for label, (size, success, converged, index, sizes) in enumerate(
            zip(*(figures[name] for name in columns), strict=True)
        )
    ]  # fmt: skip


def _forms(figures: dict[str, Any]) -> list[tuple[Form, ...]]:
    """What the masks of each class look like; none where an older version did not keep it all."""
    known = zip(figures.get("opacities", ()), figures.get("radii", ()), strict=False)
    return [tuple(map(Form, *searches)) for searches in known]


def pair_map_of(figures: dict[str, Any], shape: tuple[int, int, int]) -> PairMap | None:
    """The map, its triggers blank; None where there was none."""
    if not figures["pair_l1"]:
        return None
    classes = len(figures["mask_l1"])
    sizes = _square(figures["pair_l1"], classes)
    blank = np.zeros((classes, classes, *shape), np.float32)
    converged = sizes < shape[1] * shape[2]
    success = _square(figures["pair_success"], classes) if figures["pair_success"] else None
    elsewhere = _square(figures["pair_elsewhere"], classes)
    return PairMap(
        sizes, converged, blank[:, :, 0], blank,
        success=success, elsewhere=elsewhere, places=_grids(figures, classes),
    )  # fmt: skip


def _grids(figures: dict[str, Any], classes: int) -> Grids | None:
    """Where the masks of pairs lie, K x K x h x w; None where an older version did not keep it."""
    if not figures.get("pair_places"):
        return None
    known = from_text(figures["pair_places"], classes * (classes - 1))
    return square(known, classes, diagonal=0).astype(np.float32)


def _square(values: Sequence[float | None], classes: int) -> NDArray[np.float32]:
    return square(np.array(values, np.float64), classes).astype(np.float32)


def _short(values: Any) -> list[float | None]:
    return [None if value is None else float(f"{value:.{_DIGITS}g}") for value in values]


def _off(square: NDArray[np.float32]) -> list[float | None]:
    """The entries off the diagonal, row by row; None for what was not measured."""
    apart = square[off_diagonal(len(square))]
    return _short(None if np.isnan(value) else value for value in apart)
