"""What a worker may take of the machine. It decodes pictures that strangers wrote, so it is held on a short lead."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

DEFAULT_MEMORY_BYTES = 4 << 30
"""Address space of a worker whose backend module says nothing in `WORKER_MEMORY_BYTES`."""
NICENESS = 5
"""So that the parent, and whatever else the machine does, goes first."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def settle_in() -> None:
    """Everything that holds for each worker: no core files, lower priority, death with the parent."""
    _limit(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    if sys.platform == "linux":
        # The thread that waits for stdin to close needs the interpreter's lock, which a library may hold for ever.
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def limit_memory(limit: int) -> None:
    """Address space in bytes; 0 sets no limit (a GPU driver maps far more than it uses)."""
    if limit:
        _limit(resource.RLIMIT_AS, limit)


def _limit(what: int, limit: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS knows the address space's limit and refuses to set it
        resource.setrlimit(what, (limit, limit))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
