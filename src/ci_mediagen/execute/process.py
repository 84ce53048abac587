"""One worker process: its start in a session of its own, its pipes, its death. `supervisor` decides when."""

from __future__ import annotations

import collections
import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from ci_mediagen.errors import UnavailableError
from ci_mediagen.model.messages import Message, from_line, to_line

MAX_LINE_BYTES = 4 << 20
"""A longer line is no message of ours: the worker has been taken over or has gone mad."""
STDERR_BYTES = 8 << 10
"""How much of the end of stderr is kept."""
STDERR_LINES = 5
"""How many of its last lines go into a reason."""
READ_BYTES = 1 << 16
EXIT_POLL_SECONDS = 0.01
KILL_SECONDS = 2.0
"""How long the kernel may take to end a process after SIGKILL: one that waits for a disk takes its time."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class WorkerDied(Exception):
    """The worker is gone, or broke its protocol and was ended. Its text says how, and what it last said on stderr."""


class WorkerProcess:
    """All methods but `signal` belong to the thread that made it; `signal` may be called from any."""

    def __init__(self, entry: str, *, python: str, folder: Path, environ: Mapping[str, str]) -> None:
        # -P: the current folder may not lend modules.
        command = [python, "-P", "-m", "ci_mediagen.worker", entry]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=folder,
                env=dict(environ),
                start_new_session=True,
            )
        except OSError as error:
            raise UnavailableError(
                f"no worker could be started: {error.strerror or error}",
                advice=f"See that {python} can be run here and that there is memory left, then run again.",
            ) from error
        self.pid = self._process.pid
        self._reaped = False
        self._lock = threading.Lock()
        self._outgoing = bytearray()
        self._incoming = bytearray()
        self._lines: collections.deque[bytes] = collections.deque()
        self._stderr = bytearray()
        self._closed = False
        self._selector = selectors.DefaultSelector()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None  # noqa: S101 - all three are pipes
            os.set_blocking(stream.fileno(), False)
        self._stdin, self._stdout, self._errors = (
            stream.fileno()
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr)
            if stream is not None
        )
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._selector.register(self._errors, selectors.EVENT_READ)

    def send(self, message: Message) -> None:
        """Queues a message; `receive` sends it on as the worker reads."""
        if not self._outgoing:
            self._selector.register(self._stdin, selectors.EVENT_WRITE)
        self._outgoing += to_line(message)
        self._write()

    def receive(self, timeout: float) -> Message | None:
        """The next message, or None if none comes within `timeout` seconds. Raises WorkerDied."""
        end = time.monotonic() + timeout
        while not self._lines:
            if self._closed:
                raise WorkerDied(self._last_words())
            left = end - time.monotonic()
            if left <= 0:
                return None
            for ready, _ in self._selector.select(left):
                if ready.fd == self._stdout:
                    self._read()
                elif ready.fd == self._errors:
                    self._read_errors()
                else:
                    self._write()
        line = self._lines.popleft()
        try:
            return from_line(line)
        except ValueError as error:
            self.end(grace=0)
            raise WorkerDied(f"its worker broke the protocol: {clean(str(error))[:200]}") from error

    def signal(self, number: int) -> None:
        """To the worker's session leader and its group, and to nothing else: a pid is not used again before it is reaped."""
        with self._lock:
            if not self._reaped:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, number)

    def leave(self, timeout: float) -> None:
        """Waits for a worker that was told to stop, then ends whatever is left of its session."""
        end = time.monotonic() + timeout
        while self._outgoing and not self._closed and time.monotonic() < end:
            with contextlib.suppress(WorkerDied):
                self.receive(EXIT_POLL_SECONDS)
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        if self._outgoing:
            self._selector.unregister(self._stdin)
            self._outgoing.clear()
        self._process.stdin.close()
        self._await_exit(end - time.monotonic())
        self.end(grace=0)

    def end(self, *, grace: float) -> None:
        """Ends the whole session: SIGTERM, `grace` seconds, SIGKILL. Nothing of it is left afterwards."""
        if self._reaped:
            return
        if grace > 0:
            self.signal(signal.SIGTERM)
            self._await_exit(grace)
        self.signal(signal.SIGKILL)
        gone_by = time.monotonic() + KILL_SECONDS
        while (others := _session_members(self.pid)) and time.monotonic() < gone_by:
            for pid in others:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(EXIT_POLL_SECONDS)
        with self._lock:
            self._process.wait()
            self._reaped = True
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def last_errors(self) -> str:
        """The last lines of the worker's stderr, on one line."""
        lines = self._stderr.decode("utf-8", "replace").splitlines()
        return " | ".join(cleaned for line in lines[-STDERR_LINES:] if (cleaned := clean(line).strip()))

    def _write(self) -> None:
        try:
            written = os.write(self._stdin, self._outgoing)
        except BlockingIOError:
            return
        except OSError:  # its death shows on stdout
            written = len(self._outgoing)
        del self._outgoing[:written]
        if not self._outgoing:
            self._selector.unregister(self._stdin)

    def _read(self) -> None:
        data = _read_some(self._stdout)
        if data is None:
            return
        if not data:
            self._closed = True
            return
        self._incoming += data
        *lines, rest = self._incoming.split(b"\n")
        self._incoming = rest
        self._lines.extend(bytes(line) for line in lines)
        if len(rest) > MAX_LINE_BYTES:
            self._closed = True

    def _read_errors(self) -> None:
        data = _read_some(self._errors)
        if data == b"":
            self._selector.unregister(self._errors)
        elif data:
            self._stderr += data
            del self._stderr[:-STDERR_BYTES]

    def _last_words(self) -> str:
        """How a worker whose pipe has closed ended; ends it if it has not."""
        exited = self._await_exit(1.0)
        while data := _read_some(self._errors):
            self._stderr += data
            del self._stderr[:-STDERR_BYTES]
        self.end(grace=0)
        code = self._process.returncode
        if not exited:
            how = "its worker closed its connection"
        elif code < 0:
            how = f"its worker was killed by {_signal_name(-code)}"
            if -code == signal.SIGKILL:
                how += " (often: the machine ran out of memory)"
        else:
            how = f"its worker ended with exit status {code}"
        said = self.last_errors()
        return f"{how}; it last said: {said}" if said else how

    def _await_exit(self, timeout: float) -> bool:
        """Whether the leader has ended, waiting for up to `timeout` seconds. It is not reaped: its pid stays taken."""
        end = time.monotonic() + timeout
        while True:
            if self._has_exited():
                return True
            if time.monotonic() >= end:
                return False
            time.sleep(EXIT_POLL_SECONDS)

    def _has_exited(self) -> bool:
        if sys.platform == "darwin":  # its Python has no waitid
            return self._process.poll() is not None
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # where SIGCHLD is ignored, the kernel reaps
            return True


def clean(text: str) -> str:
    """Fit to be shown on one line: no control characters, no broken characters."""
    return _CONTROL.sub(" ", text).encode("utf-8", "replace").decode("utf-8")


def _read_some(descriptor: int) -> bytes | None:
    try:
        return os.read(descriptor, READ_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _session_members(session: int) -> list[int]:
    """The living processes of the session that `/proc` shows: one that a backend started may have left the leader's group."""
    members = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number = entry.read_bytes().rpartition(b")")[2].split()[:4]
        except OSError:
            continue
        if int(number) == session and state != b"Z":
            members.append(int(entry.parent.name))
    return members
