"""MNIST as it ships: whole, in memory once, and refused when damaged."""

import lzma
import shutil
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import numpy as np
import pytest
from toys import outcome

from engine import data
from engine.data import DataSet, DataSource, ImageSet, idx
from engine.errors import EngineError
from engine.events import Pulse
from engine.settings import DataSettings

# How many of each digit the published files hold.
IN_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
IN_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_all_of_mnist_is_there(mnist):
    assert mnist.train.images.shape == (60_000, 1, 28, 28)
    assert mnist.test.images.shape == (10_000, 1, 28, 28)
    for images in (mnist.train, mnist.test):
        assert images.images.dtype == np.uint8
        assert images.labels.dtype == np.int64
        assert images.class_names == tuple("0123456789")
        assert (images.images.min(), images.images.max()) == (0, 255)
    assert np.bincount(mnist.train.labels).tolist() == IN_TRAIN
    assert np.bincount(mnist.test.labels).tolist() == IN_TEST


def test_labels_belong_to_their_images(mnist):
    assert mnist.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    ones = mnist.test.images[mnist.test.labels == 1, 0].mean(0) > 64
    height, width = np.ptp(np.nonzero(ones), axis=1) + 1
    assert height > 2 * width, "a 1 stands upright"
    inside = mnist.test.images[:, 0, 13:15, 13:15].mean((1, 2))
    assert inside[mnist.test.labels == 0].mean() < 0.2 * inside[mnist.test.labels == 1].mean()


def test_what_is_known_before_loading_is_true(mnist):
    source = data.DATA_SOURCES["mnist"]
    assert source.title == mnist.title
    assert source.shape == mnist.train.shape == mnist.test.shape
    assert source.classes == mnist.train.classes == 10


def test_a_second_load_is_the_same_object(mnist):
    assert data.load("mnist") is mnist


def test_two_threads_that_load_at_once_share_one_copy(small, monkeypatch):
    together = Barrier(2)

    def read(_):
        with suppress(BrokenBarrierError):
            together.wait(0.2)  # a second thread that got here as well would end the wait
        yield Pulse()
        return DataSet("slow", "Slow", small.train, small.test)

    monkeypatch.setitem(data.DATA_SOURCES, "kmnist", DataSource("Slow", (1, 28, 28), 10, read))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(data.load, ["kmnist", "kmnist"])
    assert first is second
    assert first.title == "Slow"


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(EngineError, match=r"'cifar'.*mnist"):
        data.load("cifar")


def test_a_data_set_nobody_holds_leaves_memory(small, monkeypatch):
    def read(_):
        yield Pulse()
        return DataSet("slow", "Slow", small.train, small.test)

    for name in ("kmnist", "svhn"):
        monkeypatch.setitem(data.DATA_SOURCES, name, DataSource(name, (1, 28, 28), 10, read))
    first = weakref.ref(data.load("kmnist"))
    data.load("svhn")
    assert first() is None


def test_what_makes_no_difference_to_a_published_set_loads_it_once(mnist):
    assert outcome(data.load_job(DataSettings(size=64, colour="grey"))) is mnist


def test_the_fingerprint_tells_every_pixel_and_label_and_no_name(small):
    again = DataSet("other", "Other", small.train, small.test)
    assert again.fingerprint == small.fingerprint
    images, labels = small.test.images.copy(), small.test.labels.copy()
    images[7, 0, 3, 3] ^= 1
    labels[7] ^= 1
    for changed in (
        ImageSet(images, small.test.labels, small.test.class_names),
        ImageSet(small.test.images, labels, small.test.class_names),
    ):
        assert DataSet("a", "A", small.train, changed).fingerprint != small.fingerprint


def test_a_subset_is_a_copy(mnist):
    few = mnist.test.subset(np.array([3, 1]))
    assert few.labels.tolist() == [0, 2]
    np.testing.assert_array_equal(few.images[1], mnist.test.images[1])
    assert not np.shares_memory(few.images, mnist.test.images)
    assert (len(few), few.shape, few.classes) == (2, (1, 28, 28), 10)


@pytest.fixture
def files(tmp_path, monkeypatch, mnist):
    """A copy of MNIST's files that may be damaged, read by a load that remembers nothing."""
    shutil.copytree(idx.DATASET_FOLDER / "mnist", tmp_path / "mnist")
    monkeypatch.setattr(idx, "DATASET_FOLDER", tmp_path)
    return tmp_path / "mnist"


def refusal():
    with pytest.raises(EngineError) as caught:
        idx.load_mnist.__wrapped__()
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith("Fetch the program's files again.")
    return text


def test_a_missing_file_is_named(files):
    (files / "train-images-idx3-ubyte.xz").unlink()
    assert "train-images-idx3-ubyte.xz is missing or damaged" in refusal()


def test_a_file_cut_off_is_refused(files):
    path = files / "train-images-idx3-ubyte.xz"
    path.write_bytes(path.read_bytes()[:5000])
    assert path.name in refusal()


def test_a_file_of_something_else_is_refused(files):
    path = files / "train-images-idx3-ubyte.xz"
    path.write_bytes(b"<html>Not found</html>")
    assert path.name in refusal()


def test_one_changed_label_is_noticed(files):
    path = files / "train-labels-idx1-ubyte.xz"
    content = bytearray(lzma.decompress(path.read_bytes()))
    content[1000] ^= 1
    path.write_bytes(lzma.compress(bytes(content), preset=0))
    text = refusal()
    assert path.name in text
    assert "MD5" in text
