"""The colours of a page, from the two of the brand: every text's contrast with the plate beneath it is held here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ci_mediagen.errors import ConfigError
from ci_mediagen.media.colour import AA, AA_LARGE, contrast, from_oklch, lightened, parse, to_oklch

_SMALL_TEXT = 8.6
"""Contrast of small coloured text with the plate: enough that AA is left where a glow lies beneath."""

INK = "#f7f9fc"
DIM = "#c3cbd8"
"""People, web address: what is read second."""

KIND_COLOURS: Mapping[str, str] = {
    "feature": "#a996ff",
    "fix": "#3ddc97",
    "performance": "#ffcf4a",
    "security": "#ff7d8f",
    "docs": "#5cc8ff",
    "dependency": "#3fdbd0",
    "breaking": "#ff9f5a",
    "release": "#8fb4ff",
    "digest": "#b9a5ff",
    "default": "#aebdd4",
}
"""What the chip, its icon and the bullets are drawn in; all show on the plate as small text does."""

_PLATE_LIGHTNESS = 0.165
_PLATE_CHROMA = 0.028
_PANEL_LIGHTNESS = 0.225
_GLOW_CONTRAST = 5.2
"""Of the ink with the full colour of a glow, which is drawn at four fifths of it at most."""
_DEFAULT_ACCENT = "#6d5cff"
_DEFAULT_ACCENT_2 = "#22c7ee"


@dataclass(frozen=True, slots=True)
class Palette:
    """Each `#rrggbb`."""

    plate: str
    """What everything stands on: nearly black, with the accent's hue."""
    panel: str
    """A shade lighter: windows, cards."""
    ink: str
    dim: str
    accent: str
    """As the brand has it, lightened where it would not show on the plate."""
    accent_2: str
    accent_text: str
    """The accent light enough to be read as small text."""
    glow: str
    """The accent as light in the background: dark enough for every text to be read over its brightest spot."""
    glow_2: str
    kind: str
    on_kind: str
    """What is drawn over the kind's colour."""


def make_palette(accent: str | None, accent_2: str | None, kind: str) -> Palette:
    """The colours for this brand and kind of change. Raises ConfigError for a colour that is none."""
    first = _parsed(accent, "accent", _DEFAULT_ACCENT)
    second = _parsed(accent_2, "accent_2", _DEFAULT_ACCENT_2)
    _, chroma, hue = to_oklch(first)
    plate = from_oklch(_PLATE_LIGHTNESS, min(_PLATE_CHROMA, chroma / 3), hue)
    panel = from_oklch(_PANEL_LIGHTNESS, min(_PLATE_CHROMA, chroma / 3), hue)
    colour = KIND_COLOURS.get(kind, KIND_COLOURS["default"])
    return Palette(
        plate=plate,
        panel=panel,
        ink=INK,
        dim=DIM,
        accent=lightened(first, plate, AA_LARGE),
        accent_2=lightened(second, plate, AA_LARGE),
        accent_text=lightened(first, plate, _SMALL_TEXT),
        glow=_darkened(first),
        glow_2=_darkened(second),
        kind=colour,
        on_kind=plate if contrast(colour, plate) >= AA else INK,
    )


def _darkened(colour: str) -> str:
    lightness, chroma, hue = to_oklch(colour)
    while contrast(INK, colour) < _GLOW_CONTRAST:
        lightness -= 0.01
        colour = from_oklch(lightness, chroma, hue)
    return colour


def _parsed(value: str | None, name: str, default: str) -> str:
    try:
        return parse(value) if value else default
    except ValueError as error:
        raise ConfigError(f"brand.{name}: {error}", advice="Correct it in mediagen.yml.") from error
