"""The pre-flight: how often a network is right under each plausible input format.

The commonest cause of a false verdict is a network that is fed other values than in training. So
every plausible format is tried on clean labelled images before a scan, and the best is proposed.
"""

import time
from dataclasses import replace

import numpy as np
import torch

from engine.compute import Compute
from engine.data import ImageSet
from engine.errors import EngineError
from engine.events import Job, Progress
from engine.input_format import InputFormat
from engine.metrics import percent
from engine.models import Model
from engine.network import Network
from engine.opening.answers import answer, is_large
from engine.opening.brightness import check_brightness
from engine.opening.brightness_references import (
    BrightnessReferences,
    find_brightness_references,
)
from engine.opening.formats import meaning_of, plausible_formats
from engine.opening.results import LEAST_ACCURACY, TIE, FormatMeasured, FormatRate, Preflight

IMAGES = 1000
BRIGHTNESS_IMAGES = 500
FINAL_IMAGES = 10_000
LOW_ACCURACY = 0.95
FEW_IMAGES = 500
BETTER = 0.02


def preflight(
    model: Model, tests: ImageSet, data: str, compute: Compute, given: InputFormat | None, seed: int
) -> Job[Preflight]:
    """Measure a network under each plausible input format, and choose.

    The formats are tried on 1,000 images; those that are about as good as the best, and the one
    that is given, are then measured on up to 10,000, all on the same ones, which decide between
    them. The one that is taken is shown images of other brightness and contrast.

    Args:
        model: The network; its own input range does not matter.
        tests: Clean labelled images that it was not trained on.
        data: The data set's name.
        compute: Where to compute; it is done in float32.
        given: The format to take, or None for the best.
        seed: Decides which of the images.

    Raises:
        EngineError: The model does not fit its architecture, there are no images, or the format
            given does not fit the images.
    """
    start = time.perf_counter()
    if given is not None:
        given.check_channels(tests.shape[0])
    if not len(tests):
        raise EngineError("There are no test images to try the network on. Choose other data.")
    compute = replace(compute, dtype=torch.float32)
    network = Network.of(replace(model, input_range="0..1"), compute)
    order = np.random.default_rng(seed).permutation(len(tests))
    rates = yield from _try_formats(network, tests.subset(order[:IMAGES]), data, given)
    images = tests.subset(order[: IMAGES if is_large(network) else FINAL_IMAGES])
    near = {rates[0].input_format, *_as_good(rates)}
    if len(images) > rates[0].images:
        rates = yield from _measure_again(network, images, rates, near, given)
    taken = given or InputFormat.parse(rates[0].input_format)
    network = replace(network, input_format=taken)
    equally_good = tuple(one for one in _as_good(rates) if one in near)
    accuracy = next(one.clean_accuracy for one in rates if one.input_format == str(taken))
    found = Preflight(
        rates,
        None if given is None else str(given),
        str(taken),
        rates[0].input_format,
        equally_good,
        accuracy,
        len(images),
    )
    problems: tuple[str, ...] = ()
    if accuracy >= LEAST_ACCURACY:
        references, problems = _known_brightness(data, model.architecture, tests.classes)
        few = images.subset(np.arange(min(len(images), BRIGHTNESS_IMAGES)))
        yield Progress(2, 3, "changing brightness and contrast")
        found = replace(found, brightness=(yield from check_brightness(network, few, references)))
    seconds = time.perf_counter() - start
    warnings = (*_warnings(found, len(tests)), *problems)
    return replace(found, seconds=seconds, warnings=warnings)


def _known_brightness(
    data: str, architecture: str, classes: int
) -> tuple[BrightnessReferences | None, tuple[str, ...]]:
    """What clean networks do, and why it is not used where their file is damaged."""
    try:
        return find_brightness_references(data, architecture, classes), ()
    except EngineError as problem:
        return None, (f"{problem} Only nearly black images are judged.",)


