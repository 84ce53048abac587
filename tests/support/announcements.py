"""Announcements as the pipeline would hand them over, with real small pictures."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from ci_mediagen.announce.interface import Announcement
from ci_mediagen.model.change import Change, Commit, CommitRange, Highlight, Person, Release
from ci_mediagen.model.link import Link
from ci_mediagen.model.media import Artifact, MediaFile, Role
from ci_mediagen.model.outcome import Generated, Reused
from ci_mediagen.model.publication import PublishedFile
from ci_mediagen.model.task import ModelRef, Task, with_key

CARD_ALT = "Aurora Studio 2.4: dark mode"
SEED = 1840592211


def change(**fields: Any) -> Change:
    """A release of 12 commits by 5 people."""
    commits = tuple(Commit(sha=f"{number:040x}", subject=f"feat: thing {number}") for number in range(12))
    release = Release("v2.4.0", "2.4.0", url="https://github.com/acme/aurora/releases/tag/v2.4.0")
    base = Change(
        kind="release",
        sha="a" * 40,
        range=CommitRange("b" * 40, "a" * 40, "previous-tag"),
        complete=True,
        incomplete_reason="",
        headline="Dark mode",
        type="feat",
        scope=None,
        breaking=False,
        security=False,
        commits=commits,
        highlights=tuple(map(Highlight, ("Dark mode", "3x faster search", "Export to CSV", "Fewer clicks"))),
        files=(),
        authors=tuple(Person(f"Person {number}") for number in range(5)),
        release=release,
        repository="acme/aurora",
        private=False,
    )
    return replace(base, **fields)


def card_task(**fields: Any) -> Task:
    task = Task(id="card", task="card", backend="compositor", seed=SEED, parameters={"width": 1200, "height": 630})
    return with_key(replace(task, **fields), {})


def promo_task(**fields: Any) -> Task:
    task = Task(
        id="promo",
        task="promo",
        backend="diffusers",
        prompt="Dark mode everywhere, slow push in",
        seed=7,
        model=ModelRef("ali-vilab/i2vgen-xl", "39e1979ea27be737b0278c06755e321f2b4360d5"),
    )
    return with_key(replace(task, **fields), {})


@functools.cache
def picture(kind: str = "PNG", size: tuple[int, int] = (48, 27)) -> bytes:
    """A real picture's bytes."""
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", size, (124, 92, 255)).save(buffer, kind)
    return buffer.getvalue()


def published(
    folder: Path,
    task: Task,
    name: str,
    media_type: str,
    data: bytes,
    role: Role = "main",
    *,
    alt: str = "",
    reused: bool = False,
) -> PublishedFile:
    path = folder / hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path.write_bytes(data)
    video = media_type.startswith("video/")
    media = MediaFile(
        role=role,
        name=name,
        media_type=media_type,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=1920 if video else 1200,
        height=1080 if video else 630,
        seconds=8.0 if video else None,
        alt=alt,
    )
    return PublishedFile(task, media, path, name, reused)


def card_file(folder: Path, **fields: Any) -> PublishedFile:
    return published(folder, card_task(), "card.png", "image/png", picture(), alt=CARD_ALT, **fields)


def promo_files(folder: Path) -> tuple[PublishedFile, ...]:
    task = promo_task()
    return (
        published(folder, task, "promo.mp4", "video/mp4", b"\0\0\0\x18ftypisom"),
        published(folder, task, "promo-poster.jpg", "image/jpeg", picture("JPEG"), "poster"),
        published(folder, task, "promo-preview.gif", "image/gif", picture("GIF"), "preview", alt="The promo, moving"),
    )


def directory_links(files: tuple[PublishedFile, ...]) -> tuple[Link, ...]:
    return (
        *(Link("directory", file.media.role, file.name, file.task.id, file.task.key) for file in files),
        Link("directory", "gallery", "index.html"),
        Link("directory", "manifest", "manifest.json"),
    )


def web_links(
    files: tuple[PublishedFile, ...], base: str = "https://media.acme.dev/promo", **fields: Any
) -> tuple[Link, ...]:
    return (
        *(Link("s3", file.media.role, f"{base}/{file.name}", file.task.id, file.task.key, **fields) for file in files),
        Link("s3", "gallery", f"{base}/index.html", **fields),
        Link("s3", "manifest", f"{base}/manifest.json", **fields),
    )


def announcement(
    folder: Path, *, web: bool = True, files: tuple[PublishedFile, ...] | None = None, **fields: Any
) -> Announcement:
    """A post of a release with card and promo; published to a directory, and with `web` also where everyone can see it."""
    shown = (card_file(folder), *promo_files(folder)) if files is None else files
    made = {file.task.id: file for file in shown}
    base = Announcement(
        mode="post",
        project="Aurora Studio",
        title="Aurora Studio 2.4 - Dark mode, 3x faster search",
        bullets=("Dark mode", "3x faster search", "Export to CSV"),
        context="12 changes, 5 people",
        outcome="ok",
        reasons=("a minor release makes all shapes",),
        change=change(),
        template="release",
        template_reason="a release was published",
        files=shown,
        links=(*(web_links(shown) if web else ()), *directory_links(shown)),
        outcomes=tuple(
            (Reused if file.reused else Generated)(name, file.task.key, Artifact(file.task.key, (file.media,)))
            for name, file in made.items()
        ),
        manifest_path=folder / "out" / "manifest.json",
        seconds=12.34,
    )
    return replace(base, **fields)
