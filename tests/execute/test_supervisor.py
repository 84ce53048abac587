"""One worker, with real processes: its deadlines, its death, and what it is told of the world."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.errors import AssetError, LimitError, MediagenError, UnavailableError
from ci_mediagen.execute.process import WorkerDied
from ci_mediagen.execute.supervisor import Aborted, Patience, RetriableError, Supervisor
from ci_mediagen.model.messages import Finished
from tests.support import confined_backend, fake_backend
from tests.support.fake_backend import fake_task
from tests.support.processes import in_session, marked, wait_until

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux's own means")


class Rig:
    """A supervisor with its folders."""

    def __init__(self, root: Path, entry: str = fake_backend.ENTRY, **patience: float) -> None:
        self.root = root
        self.folder = root / "worker"
        self.folder.mkdir()
        self.log = root / "log"
        self.heard: list[tuple[float, str]] = []
        self.supervisor = Supervisor(
            entry, self.folder, environ=fake_backend.environ(root), patience=Patience(**patience)
        )
        self._count = 0

    def make(
        self, behaviour: str, seconds: float = 30, inputs: Mapping[str, Path] | None = None, **parameters: Any
    ) -> Finished:
        self._count += 1
        self.task_folder = self.folder / f"task-{self._count}"
        self.task_folder.mkdir()
        task = fake_task(f"t{self._count}", behaviour=behaviour, log=str(self.log), **parameters)
        return self.supervisor.make(
            task,
            inputs or {},
            self.task_folder,
            deadline=time.monotonic() + seconds,
            progress=lambda fraction, text: self.heard.append((fraction, text)),
        )

    def workers(self) -> list[int]:
        """The pid of the worker of each task begun."""
        return [int(line.split()[1]) for line in self.log.read_text().splitlines()]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.supervisor.stop()
    assert marked(tmp_path) == []


def test_a_worker_makes_files_and_stays_warm_for_the_next_task(rig: Rig) -> None:
    given = rig.root / "given.txt"
    given.write_text("hello")
    made = rig.make("write", inputs={"image": given})
    assert [file.role for file in made.files] == ["main", "poster"]
    assert (rig.task_folder / "out.txt").read_text().endswith("imagehello")
    rig.make("write")
    assert len(set(rig.workers())) == 1


def test_progress_is_passed_on_without_control_characters(rig: Rig) -> None:
    rig.make("write")
    assert rig.heard == [(0.5, "half way  [31m")]


def test_what_a_library_prints_or_reads_does_not_touch_the_protocol(rig: Rig) -> None:
    assert rig.make("print").files


def test_an_error_of_ours_arrives_as_its_class_with_its_advice(rig: Rig) -> None:
    with pytest.raises(AssetError) as caught:
        rig.make("refuse-picture")
    assert caught.value.advice == "Use a PNG."
    rig.make("write")
    assert len(set(rig.workers())) == 1, "the worker is as good as before"


def test_a_bug_of_a_backend_says_what_and_where(rig: Rig) -> None:
    with pytest.raises(MediagenError, match=r"TypeError: an int is not a str \(fake_backend.py:\d+\)") as caught:
        rig.make("break")
    assert caught.value.exit_code == 1


def test_a_failure_worth_another_try_is_marked_and_gets_a_fresh_worker(rig: Rig) -> None:
    with pytest.raises(RetriableError) as caught:
        rig.make("never-available")
    assert isinstance(caught.value.error, UnavailableError)
    rig.make("write")
    assert len(set(rig.workers())) == 2


def test_a_killed_worker_is_seen_with_its_last_words_and_another_takes_its_place(rig: Rig) -> None:
    with pytest.raises(WorkerDied, match=r"killed by SIGKILL.*about to die  \[31mred"):
        rig.make("kill")
    assert rig.make("write").files


def test_a_worker_that_wants_more_memory_than_its_backend_allows_is_told_no(rig: Rig) -> None:
    with pytest.raises(RetriableError, match="ran out of the memory that it may use"):
        rig.make("fill-memory")


def test_a_task_over_its_time_is_asked_to_give_up_and_the_worker_stays(rig: Rig) -> None:
    with pytest.raises(LimitError, match="was not done after"):
        rig.make("wait", seconds=1, gate=str(rig.root / "never"))
    rig.make("write")
    assert len(set(rig.workers())) == 1


@pytest.mark.parametrize("behaviour", ["hang", "hold-the-interpreter"])
def test_a_deaf_worker_over_its_time_is_killed(tmp_path: Path, behaviour: str) -> None:
    rig = Rig(tmp_path, cancel_seconds=0.2)
    with pytest.raises(LimitError):
        rig.make(behaviour, seconds=1)
    assert marked(tmp_path) == []


def test_a_silent_worker_is_ended(tmp_path: Path) -> None:
    rig = Rig(tmp_path, silence_seconds=0.5)
    with pytest.raises(WorkerDied, match="silent"):
        rig.make("hang")
    assert marked(tmp_path) == []


def test_a_worker_that_is_not_ready_in_time_is_ended(tmp_path: Path) -> None:
    rig = Rig(tmp_path, load_seconds=0.0)
    with pytest.raises(WorkerDied, match="not ready"):
        rig.make("write")
    assert marked(tmp_path) == []


def test_a_backend_that_cannot_be_loaded_is_a_bug_and_leaves_no_process(tmp_path: Path) -> None:
    rig = Rig(tmp_path, entry="tests.support.fake_backend:NoSuchClass")
    with pytest.raises(MediagenError, match="NoSuchClass"):
        rig.make("write")
    assert marked(tmp_path) == []


def test_a_worker_that_breaks_the_protocol_is_ended(rig: Rig) -> None:
    with pytest.raises(WorkerDied, match="broke the protocol"):
        rig.make("break-protocol")
    assert rig.make("write").files


def test_a_python_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    supervisor = Supervisor(fake_backend.ENTRY, tmp_path, environ={}, python=str(tmp_path / "python"))
    with pytest.raises(UnavailableError, match="no worker could be started"):
        supervisor.make(fake_task("t"), {}, tmp_path, deadline=time.monotonic() + 5, progress=lambda *_: None)


def test_abort_from_another_thread_ends_the_worker_within_a_second_or_two(rig: Rig) -> None:
    raised: list[BaseException] = []

    def work() -> None:
        try:
            rig.make("hang")
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: rig.log.exists() and bool(rig.workers()))
    started = time.monotonic()
    rig.supervisor.abort()
    thread.join(10)
    assert time.monotonic() - started < 3
    assert [type(error) for error in raised] == [Aborted]
    assert marked(rig.root) == []
    with pytest.raises(Aborted):
        rig.make("write")


@LINUX
def test_stopping_ends_the_whole_session_and_nothing_else(rig: Rig) -> None:
    rig.make("leave-children")
    session = rig.workers()[0]
    assert len(in_session(session)) == 3
    rig.supervisor.stop()
    assert in_session(session) == []
    assert in_session(os.getsid(0)), "ours goes on"


@LINUX
@pytest.mark.parametrize("behaviour", ["hang", "hold-the-interpreter"])
def test_a_worker_dies_when_its_parent_is_killed_in_the_middle_of_a_task(tmp_path: Path, behaviour: str) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tests.execute.test_supervisor import Rig\n"
        f"Rig(Path(sys.argv[1])).make({behaviour!r}, 600)"
    )
    parent = os.spawnve(
        os.P_NOWAIT,
        sys.executable,
        [sys.executable, "-c", program, str(tmp_path)],
        {**os.environ, "PYTHONPATH": str(fake_backend.ROOT)},
    )
    log = tmp_path / "log"
    wait_until(lambda: log.exists() and bool(log.read_text()))
    worker = int(log.read_text().split()[1])
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    wait_until(lambda: in_session(worker) == [], "the worker's end")


def test_a_worker_gets_no_secret_from_the_environment(tmp_path: Path) -> None:
    secrets = {
        "GITHUB_TOKEN": "s3cr3t-a",
        "AWS_SECRET_ACCESS_KEY": "s3cr3t-b",
        "SLACK_BOT_TOKEN": "s3cr3t-c",
        "HF_TOKEN": "s3cr3t-d",
        "CI_MEDIAGEN_SLACK_TOKEN": "s3cr3t-e",
        "HTTPS_PROXY": "http://user:s3cr3t-f@proxy",
    }
    harmless = {"HF_HOME": "/models", "LC_ALL": "C.UTF-8", "CUDA_VISIBLE_DEVICES": "1", "XDG_CACHE_HOME": "/c"}
    rig = Rig(tmp_path)
    environ = fake_backend.environ(tmp_path, **secrets, **harmless)
    rig.supervisor = Supervisor(fake_backend.ENTRY, rig.folder, environ=environ)
    rig.make("tell")
    told = (rig.task_folder / "out.txt").read_text()
    rig.supervisor.stop()
    assert "s3cr3t" not in told
    assert {line.partition("=")[0] for line in told.splitlines()} >= set(harmless)


def landlock() -> bool:
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) >= 6)


@pytest.mark.skipif(not landlock(), reason="the kernel has no Landlock 6: run this on Linux 6.12 or later")
def test_a_worker_that_was_taken_over_reaches_nothing_but_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old")
    open_rig = Rig(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        around = {"outside": str(tmp_path), "port": server.getsockname()[1]}
        confined = Supervisor(confined_backend.ENTRY, open_rig.folder, environ=fake_backend.environ(tmp_path))
        unconfined, open_rig.supervisor = open_rig.supervisor, confined
        open_rig.make("try-to-escape", **around)
        confined_did = (open_rig.task_folder / "out.txt").read_text().splitlines()
        open_rig.supervisor = unconfined
        open_rig.make("try-to-escape", **around)
        unconfined_did = (open_rig.task_folder / "out.txt").read_text().splitlines()
    confined.stop()
    unconfined.stop()
    assert confined_did == ["own folder", "null"]
    assert len(unconfined_did) == 9, "the same without walls does all of it"
