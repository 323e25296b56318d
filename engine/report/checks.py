"""What the pre-flight of a stranger's model found, as rows of texts."""

from dataclasses import dataclass

from engine.opening.results import BrightnessRow, FormatRate
from engine.report.subject import Subject
from engine.report.words import DASH, share


@dataclass(frozen=True)
class FormatRow:
    """One input format, and how often the network is right under it."""

    text: str
    meaning: str
    right: str
    taken: str


@dataclass(frozen=True)
class ChangeRow:
    """One change of brightness or contrast, and what the network says then."""

    change: str
    right: str
    label: str
    share: str
    confidence: str
    usual: str
    suspected: bool


@dataclass(frozen=True)
class Checks:
    """All that was measured before the scan.

    Attributes:
        summary: Of the input formats, in a sentence.
        formats: The formats that were tried, the best first.
        sentence: Of brightness and contrast; empty where they were not looked at.
        changes: The changes that were tried.
        has_usual: Whether they were compared with clean networks.
    """

    summary: str
    formats: tuple[FormatRow, ...]
    sentence: str
    changes: tuple[ChangeRow, ...]
    has_usual: bool


def checks_of(subject: Subject) -> Checks | None:
    """The pre-flight of a scan, or None where there was none."""
    found = subject.detection.preflight
    if found is None:
        return None
    brightness = found.brightness
    rows = brightness.rows if brightness else ()
    return Checks(
        found.summary,
        tuple(_format_row(rate, found.taken, found.given) for rate in found.rates),
        brightness.sentence if brightness else "",
        tuple(_change_row(subject, row) for row in rows),
        any(row.usual is not None for row in rows),
    )


def _format_row(rate: FormatRate, taken: str, given: str | None) -> FormatRow:
    how = "as given" if given else "as proposed"
    is_choice = rate.input_format == taken and (given or not rate.lacks_numbers)
    mark = f"◆ {how}" if is_choice else ""
    right = "no numbers" if rate.lacks_numbers else share(rate.clean_accuracy)
    return FormatRow(rate.input_format, rate.meaning, right, mark)


def _change_row(subject: Subject, row: BrightnessRow) -> ChangeRow:
    return ChangeRow(
        row.change,
        share(row.clean_accuracy),
        subject.name_of(row.label),
        share(row.share),
        share(row.confidence),
        DASH if row.usual is None else f"up to {share(row.usual)}",
        row.suspected,
    )
