"""How many bytes the findings of a pair map take, and whether they can be kept in a file."""

from engine.detection.usual_places import grid_shape
from engine.errors import EngineError
from engine.models import Shape

# The search itself holds several times as much: few machines come as far as this.
MOST_BYTES = 7 * 2**28
MOST_SEARCHES = 9
_NUMBERS = 9 * 4 + 1  # a pair's size, score, band and so on, and whether it converged


def bytes_of_map(classes: int, shape: Shape) -> int:
    """The most that the arrays of a map of K classes can take, with images of C x H x W."""
    channels, height, width = shape
    rows, columns = grid_shape(height, width)
    values = (1 + channels) * height * width + 2 * rows * columns + 2 * MOST_SEARCHES
    return classes**2 * (4 * values + _NUMBERS)


def check_map_size(classes: int, shape: Shape) -> None:
    """Check, before hours are spent on it, that a map could be kept.

    Raises:
        EngineError: It would be too large for a file that opens again.
    """
    size = bytes_of_map(classes, shape)
    if size > MOST_BYTES:
        sides = "x".join(map(str, shape[1:]))
        raise EngineError(
            f"A map of all pairs of {classes:,} classes with images of {sides} pixels would take"
            f" {size / 1e9:.1f} GB, and at most {MOST_BYTES / 1e9:.1f} GB can be kept and opened"
            " again. Scan with Standard, or with smaller images or fewer classes."
        )
