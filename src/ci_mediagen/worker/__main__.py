"""Makes one task after another until told to stop: `python -m ci_mediagen.worker module:Class`.

Started by `execute.supervisor`, never by hand. Exits when its stdin closes, also in the middle of a task.
"""

from __future__ import annotations

import errno
import importlib
import os
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, NoReturn

from ci_mediagen import __version__, errors
from ci_mediagen.backends import BACKENDS, load_entry
from ci_mediagen.model.messages import Cancel, Finished, Make, Progressed, Ready, Refused, Stop, from_line
from ci_mediagen.worker import limits, sandbox
from ci_mediagen.worker.channel import Channel, vanish

if TYPE_CHECKING:
    from ci_mediagen.backends.interface import Backend

PROGRESS_SECONDS = 0.1
"""At most one message of progress in this time."""


class Worker:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._orders: queue.SimpleQueue[Make | None] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._told_at = 0.0

    def listen(self) -> None:
        """Reads the parent's messages for as long as there is a parent. Runs in its own thread."""
        try:
            for line in self._channel.requests:
                message = from_line(line)
                if isinstance(message, Make):
                    self._cancelled.clear()
                    self._orders.put(message)
                elif isinstance(message, Cancel):
                    self._cancelled.set()
                elif isinstance(message, Stop):
                    self._orders.put(None)
                    return
        except Exception:  # a parent of another version: nothing that is said after this could be trusted
            traceback.print_exc()
        vanish()

    def serve(self, backend: Backend) -> None:
        while (order := self._orders.get()) is not None:
            self._channel.send(self._answer(backend, order))

    def _answer(self, backend: Backend, order: Make) -> Finished | Refused:
        self._told_at = 0.0
        try:
            made = backend.make(
                order.task,
                {name: Path(path) for name, path in order.inputs.items()},
                Path(order.folder),
                self._progress,
                time.monotonic() + order.deadline_seconds,
                self._cancelled.is_set,
            )
        except Exception as error:
            return refusal(error)
        return Finished(made.files, made.versions, made.degrades, made.notes)

    def _progress(self, fraction: float, text: str) -> None:
        now = time.monotonic()
        if now - self._told_at >= PROGRESS_SECONDS:
            self._told_at = now
            self._channel.send(Progressed(float(fraction), text))


def refusal(error: Exception) -> Refused:
    """What the parent is told of an exception. One that is not ours is a bug of the backend, and says where."""
    if isinstance(error, errors.MediagenError):
        retriable = isinstance(error, errors.UnavailableError)
        return Refused(type(error).__name__, error.message, error.advice, error.exit_code, retriable)
    traceback.print_exception(error)
    if isinstance(error, MemoryError):
        return Refused(
            "UnavailableError",
            "the worker ran out of the memory that it may use",
            "Use smaller pictures, or a machine with more memory.",
            errors.UnavailableError.exit_code,
            retriable=True,
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refused(
            "UnavailableError",
            "the disk is full",
            "Free some space, or set CI_MEDIAGEN_CACHE to a folder on a larger disk, then run again.",
            errors.UnavailableError.exit_code,
        )
    return Refused("MediagenError", f"{type(error).__name__}: {error} ({_place(error.__traceback__)})")


def _place(trace: TracebackType | None) -> str:
    last = traceback.extract_tb(trace)[-1:]
    return f"{Path(last[0].filename).name}:{last[0].lineno}" if last else "?"


def confine(module: ModuleType) -> None:
    """Applies what the backend's module says of its workers: see `backends.BACKENDS`."""
    for name in getattr(module, "WORKER_IMPORTS", ()):
        importlib.import_module(name)
    limits.limit_memory(getattr(module, "WORKER_MEMORY_BYTES", limits.DEFAULT_MEMORY_BYTES))
    if getattr(module, "WORKER_CONFINED", True):
        sandbox.enter(Path.cwd())


def main(entry: str) -> NoReturn:
    channel = Channel()
    limits.settle_in()
    worker = Worker(channel)
    try:
        backend = load_entry(BACKENDS.get(entry, entry))
        confine(sys.modules[type(backend).__module__])
    except Exception as error:
        channel.send(refusal(error))
        os._exit(1)
    threading.Thread(target=worker.listen, name="listen", daemon=True).start()
    channel.send(Ready(backend.name, __version__))
    worker.serve(backend)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # tearing libraries down takes time and gives nothing


if __name__ == "__main__":
    main(sys.argv[1])
