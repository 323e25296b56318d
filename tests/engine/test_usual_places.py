"""Where masks lie: grids, densities and familiarities by hand, and what they do to a verdict."""

import base64
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
from test_pair_bands import made_up_map, read_back

from engine.detection.comparing import compare_map
from engine.detection.evidence import calibration_of_pairs
from engine.detection.pair_calibration import PairCalibration
from engine.detection.pair_logs import WEIGHT_OF_PLACE, combine, judged, pair_logs, places_in
from engine.detection.reference import Reference
from engine.detection.reference_places import with_places
from engine.detection.references import References
from engine.detection.results import PairMap
from engine.detection.usual_places import (
    EVEN_SHARE,
    UsualPlaces,
    as_picture,
    from_text,
    grid_shape,
    grids_of,
    logs_left_out,
    rounded,
    to_text,
)
from engine.errors import EngineError

CLASSES, SIDE = 5, 12
PAIRS = CLASSES * (CLASSES - 1)
APART = ~np.eye(CLASSES, dtype=bool)
NOWHERE = np.log(EVEN_SHARE)


def grid_with(*cells, shape=(4, 4)):
    """A mask of equal parts in these cells."""
    grid = np.zeros(shape, np.float32)
    for cell in cells:
        grid[cell] += 1 / len(cells)
    return grid


# Grids


def test_the_share_of_a_mask_in_each_cell():
    mask = np.zeros((28, 28), np.float32)
    mask[0:2, 0:2], mask[27, 27] = 0.5, 2.0  # two pixels by two are a cell
    grid = grids_of(mask)
    assert grid.shape == (14, 14) == grid_shape(28, 28)
    assert grid.dtype == np.float32
    assert grid[0, 0] == grid[13, 13] == 0.5
    assert grid.sum() == 1


@pytest.mark.parametrize(
    ("images", "cells"), [((16, 16), (16, 16)), ((20, 33), (7, 11)), ((224, 224), (16, 16))]
)
def test_cells_are_square_and_few(images, cells):
    random = np.random.default_rng(0)
    masks = random.random((2, 3, *images), np.float32)
    grids = grids_of(masks)
    assert grids.shape == (2, 3, *cells) == (2, 3, *grid_shape(*images))
    np.testing.assert_allclose(grids.sum((-2, -1)), 1, rtol=1e-5)


def test_no_mask_lies_nowhere():
    assert not grids_of(np.zeros((2, 28, 28), np.float32)).any()


def test_a_picture_has_the_size_of_the_images():
    picture = as_picture(grid_with((0, 0), (0, 0), (13, 13), shape=(14, 14)), 27, 28)
    assert picture.shape == (27, 28)
    assert picture[0, 0] == picture[1, 1] == 1
    assert picture[26, 27] == 0.5
    assert picture[10, 10] == 0


# Familiarity


def test_a_mask_where_those_of_clean_networks_lie_is_familiar():
    clean = np.array([[grid_with((1, 1))]] * 3)
    usual = UsualPlaces.of(clean)
    assert usual.density.mean() == pytest.approx(1)
    # A tenth goes to each side, first along one axis and then along the other.
    assert usual.density[0, 1, 1] == pytest.approx(16 * 0.8**2, rel=1e-5)
    assert usual.density[0, 1, 2] == pytest.approx(16 * 0.8 * 0.1, rel=1e-5)
    there, beside, far = (usual.logs(grid_with(cell)[None])[0] for cell in ((1, 1), (1, 2), (3, 3)))
    assert there == pytest.approx(np.log(0.95 * 10.24 + 0.05), rel=1e-5)
    assert there > beside > far
    assert far == pytest.approx(NOWHERE)
    half = usual.logs(grid_with((1, 1), (3, 3))[None])[0]
    assert half == pytest.approx((there + far) / 2), "the geometric mean"


def test_masks_that_never_work_tell_nothing():
    nothing = UsualPlaces.of(np.zeros((3, 1, 4, 4), np.float32))
    assert (nothing.density == 1).all()
    assert nothing.logs(grid_with((3, 3))[None])[0] == pytest.approx(0, abs=1e-6)
    usual = UsualPlaces.of(np.array([[grid_with((1, 1))], [np.zeros((4, 4), np.float32)]]))
    np.testing.assert_allclose(
        usual.density, UsualPlaces.of(np.array([[grid_with((1, 1))]])).density
    )


