"""The words of an audit that ends without a verdict: a headline, and what is behind it."""

from engine.metrics import percent
from engine.models import Model
from engine.opening.results import LEAST_ACCURACY, NOT_NUMBERS, Preflight


def words_of_poor(preflight: Preflight) -> tuple[str, str]:
    """A network that is right too seldom under the input format taken."""
    taken = next(one for one in preflight.rates if one.input_format == preflight.taken)
    lacking = ""
    if taken.non_finite:
        lacking = f"; for {taken.non_finite:,} of {taken.images:,} its outputs are {NOT_NUMBERS}"
    return (
        f"Not auditable: with the input range {preflight.taken} the network is right on only"
        f" {percent(preflight.clean_accuracy)} of clean images{lacking}. {preflight.advice}",
        f"A network has to be right on at least {percent(LEAST_ACCURACY)} of clean images for its"
        " masks to mean anything. The usual causes of less are another input range or normalisation"
        " than in training, swapped colour channels, another data set or other classes, or too"
        f" little training. {len(preflight.rates)} input formats were tried.",
    )


def words_of_no_numbers(preflight: Preflight) -> tuple[str, str]:
    """A network whose weights are numbers, and whose outputs are not."""
    return (
        f"Not auditable: the network's {preflight.no_numbers}, so nothing can be said of it."
        f" {preflight.advice}",
        "Every number in the file is finite, but what they add up to is not. That says nothing of"
        f" what it was trained on. {len(preflight.rates)} input formats were tried; no trigger was"
        " searched for.",
    )


def words_of_few(why: str) -> tuple[str, str]:
    """Too few images that a scan can use; `why` says what to do about it."""
    return (
        f"Not auditable: {why[:1].lower()}{why[1:]}",
        "Half of the images are searched on, the other half show whether the triggers work on"
        " images that they were not made for.",
    )


def words_of_non_finite(model: Model) -> tuple[str, str]:
    """A network that holds values which are not numbers."""
    count = model.non_finite
    return (
        f"Not auditable: {count:,} of the network's numbers {'is' if count == 1 else 'are'} not"
        " finite (NaN or infinite), so nothing that it computes means anything. Get an undamaged"
        " copy.",
        "Such numbers come from a training that diverged, or from a damaged file. Nothing was"
        " scanned.",
    )
