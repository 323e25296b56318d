"""Fitting: from names and shapes of tensors to the networks that they may belong to.

Nothing is known about an architecture but how it is built. It is built without memory (on torch's
meta device) for two numbers of classes, two widths, two numbers of channels; the sizes that change
between the two are the ones that tell that number, and are then looked up in the file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.data import DATA_SOURCES
from engine.errors import EngineError
from engine.events import Job, Progress
from engine.model_metadata import ModelMetadata
from engine.models import ARCHITECTURES, Shape, build
from engine.opening.fits import Fit, Reshaped

Shapes = dict[str, tuple[int, ...]]
Numbers = tuple[Shape, int, float]

MAX_SIDE = 512
MAX_CLASSES = 1000
MAX_PARAMETERS = 100_000_000
WIDTHS = (0.25, 4.0)
USUAL_SIDES = (28, 32, 64, 16, 24, 48, 96, 128, 224)
LEAST_COMMON = 0.5  # share of an architecture's names that a file must have to be looked into
_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class _Tensors:
    """The file's tensors beside one architecture: only names and shapes matter."""

    architecture: str
    shapes: Shapes

    def shapes_at(self, numbers: Numbers) -> Shapes:
        return _shapes(self.architecture, *numbers)


def rank_fits(
    tensors: Mapping[str, NDArray[np.generic]], shape: Shape, classes: int
) -> Job[tuple[Fit, ...]]:
    """Compare tensors with every architecture, the best fit first.

    Args:
        tensors: As `ModelFile.tensors`; only names and shapes are looked at.
        shape: C, H, W that is expected, for what the tensors do not tell.
        classes: The number of classes that is expected, likewise.
    """
    found: list[Fit] = []
    for done, architecture in enumerate(ARCHITECTURES):
        yield Progress(done, len(ARCHITECTURES), f"comparing with {architecture}")
        found.append(fit_to(architecture, tensors, shape, classes))
    return tuple(sorted(found, key=lambda fit: (not fit.fits, bool(fit.renamed), -fit.score)))


def fit_to(
    architecture: str,
    tensors: Mapping[str, NDArray[np.generic]],
    shape: Shape,
    classes: int,
) -> Fit:
    """Compare tensors with one architecture; the numbers that they tell are taken from them.

    Raises:
        EngineError: No architecture has this name.
    """
    check_name(architecture)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    fit = _best(_Tensors(architecture, shapes), shape, classes)
    if fit.fits or fit.matching:
        return fit
    names = _by_order(shapes, _shapes(architecture, shape, classes, 1.0))
    if not names:
        return fit
    renamed = {names[name]: size for name, size in shapes.items()}
    other = _best(_Tensors(architecture, renamed), shape, classes)
    return replace(other, renamed=tuple(names.items())) if other.fits else fit


def fit_of_own_file(about: ModelMetadata, tensors: Mapping[str, NDArray[np.generic]]) -> Fit:
    """The fit that a file of ours names itself.

    Raises:
        EngineError: It names a network that this version does not know.
    """
    check_name(about.architecture)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    numbers = (about.shape, about.classes, about.width)
    fit = _compared(_Tensors(about.architecture, shapes), numbers)
    return replace(fit, said_by_file=True, input_range=about.input_range)


def check_name(architecture: str) -> None:
    """Check that there is an architecture of this name.

    Raises:
        EngineError: There is none.
    """
    if architecture not in ARCHITECTURES:
        raise EngineError(
            f"There is no network named {architecture[:60]!r}. Known are:"
            f" {', '.join(ARCHITECTURES)}."
        )


def _best(tensors: _Tensors, shape: Shape, classes: int) -> Fit:
    """The best fit among the numbers that the tensors allow."""
    usual = (shape, classes, 1.0)
    expected = tensors.shapes_at(usual)
    if len(expected.keys() & tensors.shapes.keys()) < LEAST_COMMON * len(expected):
        return _compared(tensors, usual)
    best: Fit | None = None
    for numbers in _candidates(tensors, shape, classes):
        fit = _compared(tensors, numbers)
        if fit.fits:
            return fit
        if best is None or fit.score > best.score:
            best = fit
    return best or _compared(tensors, usual)


def _candidates(tensors: _Tensors, shape: Shape, classes: int) -> Iterator[Numbers]:
    """Numbers to try: classes, width and channels as told, image sizes from likely to all."""
    told = _told(tensors, (shape, classes, 1.0), lambda one, n: (one[0], n, one[2]), classes)
    classes = max(told or classes, 1)
    channels = [
        channel for channel in (_channels(tensors, shape, classes), shape[0], 1, 3) if channel
    ]
    for channel in dict.fromkeys(channels):
        for width in _widths(tensors, (channel, *shape[1:]), classes):
            for height, columns in _sides(tensors, (channel, *shape[1:]), classes, width):
                yield (channel, height, columns), classes, width


def _told(
    tensors: _Tensors, usual: Numbers, change: Callable[[Numbers, int], Numbers], number: int
) -> int | None:
    """The number that the file's tensors tell, where one more of it makes a size one larger."""
    before, after = tensors.shapes_at(usual), tensors.shapes_at(change(usual, number + 1))
    for name, dimension, size, larger in _differences(before, after):
        found = tensors.shapes.get(name, ())
        if larger == size + 1 and len(found) > dimension:
            return found[dimension] - size + number
    return None


