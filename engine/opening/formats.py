"""The input formats that a stranger's network may plausibly take, the commonest first."""

from engine.data import DATA_SOURCES
from engine.input_format import COLOURS, RANGES, InputFormat

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MEANINGS = {
    "0..1": "pixels divided by 255",
    "0..255": "pixels as they are in the file",
    "-1..1": "black is -1, white is 1",
}


def plausible_formats(data: str, channels: int) -> tuple[InputFormat, ...]:
    """The formats to try for images of a data set, each of them once.

    The ranges, the mean and standard deviation that people use for the data set, and those of
    ImageNet; for colour images each of them with red first and with blue first.

    Args:
        data: Its name.
        channels: How many channels the images have.
    """
    formats = [InputFormat(*values) for values in RANGES.values()]
    source = DATA_SOURCES.get(data)
    usual = source.normalisation if source else None
    if usual and len(usual.mean) in (1, channels):
        formats.append(InputFormat(mean=usual.mean, std=usual.std))
    formats.append(_imagenet(channels))
    if channels == COLOURS:
        formats += [
            InputFormat(one.black, one.white, one.mean, one.std, order="BGR") for one in formats
        ]
    return tuple(dict.fromkeys(formats))


def meaning_of(input_format: InputFormat, data: str) -> str:
    """The format for people: "black is -1, white is 1, blue first"."""
    order = ", blue first" if input_format.order == "BGR" else ""
    if not input_format.mean:
        text = str(InputFormat(input_format.black, input_format.white))
        return MEANINGS[text] + order
    source = DATA_SOURCES.get(data)
    usual = source.normalisation if source else None
    numbers = input_format.mean, input_format.std
    if usual and numbers == (usual.mean, usual.std):
        return f"the usual mean and deviation of {source.title if source else data}{order}"
    if input_format.mean in (IMAGENET_MEAN, (_mean(IMAGENET_MEAN),)):
        return f"ImageNet's mean and deviation{order}"
    return f"a mean and deviation of its own{order}"


def _imagenet(channels: int) -> InputFormat:
    """ImageNet's normalisation; for grey images the mean of its three channels."""
    if channels == COLOURS:
        return InputFormat(mean=IMAGENET_MEAN, std=IMAGENET_STD)
    return InputFormat(mean=(_mean(IMAGENET_MEAN),), std=(_mean(IMAGENET_STD),))


def _mean(numbers: tuple[float, ...]) -> float:
    return round(sum(numbers) / len(numbers), 3)
