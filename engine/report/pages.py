"""The report as a page and as JSON.

Jinja2 escapes whatever a template prints, and `_shown` takes out what would change how the text
around it looks. The templates themselves hold all of the markup there is.
"""

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from engine.attacks import poisons_nothing
from engine.errors import EngineError
from engine.files import write_files
from engine.json_files import to_json
from engine.modelfiles.plain_text import plain
from engine.opening.shortcut import as_told, other_warnings, unseen_shortcut
from engine.report import tables, words
from engine.report.chart import chart_of
from engine.report.checks import checks_of
from engine.report.command_lines import audit_command, run_command
from engine.report.pictures import Card, cards_of, pair_cards_of, show, whole_cards_of
from engine.report.subject import Subject
from engine.store.findings import to_document
from engine.version import VERSION

TEMPLATES = Path(__file__).parent.parent.parent / "resources" / "report"
SCHEMA = 1
RESERVED = ("experiment", "detection")


def write_report(subject: Subject, path: Path, now: dt.datetime | None = None) -> tuple[Path, Path]:
    """Write the page to `path`, and the JSON beside it: both or neither.

    Args:
        subject: What it is about.
        path: Where the page shall be; the JSON has the same name and the ending .json.
        now: Its date; without it, this moment.

    Returns:
        The page and the JSON.

    Raises:
        EngineError: The name would overwrite a file of an experiment, or they cannot be written;
            what was there before is unchanged.
    """
    now = now or dt.datetime.now(dt.UTC)
    if path.stem in RESERVED:
        raise EngineError(
            f"A report named {path.name} would overwrite {path.stem}.json, which belongs to the"
            " experiment. Choose another name."
        )
    beside = path.with_suffix(".json")
    write_files({path: report_html(subject, now), beside: report_json(subject, now)})
    return path, beside


def report_html(subject: Subject, now: dt.datetime) -> bytes:
    """The page, UTF-8; the same subject and date always give the same bytes."""
    has_shortcut = unseen_shortcut(subject.detection) is not None
    verdict = as_told(subject.detection, subject.tests.class_names)
    cards = cards_of(subject)
    title, headline = words.title_and_headline(verdict, has_shortcut=has_shortcut)
    return (
        _environment()
        .get_template("report.html")
        .render(
            program=VERSION,
            date=f"{now.day} {now:%B %Y, %H:%M} {now:%Z}".strip(),
            subject=subject,
            detection=subject.detection,
            verdict=verdict,
            look="suspicious" if has_shortcut else verdict.outcome,
            warnings=other_warnings(subject.detection),
            outcome=title,
            headline=headline,
            file_name=_file_name(subject),
            sureness=words.sureness(subject.detection),
            moves=words.moves(subject),
            checks=checks_of(subject),
            facts=list(tables.facts_of(subject)),
            origin=list(tables.origin_of(subject)),
            chart=chart_of(subject),
            cards=cards,
            whole_cards=whole_cards_of(subject),
            pair_cards=pair_cards_of(subject),
            truth=_truth(subject, cards),
            classes=list(tables.class_rows(subject)),
            pairs=tables.pair_table(subject),
            dash=words.DASH,
            limits=words.limits_of(subject.detection),
            audit_command=audit_command(subject),
            run_command=run_command(subject),
            settings=list(tables.settings_rows(subject)),
        )
        .encode("utf-8")
    )


def report_json(subject: Subject, now: dt.datetime) -> bytes:
    """The same facts for programs."""
    model, detection = subject.model, subject.detection
    said = model.provenance
    return to_json(
        {
            "schema": SCHEMA,
            "made": now.isoformat(timespec="seconds"),
            "program": VERSION,
            "model": {
                "file": plain(_file_name(subject)),
                "sha256": detection.model_sha256,
                "architecture": model.architecture,
                "width": model.width,
                "parameters": subject.parameters,
                "shape": list(model.shape),
                "classes": model.classes,
                "class_names": [plain(name) for name in subject.tests.class_names],
                "input_range": model.input_range,
                "says_of_itself": None if said is None else said.model_dump(mode="json"),
            },
            "data": subject.settings.data.name,
            "rates": None if subject.rates is None else vars(subject.rates),
            "trained_on": subject.trained_on and subject.trained_on.model_dump(),
            "detection": to_document(detection),
            "limits": list(words.limits_of(detection)),
            "commands": {"audit": audit_command(subject), "run": run_command(subject) or None},
            "settings": subject.settings_of_all.model_dump(mode="json"),
        }
    )


def _truth(subject: Subject, cards: tuple[Card, ...]) -> dict[str, Any] | None:
    """The trigger that was planted, and how much of it was found; None where it is not known."""
    trigger, target = subject.true_trigger, subject.settings.attack.target
    if trigger is None or trigger.is_empty or poisons_nothing(subject.settings.attack):
        return None
    found = next((one for one in subject.detection.classes if one.label == target), None)
    return {
        "shown": show(trigger, subject.sample(target)),
        "name": subject.name_of(target),
        "size": f"{words.amount(trigger.mask_l1)} px",
        "overlap": words.share(found.iou if found else None),
        "found": next((one for one in cards if one.label == target), None),
    }


def _file_name(subject: Subject) -> str:
    origin = subject.model.origin
    return f"model.safetensors ({origin})" if subject.was_trained_here else origin


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    """A text without characters that change how others look; what templates made stays."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
