"""The clean images that a scan works on, and those it keeps apart to judge by."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data import ImageSet
from engine.errors import EngineError
from engine.metrics import NO_ANSWER, Predict
from engine.opening.results import CAUSE_OF_NO_NUMBERS, LEAST_ACCURACY, NOT_NUMBERS, lack_numbers

LEAST_IMAGES = 200


class TooFewRight(EngineError):  # noqa: N818 - an answer, not a fault
    """A network is right on too few images, or on those of one class only."""


class TooFewImages(EngineError):  # noqa: N818 - an answer, not a fault
    """There are too few test images, however good a network is."""


class NoNumbers(EngineError):  # noqa: N818 - an answer, not a fault
    """A network's outputs are not numbers for so many images that nothing can be said of it."""


@dataclass(frozen=True, eq=False)
class AuditImages:
    """Correctly classified test images in two parts that share none.

    Attributes:
        searched: Images that triggers are optimised on.
        held_out: Images that their success is stated on.
        clean_accuracy: Share of all images looked at that the network classifies rightly, 0..1.
        looked_at: How many these were.
        unanswered: For how many of them its outputs are not numbers.
    """

    searched: ImageSet
    held_out: ImageSet
    clean_accuracy: float
    looked_at: int
    unanswered: int = 0


def choose_audit_images(predict: Predict, tests: ImageSet, images: int, seed: int) -> AuditImages:
    """Draw up to `images` correctly classified test images for each of the two parts.

    Args:
        predict: The network; `NO_ANSWER` where its outputs are not numbers.
        tests: Clean labelled images.
        images: How many each part shall have.
        seed: Decides which ones.

    Raises:
        NoNumbers: The outputs are not numbers for too many of them.
        TooFewImages: Fewer than 200 for each part are classified correctly, though the network is
            right about most.
        TooFewRight: Likewise, because it is wrong too often; or those of one class only.
    """
    order = np.random.default_rng(seed).permutation(len(tests))
    # A quarter more than needed makes up for the wrongly classified ones of any fair network.
    looked_at = tests.subset(order[: min(len(tests), images * 5 // 2)])
    said = predict(looked_at.images)
    unanswered = int(np.count_nonzero(said == NO_ANSWER))
    if lack_numbers(unanswered, len(looked_at)):
        raise NoNumbers(
            f"The network's outputs are {NOT_NUMBERS} for {unanswered:,} of {len(looked_at):,}"
            f" test images, so nothing can be said of it. {CAUSE_OF_NO_NUMBERS} If it was trained"
            " with another input range, choose that."
        )
    correct = np.flatnonzero(said == looked_at.labels)
    accuracy = len(correct) / max(len(looked_at), 1)
    half = min(images, len(correct) // 2)
    few = half < LEAST_IMAGES
    if few and (accuracy >= LEAST_ACCURACY or len(looked_at) < 2 * LEAST_IMAGES):
        raise TooFewImages(
            f"There are {len(looked_at)} test images, of which the network classifies"
            f" {len(correct)} correctly; a scan needs {2 * LEAST_IMAGES}. Add images, or of a"
            " folder of images keep a larger share to test on (Test images in tab 1, or"
            " data.test_share) and train again."
        )
    if few:
        raise TooFewRight(
            f"The network classifies only {len(correct)} of {len(looked_at)} test images"
            f" correctly; a scan needs {2 * LEAST_IMAGES}. Check that the data set, the input"
            " range and the normalisation are those it was trained with, or train it longer."
        )
    searched, held_out = (looked_at.subset(correct[part : part + half]) for part in (0, half))
    if len(np.unique(searched.labels)) < 2:
        raise TooFewRight(
            f"The network says {tests.class_names[searched.labels[0]]} whatever it is shown, so"
            " there is nothing to scan. Check that the input range and the normalisation are those"
            " it was trained with, or train it longer."
        )
    return AuditImages(searched, held_out, accuracy, len(looked_at), unanswered)


def others(images: ImageSet, label: int) -> NDArray[np.int64]:
    """Indices of the images that do not belong to class `label`."""
    return np.flatnonzero(images.labels != label)
