"""Training throughput of this program against the plain way, on the same machine in one run.

The plain way is torchvision's MNIST with ToTensor, a DataLoader with batches of 128, float32.
Both train the same network for the same number of epochs; each is measured as a whole, so the
loading of each image counts, and the rates on the test images are printed beside the speed.

    python benchmarks/training_throughput.py [--epochs 4] [--threads 0]
"""

import argparse
import lzma
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine import attacks, data, models, triggers  # before torch: it sets how threads wait

# isort: split
import numpy as np
import torch
import torchvision
from torch.utils.data import DataLoader

from engine.compute import prepare, warm_up
from engine.cores import available_cores
from engine.metrics import TestImages
from engine.settings import AttackSettings, ComputeSettings, TrainSettings
from engine.training import Samples, train


def plain_way(folder: Path, epochs: int) -> tuple[float, float]:
    """Seconds and clean accuracy of the usual loop."""
    to_tensor = torchvision.transforms.ToTensor()
    learn = torchvision.datasets.MNIST(folder, train=True, transform=to_tensor)
    test = torchvision.datasets.MNIST(folder, train=False, transform=to_tensor)
    torch.manual_seed(0)
    network = models.build("badnet", (1, 28, 28), 10)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    start = time.perf_counter()
    for _ in range(epochs):
        network.train()
        for images, labels in DataLoader(learn, batch_size=128, shuffle=True):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(images), labels).backward()
            optimizer.step()
    seconds = time.perf_counter() - start
    network.eval()
    with torch.inference_mode():
        hits = sum(
            int((network(images).argmax(1) == labels).sum())
            for images, labels in DataLoader(test, batch_size=1000)
        )
    return seconds, hits / len(test)


def our_way(epochs: int, compute_settings: ComputeSettings) -> tuple[float, float]:
    """Seconds, live measurements included, and clean accuracy of this program's training."""
    compute = prepare(compute_settings)
    data_set = data.load("mnist")
    trigger = triggers.Trigger.empty(data_set.train.shape)
    clean = attacks.poison(data_set.train, trigger, AttackSettings(poison_rate=0.0))
    tests = TestImages.of(data_set.test, trigger, 0)
    samples = Samples(tests.clean[:12], tests.stamped[:12])
    job = train(clean.images, tests, samples, TrainSettings(epochs=epochs), compute)
    while True:
        try:
            next(job)
        except StopIteration as stop:
            return stop.value.seconds, stop.value.rates.clean_accuracy


def write_torchvision_files(folder: Path) -> None:
    """Lay the shipped MNIST out as torchvision expects it, unpacked."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (data.DATASET_FOLDER / "mnist").glob("*.xz"):
        (raw / path.stem).write_bytes(lzma.decompress(path.read_bytes()))


def main() -> None:
    """Measure both, alternating, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    warm_up()
    compute_settings = ComputeSettings(threads=options.threads)
    print(
        f"{available_cores()} cores, load {os.getloadavg()}; {prepare(compute_settings).describe()}"
    )
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        write_torchvision_files(Path(folder))
        for _ in range(options.repeats):
            ours, our_accuracy = our_way(options.epochs, compute_settings)
            plain, plain_accuracy = plain_way(Path(folder), options.epochs)
            images = 60_000 * options.epochs
            for name, seconds, accuracy in (
                ("plain way", plain, plain_accuracy),
                ("ours", ours, our_accuracy),
            ):
                speed = images / seconds
                print(f"{name:9} {seconds:6.1f} s {speed:7.0f} images/s accuracy {accuracy:.4f}")
            ratios.append(plain / ours)
    print(f"ratio: {np.median(ratios):.2f} (median of {len(ratios)})")


if __name__ == "__main__":
    main()
