"""Published data sets: downloaded or taken from a folder, checked, and read; offline, with small
files in place of the real ones."""

import hashlib
import http.server
import io
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torchvision
from pictures_made import cifar_archive, folder_of_images, gtsrb_archives, idx_files, published
from toys import outcome

from engine import data
from engine.data import fetching, publications, published_sets
from engine.data.published import data_root
from engine.errors import EngineError
from engine.events import Progress, StopRequested
from engine.settings import DataSettings

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
SHAPES = {
    "train-images-idx3-ubyte": (40, 28, 28),
    "train-labels-idx1-ubyte": (40,),
    "t10k-images-idx3-ubyte": (20, 28, 28),
    "t10k-labels-idx1-ubyte": (20,),
}


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def use(monkeypatch, publication):
    """Let this publication stand for the real one of its name everywhere."""
    monkeypatch.setitem(publications.PUBLICATIONS, publication.name, publication)
    constant = publication.name.replace("-", "_").upper()
    for module in ("publications", "published_sets", "sources", "gtsrb"):
        monkeypatch.setattr(f"engine.data.{module}.{constant}", publication, raising=False)
    return publication


@pytest.fixture
def kmnist(tmp_path, monkeypatch):
    """KMNIST with forty images, whose files lie in a folder as torchvision keeps them."""
    monkeypatch.setattr("engine.data.idx.IDX_FILES", SHAPES)
    folder = tmp_path / "given" / "KMNIST" / "raw"
    return use(monkeypatch, published(publications.KMNIST, folder, idx_files(SHAPES)))


@pytest.fixture
def given(tmp_path, kmnist):
    return tmp_path / "given"


def opened(name):
    return outcome(data.load_job(DataSettings(name=name), afresh=True))


def refusal(job):
    with pytest.raises(EngineError) as caught:
        outcome(job)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_files_are_those_that_torchvision_asks_for():
    sets = torchvision.datasets
    for ours, theirs in (
        (publications.FASHION_MNIST, sets.FashionMNIST), (publications.KMNIST, sets.KMNIST),
    ):  # fmt: skip
        assert [(file.name, file.md5) for file in ours.files] == theirs.resources
        assert all(file.url.startswith(tuple(theirs.mirrors)) for file in ours.files)
    [archive] = publications.CIFAR10.files
    assert (archive.name, archive.md5) == (sets.CIFAR10.filename, sets.CIFAR10.tgz_md5)
    assert archive.url == sets.CIFAR10.url
    assert [[file.url, file.name, file.md5] for file in publications.SVHN.files] == [
        sets.SVHN.split_list[split] for split in ("train", "test")
    ]
    assert tuple(sets.FashionMNIST.classes) == published_sets.FASHION_NAMES
    assert tuple(sets.KMNIST.classes) == published_sets.KMNIST_NAMES


def test_every_source_but_a_folder_is_known_before_it_is_loaded():
    for name, source in data.DATA_SOURCES.items():
        if name == "folder":
            assert source.shape is source.classes is source.normalisation is None
            continue
        assert len(source.normalisation.mean) == len(source.normalisation.std) == source.shape[0]
        assert all(0 < value < 1 for value in source.normalisation.mean + source.normalisation.std)


def test_what_is_not_there_is_explained():
    text = refusal(data.load_job(DataSettings(name="svhn"), afresh=True))
    assert text.startswith("SVHN is not on this computer yet. Download it once (246 MB)")
    assert data.availability("svhn") == data.Availability(here=False, text="246 MB to download")
    assert data.availability("mnist").text == "ships with the program"


# From a folder.


def test_files_in_torchvisions_layout_are_taken_and_read(kmnist, given):
    assert not data.availability("kmnist").here
    outcome(data.take_job("kmnist", given))
    assert data.availability("kmnist").here
    read = opened("kmnist")
    assert read.train.images.shape == (40, 1, 28, 28)
    assert len(read.test) == 20
    expected = idx_files(SHAPES)["train-images-idx3-ubyte.gz"]
    assert (data_root() / "KMNIST/raw/train-images-idx3-ubyte.gz").read_bytes() == expected
    assert read.class_names[3] == "tsu"


