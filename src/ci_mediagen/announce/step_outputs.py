"""Step outputs of GitHub Actions: what later steps of a workflow can use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_mediagen.announce import shown
from ci_mediagen.announce.interface import Announcement
from ci_mediagen.errors import OutputError
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.link import Link
from ci_mediagen.model.manifest import Told
from ci_mediagen.model.publication import PublishedFile
from ci_mediagen.text.clean import one_line
from ci_mediagen.text.cut import shorten
from ci_mediagen.text.github_output import entry

MAX_REASON = 4000
"""Characters of the output `reason`."""


class StepOutputs:
    """Appends to the file that GITHUB_OUTPUT names. Tell it last: it passes on what the others were told."""

    name = "step-outputs"
    quiet = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def announce(self, announcement: Announcement) -> Told:
        """Raises OutputError where the file cannot be written."""
        text = "".join(entry(name, value) for name, value in outputs(announcement).items())
        try:
            before = self._path.read_bytes()[-1:] if self._path.exists() else b""
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                # Another program of this step may have left its last line open.
                file.write(text if before in (b"", b"\n") else f"\n{text}")
        except OSError as error:
            raise OutputError(
                f"the step outputs {self._path.name} cannot be written: {error.strerror}",
                advice="GITHUB_OUTPUT must name a file that can be written.",
            ) from error
        return Told(self.name, "sent")

    def check(self) -> Sequence[Finding]:
        if self._path.parent.is_dir():
            return (Finding(self.name, "ok", "GITHUB_OUTPUT names a file"),)
        return (Finding(self.name, "problem", "GITHUB_OUTPUT names a file in a folder that is not there", "Unset it."),)


def outputs(announcement: Announcement) -> Mapping[str, str]:
    """Every output by its name; one that does not apply is empty.

    `generated`: whether there are media, made now or before. `reused`: whether all of them were made before. `images`, `videos`:
    JSON arrays with an address or else a path for each main file. `*-url`: empty without an address that opens in a browser.
    `cost`: what paid services charged, in US dollars.
    """
    files = announcement.files
    mains = [file for file in files if shown.is_main(file)]
    card, clip, poster = shown.card(announcement), shown.video(announcement), shown.poster(announcement)
    return {
        "generated": _boolean(bool(files)),
        "reason": shorten(one_line("; ".join(announcement.reasons)), MAX_REASON),
        "template": announcement.template or "",
        "manifest-path": str(announcement.manifest_path or ""),
        "manifest-url": _url([link for link in announcement.links if link.role == "manifest"]),
        "gallery-url": _url([link for link in announcement.links if link.role == "gallery"]),
        "images": _places(announcement, [file for file in mains if file.media.media_type.startswith("image/")]),
        "videos": _places(announcement, [file for file in mains if file.media.media_type.startswith("video/")]),
        "primary-image-url": _file_url(announcement, card),
        "primary-video-url": _file_url(announcement, clip),
        "poster-url": _file_url(announcement, poster),
        "slack-ts": next(
            (told.detail for told in announcement.told if told.announcer == "slack" and told.status == "sent"), ""
        ),
        "cost": "0",
        "duration-seconds": f"{announcement.seconds:.1f}",
        "reused": _boolean(bool(files) and all(file.reused for file in files)),
    }


def _places(announcement: Announcement, files: Sequence[PublishedFile]) -> str:
    return json.dumps([_file_url(announcement, file) or _path(announcement, file) for file in files])


def _path(announcement: Announcement, file: PublishedFile) -> str:
    """Beside the manifest if it was published there, else where it lies."""
    relative = next((link.url for link in shown.file_links(announcement, file) if "://" not in link.url), None)
    if relative is not None and announcement.manifest_path is not None:
        return str(announcement.manifest_path.parent / relative)
    return str(file.path)


def _file_url(announcement: Announcement, file: PublishedFile | None) -> str:
    return _url(shown.file_links(announcement, file)) if file else ""


def _url(links: Sequence[Link]) -> str:
    link = shown.web_link(links)
    return link.url if link else ""


def _boolean(value: bool) -> str:
    return "true" if value else "false"
