"""Where templates and configuration are read from: the work tree, or a git revision.

For a change that is not merged they come from the base revision: a pull request must not choose what is drawn, where it is
sent or what is spent.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from ci_mediagen.errors import RepositoryError, TemplateError

MAX_FILE_BYTES = 1024 * 1024
"""Of one file: a template, layout or configuration."""
MAX_LISTED = 1000
"""Entries of one folder."""
GIT_TIMEOUT = 30.0
"""Seconds for one git command on objects that are there."""


class Source(Protocol):
    """Files by path, relative to the repository, with `/`.

    What lies outside of the repository is never read: `..`, absolute paths and symlinks that lead out are refused with
    TemplateError, as is a file over MAX_FILE_BYTES.
    """

    @property
    def name(self) -> str:
        """As messages call it: `the work tree`, `base 1a2b3c4`."""

    def read(self, path: str) -> bytes | None:
        """The file's bytes; None where there is no such file."""
        ...

    def folders(self, path: str) -> tuple[str, ...]:
        """Names of the folders in a folder, sorted; empty where there is no such folder."""
        ...

    def files(self, path: str) -> tuple[str, ...]:
        """Names of the files in a folder, sorted."""
        ...


def inside(path: str) -> str:
    """The path in one spelling. Raises TemplateError for one that leaves the repository."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path or "\\" in path:
        raise TemplateError(
            f"{path[:200]!r} is no path inside the repository",
            advice="Give it relative to the repository, without `..`.",
        )
    return "/".join(parts)


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The files as they lie in a folder."""

    root: Path
    name: str = "the work tree"

    def read(self, path: str) -> bytes | None:
        file = self._resolved(path)
        if file is None or not file.is_file():
            return None
        try:
            with file.open("rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise TemplateError(f"{path}: cannot be read: {error.strerror}") from error
        if len(data) > MAX_FILE_BYTES:
            raise TemplateError(f"{path}: is larger than {MAX_FILE_BYTES:,} bytes")
        return data

    def folders(self, path: str) -> tuple[str, ...]:
        return self._listed(path, folders=True)

    def files(self, path: str) -> tuple[str, ...]:
        return self._listed(path, folders=False)

    def _listed(self, path: str, *, folders: bool) -> tuple[str, ...]:
        folder = self._resolved(path)
        if folder is None or not folder.is_dir():
            return ()
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if (entry.is_dir() if folders else entry.is_file())]
        return tuple(sorted(names)[:MAX_LISTED])

    def _resolved(self, path: str) -> Path | None:
        given = self.root / inside(path)
        root = self.root.resolve()
        try:
            found = given.resolve()
        except (OSError, RuntimeError) as error:
            raise TemplateError(f"{path}: cannot be read: {error}") from error
        if not found.is_relative_to(root):
            raise TemplateError(
                f"{path}: is a symlink that leads out of the repository", advice="Put the file itself there."
            )
        return found if found.exists() else None


@dataclass(frozen=True, slots=True)
class Remembered:
    """A source that does not change while we run, each file read once: the package."""

    source: Source
    name: str
    _read: dict[str, bytes | None] = field(default_factory=dict, compare=False, hash=False)

    def read(self, path: str) -> bytes | None:
        if path not in self._read:
            self._read[path] = self.source.read(path)
        return self._read[path]

    def folders(self, path: str) -> tuple[str, ...]:
        return self.source.folders(path)

    def files(self, path: str) -> tuple[str, ...]:
        return self.source.files(path)


@dataclass(frozen=True, slots=True)
class GitRef:
    """The files as they are in a commit. Symlinks are not followed: git keeps them as texts."""

    repo: Path
    revision: str
    """A commit id, or a name that becomes one here."""
    name: str = field(init=False)
    _read: dict[str, bytes | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was read already: a commit does not change, and each reading starts git twice."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"base {self.revision[:10]}")
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.revision}^{{commit}}")
        if found.returncode != 0:
            raise RepositoryError(
                f"revision {self.revision[:80]!r} is not in this clone, and configuration has to be read from it",
                advice="Fetch the base branch first (actions/checkout: fetch-depth: 0).",
            )
        object.__setattr__(self, "revision", found.stdout.decode().strip())

    def read(self, path: str) -> bytes | None:
        path = inside(path)
        if path not in self._read:
            self._read[path] = self._blob(path)
        return self._read[path]

    def _blob(self, path: str) -> bytes | None:
        entry = self._entries(path)
        if not entry:
            return None
        mode, kind, sha, size, _ = entry[0]
        if mode == "120000":
            raise TemplateError(f"{path}: is a symlink in {self.name}", advice="Put the file itself there.")
        if kind != "blob":
            return None
        if size > MAX_FILE_BYTES:
            raise TemplateError(f"{path}: is larger than {MAX_FILE_BYTES:,} bytes")
        return self._git("cat-file", "blob", sha, check=True).stdout

    def folders(self, path: str) -> tuple[str, ...]:
        return tuple(name for kind, name in self._listed(path) if kind == "tree")

    def files(self, path: str) -> tuple[str, ...]:
        return tuple(name for kind, name in self._listed(path) if kind == "blob")

    def _listed(self, path: str) -> list[tuple[str, str]]:
        entries = self._entries(f"{inside(path)}/")
        return sorted((kind, name.rpartition("/")[2]) for _, kind, _, _, name in entries)[:MAX_LISTED]

    def _entries(self, path: str) -> list[tuple[str, str, str, int, str]]:
        """(mode, kind, object id, bytes, path) of what git has at this literal path."""
        answer = self._git(
            "--literal-pathspecs", "ls-tree", "-z", "--long", "--full-tree", self.revision, "--", path, check=True
        )
        entries = []
        for line in answer.stdout.split(b"\0"):
            if line:
                facts, _, name = line.partition(b"\t")
                mode, kind, sha, size = facts.decode().split()
                entries.append((mode, kind, sha, int(size) if size.isdigit() else 0, os.fsdecode(name)))
        return entries

    def _git(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[bytes]:
        try:
            answer = subprocess.run(
                ["git", "-C", str(self.repo), "--no-pager", *arguments],
                capture_output=True,
                timeout=GIT_TIMEOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RepositoryError(f"git could not be asked for {self.name}: {error}") from error
        if check and answer.returncode != 0:
            said = answer.stderr.decode(errors="replace").strip()[:300]
            raise RepositoryError(f"git could not read {self.name}: {said}")
        return answer
