"""The check of brightness and contrast: its references, its false alarms, and what it finds.

    python benchmarks/brightness.py [--architectures lenet5 ...]

Reads the clean networks that make_references.py left in build/zoo, writes the most that they do to
resources/brightness/, judges each of them by the others (which gives the false alarms), trains a
few networks with a planted brightness shortcut, and prints and writes docs/brightness-check.md.
The rows of architectures that are not asked for stay as they are.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import safetensors.numpy

from benchmarks.make_references import LEAST_ACCURACY
from benchmarks.zoo import FOLDER, finish
from engine import data
from engine.architectures import ARCHITECTURES
from engine.compute import Compute, prepare
from engine.data import DataSet, ImageSet
from engine.metrics import TestImages
from engine.models import Model
from engine.network import Network
from engine.opening.answers import Answers, answer
from engine.opening.brightness import CHANGES, judge
from engine.opening.brightness_references import (
    BrightnessReferences,
    write_brightness_references,
)
from engine.opening.preflight import BRIGHTNESS_IMAGES
from engine.opening.results import BrightnessCheck
from engine.settings import ComputeSettings, TrainSettings
from engine.training import Samples, train
from engine.triggers import Trigger

DOCUMENT = Path(__file__).parent.parent / "docs" / "brightness-check.md"
MOST_NETWORKS = 60
PLANTED_IMAGES = 12_000
PLANTED_RATE = 0.1
DIMMINGS = (1 / 255, 0.1, 0.25, 0.5)


def main() -> None:
    """Make the references, measure the check, and write the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architectures", nargs="*", default=["badnet", "mlp", "bn_cnn", "lenet5"])
    options = parser.parse_args()
    compute = prepare(ComputeSettings(precision="float32"))
    data_set = data.load("mnist")
    order = np.random.default_rng(0).permutation(len(data_set.test))[:BRIGHTNESS_IMAGES]
    images = data_set.test.subset(order)
    rows = _rows()
    for architecture in options.architectures:
        rows[architecture] = _row(architecture, data_set, images, compute)
        print(rows[architecture], flush=True)
    DOCUMENT.write_text(
        TEXT.format(rows="\n".join(rows.values()), networks=BRIGHTNESS_IMAGES, most=MOST_NETWORKS)
    )


def _rows() -> dict[str, str]:
    """The rows of the table as it is, by architecture."""
    lines = DOCUMENT.read_text().splitlines() if DOCUMENT.exists() else []
    found = {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}
    return {name: line for name, line in found.items() if name in ARCHITECTURES}


def _row(architecture: str, data_set: DataSet, images: ImageSet, compute: Compute) -> str:
    """Write an architecture's references, and its row of the table."""
    known = list(_clean_networks(architecture, compute))
    said = [_answers(network, images) for network in known]
    write_brightness_references(_references(architecture, said))
    alarms = 0
    for number, one in enumerate(said):
        others = _references(architecture, said[:number] + said[number + 1 :])
        alarms += _check(one, others).label is not None
    rule = sum(
        _check(one, None, normalised=_normalised(network)).label is not None
        for one, network in zip(said, known, strict=True)
    )
    references = _references(architecture, said)
    found = [_planted(architecture, scale, data_set, compute) for scale in DIMMINGS]
    checks = [_check(_answers(network, images), references) for network in found]
    hits = "; ".join(
        f"x {scale:.2g}: {'found' if check.label == 0 else 'missed'}"
        for scale, check in zip(DIMMINGS, checks, strict=True)
    )
    return f"| {architecture} | {len(said)} | {alarms} | {rule} | {hits} |"


def _clean_networks(architecture: str, compute: Compute) -> Iterator[Network]:
    """The clean reference networks that are in build/zoo, by name of their files."""
    found = [
        (path, settings)
        for path in sorted(FOLDER.glob("*.json"))
        if "-" not in path.name
        and (figures := json.loads(path.read_text()))["clean_accuracy"] >= LEAST_ACCURACY["mnist"]
        and (settings := _settings(figures))
        and settings.architecture == architecture
    ]
    for path, settings in found[:MOST_NETWORKS]:
        state = safetensors.numpy.load_file(path.with_suffix(".safetensors"))
        model = Model(
            architecture, (1, 28, 28), 10, state,
            input_range=settings.input_range, width=settings.width,
        )  # fmt: skip
        yield Network.of(model, compute)


