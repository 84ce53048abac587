"""Pictures as video encoders take them: planes of brightness and, at half size, of colour (YUV 4:2:0, BT.709, limited range).

Colour samples lie at the left, as H.264 decoders assume: at even columns, between two rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from ci_mediagen.backends.compositor.drawing import Pixels

_RGB_TO_YUV = np.array(
    [
        [0.2126, 0.7152, 0.0722],
        [-0.2126 / 1.8556, -0.7152 / 1.8556, 0.5],
        [0.5, -0.7152 / 1.5748, -0.0722 / 1.5748],
    ]
)
"""ITU-R BT.709, full range."""
_LIMITED = np.array([219.0, 224.0, 224.0]) / 255
_OFFSETS = (16, 128, 128)

_COLOUR = (_RGB_TO_YUV * _LIMITED[:, None]).astype(np.float32)
_OF_RGB = np.hstack([_COLOUR, np.array(_OFFSETS, np.float32)[:, None]])
_OF_PREMULTIPLIED = np.hstack([_COLOUR, np.array(_OFFSETS, np.float32)[:, None] / 255])

_COLUMNS = np.array([0.25, 0.5, 0.25], np.float32)
_ROWS = np.array([0.5, 0.5], np.float32)

_GRAIN = 1.2
"""Levels of noise, peak to peak, over what stands still: a gradient of few levels would show as bands."""


@dataclass(frozen=True, slots=True)
class Planes:
    """(Y, U, V): Y of even width and height, U and V of half of each. May be views of a video frame."""

    y: Pixels
    u: Pixels
    v: Pixels

    def __iter__(self) -> Iterator[Pixels]:
        return iter((self.y, self.u, self.v))

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])

    def part(self, x: int, y: int, width: int, height: int) -> Planes:
        """A view of a part; all four even."""
        columns, rows = slice(x // 2, (x + width) // 2), slice(y // 2, (y + height) // 2)
        return Planes(self.y[y : y + height, x : x + width], self.u[rows, columns], self.v[rows, columns])

    def copy(self) -> Planes:
        return Planes(self.y.copy(), self.u.copy(), self.v.copy())

    def copy_to(self, other: Planes) -> None:
        for mine, theirs in zip(self, other, strict=True):
            np.copyto(theirs, mine)


def empty(width: int, height: int) -> Planes:
    return Planes(
        np.empty((height, width), np.uint8),
        np.empty((height // 2, width // 2), np.uint8),
        np.empty((height // 2, width // 2), np.uint8),
    )


def from_rgb(pixels: Pixels) -> Planes:
    """Of (height, width, 3) pixels, both even."""
    y, u, v = cv2.split(cv2.transform(pixels, _OF_RGB))
    return Planes(_pixels(y), _halved(_pixels(u)), _halved(_pixels(v)))


def dithered(planes: Planes, where: npt.NDArray[np.bool_] | None = None) -> Planes:
    """With grain too fine to see, always the same, that keeps gradients from showing bands; only `where` that is given."""
    noise = (np.random.default_rng(0).random(planes.y.shape, np.float32) - 0.5) * np.float32(2 * _GRAIN)
    if where is not None:
        noise *= where
    return Planes(np.clip(np.rint(planes.y + noise), 16, 235).astype(np.uint8), planes.u, planes.v)


@dataclass(frozen=True)
class Layer:
    """Planes to be laid over others at (x, y), both even, premultiplied by an alpha of their own sizes."""

    x: int
    y: int
    planes: Planes
    keep: Planes
    """How much of what lies below stays, 0 to 255: the inverse of alpha. `u` and `v` are the same."""

    def over(self, below: Planes) -> None:
        part = below.part(self.x, self.y, self.planes.width, self.planes.height)
        for under, keep, mine in zip(part, self.keep, self.planes, strict=True):
            cv2.multiply(under, keep, dst=under, scale=1 / 255)
            cv2.add(under, mine, dst=under)


def layer_of(pixels: Pixels) -> Layer | None:
    """Of premultiplied (height, width, 4) pixels, cut to what shows; None where nothing does."""
    box = shown_box(pixels[..., 3])
    if box is None:
        return None
    x, y, width, height = box
    part = np.ascontiguousarray(pixels[y : y + height, x : x + width])
    luma, u, v = cv2.split(cv2.transform(part, _OF_PREMULTIPLIED))
    alpha = np.ascontiguousarray(part[..., 3])
    keep = cv2.bitwise_not(alpha)
    half = _pixels(cv2.bitwise_not(_halved(alpha)))
    return Layer(
        x, y, Planes(_pixels(luma), _halved(_pixels(u)), _halved(_pixels(v))), Planes(_pixels(keep), half, half)
    )


def shown_box(alpha: npt.NDArray[np.uint8]) -> tuple[int, int, int, int] | None:
    """(x, y, width, height), all even, around what is not zero."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(alpha))
    if not width:
        return None
    left, top = x & ~1, y & ~1
    right, bottom = min((x + width + 1) & ~1, alpha.shape[1]), min((y + height + 1) & ~1, alpha.shape[0])
    return left, top, right - left, bottom - top


