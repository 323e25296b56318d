"""How long a folder of images takes to open: the first time, and again from the cache.

    python benchmarks/image_folder.py [--images 50000] [--pixels 96] [--size 64]

Makes the folder in a temporary place (half PNG, half JPEG, ten classes, pictures of blurred noise
so that they compress like photographs), opens it as the program does, and prints one line each.
The cache goes into the same temporary place. Seconds hold for a quiet machine; those of the
processor, of all threads together, for any.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from PIL import Image, ImageFilter

from engine import data
from engine.cores import available_cores
from engine.data import DataSet
from engine.events import Progress
from engine.settings import DataSettings

CLASSES = 10
DIFFERENT = 500  # pictures made; the folder repeats them under other names


def main() -> None:
    """Make, open, open again, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--pixels", type=int, default=96, help="shorter side of the files")
    parser.add_argument("--size", type=int, default=64, help="side of the decoded images")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = str(Path(place) / "cache")
        folder = Path(place) / "pictures"
        total = make(folder, wanted.images, wanted.pixels)
        print(
            f"{wanted.images:,} files, {total / 1e6:,.0f} MB, {wanted.pixels} pixels and more a"
            f" side, to {wanted.size} x {wanted.size} x 3, {available_cores()} cores"
        )
        settings = DataSettings(name="folder", folder=str(folder), size=wanted.size)
        names = [measure("first", settings), measure("again", settings)]
        assert names[0] == names[1], "the cache holds other images"


def make(folder: Path, images: int, pixels: int) -> int:
    """Write the files; returns their bytes in all."""
    random, total, kinds = np.random.default_rng(0), 0, ("png", "jpg")
    source = folder.parent / "source"
    source.mkdir(parents=True)
    for number in range(min(DIFFERENT, images)):
        noise = random.integers(0, 256, (pixels, pixels * 4 // 3, 3), dtype=np.uint8)
        picture = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2))
        picture.save(source / f"{number}.{kinds[number % 2]}")
    contents = [path.read_bytes() for path in sorted(source.iterdir())]
    endings = [path.suffix for path in sorted(source.iterdir())]
    for label in range(CLASSES):
        (folder / f"class {label}").mkdir(parents=True)
    for number in range(images):
        content, ending = contents[number % len(contents)], endings[number % len(contents)]
        path = folder / f"class {number % CLASSES}" / f"{number:06d}{ending}"
        total += path.write_bytes(content)
    return total


def measure(title: str, settings: DataSettings) -> str:
    """Open the folder and print how long that took; returns the name of what was opened."""
    start, used = time.perf_counter(), time.process_time()
    last = start
    longest, counts = 0.0, 0
    job = data.load_job(settings, afresh=True)
    try:
        while True:
            event = next(job)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
            counts += isinstance(event, Progress)
    except StopIteration as stop:
        opened: DataSet = stop.value
    seconds, used = time.perf_counter() - start, time.process_time() - used
    megabytes = (opened.train.images.nbytes + opened.test.images.nbytes) / 1e6
    print(
        f"{title}: {seconds:.1f} s ({used:.1f} s of processor time),"
        f" {len(opened.train) + len(opened.test):,} images, {megabytes:,.0f} MB in memory,"
        f" {counts:,} counts, longest step {longest * 1000:.0f} ms"
    )
    return opened.name


if __name__ == "__main__":
    main()
