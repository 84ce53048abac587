"""The project's logo, as a picture of a known size that shows on the plate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ci_mediagen.backends.compositor.drawing import Page, Pixels, Size, draw
from ci_mediagen.backends.compositor.fonts import built_in
from ci_mediagen.errors import AssetError, TemplateError
from ci_mediagen.media.picture import open_picture

SRC = "logo"
MAX_SVG_BYTES = 1_000_000
MAX_SVG_USES = 2_000

_SIDE = 512
"""Pixels of the square that a logo is drawn into before its empty margin is cut off."""
_VISIBLE = 24
"""Alpha from which a pixel counts."""
_SHOWS = 0.16
"""Mean luminance (0 to 1) below which a logo does not show on the plate and gets a white one of its own."""
_OPAQUE = 0.98

_REACHES_OUT = re.compile(
    rb"""<!ENTITY|<script\b|<foreignObject\b|@import|(?:href|src)\s*=\s*["'](?!\#|data:image/(?:png|jpeg|webp|gif)[;,])[^"']""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Logo:
    data: bytes
    """PNG."""
    width: int
    height: int
    plate: bool
    """Too dark for the plate: to be drawn on a white one."""


def load_logo(path: Path, name: str = "the logo") -> Logo:
    """Raises AssetError."""
    pixels = _trimmed(_drawn_svg(path, name) if _is_svg(path) else _decoded(path, name), name)
    alpha = pixels[..., 3].astype(np.float32)
    light = pixels[..., :3].astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    mean = float((light * alpha).sum() / alpha.sum()) / 255
    covered = float((alpha > 250).mean())
    ok, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not ok:  # pragma: no cover - libpng refuses no such picture
        raise AssetError(f"{name} cannot be prepared for drawing")
    return Logo(data.tobytes(), pixels.shape[1], pixels.shape[0], plate=mean < _SHOWS and covered < _OPAQUE)


def placed(logo: Logo, room: float, widest: float) -> tuple[int, int]:
    """(width, height) in CSS pixels: as high as `room` where that is not wider than `widest`."""
    height = room if logo.width / logo.height < 2.2 else room * 0.8
    width = height * logo.width / logo.height
    if width > widest:
        width, height = widest, widest * logo.height / logo.width
    return max(1, round(width)), max(1, round(height))


def _is_svg(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(2000).lower()
    return b"\0" not in head and (b"<svg" in head or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"))


def _drawn_svg(path: Path, name: str) -> Pixels:
    data = path.read_bytes()
    if len(data) > MAX_SVG_BYTES:
        raise AssetError(f"{name} is a drawing of {len(data):,} bytes; at most {MAX_SVG_BYTES:,} are read")
    reach = _REACHES_OUT.search(data)
    if reach:
        shown = reach[0][:40].decode("ascii", "replace")
        raise AssetError(
            f"{name} is a drawing that refers to something outside of itself ({shown})",
            advice="Embed it, or export the logo as PNG.",
        )
    if data.count(b"<use") > MAX_SVG_USES:
        raise AssetError(f"{name} is a drawing that repeats its parts too often", advice="Export the logo as PNG.")
    style = f"width:{_SIDE}px;height:{_SIDE}px;object-fit:contain"
    page = Page(f'<img src="{SRC}" style="{style}">', "", built_in()[:1], images={SRC: data})
    try:
        return _straight(draw(page, Size(_SIDE, _SIDE)))
    except TemplateError as error:
        raise AssetError(
            f"{name} is a drawing that cannot be read: {error.message}", advice="Export the logo as PNG."
        ) from error


def _decoded(path: Path, name: str) -> Pixels:
    picture = open_picture(path, name, largest=(_SIDE, _SIDE)).convert("RGBA")
    picture.thumbnail((_SIDE, _SIDE))
    return np.asarray(picture).copy()


def _straight(premultiplied: Pixels) -> Pixels:
    return cv2.cvtColor(premultiplied, cv2.COLOR_mRGBA2RGBA).astype(np.uint8, copy=False)


def _trimmed(pixels: Pixels, name: str) -> Pixels:
    """Without the empty margin."""
    seen = pixels[..., 3] > _VISIBLE
    if not seen.any():
        raise AssetError(f"{name} shows nothing: it is empty or transparent")
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return np.ascontiguousarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
