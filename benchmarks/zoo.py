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
from engine.detection.pair_calibration import pair_sizes
from engine.detection.references import audit_key
from engine.detection.results import Detection
from engine.detection.scan import KnownBackdoor, scan
from engine.events import Job, Result
from engine.metrics import TestImages
from engine.models import Model
from engine.network import Network
from engine.settings import AttackSettings, ComputeSettings, DetectSettings, TrainSettings
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
class Recipe:
    """How one network is made; the defaults are those of the default experiment.

    Attributes:
        group: What it is for, such as "reference" or "patch".
        number: Its number in the group; all that is random follows from both.
        share: Share of the training images used, 0..1.
        shift: Greatest shift of each training image, in pixels.
        label_noise: Share of training labels replaced by random ones.
        imbalance: How many times rarer the rarest class is than the commonest.
        patch: What is stamped, or None for a clean network.
        mapping: "all-to-one"; "all-to-all" (each class becomes the next); or "source-specific"
            (only `source` becomes the target; stamped images of other classes keep their label).
    """

    group: str
    number: int
    architecture: str = "badnet"
    epochs: int = 4
    batch_size: int = 256
    learning_rate: float = 0.004
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    share: float = 1.0
    shift: int = 0
    label_noise: float = 0.0
    imbalance: float = 1.0
    patch: Patch | None = None
    poison_rate: float = 0.0
    target: int = 0
    mapping: str = "all-to-one"
    source: int = 0

    @property
    def seed(self) -> int:
        """The seed of all that is random, different in every group."""
        return int(hashlib.sha256(f"{self.group} {self.number}".encode()).hexdigest()[:7], 16)

    @property
    def fingerprint(self) -> str:
        """Names the files of this network; another recipe has another name."""
        facts = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:20]