@pytest.mark.parametrize("below", ["", "KMNIST", "KMNIST/raw"])
def test_the_folder_may_be_any_of_those_above_the_files(kmnist, given, below):
    outcome(data.take_job("kmnist", given / below))
    assert len(opened("kmnist").train) == 40


def test_a_file_with_another_checksum_is_refused_and_nothing_is_taken(kmnist, given):
    path = given / "KMNIST" / "raw" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes() + b"\0")
    text = refusal(data.take_job("kmnist", given))
    assert "t10k-labels-idx1-ubyte.gz is not the file that the authors of KMNIST" in text
    assert "MD5" in text
    assert not data.availability("kmnist").here
    assert not any(path.is_file() for path in data_root().rglob("*"))


def test_a_folder_without_the_files_says_which_are_wanted(kmnist, tmp_path):
    text = refusal(data.take_job("kmnist", tmp_path))
    assert "does not hold KMNIST" in text
    assert "train-images-idx3-ubyte.gz" in text


def test_a_file_damaged_later_is_noticed_when_it_is_read(kmnist, given):
    outcome(data.take_job("kmnist", given))
    path = data_root() / "KMNIST/raw/train-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1])
    assert "train-labels-idx1-ubyte.gz is not the file" in refusal(
        data.load_job(DataSettings(name="kmnist"), afresh=True)
    )


def test_a_right_checksum_of_other_entries_is_refused(tmp_path, monkeypatch, kmnist):
    shapes = {**SHAPES, "train-images-idx3-ubyte": (41, 28, 28)}
    other = published(publications.KMNIST, data_root() / "KMNIST" / "raw", idx_files(shapes))
    use(monkeypatch, other)
    assert "holds something else than 40 entries" in refusal(
        data.load_job(DataSettings(name="kmnist"), afresh=True)
    )


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="the package dataset-fashion-mnist is not there")
def test_debians_fashion_mnist_is_found_and_is_the_real_one(tmp_path):
    assert data.availability("fashion-mnist").here
    fashion = opened("fashion-mnist")
    assert fashion.train.images.shape == (60_000, 1, 28, 28)
    assert np.bincount(fashion.train.labels).tolist() == [6000] * 10
    assert np.bincount(fashion.test.labels).tolist() == [1000] * 10
    usual = data.DATA_SOURCES["fashion-mnist"].normalisation
    assert fashion.train.images.mean() / 255 == pytest.approx(usual.mean[0], abs=1e-4)
    assert fashion.train.images.std() / 255 == pytest.approx(usual.std[0], abs=1e-4)
    # In torchvision's layout, and read by torchvision: the same images.
    raw = tmp_path / "root" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for path in DEBIAN.iterdir():
        (raw / path.name).symlink_to(path)
    outcome(data.take_job("fashion-mnist", tmp_path / "root"))
    assert (data_root() / "FashionMNIST" / "raw" / "train-images-idx3-ubyte.gz").is_file()
    for file in publications.FASHION_MNIST.files:
        torchvision.datasets.utils.extract_archive(
            str(data_root() / "FashionMNIST/raw" / file.name)
        )
    theirs = torchvision.datasets.FashionMNIST(str(data_root()), train=False)
    assert np.array_equal(theirs.data.numpy(), fashion.test.images[:, 0])
    assert np.array_equal(theirs.targets.numpy(), fashion.test.labels)
    assert tuple(theirs.classes) == fashion.class_names


# By download.


