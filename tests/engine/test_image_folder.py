"""A folder of images: what becomes of it, and what becomes of what does not belong there."""

import os
import shutil

import numpy as np
import pytest
from pictures_made import folder_of_images, picture, pipe, png_header
from PIL import Image
from toys import outcome

from engine import data
from engine.data import decoded_cache, many_images
from engine.data.image_folder import LEAST_FOR_A_SCAN, LEAST_FOR_A_VERDICT, TWO_CLASSES, few_tests
from engine.detection.audit_images import LEAST_IMAGES
from engine.detection.verdict import LEAST_CLASSES
from engine.errors import EngineError
from engine.events import Progress, StopRequested
from engine.settings import DataSettings


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    return folder_of_images(tmp_path / "animals", {"cat": 10, "dog": 15, "eel": 5})


def opened(folder, seen=None, **settings):
    wanted = DataSettings(name="folder", folder=str(folder), **settings)
    return outcome(data.load_job(wanted, afresh=True), seen=seen)


def told(read):
    """What is said of a folder, beside that its test images are too few for a scan."""
    few, *rest = read.notes
    assert few == few_tests(len(read.test))
    return rest


def refusal(folder, **settings):
    with pytest.raises(EngineError) as caught:
        opened(folder, **settings)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_classes_come_from_subfolders_and_a_share_is_kept_for_testing(folder):
    animals = opened(folder, size=8)
    assert animals.class_names == ("cat", "dog", "eel")
    assert animals.title == "animals"
    assert animals.shape == (3, 8, 8)
    assert animals.train.images.dtype == animals.test.images.dtype == np.uint8
    assert np.bincount(animals.train.labels).tolist() == [8, 12, 4]
    assert np.bincount(animals.test.labels).tolist() == [2, 3, 1]
    assert told(animals) == []


def test_no_image_is_in_both_parts_and_none_is_lost(folder):
    animals = opened(folder, size=10)
    everything = np.concatenate([animals.train.images, animals.test.images])
    assert len(np.unique(everything.reshape(30, -1), axis=0)) == 30


def test_images_of_the_wanted_size_come_through_untouched(tmp_path):
    folder = folder_of_images(tmp_path / "small", {"a": 4, "b": 4}, size=(16, 16))
    read = opened(folder, size=16)
    place = int(np.flatnonzero(read.test.labels == 1)[0])
    originals = [
        np.asarray(Image.open(path)).transpose(2, 0, 1) for path in sorted((folder / "b").iterdir())
    ]
    assert any(np.array_equal(read.test.images[place], original) for original in originals)


def test_the_shorter_side_is_scaled_and_the_middle_is_kept(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "wide" / name).mkdir(parents=True)
        for number in range(2):
            wide = np.zeros((32, 96), np.uint8)
            wide[:, 32:64] = 200  # the middle third, which is what remains
            Image.fromarray(wide).save(tmp_path / "wide" / name / f"{number}.png")
    read = opened(tmp_path / "wide", size=16, colour="grey")
    assert read.shape == (1, 16, 16)
    assert (read.train.images[:, :, :, 1:-1] == 200).all()


def test_grey_and_colour_files_become_what_was_asked_for(tmp_path):
    for name, mode in (("a", "L"), ("b", "RGBA")):
        (tmp_path / "mixed" / name).mkdir(parents=True)
        for number in range(3):
            path = tmp_path / "mixed" / name / f"{number}.png"
            path.write_bytes(picture(number, (9, 9), mode))
    colour = opened(tmp_path / "mixed", size=9)
    greys = colour.train.images[colour.train.labels == 0]
    assert np.array_equal(greys[:, 0], greys[:, 1])
    assert not np.array_equal(
        colour.train.images[colour.train.labels == 1][:, 0],
        colour.train.images[colour.train.labels == 1][:, 1],
    )
    assert opened(tmp_path / "mixed", size=9, colour="grey").shape == (1, 9, 9)


def test_sixteen_bits_keep_their_brightness(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "deep" / name).mkdir(parents=True)
        for number in range(2):
            deep = np.full((8, 8), 0x8000, np.uint16)
            Image.fromarray(deep).save(tmp_path / "deep" / name / f"{number}.png")
    read = opened(tmp_path / "deep", size=8, colour="grey")
    assert np.unique(read.train.images).tolist() == [128]


