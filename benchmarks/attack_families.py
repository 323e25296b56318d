"""How well each attack works: success, sham, clean accuracy, by family and mapping, on MNIST.

Writes docs/attacks.md. Each row is one `badnet` by the default recipe, on the default settings of
its family unless the row names others; what was measured is kept in build/attacks, so that a
stopped run goes on where it was. From the repository's folder:

    OMP_NUM_THREADS=1 python benchmarks/attack_families.py
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from benchmarks.zoo import finish
from engine import attacks, data, triggers
from engine.attacks import FAMILIES
from engine.compute import prepare
from engine.data import DataSet
from engine.metrics import TestImages, percent
from engine.network import Network
from engine.poisoning import poison_job
from engine.settings import AttackSettings, ComputeSettings, TrainSettings
from engine.training import Samples, train

ROOT = Path(__file__).parent.parent
KEPT, PAGE = ROOT / "build" / "attacks", ROOT / "docs" / "attacks.md"
COMPUTE = ComputeSettings(device="cpu", precision="float32", threads=1)
DEFAULT_EPOCHS = TrainSettings().epochs
MOST_LOST = 0.005  # of clean accuracy, against the clean network


@dataclass(frozen=True)
class Row:
    """One network: its name in the table, its attack, and what it must reach."""

    name: str
    attack: dict[str, Any]
    trigger: str = "white-3x3"
    least: float | None = None
    most_bystanders: float | None = None
    versions: int = field(default=1)  # raised when an attack's code changes what it makes
    epochs: int = DEFAULT_EPOCHS

    @property
    def settings(self) -> AttackSettings:
        """The attack's settings."""
        return AttackSettings.model_validate(self.attack)

    @property
    def fingerprint(self) -> str:
        """Names the file of what was measured; other settings have another name."""
        row = asdict(self)
        if self.epochs == DEFAULT_EPOCHS:
            del row["epochs"]
        facts = json.dumps([row, self.settings.model_dump(mode="json")], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:20]


def _rows() -> Iterator[Row]:
    yield Row("no attack", {"poison_rate": 0.0})
    yield Row("patch, white 3x3", {}, least=0.99)
    yield Row("single pixel", {}, "single-pixel")
    yield Row("single pixel, 8 epochs", {}, "single-pixel", epochs=8)
    yield Row("pixel pattern", {}, "pixel-pattern", least=0.99)
    yield Row("patch, random place", {"placement": "random"})
    yield Row("patch, random place, 8 epochs", {"placement": "random"}, epochs=8)
    yield Row("patch, four places", {"placement": "several"})
    yield Row("blended noise, 20 %", {"family": "blended"}, least=0.99)
    yield Row("blended rings, 20 %", {"family": "blended", "picture": "rings"})
    yield Row("sinusoidal (SIG)", {"family": "sig"}, least=0.9)
    yield Row("warping (WaNet)", {"family": "wanet"}, least=0.99)
    for family in ("patch", "blended", "wanet"):
        title = FAMILIES[family].title.lower()
        both = {"family": family}
        yield Row(f"{title}, all to all", {**both, "mapping": "all-to-all"}, least=0.95)
        yield Row(
            f"{title}, source-specific 1 to 7",
            {**both, "mapping": "source-specific", "sources": (1,), "target": 7},
            least=0.95, most_bystanders=0.05,
        )  # fmt: skip
        yield Row(f"{title}, two targets", {**both, "mapping": "two-targets"}, least=0.95)
    yield Row("sinusoidal, two targets", {"family": "sig", "mapping": "two-targets"})
    yield Row(
        "label-consistent, 5x5 in four corners",
        {"family": "label_consistent", "placement": "several"}, "checkerboard-5x5",
    )  # fmt: skip


def _measure(row: Row, data_set: DataSet) -> dict[str, Any]:
    """Train a network and measure it, unless that was done; figures as in the table."""
    kept = KEPT / f"{row.fingerprint}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    drawn = triggers.preset(row.trigger, data_set.shape)
    attack = attacks.check_attack(row.settings, drawn, data_set.train)
    start = time.perf_counter()
    poisoned = finish(poison_job(attack, data_set.train, COMPUTE))
    seconds = time.perf_counter() - start
    tests = TestImages.under(attack, data_set.test)
    compute = prepare(COMPUTE)
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    settings = TrainSettings(epochs=row.epochs)
    learned = finish(train(poisoned.images, tests, samples, settings, compute))
    figures = {**asdict(learned.rates), "poisoning_seconds": seconds}
    figures["on_clean_network"] = _on_clean_network(tests)
    if row.name == "no attack":
        (KEPT / "clean.safetensors").write_bytes(learned.model.to_bytes())
    kept.write_text(json.dumps(figures))
    return figures


