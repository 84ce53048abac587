"""Artifacts by key, and who is working on which key."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ci_mediagen.model.finding import Finding
from ci_mediagen.model.media import Artifact

DESCRIPTION = "artifact.json"
"""Name of the file in which a store describes an artifact, beside its files."""

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def is_file_name(name: str) -> bool:
    """Whether an artifact's file may have this name: safe on every file system, and not the description's."""
    return _FILE_NAME.fullmatch(name) is not None and name.lower() != DESCRIPTION


class Store(Protocol):
    """Artifacts by key. Reading a key that was never written is not an error; writing it twice is a no-op.

    Implementations must make `put` atomic: a reader sees all of an artifact or none of it, also after a crash. An artifact
    whose bytes no longer hash to what was written is treated as never written (and removed), so it is made again.
    Failure: StoreUnavailable (disk full, server down, not writable: try again later).
    """

    def contains(self, keys: Collection[str]) -> frozenset[str]:
        """Which of these keys it has. Downloads nothing, reads no media bytes."""
        ...

    def get(self, key: str) -> Artifact | None: ...

    def put(self, artifact: Artifact, folder: Path) -> Artifact:
        """Stores the artifact whose files lie in `folder` under their names. Returns what the store then holds: the
        earlier one, if the key was already there. Raises ValueError for a name that is not one (`is_file_name`)."""
        ...

    def path(self, key: str, name: str) -> Path:
        """A local, read-only file with the bytes of one file of a stored artifact."""
        ...

    def check(self) -> Sequence[Finding]: ...


class Claim(Protocol):
    """The right to work on one key until the context ends."""

    attempts: int
    """How often work on this key was begun before and did not end well."""

    def record(self, name: str, value: str) -> None:
        """Keeps a fact that must survive a crash (a provider's job id), on disk before it returns."""
        ...

    def recorded(self, name: str) -> str | None: ...

    def succeeded(self) -> None:
        """The artifact is stored: forget attempts and facts."""
        ...


class Ledger(Protocol):
    """Who is working on which key. A claim dies with its holder, also by SIGKILL.

    Failure: StoreUnavailable.
    """

    def claim(self, key: str, *, timeout: float) -> AbstractContextManager[Claim | None]:
        """The claim, waiting up to `timeout` seconds while another process holds it; None if it still does."""
        ...
