"""Colours as people see them: OKLCH, in which equal steps of lightness, chroma and hue look equal; contrast as in WCAG.

The matrices are those of Björn Ottosson's OKLab (2020); contrast is that of WCAG 2.2.
"""

from __future__ import annotations

import math
import re

Rgb = tuple[float, float, float]
"""Red, green and blue of sRGB, each 0 to 1."""

DARK_PLATE = "#0b0d12"
"""What accents stand on: nearly black."""

AA = 4.5
"""Contrast at which small text can be read (WCAG AA)."""
AA_LARGE = 3.0
"""Contrast at which large text and shapes can be made out."""

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def parse(text: str) -> str:
    """`#rrggbb` in small letters, of `#rrggbb` or `#rgb`. Raises ValueError."""
    text = text.strip()
    if not _HEX.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no colour: write #rrggbb or #rgb")
    digits = text[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def lightened(colour: str, against: str = DARK_PLATE, ratio: float = AA_LARGE) -> str:
    """The colour, or the nearest lighter one of its hue that shows against a dark plate."""
    lightness, chroma, hue = to_oklch(colour)
    while contrast(colour, against) < ratio and lightness < 1:
        lightness += 0.01
        colour = from_oklch(lightness, chroma, hue)
    return colour


def contrast(first: str, other: str) -> float:
    """WCAG contrast ratio, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def to_oklch(colour: str) -> tuple[float, float, float]:
    """(lightness 0 to 1, chroma 0 to about 0.37, hue in degrees) of `#rrggbb`."""
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """`#rrggbb`; a colour that sRGB does not have loses chroma until it does."""
    while True:
        rgb = _rgb(lightness, chroma, hue)
        if chroma <= 0 or all(-1e-4 <= part <= 1 + 1e-4 for part in rgb):
            return "#" + "".join(f"{round(255 * _encoded(min(1.0, max(0.0, part)))):02x}" for part in rgb)
        chroma -= 0.002


def _rgb(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _linear(colour: str) -> Rgb:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return _decoded(red), _decoded(green), _decoded(blue)


def _decoded(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
