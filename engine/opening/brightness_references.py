"""What clean networks say of images that were changed in brightness or contrast.

`benchmarks/brightness.py` makes the files, which ship with the program.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.errors import EngineError
from engine.files import write_file
from engine.json_files import read_json, to_json
from engine.settings import Settings, check

FOLDER = Path(__file__).parent.parent.parent / "resources" / "brightness"
MAX_BYTES = 2**20
Share = Annotated[float, Field(ge=0, le=1)]


class BrightnessReferences(Settings):
    """The most that clean networks of one data set and architecture do.

    Attributes:
        data: Name of the data set.
        architecture: Name of the architecture.
        networks: How many clean networks were measured.
        most: For each change, by its name, K numbers: the largest mean probability of each class
            on changed images of other classes that any of the networks gave.
    """

    data: str = Field(max_length=64)
    architecture: str = Field(max_length=64)
    networks: int = Field(ge=1)
    most: dict[str, tuple[Share, ...]] = Field(max_length=100)

    def usual(self, change: str) -> NDArray[np.float64] | None:
        """K numbers for a change, or None if it was not measured."""
        found = self.most.get(change)
        return None if found is None else np.array(found)


def find_brightness_references(
    data: str, architecture: str, classes: int, folder: Path = FOLDER
) -> BrightnessReferences | None:
    """The references for a data set and an architecture, or None where there are none.

    Raises:
        EngineError: There is a file, but it is damaged or belongs to others.
    """
    path = folder / f"{data}-{architecture}.json"
    if not path.is_file():
        return None
    found = check(BrightnessReferences, read_json(path, MAX_BYTES))
    names = (found.data, found.architecture) == (data, architecture)
    if not names or any(len(numbers) != classes for numbers in found.most.values()):
        raise EngineError(f"{path.name} belongs to other networks or is damaged: not used.")
    return found


def write_brightness_references(references: BrightnessReferences, folder: Path = FOLDER) -> Path:
    """Write a file of references, and return its path.

    Raises:
        EngineError: It cannot be written; an earlier one is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{references.data}-{references.architecture}.json"
    write_file(path, to_json(references.model_dump()))
    return path
