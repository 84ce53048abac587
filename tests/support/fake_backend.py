"""A backend that makes tiny files, or misbehaves as `parameters["behaviour"]` says. It runs in real worker processes.

The worker loads it by `tests.support.fake_backend:FakeBackend`, with the repository's root on PYTHONPATH: see `environ`.
Each begun task adds a line to the log that `parameters["log"]` names, where that can be written.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ci_mediagen.backends.interface import Estimate, Made
from ci_mediagen.errors import AssetError, UnavailableError
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.media import MediaFile
from ci_mediagen.model.task import Input, Task, with_key

WORKER_MEMORY_BYTES = 1 << 30
WORKER_CONFINED = False
"""It writes its log outside of its folder; `confined_backend` is the one behind walls."""

ENTRY = "tests.support.fake_backend:FakeBackend"
ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 30.0
"""For a wait that a test forgot to end."""


class FakeBackend:
    name = "fake"

    def resolve(self, task: Task) -> Task:
        return task

    def estimate(self, task: Task) -> Estimate:
        return Estimate(0.0)

    def make(
        self,
        task: Task,
        inputs: Mapping[str, Path],
        folder: Path,
        progress: Callable[[float, str], None],
        deadline: float,
        cancel: Callable[[], bool],
    ) -> Made:
        parameters = task.parameters
        if "log" in parameters:
            with contextlib.suppress(PermissionError):
                note(Path(parameters["log"]), f"{task.id} {os.getpid()}")
        progress(0.5, "half\nway \x1b[31m")
        behaviour = getattr(self, "_" + parameters.get("behaviour", "write").replace("-", "_"))
        made: Made = behaviour(task, inputs, folder, cancel)
        return made

    def check(self) -> Sequence[Finding]:
        return []

    def _write(self, task: Task, inputs: Mapping[str, Path], folder: Path, cancel: Callable[[], bool]) -> Made:
        read = b"".join(name.encode() + path.read_bytes() for name, path in sorted(inputs.items()))
        text = task.key.encode() + b"\n" + read
        return Made(
            (write(folder, "out.txt", text, "main"), write(folder, "poster.txt", b"poster of " + text, "poster"))
        )

    def _write_much(self, task: Task, inputs: Mapping[str, Path], folder: Path, cancel: Callable[[], bool]) -> Made:
        return Made((write(folder, "out.txt", b"x" * 2_000_000, "main"),))

    def _wait(self, task: Task, inputs: Mapping[str, Path], folder: Path, cancel: Callable[[], bool]) -> Made:
        """Until the file `parameters["gate"]` is there, or it is told to give up."""
        end = time.monotonic() + DEADLINE_SECONDS
        while not Path(task.parameters["gate"]).exists():
            if cancel():
                raise UnavailableError("gave up as told")
            if time.monotonic() > end:
                raise UnavailableError("nobody opened the gate")
            time.sleep(0.01)
        return self._write(task, inputs, folder, cancel)

    def _hang(self, *_: Any) -> Made:
        """Deaf to `cancel`."""
        time.sleep(600)
        raise AssertionError

    def _hold_the_interpreter(self, *_: Any) -> Made:
        """As a library does that is stuck in C: no thread of Python's can run."""
        ctypes.PyDLL(None).sleep(600)
        raise AssertionError

    def _kill(self, *_: Any) -> Made:
        sys.stderr.write("about to die \x1b[31mred\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    def _kill_once(self, task: Task, *rest: Any) -> Made:
        mark = Path(task.parameters["mark"])
        if not mark.exists():
            mark.touch()
            self._kill()
        return self._write(task, *rest)

    def _fill_memory(self, *_: Any) -> Made:
        hoard = []
        while True:
            hoard.append(bytearray(64 << 20))

    def _print(self, task: Task, *rest: Any) -> Made:
        """Writes where the protocol would be if it were on stdout, from Python and from below, and reads stdin."""
        print('{"schema_version": 1, "type": "made", "files": []}', flush=True)
        os.write(1, b"\x00\xffgarbage\n")
        assert sys.stdin.read() == ""
        sys.stderr.write("noise " * 100_000 + "\n")
        return self._write(task, *rest)

    def _refuse_picture(self, *_: Any) -> Made:
        raise AssetError("logo.png of /home/somebody/project/logo.png is not a picture", advice="Use a PNG.")

    def _break(self, *_: Any) -> Made:
        raise TypeError("an int is not a str")

    def _never_available(self, *_: Any) -> Made:
        raise UnavailableError("the moon is not up", advice="Wait.")

    def _lie(self, task: Task, inputs: Mapping[str, Path], folder: Path, cancel: Callable[[], bool]) -> Made:
        """About its files, as `parameters["lie"]` says."""
        good = write(folder, "out.txt", b"x" * 10, "main")
        match task.parameters["lie"]:
            case "hash":
                return Made((replace(good, sha256="0" * 64),))
            case "size":
                return Made((replace(good, bytes=11),))
            case "escape":
                return Made((replace(good, name="../../../etc/passwd"),))
            case "description":
                (folder / "out.txt").rename(folder / "artifact.json")
                return Made((replace(good, name="artifact.json"),))
            case "link":
                (folder / "link.txt").symlink_to("/etc/hostname")
                data = Path("/etc/hostname").read_bytes()
                return Made((MediaFile("main", "link.txt", "text/plain", hashlib.sha256(data).hexdigest(), len(data)),))
            case "pipe":
                os.mkfifo(folder / "pipe.txt")
                return Made((replace(good, name="pipe.txt"),))
            case "nothing":
                return Made(())
            case "missing":
                return Made((replace(good, name="missing.txt"),))
            case "role":
                return Made((good, replace(good, name="out2.txt")))
        raise AssertionError

    def _leave_children(self, task: Task, *rest: Any) -> Made:
        """A child in the worker's group and one in a group of its own; both outlive the task."""
        for group in (None, 0):
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=group)
        return self._write(task, *rest)

    def _break_protocol(self, *_: Any) -> Made:
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, b"{this is not JSON\n")
            except OSError:
                continue
        time.sleep(600)
        raise AssertionError

    def _tell(self, task: Task, inputs: Mapping[str, Path], folder: Path, cancel: Callable[[], bool]) -> Made:
        """What the worker finds in its environment and around it."""
        lines = [f"{name}={value}" for name, value in sorted(os.environ.items())]
        return Made((write(folder, "out.txt", "\n".join(lines).encode(), "main"),))

    def _try_to_escape(self, task: Task, inputs: Mapping[str, Path], folder: Path, cancel: Callable[[], bool]) -> Made:
        """One line for each thing that worked."""
        outside = Path(task.parameters["outside"])
        attempts: dict[str, Callable[[], object]] = {
            "write": lambda: (outside / "new.txt").write_text("x"),
            "change": lambda: (outside / "old.txt").write_text("x"),
            "remove": lambda: (outside / "old.txt").unlink(),
            "execute": lambda: subprocess.run(["/bin/true"], check=True),
            "connect": lambda: socket.create_connection(("127.0.0.1", task.parameters["port"]), timeout=5),
            "environ": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
            "signal": lambda: os.kill(os.getppid(), 0),
            "own folder": lambda: (folder / "tmp.txt").write_text("x"),
            "null": lambda: Path("/dev/null").write_bytes(b"x"),
        }
        worked = []
        for name, attempt in attempts.items():
            try:
                attempt()
            except OSError:
                continue
            worked.append(name)
        return Made((write(folder, "out.txt", "\n".join(worked).encode(), "main"),))


