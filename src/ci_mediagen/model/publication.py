"""What one run has to show, as publishers and announcers receive it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ci_mediagen.model.change import Change
from ci_mediagen.model.media import MediaFile
from ci_mediagen.model.task import Task


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of one artifact, to be published under `name`."""

    task: Task
    media: MediaFile
    path: Path
    """Where its bytes lie now; read-only."""
    name: str
    """File name unique in this publication: `card.png`, `promo.mp4`, `promo-poster.png`."""
    reused: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything one run has to show."""

    project: str
    change: Change
    template: str
    reason: str
    files: tuple[PublishedFile, ...]
