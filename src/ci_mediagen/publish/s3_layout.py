"""Where in a bucket the files, the page and the manifest of one publication lie. Pure: no server is asked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ci_mediagen.model.change import Change
from ci_mediagen.model.publication import Publication, PublishedFile
from ci_mediagen.publish.names import MANIFEST, PAGE, published_names
from ci_mediagen.text.s3_key import KeyPattern, key_part

UNGUESSABLE = 32
"""Hex digits in the addresses of a private repository's files."""


@dataclass(frozen=True, slots=True)
class Layout:
    names: tuple[str, ...]
    """Of the files, in the publication's order."""
    keys: tuple[str, ...]
    page: str
    manifest: str
    immutable: bool
    """Other bytes have another key: a reader may keep its copy of a file for ever."""


def lay_out(publication: Publication, pattern: KeyPattern, prefix: str, *, private: bool) -> Layout:
    """Files by the pattern; page and manifest in the folder that is the same for all of them, one for each change.

    In a private layout no address can be guessed by somebody who has not seen the files.
    """
    names = published_names(publication.files)
    change = publication.change
    shared = {
        "project": key_part(publication.project.lower(), fallback="project"),
        "slug": slug(change),
        "package": key_part(change.packages[0].name) if len(change.packages) == 1 else "",
    }
    folder = [prefix, pattern.fill(shared, folder_only=True)]
    if "{slug}" not in pattern.folder:
        folder.append(shared["slug"])
    if private:
        folder.append(_digest(publication)[:UNGUESSABLE])
    beside = "/".join(part for part in folder if part)
    keys = []
    for file, name in zip(publication.files, names, strict=True):
        key = pattern.fill(shared | _of_file(file, name))
        if private and not pattern.fields & {"sha256", "key"}:
            start, _, last = key.rpartition("/")
            key = "/".join(part for part in (start, file.media.sha256[:UNGUESSABLE], last) if part)
        keys.append(f"{prefix}/{key}" if prefix else key)
    return Layout(names, tuple(keys), f"{beside}/{PAGE}", f"{beside}/{MANIFEST}", pattern.immutable or private)


def slug(change: Change) -> str:
    """The change in a key: the release's tag, the pull request, else the commit."""
    if change.release:
        return key_part(change.release.tag)
    return f"pr-{change.pull_request.number}" if change.pull_request else key_part(change.sha[:12])


def _of_file(file: PublishedFile, name: str) -> dict[str, str]:
    sha256, key = file.media.sha256, file.task.key
    return {"name": key_part(name), "sha256": sha256, "sha12": sha256[:12], "key": key, "key12": key[:12]}


def _digest(publication: Publication) -> str:
    return hashlib.sha256("".join(sorted(file.media.sha256 for file in publication.files)).encode()).hexdigest()
