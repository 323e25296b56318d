"""Backdoor attacks on image classifiers and the search for them, without any window."""

import os

# These must be set before torch is imported, and importing any part of the engine comes first.
# By default OpenMP's threads spin while they wait, and on busy cores each spins where another
# should work: many times slower than one thread alone. Never spinning makes each of the small
# steps here wait for a thread to wake up. A few microseconds of spinning give the best of both.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
