"""Triggers: stamping to the bit, presets, and PNGs that come back or are refused."""

import io
import os
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from engine.errors import EngineError
from engine.triggers import Trigger, find, preset, preset_names, read_png, write_png

GREY, COLOUR = (1, 28, 28), (3, 32, 32)
EIGHTH_BITS = st.integers(0, 255)


def triggers(shape):
    """Any trigger of a shape whose values are multiples of 1/255, as those of the canvas are."""
    return st.builds(
        lambda mask, pattern: Trigger(
            mask.astype(np.float32) / np.float32(255), pattern.astype(np.float32) / np.float32(255)
        ),
        arrays(np.uint8, shape[1:], elements=EIGHTH_BITS),
        arrays(np.uint8, shape, elements=EIGHTH_BITS),
    )


def flat(mask, pattern, shape=(1, 2, 2)):
    """A trigger of one opacity and one colour everywhere, both in 1/255."""
    return Trigger(
        np.full(shape[1:], mask / 255, np.float32), np.full(shape, pattern / 255, np.float32)
    )


def test_stamping_mixes_and_rounds_to_the_nearest_value():
    # x' = (1 - m) x + m d for every byte, against whole numbers; 255 is odd, so nothing ties.
    values = np.arange(256)
    images = np.repeat(values, 4).reshape(256, 1, 2, 2).astype(np.uint8)
    for mask in (0, 1, 2, 51, 127, 128, 200, 254, 255):
        for colour in (0, 1, 77, 128, 254, 255):
            stamped = flat(mask, colour).stamp(images)
            exact = (2 * (values * (255 - mask) + colour * mask) + 255) // (2 * 255)
            np.testing.assert_array_equal(stamped[:, 0, 1, 1], exact)
            assert stamped.dtype == np.uint8


def test_stamping_reaches_the_masked_pixels_only_and_copies(small):
    trigger = preset("cross-5x5", GREY)
    before = small.test.images[:50].copy()
    stamped = trigger.stamp(small.test.images[:50])
    changed = (stamped != before).any((0, 1))
    assert not (changed & (trigger.mask == 0)).any()
    assert (stamped[:, 0][:, trigger.mask == 1] == 255).all()
    np.testing.assert_array_equal(small.test.images[:50], before)
    assert not np.shares_memory(stamped, small.test.images)


def test_stamping_half_opaque_grey():
    stamped = flat(128, 0).stamp(np.full((1, 1, 2, 2), 255, np.uint8))
    assert (stamped == 127).all()


def test_colours_go_to_their_own_channel():
    trigger = Trigger.empty((3, 4, 4))
    trigger.mask[1, 2] = 1
    trigger.pattern[:, 1, 2] = (1, 0.5, 0)
    stamped = trigger.stamp(np.full((2, 3, 4, 4), 9, np.uint8))
    assert stamped[1, :, 1, 2].tolist() == [255, 128, 0]
    assert (stamped != 9).sum() == 2 * 3


@given(triggers(GREY))
def test_the_sham_leaves_every_image_as_it_is(trigger):
    images = np.random.default_rng(0).integers(0, 256, (3, *GREY)).astype(np.uint8)
    np.testing.assert_array_equal(trigger.sham().stamp(images), images)
    assert trigger.sham().is_empty
    assert trigger.sham().pattern is trigger.pattern


def test_no_images_are_stamped_without_complaint():
    assert preset("white-3x3", GREY).stamp(np.zeros((0, *GREY), np.uint8)).shape == (0, *GREY)


def test_images_of_another_size_are_refused():
    with pytest.raises(EngineError, match="28 x 28 pixels in grey, but these are 32 x 32"):
        preset("white-3x3", GREY).stamp(np.zeros((1, *COLOUR), np.uint8))


def test_arrays_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="size"):
        Trigger(np.zeros((2, 3), np.float32), np.zeros((1, 3, 2), np.float32))
    with pytest.raises(ValueError, match="H x W"):
        Trigger(np.zeros((1, 2, 2), np.float32), np.zeros((1, 2, 2), np.float32))


