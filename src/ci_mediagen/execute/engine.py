"""Which task may be worked on now, and what follows for the others when one ends. No threads, processes or files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ci_mediagen.errors import PlanError
from ci_mediagen.model.media import Artifact
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused, Skipped
from ci_mediagen.model.task import Task

ONLY_AS_FALLBACK = "only as a fallback"

_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[^/\s'\"]+/)+")
"""The folders of an absolute path."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another process is making this task now: no outcome yet."""

    task: str


class Schedule:
    """The tasks of one run and how they ended. Each task gets exactly one outcome.

    A task is ready when those it depends on have artifacts. If one of them has none, it is Skipped, naming it. A task that
    is made only as a fallback sleeps until a task that names it has failed, or was skipped because something it needs
    failed. Of several tasks with one key the first is made and the others share its outcome.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        """Raises PlanError where the tasks do not fit together."""
        self._tasks = {task.id: task for task in tasks}
        self._called_for: set[str] = set()
        self._outcomes: dict[str, Outcome] = {}
        _check(tasks)

    @property
    def done(self) -> bool:
        return len(self._outcomes) == len(self._tasks)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """In the order of the plan; complete once `done`."""
        return tuple(self._outcomes[task] for task in self._tasks if task in self._outcomes)

    def wanted(self) -> list[Task]:
        """Tasks without an outcome that are not asleep."""
        return [task for task in self._tasks.values() if task.id not in self._outcomes and not self._asleep(task)]

    def ready(self, busy: Iterable[str]) -> list[Task]:
        """The wanted tasks that can be made now; `busy` are the ids of those that are being made."""
        busy = set(busy)
        taken = {self._tasks[task].key for task in busy}
        found = []
        for task in self.wanted():
            if task.id in busy or task.key in taken or any(self.artifact(need) is None for need in task.depends_on):
                continue
            taken.add(task.key)
            found.append(task)
        return found

    def artifact(self, task: str) -> Artifact | None:
        outcome = self._outcomes.get(task)
        return outcome.artifact if isinstance(outcome, Generated | Reused) else None

    def settle(self, outcome: Outcome) -> list[Outcome]:
        """Takes a task's outcome; returns it and those that follow from it, in the order in which they do."""
        settled = [outcome]
        self._outcomes[outcome.task] = outcome
        for twin in self.wanted():
            if twin.key == outcome.key:
                settled.append(self._share(twin, outcome))
        while follows := self._follow():
            settled.extend(follows)
        return settled

    def start(self) -> list[Outcome]:
        """What can be said before anything was tried: fallbacks that nothing asks for."""
        settled = []
        while follows := self._follow():
            settled.extend(follows)
        return settled

    def _asleep(self, task: Task) -> bool:
        return task.only_as_fallback and task.id not in self._called_for

    def _share(self, twin: Task, outcome: Outcome) -> Outcome:
        reason = f"the same as {outcome.task}" + ("" if isinstance(outcome, Generated) else f": {outcome.reason}")
        shared: Outcome
        if isinstance(outcome, Generated | Reused):
            shared = Reused(twin.id, twin.key, outcome.artifact, reason)
        else:
            shared = replace(outcome, task=twin.id, reason=reason)
        self._outcomes[twin.id] = shared
        return shared

    def _follow(self) -> list[Outcome]:
        """One round of consequences."""
        for task in self._tasks.values():
            ended = self._outcomes.get(task.id)
            if task.fallback is not None and isinstance(ended, Failed | Skipped) and not self._asleep(task):
                self._called_for.add(task.fallback)
        settled: list[Outcome] = []
        for task in self._tasks.values():
            if task.id in self._outcomes:
                continue
            if self._asleep(task):
                if all(asker.id in self._outcomes for asker in self._tasks.values() if asker.fallback == task.id):
                    settled.append(Skipped(task.id, task.key, ONLY_AS_FALLBACK))
                continue
            for need in task.depends_on:
                ended = self._outcomes.get(need)
                if ended is not None and self.artifact(need) is None:
                    settled.append(Skipped(task.id, task.key, f"needs {need}, which {_how(ended)}"))
                    break
        for outcome in settled:
            self._outcomes[outcome.task] = outcome
        return settled


def without_folders(text: str) -> str:
    """The text with absolute paths cut down to their last part: a manifest holds none."""
    return _FOLDERS.sub("", text)


def _how(outcome: Outcome) -> str:
    word = "was skipped" if isinstance(outcome, Skipped) else "failed" if isinstance(outcome, Failed) else "is unknown"
    return f"{word}: {outcome.reason}"


def _check(tasks: Sequence[Task]) -> None:
    known: dict[str, Task] = {}
    for task in tasks:
        if task.id in known:
            raise PlanError(f"two tasks are called {task.id!r}", advice="Ids are unique in a plan: rename a shot.")
        if not task.key:
            raise PlanError(
                f"task {task.id!r} has no key", advice="Make the plan again with `ci-mediagen plan --json`."
            )
        known[task.id] = task
    before: dict[str, set[str]] = {task.id: set(task.depends_on) for task in tasks}
    for task in tasks:
        for other in (*task.depends_on, *([task.fallback] if task.fallback else [])):
            if other not in known:
                raise PlanError(
                    f"task {task.id!r} names {other!r}, which is not in the plan",
                    advice="Make the plan again with `ci-mediagen plan --json`.",
                )
        if task.fallback and known[task.fallback].only_as_fallback:
            before[task.fallback].add(task.id)
    while before:
        free = [task for task, needs in before.items() if not needs]
        if not free:
            raise PlanError(
                f"tasks wait for each other: {', '.join(sorted(before))}",
                advice="Change `shot:` references or `fallback` so that one of them can be first.",
            )
        for task_id in free:
            del before[task_id]
        for needs in before.values():
            needs.difference_update(free)
