"""The worker by itself, spoken to over its pipes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.model.messages import (
    Cancel,
    Finished,
    Make,
    Message,
    Progressed,
    Ready,
    Refused,
    Stop,
    from_line,
    to_line,
)
from tests.support import fake_backend
from tests.support.fake_backend import fake_task


class Conversation:
    def __init__(self, folder: Path, entry: str = fake_backend.ENTRY) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ci_mediagen.worker", entry],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=fake_backend.environ(folder),
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._requests, self._replies = self.process.stdin, self.process.stdout

    def say(self, *messages: Message | bytes) -> None:
        for message in messages:
            self._requests.write(message if isinstance(message, bytes) else to_line(message))
        self._requests.flush()

    def hear(self) -> Message:
        return from_line(self._replies.readline())

    def hear_answer(self) -> Message:
        while isinstance(message := self.hear(), Progressed):
            pass
        return message

    def order(self, behaviour: str, **parameters: Any) -> Make:
        task = fake_task(behaviour, behaviour=behaviour, **parameters)
        folder = self.folder / behaviour
        folder.mkdir()
        return Make(task, {}, str(folder), 30.0)

    def code(self) -> int:
        return self.process.wait(20)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Conversation]:
    conversation = Conversation(tmp_path)
    yield conversation
    conversation.process.kill()
    conversation.process.communicate()


def test_it_says_that_it_is_ready_then_makes_and_stops_when_told(worker: Conversation) -> None:
    ready = worker.hear()
    assert isinstance(ready, Ready)
    assert ready.backend == "fake"
    worker.say(worker.order("write"))
    assert isinstance(worker.hear_answer(), Finished)
    worker.say(Stop())
    assert worker.code() == 0


def test_each_line_carries_the_version_of_its_schema(worker: Conversation) -> None:
    worker.say(worker.order("write"))
    lines = [json.loads(worker._replies.readline()) for _ in range(3)]
    assert [(line["type"], line["schema_version"]) for line in lines] == [("ready", 1), ("progress", 1), ("made", 1)]


def test_it_finishes_what_it_makes_before_it_stops(worker: Conversation) -> None:
    worker.say(worker.order("write"), Stop())
    worker.hear()
    assert isinstance(worker.hear_answer(), Finished)
    assert worker.code() == 0


def test_cancel_reaches_the_task_that_is_being_made_and_not_the_next(worker: Conversation) -> None:
    worker.say(worker.order("wait", gate="/nowhere"))
    worker.hear()
    assert isinstance(worker.hear(), Progressed)
    worker.say(Cancel())
    refused = worker.hear_answer()
    assert isinstance(refused, Refused)
    assert (refused.error, refused.message, refused.retriable) == ("UnavailableError", "gave up as told", True)
    worker.say(Cancel(), worker.order("write"))
    assert isinstance(worker.hear_answer(), Finished)


@pytest.mark.parametrize("while_making", [False, True])
def test_it_ends_when_its_stdin_closes(worker: Conversation, while_making: bool) -> None:
    if while_making:
        worker.say(worker.order("hang"))
    worker.hear()
    worker.process.stdin = None
    worker._requests.close()
    assert worker.code() != 0


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b'{"schema_version": 2, "type": "stop"}\n', b"\xff\n"])
def test_it_ends_when_its_parent_makes_no_sense(worker: Conversation, line: bytes) -> None:
    worker.hear()
    worker.say(line)
    assert worker.code() != 0


def test_the_folder_it_runs_in_lends_it_no_modules(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(99)")
    (tmp_path / "ci_mediagen").mkdir()
    (tmp_path / "ci_mediagen" / "__init__.py").write_text("raise SystemExit(98)")
    conversation = Conversation(tmp_path)
    assert isinstance(conversation.hear(), Ready)
    conversation.say(Stop())
    assert conversation.code() == 0
    conversation.process.communicate()


def test_a_backend_that_cannot_be_loaded_is_told_of(tmp_path: Path) -> None:
    conversation = Conversation(tmp_path, "no.such.module:Backend")
    refused = conversation.hear()
    assert isinstance(refused, Refused)
    assert "no.such" in refused.message or "No module named 'no'" in refused.message
    assert conversation.code() == 1
    conversation.process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_runs_within_its_limits(worker: Conversation) -> None:
    worker.hear()
    pid = worker.process.pid
    limits = Path(f"/proc/{pid}/limits").read_text()
    rows = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert rows["Max core file size"] == ["0", "0"]
    assert rows["Max address space"] == [str(1 << 30)] * 2
    nice = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16])
    ours = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[16])
    assert nice == min(19, ours + 5)
    assert "NoNewPrivs:\t1" in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_imports_nothing_but_the_standard_library_and_what_it_serves(tmp_path: Path) -> None:
    program = (
        "import sys, threading\n"
        "import ci_mediagen.worker.__main__\n"
        "names = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('ci_mediagen.')}\n"
        "print(sorted(rooms), sorted(name for name in names if not name.startswith(('_', 'sitecustomize'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.startswith("['backends', 'errors', 'model', 'worker']"), done.stdout + done.stderr
