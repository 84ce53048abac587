"""What makes tasks into files.

A Backend is synchronous and small. `resolve`, `estimate` and `check` run in the parent, so they import nothing heavy; `make`
runs in a worker process. Threads, processes, retries, the store and deadlines beyond the one passed in are the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ci_mediagen.model.finding import Finding
from ci_mediagen.model.media import MediaFile
from ci_mediagen.model.task import Task


@dataclass(frozen=True, slots=True)
class Unsupported:
    """This backend cannot make the task."""

    reason: str


@dataclass(frozen=True, slots=True)
class Estimate:
    seconds: float | None
    """Wall seconds on this machine; None where unknown."""
    cost: float | None = 0.0
    """In `currency`; None where unknown."""
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Made:
    """What `make` wrote into its folder."""

    files: tuple[MediaFile, ...]
    versions: tuple[tuple[str, str], ...] = ()
    degrades: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Backend(Protocol):
    """One way of making media.

    Failure of `make`: AssetError (an input is broken or too large: not tried again), GateError (the result is not fit to
    show), LimitError (the deadline passed), UnavailableError (worth trying again), any other MediagenError. Library
    exceptions do not leave.
    """

    name: str

    def resolve(self, task: Task) -> Task | Unsupported:
        """The task with everything decided that reaches the pixels: model revision, real size, `recipe`. Pure and quick."""
        ...

    def estimate(self, task: Task) -> Estimate: ...

    def make(
        self,
        task: Task,
        inputs: Mapping[str, Path],
        folder: Path,
        progress: Callable[[float, str], None],
        deadline: float,
        cancel: Callable[[], bool],
    ) -> Made:
        """Makes the task's files in `folder`, which is empty and its own.

        `inputs` gives a readable file for each name in `task.inputs`. `progress` takes a fraction 0..1 and a few words.
        `deadline` is a `time.monotonic()` instant. `cancel()` turning true means: stop soon and raise UnavailableError.
        """
        ...

    def check(self) -> Sequence[Finding]:
        """For `doctor`: is everything here that this backend needs?"""
        ...
