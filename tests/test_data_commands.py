"""--data and the command `download`, as one types them."""

import pytest

from engine.data import publications
from engine.data.published import data_root
from engine.events import Progress
from terminal import commands
from terminal import run as run_command
from tests.engine.pictures_made import folder_of_images, idx_files, published

SHAPES = {
    "train-images-idx3-ubyte": (40, 28, 28),
    "train-labels-idx1-ubyte": (40,),
    "t10k-images-idx3-ubyte": (20, 28, 28),
    "t10k-labels-idx1-ubyte": (20,),
}


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


@pytest.fixture
def asked(monkeypatch):
    """What `run` would do, noted instead of done."""
    noted = {}

    def run_job(settings, trigger, folder):
        noted.update(settings=settings, trigger=trigger)
        yield Progress(0, 1, "running")

    monkeypatch.setattr(run_command, "run_job", run_job)
    return noted


@pytest.fixture
def kmnist(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.data.idx.IDX_FILES", SHAPES)
    folder = tmp_path / "given" / "KMNIST" / "raw"
    small = published(publications.KMNIST, folder, idx_files(SHAPES))
    monkeypatch.setitem(publications.PUBLICATIONS, "kmnist", small)
    monkeypatch.setattr("engine.data.sources.KMNIST", small)
    return tmp_path / "given"


def test_a_folder_is_run_with_the_size_that_is_set(asked, tmp_path, capsys):
    folder = folder_of_images(tmp_path / "animals", {"cat": 6, "dog": 6})
    (folder / "cat" / "broken.png").write_bytes(b"x")
    commands.run_command_line(["run", "--data", "animals", "--set", "data.size=16"])
    chosen = asked["settings"].data
    assert (chosen.name, chosen.folder, chosen.size) == ("folder", str(folder), 16)
    assert asked["trigger"].shape == (3, 16, 16)
    assert "Skipped: 1 not PNG or JPEG (broken.png)." in " ".join(capsys.readouterr().err.split())


def test_a_folder_of_no_use_is_refused_and_leaves_nothing(asked, tmp_path, capsys):
    (tmp_path / "flat").mkdir()
    assert commands.run_command_line(["run", "--data", "flat"]) == 2
    assert "has no subfolder" in capsys.readouterr().err
    assert asked == {}
    assert [path.name for path in tmp_path.iterdir()] == ["flat"]


def test_the_files_of_a_published_set_are_taken_and_it_is_run(asked, kmnist):
    commands.run_command_line(["run", "--data", str(kmnist)])
    assert asked["settings"].data.name == "kmnist"
    assert asked["trigger"].shape == (1, 28, 28)


def test_a_data_set_that_is_not_here_says_how_to_get_it(asked, capsys):
    assert commands.run_command_line(["run", "--data", "svhn"]) == 2
    said = capsys.readouterr().err
    assert "SVHN is not on this computer yet" in said
    assert "command download svhn" in said


def test_files_are_taken_from_a_folder(kmnist, capsys):
    assert commands.run_command_line(["download", "kmnist", "--from", str(kmnist)]) == 0
    assert f"KMNIST is in {data_root() / 'KMNIST' / 'raw'}." in capsys.readouterr().out
    assert (data_root() / "KMNIST" / "raw" / "t10k-labels-idx1-ubyte.gz").is_file()


def test_a_wrong_file_is_refused(kmnist, capsys):
    (kmnist / "KMNIST" / "raw" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"other")
    assert commands.run_command_line(["download", "kmnist", "--from", str(kmnist)]) == 2
    assert "is not the file that the authors of KMNIST published" in capsys.readouterr().err


def test_what_cannot_be_downloaded_is_said(capsys):
    assert commands.run_command_line(["download", "mnist"]) == 2
    assert "nothing to download for 'mnist'" in capsys.readouterr().err