def _try_formats(
    network: Network, images: ImageSet, data: str, given: InputFormat | None
) -> Job[tuple[FormatRate, ...]]:
    """The rate of each format, best first."""
    formats = plausible_formats(data, images.shape[0])
    if given is not None and given not in formats:
        formats = (given, *formats)
    rates: list[FormatRate] = []
    for number, one in enumerate(formats, start=1):
        yield Progress(0, 3, f"trying the input format {one}")
        said = yield from answer(replace(network, input_format=one), images)
        rates.append(
            FormatRate(
                str(one), meaning_of(one, data), said.clean_accuracy, said.loss, len(images),
                said.non_finite,
            )
        )  # fmt: skip
        yield FormatMeasured(rates[-1], number, len(formats))
    return _ranked(rates)


def _measure_again(
    network: Network,
    images: ImageSet,
    rates: tuple[FormatRate, ...],
    near: set[str],
    given: InputFormat | None,
) -> Job[tuple[FormatRate, ...]]:
    """Measure those near the best, and the one given, on more images; the former in new order."""
    measured = []
    for rate in rates:
        if rate.input_format in {*near, str(given)}:
            yield Progress(1, 3, f"measuring with {rate.input_format}")
            there = replace(network, input_format=InputFormat.parse(rate.input_format))
            said = yield from answer(there, images)
            rate = replace(  # noqa: PLW2901 - the same rate, better known
                rate, clean_accuracy=said.clean_accuracy, loss=said.loss, images=len(images),
                non_finite=said.non_finite,
            )  # fmt: skip
        measured.append(rate)
    first = _ranked([one for one in measured if one.input_format in near])
    return (*first, *(one for one in measured if one.input_format not in near))


def _as_good(rates: tuple[FormatRate, ...]) -> tuple[str, ...]:
    """The formats that would do as well as the first."""
    return tuple(one.input_format for one in rates[1:] if _ties(one, rates[0]))


def _ranked(rates: list[FormatRate]) -> tuple[FormatRate, ...]:
    """Best first: by accuracy, but among those as good as the best, by loss.

    Outputs that are not numbers count as wrong, and formats without such come before others.
    A network without biases that matter is right equally often whatever its input is multiplied
    by; its loss is least at the scale that it was trained at.
    """
    least = max(one.clean_accuracy for one in rates) - TIE
    ties = [one for one in rates if one.clean_accuracy >= least]
    rest = [one for one in rates if one.clean_accuracy < least]
    return (
        *sorted(ties, key=lambda one: (one.non_finite, one.loss)),
        *sorted(rest, key=lambda one: (-one.clean_accuracy, one.non_finite)),
    )


def _ties(one: FormatRate, best: FormatRate) -> bool:
    """Whether a format would do as well as the best one."""
    right = one.clean_accuracy >= best.clean_accuracy - TIE
    return right and one.non_finite <= best.non_finite and not best.lacks_numbers


def _warnings(found: Preflight, images: int) -> tuple[str, ...]:
    """What a person should know, most important first."""
    warnings = []
    if found.brightness and found.brightness.label is not None:
        warnings.append(found.brightness.sentence)
    best = found.best
    usable = found.clean_accuracy >= LEAST_ACCURACY  # otherwise the verdict itself says it
    if usable and found.given and best.clean_accuracy > found.clean_accuracy + BETTER:
        warnings.append(
            f"Under the input format {best.input_format} ({best.meaning}) the network is right on"
            f" {percent(best.clean_accuracy)}, under {found.taken} on"
            f" {percent(found.clean_accuracy)}: masks found with the wrong one mislead."
        )
    if usable and found.doubt:
        warnings.append(found.doubt)
    if usable and found.clean_accuracy < LOW_ACCURACY:
        warnings.append(
            f"The network is right on only {percent(found.clean_accuracy)} of clean images; masks"
            " of a poor network say less."
        )
    if images < FEW_IMAGES:
        warnings.append(f"There are only {images} images to audit with: all rates are rough.")
    return tuple(warnings)
