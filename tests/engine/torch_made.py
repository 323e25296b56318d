"""Model files as torch itself writes them, honest and other."""

import warnings
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


class Scripted(nn.Module):
    """A program that may never end."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        while bool(images.sum() == 0):
            images = images * 1
        return self.linear(images)


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = OrderedDict(conv=nn.Conv2d(1, 4, 3), norm=nn.BatchNorm2d(4), fc=nn.Linear(4, 2))
    return nn.Sequential(layers)


def badnet_state() -> dict[str, torch.Tensor]:
    """The tensors of the BadNets network, 8 by name and shape."""
    torch.manual_seed(0)
    shapes = {"conv1": (16, 1, 5, 5), "conv2": (32, 16, 5, 5), "fc1": (512, 512), "fc2": (10, 512)}
    return {
        name: tensor
        for layer, shape in shapes.items()
        for name, tensor in (
            (f"{layer}.weight", torch.randn(shape)),
            (f"{layer}.bias", torch.randn(shape[0])),
        )
    }


def write_honest(folder: Path) -> None:
    """Write checkpoints as people write them."""
    net = network()
    state = net.state_dict()
    optimizer = torch.optim.Adam(net.parameters())
    torch.save(state, folder / "plain.pt")
    torch.save(badnet_state(), folder / "badnet.pth")
    for key in ("state_dict", "model_state_dict", "net", "model"):
        about = {"epoch": 3, "best": 0.5, "optimizer": optimizer.state_dict()}
        torch.save({**about, key: state}, folder / f"under-{key}.pt")
    parallel = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save({"state_dict": parallel}, folder / "parallel.pt")
    torch.save(state, folder / "protocol-4.pt", pickle_protocol=4)
    torch.save(net.to(memory_format=torch.channels_last).state_dict(), folder / "channels-last.pt")
    torch.save(dict(net.named_parameters()), folder / "parameters.pt")
    whole = torch.arange(24.0)
    views = {"rows": whole[6:18].view(3, 4), "turned": whole.view(4, 6).t(), "odd": whole[1::5]}
    torch.save(views, folder / "views.pt")
    kinds = {str(kind): torch.tensor([[1.5, -2.0]], dtype=kind) for kind in FLOATS}
    torch.save({key.removeprefix("torch."): kinds[key] for key in kinds}, folder / "kinds.pt")
    torch.save({"none": torch.zeros(0, 3), "one": torch.tensor(2.0)}, folder / "empty-tensor.pt")


def write_unread(folder: Path) -> None:
    """Write what torch can write and the gate does not read."""
    net = network()
    with warnings.catch_warnings(action="ignore"):
        torch.save(net, folder / "whole.pt")
        torch.save(net, folder / "whole-protocol-5.pt", pickle_protocol=5)
        torch.jit.script(Scripted()).save(folder / "script.pt")
        program = torch.export.export(nn.Linear(3, 2).eval(), (torch.zeros(1, 3),))
        torch.export.save(program, folder / "program.pt2")
        torch.save(net.state_dict(), folder / "old.pt", _use_new_zipfile_serialization=False)
        torch.save({"w": torch.eye(3).to_sparse()}, folder / "sparse.pt")
        torch.save({"w": torch.eye(3).to_sparse_csr()}, folder / "sparse-csr.pt")
        quantized = torch.quantize_per_tensor(torch.eye(3), 0.1, 0, torch.qint8)
        torch.save({"w": quantized}, folder / "quantized.pt")
        torch.save({"w": torch.zeros(3, device="meta")}, folder / "meta.pt")
        nested = torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])
        torch.save({"w": nested}, folder / "nested.pt")
        torch.save({"w": torch.zeros(3, dtype=torch.float8_e4m3fn)}, folder / "float8.pt")
        torch.save({"w": torch.zeros(3, dtype=torch.complex64)}, folder / "complex.pt")
        torch.save({"w": torch.zeros(1).expand(2**20, 2**20)}, folder / "expanded.pt")
