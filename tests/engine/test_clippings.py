"""Pictures of any size as pieces of a trigger."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from engine import clippings
from engine.errors import EngineError
from engine.triggers import preset, write_png

SHAPE = (3, 32, 32)


def encode(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("size", "fitted"),
    [((640, 320), (16, 32)), ((320, 640), (32, 16)), ((33, 33), (32, 32)), ((5, 7), (7, 5))],
)
def test_a_picture_is_scaled_down_only_and_keeps_its_proportions(size, fitted):
    clipping = clippings.decode(encode(Image.new("RGB", size, "lime")), "a.png", SHAPE)
    assert clipping.piece.mask.shape == fitted
    assert (clipping.width, clipping.height) == size
    assert clipping.is_scaled == (fitted != size[::-1])
    assert not clipping.is_whole
    assert (clipping.piece.mask == 1).all()
    assert np.array_equal(clipping.piece.pattern[:, 0, 0], [0, 1, 0])


def test_the_colour_of_what_is_transparent_does_not_bleed_in():
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[..., 0] = 255  # an invisible red around
    pixels[:, 32:] = (0, 0, 255, 255)
    piece = clippings.from_pixels(pixels, "a", (3, 16, 16)).piece
    seen = piece.mask > 0.05
    assert piece.pattern[0][seen].max() < 0.05
    assert piece.mask.mean() == pytest.approx(0.5, abs=0.02)


def test_a_png_of_the_images_size_is_taken_byte_by_byte(tmp_path):
    trigger = preset("faint-8x8", (1, 28, 28))
    path = tmp_path / "t.png"
    path.write_bytes(write_png(trigger))
    clipping = clippings.read(path, (1, 28, 28))
    assert clipping.is_whole
    assert np.array_equal(clipping.piece.mask, trigger.mask)


def test_colours_become_grey_and_photos_are_turned_upright():
    photo = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    clipping = clippings.decode(encode(photo, "JPEG", exif=exif), "a.jpg", (1, 28, 28))
    assert clipping.piece.pattern.shape == (1, 28, 14)
    assert clipping.piece.pattern.mean() == pytest.approx(76 / 255, abs=0.02)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a PNG or JPEG"),
        (b"GIF89a" + bytes(40), "not a PNG or JPEG"),
        (encode(Image.effect_noise((90, 90), 50))[:400], "cannot be read as a picture"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(content, words):
    with pytest.raises(EngineError, match=words) as refused:
        clippings.decode(content, "mine.png", SHAPE)
    assert "mine.png" in str(refused.value)


def test_a_huge_picture_is_refused_before_it_is_decoded():
    for side, words in ((7000, "7,000 x 7,000 pixels"), (12000, "far too many pixels")):
        with pytest.raises(EngineError, match=words):
            clippings.decode(encode(Image.new("1", (side, side))), "huge.png", SHAPE)
    with pytest.raises(EngineError, match="no pixels"):
        clippings.from_pixels(np.zeros((0, 5, 4), np.uint8), "none", SHAPE)


def test_a_picture_that_is_read_leaves_the_refusal_of_bombs_in_place():
    """Other threads decode meanwhile: what filters their warnings must not come and go."""
    clippings.decode(encode(Image.new("1", (4, 4))), "mine.png", SHAPE)
    category = Image.DecompressionBombWarning
    assert warnings.filters[0][:3:2] == ("error", category)
