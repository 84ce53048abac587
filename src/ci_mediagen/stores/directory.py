"""A store in a folder: `v1/<first two of the key>/<key>/artifact.json` with the artifact's files beside it.

An entry is written in a scratch folder on the same file system, flushed to the disk, and renamed into its place: it is there
whole or not at all. Its files are read-only. What was damaged afterwards is found when it is read, since `artifact.json`
holds the SHA-256 of each file and of itself; it is then removed and counts as never written.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Collection, Iterator, Sequence
from io import BufferedWriter
from pathlib import Path
from typing import Any

from ci_mediagen.errors import StoreUnavailable
from ci_mediagen.model.codec import canonical, decode, encode
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.media import Artifact, MediaFile
from ci_mediagen.stores import durable
from ci_mediagen.stores.interface import DESCRIPTION, is_file_name

SCHEMA_VERSION = 1
LAYOUT = "v1"

LOCK_TIMEOUT = 60.0
"""Seconds to wait for another process's rename or removal, which take milliseconds."""
LOW_SPACE_BYTES = 1 << 30
"""`doctor` warns below this."""
COPY_BYTES = 1 << 20

_KEY = re.compile(r"[0-9a-f]{64}")

_Stamp = tuple[int, int, int, int]


class _Damaged(Exception):
    """An entry is there, and is not what was written."""


