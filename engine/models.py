"""A trained model as plain arrays, and the network that it is restored to.

Torch is imported when a network is built, not before: the window opens saved models without it.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from engine.architectures import ARCHITECTURES, Architecture, Shape, build
from engine.errors import EngineError
from engine.files import fingerprint
from engine.input_format import InputFormat
from engine.json_files import parse_json
from engine.model_metadata import METADATA_KEY, ModelMetadata, Provenance, read_metadata

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "ARCHITECTURES", "Architecture", "Model", "Shape", "build", "count_parameters", "from_bytes",
    "restore", "save_state",
]  # fmt: skip


FILE_ENDINGS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network as data: nothing in it can run.

    Attributes:
        architecture: A name in ARCHITECTURES.
        shape: C, H, W of its input images.
        classes: How many classes it tells apart.
        state: Its parameters and buffers by name.
        input_range: What it takes for an image, as InputFormat writes it: "0..1", "-1..1 BGR".
        width: How many times wider its layers are than the architecture's usual ones.
        origin: Where it comes from, for people: "just trained", or a file's name.
        file_sha256: SHA-256 of the file it was read from; None for one that is not on disk yet.
        provenance: How it was trained, where that is known.
    """

    architecture: str
    shape: Shape
    classes: int
    state: dict[str, NDArray[np.generic]]
    input_range: str = "0..1"
    width: float = 1.0
    origin: str = "just trained"
    file_sha256: str | None = None
    provenance: Provenance | None = None

    @property
    def is_of_a_file(self) -> bool:
        """Whether it came from a file of somebody else's choosing, whose name is its origin."""
        return self.origin.lower().endswith(FILE_ENDINGS)

    def to_bytes(self) -> bytes:
        """The model as a safetensors file; the same model always gives the same bytes.

        Raises:
            EngineError: Its input range is none that is known here.
        """
        about = ModelMetadata(
            architecture=self.architecture,
            shape=self.shape,
            classes=self.classes,
            input_range=str(InputFormat.parse(self.input_range)),
            width=self.width,
            tensors_sha256=fingerprint(self.state),
            provenance=self.provenance,
        )
        # Safetensors writes the memory as it lies, so an array laid out by columns would be mixed
        # up. All facts are under one key, as several keys would be written in a changing order.
        state = {name: np.require(array, requirements="C") for name, array in self.state.items()}
        return safetensors.numpy.save(state, metadata={METADATA_KEY: about.text()})

    @cached_property
    def sha256(self) -> str:
        """SHA-256, in hexadecimal digits, of the model's file."""
        return self.file_sha256 or hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def non_finite(self) -> int:
        """How many of its values are NaN or infinite."""
        return sum(int(np.count_nonzero(~np.isfinite(array))) for array in self.state.values())


def from_bytes(content: bytes) -> Model:
    """Read back what `Model.to_bytes` wrote; for files of strangers there is `modelfile`.

    Raises:
        EngineError: It was not written by `to_bytes`, or was altered since.
    """
    size = int.from_bytes(content[:8], "little")
    header = parse_json(content[8 : 8 + size], "The model")
    about = read_metadata(header.get("__metadata__", {}))
    if about is None:
        raise EngineError("The model does not say which network it is for.")
    state = safetensors.numpy.load(content)
    about.check_tensors(state)
    return Model(
        about.architecture,
        about.shape,
        about.classes,
        state,
        about.input_range,
        about.width,
        provenance=about.provenance,
    )


def restore(model: Model) -> "nn.Module":
    """Build a model's network and load its parameters.

    Raises:
        EngineError: Parameters are missing, surplus, or of another shape than the network's.
    """
    import torch

    with torch.device("meta"):  # nothing is allocated for a file that claims a huge network
        network = build(model.architecture, model.shape, model.classes, model.width)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    problems = _misfits(expected, {name: array.shape for name, array in model.state.items()})
    if problems:
        raise EngineError(
            f"{model.origin} does not fit the network {model.architecture}: {problems}. Choose"
            " the architecture that it was trained with."
        )
    state = {name: torch.from_numpy(np.array(array)) for name, array in model.state.items()}
    kinds = {name: value.dtype for name, value in network.state_dict().items()}
    network.load_state_dict(
        {name: tensor.to(kinds[name]) for name, tensor in state.items()}, assign=True
    )
    return network


def save_state(network: "nn.Module") -> dict[str, NDArray[np.generic]]:
    """Copy a network's parameters and buffers into arrays."""
    return {
        name: np.array(tensor.detach().cpu().contiguous().numpy())
        for name, tensor in network.state_dict().items()
    }


def count_parameters(architecture: str, shape: Shape, classes: int, width: float = 1.0) -> int:
    """How many trainable numbers a network has; nothing is allocated for it."""
    import torch

    with torch.device("meta"):
        network = build(architecture, shape, classes, width)
    return sum(parameter.numel() for parameter in network.parameters())


def _misfits(expected: dict[str, tuple[int, ...]], found: dict[str, tuple[int, ...]]) -> str:
    """Describe what is missing, surplus or of another shape; empty where all fits."""

    def some(words: str, names: list[str]) -> list[str]:
        rest = f" and {len(names) - 5} more" if len(names) > 5 else ""
        return [f"{words} {', '.join(names[:5])}{rest}"] if names else []

    reshaped = [
        f"{name} ({'x'.join(map(str, found[name]))} instead of {'x'.join(map(str, shape))})"
        for name, shape in expected.items()
        if name in found and found[name] != shape
    ]
    return "; ".join(
        some("missing", [name for name in expected if name not in found])
        + some("surplus", [name for name in found if name not in expected])
        + some("of another shape", reshaped)
    )