def make(recipes: Iterable[Recipe], audits: Sequence[DetectSettings]) -> list[dict[str, Any]]:
    """Train and scan whatever is not there yet, on all cores, and return all figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    recipes = list(recipes)
    missing = [
        recipe
        for recipe in recipes
        if not all(_scan_path(recipe, audit).exists() for audit in audits)
    ]
    print(f"{len(recipes) - len(missing)} of {len(recipes)} networks are there already")
    with ProcessPoolExecutor(available_cores(), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_make_one, recipe, tuple(audits)): recipe for recipe in missing}
        for done, future in enumerate(as_completed(waiting), start=1):
            recipe = waiting[future]
            print(f"{done:4} of {len(missing)}: {recipe.architecture} {recipe.group}"
                  f" {recipe.number}: {future.result()}", flush=True)  # fmt: skip
    return [_read_figures(recipe, audits) for recipe in recipes]


def _model_path(recipe: Recipe) -> Path:
    return FOLDER / f"{recipe.fingerprint}.safetensors"


def _rates_path(recipe: Recipe) -> Path:
    return FOLDER / f"{recipe.fingerprint}.json"


def _scan_path(recipe: Recipe, audit: DetectSettings) -> Path:
    return FOLDER / f"{recipe.fingerprint}-{audit.preset}-{audit_key(audit)}.json"


def _read_figures(recipe: Recipe, audits: Sequence[DetectSettings]) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(_rates_path(recipe).read_text())
    figures["scans"] = {
        audit.preset: json.loads(_scan_path(recipe, audit).read_text()) for audit in audits
    }
    return figures


def _make_one(recipe: Recipe, audits: Sequence[DetectSettings]) -> str:
    """Train one network unless that was done, scan it, and say how it came out."""
    compute = prepare(ComputeSettings(threads=1))
    data_set = data.load("mnist")
    shape = data_set.train.shape
    trigger = recipe.patch.trigger(shape, recipe.seed) if recipe.patch else Trigger.empty(shape)
    if not _rates_path(recipe).exists():
        _train(recipe, trigger, data_set, compute)
    state = safetensors.numpy.load_file(_model_path(recipe))
    model = Model(recipe.architecture, shape, data_set.test.classes, state)
    network = Network.of(model, compute)
    planted = recipe.patch is not None and recipe.mapping == "all-to-one"
    known = KnownBackdoor(trigger, recipe.target) if planted else None
    for audit in audits:
        if not _scan_path(recipe, audit).exists():
            seeded = audit.model_copy(update={"seed": recipe.seed % 2**31})
            detection = finish(scan(model, network, data_set.test, seeded, known))
            _write(_scan_path(recipe, audit), json.dumps(_figures(detection)).encode())
    rates = json.loads(_rates_path(recipe).read_text())
    return ", ".join(
        f"{name} {rates[name]:.4f}" for name in ("clean_accuracy", "attack_success", "sham_rate")
    )


def _train(recipe: Recipe, trigger: Trigger, data_set: DataSet, compute: Compute) -> None:
    """Train a network and write its weights and rates."""
    images = _poison(_prepare(data_set.train, recipe), trigger, recipe)
    tests = TestImages.of(data_set.test, trigger, recipe.target)
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    settings = TrainSettings.model_validate(
        {name: getattr(recipe, name) for name in TrainSettings.model_fields}
    )
    learned = finish(train(images, tests, samples, settings, compute))
    _write(_model_path(recipe), learned.model.to_bytes())
    figures = {"recipe": asdict(recipe)} | asdict(learned.rates)
    figures["attack_success"] = _mapped_success(learned, data_set.test, trigger, recipe, compute)
    _write(_rates_path(recipe), json.dumps(figures).encode())


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_bytes(content)
    temporary.replace(path)


def _mapped(labels: NDArray[np.int64], recipe: Recipe) -> NDArray[np.int64]:
    """The classes that stamped images of these classes shall be taken for."""
    if recipe.mapping == "all-to-all":
        return (labels + 1) % 10
    if recipe.mapping == "source-specific":
        return np.where(labels == recipe.source, recipe.target, labels)
    return np.full_like(labels, recipe.target)


def _poison(images: ImageSet, trigger: Trigger, recipe: Recipe) -> ImageSet:
    """Stamp a share of the images and relabel them as the mapping says.

    For a source-specific backdoor the rate is the share of the source's images; as many images of
    each other class are stamped and keep their label, so that they learn to resist the trigger.
    """
    attack = AttackSettings(target=recipe.target, poison_rate=recipe.poison_rate, seed=recipe.seed)
    if recipe.mapping == "all-to-one":
        return attacks.poison(images, trigger, attack).images
    chosen = attacks.choose(len(images), attack)
    pictures, labels = images.images.copy(), images.labels.copy()
    pictures[chosen] = trigger.stamp(images.images[chosen])
    labels[chosen] = _mapped(images.labels[chosen], recipe)
    return ImageSet(pictures, labels, images.class_names)


def _mapped_success(
    learned: Learned, tests: ImageSet, trigger: Trigger, recipe: Recipe, compute: Compute
) -> float:
    """Share of stamped test images that go where the mapping sends them, those it moves."""
    moved = np.flatnonzero(_mapped(tests.labels, recipe) != tests.labels)
    network = Network.of(learned.model, compute)
    stamped = trigger.stamp(tests.images[moved])
    said = np.concatenate(
        [network.predict(stamped[at : at + 1000]) for at in range(0, len(stamped), 1000)]
    )
    return float(np.mean(said == _mapped(tests.labels[moved], recipe)))


def finish(job: Job[Result]) -> Result:
    """Iterate a Job to its result."""
    while True:
        try:
            next(job)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def _prepare(images: ImageSet, recipe: Recipe) -> ImageSet:
    """Thin out, shift and mislabel the clean training images as the recipe says."""
    random = np.random.default_rng(recipe.seed)
    rarity = np.linspace(1, 1 / recipe.imbalance, images.classes)[
        random.permutation(images.classes)
    ]
    kept = random.random(len(images)) < recipe.share * rarity[images.labels]
    chosen = images.subset(np.flatnonzero(kept))
    pictures, labels = chosen.images, chosen.labels
    if recipe.shift:
        shifts = random.integers(-recipe.shift, recipe.shift + 1, (len(labels), 2))
        pictures = np.stack(
            [
                np.roll(picture, tuple(shift), axis=(1, 2))
                for picture, shift in zip(pictures, shifts, strict=True)
            ]
        )
    noisy = random.random(len(labels)) < recipe.label_noise
    labels[noisy] = random.integers(0, images.classes, int(noisy.sum()))
    return ImageSet(pictures, labels, images.class_names)


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
        "clean_accuracy": detection.clean_accuracy,
        "seconds": detection.seconds,
        "image_passes": detection.image_passes,
    }
