"""The GitHub job summary: what was made, how, and why, as Markdown on the run's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ci_mediagen.announce import shown
from ci_mediagen.announce.interface import Announcement
from ci_mediagen.errors import OutputError
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.link import Link
from ci_mediagen.model.manifest import Told
from ci_mediagen.model.outcome import Generated, Reused
from ci_mediagen.model.publication import PublishedFile
from ci_mediagen.text import markdown

MAX_BYTES = 1024 * 1024
"""Bytes of one step's summary; GitHub shows nothing of a longer one (docs.github.com, read 2026-11)."""
MAX_TITLE = 250
MAX_REASON = 1000
MAX_PROMPT = 4000
CUT = "\n*The rest did not fit: it is in manifest.json.*\n"
_ROOM = len(CUT.encode()) + len("\n</details>\n")


class JobSummary:
    """Appends to the file that GITHUB_STEP_SUMMARY names."""

    name = "job-summary"
    quiet = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def announce(self, announcement: Announcement) -> Told:
        """Raises OutputError where the file cannot be written."""
        try:
            there = self._path.stat().st_size if self._path.exists() else 0
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(("\n" if there else "") + render(announcement, MAX_BYTES - there - 1))
        except OSError as error:
            raise OutputError(
                f"the job summary {self._path.name} cannot be written: {error.strerror}",
                advice="GITHUB_STEP_SUMMARY must name a file that can be written.",
            ) from error
        return Told(self.name, "sent")

    def check(self) -> Sequence[Finding]:
        if self._path.parent.is_dir():
            return (Finding(self.name, "ok", "GITHUB_STEP_SUMMARY names a file"),)
        return (
            Finding(
                self.name, "problem", "GITHUB_STEP_SUMMARY names a file in a folder that is not there", "Unset it."
            ),
        )


def render(announcement: Announcement, max_bytes: int = MAX_BYTES) -> str:
    """The summary, at most `max_bytes` of UTF-8, cut between its parts; empty where nothing fits."""
    if max_bytes < _ROOM:
        return ""
    whole = _Page(max_bytes)
    for part in _story(announcement):
        whole.add(part)
    whole.fold("How it was made", _details(announcement))
    return whole.text


class _Page:
    """Parts one after the other while they fit; what does not is left out whole, and the page says so."""

    def __init__(self, max_bytes: int) -> None:
        self.text = ""
        self._left = max_bytes - _ROOM
        self._full = False

    def add(self, part: str) -> None:
        size = len(part.encode()) + 1
        if self._full or size > self._left:
            self._full = True
            return
        self._left -= size
        self.text += f"{part}\n"

    def fold(self, title: str, parts: Iterator[str]) -> None:
        self.add(f"<details>\n<summary>{title}</summary>\n")
        opened = not self._full
        for part in parts:
            self.add(part)
        if self._full:
            self.text += CUT
        if opened:
            self.text += "\n</details>\n"


def _story(announcement: Announcement) -> Iterator[str]:
    yield f"## {markdown.inline(shown.headline(announcement), limit=MAX_TITLE)}\n"
    if announcement.outcome != "ok":
        said = {
            "partial": "Some of it could not be made.",
            "nothing": "Nothing to do.",
            "failed": "Nothing could be made.",
        }
        yield f"**{said[announcement.outcome]}**\n"
    if announcement.context:
        yield f"{markdown.inline(announcement.context, limit=MAX_REASON)}\n"
    incomplete = shown.incomplete(announcement)
    if incomplete:
        yield f"> **History was not read whole:** {markdown.inline(incomplete, limit=MAX_REASON)}\n"
    for warning in announcement.warnings:
        yield f"> **Warning:** {markdown.inline(warning, limit=MAX_REASON)}\n"
    yield from _picture(announcement)
    yield from _actions(announcement)
    for bullet in announcement.bullets:
        yield f"- {markdown.inline(bullet, limit=MAX_REASON)}"
    if announcement.bullets:
        yield ""
    yield from _files(announcement)
    if announcement.reasons:
        yield "Why:\n"
        yield from (f"- {markdown.inline(reason, limit=MAX_REASON)}" for reason in announcement.reasons)
        yield ""


def _picture(announcement: Announcement) -> Iterator[str]:
    for file in (shown.card(announcement), shown.poster(announcement)):
        url = shown.public_url(shown.file_links(announcement, file)) if file else None
        if file and url:
            picture = markdown.image(shown.alt(announcement, file), url)
            clip = shown.video(announcement)
            watch = shown.public_url(shown.file_links(announcement, clip)) if clip else None
            yield f"[{picture}](<{watch}>)\n" if watch else f"{picture}\n"
            return
    if announcement.files:
        yield "The media have no public address. They are in this run's artifacts, if the workflow uploads them.\n"


def _actions(announcement: Announcement) -> Iterator[str]:
    """Links that anyone who reads this page may follow."""
    private = announcement.change is not None and announcement.change.private is True
    secret = {link.url for link in announcement.links if link.secret}
    links = [
        markdown.link(action.label, action.url)
        for action in shown.actions(announcement)
        if private or action.url not in secret
    ]
    if links:
        yield " \u00b7 ".join(links) + "\n"


def _files(announcement: Announcement) -> Iterator[str]:
    if not announcement.files:
        return
    rows = ["| File | What | Size | |", "| --- | --- | --- | --- |"]
    rows += [_row(announcement, file) for file in announcement.files]
    yield "\n".join(rows) + "\n"


def _row(announcement: Announcement, file: PublishedFile) -> str:
    media = file.media
    name = markdown.link(file.name, _readable(shown.file_links(announcement, file)))
    what = markdown.inline(f"{media.role} of {file.task.id}")
    facts = [
        f"{media.width}x{media.height}" if media.width else "",
        f"{media.seconds:g} s" if media.seconds else "",
        _size(media.bytes),
    ]
    return (
        f"| {name} | {what} | {', '.join(fact for fact in facts if fact)} | {'reused' if file.reused else 'made now'} |"
    )


def _readable(links: Sequence[Link]) -> str | None:
    return next((link.url for link in links if not link.secret), None)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB" if count >= 1e3 else f"{count} bytes"


def _details(announcement: Announcement) -> Iterator[str]:
    if announcement.template:
        reason = markdown.inline(announcement.template_reason, limit=MAX_REASON)
        yield f"Template {markdown.code(announcement.template, limit=200)}{': ' + reason if reason else ''}\n"
    for file in {file.task.id: file for file in announcement.files}.values():
        yield _task(file)
    for outcome in announcement.outcomes:
        if not isinstance(outcome, Generated | Reused):
            reason = markdown.inline(outcome.reason, limit=MAX_REASON)
            yield f"**{markdown.inline(outcome.task)}**: {outcome.status}: {reason}\n"
    yield f"Took {announcement.seconds:.1f} s.\n"


def _task(file: PublishedFile) -> str:
    task = file.task
    facts = [f"{task.task} by {markdown.code(task.backend)}"]
    if task.model:
        facts.append(f"model {markdown.code(task.model.id, limit=200)}")
        facts += [f"revision {markdown.code(task.model.revision, limit=80)}"] if task.model.revision else []
    facts += [f"seed {task.seed}"] if task.seed is not None else []
    facts += [f"key {markdown.code(task.key)}"] if task.key else []
    told = f"**{markdown.inline(task.id)}**: {', '.join(facts)}\n"
    if task.prompt:
        told += f"\n{markdown.code_block(task.prompt, limit=MAX_PROMPT)}\n"
    return told
