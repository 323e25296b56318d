"""An experiment on a folder of images: trained, saved, and opened again without the folder."""

import shutil

import pytest
from pictures_made import folder_of_images
from toys import outcome

from engine import data, store, triggers
from engine.detection.references import find_references
from engine.experiment import train_job
from engine.settings import (
    AttackSettings,
    ComputeSettings,
    DataSettings,
    DetectSettings,
    ExperimentSettings,
    TrainSettings,
)


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """The folder of an experiment, the settings, and the folder of its images."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    images = folder_of_images(tmp_path / "animals", {"cat": 30, "dog": 30, "eel": 30})
    settings = ExperimentSettings(
        data=DataSettings(name="folder", folder=str(images), size=28),
        attack=AttackSettings(target=2, poison_rate=0.2),
        train=TrainSettings(architecture="mlp", epochs=1, batch_size=16),
        compute=ComputeSettings(device="cpu", precision="float32", threads=1),
    )
    trigger = triggers.preset("white-3x3", (3, 28, 28))
    outcome(train_job(settings, trigger, tmp_path / "run"))
    return tmp_path / "run", settings, images


def test_it_opens_without_its_images(trained):
    run, settings, images = trained
    shutil.rmtree(images)
    opened = store.open_experiment(run)
    assert opened.settings.data == settings.data
    assert opened.images.shape == opened.model.shape == opened.trigger.shape == (3, 28, 28)
    assert opened.images.class_names == ("cat", "dog", "eel")
    assert opened.images.title == "animals"
    assert opened.predictions.clean.max() < 3


def test_its_images_are_known_again_by_their_content(trained):
    run, settings, _ = trained
    again = outcome(data.load_job(settings.data, afresh=True))
    assert store.open_experiment(run).images.name == again.name
    assert again.name.startswith("folder-")


def test_no_references_of_other_images_are_taken_for_it(trained):
    _, settings, _ = trained
    name = outcome(data.load_job(settings.data)).name
    assert find_references(name, "badnet", DetectSettings()) is None
    assert find_references("mnist", "badnet", DetectSettings()) is not None
