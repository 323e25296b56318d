"""What the network says of the images that carry a pair's trigger: asked for as it is shown."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from engine.detection.results import PairMap
from gui.network_answers import Question
from gui.session import Session
from gui.widgets.pair_results import PairResults

Cell = tuple[int, int]


class PairAnswers(QObject):
    """Asks about the chosen pair's samples while no run goes, and keeps what was answered."""

    def __init__(self, session: Session, pairs: PairResults) -> None:
        super().__init__(pairs)
        self._session, self._pairs = session, pairs
        self._map: PairMap | None = None
        self._known: dict[Cell, NDArray[np.int64]] = {}
        self._asked: Cell | None = None  # and not answered yet
        pairs.pair_shown.connect(self._show)
        session.answers.told.connect(self._take)
        session.answers.ended.connect(self._forget_question)
        session.changed.connect(self._on_changed)
        session.run_ended.connect(self._show)

    def _on_changed(self, what: str) -> None:
        if what == "torch":
            self._show()

    def _show(self) -> None:
        """Show what is known of the chosen pair, or ask."""
        session, pairs = self._session, self._pairs
        if pairs.pair_map is not self._map:
            self._map, self._known, self._asked = pairs.pair_map, {}, None
        cell, images = pairs.chart.chosen_cell, pairs.detail.sample_images()
        if self._map is None or not len(images):
            return
        if cell in self._known:
            pairs.detail.show_answers(self._known[cell], session.class_names)
        elif session.model is not None and cell != self._asked and self._may_ask():
            self._asked = cell
            about = (self._map, cell)
            session.answers.ask(Question(session.model, images, session.settings.compute, about))

    def _may_ask(self) -> bool:
        """Not while a run has the cores, and never another network than the map's own."""
        session = self._session
        if session.detection is None or session.detection.pair_map is not self._map:
            return False
        return session.preparation.torch_ready and session.running is None

    def _forget_question(self) -> None:
        self._asked = None

    def _take(self, question: Question, labels: NDArray[np.int64]) -> None:
        if not isinstance(question.about, tuple) or question.about[0] is not self._map:
            return
        cell = question.about[1]
        self._known[cell] = labels
        if cell == self._pairs.chart.chosen_cell:
            self._pairs.detail.show_answers(labels, self._session.class_names)
