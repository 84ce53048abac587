"""What of an announcement a reader is shown: which picture, which clip, which links."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ci_mediagen.announce.interface import Announcement
from ci_mediagen.model.link import Link
from ci_mediagen.model.publication import PublishedFile
from ci_mediagen.text.clean import one_line
from ci_mediagen.text.web import is_public, web_address

STILL_OR_GIF = frozenset({"image/png", "image/jpeg", "image/gif"})
"""What every service shows as a picture."""


class Action(NamedTuple):
    """A link worth a button."""

    label: str
    url: str


def file_links(announcement: Announcement, file: PublishedFile) -> tuple[Link, ...]:
    """The links of one file, best first."""
    return tuple(link for link in announcement.links if link.task == file.task.id and link.role == file.media.role)


def web_link(links: Collection[Link]) -> Link | None:
    """The best link that opens in a browser elsewhere: http or https, one that is no secret before one that is."""
    usable = [link for link in links if web_address(link.url)]
    return min(usable, key=lambda link: link.secret, default=None)


def public_url(links: Collection[Link]) -> str | None:
    """An address that a service can fetch and anyone may see."""
    return next((link.url for link in links if not link.secret and is_public(link.url)), None)


def video(announcement: Announcement) -> PublishedFile | None:
    """The clip to watch."""
    return next(
        (file for file in announcement.files if is_main(file) and file.media.media_type.startswith("video/")), None
    )


def card(announcement: Announcement) -> PublishedFile | None:
    """The picture to show where there is room for one: a wide one before others."""
    pictures = [file for file in announcement.files if is_main(file) and file.media.media_type.startswith("image/")]
    wide = [file for file in pictures if (file.media.width or 0) > (file.media.height or 0)]
    return next(iter([*wide, *pictures]), None)


def poster(announcement: Announcement) -> PublishedFile | None:
    clip = video(announcement)
    return _of_clip(announcement, clip, "poster") if clip else None


def preview(announcement: Announcement, *, max_bytes: int) -> PublishedFile | None:
    """What shows best in a message: the clip's animated preview, its poster, or the card; none over `max_bytes`."""
    clip = video(announcement)
    candidates = [
        _of_clip(announcement, clip, "preview") if clip else None,
        poster(announcement),
        card(announcement),
    ]
    fit = (
        file for file in candidates if file and file.media.media_type in STILL_OR_GIF and file.media.bytes <= max_bytes
    )
    return next(fit, None)


def headline(announcement: Announcement) -> str:
    """One line, never empty."""
    return one_line(announcement.title) or one_line(announcement.project) or "New media"


def incomplete(announcement: Announcement) -> str:
    """Why history was not read whole, where the context does not say so already; else empty."""
    change = announcement.change
    if change is None or change.complete:
        return ""
    reason = one_line(change.incomplete_reason) or "part of it is missing"
    return "" if reason in announcement.context else reason


def alt(announcement: Announcement, file: PublishedFile) -> str:
    """What a reader who does not see the picture is told; never empty."""
    return one_line(file.media.alt) or one_line(file.task.alt) or headline(announcement)


def actions(announcement: Announcement) -> tuple[Action, ...]:
    """Watch, Release notes, Gallery: those that have an address that opens in a browser."""
    clip = video(announcement)
    watch = web_link(file_links(announcement, clip)) if clip else None
    gallery = web_link([link for link in announcement.links if link.role == "gallery"])
    found = [
        Action("Watch", watch.url) if watch else None,
        _notes(announcement),
        Action("Gallery", gallery.url) if gallery else None,
    ]
    return tuple(action for action in found if action)


def is_main(file: PublishedFile) -> bool:
    return file.media.role == "main"


def _notes(announcement: Announcement) -> Action | None:
    change = announcement.change
    if change is None:
        return None
    candidates = (
        ("Release notes", change.release.url if change.release else None),
        ("Pull request", change.pull_request.url if change.pull_request else None),
        ("Changes", change.url),
    )
    return next((Action(label, url) for label, url in candidates if url and web_address(url)), None)


def _of_clip(announcement: Announcement, clip: PublishedFile, role: str) -> PublishedFile | None:
    return next((file for file in announcement.files if file.task.id == clip.task.id and file.media.role == role), None)
