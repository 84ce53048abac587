"""HTML and CSS to pixels, without a browser, behind two functions: another engine could take this one's place.

`draw` gives a page's pixels at an instant of its CSS animations; `measure` says where its boxes and texts lie. Pages load
nothing: pictures are given with the page, fonts come from `fonts`, and a reference to anything else draws nothing.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytakumi

from ci_mediagen.backends.compositor.fonts import Font, families
from ci_mediagen.errors import AssetError, TemplateError

Pixels = npt.NDArray[np.uint8]

MAX_DEPTH = 64
"""How deep elements of a page may be nested."""

_CACHE_BYTES = 64 << 20
"""Of the engine's decoded pictures and glyphs."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is drawn. Lengths in `css` are CSS pixels: `scale` device pixels each."""

    html: str
    css: str
    fonts: tuple[Font, ...]
    lang: str = "en"
    direction: str = "ltr"
    images: Mapping[str, bytes] = field(default_factory=dict)
    """`src` -> an encoded picture (PNG, JPEG)."""


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels of the picture, and how many of them a CSS pixel is."""

    width: int
    height: int
    scale: float = 1.0

    @property
    def css_width(self) -> int:
        return round(self.width / self.scale)

    @property
    def css_height(self) -> int:
        return round(self.height / self.scale)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text on one line, as drawn in one font. Where its element has padding, that is not in `x` and `y`."""

    text: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Box:
    """An element as laid out: CSS pixels from the page's top left corner."""

    x: float
    y: float
    width: float
    height: float
    runs: tuple[Run, ...] = ()
    children: tuple[Box, ...] = ()

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    def walk(self) -> Iterator[Box]:
        yield self
        for child in self.children:
            yield from child.walk()


def draw(page: Page, size: Size, time_ms: int = 0) -> Pixels:
    """The page's pixels `time_ms` milliseconds into its animations: (height, width, 4), red green blue alpha, premultiplied.

    Raises TemplateError where the engine does not understand the page, AssetError where a picture or font is broken.
    """
    try:
        raw = _renderer(page.fonts).render(
            _tree(_wrapped(page)),
            width=size.width,
            height=size.height,
            format="raw",
            stylesheets=[page.css],
            images=dict(page.images),
            device_pixel_ratio=size.scale,
            time_ms=time_ms,
            lang=page.lang,
        )
    except (RuntimeError, ValueError, TypeError) as error:
        raise TemplateError(
            f"a layout cannot be drawn: {error}",
            advice="See docs/template-authors.md for the HTML and CSS that layouts may use.",
        ) from error
    pixels = np.frombuffer(raw, np.uint8).reshape(size.height, size.width, 4)
    return cv2.cvtColor(pixels, cv2.COLOR_RGBA2mRGBA).astype(np.uint8, copy=False)


def measure(page: Page, size: Size, time_ms: int = 0) -> Box:
    """Where everything on the page lies `time_ms` milliseconds into its animations. Raises as `draw` does."""
    try:
        tree = _renderer(page.fonts).measure(
            _tree(_wrapped(page)),
            width=size.css_width,
            height=size.css_height,
            stylesheets=[page.css],
            images=dict(page.images),
            time_ms=time_ms,
            lang=page.lang,
        )
    except (RuntimeError, ValueError, TypeError) as error:
        raise TemplateError(
            f"a layout cannot be laid out: {error}",
            advice="See docs/template-authors.md for the HTML and CSS that layouts may use.",
        ) from error
    return _box(tree)


def _box(node: Mapping[str, Any]) -> Box:
    a, b, c, d, x, y = node["transform"]
    width, height = node["width"], node["height"]
    xs = (x, x + a * width, x + c * height, x + a * width + c * height)
    ys = (y, y + b * width, y + d * height, y + b * width + d * height)
    runs = tuple(
        Run(run["text"], x + a * run["x"] + c * run["y"], y + b * run["x"] + d * run["y"], run["width"], run["height"])
        for run in node["runs"]
    )
    return Box(
        min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys), runs, tuple(_box(child) for child in node["children"])
    )


def _wrapped(page: Page) -> str:
    names = ",".join(f"'{name}'" for name in families(page.fonts, page.lang))
    style = f"display:flex;width:100%;height:100%;font-family:{names}"
    return f'<div dir="{page.direction}" style="{style}">{page.html}</div>'


@functools.lru_cache(maxsize=32)
def _tree(html: str) -> pytakumi.NodeTree:
    return pytakumi.from_html(html, max_depth=MAX_DEPTH)


_lock = threading.Lock()
_renderers: dict[tuple[Font, ...], pytakumi.Renderer] = {}
_registered: dict[tuple[Font, ...], set[Font]] = {}


def _renderer(fonts: tuple[Font, ...]) -> pytakumi.Renderer:
    """The process's renderer for this brand, knowing these fonts. Each font is read once: that of the Chinese, Japanese and
    Korean scripts takes 60 ms and 90 MB."""
    brand = tuple(font for font in fonts if font.brand)
    with _lock:
        renderer = _renderers.get(brand)
        if renderer is None:
            renderer = _renderers[brand] = pytakumi.Renderer(cache_max_bytes=_CACHE_BYTES)
            _registered[brand] = set()
        for font in fonts:
            if font not in _registered[brand]:
                _register(renderer, font)
                _registered[brand].add(font)
        return renderer


def _register(renderer: pytakumi.Renderer, font: Font) -> None:
    try:
        renderer.register_font(font.path.read_bytes(), name=font.family if font.brand else None)
    except (RuntimeError, ValueError) as error:
        raise AssetError(
            f"the font {font.path.name} cannot be read: {error}",
            advice="Give a TTF, OTF or WOFF2 file under `brand.fonts`.",
        ) from error
