"""A ledger in a folder: `v1/<key>.lock` says who works on a key, `v1/<key>.json` what must survive whoever did.

The claim is a kernel lock on the first, so it ends with its holder, by SIGKILL too. The second is there only while a key's
work has begun and not ended well; it is flushed to the disk before a claim or a fact counts.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ci_mediagen.errors import StoreUnavailable
from ci_mediagen.stores import durable

SCHEMA_VERSION = 1
LAYOUT = "v1"

_KEY = re.compile(r"[0-9a-f]{64}")


class DirectoryClaim:
    """Implements `stores.interface.Claim`. Good only while the context that gave it lasts."""

    def __init__(self, path: Path, attempts: int, facts: dict[str, str]) -> None:
        self.attempts = attempts
        self._path = path
        self._facts = facts

    def record(self, name: str, value: str) -> None:
        self._facts[name] = value
        self.save()

    def recorded(self, name: str) -> str | None:
        return self._facts.get(name)

    def succeeded(self) -> None:
        with durable.told("write to the ledger", self._path.parent):
            self._path.unlink(missing_ok=True)
            durable.sync_folder(self._path.parent)

    def save(self) -> None:
        document = {"schema_version": SCHEMA_VERSION, "attempts": self.attempts + 1, "facts": self._facts}
        with durable.told("write to the ledger", self._path.parent):
            durable.write_whole(self._path, (json.dumps(document, indent=1) + "\n").encode())


class DirectoryLedger:
    """Implements `stores.interface.Ledger` in a folder that several processes may share."""

    def __init__(self, root: Path) -> None:
        self.root = root / LAYOUT

    @contextlib.contextmanager
    def claim(self, key: str, *, timeout: float) -> Iterator[DirectoryClaim | None]:
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a key: {key!r}")
        lock_path = self.root / f"{key}.lock"
        with durable.told("write to the ledger", self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            descriptor = durable.lock(lock_path, timeout)
        if descriptor is None:
            yield None
            return
        try:
            claim = _open(self.root / f"{key}.json")
            claim.save()
            yield claim
        finally:
            durable.unlock(descriptor, lock_path, remove=True)


def _open(path: Path) -> DirectoryClaim:
    """Raises StoreUnavailable where what was kept cannot be understood: it may be the one trace of a paid job."""
    with durable.told("read the ledger", path.parent):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return DirectoryClaim(path, 0, {})
    try:
        document: Any = json.loads(data)
        attempts, facts = document["attempts"], document["facts"]
        if document["schema_version"] != SCHEMA_VERSION or type(attempts) is not int:
            raise ValueError(f"version {document['schema_version']!r}, attempts {attempts!r}")
        return DirectoryClaim(path, attempts, {str(name): str(value) for name, value in facts.items()})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StoreUnavailable(
            f"the ledger's entry {path.name} is damaged: {error}",
            advice=f"If no paid job of this key can be under way, remove {path}; then run again.",
        ) from error
