"""What the gallery page says, decided: no HTML here, and nothing left to decide in the template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ci_mediagen.model.change import Change
from ci_mediagen.model.media import MediaFile, Role
from ci_mediagen.model.publication import Publication, PublishedFile
from ci_mediagen.model.task import Task
from ci_mediagen.text.cut import shorten
from ci_mediagen.text.markdown import inline
from ci_mediagen.text.web import web_address

MOST_AUTHORS = 4
"""So many are named; more are counted."""
MAX_HEADLINE = 200
"""Characters: more would hide what the page is for."""
DEFAULT_ACCENT = "#6b7280"

_KINDS = {
    "merge": "Merged change",
    "push": "Change",
    "release": "Release",
    "tag": "Tag",
    "merge-queue": "Merge queue",
    "digest": "Digest",
    "manual": "Latest change",
}
_ROLES: dict[Role, str] = {
    "main": "File",
    "poster": "Poster",
    "preview": "Preview",
    "captions": "Captions",
    "contact-sheet": "Contact sheet",
}
_SHAPES = {"og": "link preview"}
"""Shapes whose own name says little to a reader."""
_FORMATS = {"image/jpeg": "JPEG", "video/quicktime": "MOV", "text/vtt": "VTT", "image/svg+xml": "SVG"}


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    value: str
    mono: bool = False
    copy: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Extra:
    """A further file of an item."""

    label: str
    src: str
    spec: str


@dataclass(frozen=True, slots=True)
class Item:
    """One picture or clip."""

    anchor: str
    kind: Literal["picture", "video"]
    title: str
    src: str
    file_name: str
    alt: str
    markdown_alt: str
    media_type: str
    width: int
    height: int
    poster: str
    markdown_poster: str
    """What a Markdown snippet shows for a clip: forges drop video elements."""
    spec: str
    reused: bool
    facts: tuple[Fact, ...]
    extras: tuple[Extra, ...]
    lead: bool = False

    @property
    def aspect(self) -> float:
        return self.width / self.height


@dataclass(frozen=True, slots=True)
class Page:
    project: str
    kicker: str
    headline: str
    description: str
    source: tuple[Fact, ...]
    incomplete: str
    """Why history was read in part; empty where it was read whole."""
    template: str
    reason: str
    items: tuple[Item, ...]
    made: str
    accent: str
    social_image: Item | None


def page_of(publication: Publication, names: Sequence[str], hrefs: Sequence[str]) -> Page:
    """`names` and `hrefs` say for each file how it is called and what the page writes to reach it."""
    change = publication.change
    items = _items(publication.files, names, hrefs)
    release = change.release
    kicker = f"Release {release.version}" if release else _KINDS[change.kind]
    reused = sum(item.reused for item in items)
    return Page(
        project=publication.project,
        kicker=kicker,
        headline=shorten(change.headline or publication.project, MAX_HEADLINE),
        description=f"{publication.project}: {kicker.lower()}",
        source=tuple(_source(change)),
        incomplete="" if change.complete else change.incomplete_reason or "the reason is not known",
        template=publication.template,
        reason=publication.reason,
        items=items,
        made=", ".join(
            f"{count} {how}" for count, how in ((len(items) - reused, "made now"), (reused, "reused")) if count
        ),
        accent=_accent(publication.files),
        social_image=next((item for item in items if item.kind == "picture" and 1.5 < item.aspect < 2.2), None),
    )


def bytes_text(count: int) -> str:
    """`84 kB`, `2.1 MB`."""
    if count < 1000:
        return f"{count} bytes"
    size = float(count)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            break
    return f"{size:.1f} {unit}" if size < 10 and unit != "kB" else f"{size:.0f} {unit}"


def _items(files: Sequence[PublishedFile], names: Sequence[str], hrefs: Sequence[str]) -> tuple[Item, ...]:
    by_task: dict[str, list[tuple[PublishedFile, str, str]]] = {}
    for file, name, href in zip(files, names, hrefs, strict=True):
        by_task.setdefault(file.task.id, []).append((file, name, href))
    items = [_item(number, group) for number, group in enumerate(by_task.values(), 1)]
    lead = _lead(items)
    rest = tuple(item for item in items if item is not lead)
    return (replace(lead, lead=True), *rest) if lead else rest


def _lead(items: Sequence[Item]) -> Item | None:
    """What is shown first and largest: a clip in landscape, else a picture in landscape."""
    wide = [item for item in items if item.aspect >= 1.2]
    return next((item for item in wide if item.kind == "video"), wide[0] if wide else None)


def _item(number: int, group: list[tuple[PublishedFile, str, str]]) -> Item:
    hrefs = {file.media.role: href for file, _, href in reversed(group)}
    file, name, src = next((entry for entry in group if entry[0].media.role == "main"), group[0])
    task, media = file.task, file.media
    alt = media.alt or task.alt
    return Item(
        anchor=f"item-{number}",
        kind="video" if media.media_type.startswith("video/") else "picture",
        title=_title(task) or name,
        src=src,
        file_name=name,
        alt=alt,
        markdown_alt=inline(alt or name, limit=300),
        media_type=media.media_type,
        width=media.width or 16,
        height=media.height or 9,
        poster=hrefs.get("poster", ""),
        markdown_poster=hrefs.get("preview") or hrefs.get("poster", ""),
        spec=_spec(media),
        reused=file.reused,
        facts=tuple(_facts(task, media, alt)),
        extras=tuple(
            Extra(_ROLES[other.media.role], href, _spec(other.media)) for other, _, href in group if other is not file
        ),
    )


def _title(task: Task) -> str:
    shape = f"-{task.shape}" if task.shape else ""
    words = " ".join(re.split(r"[-_\s]+", task.id.removesuffix(shape))).strip()
    words = words[:1].upper() + words[1:]
    return f"{words}, {_SHAPES.get(task.shape, task.shape)}" if task.shape and task.id.endswith(shape) else words


def _spec(media: MediaFile) -> str:
    known = media.media_type.partition("/")[2].removeprefix("x-").upper()
    parts = [
        f"{media.width} × {media.height}" if media.width and media.height else "",
        f"{media.seconds:.1f} s" if media.seconds else "",
        _FORMATS.get(media.media_type, known),
        bytes_text(media.bytes),
    ]
    return " · ".join(part for part in parts if part)


def _facts(task: Task, media: MediaFile, alt: str) -> list[Fact]:
    model = f"{task.model.id} at {task.model.revision}" if task.model and task.model.revision else ""
    facts = [
        Fact("Prompt", task.prompt or "", copy=True),
        Fact("Negative prompt", task.negative_prompt or "", copy=True),
        Fact("Alt text", alt, copy=True),
        Fact("Task", task.task),
        Fact("Frame rate", f"{media.fps:g} fps" if media.fps and media.seconds else ""),
        Fact("Backend", task.backend),
        Fact("Model", model or (task.model.id if task.model else "")),
        Fact("Seed", "" if task.seed is None else str(task.seed), mono=True, copy=True),
        Fact("Key", task.key, mono=True, copy=True),
        Fact("SHA-256", media.sha256, mono=True, copy=True),
    ]
    return [fact for fact in facts if fact.value]


def _source(change: Change) -> list[Fact]:
    """Where it came from, each as a few words with its page at the forge."""
    facts = []
    if change.release:
        facts.append(Fact("Tag", change.release.tag, href=web_address(change.release.url) or ""))
    if change.pull_request:
        request = change.pull_request
        facts.append(Fact("Pull request", f"#{request.number}", href=web_address(request.url) or ""))
    commit_url = web_address(change.url) or ""
    if commit_url in [fact.href for fact in facts]:
        commit_url = ""  # the change's page is the release's or the pull request's, not the commit's
    facts.append(Fact("Commit", change.sha[:12], mono=True, href=commit_url))
    if len(change.commits) > 1:
        facts.append(Fact("Commits", str(len(change.commits))))
    if change.packages:
        titles = [package.title for package in change.packages]
        facts.append(Fact("Packages" if len(titles) > 1 else "Package", _listed(titles)))
    if change.authors:
        facts.append(Fact("By", _listed(person.name for person in change.authors)))
    return facts


def _listed(words: Iterable[str]) -> str:
    names = list(words)
    if len(names) > MOST_AUTHORS:
        names = [*names[: MOST_AUTHORS - 1], f"{len(names) - MOST_AUTHORS + 1} more"]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _accent(files: Sequence[PublishedFile]) -> str:
    """The brand's colour as the tasks drew with it."""
    for file in files:
        brand = file.task.parameters.get("brand")
        accent = brand.get("accent") if isinstance(brand, dict) else None
        if isinstance(accent, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", accent):
            return accent
    return DEFAULT_ACCENT
