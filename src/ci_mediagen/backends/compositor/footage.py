"""Media that a camera looks at: pictures, moved over between pixels, and clips, retimed. Both give planes for each instant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ci_mediagen.backends.compositor.camera import Move, View, move
from ci_mediagen.backends.compositor.drawing import Pixels
from ci_mediagen.backends.compositor.planes import Planes, from_rgb
from ci_mediagen.media.picture import flattened, is_video, open_picture, picture_size
from ci_mediagen.media.video import Clip
from ci_mediagen.model.template import Camera

Matrix = npt.NDArray[Any]

LEVELS = 16
"""Filters to an octave of zoom: between two of them no change of sharpness is seen."""
LOBES = 3
"""Of the Lanczos kernel."""
DROOP = 0.1
"""Sharpening that makes up for what sampling between pixels softens."""
MAX_WORKING_PIXELS = 40_000_000

_WARP = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR

cv2.setNumThreads(1)


class Footage(Protocol):
    def at(self, progress: float, out: Planes) -> None:
        """Fills `out`, of the size that the footage was made for. Clips want progress that does not go back."""
        ...


def load_footage(path: Path, name: str, camera: Camera, size: tuple[int, int]) -> Footage:
    """The file as seen through `camera` in a view of `size` pixels, both even. Raises AssetError."""
    if is_video(path):
        return ClipFootage(Clip(path, name, size))
    picture = flattened(open_picture(path, name, largest=(2 * size[0], 2 * size[1])))
    return PictureFootage(np.asarray(picture), camera, size)


def media_size(path: Path, name: str) -> tuple[int, int]:
    """Pixels of a picture or clip, from its header. Raises AssetError."""
    if is_video(path):
        clip = Clip(path, name, (2, 2))
        return clip.width, clip.height
    return picture_size(path, name)


class PictureFootage:
    """One picture under a moving camera.

    The picture is brought once to the size at which the closest look shows it pixel for pixel, and turned into planes; each
    frame samples those, low-passed for how far away the camera is.
    """

    def __init__(self, pixels: Pixels, camera: Camera, size: tuple[int, int]) -> None:
        path = move(camera, (pixels.shape[1], pixels.shape[0]), size)
        self._planes = from_rgb(_sized(pixels, path, size))
        self._picture = (self._planes.width, self._planes.height)
        self._move = move(camera, self._picture, size)
        self._size = size
        self._level: int | None = None
        self._filtered = self._planes

    def at(self, progress: float, out: Planes) -> None:
        view = self._move.view(progress, self._picture, self._size)
        if view.scale == 1 and view.x % 2 == 0 and view.y % 2 == 0:  # at rest: nothing lies between pixels
            self._planes.part(int(view.x), int(view.y), *self._size).copy_to(out)
            return
        source = self._low_passed(view.scale)
        for plane, target, matrix in zip(source, out, _matrices(view), strict=True):
            cv2.warpAffine(
                plane,
                matrix,
                (target.shape[1], target.shape[0]),
                dst=target,
                flags=_WARP,
                borderMode=cv2.BORDER_REPLICATE,
            )

    def _low_passed(self, scale: float) -> Planes:
        level = round(LEVELS * math.log2(max(scale, 1.0)))
        if level != self._level:
            kernel = _lanczos(2 ** (level / LEVELS))
            y, u, v = (_filtered(plane, kernel) for plane in self._planes)
            self._filtered = Planes(y, u, v)
            self._level = level
        return self._filtered


class ClipFootage:
    """A clip stretched or pressed into its scene's length."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._frames: Iterator[tuple[float, Planes]] = iter(())
        self._at = math.inf
        self._now: Planes | None = None
        self._next: tuple[float, Planes] | None = None

    def at(self, progress: float, out: Planes) -> None:
        if progress < self._at:
            self._frames = self._read()
            self._now, self._next = None, next(self._frames, None)
        self._at = progress
        while self._next is not None and (self._now is None or self._next[0] <= progress + 1e-9):
            self._now, self._next = self._next[1], next(self._frames, None)
        if self._now is not None:
            self._now.copy_to(out)

    def _read(self) -> Iterator[tuple[float, Planes]]:
        for begins, (y, u, v) in self._clip.frames():
            yield begins, Planes(y, u, v)


def _filtered(plane: Pixels, kernel: Matrix) -> Pixels:
    return np.asarray(cv2.sepFilter2D(plane, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8)


def _sized(pixels: Pixels, path: Move, size: tuple[int, int]) -> Pixels:
    """The picture at the size where the closest look has one of its pixels to each of the view, both sides even."""
    height, width = pixels.shape[:2]
    factor = path.closest * max(size[0] / width, size[1] / height)
    factor = min(factor, math.sqrt(MAX_WORKING_PIXELS / (width * height)))
    wanted = (max(size[0], 2 * math.ceil(width * factor / 2)), max(size[1], 2 * math.ceil(height * factor / 2)))
    if wanted == (width, height):
        return pixels
    if factor < 1:
        from PIL import Image

        small = Image.fromarray(pixels).resize(wanted, Image.Resampling.LANCZOS, reducing_gap=3.0)
        return np.asarray(small)
    return np.asarray(cv2.resize(pixels, wanted, interpolation=cv2.INTER_CUBIC), np.uint8)


def _matrices(view: View) -> tuple[Matrix, Matrix, Matrix]:
    """From positions in the view's planes to positions in the picture's, pixel centres at whole numbers.

    The centre of the view's pixel X lies at `view.x + (X + 0.5) * scale` in the picture, whose pixel centres are half in.
    Colour samples stand at even columns (left-sited) and between two rows.
    """
    scale = view.scale
    x, y = view.x + 0.5 * scale - 0.5, view.y + 0.5 * scale - 0.5
    luma = np.array([[scale, 0, x], [0, scale, y]], np.float64)
    chroma = np.array([[scale, 0, x / 2], [0, scale, view.y / 2 + 0.5 * scale - 0.5]], np.float64)
    return luma, chroma, chroma


def _lanczos(scale: float) -> Matrix:
    """A low-pass kernel for a picture seen at `scale` of its pixels to one, with the droop of bilinear sampling made up for."""
    radius = math.ceil(LOBES * scale)
    at = np.arange(-radius, radius + 1) / scale
    kernel = np.where(np.abs(at) < LOBES, np.sinc(at) * np.sinc(at / LOBES), 0.0)
    kernel /= kernel.sum()
    return np.convolve(kernel, [-DROOP, 1 + 2 * DROOP, -DROOP]).astype(np.float32)