def test_jpeg_is_read_as_well(tmp_path):
    folder = folder_of_images(tmp_path / "j", {"a": 3, "b": 3}, kind="JPEG", size=(300, 200))
    assert opened(folder, size=32).shape == (3, 32, 32)


def test_folders_train_and_test_decide_the_parts(tmp_path):
    folder_of_images(tmp_path / "set" / "train", {"x": 6, "y": 4})
    folder_of_images(tmp_path / "set" / "test", {"x": 1, "y": 3})
    read = opened(tmp_path / "set", size=8)
    assert np.bincount(read.train.labels).tolist() == [6, 4]
    assert np.bincount(read.test.labels).tolist() == [1, 3]


def test_the_parts_must_have_the_same_classes(tmp_path):
    folder_of_images(tmp_path / "set" / "train", {"x": 6, "y": 4})
    folder_of_images(tmp_path / "set" / "test", {"x": 1})
    assert "The class y has no subfolder in test" in refusal(tmp_path / "set")


def test_the_seed_decides_the_split_and_nothing_else(folder):
    first, again = opened(folder, size=8), opened(folder, size=8)
    assert first.name == again.name
    other = opened(folder, size=8, split_seed=1)
    assert other.name != first.name
    assert np.bincount(other.test.labels).tolist() == np.bincount(first.test.labels).tolist()


def test_classes_are_mixed_so_that_the_first_images_stand_for_all(tmp_path):
    folder = folder_of_images(tmp_path / "big", {"a": 60, "b": 60})
    first = opened(folder, size=8).train.labels[:20]
    assert set(first.tolist()) == {0, 1}


