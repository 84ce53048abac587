"""The outbox: announcements that failed, kept so that they can be told later. No secret is in it.

`<cache>/outbox/v1/<id>.json`, one file for an announcement by one announcer. A run that tells it after all takes it out, so
nothing is told twice.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ci_mediagen.announce.interface import Announcement, MaybeTold
from ci_mediagen.errors import MediagenError, OutputError
from ci_mediagen.model.codec import canonical, encode

SCHEMA_VERSION = 1


def keep(
    folder: Path,
    announcer: str,
    announcement: Announcement,
    error: MediagenError,
    *,
    destination: str = "",
    redact: Callable[[str], str] = str,
) -> Path:
    """Writes what is needed to tell it again, all of it or nothing, readable by this user only.

    `folder` is `outbox/v1` of the cache. `destination` names where it was to go (a channel), if that is no secret. Files
    are named by task key: the store has their bytes. `redact` is applied to every text. Raises OutputError.
    """
    path = folder / f"{_id(announcer, announcement)}.json"
    document = {
        "schema_version": SCHEMA_VERSION,
        "kept_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "announcer": announcer,
        "destination": destination,
        "error": {"kind": type(error).__name__, "message": error.message},
        "maybe_told": isinstance(error, MaybeTold),
        "announcement": _announcement(announcement),
    }
    text = json.dumps(_redacted(document, redact), indent=2, ensure_ascii=False)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text + "\n")
        temporary.replace(path)
    except OSError as failure:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError(
            f"the announcement could not be kept in {folder}: {failure.strerror}",
            advice="Make room there, or set CI_MEDIAGEN_CACHE to a folder that can be written.",
        ) from failure
    return path


def discard(folder: Path, announcer: str, announcement: Announcement) -> None:
    """Takes it out, if it is there: it has been told."""
    with suppress(OSError):  # then it stays for the next time: a message that was sent must not turn into a failure
        (folder / f"{_id(announcer, announcement)}.json").unlink(missing_ok=True)


def _id(announcer: str, announcement: Announcement) -> str:
    """The same for every run that would tell the same: announcer, change and what was made."""
    change = announcement.change
    told = {
        "announcer": announcer,
        "project": announcement.project,
        "kind": change.kind if change else None,
        "sha": change.sha if change else None,
        "release": change.release.tag if change and change.release else None,
        "template": announcement.template,
        "keys": sorted({file.task.key for file in announcement.files}),
    }
    return hashlib.sha256(canonical(told)).hexdigest()[:32]


def _announcement(announcement: Announcement) -> dict[str, Any]:
    links = tuple(replace(link, url=link.shown) for link in announcement.links)
    document: dict[str, Any] = encode(replace(announcement, links=links, files=(), manifest_path=None))
    document["files"] = [
        {"task": encode(file.task), "media": encode(file.media), "name": file.name, "reused": file.reused}
        for file in announcement.files
    ]
    return document


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _redacted(item, redact) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, redact) for item in value]
    return value
