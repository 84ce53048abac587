"""Measuring whole commands, their children counted, and telling the result."""

from __future__ import annotations

import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
TOOL = str(Path(sys.executable).with_name("ci-mediagen"))
"""The console script of the environment that runs the benchmark."""

COMMAND_SECONDS = 300.0
"""Limit for one command."""


@dataclass(frozen=True, slots=True)
class Cost:
    cpu: float
    """Seconds of user and system time: the command's own, and that of every child that was waited for."""
    wall: float
    output: bytes
    """Its stdout."""


class CommandFailed(Exception):
    """A measured command did not end with 0; the message holds what it said on stderr."""


def cost(command: Sequence[str], *, cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> Cost:
    """Runs a command to its end. Raises CommandFailed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        watchdog = threading.Timer(COMMAND_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        try:
            # wait4 gives what this process used and, as getrusage does not, nobody else.
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            watchdog.cancel()
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            said = errors.read().decode("utf-8", "replace")
            raise CommandFailed(f"{shlex.join(command)} ended with {process.returncode}\n{said}")
        return Cost(usage.ru_utime + usage.ru_stime, wall, output.read())


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things measured in turn, so that what else the machine does falls on both."""

    one: tuple[float, ...]
    other: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return statistics.median(self.one) / statistics.median(self.other)

    @property
    def difference(self) -> float:
        return statistics.median(self.one) - statistics.median(self.other)


def paired(one: Callable[[], float], other: Callable[[], float], runs: int) -> Pair:
    """Measures both `runs` times in turn, after one run of each that does not count (caches, compiled files)."""
    one()
    other()
    ones, others = [], []
    for number in range(runs):
        # Who goes first changes, so that neither always finds the other's leavings in the caches.
        for measured, into in ((one, ones), (other, others))[:: 1 if number % 2 else -1]:
            into.append(measured())
    return Pair(tuple(ones), tuple(others))


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    seconds: tuple[float, ...]


def verdict(title: str, rows: Sequence[Row], measured: float, limit: float, unit: str) -> bool:
    """Prints a table with the median and the spread of each row, and whether the limit holds."""
    print(title)
    width = max(len(row.name) for row in rows)
    for row in rows:
        low, high = min(row.seconds), max(row.seconds)
        middle = statistics.median(row.seconds)
        print(f"  {row.name:<{width}}  {middle:7.3f} s CPU  ({low:.3f} to {high:.3f}, {len(row.seconds)} runs)")
    held = measured <= limit
    print(f"  {measured:.2f}{unit}, limit {limit:g}{unit}: {'ok' if held else 'OVER THE LIMIT'}\n")
    return held
