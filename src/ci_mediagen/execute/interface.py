"""Carrying a plan out: each task is found in the store, or made and stored, or ends with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ci_mediagen.model.outcome import Outcome
from ci_mediagen.model.progress import Progress
from ci_mediagen.model.task import Input, Task

Locate = Callable[[Input], Path]
"""Gives a readable local file for an input that is a file. Raises AssetError where it is gone or its hash has changed."""


class Executor(Protocol):
    """Makes tasks, in an order that respects `depends_on`, as many at once as it can.

    Contract: one outcome for each task, in the order of the plan; what was made is stored before its outcome is reported;
    a task that fails leaves the rest standing (those that depend on it are Skipped, naming it; its `fallback` is made
    instead); nothing stays running when `execute` returns or raises, KeyboardInterrupt and SIGTERM included.
    """

    def execute(self, tasks: Sequence[Task], locate: Locate, progress: Progress) -> tuple[Outcome, ...]: ...
