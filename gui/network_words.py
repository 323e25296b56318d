"""What the training tab says of a network: what it is, and what its training will cost."""

from engine.architectures import ARCHITECTURES, Cost
from gui import words
from gui.session import Session


def sentences(session: Session, cost: Cost | None) -> str:
    """What the network of the session's settings is, and, where that is known, its cost."""
    train = session.settings.train
    known = ARCHITECTURES[train.architecture]
    text = f"{train.architecture}: {known.summary}."
    if cost is None:
        return f"{text} Its cost is being measured." if session.costs.is_busy else text
    text = f"{text} {cost.parameters:,} parameters, {_work(cost.multiply_adds)} an image."
    seconds = cost.seconds(len(session.data.train), train.epochs) if session.data else None
    if seconds is None:
        return text
    epochs = "1 epoch" if train.epochs == 1 else f"{train.epochs} epochs"
    return f"{text} {epochs} will take about {words.duration(seconds)} here."


def _work(multiply_adds: int) -> str:
    """Multiply-adds in three digits: "0.42 million multiply-adds"."""
    if multiply_adds >= 1e9:
        return f"{multiply_adds / 1e9:.3g} billion multiply-adds"
    return f"{multiply_adds / 1e6:.3g} million multiply-adds"
