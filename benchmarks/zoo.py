"""Networks trained by recipe, scanned, and remembered: what references and benchmarks are made of.

Each network is trained and scanned in a process of its own with one thread. Its weights and the
figures of each scan go to files named by fingerprints of the recipe and the audit settings, so
that a stopped run goes on where it was, and another scan needs no other training.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import safetensors.numpy

from benchmarks.patches import Patch
from benchmarks.scan_figures import classes_of_map, figures_of
from engine import attacks, data
from engine.attacks import Attack
from engine.compute import Compute, prepare
from engine.cores import available_cores
from engine.data import DataSet
from engine.detection import (
    bounds,
    common_directions,
    mask_forms,
    own_scatter,
    pair_logs,
    recipes,
    steadying,
    usual_places,
)
from engine.detection.known_references import known_references
from engine.detection.recipes import Recipe
from engine.detection.references import audit_key, find_references
from engine.detection.scan import KnownBackdoor, scan
from engine.events import Job, Result
from engine.metrics import TestImages, measure
from engine.models import Model
from engine.network import Network
from engine.poisoning import poison_job
from engine.settings import AttackSettings, ComputeSettings, DetectSettings
from engine.training import Samples, train
from engine.triggers import Trigger

FOLDER = Path(__file__).parent.parent / "build" / "zoo"
ONE_THREAD = ComputeSettings(threads=1)
REFERENCE = "reference"  # the group of networks that references are made of
WATCHED, MEASURED = 100, 4000  # test images of each form, as a network learns and after
LEAST_SCANNED = 0.5  # clean accuracy; of a network that is right less often a scan finds no images
WORKING = 0.9  # an attack that succeeds less often is none that a scan has to find


@dataclass(frozen=True)
class Entry:
    """One network: its recipe, and the backdoor that is planted in it.

    Attributes:
        group: What it is for, such as "reference" or "patch".
        number: Its number in the group; all that is random follows from both.
        recipe: How it is trained.
        attack: How the training images are poisoned, or None for a clean network.
        patch: What is drawn, where the attack needs a drawing.
        attempt: How often this number was tried before, with other recipes.
        data: Name of the data set.
    """

    group: str
    number: int
    recipe: Recipe
    attack: AttackSettings | None = None
    patch: Patch | None = None
    attempt: int = 0
    data: str = "mnist"

    @property
    def seed(self) -> int:
        """The seed of all that is random, different in every group."""
        return seed_of(self.group) + self.number

    @property
    def is_compared(self) -> bool:
        """Whether its scans are compared with the references that ship, as the program does.

        Borderline networks are then searched several times; what becomes a reference is searched
        once.
        """
        return self.group != REFERENCE

    @property
    def facts(self) -> dict[str, Any]:
        """All of it as plain values."""
        attack = self.attack and self.attack.model_dump(mode="json", exclude_defaults=True)
        return {
            "group": self.group, "number": self.number, "attempt": self.attempt,
            "data": self.data, "attack": attack, "patch": self.patch and asdict(self.patch),
            "recipe": self.recipe.model_dump(mode="json", exclude_defaults=True),
        }  # fmt: skip

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> "Entry":
        """The entry that has these facts."""
        attack, patch = facts["attack"], facts["patch"]
        return cls(
            facts["group"], facts["number"], Recipe.model_validate(facts["recipe"]),
            None if attack is None else AttackSettings.model_validate(attack),
            patch and Patch(**patch), facts["attempt"], facts["data"],
        )  # fmt: skip

    @cached_property
    def fingerprint(self) -> str:
        """Names the files of this network; another recipe has another name."""
        return hashlib.sha256(json.dumps(self.facts, sort_keys=True).encode()).hexdigest()[:20]

    def planted(self, data_set: DataSet) -> Attack:
        """The attack on this data set; on a clean network one that poisons nothing."""
        shape = data_set.train.shape
        drawn = self.patch.trigger(shape, self.seed) if self.patch else Trigger.empty(shape)
        nothing = AttackSettings(poison_rate=0)
        return attacks.make(self.attack or nothing, drawn, data_set.test.classes)

    def known(self, data_set: DataSet) -> KnownBackdoor | None:
        """What a scan shall find, where one trigger leads from everywhere to one class."""
        if self.attack is None or self.attack.mapping != "all-to-one":
            return None
        trigger = self.planted(data_set).known_trigger
        return None if trigger is None else KnownBackdoor(trigger, self.attack.target)


def seed_of(group: str) -> int:
    """The seed of a group's recipes; its networks' own seeds follow it."""
    return int(hashlib.sha256(group.encode()).hexdigest()[:6], 16) * 64


def make(entries: Iterable[Entry], audits: Sequence[DetectSettings]) -> list[dict[str, Any]]:
    """Train and scan whatever is not there yet, on all cores, and return all figures.

    Args:
        entries: The networks. One that has hardly learned, or whose attack failed, is not scanned.
        audits: The scans of each.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    entries = list(entries)
    missing = [entry for entry in entries if not _is_done(entry, audits)]
    print(f"{len(entries) - len(missing)} of {len(entries)} networks are there already")
    with ProcessPoolExecutor(available_cores(), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_make_one, entry, tuple(audits)): entry for entry in missing}
        for done, future in enumerate(as_completed(waiting), start=1):
            entry = waiting[future]
            print(f"{done:4} of {len(missing)}: {entry.recipe.train.architecture} {entry.group}"
                  f" {entry.number}: {future.result()}", flush=True)  # fmt: skip
    return [read_figures(entry, audits) for entry in entries]


