"""The words of the page on which a stranger's model is opened."""

from collections.abc import Sequence
from pathlib import PurePath

from engine.data import title_of
from engine.metrics import percent
from engine.opening.results import BrightnessRow, FormatRate
from gui import theme
from gui.model_opening import ModelOpening
from gui.widgets.measure_list import Row
from gui.words import NONE, in_short

FILE = "File"  # names the row of its name
TITLE = "Open a model that somebody else trained"
WHY = (
    "Nothing in the file is ever run: its numbers are read by a process of their own, and only a"
    " clean copy is used. What the network takes for black and white is not in such a file, so it"
    " is measured: a wrong input format is the commonest cause of false verdicts."
)
PLACEHOLDER = (
    "Choose a file (.safetensors, or .pt and .pth with a state dict), or drop one onto the window."
    " Its networks and input formats will appear here."
)
FORMAT_TIP = (
    "Such as 0..255, or mean=0.1307 std=0.3081; three numbers with commas for colour, and BGR at"
    " the end for swapped channels. Enter measures with it."
)
FORMATS_TIP = (
    "Share of clean test images that the network classifies rightly under each input format. A"
    " click takes one; the scan uses what is marked."
)
BRIGHTNESS_HEADINGS = (
    "Change of all images", "To one class", "Class, confidence", "Highest when clean",
)  # fmt: skip
BRIGHTNESS_TIP = (
    "Every test image is made darker, brighter or flatter alike. If that alone sends nearly all of"
    " them to one class, surely, a backdoor may hide in it that no search for a patch can see."
    " Class, confidence: the most frequent answer, and the network's mean probability for it."
    " Highest when clean: the largest such probability in the clean networks compared."
)
CHOOSE_FORMAT = "Click the format it was trained with, if you know it."
LONGEST_NAME = 21
USE_TIP = "Makes this the network that Start scans. A network that you trained is put aside."


def status(opening: ModelOpening) -> str:
    """What is looked at, in few words; a long name without its ending, and its middle."""
    if opening.path is not None and opening.problem and opening.opened is None:
        return "not opened"
    name = opening.name
    if len(name) > LONGEST_NAME:
        name = in_short(PurePath(name).stem, LONGEST_NAME)
    return f"looking at {name}" if name else "opening a model"


def sentence(opening: ModelOpening) -> str:
    """The state of things, for somebody who reads only the bold line."""
    if opening.path is None:
        return opening.problem or "No file is open."
    if opening.problem:
        return opening.problem
    if opening.opened is None:
        return f"Reading {opening.name} without running anything in it …"
    fit, preflight = opening.fit, opening.preflight
    if fit is None:
        return "Comparing it with every network …"
    if preflight is None:
        return f"{fit.title}. Trying input formats on clean images …"
    right = f"{preflight.taken}, it is right on {percent(preflight.clean_accuracy)}"
    said = f"With the input format {right} of clean images."
    return f"{fit.title}. {preflight.summary if preflight.lacks_numbers else said}"


def tone(opening: ModelOpening) -> theme.Tone | None:
    """The colour of the sentence: an error, advice, or neither."""
    if opening.has_failed:
        return "error"
    return "undecided" if opening.problem else None


def facts(opening: ModelOpening) -> tuple[tuple[str, str], ...]:
    """Names and values of what is known of the file."""
    if opening.opened is None:
        known = (FILE, opening.name), ("SHA-256", opening.sha256)
        return tuple(fact for fact in known if fact[1])
    file = opening.opened.file
    return (
        (FILE, file.name),
        ("Tried on", title_of(opening.settings.data)),
        ("SHA-256", file.sha256),
        ("Format", f"{file.format}, {len(file.tensors)} tensors"),
        ("Sandbox", file.sandbox),
    )


def notes(opening: ModelOpening) -> tuple[str, ...]:
    """What limits a verdict, or has to be known, in sentences."""
    found = list(opening.opened.notes) if opening.opened is not None else []
    if opening.fit is not None:
        found += [note for note in opening.fit.notes() if note not in found]
    if opening.preflight is not None:
        brightness = opening.preflight.brightness
        told = brightness.sentence if brightness is not None else ""
        found += [note for note in opening.preflight.warnings if note != told]
        doubt = opening.preflight.doubt
        found = [f"{note} {CHOOSE_FORMAT}" if note == doubt else note for note in found]
    return tuple(found)


def format_rows(opening: ModelOpening) -> list[Row]:
    """The input formats tried so far."""
    taken = opening.preflight.taken if opening.preflight is not None else ""
    return [_format_row(rate, taken) for rate in opening.rates]


def brightness_rows(opening: ModelOpening, names: Sequence[str]) -> list[Row]:
    """The changes of brightness tried so far: how many images of others one class gets."""
    return [_brightness_row(row, names) for row in opening.brightness]


def brightness_sentence(opening: ModelOpening) -> tuple[str, bool]:
    """What the check of brightness says, and whether it is a warning."""
    preflight = opening.preflight
    if preflight is None:
        return "", False
    if preflight.brightness is None:
        return "Brightness was not checked: the network is right too seldom for that.", False
    return preflight.brightness.sentence, preflight.brightness.label is not None


def _format_row(rate: FormatRate, taken: str) -> Row:
    return Row(
        rate.input_format,
        rate.input_format,
        rate.clean_accuracy,
        (rate.meaning,),
        is_chosen=rate.input_format == taken,
    )


def _brightness_row(row: BrightnessRow, names: Sequence[str]) -> Row:
    # While other images are opened, their classes are here before the work on the old ones ends.
    name = names[row.label] if row.label < len(names) else str(row.label)
    usual = NONE if row.usual is None else percent(row.usual)
    notes = f"{name}, {percent(row.confidence)}", usual
    return Row(row.change, row.change, row.share, notes, is_suspect=row.suspected)
