"""Where a command writes to, what it says in the end, and the exit code that follows."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine import store
from engine.detection.phrases import chance_line, compared_with, meaning_of_basis
from engine.detection.results import Detection
from engine.detection.wording import ONLY_CLASSES, unseen
from engine.experiment import Trained
from engine.metrics import percent
from terminal.answers import refuse
from terminal.printing import print_rows

EXIT_CODES = {"not_found": 0, "likely": 1, "suspicious": 1}
RUNS = Path("runs")
GIVE_FORMAT = "If you know the format it was trained with, give it with --input-range."


def report(
    trained: Trained | None,
    detection: Detection | None,
    folder: Path,
    rows: Iterable[tuple[str, str]] = (),
) -> int:
    """Print the summary and choose the exit code."""
    if trained is None and detection is None and not _holds_anything(folder):
        return refuse("Stopped. Nothing was written.")
    print_rows([*rows, *_findings(trained, detection), *_places(folder)])
    if detection is None or not detection.complete:
        return refuse(f"Stopped before the scan was complete. What there is stays in {folder}.")
    if detection.verdict.outcome == "not_auditable":
        return refuse(detection.verdict.headline)
    return EXIT_CODES[detection.verdict.outcome]


def _holds_anything(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _places(folder: Path) -> Iterator[tuple[str, str]]:
    """Where the results lie."""
    page = folder / "report.html"
    if page.is_file():
        yield "report", str(page)
    yield "folder", str(folder)


def _findings(trained: Trained | None, detection: Detection | None) -> Iterator[tuple[str, str]]:
    """What came out, as names and texts."""
    if trained:
        yield "clean accuracy", percent(trained.rates.clean_accuracy)
        yield "attack success", percent(trained.rates.attack_success)
        yield "sham rate", percent(trained.rates.sham_rate)
        if trained.rates.bystander_rate is not None:
            yield "other classes", percent(trained.rates.bystander_rate)
    elif detection and (detection.classes or detection.preflight):
        yield "clean accuracy", percent(detection.clean_accuracy)
    if detection:
        yield from _verdict(detection)
    parts = {"training": trained, "scan": detection}
    times = [
        f"{name} {part.seconds:.1f} s" for name, part in parts.items() if part and part.seconds
    ]
    if times:
        yield "time", ", ".join(times)


def _verdict(detection: Detection) -> Iterator[tuple[str, str]]:
    """The verdict, what it rests on, how sure it is, and what limits it."""
    verdict = detection.verdict
    yield "verdict", verdict.headline
    if verdict.outcome == "not_auditable":
        yield "why", verdict.explanation
    else:
        basis = compared_with(verdict)
        if verdict.basis != "references":
            basis = f"{basis}. {meaning_of_basis(verdict)}"
        yield "compared with", basis
    chance = chance_line(verdict)
    if chance and chance not in verdict.headline:
        yield "chance", chance
    flight = detection.preflight
    told = (ONLY_CLASSES, flight.brightness.sentence if flight and flight.brightness else "")
    for warning in detection.warnings:
        if warning not in told:  # by a line of their own
            is_doubt = flight is not None and warning == flight.doubt
            yield "warning", f"{warning} {GIVE_FORMAT}" if is_doubt else warning
    if detection.complete:
        yield "not seen", unseen(detection)


@contextlib.contextmanager
def claimed(out: Path | None) -> Iterator[Path]:
    """The folder to write to, refused before any work if it holds something."""
    was_there = out is not None and out.exists()
    folder = store.new_run_folder(RUNS) if out is None else store.make_empty_folder(out)
    try:
        yield folder
    finally:
        if not was_there:
            with contextlib.suppress(OSError):
                folder.rmdir()  # does nothing unless it is still empty
                if out is None:
                    RUNS.rmdir()
