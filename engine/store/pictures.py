"""PNG files of images and masks, at their true size and exact scale."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.detection.results import Detection, PairMap
from engine.events import Predicted

ZOOM = 4
GAP = 16
CAPTION = 16
COLUMNS = 4
PAPER = (214, 218, 224)  # neither black nor white, so that every edge of an image is seen


def png(image: NDArray[np.uint8]) -> bytes:
    """Encode one image, C x H x W uint8, as a grey or colour PNG of H x W pixels."""
    return _encode(_picture(image))


def mask_files(detection: Detection, folder: Path) -> dict[Path, bytes]:
    """The masks as grey PNGs named class_N.png: 0 is black and 1 white, never stretched."""
    return {
        folder / f"class_{found.label}.png": _grey(found.trigger.mask)
        for found in detection.classes
    }


def pair_mask_files(pair_map: PairMap, folder: Path) -> dict[Path, bytes]:
    """Likewise those of the pairs for which a trigger was found, as pair_SOURCE_TARGET.png."""
    return {
        folder / f"pair_{source}_{target}.png": _grey(pair_map.masks[source, target])
        for source, target in np.argwhere(pair_map.converged).tolist()
        if source != target
    }


def _grey(mask: NDArray[np.float32]) -> bytes:
    return png(np.rint(mask * 255).astype(np.uint8)[None])


def sheet(
    originals: NDArray[np.uint8],
    stamped: NDArray[np.uint8],
    labels: NDArray[np.int64],
    predictions: Predicted | None,
) -> bytes:
    """Draw pairs of original and poisoned images on one page, with what the network says.

    Args:
        originals: N x C x H x W, uint8.
        stamped: The same ones with the trigger.
        labels: N, their true classes.
        predictions: What the network says of both; without it, captions show the true class.
    """
    count, _, height, width = originals.shape
    tall, wide = height * ZOOM, width * ZOOM
    cell = 2 * wide + GAP + GAP // 4, tall + CAPTION + GAP // 2
    rows = -(-count // COLUMNS)
    size = min(count, COLUMNS) * cell[0] + GAP, rows * cell[1] + GAP
    page = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(page)
    for number, pair in enumerate(zip(originals, stamped, strict=True)):
        left, top = number % COLUMNS * cell[0] + GAP, number // COLUMNS * cell[1] + GAP
        for side, image in enumerate(pair):
            corner = left + side * (wide + GAP // 4), top
            page.paste(_picture(image).resize((wide, tall), Image.Resampling.NEAREST), corner)
            caption = _caption(number, side, labels, predictions)
            pen.text((corner[0], top + tall + 1), caption, "black", ImageFont.load_default())
    return _encode(page)


def _caption(
    number: int, side: int, labels: NDArray[np.int64], predictions: Predicted | None
) -> str:
    if predictions is None:
        return f"{labels[number]}" + (" + trigger" if side else "")
    said = predictions.stamped if side else predictions.clean
    return f"{labels[number]} -> {said[number]}"


def _picture(image: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0).copy())


def _encode(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
