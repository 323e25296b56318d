"""How the tensors of a file fit an architecture: plain data, made by `engine.opening.fitting`."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.errors import EngineError
from engine.modelfile import ModelFile
from engine.models import Model, Shape


@dataclass(frozen=True)
class Reshaped:
    """A tensor whose shape is not the one that the network has.

    Attributes:
        name: Its name in the network.
        found: Its shape in the file.
        expected: Its shape in the network.
    """

    name: str
    found: tuple[int, ...]
    expected: tuple[int, ...]

    def __str__(self) -> str:
        """For people: "fc2.weight (43x512 instead of 10x512)"."""
        return f"{self.name} ({_shape(self.found)} instead of {_shape(self.expected)})"


@dataclass(frozen=True)
class Fit:
    """One architecture beside the tensors of a file.

    Attributes:
        architecture: A name in ARCHITECTURES, or one that a file of ours names.
        shape: C, H, W of its images: what the tensors tell, for the rest what was expected.
        classes: How many classes it tells apart.
        width: How many times wider its layers are than usual.
        matching: How many tensors have the right name and shape.
        missing: Names that the network has and the file has not.
        surplus: Names that the file has and the network has not.
        reshaped: Tensors of another shape.
        filled: Counters of batch normalisation that the file leaves out; evaluation ignores them.
        renamed: (name in the file, name in the network) of every tensor, where the names differ
            and the shapes are the same, one after the other. Empty where names are as they should.
        refused: Why such a network is not built; empty as a rule.
        said_by_file: Whether the file itself says all of this, as those of this program do.
        input_range: The input format that such a file names, or None.
    """

    architecture: str
    shape: Shape
    classes: int
    width: float = 1.0
    matching: int = 0
    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    reshaped: tuple[Reshaped, ...] = ()
    filled: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    refused: str = ""
    said_by_file: bool = False
    input_range: str | None = None

    @property
    def fits(self) -> bool:
        """Whether every tensor has its place, and every place its tensor."""
        return not (self.missing or self.surplus or self.reshaped or self.refused)

    @property
    def score(self) -> float:
        """Share of all names, the network's and the file's, that match in name and shape, 0..1."""
        odd = len(self.missing) + len(self.surplus) + len(self.reshaped)
        return self.matching / max(self.matching + odd, 1)

    @property
    def title(self) -> str:
        """For people: "badnet, 1x28x28, 10 classes, width 0.5"."""
        width = "" if self.width == 1 else f", width {self.width:g}"
        return f"{self.architecture}, {_shape(self.shape)}, {self.classes} classes{width}"

    @property
    def name(self) -> str:
        """What tells it from other fits of the same images: "badnet, width 0.5"."""
        return f"{self.architecture}{'' if self.width == 1 else f', width {self.width:g}'}"

    def problems(self) -> tuple[str, ...]:
        """Everything that does not fit, every name of it; empty where all fits."""
        lists: tuple[tuple[str, Iterable[object]], ...] = (
            ("missing", self.missing),
            ("surplus", self.surplus),
            ("of another shape", self.reshaped),
        )
        found = [f"{words}: {', '.join(map(str, names))}" for words, names in lists if names]
        return (*found, *([self.refused] if self.refused else []))

    def summary(self) -> str:
        """How it fits in a few words: "fits", or how many tensors do not."""
        if self.fits:
            return "fits" if not self.renamed else "fits, under other names"
        counts = (
            (len(self.missing), "missing"),
            (len(self.surplus), "surplus"),
            (len(self.reshaped), "of another shape"),
        )
        said = ", ".join(f"{count} {words}" for count, words in counts if count)
        return said or self.refused

    def notes(self) -> tuple[str, ...]:
        """What a person should know about a fit that is not by the letter, in sentences."""
        notes = []
        if self.renamed:
            notes.append(
                f"The {len(self.renamed)} tensors have other names than in {self.architecture},"
                " but the same shapes in the same order; they were taken in that order."
            )
        if self.filled:
            notes.append(
                f"{len(self.filled)} counters of batch normalisation are missing; nothing depends"
                " on them once a network is trained."
            )
        return tuple(notes)

    def as_model(self, opened: ModelFile, input_range: str) -> Model:
        """The file's tensors as a model of this network.

        Args:
            opened: The file.
            input_range: What the network takes for an image, as InputFormat writes it.

        Raises:
            EngineError: They do not fit; every name is in the sentence.
        """
        if not self.fits:
            raise EngineError(
                f"“{opened.name}” does not fit {self.title}: {'; '.join(self.problems())}. Choose"
                " the network that it was trained with."
            )
        names = dict(self.renamed)
        state = {names.get(name, name): tensor for name, tensor in opened.tensors.items()}
        state |= {name: np.zeros((), np.int64) for name in self.filled}
        return Model(
            self.architecture,
            self.shape,
            self.classes,
            state,
            input_range=input_range,
            width=self.width,
            origin=opened.name,
            file_sha256=opened.sha256,
        )


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
