"""A finished scan judged anew beside other clean networks, in its folder and its report as well."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from engine import store
from engine.detection.borrowing import CleanNetworks
from engine.detection.comparing import judge_again
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Job, StopRequested, Warned
from engine.store import Experiment

Reporting = Callable[[Path, Detection], Job[Path]]


def judge_anew(
    detection: Detection,
    references: CleanNetworks,
    class_names: Sequence[str],
    folder: Path | None,
    report: Reporting | None,
) -> Job[Detection]:
    """Judge a scan anew, and write the verdict where the scan is kept; nothing is scanned.

    Args:
        detection: The scan.
        references: The clean networks to compare it with.
        class_names: Of its classes.
        folder: Of its experiment, or None.
        report: Writes the report on the scan anew, which would tell of the old verdict.

    Raises:
        EngineError: The scan cannot be compared with these networks. A verdict that cannot be
            written is a warning.
    """
    judged = judge_again(detection, references, class_names)
    if folder is None:
        return judged
    try:
        with store.RunFolder.reopen(folder) as record:
            record.write_detection(judged)
    except EngineError as problem:
        with suppress(StopRequested):  # nothing is left to stop
            yield Warned(f"{problem} The new verdict is still open here: save it elsewhere.")
        return judged
    if report is not None:
        yield from _told_anew(report(folder / "report.html", judged))
    return judged


def judge_experiment_anew(held: Experiment, references: CleanNetworks) -> Job[Detection]:
    """Judge the scan that an experiment's folder holds anew, there.

    Args:
        held: As it was opened.
        references: The clean networks to compare it with.

    Raises:
        EngineError: There is no scan, or it cannot be compared with these networks. A verdict that
            cannot be written is a warning.
    """
    from engine.report.job import report_experiment_job

    if held.detection is None or held.model is None:
        raise EngineError(f"{held.folder} holds no scan of a network that could be judged.")
    report, names = partial(report_experiment_job, held=held), held.images.class_names
    return (yield from judge_anew(held.detection, references, names, held.folder, report))


def _told_anew(report: Job[Path]) -> Job[None]:
    """Write a report in place of one that tells of an earlier verdict."""
    try:
        yield from report
    except (EngineError, StopRequested) as problem:
        why = f"{problem} " if isinstance(problem, EngineError) else ""
        with suppress(StopRequested):  # nothing is left to stop
            yield Warned(f"{why}The new verdict is saved; report.html still tells of the old one.")
