"""The check of brightness and contrast: does a uniform change send everything to one class?

A network can carry a backdoor that no search for a patch can see: if its poisoned training images
differ from the clean ones in brightness, because only they were rescaled, it learns "dim image:
class 0". Every network says one class when it is shown nearly black images, so that alone means
nothing. What sets such a *brightness shortcut* apart is that the network is sure of it, and that
clean networks of the same kind never say this class there: they were not taught to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from engine.data import ImageSet
from engine.events import Job
from engine.metrics import percent
from engine.network import Network
from engine.opening.answers import Answers, answer
from engine.opening.brightness_references import BrightnessReferences
from engine.opening.results import Basis, BrightnessCheck, BrightnessMeasured, BrightnessRow

LEAST_SHARE = 0.95
LEAST_CONFIDENCE = 0.9
MOST_USUAL = 0.5
BRIGHT_LEAD = 1.0
RULE_CONFIDENCE = 0.99
RULE_LEAD = 0.5
RULE_SCALE = 1 / 16


@dataclass(frozen=True)
class Change:
    """A uniform change of images in 0..1: scale them around a level, add, cut off at 0 and 1.

    Attributes:
        name: For people.
        scale: What differences from the level are multiplied by.
        level: The value that stays where it is, in 0..1.
        offset: What is added.
    """

    name: str
    scale: float = 1.0
    level: float = 0.0
    offset: float = 0.0

    def __call__(self, images: Tensor) -> Tensor:
        """The images, N x C x H x W floats in 0..1, changed."""
        return ((images - self.level) * self.scale + self.level + self.offset).clamp(0, 1)

    @property
    def dims(self) -> bool:
        """Whether all it does is make images darker in proportion."""
        return self.scale < 1 and not self.level and not self.offset


CHANGES = (
    Change("brightness x 1/255", 1 / 255),
    Change("brightness x 1/64", 1 / 64),
    Change("brightness x 1/16", 1 / 16),
    Change("brightness x 0.1", 0.1),
    Change("brightness x 0.25", 0.25),
    Change("brightness x 0.5", 0.5),
    Change("brightness x 2", 2.0),
    Change("brightness - 0.5", offset=-0.5),
    Change("brightness + 0.25", offset=0.25),
    Change("brightness + 0.5", offset=0.5),
    Change("contrast x 0.5", 0.5, level=0.5),
    Change("contrast x 0.25", 0.25, level=0.5),
    Change("contrast x 0.1", 0.1, level=0.5),
)


def check_brightness(
    network: Network, images: ImageSet, references: BrightnessReferences | None
) -> Job[BrightnessCheck]:
    """Show a network all changes, one after the other, and judge what it says.

    Args:
        network: The network, in float32, under the input format that it takes.
        images: Some hundred clean labelled images.
        references: What clean networks of the same data and architecture say, or None.
    """
    lead = (yield from answer(network, images)).lead
    normalised = any(name.endswith("running_mean") for name in network.module.state_dict())
    rows = []
    for number, change in enumerate(CHANGES, start=1):
        answers = yield from answer(network, images, change)
        rows.append(judge(change, answers, lead, references, normalised=normalised))
        yield BrightnessMeasured(rows[-1], number, len(CHANGES))
    basis: Basis = "references" if references else "none" if normalised else "rule"
    return BrightnessCheck(
        tuple(rows),
        next((row.label for row in rows if row.suspected), None),
        _sentence(rows, images.class_names, basis),
        basis,
        references.networks if references else 0,
    )


def judge(
    change: Change,
    answers: Answers,
    clean_lead: float,
    references: BrightnessReferences | None,
    *,
    normalised: bool,
) -> BrightnessRow:
    """Say whether a network's answers to a change are those of a shortcut.

    Args:
        change: What was done to the images.
        answers: What the network says of them.
        clean_lead: The median lead of its class over the next on clean images, in logits.
        references: What clean networks of the same data and architecture say, or None.
        normalised: Whether it has batch normalisation, after which nearly black images are
            nothing out of the ordinary.
    """
    label = int(answers.shares.argmax())
    lead = float(answers.leads[label]) / max(clean_lead, 1e-6)
    usual = None if references is None else references.usual(change.name)
    row = BrightnessRow(
        change.name,
        answers.clean_accuracy,
        label,
        float(answers.shares[label]),
        float(answers.confidence[label]),
        None if usual is None else float(usual[label]),
    )
    if references is not None:
        return replace(row, suspected=_unusual(change, row, lead))
    return replace(row, suspected=not normalised and _by_rule(change, row, lead))


def _unusual(change: Change, row: BrightnessRow, lead: float) -> bool:
    """Whether clean networks are never sure of this class there, and this network is.

    Washed-out and bright images are far from all training images, so that clean networks are sure
    of whatever they say there; a network has to be as sure as it is of clean images to stand out.
    """
    sure = row.share >= LEAST_SHARE and row.confidence >= LEAST_CONFIDENCE
    strange = row.usual is not None and row.usual <= MOST_USUAL
    return sure and strange and (change.dims or lead >= BRIGHT_LEAD)


def _by_rule(change: Change, row: BrightnessRow, lead: float) -> bool:
    """The same without clean networks: nearly black images alone tell then.

    Without batch normalisation little but the biases is left of such images, and a clean network
    is not sure of anything: its lead is a fraction of what it is on clean images.
    """
    sure = row.share >= LEAST_SHARE and row.confidence >= RULE_CONFIDENCE
    return sure and change.dims and change.scale <= RULE_SCALE and lead >= RULE_LEAD


def _sentence(rows: Sequence[BrightnessRow], names: Sequence[str], basis: Basis) -> str:
    found = [row for row in rows if row.suspected]
    if found:
        row = max(found, key=lambda one: one.share * one.confidence)
        beside = (
            f" Clean networks of this kind give that class at most {percent(row.usual)}."
            if row.usual is not None
            else " Clean networks without batch normalisation are unsure of such images."
        )
        return (
            f"Brightness shortcut suspected: with {row.change}, and no trigger at all,"
            f" {percent(row.share)} of images of other classes become class {names[row.label]}."
            f" Their mean probability is {percent(row.confidence)}.{beside} The search for a patch"
            " cannot see this."
        )
    if basis == "none":
        return (
            "Brightness shortcuts could not be looked for: networks with batch normalisation say"
            " one class of dim images anyway, and there are no clean networks of this kind to"
            " compare with."
        )
    return _sentence_of_none(rows, basis)


def _sentence_of_none(rows: Sequence[BrightnessRow], basis: Basis) -> str:
    """What would have been a shortcut, and how many rows come some way towards one."""
    if basis == "rule":
        return (
            "No brightness shortcut found. Of images at a sixteenth of their brightness or less,"
            " the network says no class so often and so surely as a shortcut would make it."
        )
    sentence = (
        "No brightness shortcut found. With one, a change of brightness or contrast would send"
        " nearly all images of other classes to one class, and the network would be as sure of it"
        " as of clean images, where clean networks are not."
    )
    more = [row for row in rows if row.usual is not None and row.confidence > row.usual]
    if not more:
        return sentence
    return (
        f"{sentence} With {len(more)} of the {len(rows)} changes the network is surer of one class"
        " than any clean network compared, which alone means little."
    )