class DirectoryStore:
    """Implements `stores.interface.Store` in a folder that several processes may share.

    The cost of `contains` is one stat for each key; of `get`, reading the entry's files once in this process.
    """

    def __init__(self, root: Path) -> None:
        self.root = root / LAYOUT
        self._verified: dict[Path, _Stamp] = {}

    def contains(self, keys: Collection[str]) -> frozenset[str]:
        with durable.told("read the store", self.root):
            return frozenset(key for key in keys if _is_there(self._folder(key) / DESCRIPTION))

    def get(self, key: str) -> Artifact | None:
        """The artifact, its files' bytes checked; None where it was never written, or was damaged since."""
        with durable.told("read the store", self.root):
            try:
                return self._read(key)
            except _Damaged:
                pass
            with contextlib.suppress(OSError, StoreUnavailable), self._lock():
                return self._read_or_remove(key)
            return None  # it cannot be removed; it is not used either

    def put(self, artifact: Artifact, folder: Path) -> Artifact:
        for media in artifact.files:
            if not is_file_name(media.name):
                raise ValueError(f"not a name for a file of an artifact: {media.name!r}")
        already = self.get(artifact.key)
        if already is not None:
            return already
        with (
            durable.told("write to the store", self.root),
            durable.scratch_folder(self.root / ".tmp") as scratch,
        ):
            for media in artifact.files:
                _copy(folder / media.name, scratch / media.name, media)
            _write(scratch / DESCRIPTION, _describe(artifact))
            durable.sync_folder(scratch)
            return self._settle(artifact, scratch)

    def path(self, key: str, name: str) -> Path:
        """The file, whose bytes were checked in this process. Raises StoreUnavailable where it is gone or damaged."""
        artifact = self.get(key)
        if artifact is None or all(media.name != name for media in artifact.files):
            raise StoreUnavailable(
                f"{name} of artifact {key[:12]} is no longer in the store",
                advice="It was removed or damaged while this ran: run again, and it is made again.",
            )
        return self._folder(key) / name

    def check(self) -> Sequence[Finding]:
        nearest = self.root
        while not nearest.exists() and nearest != nearest.parent:
            nearest = nearest.parent
        fix = f"Let this user write {nearest}, or set CI_MEDIAGEN_CACHE to a folder that it may write."
        if not nearest.is_dir() or not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
            return [Finding("store", "problem", f"{self.root} cannot be written", fix)]
        free = shutil.disk_usage(nearest).free
        detail = f"{self.root}, {free / (1 << 30):.1f} GiB free"
        if free < LOW_SPACE_BYTES:
            return [Finding("store", "warning", detail, "Free some space, or set CI_MEDIAGEN_CACHE to a larger disk.")]
        return [Finding("store", "ok", detail)]

    def _folder(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a key: {key!r}")
        return self.root / key[:2] / key

    def _settle(self, artifact: Artifact, scratch: Path) -> Artifact:
        """Renames the complete scratch folder into place, unless another writer was there first."""
        target = self._folder(artifact.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._lock():
            already = self._read_or_remove(artifact.key)
            if already is not None:
                return already
            scratch.rename(target)
        durable.sync_folder(target.parent)
        durable.sync_folder(self.root)
        for media in artifact.files:
            self._verified[target / media.name] = _stamp((target / media.name).stat())
        return artifact

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Held while an entry comes or goes, so that none removes as damaged what another has just put right."""
        path = self.root / ".lock"
        descriptor = durable.lock(path, LOCK_TIMEOUT)
        if descriptor is None:
            raise StoreUnavailable(
                f"another process has held the store for {LOCK_TIMEOUT:.0f} s",
                advice=f"End the process that holds {path} (`fuser {path}` names it), then run again.",
            )
        try:
            yield
        finally:
            durable.unlock(descriptor, path, remove=False)

    def _read_or_remove(self, key: str) -> Artifact | None:
        try:
            return self._read(key)
        except _Damaged:
            folder = self._folder(key)
            with durable.scratch_folder(self.root / ".tmp") as scratch:
                folder.rename(scratch / "damaged")
            return None

    def _read(self, key: str) -> Artifact | None:
        """Raises _Damaged, OSError."""
        folder = self._folder(key)
        try:
            artifact = _parse((folder / DESCRIPTION).read_bytes())
        except FileNotFoundError:
            if folder.is_dir():
                raise _Damaged from None
            return None
        except NotADirectoryError:
            raise _Damaged from None
        if artifact.key != key:
            raise _Damaged
        for media in artifact.files:
            self._verify(folder / media.name, media)
        return artifact

    def _verify(self, path: Path, media: MediaFile) -> None:
        """Reads the file only where it was not read before or has changed since."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
                raise _Damaged from None
            raise
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size != media.bytes:
                raise _Damaged
            if self._verified.get(path) == _stamp(status):
                return
            if hashlib.file_digest(file, "sha256").hexdigest() != media.sha256:
                raise _Damaged
            self._verified[path] = _stamp(status)


def _describe(artifact: Artifact) -> bytes:
    document = {
        "schema_version": SCHEMA_VERSION,
        "sha256": hashlib.sha256(canonical(artifact)).hexdigest(),
        "artifact": encode(artifact),
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _parse(data: bytes) -> Artifact:
    try:
        document: Any = json.loads(data)
        artifact = decode(Artifact, document["artifact"])
        good = document["schema_version"] == SCHEMA_VERSION and document["sha256"] == (
            hashlib.sha256(canonical(artifact)).hexdigest()
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _Damaged from None
    if not good or not all(is_file_name(media.name) for media in artifact.files):
        raise _Damaged
    return artifact


def _copy(source: Path, target: Path, media: MediaFile) -> None:
    """Raises StoreUnavailable where the bytes are not those that were promised."""
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as reader, target.open("xb") as writer:
        while block := reader.read(COPY_BYTES):
            digest.update(block)
            size += len(block)
            writer.write(block)
        _finish(writer)
    if size != media.bytes or digest.hexdigest() != media.sha256:
        raise StoreUnavailable(f"{media.name} changed while it was stored", advice="Run again.")


def _write(target: Path, data: bytes) -> None:
    with target.open("xb") as writer:
        writer.write(data)
        _finish(writer)


def _finish(writer: BufferedWriter) -> None:
    writer.flush()
    os.fchmod(writer.fileno(), 0o444)
    os.fsync(writer.fileno())


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _stamp(status: os.stat_result) -> _Stamp:
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
