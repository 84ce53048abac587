"""The executor of one machine: worker processes for a run, one a core, each kept by a thread of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ci_mediagen.backends import BACKENDS
from ci_mediagen.errors import LimitError, StoreUnavailable, Terminated, UnavailableError
from ci_mediagen.execute.engine import Busy, Schedule, without_folders
from ci_mediagen.execute.environment import cores
from ci_mediagen.execute.interface import Locate
from ci_mediagen.model.outcome import Failed, Outcome, Reused
from ci_mediagen.model.progress import Progress
from ci_mediagen.model.task import Task
from ci_mediagen.stores import durable
from ci_mediagen.stores.interface import Ledger, Store

if TYPE_CHECKING:
    from ci_mediagen.execute.crew import Crew
    from ci_mediagen.execute.supervisor import Patience

TASK_SECONDS = 1800.0
BUSY_SECONDS = (0.05, 1.0)
"""How soon a task that another process is making is looked at again: first, and at most."""


class LocalExecutor:
    """Implements `execute.interface.Executor`. A run in which everything is reused starts no thread and no process."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        *,
        scratch: Path,
        jobs: int | None = None,
        task_timeout: float = TASK_SECONDS,
        deadline: float | None = None,
        claim_timeout: float | None = None,
        backends: Mapping[str, str] = BACKENDS,
        environ: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`scratch`: a folder for work in progress, best on the store's disk. `jobs`: workers at once (default: one a
        core). `task_timeout`: seconds for one task. `deadline`: the `time.monotonic()` instant at which the run ends.
        `claim_timeout`: seconds to wait for a task that another process is making (default: two tasks' time).
        `backends`: name -> `module:Class`. `environ`: what workers get a selection of (default: this process's)."""
        self._store = store
        self._ledger = ledger
        self._scratch = scratch
        self._jobs = max(1, jobs or cores())
        self._task_timeout = task_timeout
        self._deadline = deadline
        self._claim_timeout = 2 * task_timeout if claim_timeout is None else claim_timeout
        self._backends = backends
        self._environ = os.environ if environ is None else environ
        self._patience = patience

    def execute(self, tasks: Sequence[Task], locate: Locate, progress: Progress) -> tuple[Outcome, ...]:
        """Raises PlanError (tasks that do not fit together), StoreUnavailable (the store cannot be read), and whatever a
        signal handler raises; then too nothing stays running."""
        schedule = Schedule(tasks)
        for outcome in schedule.start():
            progress.task_done(outcome)
        self._reuse(schedule, progress)
        if schedule.done:
            durable.remove_abandoned(self._scratch)
            return schedule.outcomes
        with contextlib.ExitStack() as stack:
            try:
                with durable.told("make a folder to work in", self._scratch):
                    folder = stack.enter_context(durable.scratch_folder(self._scratch))
            except StoreUnavailable as error:
                progress.warn(str(error))
                while rest := schedule.wanted():
                    failed = Failed(rest[0].id, rest[0].key, without_folders(error.message), error.exit_code)
                    _settle(schedule, failed, progress)
            else:
                stack.enter_context(_sigterm_raises())
                crew = stack.enter_context(self._crew(schedule, folder, locate, progress))
                self._carry_out(schedule, crew, progress)
        return schedule.outcomes

    @contextlib.contextmanager
    def _crew(self, schedule: Schedule, folder: Path, locate: Locate, progress: Progress) -> Iterator[Crew]:
        """Ends with its workers: politely, or at once where something was raised."""
        from ci_mediagen.execute.crew import Crew
        from ci_mediagen.execute.supervisor import Patience

        crew = Crew(
            self._store,
            self._ledger,
            locate,
            progress,
            folder=folder,
            size=min(self._jobs, len(schedule.wanted())),
            entries=self._backends,
            environ=self._environ,
            patience=self._patience or Patience(),
        )
        try:
            yield crew
            crew.dismiss()
        except BaseException:
            crew.abort()
            raise

    def _reuse(self, schedule: Schedule, progress: Progress) -> None:
        stored = self._store.contains({task.key for task in schedule.wanted()})
        missing: set[str] = set()
        while found := [task for task in schedule.wanted() if task.key in stored and task.key not in missing]:
            artifact = self._store.get(found[0].key)
            if artifact is None:
                missing.add(found[0].key)
            else:
                _settle(schedule, Reused(found[0].id, found[0].key, artifact), progress)

    def _carry_out(self, schedule: Schedule, crew: Crew, progress: Progress) -> None:
        waits: dict[str, _Wait] = {}
        while not schedule.done:
            now = time.monotonic()
            if self._deadline is not None and now >= self._deadline:
                waits.clear()
                _fail_rest(schedule, crew, progress)
            else:
                self._give_out(schedule, crew, waits, now)
            if schedule.done:
                return
            report = crew.report(self._until_next(crew, waits, now))
            if isinstance(report, Busy):
                self._wait(schedule, report.task, waits, progress)
            elif report is not None:
                waits.pop(report.task, None)
                _settle(schedule, report, progress)

    def _give_out(self, schedule: Schedule, crew: Crew, waits: Mapping[str, _Wait], now: float) -> None:
        ready = [
            task for task in schedule.ready(crew.working_on) if task.id not in waits or waits[task.id].look_at <= now
        ]
        while ready and crew.has_room:
            task = crew.pick(ready)
            ready.remove(task)
            needs = {need: artifact for need in task.depends_on if (artifact := schedule.artifact(need)) is not None}
            ends = now + self._task_timeout
            crew.give(task, needs, ends if self._deadline is None else min(ends, self._deadline))

    def _until_next(self, crew: Crew, waits: Mapping[str, _Wait], now: float) -> float | None:
        """Seconds until something must be looked at though nobody reports; None: there is nothing. What was due `now` was
        given out, or waits for a runner, who reports."""
        instants = [wait.look_at for task, wait in waits.items() if task not in crew.working_on and wait.look_at > now]
        if self._deadline is not None and now < self._deadline:
            instants.append(self._deadline)
        return max(0.0, min(instants) - time.monotonic()) if instants else None

    def _wait(self, schedule: Schedule, task_id: str, waits: dict[str, _Wait], progress: Progress) -> None:
        """Another process is making this task: look again later, and not for ever."""
        now = time.monotonic()
        first, longest = BUSY_SECONDS
        wait = waits.get(task_id)
        if wait is None:
            progress.note(f"{task_id}: another run is making it; waiting")
            waits[task_id] = _Wait(now, first, now + first)
        elif now - wait.since >= self._claim_timeout:
            del waits[task_id]
            task = next(task for task in schedule.wanted() if task.id == task_id)
            reason = f"another run has been making it for {now - wait.since:.0f} s"
            _settle(schedule, Failed(task.id, task.key, reason, UnavailableError.exit_code), progress)
        else:
            pause = min(wait.pause * 2, longest)
            waits[task_id] = _Wait(wait.since, pause, now + pause)


@dataclass(frozen=True, slots=True)
class _Wait:
    """For a task that another process is making. `time.monotonic()` instants and seconds."""

    since: float
    pause: float
    look_at: float


def _settle(schedule: Schedule, outcome: Outcome, progress: Progress) -> None:
    for settled in schedule.settle(outcome):
        progress.task_done(settled)


def _fail_rest(schedule: Schedule, crew: Crew, progress: Progress) -> None:
    """The run's time is over: what has not been begun fails; what has, ends by itself at the same instant."""
    while rest := [task for task in schedule.wanted() if task.id not in crew.working_on]:
        reason = "the run's time was over before it was begun"
        _settle(schedule, Failed(rest[0].id, rest[0].key, reason, LimitError.exit_code), progress)


@contextlib.contextmanager
def _sigterm_raises() -> Iterator[None]:
    """While workers run, SIGTERM unwinds the stack as SIGINT does, where nobody else has said what it shall do."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def leave(*_: object) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
