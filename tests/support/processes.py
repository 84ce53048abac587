"""Which processes of a test are alive, read from /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

WAIT_SECONDS = 20.0


def marked(mark: Path | str) -> list[int]:
    """Pids of the processes, but this one, that have the mark in their environment or command line. Zombies have neither."""
    wanted, found = os.fsencode(str(mark)), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if wanted in told and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def in_session(session: int) -> list[int]:
    """Pids of the living processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number = stat.read_bytes().rpartition(b")")[2].split()[:4]
        except OSError:
            continue
        if int(number) == session and state != b"Z":
            found.append(int(stat.parent.name))
    return found


def wait_until(condition: Callable[[], bool], what: str = "the condition", seconds: float = WAIT_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true in {seconds} s")
        time.sleep(0.01)
