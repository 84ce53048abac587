"""One page: a layout, its texts fitted, its pictures at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from markupsafe import Markup

from ci_mediagen.backends.compositor import motif
from ci_mediagen.backends.compositor.drawing import Box, Page, Size, measure
from ci_mediagen.backends.compositor.fit import Fit, Fitted, fit
from ci_mediagen.backends.compositor.fonts import Font, FontBook
from ci_mediagen.backends.compositor.inspection import Area
from ci_mediagen.backends.compositor.layouts import Layouts
from ci_mediagen.backends.compositor.logo import SRC as LOGO_SRC
from ci_mediagen.backends.compositor.logo import Logo, placed
from ci_mediagen.backends.compositor.motion import REST_MS, settled_ms
from ci_mediagen.backends.compositor.palette import Palette, make_palette
from ci_mediagen.backends.compositor.texts import Texts, make_texts
from ci_mediagen.media.colour import contrast
from ci_mediagen.model.template import Shape
from ci_mediagen.text.cut import clusters
from ci_mediagen.text.drawn import direction, script

Layer = Literal["all", "back", "front"]
"""`back` stands still behind the texts, `front` has the texts and what else moves. A layout may tell them apart."""

SHORT_SIDE: Mapping[Shape, int] = {"og": 630, "wide": 1080, "square": 1080, "story": 1080}
"""CSS pixels of the shorter side, whatever the picture's pixels are: layouts need to know one size for each shape."""

SAFE_MARGIN: Mapping[Shape, tuple[int, int, int, int]] = {
    "og": (36, 32, 36, 32),
    "wide": (64, 54, 64, 54),
    "square": (54, 54, 54, 54),
    "story": (54, 130, 54, 200),
}
"""CSS pixels at left, top, right and bottom in which no text stands: players and apps cover or cut them."""

UNIT: Mapping[Shape, float] = {"og": 1.0, "wide": 1.7, "square": 1.55, "story": 1.75}
"""What layouts see as `u`: how much larger gaps, corners and borders are than in `og`."""

STEP_MS = 90
"""From the entrance of one text to that of the next."""

_LOGO_ROOM: Mapping[Shape, tuple[int, int]] = {
    "og": (46, 190),
    "wide": (74, 320),
    "square": (66, 280),
    "story": (76, 320),
}
"""CSS pixels: height, and the most in width."""


def shape_of(width: int, height: int) -> Shape:
    """The shape that a size is arranged as."""
    ratio = width / height
    if ratio > 1.84:
        return "og"
    if ratio > 1.2:
        return "wide"
    return "square" if ratio > 0.78 else "story"


def size_of(width: int, height: int) -> Size:
    return Size(width, height, min(width, height) / SHORT_SIDE[shape_of(width, height)])


