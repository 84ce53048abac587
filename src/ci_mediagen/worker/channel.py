"""The worker's side of the conversation, on descriptors that no library can write into or read from."""

from __future__ import annotations

import os
import signal
import threading
from typing import NoReturn

from ci_mediagen.model.messages import Message, to_line


class Channel:
    """Takes the standard streams over: messages go through private copies, stray prints go to stderr."""

    def __init__(self) -> None:
        self.requests = os.fdopen(os.dup(0), "rb")
        self._replies = os.dup(1)
        self._lock = threading.Lock()
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)

    def send(self, message: Message) -> None:
        """From any thread, whole lines only."""
        line = memoryview(to_line(message))
        try:
            with self._lock:
                while line:
                    line = line[os.write(self._replies, line) :]
        except OSError:
            vanish()


def vanish() -> NoReturn:
    """Ends at once, with every process that the backend may have started: nobody waits for the result any more."""
    if os.getpid() == os.getsid(0):
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
