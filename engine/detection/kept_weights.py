"""Weights of the clean networks of calibrations, so that another scan of them needs no training.

Each lies in a file of its own, named by its recipe, in one folder for each data set. It is there
as soon as its training is over, so that nothing but its scan is lost with a killed program.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from safetensors import SafetensorError

from engine import models
from engine.data import DataSet
from engine.detection.recipes import Recipe
from engine.detection.reference_cache import cache_folder, plain_name
from engine.errors import EngineError
from engine.files import read_capped, sweep, write_error, write_file
from engine.models import Model

FOLDER = "weights"
MOST_BYTES = 64 * 2**20  # of one network; twenty of them shall not fill a disk


@dataclass(frozen=True)
class KeptWeights:
    """The weights that are kept of networks which learned one data set."""

    folder: Path

    @classmethod
    def of(cls, data_set: DataSet, root: Path | None = None) -> Self:
        """Those of this data set; whether there are any or not."""
        name = f"{plain_name(data_set.name)}-{data_set.fingerprint[:16]}"
        return cls((root or cache_folder()) / FOLDER / name)

    def claim(self) -> None:
        """Make the folder, and clear away what a killed program left half written.

        Raises:
            EngineError: It cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            sweep(self.folder)
        except OSError as error:
            raise write_error(self.folder, error) from error

    def has(self, recipe: Recipe) -> bool:
        """Whether weights of this recipe are there; whether they can be read is not looked at."""
        return self._path(recipe) in self._there

    def read(self, recipe: Recipe) -> Model | None:
        """The network of a recipe; None if it is not there, damaged, or another than its name says.

        None of that is worth a word, since such a network is only trained again.
        """
        path = self._path(recipe)
        try:
            model = models.from_bytes(read_capped(path, MOST_BYTES))
        except (EngineError, SafetensorError):
            return None
        train = recipe.train
        wanted = train.architecture, train.width, train.input_range
        return model if (model.architecture, model.width, model.input_range) == wanted else None

    def write(self, recipe: Recipe, model: Model) -> None:
        """Keep a network's weights, unless they are very large.

        Raises:
            EngineError: They cannot be written.
        """
        content = model.to_bytes()
        if len(content) <= MOST_BYTES:
            write_file(self._path(recipe), content)

    @cached_property
    def _there(self) -> frozenset[Path]:
        return frozenset(self.folder.glob("*.safetensors"))

    def _path(self, recipe: Recipe) -> Path:
        facts = json.dumps(recipe.model_dump(mode="json"), sort_keys=True)
        name = hashlib.sha256(facts.encode()).hexdigest()[:20]
        return self.folder / f"{recipe.train.architecture}-{name}.safetensors"
