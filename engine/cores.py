"""How many cores there are to use."""

import os

MOST_THREADS = 256  # as many as settings hold; more make nothing here faster


def available_cores() -> int:
    """Cores that this process may use, MOST_THREADS at most."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_THREADS)
    return min(os.cpu_count() or 1, MOST_THREADS)
