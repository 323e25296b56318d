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
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from engine import attacks, data
from engine.compute import Compute, prepare
from engine.cores import available_cores
from engine.data import DataSet, ImageSet
from engine.detection import recipes
from engine.detection.pair_calibration import pair_sizes
from engine.detection.recipes import Recipe
from engine.detection.references import audit_key
from engine.detection.results import Detection, FoundTrigger
from engine.detection.scan import KnownBackdoor, scan
from engine.events import Job, Result
from engine.metrics import TestImages
from engine.models import Model
from engine.network import Network
from engine.settings import AttackSettings, ComputeSettings, DetectSettings
from engine.training import Learned, Samples, train
from engine.triggers import Trigger

FOLDER = Path(__file__).parent.parent / "build" / "zoo"


@dataclass(frozen=True)
class Patch:
    """A square patch.

    Attributes:
        side: Its side, in pixels.
        look: "white", "grey" or "random".
        place: "corner", "edge", "centre" or "anywhere".
        opacity: 0..1.
    """

    side: int
    look: str = "white"
    place: str = "corner"
    opacity: float = 1.0

    def trigger(self, shape: tuple[int, int, int], seed: int) -> Trigger:
        """Build it; the seed decides what is random about it."""
        random = np.random.default_rng((seed, 77))
        rows, columns = shape[1] - self.side, shape[2] - self.side
        top, left = {
            "corner": (rows, columns),
            "edge": (rows // 2, columns),
            "centre": (rows // 2, columns // 2),
            "anywhere": (int(random.integers(rows + 1)), int(random.integers(columns + 1))),
        }[self.place]
        trigger = Trigger.empty(shape)
        area = (slice(top, top + self.side), slice(left, left + self.side))
        trigger.mask[area] = self.opacity
        values = {"white": 1.0, "grey": 0.5, "random": random.random((self.side, self.side))}
        trigger.pattern[:, area[0], area[1]] = values[self.look]
        return trigger


@dataclass(frozen=True)
class Entry:
    """One network: its recipe, and the backdoor that is planted in it.

    Attributes:
        group: What it is for, such as "reference" or "patch".
        number: Its number in the group; all that is random follows from both.
        recipe: How it is trained.
        patch: What is stamped, or None for a clean network.
        poison_rate: Share of the training images that are stamped, 0..1.
        target: The class that stamped images shall be taken for.
        mapping: "all-to-one"; "all-to-all" (each class becomes the next); or "source-specific"
            (only `source` becomes the target; stamped images of other classes keep their label).
        source: The only class that a source-specific backdoor moves.
    """

    group: str
    number: int
    recipe: Recipe
    patch: Patch | None = None
    poison_rate: float = 0.0
    target: int = 0
    mapping: str = "all-to-one"
    source: int = 0

    @property
    def seed(self) -> int:
        """The seed of all that is random, different in every group."""
        return seed_of(self.group) + self.number

    @property
    def facts(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(replace(self, recipe=None)) | {
            "recipe": self.recipe.model_dump(exclude_defaults=True)
        }  # type: ignore[arg-type]

    @property
    def fingerprint(self) -> str:
        """Names the files of this network; another recipe has another name."""
        return hashlib.sha256(json.dumps(self.facts, sort_keys=True).encode()).hexdigest()[:20]


def seed_of(group: str) -> int:
    """The seed of a group's recipes; its networks' own seeds follow it."""
    return int(hashlib.sha256(group.encode()).hexdigest()[:6], 16) * 64


def make(entries: Iterable[Entry], audits: Sequence[DetectSettings]) -> list[dict[str, Any]]:
    """Train and scan whatever is not there yet, on all cores, and return all figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    entries = list(entries)
    missing = [
        entry for entry in entries if not all(_scan_path(entry, audit).exists() for audit in audits)
    ]
    print(f"{len(entries) - len(missing)} of {len(entries)} networks are there already")
    with ProcessPoolExecutor(available_cores(), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_make_one, entry, tuple(audits)): entry for entry in missing}
        for done, future in enumerate(as_completed(waiting), start=1):
            entry = waiting[future]
            print(f"{done:4} of {len(missing)}: {entry.recipe.train.architecture} {entry.group}"
                  f" {entry.number}: {future.result()}", flush=True)  # fmt: skip
    return [read_figures(entry, audits) for entry in entries]


def _model_path(entry: Entry) -> Path:
    return FOLDER / f"{entry.fingerprint}.safetensors"


def _rates_path(entry: Entry) -> Path:
    return FOLDER / f"{entry.fingerprint}.json"


def _scan_path(entry: Entry, audit: DetectSettings) -> Path:
    return FOLDER / f"{entry.fingerprint}-{audit.preset}-{audit_key(audit)}.json"


def read_figures(entry: Entry, audits: Sequence[DetectSettings]) -> dict[str, Any]:
    """What is remembered of a network, and of those of the scans that were made."""
    figures: dict[str, Any] = json.loads(_rates_path(entry).read_text())
    figures["scans"] = {
        audit.preset: json.loads(_scan_path(entry, audit).read_text())
        for audit in audits
        if _scan_path(entry, audit).exists()
    }
    return figures


def _make_one(entry: Entry, audits: Sequence[DetectSettings]) -> str:
    """Train one network unless that was done, scan it, and say how it came out."""
    compute = prepare(ComputeSettings(threads=1))
    data_set = data.load("mnist")
    shape = data_set.train.shape
    trigger = entry.patch.trigger(shape, entry.seed) if entry.patch else Trigger.empty(shape)
    if not _rates_path(entry).exists():
        _train(entry, trigger, data_set, compute)
    state = safetensors.numpy.load_file(_model_path(entry))
    settings = entry.recipe.train
    model = Model(
        settings.architecture, shape, data_set.test.classes, state,
        input_range=settings.input_range, width=settings.width,
    )  # fmt: skip
    network = Network.of(model, compute)
    planted = entry.patch is not None and entry.mapping == "all-to-one"
    known = KnownBackdoor(trigger, entry.target) if planted else None
    for audit in audits:
        if not _scan_path(entry, audit).exists():
            seeded = audit.model_copy(update={"seed": entry.seed % 2**31})
            detection = finish(scan(model, network, data_set.test, seeded, known))
            _write(_scan_path(entry, audit), json.dumps(_figures(detection)).encode())
    rates = json.loads(_rates_path(entry).read_text())
    return ", ".join(
        f"{name} {rates[name]:.4f}" for name in ("clean_accuracy", "attack_success", "sham_rate")
    )


def _train(entry: Entry, trigger: Trigger, data_set: DataSet, compute: Compute) -> None:
    """Train a network and write its weights and rates."""
    images = _poison(recipes.prepare(data_set.train, entry.recipe), trigger, entry)
    tests = TestImages.of(data_set.test, trigger, entry.target)
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    learned = finish(train(images, tests, samples, entry.recipe.train, compute))
    _write(_model_path(entry), learned.model.to_bytes())
    figures = {"entry": entry.facts, "recipe": str(entry.recipe)} | asdict(learned.rates)
    figures["attack_success"] = _mapped_success(learned, data_set.test, trigger, entry, compute)
    _write(_rates_path(entry), json.dumps(figures).encode())


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_bytes(content)
    temporary.replace(path)


def _mapped(labels: NDArray[np.int64], entry: Entry) -> NDArray[np.int64]:
    """The classes that stamped images of these classes shall be taken for."""
    if entry.mapping == "all-to-all":
        return (labels + 1) % 10
    if entry.mapping == "source-specific":
        return np.where(labels == entry.source, entry.target, labels)
    return np.full_like(labels, entry.target)


def _poison(images: ImageSet, trigger: Trigger, entry: Entry) -> ImageSet:
    """Stamp a share of the images and relabel them as the mapping says.

    For a source-specific backdoor the rate is the share of the source's images; as many images of
    each other class are stamped and keep their label, so that they learn to resist the trigger.
    """
    attack = AttackSettings(target=entry.target, poison_rate=entry.poison_rate, seed=entry.seed)
    if entry.mapping == "all-to-one":
        return attacks.poison(images, trigger, attack).images
    chosen = attacks.choose(len(images), attack)
    pictures, labels = images.images.copy(), images.labels.copy()
    pictures[chosen] = trigger.stamp(images.images[chosen])
    labels[chosen] = _mapped(images.labels[chosen], entry)
    return ImageSet(pictures, labels, images.class_names)


def _mapped_success(
    learned: Learned, tests: ImageSet, trigger: Trigger, entry: Entry, compute: Compute
) -> float:
    """Share of stamped test images that go where the mapping sends them, those it moves."""
    moved = np.flatnonzero(_mapped(tests.labels, entry) != tests.labels)
    network = Network.of(learned.model, compute)
    stamped = trigger.stamp(tests.images[moved])
    said = np.concatenate(
        [network.predict(stamped[at : at + 1000]) for at in range(0, len(stamped), 1000)]
    )
    return float(np.mean(said == _mapped(tests.labels[moved], entry)))


def finish(job: Job[Result]) -> Result:
    """Iterate a Job to its result."""
    while True:
        try:
            next(job)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def _figures(detection: Detection) -> dict[str, Any]:
    """What of a scan is remembered."""
    pairs = detection.pair_map
    return {
        "pair_l1": [] if pairs is None else np.exp(pair_sizes(pairs)).tolist(),
        "mask_l1": [found.mask_l1 for found in detection.classes],
        "converged": [found.converged for found in detection.classes],
        "success": [found.success for found in detection.classes],
        "anomaly_index": [found.anomaly_index for found in detection.classes],
        "iou": [found.iou for found in detection.classes],
        "hard_pixels": [_whole(found, "pixels") for found in detection.classes],
        "hard_success": [_whole(found, "success") for found in detection.classes],
        "pair_success": [] if pairs is None or pairs.success is None else _off(pairs.success),
        "clean_accuracy": detection.clean_accuracy,
        "seconds": detection.seconds,
        "image_passes": detection.image_passes,
    }


def _whole(found: FoundTrigger, name: str) -> float | None:
    """The number of pixels or the success of a class's hard trigger; None where it has none."""
    if found.hard is None:
        return None
    return float(found.hard.trigger.pixels if name == "pixels" else found.hard.success)


def _off(square: NDArray[np.float32]) -> list[float | None]:
    """The entries off the diagonal, row by row; None for what was not measured."""
    apart = square[~np.eye(len(square), dtype=np.bool_)]
    return [None if np.isnan(value) else float(value) for value in apart]