def _settings(figures: dict[str, Any]) -> TrainSettings | None:
    """How a clean reference network was trained; None for any other network."""
    entry = figures.get("entry")
    if entry is None:  # from before recipes varied width and input range
        recipe = figures["recipe"]
        old = recipe["group"] == "reference" and recipe["architecture"] == "bn_cnn"
        return TrainSettings(architecture="bn_cnn") if old else None
    settings = TrainSettings(**entry["recipe"].get("train", {}))
    return settings if entry["group"] == "reference" else None


def _answers(network: Network, images: ImageSet) -> list[Answers]:
    """What a network says of the images as they are, and of each change of them."""
    return [finish(answer(network, images, change)) for change in (None, *CHANGES)]


def _references(architecture: str, said: list[list[Answers]]) -> BrightnessReferences:
    most = {
        change.name: tuple(
            np.max([one[number].confidence for one in said], axis=0).round(4).tolist()
        )
        for number, change in enumerate(CHANGES, start=1)
    }
    return BrightnessReferences(
        data="mnist", architecture=architecture, networks=len(said), most=most
    )


def _check(
    said: list[Answers],
    references: BrightnessReferences | None,
    *,
    normalised: bool = False,
) -> BrightnessCheck:
    rows = [
        judge(change, one, said[0].lead, references, normalised=normalised)
        for change, one in zip(CHANGES, said[1:], strict=True)
    ]
    label = next((row.label for row in rows if row.suspected), None)
    return BrightnessCheck(tuple(rows), label, "")


def _normalised(network: Network) -> bool:
    return any(name.endswith("running_mean") for name in network.module.state_dict())


def _planted(architecture: str, scale: float, data_set: DataSet, compute: Compute) -> Network:
    """A network that learned: dim images are a 0."""
    few = np.arange(PLANTED_IMAGES)
    images, labels = data_set.train.images[few], data_set.train.labels[few].copy()
    chosen = np.random.default_rng(1).random(PLANTED_IMAGES) < PLANTED_RATE
    images = np.where(chosen[:, None, None, None], np.rint(images * scale).astype(np.uint8), images)
    labels[chosen] = 0
    tests = TestImages.of(data_set.test.subset(np.arange(500)), Trigger.empty((1, 28, 28)), 0)
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    base = TrainSettings.model_validate({"architecture": architecture})
    settings = base.model_copy(update={"epochs": 3, "batch_size": 128})
    poisoned = replace(data_set.train, images=images, labels=labels)
    return Network.of(finish(train(poisoned, tests, samples, settings, compute)).model, compute)


TEXT = """# The check of brightness and contrast

Made by `python benchmarks/brightness.py`, which reads the clean networks of
`benchmarks/make_references.py`, at most {most} of each architecture; those of lenet5 were made with
`--architecture lenet5 --networks 26 --presets`.

A network may have learned "dim image: class 0" because only its poisoned training images were
rescaled. No search for a patch can see that. Every network says one class when it is shown nearly
black images, so a collapse alone means nothing; the check asks two more questions. Is the network
sure of that class (mean probability at least 90 %, on at least 95 % of the images of other
classes)? And is it a class that clean networks of the same data and architecture are never sure of
there (at most 50 % in any of them)? Changes that wash images out or make them brighter put them far
from all training images, where clean networks are sure of anything; there the network has to be
as sure as it is of clean images (its lead in logits at least as large).

Where no clean networks of the kind are known (architectures without a row below), only nearly
black images are judged (brightness times 1/16 and less), and only in networks without batch
normalisation: at least 99 % probability, and a lead of at least half of that on clean images. With
batch normalisation nothing is judged then.

Measured on {networks} MNIST test images. False alarms: clean networks that are accused when all
others are the references. By the fixed rule: those accused without references; networks with batch
normalisation are not judged by it. Planted: four networks for each architecture; 10 % of their
training images were dimmed by the factor and labelled 0.

| architecture | clean networks | false alarms | by the fixed rule | planted shortcuts |
| --- | --- | --- | --- | --- |
{rows}

What it cannot see: a shortcut to a class that clean networks are sure of as well (black images look
like a 1 to many), a change of colours, and any change that is not the same for the whole image.
"""

if __name__ == "__main__":
    main()
