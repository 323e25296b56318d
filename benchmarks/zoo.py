"""Networks trained by recipe, scanned, and remembered: what references and benchmarks are made of.

Each network is trained and scanned in a process of its own with one thread. Its figures go to a
file named by a fingerprint of the recipe, so that a stopped run goes on where it was.
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

from engine import attacks, data
from engine.compute import available_cores, prepare
from engine.data import ImageSet
from engine.detection.references import audit_key
from engine.detection.results import Detection
from engine.detection.scan import KnownBackdoor, scan
from engine.events import Job, Result
from engine.metrics import TestImages
from engine.network import Network
from engine.settings import AttackSettings, ComputeSettings, DetectSettings, TrainSettings
from engine.training import Samples, train
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

    @property
    def seed(self) -> int:
        """The seed of all that is random, different in every group."""
        return int(hashlib.sha256(f"{self.group} {self.number}".encode()).hexdigest()[:7], 16)

    def fingerprint(self, audits: Sequence[DetectSettings]) -> str:
        """Names the file of its figures; another recipe or audit has another name."""
        facts = {"recipe": asdict(self), "audits": [audit_key(audit) for audit in audits]}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]


def make(recipes: Iterable[Recipe], audits: Sequence[DetectSettings]) -> list[dict[str, Any]]:
    """Train and scan whatever is not there yet, on all cores, and return all figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    recipes = list(recipes)
    paths = {recipe: FOLDER / f"{recipe.fingerprint(audits)}.json" for recipe in recipes}
    missing = [recipe for recipe in recipes if not paths[recipe].exists()]
    print(f"{len(recipes) - len(missing)} of {len(recipes)} networks are there already")
    with ProcessPoolExecutor(available_cores(), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_make_one, recipe, tuple(audits)): recipe for recipe in missing}
        for done, future in enumerate(as_completed(waiting), start=1):
            figures, recipe = future.result(), waiting[future]
            temporary = paths[recipe].with_suffix(".part")
            temporary.write_text(json.dumps(figures))
            temporary.replace(paths[recipe])
            print(
                f"{done:4} of {len(missing)}: {recipe.architecture} {recipe.group}"
                f" {recipe.number}: clean accuracy {figures['clean_accuracy']:.4f}, attack success"
                f" {figures['attack_success']:.3f}",
                flush=True,
            )
    return [json.loads(paths[recipe].read_text()) for recipe in recipes]


def _make_one(recipe: Recipe, audits: Sequence[DetectSettings]) -> dict[str, Any]:
    """Train and scan one network, in this process."""
    compute = prepare(ComputeSettings(threads=1))
    data_set = data.load("mnist")
    shape = data_set.train.shape
    trigger = recipe.patch.trigger(shape, recipe.seed) if recipe.patch else Trigger.empty(shape)
    attack = AttackSettings(target=recipe.target, poison_rate=recipe.poison_rate, seed=recipe.seed)
    images = attacks.poison(_prepare(data_set.train, recipe), trigger, attack).images
    tests = TestImages.of(data_set.test, trigger, recipe.target)
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    settings = TrainSettings.model_validate(
        {name: getattr(recipe, name) for name in TrainSettings.model_fields}
    )
    learned = finish(train(images, tests, samples, settings, compute))
    network = Network.of(learned.model, compute)
    known = KnownBackdoor(trigger, recipe.target) if recipe.patch else None
    scans = {
        audit.preset: _figures(
            finish(scan(learned.model, network, data_set.test, _seeded(audit, recipe), known))
        )
        for audit in audits
    }
    return {
        "recipe": asdict(recipe),
        "clean_accuracy": learned.rates.clean_accuracy,
        "attack_success": learned.rates.attack_success if recipe.patch else 0.0,
        "sham_rate": learned.rates.sham_rate,
        "scans": scans,
    }


def finish(job: Job[Result]) -> Result:
    """Iterate a Job to its result."""
    while True:
        try:
            next(job)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def _seeded(audit: DetectSettings, recipe: Recipe) -> DetectSettings:
    return audit.model_copy(update={"seed": recipe.seed})


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
    return {
        "mask_l1": [found.mask_l1 for found in detection.classes],
        "converged": [found.converged for found in detection.classes],
        "success": [found.success for found in detection.classes],
        "anomaly_index": [found.anomaly_index for found in detection.classes],
        "iou": [found.iou for found in detection.classes],
        "clean_accuracy": detection.clean_accuracy,
        "seconds": detection.seconds,
        "image_passes": detection.image_passes,
    }