@pytest.fixture
def server(given):
    """The files of KMNIST on a server of this computer; `slow` makes it wait within a file."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        slow = None

        def __init__(self, *rest):
            super().__init__(*rest, directory=str(given / "KMNIST" / "raw"))

        def log_message(self, *_):
            pass

        def copyfile(self, source, outputfile):
            outputfile.write(source.read(100))
            outputfile.flush()
            if Handler.slow is not None:
                Handler.slow.wait(20)
            super().copyfile(source, outputfile)

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    running.handler = Handler
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def online(kmnist, server, monkeypatch):
    """KMNIST at the server's address."""
    address = f"http://127.0.0.1:{server.server_port}/"
    files = tuple(replace(file, url=address + file.name) for file in kmnist.files)
    return use(monkeypatch, replace(kmnist, files=files))


def test_a_download_is_checked_and_can_be_read(online):
    seen = []
    outcome(data.download_job("kmnist"), seen=seen)
    assert len(opened("kmnist").train) == 40
    counts = [event.done for event in seen if isinstance(event, Progress)]
    assert counts == sorted(counts)
    assert counts[-1] == seen[-1].total == online.size
    assert sorted(path.name for path in (data_root() / "KMNIST/raw").iterdir()) == sorted(
        file.name for file in online.files
    )


def test_what_is_there_already_is_not_downloaded_again(online, given, monkeypatch):
    outcome(data.take_job("kmnist", given))
    monkeypatch.setattr(fetching, "_Transfer", None)
    outcome(data.download_job("kmnist"))


def test_a_download_of_something_else_is_refused_and_not_kept(online, given):
    (given / "KMNIST/raw/train-labels-idx1-ubyte.gz").write_bytes(b"<html>Log in first</html>")
    text = refusal(data.download_job("kmnist"))
    assert "train-labels-idx1-ubyte.gz is not the file" in text
    kept = [path.name for path in (data_root() / "KMNIST/raw").iterdir()]
    assert kept == ["train-images-idx3-ubyte.gz"]  # what came before is whole, and right


def test_a_missing_file_on_the_server_is_said(online, given):
    (given / "KMNIST/raw/train-images-idx3-ubyte.gz").unlink()
    text = refusal(data.download_job("kmnist"))
    assert "could not be downloaded from 127.0.0.1: it answered 404" in text


def test_being_offline_is_explained(kmnist, monkeypatch):
    nowhere = tuple(replace(file, url=f"http://127.0.0.1:9/{file.name}") for file in kmnist.files)
    use(monkeypatch, replace(kmnist, files=nowhere))
    text = refusal(data.download_job("kmnist"))
    assert "KMNIST could not be downloaded from 127.0.0.1" in text
    assert "Check the connection" in text
    assert "take it from a folder" in text
    assert not any(path.is_file() for path in data_root().rglob("*"))


def test_a_server_that_sends_without_end_is_cut_off(online, given):
    path = given / "KMNIST/raw/t10k-labels-idx1-ubyte.gz"
    path.write_bytes(bytes(3 * 2**20))
    assert "far more than the file has" in refusal(data.download_job("kmnist"))


def test_a_stopped_download_leaves_nothing_and_does_not_wait(online, server):
    server.handler.slow = threading.Event()
    job = data.download_job("kmnist")
    for event in job:
        if event.done > 0:
            break
    with pytest.raises(StopRequested):
        job.throw(StopRequested())
    assert not any(path.is_file() for path in data_root().rglob("*"))
    server.handler.slow.set()


def test_what_cannot_be_downloaded_is_said():
    assert "nothing to download for 'mnist'" in refusal(data.download_job("mnist"))


# The readers.


def test_cifar10_is_read_through_torchvision(tmp_path, monkeypatch):
    archive, members = cifar_archive(6)
    home = data_root()
    use(monkeypatch, published(publications.CIFAR10, home, {"cifar-10-python.tar.gz": archive}))
    reader = torchvision.datasets.CIFAR10
    with_md5 = {name: _md5(content) for name, content in members.items()}
    monkeypatch.setattr(reader, "tgz_md5", _md5(archive))
    for names in ("train_list", "test_list"):
        rows = [[name, with_md5[name]] for name, _ in getattr(reader, names)]
        monkeypatch.setattr(reader, names, rows)
    monkeypatch.setattr(reader, "meta", {**reader.meta, "md5": with_md5["batches.meta"]})
    read = opened("cifar10")
    assert read.train.images.shape == (30, 3, 32, 32)
    assert read.test.images.shape == (6, 3, 32, 32)
    assert read.train.images.flags.c_contiguous
    direct = reader(str(home), train=False)
    assert np.array_equal(read.test.images[2].transpose(1, 2, 0), direct.data[2])
    assert read.test.labels.tolist() == direct.targets
    (home / "cifar-10-python.tar.gz").write_bytes(b"other")
    assert "is not the file that the authors of CIFAR-10" in refusal(
        data.load_job(DataSettings(name="cifar10"), afresh=True)
    )


