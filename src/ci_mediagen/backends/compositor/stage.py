"""One scene of a promo as frames: what stands still is drawn once, what moves for as long as it moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from ci_mediagen.backends.compositor.composition import Composition
from ci_mediagen.backends.compositor.composition import Layer as LayerName
from ci_mediagen.backends.compositor.drawing import Pixels, Size, draw
from ci_mediagen.backends.compositor.footage import Footage
from ci_mediagen.backends.compositor.motion import REST_MS
from ci_mediagen.backends.compositor.planes import Hole, Layer, Planes, dithered, empty, from_rgb, hole_of, layer_of

LoadFootage = Callable[[tuple[int, int]], Footage]
"""Gives the scene's media for a view of this size, both even."""


@dataclass(frozen=True, slots=True)
class _Still:
    """All that is drawn once: a whole picture, and where media shows through it."""

    planes: Planes
    hole: Hole | None


class Stage:
    """The frames of one scene. `seconds` is how long it is seen, with the transitions at both ends."""

    def __init__(
        self,
        composition: Composition | None,
        load_footage: LoadFootage | None,
        size: Size,
        seconds: float,
    ) -> None:
        self._composition = composition
        self._size = size
        self._seconds = seconds
        self._footage: Footage | None = None
        if composition is None:
            if load_footage is None:
                raise ValueError("a scene shows a layout, media or both")
            self._footage = load_footage((size.width, size.height))
            return
        self._parted = composition.rendered("back") != composition.rendered("front")
        settled = composition.settled_ms()
        self.settled_seconds = math.inf if settled is None else settled / 1000
        """From here on no text moves."""
        self._back = self._still("back" if self._parted else "all", REST_MS)
        if self._back.hole is not None and load_footage is not None:
            self._footage = load_footage(self._back.hole.size)
            self._media = empty(*self._back.hole.size)
        self._rest: _Still | None = None

    settled_seconds: float = 0.0

    def frame(self, at: float, out: Planes) -> None:
        """Fills `out` with the frame `at` seconds into the scene."""
        progress = min(1.0, at / self._seconds)
        if self._composition is None:
            assert self._footage is not None  # noqa: S101
            self._footage.at(progress, out)
            return
        resting = at >= self.settled_seconds
        front: Layer | None = None
        if resting:
            still = self._at_rest()
        elif self._parted:
            still = self._back
            front = layer_of(draw(self._composition.page("front"), self._size, round(at * 1000)))
        else:
            still = self._still("all", round(at * 1000))
        still.planes.copy_to(out)
        if still.hole is not None and self._footage is not None:
            self._show(still.hole, progress, out)
        if front is not None:
            front.over(out)

    def _show(self, hole: Hole, progress: float, out: Planes) -> None:
        if hole.size != (self._media.width, self._media.height):
            # A layout that moves its media: what it uncovers changes from frame to frame, the view does not.
            raise _moving_media(self._composition)
        self._footage.at(progress, self._media)  # type: ignore[union-attr]
        hole.show(self._media, out)

    def _at_rest(self) -> _Still:
        if self._rest is None:
            if not self._parted:
                self._rest = self._back
            else:
                assert self._composition is not None  # noqa: S101
                front = layer_of(draw(self._composition.page("front"), self._size, REST_MS))
                planes, hole = self._back.planes.copy(), self._back.hole
                if front is not None:
                    front.over(planes)
                    hole = hole.under(front) if hole else None
                self._rest = _Still(planes, hole)
        return self._rest

    def _still(self, layer: LayerName, time_ms: int) -> _Still:
        composition = self._composition
        assert composition is not None  # noqa: S101
        picture = composition.picture
        if picture is None:
            pixels = draw(composition.page(layer), self._size, time_ms)
            return _Still(dithered(from_rgb(_opaque(pixels))), None)
        black, white = (
            draw(composition.page(layer, _flat(picture.src, picture.width, picture.height, level)), self._size, time_ms)
            for level in (0, 255)
        )
        hole, planes = hole_of(white, black)
        return _Still(planes, hole)


def _flat(src: str, width: int, height: int, level: int) -> Mapping[str, bytes]:
    """A picture of one grey and the media's proportions."""
    scale = min(1.0, 512 / max(width, height))
    pixels = np.full((max(1, round(height * scale)), max(1, round(width * scale)), 3), level, np.uint8)
    return {src: cv2.imencode(".png", pixels)[1].tobytes()}


def _opaque(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[..., :3])


def _moving_media(composition: Composition | None) -> Exception:
    from ci_mediagen.errors import TemplateError

    name = composition.layout if composition else ""
    return TemplateError(
        f"layout {name} moves the element that shows `picture`",
        advice="Let the scene's `camera` move over the picture, and keep the element itself where it is.",
    )
