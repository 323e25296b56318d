"""Small folders of images, and the files of small published data sets, made by the tests."""

import gzip
import hashlib
import io
import os
import pickle
import struct
import tarfile
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed, size=(12, 10), mode="RGB", kind="PNG"):
    """The bytes of a picture of random pixels, width x height."""
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], *channels), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def folder_of_images(path, counts, *, kind="PNG", size=(12, 10)):
    """A folder with one subfolder for each class, `counts` images in each; returns it."""
    for number, (name, count) in enumerate(counts.items()):
        (path / name).mkdir(parents=True)
        for index in range(count):
            content = picture(1000 * number + index, size, kind=kind)
            (path / name / f"{index:03d}.{kind.lower()}").write_bytes(content)
    return path


def png_header(width, height):
    """A PNG of a size whose pixels, were they there, would take much memory."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def published(publication, folder, contents):
    """Write files, and return the publication with their checksums and no packaged place."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for file in publication.files:
        content = contents[file.name]
        (folder / file.name).write_bytes(content)
        md5 = hashlib.md5(content).hexdigest()
        files.append(replace(file, md5=md5, size=len(content), repacked=""))
    return replace(publication, files=tuple(files), packaged="")


def idx_files(shapes, seed=0):
    """The four packed files of a relative of MNIST with so many entries."""
    random = np.random.default_rng(seed)
    contents = {}
    for name, shape in shapes.items():
        values = random.integers(0, 256 if len(shape) == 3 else 10, shape, np.uint8)
        header = struct.pack(f">I{len(shape)}I", 2048 + len(shape), *shape)
        contents[f"{name}.gz"] = gzip.compress(header + values.tobytes(), 1)
    return contents


def cifar_archive(images):
    """cifar-10-python.tar.gz with so many images a batch; and its members by name."""
    random = np.random.default_rng(0)
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    members = {}
    for name in names:
        batch = {
            "data": random.integers(0, 256, (images, 3072), np.uint8),
            "labels": random.integers(0, 10, images).tolist(),
        }
        members[name] = pickle.dumps(batch, 2)
    members["batches.meta"] = pickle.dumps({"label_names": list("abcdefghij")}, 2)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            about = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return buffer.getvalue(), members


def gtsrb_archives(train, test):
    """The three archives of GTSRB with signs of several sizes; and their classes in order."""
    random = np.random.default_rng(0)

    def sign():
        buffer = io.BytesIO()
        size = random.integers(15, 60, 2).tolist()
        Image.fromarray(random.integers(0, 256, (*size, 3), np.uint8)).save(buffer, "PPM")
        return buffer.getvalue()

    def zipped(members):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    classes = random.integers(0, 43, test).tolist()
    rows = [f"{index:05d}.ppm;1;1;0;0;1;1;{label}" for index, label in enumerate(classes)]
    head = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"
    training = {f"GTSRB/Training/{n % 43:05d}/{n:05d}.ppm": sign() for n in range(train)}
    tests = {f"GTSRB/Final_Test/Images/{index:05d}.ppm": sign() for index in range(test)}
    contents = {
        "GTSRB-Training_fixed.zip": zipped({"GTSRB/": "", **training}),
        "GTSRB_Final_Test_Images.zip": zipped(tests),
        "GTSRB_Final_Test_GT.zip": zipped({"GT-final_test.csv": "\n".join([head, *rows])}),
    }
    return contents, classes


def pipe(path: Path):
    """A pipe without a writer: who opens it to read waits for ever."""
    os.mkfifo(path)
    return path