def _on_clean_network(tests: TestImages) -> float | None:
    """How often the same trigger does the same to a network that never learned it."""
    path = KEPT / "clean.safetensors"
    if not path.exists():
        return None
    from engine.model_saving import load_job

    network = Network.of(finish(load_job(path)), prepare(COMPUTE))
    return float(np.mean(network.predict(tests.stamped) == tests.wanted))


def _met(row: Row, figures: dict[str, Any], clean: float) -> str:
    """Whether a row reaches what it must, "" where nothing is asked."""
    asked = [] if row.least is None else [figures["attack_success"] >= row.least]
    if row.least is not None:
        asked.append(figures["clean_accuracy"] >= clean - MOST_LOST)
    if row.most_bystanders is not None:
        asked.append(figures["bystander_rate"] <= row.most_bystanders)
    return "" if not asked else "yes" if all(asked) else "**no**"


def _line(row: Row, figures: dict[str, Any], clean: float) -> str:
    def share(value: float | None) -> str:
        return "" if value is None else percent(value)

    target = "" if row.least is None else f"{row.least:.0%}".replace("%", " %")
    cells = (
        row.name, share(figures["attack_success"]), target, share(figures["sham_rate"]),
        share(figures["on_clean_network"]), share(figures["bystander_rate"]),
        share(figures["clean_accuracy"]), f"{100 * (figures['clean_accuracy'] - clean):+.2f}",
        _met(row, figures, clean),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


HEAD = """# How well each attack works

Made by `OMP_NUM_THREADS=1 python benchmarks/attack_families.py`. MNIST, one `badnet` a row by the
default recipe (4 epochs over 60,000 images unless the row says more; seed 0, float32, one thread),
on the defaults of each family: {defaults}. Rates are measured on the 10,000 test images.

- *Success* counts test images that the attack means to move and that go where it wants them: never
  those of the target class, and of a source-specific attack only those of its sources.
- *Sham* is the same through the same code with a trigger of no strength.
- *On a clean network* is the same trigger on the network of the first row, which never learned it.
  What a trigger does there is not the backdoor's work but plain damage to the image.
- *Others* is, of source-specific attacks, how many images of all other classes follow as well.
- *Change* is that of clean accuracy against the first row, in percentage points; at most half a
  point may be lost.

| attack | success | wanted | sham | on a clean network | others | clean accuracy | change | met |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
"""
DEFAULTS = (
    ("poison_rate", "poison rate"), ("cover_rate", "cover images"), ("blend_ratio", "blend ratio"),
    ("target_share", "share of the target class"), ("amplitude", "waves in training"),
    ("test_amplitude", "waves at test"), ("frequency", "their number"),
    ("warp_strength", "warp"), ("noise_rate", "other warps"), ("perturbation", "perturbation"),
)  # fmt: skip


def _describe_defaults() -> str:
    defaults = AttackSettings()
    words = []
    for name, title in DEFAULTS:
        extra = AttackSettings.model_fields[name].json_schema_extra
        assert isinstance(extra, dict)
        value = getattr(defaults, name)
        shown = f"{100 * value:g} %" if extra["shown_as"] == "percent" else f"{value:g}"
        unit = "" if extra["shown_as"] == "percent" else f" {extra['unit']}".rstrip()
        words.append(f"{title} {shown}{unit}")
    return ", ".join(words)


def main() -> None:
    """Measure what is missing, and write the page anew after each row."""
    KEPT.mkdir(parents=True, exist_ok=True)
    data_set = data.load("mnist")
    rows = list(_rows())
    figures: dict[str, dict[str, Any]] = {}
    # What must be reached comes first, right after the clean network that it is compared with.
    for row in sorted(rows, key=lambda row: (row.name != rows[0].name, row.least is None)):
        figures[row.name] = _measure(row, data_set)
        clean = figures[rows[0].name]["clean_accuracy"]
        print(_line(row, figures[row.name], clean), flush=True)
        lines = [_line(one, figures[one.name], clean) for one in rows if one.name in figures]
        PAGE.write_text(HEAD.format(defaults=_describe_defaults()) + "\n".join(lines) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
