"""How rooms tell the person at the screen what they are doing. `cli` shows it; tests record it; rooms never print."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from ci_mediagen.model.outcome import Outcome


class Progress(Protocol):
    """Calls may come from any thread. Texts may hold strangers' words: the implementation encodes them for its sink."""

    def group(self, title: str) -> AbstractContextManager[None]:
        """A named part of the run (folded on GitHub)."""
        ...

    def note(self, text: str) -> None:
        """Something was decided, and why."""
        ...

    def warn(self, text: str) -> None:
        """Something is wrong that does not end the run."""
        ...

    def task_progress(self, task: str, fraction: float, text: str = "") -> None:
        """A task got this far; `fraction` is 0 to 1."""
        ...

    def task_done(self, outcome: Outcome) -> None: ...


class Quiet:
    """Shows nothing."""

    def group(self, title: str) -> AbstractContextManager[None]:
        return nullcontext()

    def note(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def task_progress(self, task: str, fraction: float, text: str = "") -> None: ...

    def task_done(self, outcome: Outcome) -> None: ...
