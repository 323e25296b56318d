"""Decoding many pictures at once, on all cores, with a count that moves."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event as Flag

import numpy as np
from numpy.typing import NDArray

from engine.cores import available_cores
from engine.data.decoding import UnusableImageError, Wanted, decode, refuse_bombs
from engine.events import Job, Progress

MOST_THREADS = 8
_CHUNK = 32
_PATIENCE = 0.04  # seconds between two moments at which the work can be stopped

Content = Callable[[int], bytes]
Outcome = NDArray[np.uint8] | str


@dataclass(frozen=True, eq=False)
class Decoded:
    """What became of many pictures.

    Attributes:
        images: Those that are usable, in order, M x C x H x W, uint8.
        usable: Their places among all pictures, int64 M.
        reasons: Why each of the others is left out, by its place.
    """

    images: NDArray[np.uint8]
    usable: NDArray[np.int64]
    reasons: dict[int, str]


def decode_job(count: int, content: Content, wanted: Wanted) -> Job[Decoded]:
    """Decode pictures; threads do it, since Pillow lets them run side by side.

    Args:
        count: N, how many there are.
        content: The bytes of the picture with a number from 0 to N - 1; it is called from
            threads, and raises UnusableImageError where there is nothing to decode.
        wanted: What they are brought to.
    """
    refuse_bombs()
    images = np.empty((count, wanted.channels, wanted.size, wanted.size), np.uint8)
    usable, reasons = list[int](), dict[int, str]()
    clock, given_up = _Clock(count), Flag()
    pool = ThreadPoolExecutor(min(MOST_THREADS, available_cores()), "decode")

    def decode_chunk(start: int) -> list[Outcome]:
        places = range(start, min(start + _CHUNK, count))
        return [_decode_one(place, content, wanted) for place in places if not given_up.is_set()]

    try:
        for start, future in _in_order(pool, range(0, count, _CHUNK), decode_chunk):
            while not future.done():
                wait([future], _PATIENCE)
                yield clock.progress(start)
            for place, outcome in enumerate(future.result(), start):
                if isinstance(outcome, str):
                    reasons[place] = outcome
                else:
                    images[len(usable)] = outcome
                    usable.append(place)
            yield clock.progress(min(start + _CHUNK, count))
    finally:
        given_up.set()
        pool.shutdown(cancel_futures=True)
    return Decoded(images[: len(usable)], np.array(usable, np.int64), reasons)


def _in_order(
    pool: ThreadPoolExecutor, starts: Sequence[int], work: Callable[[int], list[Outcome]]
) -> Iterator[tuple[int, Future[list[Outcome]]]]:
    """Hand out work a little ahead of where it is taken, so that few results wait in memory."""
    ahead: deque[tuple[int, Future[list[Outcome]]]] = deque()
    for start in starts:
        ahead.append((start, pool.submit(work, start)))
        if len(ahead) > 4 * MOST_THREADS:
            yield ahead.popleft()
    yield from ahead


def _decode_one(place: int, content: Content, wanted: Wanted) -> Outcome:
    try:
        return decode(content(place), wanted)
    except UnusableImageError as reason:
        return str(reason)


class _Clock:
    """Progress, speed and time left."""

    def __init__(self, total: int) -> None:
        self._total, self._start = total, time.perf_counter()

    def progress(self, done: int) -> Progress:
        speed = done / max(time.perf_counter() - self._start, 1e-9)
        text = f"{done:,} of {self._total:,} images"
        if not done:
            return Progress(0, max(self._total, 1), text)
        return Progress(done, self._total, text, speed, (self._total - done) / speed)
