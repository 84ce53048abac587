"""Repositories to measure on: made by `git fast-import`, the same at each run."""

from __future__ import annotations

import os
import struct
import subprocess
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

FILES = 200
"""Files that the commits of a history change in turn."""
TAG_EVERY = 50
"""Commits from one release to the next. The last release is this far from the end in every history."""

_WHO = b"Ada Lovelace <ada@example.com>"
_KINDS = (b"feat(ui): ", b"fix: ", b"docs: ", b"perf(core): ", b"chore: ")


def environment(cache: Path) -> dict[str, str]:
    """Ours, less what a CI system or a person's settings would add, with a cache of its own."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")}
    return {**kept, "CI_MEDIAGEN_CACHE": str(cache), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def history(folder: Path, commits: int) -> Path:
    """A repository of so many commits, whose last is the merge of a small feature with a picture."""
    _git(folder, "init", "--quiet", "--initial-branch=main", str(folder))
    _git(folder, "fast-import", "--quiet", stream=b"".join(_stream(commits)))
    _git(folder, "reset", "--quiet", "--hard", "main")
    return folder


def screenshot(width: int = 1600, height: int = 900) -> bytes:
    """A PNG picture with something to see in it."""
    rows = b"".join(
        b"\0" + bytes(part for x in range(width) for part in (x * 255 // width, y * 255 // height, (x ^ y) & 0x3F))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _stream(commits: int) -> Iterator[bytes]:
    """Commits in a row with a release every TAG_EVERY, counted from the end; then a branch of two and its merge."""
    row = commits - 3
    for number in range(row):
        kind = _KINDS[number % len(_KINDS)]
        path = f"src/part_{number % FILES}.txt".encode()
        content = {path: b"line %d\n" % number}
        if number == 0:
            content[b"README.md"] = b"# Aurora Studio\n"
        yield _commit(
            b"refs/heads/main", number + 1, 1_700_000_000 + 60 * number, kind + b"change number %d" % number, content
        )
        from_end = row - 1 - number
        if from_end % TAG_EVERY == 0 and from_end > 0:
            version = b"v1.%d.0" % (number // TAG_EVERY)
            yield b"reset refs/tags/%s\nfrom :%d\n\n" % (version, number + 1)
    when = 1_700_000_000 + 60 * row
    feature = b"refs/heads/feature"
    dark, shown = {b"src/dark.txt": b"1\n"}, {b"docs/dark-mode.png": screenshot()}
    yield _commit(feature, row + 1, when, b"feat(editor): dark mode everywhere", dark, parent=row)
    yield _commit(feature, row + 2, when + 60, b"docs: show dark mode", shown)
    merge = b"Merge pull request #7 from acme/feature\n\nfeat(editor): dark mode everywhere"
    yield _commit(b"refs/heads/main", row + 3, when + 120, merge, {**dark, **shown}, merged=row + 2)
    yield b"reset refs/heads/feature\nfrom 0000000000000000000000000000000000000000\n\n"


def _commit(
    branch: bytes, mark: int, when: int, message: bytes, files: Mapping[bytes, bytes], parent: int = 0, merged: int = 0
) -> bytes:
    """One commit for fast-import; its parent is the tip of the branch where none is given."""
    who = b"%s %d +0000" % (_WHO, when)
    text = b"commit %s\nmark :%d\nauthor %s\ncommitter %s\ndata %d\n%s\n" % (
        branch,
        mark,
        who,
        who,
        len(message),
        message,
    )
    text += b"from :%d\n" % parent if parent else b""
    text += b"merge :%d\n" % merged if merged else b""
    for path, content in files.items():
        text += b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(content), content)
    return text + b"\n"


def _git(folder: Path, *arguments: str, stream: bytes | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "-C", str(folder), *arguments], input=stream, check=True, env=environ)
