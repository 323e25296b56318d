"""The numbers that a pair of classes is judged by, and the one that they make together.

A backdoor for one source class has a small mask, its trigger mostly leaves other classes alone
(`engine.detection.elsewhere`), and it often lies where no clean network's mask does
(`engine.detection.usual_places`). In clean networks small masks spare others a little more, too,
but seldom all of it by far: their sum tells more of such a backdoor than any of them. One that is
known by its size alone loses some of its score by that.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.detection.calibration import logs_of
from engine.detection.results import PairMap
from engine.detection.usual_places import Grids, UsualPlaces, grids_of, rounded, to_text

SLIGHT = 0.05  # a share far below it is as good as none
# How much the logarithm of a share counts beside that of a size, which remains the main evidence:
# in clean networks it then scatters about half as much.
WEIGHT = 0.3
WEIGHT_OF_PLACE = 0.5  # that of the logarithm of a familiarity, which scatters about as much


def off_diagonal(classes: int) -> NDArray[np.bool_]:
    """K x K, true for every pair of two different classes."""
    apart: NDArray[np.bool_] = ~np.eye(classes, dtype=np.bool_)
    return apart


def pair_logs(pair_map: PairMap, places: UsualPlaces | None = None) -> NDArray[np.float64]:
    """Logarithms of a map's K(K - 1) mask sizes and shares elsewhere, 2 x K(K - 1), row by row.

    All pixels count where no mask worked, and all other images where it is not known how many a
    mask turns. Of several searches it is their mean. Given where clean networks' masks lie, a
    third row has the logarithms of the masks' familiarity.
    """
    apart = off_diagonal(len(pair_map.mask_l1))
    pixels = pair_map.masks[0, 0].size
    if pair_map.sizes is None:
        sizes = np.where(pair_map.converged, pair_map.mask_l1, np.nan)[None]
    else:
        sizes = pair_map.sizes
    shares = pair_map.elsewheres
    if shares is None:
        unknown = np.full_like(pair_map.mask_l1, np.nan)
        shares = (unknown if pair_map.elsewhere is None else pair_map.elsewhere)[None]
    counted = np.nan_to_num(sizes[:, apart], nan=pixels)
    shares = np.where(counted < pixels, shares[:, apart], np.nan)
    means: NDArray[np.float64] = combine(counted, shares).mean(axis=0)
    if places is None:
        return means
    return np.vstack([means, places.logs(pair_grids(pair_map))])


def pair_grids(pair_map: PairMap) -> Grids:
    """Where the masks of a map's K(K - 1) pairs lie, row by row, K(K - 1) x h x w."""
    grids: Grids = places_in(pair_map)[off_diagonal(len(pair_map.mask_l1))]
    return grids


def places_text(pair_map: PairMap | None) -> str:
    """The same as a short text; empty where there is no map."""
    return "" if pair_map is None else to_text(pair_grids(pair_map))


def places_in(pair_map: PairMap) -> Grids:
    """Where a map's masks lie, K x K x h x w: of several searches the mean; 0 where none worked.

    They are as exact as what is kept of clean networks.
    """
    if pair_map.places is not None:
        return pair_map.places
    found: Grids = rounded(grids_of(pair_map.masks)) * pair_map.converged[..., None, None]
    return found


def combine(
    sizes: ArrayLike, shares: ArrayLike, familiarity: ArrayLike | None = None
) -> NDArray[np.float64]:
    """The logarithms of N x P sizes in pixels and shares 0..1 (or NaN), N x 2 x P.

    With those of N x P familiarities it is N x 3 x P.
    """
    known = np.nan_to_num(np.asarray(shares, np.float64), nan=1.0)
    rows = [logs_of(sizes), np.log(known + SLIGHT)]
    rows += [] if familiarity is None else [np.log(np.asarray(familiarity, np.float64))]
    return np.stack(rows, axis=-2)


def shares_of(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shares that the second row of logarithms stands for, 0..1."""
    shares: NDArray[np.float64] = np.clip(np.exp(logs[..., 1, :]) - SLIGHT, 0, 1)
    return shares


def usual_shares_of(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """P medians of the shares of N networks, N x 2 x P; all, where no network's mask works.

    A mask that does not work stands for all images, and tells nothing of those that do.
    """
    known = np.ma.masked_greater_equal(shares_of(logs), 1 - 1e-9)
    medians: NDArray[np.float64] = np.ma.filled(
        np.ma.median(known, axis=0),  # type: ignore[no-untyped-call]
        1.0,
    )
    return medians


def judged(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """What pairs are judged by, ... x P of ... x 2 x P logarithms, or of ... x 3 x P."""
    weights = np.array([1.0, WEIGHT, WEIGHT_OF_PLACE])[: logs.shape[-2]]
    together: NDArray[np.float64] = np.einsum("r,...rp->...p", weights, logs)
    return together