@dataclass(frozen=True)
class Hole:
    """Where a still layer shows moving media: `through` says how much of it, 0 to 255; `still` is the rest, so that
    `media * through / 255 + still` is the picture."""

    x: int
    y: int
    through: Planes

    @cached_property
    def size(self) -> tuple[int, int]:
        return self.through.width, self.through.height

    def show(self, media: Planes, still: Planes) -> None:
        """Adds the media to `still`, a whole frame; `media` is spent."""
        part = still.part(self.x, self.y, *self.size)
        for moving, through, below in zip(media, self.through, part, strict=True):
            cv2.multiply(moving, through, dst=moving, scale=1 / 255)
            cv2.add(below, moving, dst=below)

    def under(self, layer: Layer) -> Hole:
        """The hole as it is left by a layer that lies over it."""
        width, height = self.size
        through = self.through.copy()
        left, top = max(self.x, layer.x), max(self.y, layer.y)
        right = min(self.x + width, layer.x + layer.planes.width)
        bottom = min(self.y + height, layer.y + layer.planes.height)
        if right > left and bottom > top:
            mine = through.part(left - self.x, top - self.y, right - left, bottom - top)
            theirs = layer.keep.part(left - layer.x, top - layer.y, right - left, bottom - top)
            for through_part, keep in zip(mine, theirs, strict=True):
                cv2.multiply(through_part, keep, dst=through_part, scale=1 / 255)
        return Hole(self.x, self.y, through)


def hole_of(white: Pixels, black: Pixels) -> tuple[Hole | None, Planes]:
    """The hole and the still rest of an opaque layer, from two drawings of it: with white media and with black.

    What differs shows the media, whatever CSS did to it: rounded corners, shadows and scrims over it, transparency.
    """
    through = cv2.subtract(white[..., 1], black[..., 1])
    still = dithered(from_rgb(np.ascontiguousarray(black[..., :3])), through == 0)
    box = shown_box(_pixels(through))
    if box is None:
        return None, still
    x, y, width, height = box
    full = np.ascontiguousarray(through[y : y + height, x : x + width])
    half = _halved(_pixels(full))
    hole = Hole(x, y, Planes(_pixels(full), half, half))
    # Black media is not zero in these planes (16, 128, 128): that share is the media's to bring.
    for plane, share, offset in zip(still.part(x, y, width, height), hole.through, _OFFSETS, strict=True):
        cv2.subtract(plane, cv2.convertScaleAbs(share, alpha=offset / 255), dst=plane)
    return hole, still


def _halved(plane: Pixels) -> Pixels:
    filtered = cv2.sepFilter2D(plane, -1, _COLUMNS, _ROWS, anchor=(1, 0), borderType=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(filtered[::2, ::2]).astype(np.uint8, copy=False)


def _pixels(plane: object) -> Pixels:
    return np.asarray(plane, np.uint8)
