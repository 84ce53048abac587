"""Where people find what was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ci_mediagen.model.media import Role

LinkRole = Role | Literal["gallery", "manifest"]


@dataclass(frozen=True, slots=True)
class Link:
    publisher: str
    """Name of the publisher that put it there: `directory`, `s3`."""
    role: LinkRole
    url: str
    """`https://...`, or for a directory the path relative to the output folder. Never a presigned query in a manifest:
    see `shown`."""
    task: str | None = None
    """None for a page about the whole run."""
    key: str | None = None
    expires_at: str | None = None
    """UTC, ISO 8601; None for a link that does not expire."""
    secret: bool = False
    """The address itself lets its reader in (a presigned link)."""

    @property
    def shown(self) -> str:
        """The address as a manifest or log may hold it: a secret one loses its query."""
        return self.url.partition("?")[0] if self.secret else self.url
