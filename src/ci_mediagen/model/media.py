"""What tasks make: media files, together one artifact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["main", "poster", "preview", "captions", "contact-sheet"]


@dataclass(frozen=True, slots=True)
class MediaFile:
    role: Role
    name: str
    """File name inside its artifact, safe on every file system: `card.png`."""
    media_type: str
    """`image/png`, `video/mp4`..."""
    sha256: str
    bytes: int
    width: int | None = None
    """Pixels."""
    height: int | None = None
    seconds: float | None = None
    """Length of a clip; None for a picture."""
    fps: float | None = None
    alt: str = ""
    """What a reader who does not see it is told."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """What one task made. In a store all of it can be read or none of it."""

    key: str
    files: tuple[MediaFile, ...]
    seconds_taken: float = 0.0
    """Wall seconds that making it took, when it was made."""
    degrades: tuple[str, ...] = ()
    """What was given up to make it (out of memory), quality last."""
    versions: tuple[tuple[str, str], ...] = ()
    """(name, version) of the programs that made it."""
    notes: tuple[str, ...] = ()
    """What the maker wants a reader to know: a title that had to be clamped."""

    def file(self, role: Role) -> MediaFile | None:
        return next((file for file in self.files if file.role == role), None)

    @property
    def main(self) -> MediaFile:
        found = self.file("main")
        if found is None:
            raise ValueError(f"artifact {self.key[:12]} has no main file")
        return found
