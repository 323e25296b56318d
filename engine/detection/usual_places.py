"""Where the masks of clean networks lie, and how usual a place a mask has.

What turns ones into sevens in a clean network is drawn where a seven has a stroke and a one has
none, in one network as in the next. A planted trigger lies where somebody put it, often where no
clean network's mask does. So the masks of clean networks make a density for each pair of classes,
and a mask's familiarity is that density where it lies: a geometric mean, weighted by the mask.
Both are taken on a coarse grid, since masks of two networks never agree to the pixel.
"""

import base64
import binascii
import math
import re
import zlib
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

MOST_CELLS = 16  # along each side of the grid
TO_EACH_SIDE = 0.1  # of a mask in one cell: so much of it counts for the next one, either way
# Of the density is even: a mask where no clean one ever lay is not infinitely strange.
EVEN_SHARE = 0.05
_FORM = re.compile(r"(\d{1,2})x(\d{1,2}):([A-Za-z0-9+/=]*)")
_NOTHING = 1e-9
_FINEST = 255  # levels of a cell's value, of the largest one of its grid

Grids = NDArray[np.float32]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class UsualPlaces:
    """Where clean networks' masks lie.

    Attributes:
        density: P x h x w, float32: how many times as much of P pairs' masks lies in each cell as
            if all cells had as much. The mean of each grid is 1; it is 1 everywhere where no
            network's mask worked.
    """

    density: Grids

    @classmethod
    def of(cls, grids: Grids) -> Self:
        """From N x P x h x w grids of the masks of N clean networks; one of zeros counts not."""
        return cls(_density(grids.sum(axis=0)))

    @classmethod
    def from_text(cls, text: str, pairs: int) -> Self:
        """From what `text` gave.

        Raises:
            ValueError: As of `from_text`.
        """
        grids = from_text(text, pairs)
        cells = grids.shape[-2] * grids.shape[-1]
        some = grids.any(axis=(-2, -1), keepdims=True)
        return cls(np.where(some, grids * np.float32(cells), np.float32(1)))

    @property
    def text(self) -> str:
        """The density as a short text."""
        return to_text(self.density)

    def logs(self, grids: Grids) -> Values:
        """The P logarithms of the familiarity of masks with these P x h x w grids.

        A mask's familiarity is the density where it lies: a geometric mean, weighted by the mask.

        0 is as usual as anywhere, or unknown; above it lie the masks of clean networks.
        """
        logs = np.log((1 - EVEN_SHARE) * self.density.astype(np.float64) + EVEN_SHARE)
        means: Values = (grids * logs).sum(axis=(-2, -1))
        return means

    def densities(self, grids: Grids) -> tuple[Values, Values]:
        """How dense clean networks' masks are where P masks lie, in the mean, and where their own.

        NaN where there is no mask, or none of theirs is known.
        """
        here = (grids * self.density).sum(axis=(-2, -1), dtype=np.float64)
        usual = (self.density**2).mean(axis=(-2, -1), dtype=np.float64)
        known = grids.any(axis=(-2, -1)) & (self.density != 1).any(axis=(-2, -1))
        return np.where(known, here, np.nan), np.where(known, usual, np.nan)

    def fit(self, grids: Grids) -> bool:
        """Whether P x h x w grids are of the same form."""
        return self.density.shape == grids.shape


def logs_left_out(grids: Grids) -> Values:
    """N x P logarithms of the familiarity of each network's masks beside those of the others."""
    total = grids.sum(axis=0)
    return np.array([UsualPlaces(_density(total - one)).logs(one) for one in grids])


def grids_of(masks: NDArray[np.float32]) -> Grids:
    """The share of each mask, ... x H x W, that lies in each cell of a grid, ... x h x w.

    The cells are square but for the last ones; the shares of each mask sum to 1, or are all 0
    where there is no mask.
    """
    sums, side = masks, _side(*masks.shape[-2:])
    for axis in (-2, -1):
        sums = np.add.reduceat(sums, np.arange(0, masks.shape[axis], side), axis=axis)
    return _shares(sums)


