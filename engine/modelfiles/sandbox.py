"""Takes away from the child process what it does not need: files, network, memory, time.

It works only on the process that calls it, cannot be undone, and does what the system offers;
what that was is returned in words, so that the window can say it.
"""

import ctypes
import os
import signal
import struct
import sys
from typing import Any

from engine.modelfiles.limits import CHILD_MEMORY_BYTES, MAX_REPLY_BYTES

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_RESTRICT_SELF = 446
_ASK_VERSION = 1
# Landlock's rights over files and folders known in each version of its interface.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_MOST_FILE_RIGHTS = 16
_NETWORK_RIGHTS = 0b11
_SCOPES = 0b11


def enter(seconds: int, parent: int) -> str:
    """Shut this process in.

    Args:
        seconds: How long it may live and compute.
        parent: Process whose end is also this one's, where the system can do that.

    Returns:
        "on: ..." where the system keeps the process from every file and connection, else
        "off: ...", each with what is limited.
    """
    limits = _limit_resources(seconds)
    landlock = 0
    if sys.platform == "linux":
        _end_with(parent)
        landlock = _landlock()
    no_new_files = _close_the_door()
    held = f"own process, at most {seconds} s{limits}"
    if landlock:
        return f"on: Landlock {landlock} denies all files and connections; {held}"
    if no_new_files:
        return f"off: Landlock is not available here; no new files or connections, {held}"
    return f"off: this system has no sandbox for it; {held}"


def _limit_resources(seconds: int) -> str:
    """Limit time, the length of the reply, and memory; words for the last where it works."""
    if sys.platform == "win32":
        return ""
    import resource

    signal.setitimer(signal.ITIMER_REAL, seconds)
    wanted = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (seconds, seconds + 1),
        resource.RLIMIT_FSIZE: (MAX_REPLY_BYTES, MAX_REPLY_BYTES),
    }
    for kind, limits in wanted.items():
        _set_limit(kind, limits)
    has_memory_limit = _set_limit(resource.RLIMIT_AS, (CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES))
    # Elsewhere than on Linux that limit is known but not kept.
    is_kept = has_memory_limit and sys.platform == "linux"
    return f" and {CHILD_MEMORY_BYTES // 2**20} MB" if is_kept else ""


def _close_the_door() -> bool:
    """Let this process open nothing any more: no file, no folder, no connection."""
    if sys.platform == "win32":
        return False
    import resource

    return _set_limit(resource.RLIMIT_NOFILE, (0, 0))


def _set_limit(kind: int, limits: tuple[int, int]) -> bool:
    """Set a limit; some systems know one by name only, or were given a lower one before."""
    if sys.platform == "win32":
        return False
    import resource

    try:
        resource.setrlimit(kind, limits)
    except (OSError, ValueError):
        return False
    return True


def _end_with(parent: int) -> None:
    """Have the system end this process when its parent ends."""
    _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # the parent ended before that was set


def _landlock() -> int:
    """Give up all rights over files, and TCP and signals where known; return the version."""
    libc = _libc()
    version = int(libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _ASK_VERSION))
    if version < 1:
        return 0
    rights = 2 ** _FILE_RIGHTS.get(version, _MOST_FILE_RIGHTS) - 1
    # The structure grew: files, then network (version 4), then scopes (version 6).
    fields = [rights, *[_NETWORK_RIGHTS] * (version >= 4), *[_SCOPES] * (version >= 6)]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = int(libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0))
    if ruleset < 0:
        return 0
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    failed = libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return 0 if failed else version


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)