def test_the_name_tells_the_images_wherever_they_lie(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert opened(folder, size=8).name == opened(tmp_path / "elsewhere", size=8).name
    assert opened(folder, size=8).name == f"folder-{opened(folder, size=8).fingerprint[:16]}"


def test_names_of_classes_are_made_safe_to_show(tmp_path):
    strange = {"a\u202eb": 2, "ab": 2, "c\x07": 2}
    folder = folder_of_images(tmp_path / "strange", strange)
    names = opened(folder, size=8).class_names
    assert names == ("ab", "ab (1)", "c")


# The cache.


def test_the_second_time_nothing_is_decoded(folder, monkeypatch):
    first = opened(folder, size=8)
    monkeypatch.setattr(many_images, "decode", None)
    again = opened(folder, size=8)
    assert np.array_equal(first.train.images, again.train.images)
    assert np.array_equal(first.test.labels, again.test.labels)
    assert (again.name, again.class_names, again.notes) == (
        first.name,
        first.class_names,
        first.notes,
    )


def test_a_changed_file_is_seen(folder):
    before = opened(folder, size=8)
    (folder / "cat" / "000.png").write_bytes(picture(99))
    assert opened(folder, size=8).name != before.name


def test_a_damaged_cache_is_made_again(folder):
    before = opened(folder, size=8)
    [entry] = decoded_cache.cache_root().iterdir()
    content = bytearray((entry / "train.images").read_bytes())
    content[5] ^= 1
    (entry / "train.images").write_bytes(bytes(content))
    again = opened(folder, size=8)
    assert np.array_equal(again.train.images, before.train.images)
    [entry] = decoded_cache.cache_root().iterdir()
    assert (entry / "train.images").read_bytes()[5] == content[5] ^ 1


def test_the_cache_does_not_grow_for_ever(tmp_path):
    folder = folder_of_images(tmp_path / "x", {"a": 2, "b": 2})
    for size in range(8, 8 + decoded_cache.MAX_ENTRIES + 3):
        opened(folder, size=size)
    assert len(list(decoded_cache.cache_root().iterdir())) == decoded_cache.MAX_ENTRIES


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(folder, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    read = opened(folder, size=8)
    assert len(read.train) == 24
    assert "could not be kept" in told(read)[0]


# What does not belong there.


def test_links_and_pipes_are_passed_over_and_counted(folder, tmp_path):
    (folder / "cat" / "loop").symlink_to(folder)
    (folder / "loop").symlink_to(folder)
    secret = tmp_path / "secret.png"
    secret.write_bytes(picture(7))
    (folder / "dog" / "secret.png").symlink_to(secret)
    pipe(folder / "eel" / "a.png")
    (folder / "cat" / "deeper").mkdir()
    (folder / "cat" / "deeper" / "x.png").write_bytes(picture(8))
    read = opened(folder, size=8)
    assert len(read.train) + len(read.test) == 30
    [note] = told(read)
    assert note.startswith("Skipped: 3 links (")
    assert "secret.png" in note
    assert "1 pipe or device (a.png)" in note
    assert "1 folder inside a class (deeper)" in note


def test_a_file_that_became_a_link_meanwhile_is_not_followed(folder, tmp_path):
    settings = DataSettings(name="folder", folder=str(folder), size=8)
    job = data.load_job(settings, afresh=True)
    while "found" in next(job).text and not (folder / "cat" / "000.png").is_symlink():
        secret = tmp_path / "secret.png"
        secret.write_bytes(picture(7))
        (folder / "cat" / "000.png").unlink()
        (folder / "cat" / "000.png").symlink_to(secret)
    read = outcome(job)
    assert len(read.train) + len(read.test) == 29
    assert "1 link (000.png)" in told(read)[0] or "cannot be read (000.png)" in told(read)[0]


UNUSABLE = {
    "text.png": (b"not a picture at all", "not PNG or JPEG"),
    "empty.png": (b"", "not PNG or JPEG"),
    "cut.png": (picture(1, (40, 40))[:900], "damaged"),
    "cut.jpg": (picture(1, (64, 64), kind="JPEG")[:1500], "damaged"),
    "gif.png": (picture(1, mode="L", kind="GIF"), "not PNG or JPEG"),
    "postscript.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not PNG or JPEG"),
    "huge.png": (png_header(12_000, 12_000), "with more than 16 megapixels"),
    "bomb.png": (png_header(60_000, 60_000), "with more than 16 megapixels"),
    "large.png": (picture(1) + b"\0" * 20_000_000, "larger than 20 MB"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_file_is_counted_and_named(folder, name):
    content, reason = UNUSABLE[name]
    (folder / "cat" / name).write_bytes(content)
    read = opened(folder, size=8)
    assert len(read.train) + len(read.test) == 30
    assert told(read) == [f"Skipped: 1 {reason} ({name})."]


def test_a_file_nobody_may_read_is_counted(folder, monkeypatch):
    original = os.open

    def refuse(path, *rest, **named):
        if str(path).endswith("000.png"):
            raise PermissionError(13, "Permission denied")
        return original(path, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    assert "3 that cannot be read (000.png, 000.png, 000.png)" in told(opened(folder, size=8))[0]


def test_of_two_classes_it_is_said_that_there_will_be_no_verdict(tmp_path):
    assert LEAST_FOR_A_VERDICT == LEAST_CLASSES
    folder = folder_of_images(tmp_path / "pair", {"a": 4, "b": 4})
    for _ in ("decoded", "kept"):
        assert opened(folder, size=8).notes == (TWO_CLASSES,)


def test_too_few_test_images_for_a_scan_are_told_when_a_folder_is_opened(tmp_path):
    assert LEAST_FOR_A_SCAN == 2 * LEAST_IMAGES
    folder = folder_of_images(tmp_path / "few", {"a": 300, "b": 300, "c": 300})
    few, enough = (opened(folder, size=8, test_share=share) for share in (0.44, 0.45))
    assert few.notes == (
        "Only 396 test images: a scan needs 400 that the network is right about. Add images, or"
        " test on a larger share.",
    )
    assert enough.notes == ()


def test_one_class_is_not_enough(tmp_path):
    folder_of_images(tmp_path / "one", {"only": 5})
    text = refusal(tmp_path / "one")
    assert "only one subfolder, only" in text
    assert "at least two classes" in text


def test_one_part_alone_says_what_to_do(tmp_path):
    folder_of_images(tmp_path / "half" / "train", {"a": 4, "b": 4, "c": 4})
    text = refusal(tmp_path / "half")
    assert "has a folder train and none called test" in text
    assert "open train itself" in text


def test_parts_that_differ_in_capitals_alone_are_classes(tmp_path):
    for name in ("train", "Train", "test"):
        folder_of_images(tmp_path / "odd", {name: 4})
    assert opened(tmp_path / "odd", size=8).class_names == ("Train", "test", "train")


def test_pictures_without_subfolders_are_explained(tmp_path):
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "a.png").write_bytes(picture(1))
    assert "has no subfolder" in refusal(tmp_path / "flat")


def test_a_class_without_images_is_named(folder):
    (folder / "fox").mkdir()
    text = refusal(folder)
    assert "of the class fox" in text
    assert "at least two PNG or JPEG" in text


def test_a_class_with_one_image_cannot_be_learned_and_tested(folder):
    (folder / "fox").mkdir()
    (folder / "fox" / "1.png").write_bytes(picture(5))
    assert "to learn from of the class fox" in refusal(folder)


def test_a_class_of_damaged_images_is_named_with_the_reason(folder):
    (folder / "fox").mkdir()
    for number in range(4):
        (folder / "fox" / f"{number}.png").write_bytes(b"nothing")
    text = refusal(folder)
    assert "of the class fox" in text
    assert "Skipped: 4 not PNG or JPEG" in text
    assert not decoded_cache.cache_root().exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    text = refusal(tmp_path / "nowhere")
    assert "nowhere cannot be read: no such file or directory" in text


def test_no_folder_is_asked_for():
    assert "No folder of images is chosen" in refusal("")


def test_too_many_files_are_refused_before_any_is_opened(folder, monkeypatch):
    monkeypatch.setattr("engine.data.folder_listing.MAX_FILES", 20)
    monkeypatch.setattr(many_images, "decode", None)
    assert "more than 20 files" in refusal(folder)


def test_too_many_classes_are_refused(folder, monkeypatch):
    monkeypatch.setattr("engine.data.folder_listing.MAX_CLASSES", 2)
    assert "3 subfolders" in refusal(folder)


def test_a_folder_of_endless_links_is_refused(folder, monkeypatch):
    for number in range(25):
        (folder / "cat" / f"link{number}").symlink_to(folder)
    monkeypatch.setattr("engine.data.folder_listing.MAX_FILES", 40)
    assert "more than 40 files" in refusal(folder)


def test_names_in_no_encoding_are_read(folder, tmp_path):
    (folder / "cat" / os.fsdecode(b"\xff\xfe.png")).write_bytes(picture(77))
    (folder / "cat" / os.fsdecode(b"\xfd.png")).write_bytes(b"no picture")
    (folder / "dog").rename(folder / os.fsdecode(b"do\xffg"))
    read = opened(folder, size=8)
    assert len(read.train) + len(read.test) == 31
    assert read.class_names == ("cat", "do\N{REPLACEMENT CHARACTER}g", "eel")
    assert told(read) == ["Skipped: 1 not PNG or JPEG (\N{REPLACEMENT CHARACTER}.png)."]


# Progress, and stopping.


def test_the_count_rises_to_the_end(folder):
    seen = []
    opened(folder, seen, size=8)
    found = [event.text for event in seen if "found" in event.text]
    assert found[-1] == "30 files found"
    counts = [event.done for event in seen if event.text.endswith("of 30 images")]
    assert counts == sorted(counts)
    assert counts[-1] == 30


def test_a_stopped_job_leaves_no_thread_and_no_cache(tmp_path):
    folder = folder_of_images(tmp_path / "many", {"a": 100, "b": 100})
    settings = DataSettings(name="folder", folder=str(folder), size=8)
    job = data.load_job(settings, afresh=True)
    for event in job:
        if isinstance(event, Progress) and "of 200 images" in event.text:
            break
    with pytest.raises(StopRequested):
        job.throw(StopRequested())
    assert not decoded_cache.cache_root().exists()
    assert len(opened(folder, size=8).train) == 160  # nothing is held up by the one before


def test_png_of_random_bytes_never_escapes(folder):
    random = np.random.default_rng(0)
    good = picture(3, (20, 20))
    for number in range(60):
        damaged = bytearray(good)
        for place in random.integers(0, len(good), 5):
            damaged[place] = random.integers(0, 256)
        (folder / "cat" / f"z{number}.png").write_bytes(bytes(damaged))
    read = opened(folder, size=8)
    assert 30 <= len(read.train) + len(read.test) < 90
    assert told(read)[0].startswith("Skipped: ")
