"""A folder: the default place.

What lies there afterwards is what the publication holds, the page that shows it, and whatever somebody else put there: a
list of our own files, kept beside them, says what an earlier run may remove or replace.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ci_mediagen.errors import OutputError, StoreUnavailable, UnavailableError
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.link import Link
from ci_mediagen.model.publication import Publication
from ci_mediagen.publish.gallery import PageLinks, render_gallery
from ci_mediagen.publish.gallery.render import GENERATOR
from ci_mediagen.publish.names import MANIFEST, PAGE, published_names
from ci_mediagen.text.file_name import is_safe_file_name
from ci_mediagen.text.s3_key import url_path

RECORD = ".ci-mediagen-files.json"
RECORD_VERSION = 1
MAX_RECORD_BYTES = 1024 * 1024
UNFINISHED = ".ci-mediagen-unfinished-"
"""Begins the names of files that are not whole yet."""
ABANDONED_SECONDS = 3600.0
"""An unfinished file of this age belongs to a run that was killed."""
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Ours:
    """A file that an earlier run put there, as it left it."""

    sha256: str
    mtime_ns: int


class DirectoryPublisher:
    """Copies the files into a folder and writes `index.html` beside them.

    Files are copied, not linked: whoever edits one does not edit the store. Each appears whole under its name or not at all,
    and only where it differs from what is there. Removed is what an earlier run of ours put there, is not published any
    more, and was not edited since. A file of somebody else's is never replaced: OutputError.
    """

    name = "directory"

    def __init__(self, output: Path) -> None:
        self.output = output

    def publish(self, publication: Publication) -> tuple[Link, ...]:
        names = published_names(publication.files)
        with _told(self.output):
            self._prepare()
            before = self._read_record()
            page = self._page(publication, names)
            wanted = {name: file.media.sha256 for name, file in zip(names, publication.files, strict=True)}
            wanted[PAGE] = hashlib.sha256(page).hexdigest()
            stale = [name for name, sha256 in wanted.items() if not self._is_there(name, sha256, before.get(name))]
            self._refuse_what_is_not_ours(stale, before)
            if stale:
                # First the list, so that a run that is killed half way leaves only files that the next one knows.
                self._write_record(before | {name: _Ours(wanted[name], 0) for name in stale})
            for file, name in zip(publication.files, names, strict=True):
                if name in stale:
                    self._copy(file.path, name, file.media.sha256)
            if PAGE in stale:
                self._write(PAGE, page)
            self._remove_old({name: ours for name, ours in before.items() if name not in wanted})
            now = {name: _Ours(sha256, self._mtime_ns(name)) for name, sha256 in wanted.items()}
            if now != before:
                self._write_record(now)
        links = [
            Link(self.name, file.media.role, name, task=file.task.id, key=file.task.key or None)
            for file, name in zip(publication.files, names, strict=True)
        ]
        return (*links, Link(self.name, "gallery", PAGE))

    def publish_manifest(self, path: Path) -> Link | None:
        """The run writes its manifest into the output folder itself; from elsewhere it is copied there."""
        with _told(self.output):
            if path.absolute().parent != self.output.absolute():
                self._prepare()
                self._write(MANIFEST, path.read_bytes())
        return Link(self.name, "manifest", MANIFEST)

    def check(self) -> Sequence[Finding]:
        name = "output folder"
        fix = "Choose another folder with --output."
        if self.output.is_symlink():
            return [Finding(name, "problem", f"{self.output} is a symbolic link", "Name the folder that it points to.")]
        there = next(folder for folder in (self.output.absolute(), *self.output.absolute().parents) if folder.exists())
        if not there.is_dir():
            return [Finding(name, "problem", f"{there} is not a folder", fix)]
        if not os.access(there, os.W_OK | os.X_OK):
            return [Finding(name, "problem", f"{there} cannot be written", fix)]
        return [Finding(name, "ok", f"{self.output} can be written")]

    def _page(self, publication: Publication, names: tuple[str, ...]) -> bytes:
        links = PageLinks(names=names, files=tuple(map(url_path, names)), manifest=MANIFEST)
        return render_gallery(publication, links).encode("utf-8")

    def _prepare(self) -> None:
        if self.output.is_symlink():
            # A link that came with the repository could lead anywhere.
            raise OutputError(
                f"{self.output} is a symbolic link",
                advice="Name the folder that it points to with --output, or remove the link.",
            )
        if self.output.exists() and not self.output.is_dir():
            raise OutputError(f"{self.output} is a file, not a folder", advice="Choose another folder with --output.")
        self.output.mkdir(parents=True, exist_ok=True)
        with os.scandir(self.output) as entries:
            for entry in entries:
                if entry.name.startswith(UNFINISHED) and entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):
                        if time.time() - entry.stat(follow_symlinks=False).st_mtime > ABANDONED_SECONDS:
                            Path(entry.path).unlink()

    def _is_there(self, name: str, sha256: str, ours: _Ours | None) -> bool:
        """Whether these very bytes lie under the name. Reads nothing where the file was not touched since we wrote it."""
        found = self._regular(name)
        if found is None:
            return False
        return ours == _Ours(sha256, found.st_mtime_ns) or self._sha256(name) == sha256

    def _refuse_what_is_not_ours(self, names: Sequence[str], before: Mapping[str, _Ours]) -> None:
        if self._page_is_ours():
            return
        for name in names:
            if name not in before and os.path.lexists(self.output / name):
                raise OutputError(
                    f"{self.output / name} was there before and is not from an earlier run",
                    advice="Choose an empty folder with --output, or remove the file.",
                )

    def _page_is_ours(self) -> bool:
        """A folder whose list got lost (artifact uploads leave out hidden files) is known by its page."""
        if self._regular(PAGE) is None:
            return False
        with (self.output / PAGE).open("rb") as file:
            return f'<meta name="generator" content="{GENERATOR} '.encode() in file.read(4096)

    def _remove_old(self, old: Mapping[str, _Ours]) -> None:
        """Removes what is not published any more, but nothing that was edited since: that is somebody's work."""
        for name, ours in old.items():
            if self._regular(name) is not None and self._sha256(name) == ours.sha256:
                (self.output / name).unlink()

    def _copy(self, source: Path, name: str, sha256: str) -> None:
        digest = hashlib.sha256()
        try:
            origin = source.open("rb")
        except OSError as error:
            raise StoreUnavailable(
                f"the stored file of {name} cannot be read: {error.strerror}",
                advice="Run again: it is then made again.",
            ) from error
        with origin, self._replacing(name) as target:
            while piece := origin.read(_PIECE):
                digest.update(piece)
                _write_all(target, piece)
            if digest.hexdigest() != sha256:
                raise StoreUnavailable(
                    f"the stored file of {name} is not the one that was made",
                    advice="Run again: what is damaged in the store is made again.",
                )

    def _write(self, name: str, content: bytes) -> None:
        with self._replacing(name) as target:
            _write_all(target, content)

    @contextmanager
    def _replacing(self, name: str) -> Iterator[int]:
        """A new file, open for writing, that takes the name when all of it was written, whatever had it before."""
        path = self.output / name
        if path.is_dir() and not path.is_symlink():
            raise OutputError(f"{path} is a folder", advice="Choose another folder with --output, or remove it.")
        unfinished = self.output / f"{UNFINISHED}{os.getpid()}-{secrets.token_hex(4)}"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            try:
                yield descriptor
            finally:
                os.close(descriptor)
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _regular(self, name: str) -> os.stat_result | None:
        try:
            found = (self.output / name).lstat()
        except FileNotFoundError:
            return None
        return found if stat.S_ISREG(found.st_mode) else None

    def _mtime_ns(self, name: str) -> int:
        return (self.output / name).lstat().st_mtime_ns

    def _sha256(self, name: str) -> str:
        with (self.output / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _read_record(self) -> dict[str, _Ours]:
        """Empty where there is none, or where it is not one: it came with the folder, so it is looked at with care."""
        found = self._regular(RECORD)
        if found is None or found.st_size > MAX_RECORD_BYTES:
            return {}
        try:
            data = json.loads((self.output / RECORD).read_text(encoding="utf-8"))
            if data["schema_version"] != RECORD_VERSION:
                return {}
            return {
                name: _Ours(str(file["sha256"]), int(file["mtime_ns"]))
                for name, file in data["files"].items()
                if is_safe_file_name(name)
            }
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def _write_record(self, files: Mapping[str, _Ours]) -> None:
        data = {
            "schema_version": RECORD_VERSION,
            "files": {name: {"sha256": ours.sha256, "mtime_ns": ours.mtime_ns} for name, ours in sorted(files.items())},
        }
        self._write(RECORD, json.dumps(data, indent=1, ensure_ascii=False).encode("utf-8"))


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def _told(output: Path) -> Iterator[None]:
    """Turns what the system says into an OutputError, or an UnavailableError where the disk is full, with what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (UnavailableError if full else OutputError)(
            f"{output} cannot be written: {error.strerror or error}",
            advice="Make room there, or choose another folder with --output."
            if full
            else "Choose a folder that you may write with --output.",
        ) from error
