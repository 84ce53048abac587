"""Camera moves over a picture: where the camera looks at each instant of a scene. Pure arithmetic.

Moves ease in and out; zoom grows by equal factors in equal times, which the eye takes for constant speed. Nothing is
rounded to pixels: what warps the picture samples between them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ci_mediagen.model.template import Camera

PUSH = 1.16
"""Zoom of a push-in over a whole scene."""
PAN = 1.14
"""Zoom at which a pan has room to move."""
TILT = 1.12
DRIFT = (1.05, 1.13)

_MUCH = 1.25


@dataclass(frozen=True, slots=True)
class View:
    """The part of the picture that is seen."""

    x: float
    """Left edge, in the picture's pixels."""
    y: float
    scale: float
    """The picture's pixels to one of the view."""


@dataclass(frozen=True, slots=True)
class Move:
    """From one look to another: a zoom over what just fills the view, and a point of the room that it leaves.

    The point is (0, 0) with the picture's top left corner in the view's, (1, 1) with the bottom right corners together.
    """

    zoom: tuple[float, float]
    start: tuple[float, float]
    end: tuple[float, float]

    def view(self, progress: float, picture: tuple[int, int], size: tuple[int, int]) -> View:
        """`progress` 0 to 1; `picture` and `size` (of the view) in pixels."""
        eased = ease(min(1.0, max(0.0, progress)))
        zoom = self.zoom[0] * (self.zoom[1] / self.zoom[0]) ** eased
        scale = min(picture[0] / size[0], picture[1] / size[1]) / zoom
        across, down = (start + (end - start) * eased for start, end in zip(self.start, self.end, strict=True))
        return View(
            x=across * (picture[0] - size[0] * scale),
            y=down * (picture[1] - size[1] * scale),
            scale=scale,
        )

    @property
    def closest(self) -> float:
        return max(self.zoom)

    @property
    def still(self) -> bool:
        return self.zoom[0] == self.zoom[1] and self.start == self.end


def ease(progress: float) -> float:
    """Slow at both ends, without a jerk at either (speed and its change are continuous)."""
    return progress * progress * progress * (progress * (6 * progress - 15) + 10)


def move(camera: Camera, picture: tuple[int, int], size: tuple[int, int]) -> Move:
    """The move of that name over a picture of this size. A picture higher than its view is shown from its top, one much
    wider from its left: there screenshots begin."""
    taller = picture[1] / picture[0] > 1.02 * size[1] / size[0]
    top = 0.0 if taller else 0.5
    side = 0.0 if picture[0] / picture[1] > _MUCH * size[0] / size[1] else 0.5
    near = 0.0 if taller else 0.42
    moves = {
        "hold": Move((1.0, 1.0), (side, top), (side, top)),
        "push-in": Move((1.0, PUSH), (side, top), (side, near)),
        "pull-out": Move((PUSH, 1.0), (side, near), (side, top)),
        "pan-left": Move((PAN, PAN), (1.0, top), (0.0, top)),
        "pan-right": Move((PAN, PAN), (0.0, top), (1.0, top)),
        "pan-up": Move((PAN, PAN), (side, 1.0), (side, 0.0)),
        "pan-down": Move((PAN, PAN), (side, 0.0), (side, 1.0)),
        "tilt": Move((TILT, TILT), (side, 0.0), (side, 1.0)),
        "drift": Move(DRIFT, (0.30, 0.0 if taller else 0.30), (0.66, 0.05 if taller else 0.44)),
    }
    return moves[camera]
