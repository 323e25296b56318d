"""Pictures of what an attack does to an image: with what is drawn, or all by itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.attacks.attack import Attack
from engine.attacks.blended import Blended
from engine.attacks.families import FAMILIES
from engine.attacks.stamping import Stamper
from engine.attacks.wanet import Warp
from engine.settings import AttackSettings
from engine.triggers import Trigger

GREY, LINE, LINES = 128, 200, 4  # even grey; a grid's lines, and how many there are each way
MOST = 16  # times that a difference is made stronger at most


@dataclass(frozen=True, eq=False)
class Picture:
    """Attributes: title: a word or two; image: C x H x W, uint8; meaning: what is seen on it."""

    title: str
    image: NDArray[np.uint8]
    meaning: str


def pictures(attack: Attack, sample: NDArray[np.uint8]) -> list[Picture]:
    """What each trigger of the attack is by itself, and what the first does to an image.

    Args:
        attack: One that is not stamped: blended, waves or a warp.
        sample: C x H x W, uint8.
    """
    shown = [_by_itself(trigger, sample.shape) for trigger in attack.triggers]
    if len(shown) == 2:
        first, second = shown
        shown = [first, Picture(f"second {first.title}", second.image, second.meaning)]
    return [*shown, _difference(attack, sample)]


def with_drawing(
    settings: AttackSettings, number: int, sample: NDArray[np.uint8], drawn: Trigger
) -> NDArray[np.uint8]:
    """What an attack that uses the drawing makes of a test image for its (first) target.

    Args:
        settings: The attack.
        number: The image's number in its set; a random place follows from it.
        sample: C x H x W, uint8, of the drawing's size.
        drawn: What is drawn.
    """
    stamper = FAMILIES[settings.family].build(settings, drawn, 0)
    return np.asarray(stamper.stamp(sample[None], np.asarray([number], np.int64))[0])


def in_words(attack: Attack) -> str:
    """What the attack does to an image, in a sentence."""
    settings = attack.settings
    match settings.family:
        case "blended":
            share = f"{100 * settings.blend_ratio:.3g} %"
            return f"A picture is mixed into the whole image, with a share of {share}."
        case "sig":
            return (
                f"Waves make the whole image lighter and darker: by up to {settings.test_amplitude}"
                f" grey levels on test images, as here, and by {settings.amplitude} on training"
                " images."
            )
        case _:
            return f"The whole image is bent: pixels move by about {settings.warp_strength:g} px."


def _by_itself(trigger: Stamper, shape: tuple[int, ...]) -> Picture:
    if isinstance(trigger, Blended):
        image = np.rint(trigger.trigger.pattern * np.float32(255)).astype(np.uint8)
        return Picture("picture", image, "What is mixed in, at its full strength.")
    if isinstance(trigger, Warp):
        lines = np.zeros(shape, np.uint8)
        down, across = (max(size // LINES, 2) for size in shape[1:])
        lines[:, down // 2 :: down] = LINE
        lines[:, :, across // 2 :: across] = LINE
        return Picture("bent grid", _stamped(trigger, lines), "A grid of straight lines, bent.")
    grey = np.full(shape, GREY, np.uint8)
    return Picture("waves", _stamped(trigger, grey), "The waves on an even grey.")


def _difference(attack: Attack, sample: NDArray[np.uint8]) -> Picture:
    changed = _stamped(attack.triggers[0], sample)
    moved = np.abs(changed.astype(np.int64) - sample)
    times = int(min(max(255 // max(int(moved.max()), 1), 1), MOST))
    title = f"change × {times}" if times > 1 else "change"  # noqa: RUF001
    meaning = "How far each pixel of the image on the canvas is changed: black is not at all."
    stronger = f" Shown {times} times as strong as it is." if times > 1 else ""
    return Picture(title, (moved * times).astype(np.uint8), meaning + stronger)


def _stamped(trigger: Stamper, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(trigger.stamp(image[None], np.zeros(1, np.int64))[0])
