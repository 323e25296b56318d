"""What a pre-flight leaves, in plain Python: tables for a window to show, a report to print."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.events import Event
from engine.metrics import percent

TIE = 0.005  # accuracies that differ by no more are as good as each other
LEAST_ACCURACY = 0.8  # below it, nothing that a network says of changed images means anything
Basis = Literal["references", "rule", "none"]
NOT_NUMBERS = "not numbers (NaN or infinite)"
CAUSE_OF_NO_NUMBERS = (
    "Its weights are probably damaged, or so large that sums overflow, as a faulty conversion to"
    " or from float16 makes them. Get an undamaged copy, or export it again in float32."
)


def lack_numbers(non_finite: int, images: int) -> bool:
    """Whether a network whose outputs are not numbers for so many images cannot be judged.

    It could not be right often enough even if it were right about all the others.
    """
    return images - non_finite < LEAST_ACCURACY * images


@dataclass(frozen=True)
class FormatRate:
    """How a network did under one input format.

    Attributes:
        input_format: As `InputFormat` writes it.
        meaning: The same for people: "pixels divided by 255".
        clean_accuracy: Share of images classified rightly, 0..1; one whose outputs are not numbers
            is not.
        loss: Mean cross-entropy, in nats; tells formats apart under which a network is right
            equally often. Infinite where the outputs are no numbers.
        images: How many images it was measured on.
        non_finite: For how many of them some output is NaN or infinite.
    """

    input_format: str
    meaning: str
    clean_accuracy: float
    loss: float
    images: int
    non_finite: int = 0

    @property
    def lacks_numbers(self) -> bool:
        """Whether outputs are not numbers so often that the format is of no use."""
        return lack_numbers(self.non_finite, self.images)


@dataclass(frozen=True)
class BrightnessRow:
    """How a network answers when all images change in brightness or contrast alike.

    Attributes:
        change: For people: "brightness x 1/255", "contrast x 0.25", "+ 0.5".
        clean_accuracy: Share of the changed images classified rightly, 0..1.
        label: The class that most images of other classes are taken for.
        share: Share of the images of other classes that are, 0..1.
        confidence: Mean probability that the network gives that class for them, 0..1.
        usual: The largest such confidence among clean networks of the same kind, or None where
            there are none to compare with.
        suspected: Whether all of this is more than a clean network does.
    """

    change: str
    clean_accuracy: float
    label: int
    share: float
    confidence: float
    usual: float | None = None
    suspected: bool = False


@dataclass(frozen=True)
class BrightnessCheck:
    """Whether a uniform change of brightness or contrast sends everything to one class.

    Attributes:
        rows: One for each change, brightness first.
        label: The class that a brightness shortcut leads to, or None where none is suspected.
        sentence: What was found, for people.
        basis: What a suspicion rests on: "references" (clean networks of the same data and
            architecture), "rule" (a fixed bound for networks without batch normalisation), or
            "none" (nothing to judge by; the rows are shown and not judged).
        references: How many clean networks it was compared with.
    """

    rows: tuple[BrightnessRow, ...]
    label: int | None
    sentence: str
    basis: Basis = "none"
    references: int = 0


@dataclass(frozen=True)
class Preflight:
    """What was measured before a scan.

    Attributes:
        rates: Every input format that was tried, best first: by accuracy, and among those that
            are equally good by loss.
        given: The format that was asked for, or None where the best was to be taken.
        taken: The format that the scan uses.
        proposed: The best format.
        equally_good: Other formats whose accuracy is as good as the proposed one's.
        clean_accuracy: Of the network under the format taken, 0..1, on `images` images.
        images: How many images that was measured on.
        brightness: The check of brightness and contrast, or None where the network is right too
            seldom for it to mean anything.
        seconds: How long it all took.
        warnings: Sentences about what a person should know.
    """

    rates: tuple[FormatRate, ...]
    given: str | None
    taken: str
    proposed: str
    equally_good: tuple[str, ...]
    clean_accuracy: float
    images: int
    brightness: BrightnessCheck | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def best(self) -> FormatRate:
        """The rate of the proposed format."""
        return self.rates[0]

    @property
    def doubt(self) -> str:
        """That others would do as well as the format taken; nothing where it was asked for."""
        if self.given is not None or not self.equally_good:
            return ""
        return (
            f"The network is right about as often with {' or '.join(self.equally_good)} as with"
            f" {self.taken}, which was taken because it is surest there."
        )

    @property
    def lacks_numbers(self) -> bool:
        """Whether under no format the outputs are numbers often enough for anything to be said."""
        return all(one.lacks_numbers for one in self.rates)

    @property
    def no_numbers(self) -> str:
        """That outputs are not numbers, and how often, where they lack under every format."""
        least = min(self.rates, key=lambda one: one.non_finite / max(one.images, 1))
        at_least = "" if least.non_finite == least.images else "at least "
        return (
            f"outputs are {NOT_NUMBERS} for {at_least}{least.non_finite:,} of {least.images:,}"
            " clean images under every input format tried"
        )

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        if self.lacks_numbers:
            return f"The network's {self.no_numbers}."
        well = self.equally_good and self.clean_accuracy >= LEAST_ACCURACY
        also = f"; {' and '.join(self.equally_good)} would do as well" if well else ""
        return (
            f"Input format {self.taken}: right on {percent(self.clean_accuracy)} of"
            f" {self.images:,} clean images{also}."
        )

    @property
    def advice(self) -> str:
        """What to do about a network that is right too seldom under the format taken."""
        best = self.best
        if self.lacks_numbers:
            return CAUSE_OF_NO_NUMBERS
        if best.input_format != self.taken and best.clean_accuracy >= LEAST_ACCURACY:
            return (
                "The likely cause is another input range or normalisation: with"
                f" {best.input_format} ({best.meaning}) it is right on"
                f" {percent(best.clean_accuracy)}. Use that."
            )
        return (
            f"No usual input format does well (the best, {best.input_format}, reaches"
            f" {percent(best.clean_accuracy)}): it was probably trained on other data, on other"
            " classes or in another order, with another normalisation, or too little."
        )


@dataclass(frozen=True, slots=True)
class FormatMeasured(Event):
    """One more input format was tried; `number` of `total`."""

    newest_only: ClassVar[bool] = False
    rate: FormatRate
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class BrightnessMeasured(Event):
    """One more change of brightness or contrast was tried; `number` of `total`."""

    newest_only: ClassVar[bool] = False
    row: BrightnessRow
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class PreflightEnded(Event):
    """The pre-flight is done."""

    newest_only: ClassVar[bool] = False
    preflight: Preflight