def _channels(tensors: _Tensors, shape: Shape, classes: int) -> int | None:
    """How many channels the images have, where a size of the file is proportional to it."""
    one, three = (tensors.shapes_at(((count, *shape[1:]), classes, 1.0)) for count in (1, 3))
    for name, dimension, size, larger in _differences(one, three):
        found = tensors.shapes.get(name, ())
        if larger == 3 * size and len(found) > dimension and found[dimension] in (size, 3 * size):
            return found[dimension] // size
    return None


def _widths(tensors: _Tensors, shape: Shape, classes: int) -> Iterator[float]:
    """Widths to try: the usual one if the file does not tell, or what its largest layer tells."""
    usual, double = (tensors.shapes_at((shape, classes, width)) for width in (1.0, 2.0))
    fixed = _size_dependent(tensors, shape, classes)
    told = [
        (size, tensors.shapes[name][dimension] / size)
        for name, dimension, size, larger in _differences(usual, double)
        if larger == 2 * size
        and len(tensors.shapes.get(name, ())) == len(usual[name])
        and (name, dimension) not in fixed
    ]
    if not told:
        yield 1.0
        return
    exact = max(told)[1]
    for digits in (0, 1, 2, 3, 6):
        width = round(exact * 4) / 4 if digits == 0 else round(exact, digits)
        if width > 0 and abs(width - exact) < 0.05 * exact:
            yield width


def _sides(
    tensors: _Tensors, shape: Shape, classes: int, width: float
) -> Iterator[tuple[int, int]]:
    """Heights and widths of images to try: expected, known, usual, and one that is searched."""
    known = [source.shape[1:] for source in DATA_SOURCES.values() if source.shape]
    usual = [(side, side) for side in USUAL_SIDES]
    dependent = _size_dependent(tensors, shape, classes)
    yield from dict.fromkeys([shape[1:], *known, *usual] if dependent else [shape[1:]])
    for name, dimension in dependent:
        found = tensors.shapes.get(name, ())
        if len(found) <= dimension:
            continue
        low, high = 1, MAX_SIDE
        while low < high:  # the least side whose layer is as large as the file's
            middle = (low + high) // 2
            built = tensors.shapes_at(((shape[0], middle, middle), classes, width)).get(name)
            if built is None or built[dimension] < found[dimension]:
                low = middle + 1
            else:
                high = middle
        yield low, low
        return


def _size_dependent(tensors: _Tensors, shape: Shape, classes: int) -> tuple[tuple[str, int], ...]:
    """Names and dimensions of the tensors that depend on the size of the images."""
    small, large = (tensors.shapes_at(((shape[0], side, side), classes, 1.0)) for side in (32, 64))
    return tuple((name, dimension) for name, dimension, _, _ in _differences(small, large))


def _differences(before: Shapes, after: Shapes) -> Iterator[tuple[str, int, int, int]]:
    """Name, dimension and both sizes of every dimension that is not the same."""
    for name, sizes in before.items():
        for dimension, (size, other) in enumerate(zip(sizes, after.get(name, sizes), strict=False)):
            if size != other:
                yield name, dimension, size, other


def _compared(tensors: _Tensors, numbers: Numbers) -> Fit:
    """What is missing, surplus or of another shape for a network of these numbers."""
    expected, shapes = tensors.shapes_at(numbers), tensors.shapes
    reshaped = tuple(
        Reshaped(name, shapes[name], size)
        for name, size in expected.items()
        if name in shapes and shapes[name] != size
    )
    missing = [name for name in expected if name not in shapes]
    return Fit(
        tensors.architecture,
        *numbers,
        matching=sum(shapes.get(name) == size for name, size in expected.items()),
        missing=tuple(name for name in missing if not name.endswith(_COUNTER)),
        surplus=tuple(name for name in shapes if name not in expected),
        reshaped=reshaped,
        filled=tuple(name for name in missing if name.endswith(_COUNTER)),
        refused=_refusal(tensors.architecture, numbers, expected),
    )


def _refusal(architecture: str, numbers: Numbers, expected: Shapes) -> str:
    """Why a network is too large to be opened, or of a kind that cannot be; empty as a rule."""
    shape, classes, width = numbers
    parameters = sum(int(np.prod(size, dtype=np.float64)) for size in expected.values())
    if not expected:
        return f"{architecture} cannot be built for images of {'x'.join(map(str, shape))}"
    if max(shape[1:]) > MAX_SIDE or shape[0] > 4:
        return f"images of {'x'.join(map(str, shape))} are larger than 4x{MAX_SIDE}x{MAX_SIDE}"
    if not 2 <= classes <= MAX_CLASSES:
        return f"{classes} classes; 2 to {MAX_CLASSES} can be audited"
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        return f"a width of {width:g} times the usual one; {WIDTHS[0]:g} to {WIDTHS[1]:g} are built"
    if parameters > MAX_PARAMETERS:
        return f"{parameters:,} parameters; up to {MAX_PARAMETERS:,} can be audited"
    return ""


def _by_order(found: Shapes, expected: Shapes) -> dict[str, str]:
    """Names in the file to names in the network, one after the other; empty if that cannot be.

    Only the numbers of dimensions are compared here, because the sizes are not known yet.
    """
    if [len(size) for size in found.values()] != [len(size) for size in expected.values()]:
        return {}
    return dict(zip(found, expected, strict=True))


@cache
def _shapes(architecture: str, shape: Shape, classes: int, width: float) -> Shapes:
    """Names and shapes of a network's state; empty where it cannot be built for such images."""
    import torch

    try:
        with torch.device("meta"):
            network = build(architecture, shape, classes, width)
    except (EngineError, RuntimeError, ValueError, ArithmeticError, OverflowError):
        return {}
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
