"""Files of a repository that strangers may have written: found, opened and hashed without leaving the repository."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import stat
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

MAX_LISTED = 20_000
"""Names that are read from a listing; further ones are not looked at."""

GIT_TIMEOUT = 10.0
"""Seconds."""

NEVER_ENTERED = frozenset(
    {".git", "node_modules", "vendor", "third_party", "build", "dist", "target", ".venv", "venv", "site-packages",
     "__pycache__", ".tox", ".next", "mediagen-out"}
)  # fmt: skip
"""Folders whose contents are other people's, or made by a machine."""

MISSING = "does not exist"
"""The message of a RefusedFile for a path where there is nothing."""

_GIT_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_GLOB_PATHSPECS": "0",
    "GIT_NOGLOB_PATHSPECS": "0",
    "GIT_ICASE_PATHSPECS": "0",
}
"""What may be set around us must not change what a path means."""

_CHUNK = 1 << 20
_DIGITS = re.compile(r"(\d{1,18})")


class RefusedFile(Exception):
    """A file that is not taken. The message says why, to follow its path: `is a directory`."""


def shown(path: str) -> str:
    """A path fit for one line of a message: what does not print is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in path)


def real_path(root: Path, path: str) -> Path:
    """Where a path relative to `root` leads, symbolic links followed.

    Raises RefusedFile: it does not exist, leads out of `root`, or into `.git`.
    """
    if path.startswith("/"):
        raise RefusedFile("is an absolute path and not one relative to the repository")
    try:
        base = root.resolve()
        real = (base / path).resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        dangling = os.path.islink(root / path)  # noqa: PTH114  a path with NUL in it is no reason to raise
        raise RefusedFile("is a symbolic link that leads nowhere" if dangling else MISSING) from None
    except RuntimeError:
        raise RefusedFile("is a symbolic link that leads to itself") from None
    except (OSError, ValueError) as error:
        raise RefusedFile(f"cannot be read ({_words(error)})") from None
    if not real.is_relative_to(base):
        raise RefusedFile("lies outside of the repository")
    if ".git" in real.relative_to(base).parts:
        raise RefusedFile("lies in .git")
    return real


def tidy(root: Path, path: str) -> str:
    """The one spelling of an existing path: no `.` in it, and no `..`, which a link before it could give another meaning."""
    if ".." in path.split("/"):
        return real_path(root, path).relative_to(root.resolve()).as_posix()
    return posixpath.normpath(path)


def open_regular(path: Path) -> BinaryIO:
    """The file, opened to read. Never waits on a pipe or device. Raises RefusedFile."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        raise RefusedFile(f"cannot be read ({_words(error)})") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise RefusedFile("is a folder" if stat.S_ISDIR(mode) else "is a pipe, socket or device and not a file")


def sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def tracked(repo: Path, folders: Iterable[str]) -> list[str]:
    """Paths of the files that git tracks in these folders, relative to `repo`; case does not matter in a folder's name.

    Where git cannot say (no repository, no git), every file that lies there. At most MAX_LISTED names.
    """
    folders = list(folders)
    command = ["git", "-C", os.fspath(repo), "-c", "core.fsmonitor=false", "ls-files", "-z", "--"]
    command += [f":(icase,literal){folder}" for folder in folders]
    # Tracked files only: what a documentation generator leaves in docs/_build is not the project's picture.
    try:
        listing = subprocess.run(
            command, capture_output=True, check=True, timeout=GIT_TIMEOUT, env={**os.environ, **_GIT_ENVIRONMENT}
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return sorted(walk(repo, folders))
    return [os.fsdecode(name) for name in listing.split(b"\0", MAX_LISTED)[:MAX_LISTED] if name]


def walk(repo: Path, folders: Iterable[str]) -> Iterator[str]:
    """Paths of the files under these folders, without following links. At most MAX_LISTED names."""
    left = MAX_LISTED
    spelled = {name.lower(): name for name in sorted(_names(repo))}
    for folder in sorted({spelled.get(folder.lower(), folder) for folder in folders}):
        for path in _walk(repo, folder):
            if left <= 0:
                return
            left -= 1
            yield path


def matching(repo: Path, pattern: str) -> list[str]:
    """Paths that a shell pattern matches (`*` and `?` within a name, `**` across folders), in natural order.

    Untracked files count: an earlier step of the pipeline may have made the screenshots. Names that are not UTF-8 do not.
    Raises RefusedFile where the pattern is none, or leads out of the repository.
    """
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if pattern.startswith("/") or ".." in parts:
        raise RefusedFile("leads out of the repository")
    fixed = next((i for i, part in enumerate(parts) if is_pattern(part)), len(parts) - 1)
    try:
        expression = re.compile(_regex(parts), re.DOTALL)
    except re.error as error:
        raise RefusedFile(f"is not a pattern ({error})") from None
    depth = None if "**" in parts else len(parts) - fixed
    found: list[str] = []
    for looked_at, path in enumerate(_walk(repo, "/".join(parts[:fixed]), depth)):
        if looked_at >= MAX_LISTED:
            break
        if expression.fullmatch(path) and is_utf8(path):
            found.append(path)
    return sorted(found, key=natural)


def is_pattern(path: str) -> bool:
    return any(character in path for character in "*?[")


def is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def natural(path: str) -> tuple[tuple[str, int], ...]:
    """A sort key in which `shot-2.png` comes before `shot-10.png`."""
    pieces = [*_DIGITS.split(path), "0"]
    key = [(text.lower(), int(digits)) for text, digits in zip(pieces[::2], pieces[1::2], strict=True)]
    return (*key, (path, 0))


def _walk(repo: Path, folder: str, depth: int | None = None) -> Iterator[str]:
    """Depth first, each folder's names in order, `depth` levels of them. Links to folders are not entered."""
    for directory, folders, names in os.walk(repo / folder if folder else repo):
        relative = os.path.relpath(directory, repo)
        prefix = "" if relative == "." else relative.replace(os.sep, "/") + "/"
        level = 1 + prefix.removeprefix(f"{folder}/" if folder else "").count("/")
        # `folder` itself is entered whatever it is called: somebody named it.
        folders[:] = sorted(name for name in folders if name not in NEVER_ENTERED) if level != depth else []
        for name in sorted(names):
            yield prefix + name


def _regex(parts: list[str]) -> str:
    expression = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            if parts[number - 1 : number] != ["**"]:  # `**/**` says no more than `**`, and would be slow to match
                expression += ".*" if last else "(?:[^/]+/)*"
            elif last:
                expression += "[^/]+"
            continue
        expression += "".join(_piece(piece) for piece in re.findall(r"\*+|\?|\[[^\]]+\]|.", part, re.DOTALL))
        expression += "" if last else "/"
    return expression


def _piece(piece: str) -> str:
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if len(piece) > 1:
        negated = piece[1] == "!" and len(piece) > 3
        inner = re.sub(r"([\\\[\]&~|^])", r"\\\1", piece[2 if negated else 1 : -1])
        return f"[^{inner}]" if negated else f"[{inner}]"
    return re.escape(piece)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  # names are all that is wanted, and bytes that are not UTF-8 too
    except OSError:
        return []


def _words(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
