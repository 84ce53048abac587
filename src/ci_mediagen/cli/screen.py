"""What a person sees on stderr: a live display on a terminal, folded groups on GitHub, plain lines elsewhere.

Everything passes through one encoder for logs and one redactor for secrets, whatever the sink.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TextIO

from ci_mediagen.errors import OutputError
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused
from ci_mediagen.model.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from ci_mediagen.text.redact import Redactor

_MARKS: Mapping[str, str] = {"generated": "made", "reused": "reused", "skipped": "skipped", "failed": "FAILED"}


@functools.cache
def _redactor() -> Redactor:
    from ci_mediagen.text.redact import Redactor

    return Redactor(os.environ)


def safe(text: str) -> str:
    """Text as a log may hold it: no secret, no workflow command, no terminal escape."""
    from ci_mediagen.text.log import log_block

    return log_block(_redactor().redact(text))


def say(text: str, stream: TextIO | None = None) -> None:
    print(safe(text), file=stream or sys.stderr, flush=True)


def answer(text: str) -> None:
    """A line of the answer for a person, on stdout. Raises OutputError."""
    _print(safe(text))


def answer_json(document: Any) -> None:
    """The answer for machines, on stdout, as it is. Raises OutputError.

    The log of a runner holds it too, unless it is sent elsewhere.
    """
    from ci_mediagen.text.log import log_json

    only_ascii = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    _print(log_json(json.dumps(document, indent=2, ensure_ascii=only_ascii)))


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _drop_stdout()  # its reader has seen enough, as `head` has
    except OSError as error:
        _drop_stdout()
        raise OutputError(
            f"the answer cannot be written to stdout: {error.strerror}", advice="Make room where stdout is sent to."
        ) from error


def _drop_stdout() -> None:
    """What is still buffered goes nowhere: else Python tries again when it ends, and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def screen(environ: Mapping[str, str], stream: TextIO | None = None) -> AbstractContextManager[Progress]:
    """The display that suits where we run."""
    stream = stream or sys.stderr
    if environ.get("GITHUB_ACTIONS") == "true":
        return nullcontext(GitHub(stream))
    if stream.isatty() and environ.get("TERM") != "dumb":
        return _terminal(stream)
    return nullcontext(Plain(stream))


def describe(outcome: Outcome) -> str:
    """One line for one outcome."""
    mark = _MARKS.get(outcome.status, outcome.status)
    if isinstance(outcome, Generated | Reused):
        main = outcome.artifact.main
        size = f"{main.width}x{main.height}" if main.width else main.media_type
        length = f", {main.seconds:.1f} s" if main.seconds else ""
        took = f" in {outcome.artifact.seconds_taken:.1f} s" if isinstance(outcome, Generated) else ""
        return f"{outcome.task}: {mark}{took} ({size}{length}, {_bytes(main.bytes)})"
    return f"{outcome.task}: {mark}: {outcome.reason}"


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


class Plain:
    """A line for each thing that happens; no line for steps within a task."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        say(title, self._stream)
        yield

    def note(self, text: str) -> None:
        say(f"  {text}", self._stream)

    def warn(self, text: str) -> None:
        say(f"  warning: {text}", self._stream)

    def task_progress(self, task: str, fraction: float, text: str = "") -> None: ...

    def task_done(self, outcome: Outcome) -> None:
        self.note(describe(outcome))


class GitHub(Plain):
    """Folded groups and annotations. Our own commands are the only ones that the runner can find in the log."""

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self._command("group", title)
        try:
            yield
        finally:
            self._command("endgroup")

    def warn(self, text: str) -> None:
        self._command("warning", text, title="ci-mediagen")

    def task_done(self, outcome: Outcome) -> None:
        super().task_done(outcome)
        if isinstance(outcome, Failed):
            self.warn(f"{outcome.task}: {outcome.reason}")

    def _command(self, name: str, text: str = "", **properties: str) -> None:
        from ci_mediagen.text.log import command

        print(command(name, _redactor().redact(text), **properties), file=self._stream, flush=True)


@contextmanager
def _terminal(stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("  {task.description}", markup=False),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(file=stream),
        transient=True,
    )
    with bars:
        yield Terminal(bars)


class Terminal:
    """A bar for each task that is being made, above it what was decided."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self._print(title, "bold")
        yield

    def note(self, text: str) -> None:
        self._print(f"  {text}", "")

    def warn(self, text: str) -> None:
        self._print(f"  warning: {text}", "yellow")

    def task_progress(self, task: str, fraction: float, text: str = "") -> None:
        with self._lock:
            if task not in self._tasks:
                self._tasks[task] = self._bars.add_task(safe(task), total=1.0)
            self._bars.update(self._tasks[task], completed=fraction)

    def task_done(self, outcome: Outcome) -> None:
        with self._lock:
            bar = self._tasks.pop(outcome.task, None)
            if bar is not None:
                self._bars.remove_task(bar)
        self._print(f"  {describe(outcome)}", "red" if isinstance(outcome, Failed) else "green")

    def _print(self, text: str, style: str) -> None:
        self._bars.console.print(safe(text), style=style, markup=False, highlight=False, soft_wrap=True)