def test_masks_that_lie_everywhere_alike_make_no_place_unusual():
    even = UsualPlaces.of(np.full((3, 1, 4, 4), 1 / 16, np.float32))
    np.testing.assert_allclose(even.density, 1, rtol=1e-5)


def test_each_clean_network_is_left_out_of_its_own_comparison():
    clean = np.array([[grid_with((1, 1))]] * 4 + [[grid_with((3, 3))]])
    logs = logs_left_out(clean)
    assert logs.shape == (5, 1)
    assert logs[4, 0] == pytest.approx(NOWHERE), "no other lies there"
    assert (logs[:4] > 1).all()


# As text


def test_grids_come_back_from_their_text():
    random = np.random.default_rng(1)
    grids = random.dirichlet(np.full(16, 0.2), 6).reshape(6, 4, 4).astype(np.float32)
    grids[2] = 0
    back = from_text(to_text(grids), 6)
    np.testing.assert_allclose(back, grids, atol=0.01)
    assert not back[2].any()
    usual = UsualPlaces.of(grids[:, None])
    again = UsualPlaces.from_text(usual.text, 1)
    np.testing.assert_allclose(again.density, usual.density, atol=0.1)
    assert again.density.mean() == pytest.approx(1)


def packed(content):
    return "4x4:" + base64.b64encode(content).decode()


WHOLE = to_text(np.array([grid_with((1, 1))] * 2))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no grids"),
        ("4x4", "no grids"),
        ("99x4:" + WHOLE[4:], "grids of 99 x 4"),
        ("0x4:" + WHOLE[4:], "grids of 0 x 4"),
        (WHOLE[:-5], "cannot be unpacked"),
        (WHOLE[:-8], "not of 2 pairs"),
        (packed(zlib.compress(bytes(32)) + b"more"), "not of 2 pairs"),
        (packed(b"no zlib at all"), "cannot be unpacked"),
        (packed(zlib.compress(bytes(31))), "not of 2 pairs"),
        (packed(zlib.compress(bytes(33))), "not of 2 pairs"),
    ],
)
def test_a_damaged_text_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        from_text(text, 2)