def _md5(content):
    return hashlib.md5(content).hexdigest()


def test_svhn_is_read_through_torchvision(monkeypatch):
    import scipy.io

    random, contents, rows = np.random.default_rng(0), {}, {}
    for split, count in (("train", 12), ("test", 5)):
        pixels = random.integers(0, 256, (32, 32, 3, count), np.uint8)
        labels = np.arange(1, count + 1).reshape(-1, 1) % 10 + 1  # 10 stands for the digit 0
        buffer = io.BytesIO()
        scipy.io.savemat(buffer, {"X": pixels, "y": labels.astype(np.uint8)})
        name = f"{split}_32x32.mat"
        contents[name], rows[split] = buffer.getvalue(), (pixels, labels)
    small = use(monkeypatch, published(publications.SVHN, data_root(), contents))
    splits = {
        split: [file.url, file.name, file.md5]
        for split, file in zip(rows, small.files, strict=True)
    }
    monkeypatch.setattr(torchvision.datasets.SVHN, "split_list", splits)
    read = opened("svhn")
    assert read.train.images.shape == (12, 3, 32, 32)
    pixels, labels = rows["test"]
    assert np.array_equal(read.test.images[3], pixels[..., 3].transpose(2, 0, 1))
    assert read.test.labels.tolist() == [int(label) % 10 for label in labels.ravel()]


def test_gtsrb_is_read_from_its_archives_and_kept(monkeypatch):
    contents, classes = gtsrb_archives(86, 30)
    use(monkeypatch, published(publications.GTSRB, data_root() / "gtsrb", contents))
    read = opened("gtsrb")
    assert read.train.images.shape == (86, 3, 32, 32)
    assert np.bincount(read.train.labels).tolist() == [2] * 43
    assert read.test.labels.tolist() == classes
    monkeypatch.setattr("engine.data.many_images.decode", None)
    assert np.array_equal(opened("gtsrb").test.images, read.test.images)


def test_a_damaged_archive_of_gtsrb_is_said(monkeypatch):
    contents, _ = gtsrb_archives(86, 30)
    contents["GTSRB_Final_Test_GT.zip"] = b"PK no zip"
    use(monkeypatch, published(publications.GTSRB, data_root() / "gtsrb", contents))
    assert "GTSRB cannot be read" in refusal(data.load_job(DataSettings(name="gtsrb"), afresh=True))


# What somebody writes behind --data.


def test_a_name_a_folder_of_images_and_a_folder_of_files_are_told_apart(given, tmp_path):
    assert outcome(data.choose_job("mnist")) == DataSettings()
    images = folder_of_images(tmp_path / "animals", {"a": 2, "b": 2})
    chosen = outcome(data.choose_job(str(images)))
    assert (chosen.name, chosen.folder) == ("folder", str(images))
    assert outcome(data.choose_job(str(given))).name == "kmnist"
    assert data.availability("kmnist").here


def test_files_of_one_name_are_told_apart_by_their_checksum(given):
    assert outcome(data.choose_job(str(given / "KMNIST" / "raw"))).name == "kmnist"


def test_what_is_neither_is_refused(tmp_path):
    text = refusal(data.choose_job(str(tmp_path / "nothing")))
    assert "is neither a data set nor a folder" in text
    assert "fashion-mnist" in text
    assert refusal(data.choose_job("folder")).startswith("folder is neither")