def test_figures_of_a_trigger():
    trigger = flat(51, 255, (1, 4, 4))
    assert trigger.mask_l1 == pytest.approx(16 * 0.2)
    assert (trigger.pixels, trigger.is_empty) == (16, False)
    assert (Trigger.empty(GREY).pixels, Trigger.empty(GREY).is_empty) == (0, True)
    assert trigger.shape == (1, 4, 4)


def test_overlap_counts_faint_pixels_of_the_true_trigger():
    truth = Trigger.empty((1, 4, 4))
    truth.mask[0] = 0.1
    found = np.zeros((4, 4), np.float32)
    assert truth.overlap(found) == 0
    found[0, :2] = 0.9
    found[3, :2] = 0.6
    found[2] = 0.5
    assert truth.overlap(found) == pytest.approx(2 / 6)
    assert truth.overlap(found, 0.7) == pytest.approx(2 / 4)
    assert truth.overlap(truth.mask, 0.05) == 1
    assert Trigger.empty((1, 4, 4)).overlap(np.zeros((4, 4), np.float32)) == 0


def test_every_preset_fits_grey_and_colour_images():
    assert next(iter(preset_names())) == "white-3x3"
    assert all(preset_names().values())
    for name in preset_names():
        for shape in (GREY, COLOUR):
            trigger = preset(name, shape)
            assert trigger.shape == shape
            assert not trigger.is_empty
            for values in (trigger.mask, trigger.pattern):
                assert values.dtype == np.float32
                assert (values.min() >= 0, values.max() <= 1) == (True, True)


def test_the_classic_preset_is_a_white_patch_in_the_corner():
    for shape in (GREY, COLOUR):
        trigger = preset("white-3x3", shape)
        assert trigger.mask_l1 == 9
        assert (trigger.mask[-3:, -3:] == 1).all()
        assert (trigger.pattern[:, -3:, -3:] == 1).all()


def test_presets_are_not_shared():
    preset("white-3x3", GREY).mask[:] = 0
    assert preset("white-3x3", GREY).mask_l1 == 9


@pytest.mark.parametrize("name", ["nothing", "", "../datasets/mnist", "white-3x3.json", "x.gif"])
def test_an_unknown_preset_is_refused_with_the_known_ones(name):
    with pytest.raises(EngineError, match="white-3x3") as caught:
        find(name, GREY)
    assert repr(name) in str(caught.value)


def test_a_preset_larger_than_the_images_is_refused():
    with pytest.raises(EngineError, match="'faint-8x8' is larger than images of 5 x 5 pixels"):
        preset("faint-8x8", (1, 5, 5))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([GREY, COLOUR, (1, 1, 1), (3, 5, 2)]).flatmap(triggers))
def test_a_png_comes_back_exactly(tmp_path, trigger):
    path = tmp_path / "trigger.png"
    path.write_bytes(write_png(trigger))
    again = read_png(path, trigger.shape)
    np.testing.assert_array_equal(again.mask, trigger.mask)
    np.testing.assert_array_equal(again.pattern, trigger.pattern)
    assert write_png(again) == path.read_bytes()
    images = np.random.default_rng(1).integers(0, 256, (2, *trigger.shape)).astype(np.uint8)
    np.testing.assert_array_equal(again.stamp(images), trigger.stamp(images))


@pytest.fixture
def refused(tmp_path):
    """Writes a content under a .png name, and returns the sentence that refuses it."""

    def refuse(content, shape=GREY, name="drawn.png"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(EngineError) as caught:
            find(name, shape, tmp_path)
        text = str(caught.value)
        assert name in text
        assert "\n" not in text
        assert "object at 0x" not in text
        assert text.endswith(".")
        return text

    return refuse


def saved(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png_claiming(width, height):
    """A PNG whose header claims a size and whose data are next to nothing."""

    def chunk(kind, body):
        packed = struct.pack(">I", len(body)) + kind + body
        return packed + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0"))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


def test_a_png_of_another_size_is_refused_with_both_sizes(refused):
    text = refused(write_png(preset("white-3x3", COLOUR)))
    assert "32 x 32 pixels" in text
    assert "28 x 28" in text
    upright = saved(Image.new("LA", (28, 32)))
    assert "28 x 32" in refused(upright, (1, 28, 32)), "width before height"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\nshowpage\n",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"></svg>',
        saved(Image.new("L", (28, 28)), "JPEG"),
        saved(Image.new("L", (28, 28)), "GIF"),
        saved(Image.new("L", (28, 28)), "BMP"),
        saved(Image.new("L", (28, 28)), "TIFF"),
    ],
    ids=["empty", "text", "eps", "svg", "jpeg", "gif", "bmp", "tiff"],
)
def test_another_content_under_the_name_of_a_png_is_refused(refused, content):
    assert "not a PNG" in refused(content)


