"""Asks the open network about a few images, beside everything else."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.answers import answers_job
from engine.models import Model
from engine.settings import ComputeSettings
from gui.side_run import SideRun

log = logging.getLogger("backdoor_studio")


@dataclass(frozen=True, eq=False)
class Question:
    """What a network is asked.

    Attributes:
        model: The network.
        images: N x C x H x W, uint8.
        compute: Where it is to work.
        about: Whatever tells whoever asked what this was.
    """

    model: Model
    images: NDArray[np.uint8]
    compute: ComputeSettings
    about: object


class NetworkAnswers(SideRun):
    """One question at a time; of those that come meanwhile, the newest is asked next.

    Signals:
        told: The Question, and its N labels.
    """

    told = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked: Question | None = None
        self._next: Question | None = None
        self._is_closed = False

    def ask(self, question: Question) -> None:
        """Ask a network; `told` says what it answers, unless it cannot."""
        if self._is_closed:
            return
        if self.is_busy:
            self._next = question
            return
        self._asked = question
        self._begin(partial(answers_job, question.model, question.images, question.compute))

    def stop(self) -> None:
        """Ask no more."""
        self._next = None
        super().stop()

    def close(self) -> None:
        """End, and take no other question."""
        self._is_closed = True
        self.stop()

    def _on_finished(self, result: Any) -> None:
        self._end(result)

    def _on_stopped(self, result: object) -> None:  # noqa: ARG002 - SideRun's signature
        self._end(None)

    def _on_failed(self, error: BaseException, details: str) -> None:  # noqa: ARG002 - as above
        log.info("A network could not be asked\n%s", details)  # a scan says why, if it is tried
        self._end(None)

    def _end(self, labels: NDArray[np.int64] | None) -> None:
        self._release()
        question, self._asked = self._asked, None
        following, self._next = self._next, None
        if labels is not None:
            self.told.emit(question, labels)
        if following is not None:
            self.ask(following)
        if not self.is_busy:
            self.ended.emit()
