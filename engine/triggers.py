"""Triggers: a mask and a pattern, how they are stamped on images, presets, and PNG in and out.

Numpy only, so that the canvas and the command line need nothing heavier.
"""

import io
import json
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from engine.errors import EngineError

PRESET_FOLDER = Path(__file__).parent.parent / "resources" / "presets"
MAX_PNG_BYTES = 20_000_000
STAMPED_AT_ONCE = 256
CUT = 0.5  # a soft mask covers the pixels above it


@dataclass(frozen=True, eq=False)
class Trigger:
    """What is stamped on an image x: x' = (1 - mask) x + mask pattern.

    The form is that of Neural Cleanse (Wang et al. 2019, doi 10.1109/SP.2019.00031); BadNets
    (Gu et al. 2017, arXiv 1708.06733) is the case of a mask of zeros and ones.

    Attributes:
        mask: H x W, float32, 0 (image untouched) to 1 (pattern alone).
        pattern: C x H x W, float32, 0 (black) to 1 (white).
    """

    mask: NDArray[np.float32]
    pattern: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Refuse arrays whose shapes do not belong together."""
        if self.mask.ndim != 2 or self.pattern.ndim != 3:
            raise ValueError("a trigger needs a mask of H x W and a pattern of C x H x W")
        if self.pattern.shape[1:] != self.mask.shape:
            raise ValueError("mask and pattern differ in size")

    @classmethod
    def empty(cls, shape: tuple[int, int, int]) -> "Trigger":
        """A trigger that changes nothing, for images of C x H x W."""
        return cls(np.zeros(shape[1:], np.float32), np.ones(shape, np.float32))

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, H, W of the images it fits."""
        channels, height, width = self.pattern.shape
        return channels, height, width

    @cached_property
    def mask_l1(self) -> float:
        """Sum of the mask, in pixels: nine for an opaque 3x3 patch."""
        return float(self.mask.sum(dtype=np.float64))

    @property
    def pixels(self) -> int:
        """How many pixels it touches at all."""
        return int(np.count_nonzero(self.mask))

    @property
    def is_empty(self) -> bool:
        """Whether it touches no pixel."""
        return self.pixels == 0

    def sham(self) -> "Trigger":
        """The same trigger with its mask set to zero: the control of every attack."""
        return Trigger(np.zeros_like(self.mask), self.pattern)

    @property
    def hard(self) -> "Trigger":
        """The same trigger with its mask cut at one half: 0 or 1 for every pixel."""
        return Trigger((self.mask > CUT).astype(np.float32), self.pattern)

    def fits(self, images: NDArray[np.uint8]) -> bool:
        """Whether images, ... x C x H x W, have the size and colours that it is made for."""
        return images.shape[-3:] == self.shape

    def stamp(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Stamp images, N x C x H x W uint8, and return new ones of the same shape and range.

        Training images, test images and the sham control all go through here, before any
        conversion to floats, so that no one of them is treated differently.

        Raises:
            EngineError: The images have another size than the trigger.
        """
        if not self.fits(images):
            raise EngineError(
                f"The trigger is made for images of {_size(self.shape)}, but these are"
                f" {_size(images.shape[1:])}. Draw it again, or import one of that size."
            )
        stamped = images.copy()
        rows, columns = np.nonzero(self.mask)
        mask = self.mask[rows, columns]
        colour = self.pattern[:, rows, columns] * np.float32(255)
        for start in range(0, len(images), STAMPED_AT_ONCE):  # never floats of a whole set
            part = stamped[start : start + STAMPED_AT_ONCE]
            touched = part[:, :, rows, columns].astype(np.float32)
            mixed = (1 - mask) * touched + mask * colour
            part[:, :, rows, columns] = np.rint(mixed).astype(np.uint8)
        return stamped

    def overlap(self, mask: NDArray[np.float32], threshold: float = CUT) -> float:
        """Intersection over union (0..1) of this trigger's pixels with another mask's.

        Every pixel that this trigger touches counts, however faintly; of the other mask those
        above `threshold`. Two empty sets overlap by 0.
        """
        mine, other = self.mask > 0, mask > threshold
        union = np.count_nonzero(mine | other)
        return float(np.count_nonzero(mine & other) / union) if union else 0.0


def preset_names() -> dict[str, str]:
    """The names of the triggers that ship, each with its title, in the order to show them."""
    presets = [(path.stem, _read_preset(path)) for path in PRESET_FOLDER.glob("*.json")]
    presets.sort(key=lambda item: item[1]["order"])
    return {name: preset["title"] for name, preset in presets}


def preset(name: str, shape: tuple[int, int, int]) -> Trigger:
    """Build a preset for images of C x H x W.

    Raises:
        EngineError: There is no preset of that name, or it is larger than the images.
    """
    path = PRESET_FOLDER / f"{name}.json"
    if name not in preset_names():
        raise EngineError(
            f"There is no trigger preset named {name!r}. Take one of"
            f" {', '.join(preset_names())}, or the path of a PNG file."
        )
    description = _read_preset(path)
    grey = np.asarray(description["grey"], np.float32) / 255
    opacity = np.asarray(description["opacity"], np.float32) / 255
    _, height, width = shape
    if grey.shape[0] > height or grey.shape[1] > width:
        raise EngineError(f"The preset {name!r} is larger than images of {_size(shape)}.")
    top, left = _place(description["anchor"], grey.shape, (height, width))
    trigger = Trigger.empty(shape)
    area = slice(top, top + grey.shape[0]), slice(left, left + grey.shape[1])
    trigger.mask[area] = opacity
    trigger.pattern[:, area[0], area[1]] = grey
    return trigger


def _read_preset(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _place(anchor: str, size: tuple[int, ...], room: tuple[int, int]) -> tuple[int, int]:
    """Top and left of a pattern of `size` in `room`, at "bottom-right", "centre" and so on."""
    down, right = room[0] - size[0], room[1] - size[1]
    vertical = 0 if "top" in anchor else down if "bottom" in anchor else down // 2
    horizontal = 0 if "left" in anchor else right if "right" in anchor else right // 2
    return vertical, horizontal


def find(name: str, shape: tuple[int, int, int], folder: Path | None = None) -> Trigger:
    """Find the trigger that a setting names: a preset, or a PNG file relative to `folder`.

    Raises:
        EngineError: It is neither, or the file is not usable.
    """
    if name.lower().endswith(".png"):
        return read_png((folder or Path()) / name, shape)
    return preset(name, shape)


def write_png(trigger: Trigger) -> bytes:
    """Encode a trigger as a PNG of its true size: colour is the pattern, alpha the mask.

    Exact for triggers whose values are multiples of 1/255, as those of the canvas are.
    """
    colour = _to_bytes(trigger.pattern).transpose(1, 2, 0)
    alpha = _to_bytes(trigger.mask)[..., None]
    picture = Image.fromarray(np.ascontiguousarray(np.concatenate([colour, alpha], axis=2)))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def read_png(path: Path, shape: tuple[int, int, int]) -> Trigger:
    """Read a trigger from a PNG of exactly H x W pixels, for images of C x H x W.

    A PNG without alpha covers the whole image. Colours become grey for one channel.

    Raises:
        EngineError: The file cannot be read, is not a PNG of 8 bits or fewer, is too large, or
            has another size.
    """
    channels, height, width = shape
    content = read_capped(path)
    _check_header(path.name, content, (width, height))
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            if picture.size != (width, height):
                raise ValueError("it has two headers")
            pixels = np.asarray(picture.convert("LA" if channels == 1 else "RGBA"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        # Pillow names the buffer in memory here, which says nothing to anyone.
        reason = "damaged header" if isinstance(error, UnidentifiedImageError) else error
        raise EngineError(
            f"{path.name} is not a PNG that can be read ({reason}). Export a trigger to see what"
            " such a file looks like."
        ) from error
    scaled = pixels.astype(np.float32) / np.float32(255)
    mask: NDArray[np.float32] = scaled[..., -1].copy()
    pattern: NDArray[np.float32] = scaled[..., :-1].transpose(2, 0, 1).copy()
    return Trigger(mask, pattern)


def _check_header(name: str, content: bytes, wanted: tuple[int, int]) -> None:
    """Refuse what is no PNG, is of another width and height, or is finer than bytes."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        raise EngineError(
            f"{name} is not a PNG, whatever its name says. Save the picture as PNG, or export a"
            " trigger to see what such a file looks like."
        )
    size = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if size != wanted:
        raise EngineError(
            f"{name} is {size[0]} x {size[1]} pixels, but the trigger of this data set needs"
            f" exactly {wanted[0]} x {wanted[1]}. Scale it and try again."
        )
    if content[24:25] == b"\x10":
        raise EngineError(
            f"{name} has 16 bits per channel, finer than the images it is stamped on. Save it with"
            " 8 bits and try again."
        )


def read_capped(path: Path) -> bytes:
    """Read a picture's file of at most `MAX_PNG_BYTES`.

    Raises:
        EngineError: It is no ordinary file, is too large, or cannot be read.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise EngineError(f"{path.name} is not an ordinary file. Choose a PNG file.")
        if about.st_size > MAX_PNG_BYTES:
            raise EngineError(
                f"{path.name} has {about.st_size / 1e6:,.0f} MB; a trigger's PNG has a few"
                " kilobytes. Choose another file."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        reason = getattr(error, "strerror", None) or error
        raise EngineError(
            f"The trigger {path.name} cannot be read: {reason}. Check the path and the file's"
            " permissions."
        ) from error


def _to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(values * 255).astype(np.uint8)


def _size(shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{height} x {width} pixels in {'grey' if channels == 1 else 'colour'}"
