"""Pictures of any size as pieces of a trigger: read with care, and scaled until they fit."""

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from engine import triggers
from engine.data.decoding import refuse_bombs
from engine.errors import EngineError
from engine.triggers import Trigger

MAX_PIXELS = 36_000_000  # a screen of 7680 x 4320 pixels fits
FORMATS = ("PNG", "JPEG")
_TOO_MANY = (
    "too many pixels to be scaled down while you wait. Make it smaller in another program and try"
    " again."
)


@dataclass(frozen=True, eq=False)
class Clipping:
    """A picture as a piece of a trigger.

    Attributes:
        piece: Its colour is the pattern, its opacity the mask; no larger than the images.
        width: Pixels that the picture had across.
        height: Pixels that it had down.
        is_whole: It had exactly the size of the images: it is a trigger by itself.
    """

    piece: Trigger
    width: int
    height: int
    is_whole: bool

    @property
    def is_scaled(self) -> bool:
        """Whether it had to be made smaller."""
        return self.piece.mask.shape != (self.height, self.width)


def read(path: Path, shape: tuple[int, int, int]) -> Clipping:
    """Read a PNG or JPEG file for images of C x H x W.

    A PNG of exactly H x W is taken byte by byte.

    Raises:
        EngineError: The file cannot be read, is no such picture, or is too large.
    """
    content = triggers.read_capped(path)
    clipping = decode(content, path.name, shape)
    if content.startswith(b"\x89PNG") and clipping.is_whole:
        return replace(clipping, piece=triggers.read_png(path, shape))
    return clipping


def decode(content: bytes, name: str, shape: tuple[int, int, int]) -> Clipping:
    """Decode a PNG or JPEG; `name` is what sentences call it.

    Raises:
        EngineError: It is no such picture, is damaged, or has too many pixels.
    """
    refuse_bombs()
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _check_size(name, picture.size)
            return _fit(ImageOps.exif_transpose(picture), shape)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise EngineError(f"{name} has far {_TOO_MANY}") from error
    except UnidentifiedImageError as error:
        raise EngineError(
            f"{name} is not a PNG or JPEG picture. Save it as PNG and try again."
        ) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise EngineError(
            f"{name} cannot be read as a picture ({error}). Save it as PNG and try again."
        ) from error


def from_pixels(pixels: NDArray[np.uint8], name: str, shape: tuple[int, int, int]) -> Clipping:
    """Make a piece of pixels, height x width x 4 (red, green, blue, opacity), uint8.

    Raises:
        EngineError: There are too many of them, or none.
    """
    height, width, _ = pixels.shape
    _check_size(name, (width, height))
    return _fit(Image.fromarray(pixels), shape)


def _check_size(name: str, size: tuple[int, int]) -> None:
    width, height = size
    if width * height == 0:
        raise EngineError(f"{name} has no pixels. Copy a picture and try again.")
    if width * height > MAX_PIXELS:
        raise EngineError(f"{name} is {width:,} x {height:,} pixels: it has {_TOO_MANY}")


def _fit(picture: Image.Image, shape: tuple[int, int, int]) -> Clipping:
    """Make a picture no larger than H x W, keeping its proportions, and take its arrays."""
    channels, height, width = shape
    size = picture.size
    fitting = picture.convert("RGBA")
    if size[0] > width or size[1] > height:
        # Weighted by opacity, so that the colour of what is transparent does not bleed in.
        weighted = fitting.convert("RGBa")
        weighted.thumbnail((width, height), Image.Resampling.HAMMING)
        fitting = weighted.convert("RGBA")
    pixels = np.asarray(fitting.convert("LA" if channels == 1 else "RGBA"))
    scaled = pixels.astype(np.float32) / np.float32(255)
    pattern: NDArray[np.float32] = scaled[..., :-1].transpose(2, 0, 1).copy()
    return Clipping(Trigger(scaled[..., -1].copy(), pattern), *size, size == (width, height))