@dataclass(frozen=True, slots=True)
class Picture:
    """What a layout sees as `picture`."""

    src: str
    width: int
    height: int

    @property
    def orientation(self) -> str:
        ratio = self.width / self.height
        return "landscape" if ratio > 1.2 else "portrait" if ratio < 0.8 else "square"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a layout sees as `scene`."""

    index: int
    seconds: float
    lead_ms: int = 0
    """How long the transition that brings it in takes: what moves begins after it."""


class Composer:
    """Composes the pages of one task."""

    def __init__(
        self,
        inputs: Layouts,
        brand: Mapping[str, Any],
        size: Size,
        fonts: tuple[Font, ...] = (),
        logo: Logo | None = None,
    ) -> None:
        self._layouts = inputs
        self._brand = brand
        self._book = FontBook(fonts)
        self._logo = logo
        self.size = size
        self.shape = shape_of(size.width, size.height)

    def compose(
        self, layout: str, text: Mapping[str, Any], picture: Picture | None = None, scene: Scene | None = None
    ) -> Composition:
        """Fits the texts into the layout. Raises TemplateError, GateError, ConfigError."""
        texts = make_texts(text, self._brand, self._book)
        palette = make_palette(self._brand.get("accent"), self._brand.get("accent_2"), str(texts.values["kind"]))
        fonts = self._book.needed((*texts.all(), "\u2026"))
        bare = Composition(self, layout, Fitted(texts, Fit()), palette, fonts, picture, scene)

        def measured(candidate: Texts, trial: Fit) -> Box:
            page = replace(bare, fitted=Fitted(candidate, trial)).page()
            return measure(page, self.size, REST_MS)

        fitted = fit(texts, measured, self._area())
        return replace(bare, fitted=replace(fitted, notes=(*texts.notes, *fitted.notes)))

    def _area(self) -> Area:
        left, top, right, bottom = SAFE_MARGIN[self.shape]
        return Area(left, top, self.size.css_width - right, self.size.css_height - bottom)

    def rendered(self, composition: Composition, layer: Layer) -> tuple[str, str]:
        return self._layouts.render(composition.layout, self._context(composition, layer))

    def images(self) -> dict[str, bytes]:
        return {LOGO_SRC: self._logo.data} if self._logo else {}

    def _context(self, composition: Composition, layer: Layer) -> dict[str, Any]:
        texts, palette, picture, scene = (
            composition.fitted.texts,
            composition.palette,
            composition.picture,
            composition.scene,
        )
        lead = scene.lead_ms if scene else 0
        context: dict[str, Any] = {
            "text": texts.values,
            "brand": {name: self._brand.get(name) or "" for name in ("project", "accent", "accent_2", "website")},
            "palette": palette,
            "shape": self.shape,
            "width": self.size.css_width,
            "height": self.size.css_height,
            "fit": composition.fitted.fit,
            "layer": layer,
            "picture": picture,
            "media": {picture.src: picture.src} if picture else {},
            "logo": self._logo_context(),
            "motif": motif.rows(str(texts.values["kind"]), str(texts.values["project"]) + texts.headline),
            "at": lambda step: Markup(f"animation-delay:{lead + STEP_MS * int(step)}ms"),  # noqa: S704 - a number
            "direction": direction,
            "script": script,
            "initial": lambda name: next(clusters(name), "").upper(),
            "on": lambda colour: max(("#ffffff", palette.plate), key=lambda ink: contrast(ink, colour)),
            "start": "right" if texts.direction == "rtl" else "left",
            "end": "left" if texts.direction == "rtl" else "right",
            "mirrored": texts.direction == "rtl",
            "u": UNIT[self.shape],
            "scene": scene,
        }
        return context

    def _logo_context(self) -> dict[str, Any] | None:
        if self._logo is None:
            return None
        width, height = placed(self._logo, *_LOGO_ROOM[self.shape])
        return {"src": LOGO_SRC, "width": width, "height": height, "plate": self._logo.plate}


@dataclass(frozen=True, slots=True)
class Composition:
    """A layout with its texts fitted."""

    composer: Composer
    layout: str
    fitted: Fitted
    palette: Palette
    fonts: tuple[Font, ...]
    picture: Picture | None
    scene: Scene | None

    @property
    def notes(self) -> tuple[str, ...]:
        return self.fitted.notes

    def rendered(self, layer: Layer) -> tuple[str, str]:
        """(HTML, CSS) of a layer."""
        return self.composer.rendered(self, layer)

    def page(self, layer: Layer = "all", images: Mapping[str, bytes] | None = None) -> Page:
        """`images`: the pictures that it shows, by `src`."""
        html, css = self.rendered(layer)
        return Page(
            html=html,
            css=css,
            fonts=self.fonts,
            lang=self.fitted.texts.lang,
            direction=self.fitted.texts.direction,
            images={**self.composer.images(), **(images or {})},
        )

    def settled_ms(self) -> int | None:
        """See `motion.settled_ms`."""
        return settled_ms(*self.rendered("all"))