def write(folder: Path, name: str, data: bytes, role: Any) -> MediaFile:
    (folder / name).write_bytes(data)
    return MediaFile(role, name, "text/plain", hashlib.sha256(data).hexdigest(), len(data))


def note(log: Path, line: str) -> None:
    with log.open("a") as file:
        file.write(line + "\n")


def begun(log: Path) -> list[str]:
    """Ids of the tasks that workers have begun, in order."""
    return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []


def environ(cache: Path, **more: str) -> dict[str, str]:
    """For workers of a test: they find this module, and can be found by their CI_MEDIAGEN_CACHE."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CI_MEDIAGEN_CACHE": str(cache), **more}


def fake_task(name: str, needs: Mapping[str, Task] | None = None, **fields: Any) -> Task:
    """A task of this backend with its key. `needs`: input name -> the task that makes it; the rest goes into the task
    where it is a field of one, else into its parameters."""
    needs = needs or {}
    known = {field: fields.pop(field) for field in list(fields) if field in Task.__dataclass_fields__}
    task = Task(
        id=name,
        task="card",
        inputs=tuple(Input(given, task=other.id) for given, other in needs.items()),
        parameters={"name": name, **fields},
        **{"backend": "fake", **known},
    )
    return with_key(task, {other.id: other.key for other in needs.values()})