def model_path(entry: Entry) -> Path:
    """Where a network's weights are, or will be."""
    return FOLDER / f"{entry.fingerprint}.safetensors"


def read_model(entry: Entry, data_set: DataSet) -> Model:
    """A trained network."""
    settings = entry.recipe.train
    state = safetensors.numpy.load_file(model_path(entry))
    return Model(
        settings.architecture, data_set.test.shape, data_set.test.classes, state,
        input_range=settings.input_range, width=settings.width, origin=entry.fingerprint,
    )  # fmt: skip


def read_figures(entry: Entry, audits: Sequence[DetectSettings]) -> dict[str, Any]:
    """What is remembered of a network, and of those of the scans that were made."""
    figures: dict[str, Any] = json.loads(_rates_path(entry).read_text())
    figures["scans"] = {
        audit.preset: json.loads(_scan_path(entry, audit).read_text())
        for audit in audits
        if _scan_path(entry, audit).exists()
    }
    return figures


def finish(job: Job[Result]) -> Result:
    """Iterate a Job to its result."""
    while True:
        try:
            next(job)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def works(figures: dict[str, Any]) -> bool:
    """Whether a network's attack succeeds; a clean network has none that could fail."""
    return figures["entry"]["attack"] is None or figures["attack_success"] >= WORKING


@cache
def scan_key(audit: DetectSettings, data: str, architecture: str) -> str:
    """Fingerprint of all that decides what a scan finds beside references, its seed aside."""
    facts: list[Any] = [audit_key(audit), *asdict(steadying.RULE).values()]
    # What is borderline depends on the bounds and the references, and on what is taken out of maps.
    facts += [bounds.RARE, bounds.LEAST_SPREAD]
    facts += [bounds.LIKELY_SCORE, bounds.SUSPICIOUS_SCORE]
    facts += [own_scatter.SLACK, own_scatter.LEAST_NETWORKS, own_scatter.FREEDOM]
    references = find_references(data, architecture, audit)
    if references is not None and references.knows_forms:
        facts += [*mask_forms.WEIGHTS, [one.forms for one in references.networks]]
    if references is not None:
        shares = [[one.pair_elsewhere] if one.pair_elsewhere else [] for one in references.networks]
        facts += [
            [one.mask_l1, one.pair_l1, *more]
            for one, more in zip(references.networks, shares, strict=True)
        ]
    if audit.preset == "map":
        facts += [common_directions.MOST_DIRECTIONS, common_directions.LARGEST_SHARE]
        facts += [pair_logs.SLIGHT, pair_logs.WEIGHT]
        if references is not None and references.pair_places:
            facts += [pair_logs.WEIGHT_OF_PLACE, usual_places.EVEN_SHARE, usual_places.TO_EACH_SIDE]
            facts += [usual_places.MOST_CELLS, references.pair_places]
            facts += [one.pair_familiarity for one in references.networks]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def can_be_scanned(figures: dict[str, Any]) -> bool:
    """Whether a network's scan says anything: it has learned, and its attack succeeds."""
    return works(figures) and bool(figures["clean_accuracy"] >= LEAST_SCANNED)