def rounded(grids: Grids) -> Grids:
    """Grids as their text keeps them, so that what is read again is judged alike."""
    return _shares(_levels(grids).astype(np.float32))


def as_picture(grid: Grids, height: int, width: int) -> Grids:
    """A grid h x w as an image H x W, its largest value white."""
    cells = np.repeat(np.repeat(grid, _side(height, width), 0), _side(height, width), 1)
    picture: Grids = cells[:height, :width] / max(float(grid.max()), _NOTHING)
    return picture


def grid_shape(height: int, width: int) -> tuple[int, int]:
    """The height and width, in cells, of the grid for images of H x W."""
    side = _side(height, width)
    return math.ceil(height / side), math.ceil(width / side)


def to_text(grids: Grids) -> str:
    """P x h x w values of 0 or more as a short text; their sum is forgotten, grid by grid."""
    packed = base64.b64encode(zlib.compress(_levels(grids).tobytes(), 9)).decode()
    return f"{grids.shape[-2]}x{grids.shape[-1]}:{packed}"


def form_of(text: str) -> str:
    """What a text says of the form of its grids."""
    return text.partition(":")[0]


def from_text(text: str, count: int) -> Grids:
    """P x h x w shares that sum to 1 grid by grid, or are all 0, from such a text.

    Raises:
        ValueError: It is damaged, or does not hold `count` grids.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError("places are no grids")
    height, width = int(form[1]), int(form[2])
    wanted = count * height * width
    if not 0 < height <= MOST_CELLS or not 0 < width <= MOST_CELLS:
        raise ValueError(f"places are grids of {height} x {width}")
    try:
        # What unpacks to more than is wanted is cut off, and is not at its end then.
        unpacking = zlib.decompressobj()
        levels = unpacking.decompress(base64.b64decode(form[3], validate=True), wanted + 1)
    except (zlib.error, binascii.Error) as error:
        raise ValueError("places cannot be unpacked") from error
    if len(levels) != wanted or not unpacking.eof or unpacking.unused_data:
        raise ValueError(f"places are not of {count} pairs")
    grids = np.frombuffer(levels, np.uint8).reshape(count, height, width)
    return _shares(grids.astype(np.float32))


def _levels(grids: Grids) -> NDArray[np.uint8]:
    """Values of 0 or more as 8 bits each, the largest of each grid as 255."""
    largest = np.maximum(grids.max(axis=(-2, -1), keepdims=True), _NOTHING)
    levels: NDArray[np.uint8] = np.round(grids / largest * _FINEST).astype(np.uint8)
    return levels


def _shares(grids: Grids) -> Grids:
    """Grids that sum to 1 each, but for those of zeros."""
    total = grids.sum(axis=(-2, -1), keepdims=True)
    shares: Grids = np.divide(grids, total, out=np.zeros_like(grids), where=total > 0)
    return shares


def _density(sums: Grids) -> Grids:
    """Smoothed sums of P grids, as multiples of their mean."""
    smooth = _smoothed(_smoothed(np.maximum(sums, 0)).swapaxes(-2, -1)).swapaxes(-2, -1)
    mean = smooth.mean(axis=(-2, -1), keepdims=True)
    density: Grids = np.divide(smooth, mean, out=np.ones_like(smooth), where=mean > _NOTHING)
    return density


def _smoothed(sums: Grids) -> Grids:
    """Each row of cells with a part of both of its neighbours'; none leaves at the edge."""
    smooth = (1 - 2 * TO_EACH_SIDE) * sums
    smooth[..., 0] += TO_EACH_SIDE * sums[..., 0]
    smooth[..., -1] += TO_EACH_SIDE * sums[..., -1]
    smooth[..., 1:] += TO_EACH_SIDE * sums[..., :-1]
    smooth[..., :-1] += TO_EACH_SIDE * sums[..., 1:]
    return smooth


def _side(height: int, width: int) -> int:
    """Pixels along each side of a cell."""
    return math.ceil(max(height, width) / MOST_CELLS)
