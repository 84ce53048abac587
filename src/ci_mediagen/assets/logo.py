"""The project's logo: where it is, whether it may be drawn, and its colour."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ci_mediagen.assets import colour
from ci_mediagen.assets.files import RefusedFile, open_regular, real_path
from ci_mediagen.assets.picture import read_header

FOLDERS = ("docs", "assets", "", ".github", "docs/assets", "docs/images", "docs/img", "docs/static", "docs/_static",
           "images", "img", "media", "static", "public", "brand", "branding")  # fmt: skip
"""Where a logo is looked for, in this order."""

SUFFIXES = (".svg", ".png", ".webp")
FOR_DARK = ("logo-dark", "logo_dark", "logo-white", "logo_white", "logo")
"""Names of a logo for dark backgrounds, as forges use them: the one that the dark mode shows."""
FOR_LIGHT = ("logo-light", "logo_light", "logo-black", "logo_black", "logo")

MAX_SVG_BYTES = 1_000_000
MAX_LOGO_PIXELS = 16_000_000
MAX_LOGO_BYTES = 5_000_000
MAX_SAMPLED_PIXELS = 4_000_000
"""Of a larger logo the colour is not looked at: decoding it would take longer than all else that is decided."""
MIN_LOGO_SIDE = 32
"""Pixels."""

_SAMPLE = 64
"""Pixels of the side to which a logo is reduced to find its colour."""

# A renderer may follow these: to files of this machine, to addresses, or into an entity that unfolds without end.
_SVG_REACHES_OUT = re.compile(
    r"""<!ENTITY|<script\b|<foreignObject\b|@import|(?:href|src)\s{0,9}=\s{0,9}["'](?!\#|data:image/(?:png|jpeg|webp|gif)[;,])[^"']"""
    r"""|url\(\s{0,9}["']?(?!\#|["']?\#)[^)\s]""",
    re.IGNORECASE,
)
_SVG_COLOUR = re.compile(
    r"(?:fill|stroke|stop-color|(?<![-\w])color)\s{0,9}[:=]\s{0,9}[\"']?\s{0,9}"
    r"(?:(#[0-9a-fA-F]{3,8})\b|rgb\(\s{0,9}(\d{1,3})[\s,]{1,9}(\d{1,3})[\s,]{1,9}(\d{1,3}))"
)


def find_logos(repo: Path) -> tuple[str | None, str | None, list[str]]:
    """Paths of the logo for dark and for light backgrounds, and what was looked at and left, with reasons."""
    left: dict[str, str] = {}
    present = {folder: _names(repo / folder) for folder in FOLDERS}

    def first(stems: tuple[str, ...]) -> str | None:
        for path in _candidates(present, stems):
            if path in left:
                continue
            try:
                check_logo(repo, path)
            except RefusedFile as error:
                left[path] = str(error)
            else:
                return path
        return None

    return first(FOR_DARK), first(FOR_LIGHT), [f"{path}: {reason}" for path, reason in left.items()]


def check_logo(repo: Path, path: str) -> None:
    """Raises RefusedFile where the file is no logo that can be drawn."""
    if path.lower().endswith(".svg"):
        _svg(repo, path)
        return
    with open_regular(real_path(repo, path)) as file:
        picture = read_header(file)
        size = file.seek(0, 2)
    if picture.width * picture.height > MAX_LOGO_PIXELS or size > MAX_LOGO_BYTES:
        raise RefusedFile(
            f"is too large for a logo ({picture.width}x{picture.height}, {size / 1e6:.1f} MB; "
            f"at most {MAX_LOGO_PIXELS / 1e6:.0f} megapixels and {MAX_LOGO_BYTES / 1e6:.0f} MB)"
        )
    if max(picture.width, picture.height) < MIN_LOGO_SIDE:
        raise RefusedFile(f"is too small for a logo ({picture.width}x{picture.height})")


def main_colour(repo: Path, path: str) -> str | None:
    """The most telling saturated colour of a logo that `check_logo` accepted; None where it is grey, or does not decode."""
    if path.lower().endswith(".svg"):
        return _foremost(_svg_colours(_svg(repo, path)))
    return _foremost(_sampled(repo, path))


def _svg(repo: Path, path: str) -> str:
    with open_regular(real_path(repo, path)) as file:
        data = file.read(MAX_SVG_BYTES + 1)
    if len(data) > MAX_SVG_BYTES:
        raise RefusedFile(f"is too large for a logo (over {MAX_SVG_BYTES / 1e6:.0f} MB)")
    text = data.decode("utf-8", "replace")
    if not re.search(r"<svg\b", text[:20_000], re.IGNORECASE):
        raise RefusedFile("is named .svg and holds no drawing")
    reach = _SVG_REACHES_OUT.search(text)
    if reach:
        raise RefusedFile(f"is a drawing that refers to something outside of itself ({reach[0][:40]})")
    return text


def _svg_colours(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for match in _SVG_COLOUR.finditer(text):
        if match[1]:
            digits = match[1][1:]
            # With an alpha channel: less that.
            digits = digits[:3] if len(digits) in (3, 4) else digits[:6]
            if len(digits) in (3, 6):
                found[colour.parse("#" + digits)] += 1
        else:
            parts = [min(255, int(part)) for part in match.groups()[1:]]
            found["#{:02x}{:02x}{:02x}".format(*parts)] += 1
    return found


def _sampled(repo: Path, path: str) -> Counter[str]:
    """Colours of the visible pixels, in steps of 16."""
    import warnings

    from PIL import Image

    found: Counter[str] = Counter()
    try:
        with open_regular(real_path(repo, path)) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=("PNG", "WEBP", "JPEG", "GIF")) as picture:
                if picture.width * picture.height > MAX_SAMPLED_PIXELS:
                    return found
                small = picture.convert("RGBA")
        small.thumbnail((_SAMPLE, _SAMPLE), Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return found
    for count, pixel in small.getcolors(_SAMPLE * _SAMPLE) or []:
        assert isinstance(pixel, tuple)  # noqa: S101  # RGBA
        red, green, blue, alpha = pixel
        if alpha > 127:
            found["#{:02x}{:02x}{:02x}".format(*(min(255, part // 16 * 16 + 8) for part in (red, green, blue)))] += (
                count
            )
    return found


def _foremost(found: Counter[str]) -> str | None:
    """Of the saturated colours the one that counts most, a strong one more than a pale one."""

    def weight(code: str) -> float:
        lightness, chroma, _ = colour.to_oklch(code)
        return chroma * found[code] if chroma >= colour.SATURATED and 0.2 < lightness < 0.95 else 0.0

    best = max(sorted(found), key=weight, default=None)
    return best if best is not None and weight(best) > 0 else None


def _candidates(present: dict[str, list[str]], stems: tuple[str, ...]) -> Iterator[str]:
    """Foremost first: a better name wins over a better folder, and a drawing over a picture."""
    for stem in stems:
        for folder in FOLDERS:
            for suffix in SUFFIXES:
                for name in present[folder]:
                    if name.lower() == stem + suffix:
                        yield posixpath.join(folder, name)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir() if entry.name.lower().startswith("logo"))
    except OSError:
        return []