def _rates_path(entry: Entry) -> Path:
    return FOLDER / f"{entry.fingerprint}.json"


def _scan_path(entry: Entry, audit: DetectSettings) -> Path:
    key = audit_key(audit)
    if entry.is_compared:
        key = scan_key(audit, entry.data, entry.recipe.train.architecture)
    return FOLDER / f"{entry.fingerprint}-{audit.preset}-{key}.json"


def _is_done(entry: Entry, audits: Sequence[DetectSettings]) -> bool:
    if not _rates_path(entry).exists():
        return False
    if not can_be_scanned(json.loads(_rates_path(entry).read_text())):
        return True
    return all(_is_scanned(entry, audit) for audit in audits)


def _is_scanned(entry: Entry, audit: DetectSettings) -> bool:
    """Whether a scan is remembered; one that did not keep all of today's figures is made again."""
    path = _scan_path(entry, audit)
    if not path.exists():
        return False
    found = json.loads(path.read_text())
    return "radii" in found and (audit.preset != "map" or bool(found.get("pair_places")))


def _make_one(entry: Entry, audits: Sequence[DetectSettings]) -> str:
    """Train one network unless that was done, scan it, and say how it came out."""
    compute = prepare(ONE_THREAD, entry.recipe.train.architecture)
    data_set = data.load(entry.data)
    if not _rates_path(entry).exists():
        _train(entry, data_set, compute)
    rates = json.loads(_rates_path(entry).read_text())
    missing = [audit for audit in audits if not _is_scanned(entry, audit)]
    if missing and can_be_scanned(rates):
        model = read_model(entry, data_set)
        network, known = Network.of(model, compute), entry.known(data_set)
        for audit in sorted(missing, key=lambda audit: audit.preset != "map"):
            if _is_scanned(entry, audit):
                continue  # a map has told it
            seeded = audit.model_copy(update={"seed": entry.seed % 2**31})
            usual = None
            if entry.is_compared:
                usual = known_references(data_set, entry.recipe.train, seeded)
            figures = figures_of(finish(scan(model, network, data_set.test, seeded, known, usual)))
            _remember(entry, audit, figures)
    return ", ".join(
        f"{name} {rates[name]:.4f}" for name in ("clean_accuracy", "attack_success", "sham_rate")
    )


def _remember(entry: Entry, audit: DetectSettings, figures: dict[str, Any]) -> None:
    _write(_scan_path(entry, audit), json.dumps(figures).encode())
    if audit.preset == "map":
        standard = audit.model_copy(update={"preset": "standard"})
        _write(_scan_path(entry, standard), json.dumps(classes_of_map(figures)).encode())


def _train(entry: Entry, data_set: DataSet, compute: Compute) -> None:
    """Train a network and write its weights and rates."""
    attack = entry.planted(data_set)
    clean = recipes.prepare(data_set.train, entry.recipe)
    poisoned = finish(poison_job(attack, clean, ONE_THREAD))
    tests = TestImages.under(attack, data_set.test)
    few = tests.first(WATCHED)  # nobody watches the curves here
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    learned = finish(train(poisoned.images, few, samples, entry.recipe.train, compute))
    _write(model_path(entry), learned.model.to_bytes())
    rates = finish(measure(Network.of(learned.model, compute).predict, tests.first(MEASURED)))
    figures = {"entry": entry.facts, "recipe": str(entry.recipe)} | asdict(rates)
    _write(_rates_path(entry), json.dumps(figures).encode())


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_bytes(content)
    temporary.replace(path)
