"""A network as an ONNX file, for programs that know nothing of this one.

The file's input is what people have: images N x C x H x W in 0..1, red before blue, any number N.
The network's own input format is part of the file's graph, so that nobody can get it wrong. Torch's
exporter is slow to load and holds the interpreter for long, so the Job lets a process of its own
do the work; what that process wrote is compared with the network before it is kept.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from engine.errors import EngineError
from engine.events import Job, Progress, Pulse
from engine.files import write_file
from engine.input_format import InputFormat
from engine.model_metadata import METADATA_KEY
from engine.models import Model, from_bytes, restore
from engine.version import VERSION

if TYPE_CHECKING:
    import onnx
    from torch import nn

INPUT, OUTPUT, BATCH = "images", "logits", "N"
OPSET = 18
SECONDS = 300
_ROOT = Path(__file__).parent.parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from engine.onnx_export import main; main()"
_POLL_SECONDS = 0.03
_CHECKED_IMAGES = 4
_TOLERANCE = 1e-3


def onnx_job(model: Model, path: Path) -> Job[Path]:
    """Write a network as an ONNX file.

    Raises:
        EngineError: The network does not fit its weights, a package is missing, the exporter
            fails, or the file cannot be written; an earlier one is then unchanged.
    """
    yield Progress(0, 2, "starting the exporter")
    with tempfile.TemporaryFile() as question, tempfile.TemporaryFile() as answer:
        question.write(model.to_bytes())
        question.seek(0)
        with tempfile.TemporaryFile() as complaints:
            process = _start(model.sha256, question, answer, complaints)
            try:
                deadline = time.monotonic() + SECONDS
                while not _has_ended(process) and time.monotonic() < deadline:
                    yield Pulse()
            finally:
                process.kill()
                exit_code = process.wait()
            if exit_code:
                raise EngineError(_why(complaints, exit_code))
        answer.seek(0)
        content = answer.read()
    yield Progress(1, 2, "writing")
    write_file(path, content)
    return path


def to_onnx(model: Model) -> bytes:
    """A network as the content of an ONNX file.

    Raises:
        EngineError: The network does not fit its weights, a package is missing, or the file does
            not compute what the network computes.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - torch's exporter asks for it
    except ImportError as error:
        raise EngineError(
            f"ONNX files need the package {error.name or 'onnx'}, which is not installed. Start the"
            " program with start.py, which installs it."
        ) from error
    import torch

    module = _with_input_format(model).eval().requires_grad_(requires_grad=False)
    example = torch.zeros(2, *model.shape)  # one image alone would make N a constant
    with warnings.catch_warnings(action="ignore"):
        program = torch.onnx.export(
            module, (example,), dynamo=True, verbose=False, opset_version=OPSET,
            input_names=[INPUT], output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim(BATCH)},),
        )  # fmt: skip
    assert program is not None  # noqa: S101 - with dynamo there always is one
    proto = program.model_proto
    _tidy(proto)
    _describe(proto, model)
    onnx.checker.check_model(proto, full_check=True)
    _compare(proto, module, model)
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def main() -> None:
    """Turn the model file on standard input into an ONNX file on standard output."""
    model = replace(
        from_bytes(sys.stdin.buffer.read()), file_sha256=sys.argv[2], origin="This model"
    )
    answer = os.dup(1)
    os.dup2(2, 1)  # whatever the libraries print is no part of the file
    try:
        result = to_onnx(model)
    except EngineError as error:
        sys.exit(str(error))
    with open(answer, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(result)


def _start(
    sha256: str, question: BinaryIO, answer: BinaryIO, complaints: BinaryIO
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - our own program, fixed arguments
            # -P: what lies in the folder that the program was started in is not to be run.
            [sys.executable, "-P", "-c", _START, str(_ROOT), sha256],
            stdin=question, stdout=answer, stderr=complaints,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except OSError as error:
        raise EngineError(
            f"The process that makes ONNX files cannot be started: {error.strerror or error}."
            " Close other programs and try again."
        ) from error


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    """Whether a process ends within a moment."""
    try:
        process.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _why(complaints: BinaryIO, exit_code: int) -> str:
    """What the process said last before it failed."""
    complaints.seek(0)
    lines = complaints.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
    last = lines[-1][:400] if lines else f"its process was ended ({exit_code}) or took too long"
    if exit_code == 1 and len(lines) == 1:
        return last  # a sentence of ours
    return f"The network could not be turned into an ONNX file: {last}. Nothing was written."


def _with_input_format(model: Model) -> "nn.Module":
    """A network that takes images in 0..1, red before blue, whatever its own format is."""
    import torch
    from torch import nn

    input_format = InputFormat.parse(model.input_range)
    input_format.check_channels(model.shape[0])
    scale, shift = (torch.tensor(values).view(1, -1, 1, 1) for values in input_format.affine())

    class Whole(nn.Module):
        scale: torch.Tensor
        shift: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.network = restore(model)
            self.register_buffer("scale", scale)
            self.register_buffer("shift", shift)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            if not input_format.is_plain:
                images = images * self.scale + self.shift
            if input_format.order == "BGR":
                images = images.flip(1)
            logits: torch.Tensor = self.network(images)
            return logits

    return Whole()


def _tidy(proto: "onnx.ModelProto") -> None:
    """Drop what tells of this machine: the exporter notes source lines with their paths."""
    del proto.metadata_props[:]
    del proto.graph.metadata_props[:]
    parts = (proto.graph.node, proto.graph.value_info, proto.graph.input, proto.graph.output)
    for part in (*parts, proto.graph.initializer):
        for entry in part:
            entry.ClearField("metadata_props")
            entry.ClearField("doc_string")


def _describe(proto: "onnx.ModelProto", model: Model) -> None:
    """Say what the file is, and what goes in and comes out."""
    channels, height, width = model.shape
    proto.producer_name, proto.producer_version = "Backdoor Studio", VERSION
    proto.graph.name = model.architecture
    proto.doc_string = (
        f"{INPUT}: {BATCH} x {channels} x {height} x {width}, float32, 0 is black and 1 is white,"
        f" red before blue. {OUTPUT}: {BATCH} x {model.classes}, the largest is the class."
    )
    about = {
        "architecture": model.architecture,
        "model_sha256": model.sha256,
        "input": "0..1",
        "input_baked_in": model.input_range,
    }
    if model.provenance is not None:
        about["class_names"] = json.dumps(model.provenance.class_names)
        about[METADATA_KEY] = json.dumps(model.provenance.model_dump(mode="json"))
    for key, value in about.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value


def _compare(proto: "onnx.ModelProto", module: "nn.Module", model: Model) -> None:
    """Run the file on a few images, by ONNX's own reference, and compare with the network.

    Raises:
        EngineError: They differ.
    """
    import torch
    from onnx.reference import ReferenceEvaluator

    images = np.random.default_rng(0).random((_CHECKED_IMAGES, *model.shape), np.float32)
    with torch.inference_mode():
        wanted = module(torch.from_numpy(images)).numpy()
    found = np.asarray(next(iter(ReferenceEvaluator(proto).run(None, {INPUT: images}))))
    if not np.allclose(found, wanted, rtol=_TOLERANCE, atol=_TOLERANCE * np.abs(wanted).max()):
        raise EngineError(
            "The ONNX file would not compute what the network computes, so it was not written."
            " Update the packages torch and onnx, and try again."
        )
