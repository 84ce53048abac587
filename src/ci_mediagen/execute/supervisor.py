"""Keeps one worker: starts it, hands it one task at a time, holds it to deadlines, ends it. Warm between tasks.

Deadlines: a worker must be ready within `load_seconds`, must not be silent for `silence_seconds` while it makes something,
and must be done when the task's time is over; then it is asked to give up, and killed if it has not within
`cancel_seconds`.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci_mediagen import errors
from ci_mediagen.execute.environment import worker_environment
from ci_mediagen.execute.process import WorkerDied, WorkerProcess, clean
from ci_mediagen.model.messages import Cancel, Finished, Make, Message, Progressed, Ready, Refused, Stop
from ci_mediagen.model.task import Task

MAX_MESSAGE_CHARACTERS = 2000
"""Of an error's message or advice from a worker."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a supervisor waits, in seconds."""

    load_seconds: float = 120.0
    silence_seconds: float = 300.0
    cancel_seconds: float = 5.0
    stop_seconds: float = 2.0
    abort_seconds: float = 1.0
    """Between SIGTERM and SIGKILL."""
    look_seconds: float = 0.5
    """How often an abort is looked for, should the worker not have died of it."""


class Aborted(Exception):
    """`abort` was called: the run is over."""


class RetriableError(Exception):
    """The worker refused, and says that trying again may end otherwise. Holds the error as a person would be told it."""

    def __init__(self, error: errors.MediagenError) -> None:
        super().__init__(str(error))
        self.error = error


class Supervisor:
    """For one thread, but for `abort`. The thread must outlive the worker: on Linux a worker dies with the thread that
    started it."""

    def __init__(
        self,
        entry: str,
        folder: Path,
        *,
        environ: Mapping[str, str],
        python: str = sys.executable,
        patience: Patience = Patience(),
    ) -> None:
        """`entry` is the backend's `module:Class`; `folder` an existing one, the only one its worker may write."""
        self._entry = entry
        self._folder = folder
        self._environ = worker_environment(environ, folder)
        self._python = python
        self._patience = patience
        self._worker: WorkerProcess | None = None
        self._lock = threading.Lock()
        self._aborted = False

    def make(
        self,
        task: Task,
        inputs: Mapping[str, Path],
        folder: Path,
        *,
        deadline: float,
        progress: Callable[[float, str], None],
    ) -> Finished:
        """What the worker says it made in `folder`. `deadline` is a `time.monotonic()` instant.

        Raises Aborted, WorkerDied, RetriableError, LimitError, and whatever MediagenError the worker reports.
        """
        started = time.monotonic()
        worker = self._ready(deadline)
        seconds = max(0.0, deadline - time.monotonic())
        paths = {name: str(path.absolute()) for name, path in inputs.items()}
        worker.send(Make(task, paths, str(folder.absolute()), seconds))
        heard = time.monotonic()
        silence = self._patience.silence_seconds
        while True:
            message = self._receive(worker, min(deadline, heard + silence))
            if message is None:
                if time.monotonic() >= deadline:
                    self._give_up(worker)
                    raise errors.LimitError(
                        f"was not done after {deadline - started:.0f} s",
                        advice="Give it more time, or make it smaller or shorter.",
                    )
                self._discard(worker)
                raise WorkerDied(f"its worker was silent for {silence:.0f} s and was ended")
            heard = time.monotonic()
            if isinstance(message, Progressed):
                progress(min(max(message.fraction, 0.0), 1.0), clean(message.text)[:200])
            elif isinstance(message, Finished):
                return message
            elif isinstance(message, Refused):
                self._raise(worker, message)
            else:
                raise self._confused(worker, message)

    def stop(self) -> None:
        """Lets an idle worker go, politely at first. Nothing of it is left afterwards."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is None:
            return
        if self._aborted:
            worker.end(grace=self._patience.abort_seconds)
            return
        worker.send(Stop())
        worker.leave(self._patience.stop_seconds)

    def abort(self) -> None:
        """From any thread: ends the worker now; `make` raises Aborted, and so does each later one."""
        with self._lock:
            self._aborted = True
            if self._worker is not None:
                self._worker.signal(signal.SIGTERM)

    def _ready(self, deadline: float) -> WorkerProcess:
        with self._lock:
            if self._aborted:
                raise Aborted
            if self._worker is not None:
                return self._worker
            worker = self._worker = WorkerProcess(
                self._entry, python=self._python, folder=self._folder, environ=self._environ
            )
        load = self._patience.load_seconds
        message = self._receive(worker, min(deadline, time.monotonic() + load))
        if isinstance(message, Ready):
            return worker
        if message is None:
            self._discard(worker)
            if time.monotonic() >= deadline:
                raise errors.LimitError("its time was over before its worker was ready", advice="Give it more time.")
            raise WorkerDied(f"its worker was not ready after {load:.0f} s")
        if isinstance(message, Refused):
            self._discard(worker)
            self._raise(worker, message)
        raise self._confused(worker, message)

    def _receive(self, worker: WorkerProcess, until: float) -> Message | None:
        while True:
            if self._aborted:
                self._discard(worker)
                raise Aborted
            left = until - time.monotonic()
            if left <= 0:
                return None
            try:
                message = worker.receive(min(left, self._patience.look_seconds))
            except WorkerDied:
                self._discard(worker)
                if self._aborted:
                    raise Aborted from None
                raise
            if message is not None:
                return message

    def _give_up(self, worker: WorkerProcess) -> None:
        """Asks the worker to give up its task, so that it stays warm; ends it if it does not."""
        worker.send(Cancel())
        until = time.monotonic() + self._patience.cancel_seconds
        try:
            while (message := self._receive(worker, until)) is not None:
                if isinstance(message, Finished | Refused):
                    return
        except WorkerDied:
            return
        self._discard(worker)

    def _raise(self, worker: WorkerProcess, refused: Refused) -> None:
        """The worker's error as ours. A class that it may not name becomes a bug of the backend."""
        kind = getattr(errors, refused.error, None)
        if not (isinstance(kind, type) and issubclass(kind, errors.MediagenError)):
            kind = errors.MediagenError
        error = kind(
            clean(refused.message)[:MAX_MESSAGE_CHARACTERS], advice=clean(refused.advice)[:MAX_MESSAGE_CHARACTERS]
        )
        if refused.retriable:
            self._discard(worker)  # a fresh one has its memory back
            raise RetriableError(error)
        raise error

    def _confused(self, worker: WorkerProcess, message: Message) -> WorkerDied:
        self._discard(worker)
        return WorkerDied(f"its worker broke the protocol: {type(message).__name__} was not to be said now")

    def _discard(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._worker = None
        worker.end(grace=self._patience.abort_seconds if self._aborted else 0)
