"""Colours for a project that gave none: one for its name, and one beside it."""

from __future__ import annotations

import hashlib

from ci_mediagen.media.colour import (
    AA,
    AA_LARGE,
    DARK_PLATE,
    contrast,
    from_oklch,
    lightened,
    parse,
    to_oklch,
)

__all__ = ["AA", "AA_LARGE", "DARK_PLATE", "SATURATED", "contrast", "from_oklch", "lightened", "named", "parse", "second",
           "to_oklch"]  # fmt: skip

SATURATED = 0.06
"""OKLCH chroma from which a colour is one and not a shade of grey."""

_HUES = (12, 28, 45, 60, 150, 165, 230, 240, 255, 268, 280, 292, 305, 322, 345)
"""Degrees. Yellow and olive (70 to 140) are left out, which look like mud where they are dark enough for white text, and
cyan (180 to 215), of which screens show only a dull one there."""
_NAMED_CHROMA = 0.19
_NAMED_LIGHTNESS = 0.54
_SECOND_HUE = 48.0
"""Degrees from the accent to the second colour."""
_SECOND_LIGHTER = 0.10


def named(text: str) -> str:
    """A colour for a name: always the same one, saturated, on which white text can be read and which shows on black."""
    digest = hashlib.sha256(text.casefold().encode("utf-8", "replace")).digest()
    hue = _HUES[digest[0] % len(_HUES)] + (digest[1] / 255 - 0.5) * 10
    lightness = _NAMED_LIGHTNESS
    colour = from_oklch(lightness, _NAMED_CHROMA, hue)
    while contrast(colour, "#ffffff") < AA:
        lightness -= 0.01
        colour = from_oklch(lightness, _NAMED_CHROMA, hue)
    return colour


def second(accent: str) -> str:
    """A colour that sits well beside the accent: a neighbour on the circle, a little lighter."""
    lightness, chroma, hue = to_oklch(accent)
    if chroma < SATURATED:
        return from_oklch(min(0.85, lightness + 2 * _SECOND_LIGHTER), chroma, hue)
    # Away from yellow, where neighbours of red and green look dirty.
    step = _SECOND_HUE if not 20 <= hue <= 100 else -_SECOND_HUE
    return from_oklch(min(0.80, lightness + _SECOND_LIGHTER), min(chroma, 0.17), hue + step)
