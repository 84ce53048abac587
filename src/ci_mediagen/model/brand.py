"""How a project looks, and what it has to show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """The brand kit, complete: what was not configured was derived, and `reasons` says how."""

    project: str
    accent: str
    """`#rrggbb`."""
    accent_2: str
    """A second colour that sits well beside the accent."""
    logo: str | None = None
    """Path of the logo for dark backgrounds, relative to the repository; None draws the name alone."""
    logo_light: str | None = None
    """Path of the logo for light backgrounds."""
    fonts: tuple[str, ...] = ()
    """Paths of the brand's own font files, relative to the repository, foremost first."""
    tone: str = ""
    banned_words: tuple[str, ...] = ()
    website: str | None = None
    """Drawn on end cards: `acme.dev`."""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture of the repository that may be shown."""

    name: str
    """As templates call it: `hero`, `shots[0]`."""
    path: str
    """Relative to the repository, with `/`."""
    sha256: str
    width: int
    height: int
    media_type: str
    origin: str
    """`diff`, `configured`, `docs`, `readme`."""


@dataclass(frozen=True, slots=True)
class Assets:
    """The pictures there are, best first, and the reason for the choice of the first."""

    found: tuple[Asset, ...] = ()
    reason: str = ""
    rejected: tuple[str, ...] = ()
    """What was looked at and left, each with its reason: `docs/badge.png: under 400 px`."""

    def get(self, name: str) -> Asset | None:
        return next((asset for asset in self.found if asset.name == name), None)

    @property
    def best(self) -> Asset | None:
        return self.found[0] if self.found else None