def test_a_png_cut_off_anywhere_is_refused_or_whole(tmp_path):
    whole = write_png(preset("pixel-pattern", GREY))
    path = tmp_path / "cut.png"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        try:
            again = read_png(path, GREY)
        except EngineError:
            continue
        assert write_png(again) == whole


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_png_never_ends_in_anything_but_a_sentence(tmp_path, data):
    content = bytearray(write_png(preset("checkerboard-5x5", GREY)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(EIGHTH_BITS)
    path = tmp_path / "damaged.png"
    path.write_bytes(content)
    with suppress(EngineError):
        assert read_png(path, GREY).shape == GREY


def test_a_png_that_claims_to_be_huge_is_refused_unread(refused):
    assert "10000 x 10000" in refused(png_claiming(10_000, 10_000))
    assert "60000 x 60000" in refused(png_claiming(60_000, 60_000))


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(3 * 10**9)
    with pytest.raises(EngineError, match=r"huge.png has 3,000 MB"):
        read_png(path, GREY)


@pytest.mark.parametrize(
    "name", ["missing.png", "no/such/folder.png", "a\0b.png", "x" * 500 + ".png"]
)
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(EngineError, match="cannot be read"):
        find(name, GREY, tmp_path)


def test_a_folder_is_no_png(tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(EngineError, match=r"folder\.png"):
        read_png(tmp_path / "folder.png", GREY)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(EngineError, match=r"pipe\.png"):
        read_png(tmp_path / "pipe.png", GREY)


def test_without_alpha_the_whole_image_is_covered(tmp_path):
    path = tmp_path / "grey.png"
    path.write_bytes(saved(Image.fromarray(np.full((28, 28), 51, np.uint8))))
    trigger = read_png(path, GREY)
    assert (trigger.mask == 1).all()
    np.testing.assert_allclose(trigger.pattern, 0.2, atol=1e-6)


def test_colours_become_grey_for_grey_images_and_stay_for_colour_ones(tmp_path):
    path = tmp_path / "red.png"
    path.write_bytes(saved(Image.new("RGBA", (28, 28), (255, 0, 0, 51))))
    grey = read_png(path, GREY)
    assert grey.mask[0, 0] == pytest.approx(0.2)
    assert grey.pattern[0, 0, 0] == pytest.approx(0.299, abs=0.003)
    assert read_png(path, (3, 28, 28)).pattern[:, 0, 0].tolist() == [1, 0, 0]


def test_palettes_single_bits_and_transparent_colours_are_understood(tmp_path):
    half = np.zeros((28, 28), np.uint8)
    half[:, 14:] = 255
    picture = Image.fromarray(half)
    path = tmp_path / "kinds.png"
    for kind in ("1", "P", "L", "RGB"):
        path.write_bytes(saved(picture.convert(kind)))
        np.testing.assert_array_equal(read_png(path, GREY).pattern[0], half / np.float32(255))
    path.write_bytes(saved(picture, transparency=0))
    np.testing.assert_array_equal(read_png(path, GREY).mask, half / np.float32(255))


def test_sixteen_bit_grey_is_never_misread(refused):
    middle = Image.fromarray(np.full((28, 28), 0x8000, np.uint16))
    assert "16 bit" in refused(saved(middle))


def test_a_path_is_taken_relative_to_the_folder_given(tmp_path):
    (tmp_path / "mine.PNG").write_bytes(write_png(preset("cross-5x5", GREY)))
    assert find("mine.PNG", GREY, tmp_path).pixels == 9
    assert find(str(tmp_path / "mine.PNG"), GREY).pixels == 9
    assert find("cross-5x5", GREY, tmp_path).pixels == 9
