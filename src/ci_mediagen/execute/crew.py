"""The threads of one run, each with at most one worker process, and the queue on which they report."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ci_mediagen.backends import entry_of
from ci_mediagen.execute.engine import Busy
from ci_mediagen.execute.interface import Locate
from ci_mediagen.execute.making import Making
from ci_mediagen.execute.supervisor import Aborted, Patience, Supervisor
from ci_mediagen.model.media import Artifact
from ci_mediagen.model.outcome import Outcome
from ci_mediagen.model.progress import Progress
from ci_mediagen.model.task import ModelRef, Task
from ci_mediagen.stores import durable
from ci_mediagen.stores.interface import Ledger, Store

JOIN_SECONDS = 10.0
"""How long an aborted run waits for its threads: a worker's grace, and the end of a write to the store."""

Warm = tuple[str, ModelRef | None]
"""What a worker has loaded: its backend, and the model of its last task."""


@dataclass(frozen=True, slots=True)
class Order:
    task: Task
    needs: Mapping[str, Artifact]
    deadline: float


class Crew:
    """Gives tasks to runners, a runner that has the task's model loaded first, and starts runners as they are needed."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        locate: Locate,
        progress: Progress,
        *,
        folder: Path,
        size: int,
        entries: Mapping[str, str],
        environ: Mapping[str, str],
        patience: Patience,
    ) -> None:
        self._reports: queue.SimpleQueue[tuple[Runner, Outcome | Busy | BaseException]] = queue.SimpleQueue()
        self._making = partial(Making, store, ledger, locate, progress)
        self._folder = folder
        self._size = size
        self._entries = entries
        self._environ = environ
        self._patience = patience
        self._runners: list[Runner] = []
        self._idle: list[Runner] = []
        self.working_on: dict[str, Runner] = {}
        """Ids of the tasks that were given out and not reported on yet."""

    @property
    def has_room(self) -> bool:
        return len(self.working_on) < self._size

    def give(self, task: Task, needs: Mapping[str, Artifact], deadline: float) -> None:
        """Only while it `has_room`."""
        runner = self._choose((task.backend, task.model))
        self.working_on[task.id] = runner
        runner.orders.put(Order(task, needs, deadline))

    def pick(self, ready: list[Task]) -> Task:
        """The task to give out next: one whose model an idle runner has loaded, else the first."""
        warm = {runner.warm for runner in self._idle}
        return next((task for task in ready if (task.backend, task.model) in warm), ready[0])

    def report(self, timeout: float | None) -> Outcome | Busy | None:
        """How a task ended; None if none does within `timeout` seconds. Raises what a runner did not expect."""
        try:
            runner, report = self._reports.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(report, BaseException):
            raise report
        del self.working_on[report.task]
        self._idle.append(runner)
        return report

    def dismiss(self) -> None:
        """Lets idle workers go and waits until they have."""
        for runner in self._runners:
            runner.orders.put(None)
        for runner in self._runners:
            runner.join()

    def abort(self) -> None:
        """Ends every worker now, and waits until they are gone."""
        for runner in self._runners:
            runner.abort()
        end = time.monotonic() + JOIN_SECONDS
        for runner in self._runners:
            runner.join(max(0.0, end - time.monotonic()))

    def _choose(self, wanted: Warm) -> Runner:
        for runner in self._idle:
            if runner.warm == wanted:
                break
        else:
            if len(self._runners) < self._size:
                return self._hire()
            runner = self._idle[0]
        self._idle.remove(runner)
        return runner

    def _hire(self) -> Runner:
        place = self._folder / f"worker-{len(self._runners)}"
        runner = Runner(self._making(place), place, self._entries, self._environ, self._patience, self._reports)
        self._runners.append(runner)
        runner.start()
        return runner


class Runner(threading.Thread):
    """Carries out orders one by one; keeps its worker between them, and for another backend gets another."""

    def __init__(
        self,
        making: Making,
        place: Path,
        entries: Mapping[str, str],
        environ: Mapping[str, str],
        patience: Patience,
        reports: queue.SimpleQueue[tuple[Runner, Outcome | Busy | BaseException]],
    ) -> None:
        super().__init__(name=place.name, daemon=True)
        self.orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self.warm: Warm | None = None
        self._making = making
        self._place = place
        self._entries = entries
        self._environ = environ
        self._patience = patience
        self._reports = reports
        self._lock = threading.Lock()
        self._aborted = False
        self._supervisor: Supervisor | None = None
        self._backend = ""

    def run(self) -> None:
        try:
            while (order := self.orders.get()) is not None and not self._aborted:
                self._reports.put((self, self._carry_out(order)))
        finally:
            if self._supervisor is not None:
                self._supervisor.stop()

    def abort(self) -> None:
        with self._lock:
            self._aborted = True
            if self._supervisor is not None:
                self._supervisor.abort()
        self.orders.put(None)

    def _carry_out(self, order: Order) -> Outcome | Busy | BaseException:
        try:
            outcome = self._making.attempt(
                order.task, order.needs, lambda: self._supervise(order.task.backend), order.deadline
            )
        except BaseException as error:
            return error
        if not isinstance(outcome, Busy):
            self.warm = (order.task.backend, order.task.model)
        return outcome

    def _supervise(self, backend: str) -> Supervisor:
        """The supervisor of a worker for this backend. Raises ConfigError for a backend that is none."""
        entry = entry_of(backend, self._entries)
        with self._lock:
            if self._aborted:
                raise Aborted
            if self._supervisor is not None and self._backend == backend:
                return self._supervisor
            former, self._supervisor = self._supervisor, None
        if former is not None:
            former.stop()
        with durable.told("make a folder to work in", self._place):
            self._place.mkdir(exist_ok=True)
        supervisor = Supervisor(entry, self._place, environ=self._environ, patience=self._patience)
        with self._lock:
            if self._aborted:
                raise Aborted
            self._supervisor, self._backend = supervisor, backend
        return supervisor
