"""Neural Cleanse: the smallest trigger that turns every other class into class k, for each k.

Wang et al., IEEE S&P 2019, doi 10.1109/SP.2019.00031. The masks of different classes do not
depend on each other, so all classes share one forward and one backward pass, while each has its
own lambda, its own best mask and its own end.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.data import ImageSet
from engine.detection.results import ScanCurves
from engine.detection.schedules import (
    ADAM_BETAS,
    GREATEST_PENALTY,
    LEAST_PENALTY,
    Schedule,
    searches_at_once,
)
from engine.detection.search import (
    Goal,
    Search,
    answered,
    bounded,
    stamp,
    to_trigger,
)
from engine.events import Event, Job, Pulse, ScanStepped, TriggersMoved
from engine.network import Network, answers_of

SHOW_EVERY = 3


class Inversion:
    """The searches for many triggers of one network: one for each class, unless told otherwise.

    Attributes:
        searches: One for each goal, in order.
        shows: Whether the triggers are shown as they move.
        image_passes: Images that went forward and backward through the network so far.
    """

    def __init__(
        self,
        network: Network,
        images: ImageSet,
        schedule: Schedule,
        success_threshold: float,
        seed: int,
        goals: Sequence[Goal] | None = None,
        *,
        shows: bool = True,
    ) -> None:
        """Prepare a search for each goal, from random masks.

        Args:
            network: What is scanned.
            images: Images that it is right about, uint8 N x C x H x W, to search on.
            schedule: How many steps, on how many images, and how lambda moves.
            success_threshold: Share of images, 0..1, that a mask must turn to count.
            seed: Decides the first masks and patterns, and the order of the images.
            goals: What each trigger shall do; without them, every class is a target.
            shows: Whether the triggers are shown as they move.
        """
        self.network, self.schedule, self.shows = network, schedule, shows
        self.success_threshold = success_threshold
        self.image_passes = 0
        self._images = torch.from_numpy(images.images.copy()).to(network.compute.device)
        random = np.random.default_rng(seed)
        if goals is None:
            goals = [Goal(target) for target in range(images.classes)]
        self._orders = [random.permutation(goal.pool(images)) for goal in goals]
        self.searches = [
            self._begin(index, goal, images, random) for index, goal in enumerate(goals)
        ]
        self._curves: list[tuple[int, int, float, float, float]] = []

    def _begin(
        self, index: int, goal: Goal, images: ImageSet, random: np.random.Generator
    ) -> Search:
        channels, height, width = images.shape

        def start(*shape: int) -> Tensor:
            values = np.arctanh(random.uniform(-1, 1, shape) * 0.999).astype(np.float32)
            return torch.from_numpy(values).to(self.network.compute.device).requires_grad_()

        return Search(
            index,
            goal,
            start(height, width),
            start(channels, height, width),
            0.0 if self.schedule.penalty_waits else self.schedule.penalty,
            deque(maxlen=self.schedule.window),
        )

    def run(self) -> Job[None]:
        """Search all classes together, or one after the other, as the schedule says."""
        yield from self.search_for(self.searches, self.schedule)
        if self.searches:
            yield self._show()

    def search_for(self, searches: Sequence[Search], schedule: Schedule) -> Job[None]:
        """Begin or begin again some of the searches, from where their masks are."""
        self.schedule = schedule
        at_once = searches_at_once(schedule, self._images.shape[2] * self._images.shape[3])
        groups = -(-len(searches) // at_once)
        for number in range(groups):
            yield from self._run_group(searches[number::groups])

    def _run_group(self, group: Sequence[Search]) -> Job[None]:
        optimizer = torch.optim.Adam(
            [tensor for search in group for tensor in (search.raw_mask, search.raw_pattern)],
            lr=self.schedule.learning_rate,
            betas=ADAM_BETAS,
            fused=True,  # a call for each of hundreds of small tensors would add up
        )
        for search in group:
            search.begin(self.schedule)
        active = list(group)
        while active:
            for _ in range(self.schedule.batches):
                masks, patterns = self._update(active, optimizer)
                yield Pulse()
            for row, search in enumerate(active):
                self._judge(search, masks[row], patterns[row])
            yield self._stepped(active)
            if self.shows and active[0].steps % SHOW_EVERY == 0:
                yield self._show()
            active = [search for search in active if search.state == "searching"]
        optimizer.zero_grad(set_to_none=True)

    def _update(
        self, active: Sequence[Search], optimizer: torch.optim.Optimizer
    ) -> tuple[Tensor, Tensor]:
        """One step of Adam for the classes in `active`; the others keep what they have.

        Returns the masks and patterns whose success was seen, which are those before the step.
        """
        masks = bounded(torch.stack([search.raw_mask for search in active]))
        patterns = bounded(torch.stack([search.raw_pattern for search in active]))
        stamped = stamp(self._gather(active), masks, patterns)
        logits = self.network.logits(stamped)
        labels = torch.tensor([search.label for search in active], device=logits.device)
        wanted = labels.repeat_interleave(self.schedule.images)
        errors = functional.cross_entropy(answered(logits, stamped), wanted, reduction="none")
        penalties = torch.tensor([search.penalty for search in active], device=logits.device)
        norms = masks.sum((1, 2))
        loss = errors.sum() / self.schedule.images + (penalties * norms).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        hits = (answers_of(logits.detach()) == wanted).view(len(active), -1).float().mean(1)
        for search, success, norm in zip(active, hits.tolist(), norms.tolist(), strict=True):
            search.recent.append(success)
            search.mask_l1 = norm
            search.batches += 1
        self.image_passes += len(logits)
        return masks.detach(), patterns.detach()

    def _gather(self, active: Sequence[Search]) -> Tensor:
        """The next images of each active class, n x B x C x H x W in 0..1; never its own ones."""
        count = self.schedule.images
        chosen = np.concatenate(
            [
                np.take(
                    self._orders[search.index],
                    np.arange(search.batches * count, (search.batches + 1) * count),
                    mode="wrap",
                )
                for search in active
            ]
        )
        images = self._images[torch.from_numpy(chosen).to(self._images.device)]
        return self.network.compute.to_input(images).view(len(active), count, *images.shape[1:])

    def _judge(self, search: Search, mask: Tensor, pattern: Tensor) -> None:
        """Keep the mask if it is the smallest that works, move lambda, and see whether to end."""
        search.steps += 1
        works = search.success >= self.success_threshold
        if works and search.mask_l1 < search.best_l1:
            search.best_l1, search.best_success = search.mask_l1, search.success
            search.best = to_trigger(mask, pattern)
            search.stalled = 0
        elif search.best is not None:
            search.stalled += 1
        self._move_penalty(search, works=works)
        settled = search.stalled >= self.schedule.stall and len(search.turns) == 2
        if settled or search.steps >= self.schedule.steps:
            search.state = "converged" if search.best is not None else "not found"

    def _move_penalty(self, search: Search, *, works: bool) -> None:
        """Raise lambda after enough good steps in a row, lower it after enough bad ones."""
        schedule = self.schedule
        search.good, search.bad = (search.good + 1, 0) if works else (0, search.bad + 1)
        if search.penalty == 0:
            if search.good >= schedule.patience:
                search.good, search.penalty = 0, schedule.penalty
            return
        if search.good >= schedule.patience:
            search.good, factor = 0, schedule.raised_by
            search.turns.add("raised")
        elif search.bad >= schedule.patience:
            search.bad, factor = 0, 1 / schedule.lowered_by
            search.turns.add("lowered")
        else:
            return
        search.penalty = min(max(search.penalty * factor, LEAST_PENALTY), GREATEST_PENALTY)

    def _stepped(self, active: Sequence[Search]) -> ScanStepped:
        step = active[0].steps
        rows = [(s.index, s.mask_l1, s.success, s.penalty) for s in active]
        self._curves.extend((step, *row) for row in rows)
        labels, norms, successes, penalties = zip(*rows, strict=True)
        return ScanStepped(
            step,
            np.array(labels, np.int64),
            np.array(norms, np.float32),
            np.array(successes, np.float32),
            np.array(penalties, np.float32),
        )

    def _show(self) -> Event:
        triggers = [search.trigger for search in self.searches]
        found = [search.best is not None for search in self.searches]
        return TriggersMoved(
            np.stack([trigger.mask for trigger in triggers]),
            np.stack([trigger.pattern for trigger in triggers]),
            np.array([s.best_l1 if s.best else np.nan for s in self.searches], np.float32),
            np.array(
                [
                    s.best_success if works else s.success
                    for s, works in zip(self.searches, found, strict=True)
                ],
                np.float32,
            ),
            tuple(search.state for search in self.searches),
        )

    def curves(self) -> ScanCurves:
        """The numbers of every step so far, S x K, NaN where a class was idle."""
        steps = max((row[0] for row in self._curves), default=0)
        table = np.full((3, steps, len(self.searches)), np.nan, np.float32)
        for step, index, *numbers in self._curves:
            table[:, step - 1, index] = numbers
        return ScanCurves(*table)