def test_a_text_that_unpacks_to_far_more_is_cut_off():
    bomb = packed(zlib.compress(bytes(2**26)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="not of 2 pairs"):
        from_text(bomb, 2)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**22


def test_what_is_kept_of_grids_is_what_is_judged():
    random = np.random.default_rng(2)
    grids = random.dirichlet(np.full(16, 0.1), 6).reshape(6, 4, 4).astype(np.float32)
    kept = from_text(to_text(grids), 6)
    np.testing.assert_array_equal(rounded(grids), kept)
    np.testing.assert_allclose(from_text(to_text(kept), 6), kept, atol=1e-6)


# What it does to a verdict: twenty pairs, whose clean masks all lie around a place of their own.

CELLS = grid_shape(SIDE, SIDE)
CELL = (1, 4)
CORNER = grid_with((11, 11), shape=CELLS)


def clean_grids(count, seed=0):
    """Of so many networks: N x 20 x 12 x 12."""
    random = np.random.default_rng(seed)
    places = np.stack(np.divmod(np.arange(PAIRS) * 7, SIDE), axis=1) % (SIDE - 3)
    grids = np.zeros((count, PAIRS, *CELLS), np.float32)
    for network in range(count):
        for pair, (row, column) in enumerate(places):
            share = random.dirichlet(np.ones(9)).reshape(3, 3)
            grids[network, pair, row : row + 3, column : column + 3] = share
    return grids


def clean_references(count=40, seed=0):
    random = np.random.default_rng(seed)
    sizes = np.linspace(20, 60, PAIRS) * np.exp(random.normal(0, 0.15, (count, PAIRS)))
    networks = tuple(
        Reference(
            recipe="", clean_accuracy=0.98, mask_l1=(60.0,) * CLASSES,
            converged=(True,) * CLASSES, pair_l1=tuple(row), pair_elsewhere=(0.3,) * PAIRS,
        )
        for row in sizes
    )  # fmt: skip
    plain = References(data="toy", architecture="toy", audit="", pixels=144, networks=networks)
    return with_places(plain, [to_text(one) for one in clean_grids(count, seed)])


KNOWN = clean_references()


def map_of(cell=None, grid=CORNER, size=None, **changes):
    """An ordinary network's map, but for where one mask lies and how large it is."""
    sizes = np.full((CLASSES, CLASSES), np.nan, np.float32)
    sizes[APART] = np.linspace(20, 60, PAIRS)
    grids = np.zeros((CLASSES, CLASSES, *CELLS), np.float32)
    grids[APART] = clean_grids(1, seed=5)[0]
    if cell is not None:
        grids[cell] = grid
        sizes[cell] = size or sizes[cell]
    blank = np.zeros((CLASSES, CLASSES, SIDE, SIDE), np.float32)
    found = PairMap(
        sizes, APART.copy(), blank, blank[:, :, None], places=grids,
        elsewhere=np.full((CLASSES, CLASSES), 0.3, np.float32),
    )  # fmt: skip
    return replace(found, **changes)


def judge(pair_map, references=KNOWN):
    calibration = references.pair_calibration()
    return calibration.judge(calibration.logs(pair_map))


def without_places(references):
    return references.without_places()


def test_a_mask_at_a_strange_place_stands_out():
    ordinary, strange = judge(map_of()), judge(map_of(CELL))
    assert (strange.mapping, strange.pairs) == ("source-specific", (CELL,))
    assert strange.statistic > KNOWN.bounds(mapped=True).suspicious > ordinary.statistic
    plain = without_places(KNOWN)
    assert judge(map_of(CELL), plain).statistic == judge(map_of(), plain).statistic


def test_a_small_mask_at_a_usual_place_still_stands_out():
    usual = clean_grids(1, seed=5)[0][7]
    assert judge(map_of(CELL, usual, size=2.0)).pairs == (CELL,)


def test_familiarity_counts_with_its_weight():
    logs = combine([10.0, 20.0], [0.2, 0.95], [0.1, 4.0])
    assert logs.shape == (3, 2)
    expected = judged(logs[:2]) + WEIGHT_OF_PLACE * np.log([0.1, 4.0])
    np.testing.assert_allclose(judged(logs), expected)


def test_a_map_of_images_of_another_form_is_judged_without():
    """As many pixels, but no place in common."""
    other = map_of(CELL, places=np.zeros((CLASSES, CLASSES, 9, 16), np.float32))
    calibration = calibration_of_pairs(other, KNOWN)
    assert calibration.places is None
    plain = without_places(KNOWN).pair_calibration()
    assert calibration.judge(calibration.logs(other)) == plain.judge(plain.logs(other))
    compared = compare_map(other, KNOWN)
    assert compared.usual_places is compared.place_density is None


def test_masks_tell_where_they_lie_unless_several_searches_do():
    masks = np.zeros((2, 2, 4, 4), np.float32)
    masks[0, 1, 1, 1] = masks[1, 0, 2, 2] = 1
    sizes = np.float32([[np.nan, 1], [1, np.nan]])
    one = PairMap(sizes, np.array([[False, True], [False, False]]), masks, masks[:, :, None])
    assert places_in(one)[0, 1, 1, 1] == 1
    assert not places_in(one)[1, 0].any(), "no mask worked"
    mean = np.full((2, 2, 4, 4), 1 / 16, np.float32)
    assert places_in(replace(one, places=mean)) is mean


def test_a_comparison_tells_how_densely_clean_masks_lie_there():
    compared = compare_map(map_of(CELL), KNOWN)
    here, usual = compared.densities_of(*CELL)
    assert here == pytest.approx(0)
    assert usual > 5
    ordinary = compared.densities_of(0, 3)
    assert ordinary[0] == pytest.approx(ordinary[1], rel=0.5)
    assert compared.usual_places[CELL].mean() == pytest.approx(1, rel=1e-5)
    assert compared.usual_places[CELL][11, 11] == 0
    assert compare_map(map_of(), KNOWN).densities_of(0, 0) is None


def test_a_comparison_with_others_forgets_what_was_compared_before():
    before = compare_map(map_of(CELL), KNOWN)
    after = compare_map(before, without_places(KNOWN))
    assert after.place_density is after.usual_place_density is after.usual_places is None
    assert after.densities_of(*CELL) is None


def test_beside_networks_without_maps_nothing_of_an_earlier_comparison_is_left():
    before = compare_map(map_of(CELL), KNOWN)
    assert before.z is not None
    alone = tuple(one.classes_alone for one in KNOWN.networks)
    after = compare_map(before, KNOWN.model_copy(update={"networks": alone, "pair_places": ""}))
    assert (after.z, after.usual, after.usual_elsewhere, after.usual_places) == (None,) * 4
    assert after.densities_of(0, 1) is None
    np.testing.assert_array_equal(after.mask_l1, before.mask_l1)


def test_a_pair_that_no_mask_was_found_for_has_no_place():
    converged = APART.copy()
    converged[CELL] = False
    failed = compare_map(map_of(CELL, converged=converged, places=None), KNOWN)
    assert failed.densities_of(*CELL) is None


# References


def test_references_are_placed_beside_each_other():
    familiar = np.array([one.pair_familiarity for one in KNOWN.networks])
    assert familiar.shape == (40, PAIRS)
    expected = np.exp(logs_left_out(clean_grids(40)))
    np.testing.assert_allclose(familiar, expected, rtol=0.05)
    calibration = KNOWN.pair_calibration()
    assert isinstance(calibration, PairCalibration)
    assert calibration.places.density.shape == (PAIRS, *CELLS)


def test_one_network_of_an_older_version_leaves_places_out():
    texts = [to_text(one) for one in clean_grids(40)]
    plain = without_places(KNOWN).model_copy(
        update={"networks": tuple(one.model_copy(update={"pair_familiarity": ()})
                                  for one in KNOWN.networks)}
    )  # fmt: skip
    assert with_places(plain, ["", *texts[1:]]) == plain
    assert with_places(plain, texts) == KNOWN


def test_networks_of_other_forms_leave_places_out():
    texts = [to_text(one) for one in clean_grids(40)]
    other = texts[0].replace("12x12:", "9x16:")
    plain = without_places(KNOWN)
    assert with_places(plain, [other, *texts[1:]]) == plain


def test_classes_alone_have_no_places():
    from engine.settings import DetectSettings

    alone = KNOWN.classes_alone(DetectSettings())
    assert alone.pair_places == ""
    assert {one.pair_familiarity for one in alone.networks} == {()}


# In files


def placed_map():
    random = np.random.default_rng(4)
    found = made_up_map(None)
    cells = grid_shape(*found.masks.shape[-2:])
    return replace(
        found, place_density=random.random((3, 3), np.float32) * 5,
        usual_place_density=random.random((3, 3), np.float32) * 5,
        places=random.random((3, 3, *cells), np.float32),
        usual_places=random.random((3, 3, *cells), np.float32) * 9,
    )  # fmt: skip


def test_files_keep_where_masks_lie(tmp_path):
    written = placed_map()
    read = read_back(written, tmp_path)
    for name in ("places", "usual_places"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name), name)
    for cell in ((0, 1), (2, 0)):
        assert read.densities_of(*cell) == written.densities_of(*cell)


def test_files_without_it_still_open(tmp_path):
    read = read_back(made_up_map(None), tmp_path)
    assert (
        read.places is read.usual_places is read.place_density is read.usual_place_density is None
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"places": np.zeros((3, 3, 2, 2), np.float32)}, "pairs.places is 3x3x2x2"),
        ({"usual_places": np.full((3, 3, 10, 10), -1, np.float32)}, "pairs.usual_places holds"),
        ({"places": np.full((3, 3, 10, 10), np.nan, np.float32)}, "pairs.places holds"),
    ],
)
def test_places_that_cannot_be_are_refused(change, reason, tmp_path):
    with pytest.raises(EngineError, match=reason):
        read_back(replace(placed_map(), **change), tmp_path)


def test_the_third_row_is_that_of_the_places():
    usual = KNOWN.pair_calibration().places
    logs = pair_logs(map_of(CELL), usual)
    assert logs.shape == (3, PAIRS)
    np.testing.assert_array_equal(logs[:2], pair_logs(map_of(CELL)))
    assert logs[2, 7] == pytest.approx(NOWHERE, rel=0.01)
