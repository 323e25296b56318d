"""One picture file to an array of the wanted size: PNG and JPEG only, and nothing oversized."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_FILE_BYTES = 20_000_000
MAX_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG")


class UnusableImageError(Exception):
    """Why a file is left out, as a few words that fit behind a number: "3 damaged"."""


@dataclass(frozen=True)
class Wanted:
    """What every picture is brought to.

    Attributes:
        channels: 1 for grey, 3 for colour.
        size: Height and width in pixels.
        formats: Pillow's names of the formats to read, told by content, never by name.
    """

    channels: int
    size: int
    formats: tuple[str, ...] = FORMATS


def refuse_bombs() -> None:
    """Make Pillow's warning of a decompression bomb an error, in the whole program."""
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def decode(content: bytes, wanted: Wanted) -> NDArray[np.uint8]:
    """Decode a picture: the shorter side is scaled to the size, and the middle is kept.

    Opacity and orientation tags are passed over, as torchvision's ImageFolder does, so that a
    network sees here what it saw there.

    Returns:
        C x size x size, uint8.

    Raises:
        UnusableImageError: It is no PNG or JPEG, too large, cut off or damaged.
    """
    try:
        with Image.open(io.BytesIO(content), formats=wanted.formats) as picture:
            # Before anything is decoded: the header alone says how much memory it would take.
            if picture.width * picture.height > MAX_PIXELS:
                raise UnusableImageError(f"with more than {MAX_PIXELS / 1e6:.0f} megapixels")
            return _fitted(picture, wanted)
    except UnidentifiedImageError as error:
        raise UnusableImageError(f"not {' or '.join(wanted.formats)}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnusableImageError(f"with more than {MAX_PIXELS / 1e6:.0f} megapixels") from error
    except UnusableImageError:
        raise
    except Exception as error:  # whatever a decoder trips over: one file must not end them all
        raise UnusableImageError("damaged") from error


def _fitted(picture: Image.Image, wanted: Wanted) -> NDArray[np.uint8]:
    mode = "L" if wanted.channels == 1 else "RGB"
    size = wanted.size, wanted.size
    # JPEG can be decoded at a half, a quarter or an eighth, which saves most of the work.
    picture.draft(mode, (2 * wanted.size, 2 * wanted.size))
    whole = _in_bytes(picture).convert(mode)
    if whole.size != size:
        whole = ImageOps.fit(whole, size, Image.Resampling.BILINEAR)
    values = np.asarray(whole, np.uint8)
    return values[None] if wanted.channels == 1 else values.transpose(2, 0, 1)


def _in_bytes(picture: Image.Image) -> Image.Image:
    """Bring 16 bits a value to 8; Pillow's own conversion would cut off all that is bright."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8))
