"""Cameras, planes and transitions: smooth between pixels, true in colour, without jumps."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.backends.compositor.camera import View, ease, move
from ci_mediagen.backends.compositor.drawing import Pixels
from ci_mediagen.backends.compositor.footage import PictureFootage, load_footage, media_size
from ci_mediagen.backends.compositor.planes import Planes, dithered, empty, from_rgb, hole_of, layer_of
from ci_mediagen.backends.compositor.transitions import SECONDS, mix
from ci_mediagen.errors import AssetError
from ci_mediagen.model.template import Camera, Transition
from tests.media.test_encode import write_clip
from tests.support.compositor import rgb, screenshot

CAMERAS: tuple[Camera, ...] = get_args(Camera)
SIZE = (640, 360)


def grey(level: int, width: int = 64, height: int = 48) -> Planes:
    return from_rgb(np.full((height, width, 3), level, np.uint8))


def to_rgb(planes: Planes) -> Pixels:
    """Back, by the same standard and written out here once more."""
    y = (planes.y.astype(float) - 16) * 255 / 219
    u, v = ((np.repeat(np.repeat(p.astype(float), 2, 0), 2, 1) - 128) * 255 / 224 for p in (planes.u, planes.v))
    parts = (y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u)
    return np.clip(np.rint(np.stack(parts, axis=2)), 0, 255).astype(np.uint8)


@given(camera=st.sampled_from(CAMERAS), width=st.integers(200, 4000), height=st.integers(200, 4000), at=st.floats(0, 1))
def test_a_camera_never_looks_past_the_picture(camera: Camera, width: int, height: int, at: float) -> None:
    view = move(camera, (width, height), SIZE).view(at, (width, height), SIZE)
    assert view.x >= -1e-6
    assert view.y >= -1e-6
    assert view.x + SIZE[0] * view.scale <= width + 1e-6
    assert view.y + SIZE[1] * view.scale <= height + 1e-6


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_move_begins_and_ends_at_rest_without_a_jerk(camera: Camera) -> None:
    path = move(camera, (1600, 900), SIZE)
    views = [path.view(number / 90, (1600, 900), SIZE) for number in range(91)]
    track = np.array([(view.x, view.y, view.scale * SIZE[0]) for view in views])
    speed = np.diff(track, axis=0)
    assert np.abs(speed[[0, -1]]).max() < 0.05
    assert np.abs(np.diff(speed, axis=0)).max() < 0.6
    moved = np.ptp(track, axis=0).max()
    assert (moved == 0) if camera == "hold" else (moved > 30)


def test_zoom_grows_by_equal_factors() -> None:
    path = move("push-in", (1600, 900), SIZE)
    scales = [path.view(at, (1600, 900), SIZE).scale for at in (0.3, 0.4, 0.5, 0.6, 0.7)]
    factors = [
        np.log(first / second) / (ease(late) - ease(early))
        for first, second, early, late in zip(
            scales, scales[1:], (0.3, 0.4, 0.5, 0.6), (0.4, 0.5, 0.6, 0.7), strict=False
        )
    ]
    assert np.ptp(factors) < 1e-9


def test_a_high_picture_is_shown_from_its_top_and_a_broad_one_from_its_left() -> None:
    assert move("hold", (400, 3000), SIZE).view(0, (400, 3000), SIZE).y == 0
    assert move("hold", (3000, 400), SIZE).view(0, (3000, 400), SIZE).x == 0


@pytest.mark.parametrize("camera", ["push-in", "pan-right", "drift", "tilt"])
def test_a_camera_moves_without_jitter(camera: Camera) -> None:
    """What the eye would follow: places of each frame found again in the next, between pixels, against the camera's course.

    Under 0.05 px (ffmpeg's zoompan is off by 0.5).
    """
    noise = np.random.default_rng(3).integers(0, 255, (300, 520, 3), np.uint8)
    pixels = np.asarray(cv2.resize(noise, (2080, 1200), interpolation=cv2.INTER_CUBIC), np.uint8)
    size, side = (960, 540), 128
    footage = PictureFootage(pixels, camera, size)
    places = [(60, 60), (700, 340)]
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-6)
    shifts = []
    before = None
    for number in range(45):
        out = empty(*size)
        footage.at(0.2 + 0.6 * number / 180, out)
        now = out.y.astype(np.float32)
        if before is not None:
            found = []
            for x, y in places:
                part = np.s_[y : y + side, x : x + side]
                _, matrix = cv2.findTransformECC(
                    before[part], now[part], np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, stop
                )
                found.append(matrix @ np.array([side / 2, side / 2, 1]) - side / 2)
            shifts.append(found)
        before = now
    time = np.linspace(-1, 1, len(shifts))
    tracks = np.array(shifts).reshape(len(shifts), -1).T
    rest = [
        track - np.polynomial.chebyshev.chebval(time, np.polynomial.chebyshev.chebfit(time, track, 7))
        for track in tracks
    ]
    assert np.abs(tracks).max() > 0.1, "it moves"
    assert max(np.sqrt((one**2).mean()) for one in rest) < 0.05


def test_a_picture_at_rest_is_shown_pixel_for_pixel(tmp_path: Path) -> None:
    path = screenshot(tmp_path / "shot.png", SIZE)
    out = empty(*SIZE)
    load_footage(path, "shot", "hold", SIZE).at(0.5, out)
    expected = from_rgb(rgb(path))
    for plane, wanted in zip(out, expected, strict=True):
        assert np.abs(plane.astype(int) - wanted).mean() < 1.5
        assert np.corrcoef(plane.ravel(), wanted.ravel())[0, 1] > 0.99


def test_brightness_and_colour_move_together() -> None:
    """A red square on blue under a camera: the colour's edge stays where the brightness's is."""
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[..., 2] = 200
    pixels[200:520, 400:880] = (220, 30, 30)
    footage = PictureFootage(pixels, "push-in", SIZE)
    out = empty(*SIZE)
    footage.at(0.6, out)

    def centre(plane: np.ndarray) -> tuple[float, float]:  # type: ignore[type-arg]
        weight = np.abs(plane.astype(float) - float(np.median(plane[:8])))
        rows, columns = np.indices(plane.shape)
        return float((rows * weight).sum() / weight.sum()), float((columns * weight).sum() / weight.sum())

    luma, chroma = centre(out.y), centre(out.v)
    assert luma[0] == pytest.approx(2 * chroma[0] + 0.5, abs=0.25)
    assert luma[1] == pytest.approx(2 * chroma[1], abs=0.25)


def test_a_small_picture_fills_its_view(tmp_path: Path) -> None:
    out = empty(*SIZE)
    out.y[:] = 0
    load_footage(screenshot(tmp_path / "small.png", (500, 400)), "small", "push-in", SIZE).at(0.0, out)
    assert out.y.min() >= 16
    assert out.y.std() > 10


def test_colours_survive_the_planes() -> None:
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (124, 92, 255), (12, 13, 26), (255, 255, 255), (0, 0, 0)):
        pixels = np.full((8, 8, 3), colour, np.uint8)
        assert np.abs(to_rgb(from_rgb(pixels)).astype(int) - pixels).max() <= 3, colour


def test_a_layer_is_laid_over_as_its_alpha_says() -> None:
    ground = np.full((40, 60, 3), (30, 90, 200), np.uint8)
    layer = np.zeros((40, 60, 4), np.uint8)
    layer[10:20, 10:30] = (100, 20, 10, 128)  # premultiplied
    layer[24:32, 40:52] = (250, 240, 10, 255)
    planes = from_rgb(ground)
    found = layer_of(layer)
    assert found is not None
    assert (found.x, found.y, found.planes.width, found.planes.height) == (10, 10, 42, 22)
    found.over(planes)
    expected = ground * (1 - layer[..., 3:] / 255.0) + layer[..., :3]
    inner = np.zeros((40, 60), bool)
    inner[12:18, 12:28] = inner[26:30, 42:50] = inner[:8] = True  # away from edges, where colour is at half size
    assert np.abs(to_rgb(planes).astype(int) - expected)[inner].max() <= 4
    assert layer_of(np.zeros((40, 60, 4), np.uint8)) is None


def test_media_show_where_white_and_black_drawings_differ() -> None:
    """A rounded, half covered place for media, with a bright sign over it."""
    black = np.zeros((40, 60, 4), np.uint8)
    black[...] = (20, 30, 60, 255)
    black[10:30, 10:50, :3] = 0
    black[14:20, 14:26, :3] = (240, 200, 20)
    black[22:30, 10:50, :3] = 0
    white = black.copy()
    white[10:30, 10:50, :3] = 255
    white[14:20, 14:26] = black[14:20, 14:26]
    white[22:30, 10:50, :3] = 128  # a shade over its lower part
    hole, still = hole_of(white, black)
    assert hole is not None
    assert (hole.x, hole.y, *hole.size) == (10, 10, 40, 20)
    frame = still.copy()
    hole.show(from_rgb(np.full((20, 40, 3), (200, 100, 50), np.uint8)), frame)
    shown = to_rgb(frame).astype(int)
    assert np.abs(shown[12, 40] - (200, 100, 50)).max() <= 5
    assert np.abs(shown[26, 40] - (100, 50, 25)).max() <= 6
    assert np.abs(shown[17, 20] - (240, 200, 20)).max() <= 5
    assert np.abs(shown[4, 30] - (20, 30, 60)).max() <= 5


def test_grain_is_the_same_each_time_and_too_fine_to_see() -> None:
    once, again = dithered(grey(60)), dithered(grey(60))
    assert np.array_equal(once.y, again.y)
    assert 1 <= np.ptp(once.y) <= 3


@pytest.mark.parametrize("kind", get_args(Transition))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_transition_begins_with_one_scene_and_ends_with_the_other(kind: Transition, mirrored: bool) -> None:
    before, after, out = grey(40), grey(200), grey(0)
    mix(kind, 0.0, before, after, out, mirrored=mirrored)
    assert np.abs(out.y.astype(int) - before.y).max() <= 2
    mix(kind, 1.0, before, after, out, mirrored=mirrored)
    assert np.abs(out.y.astype(int) - after.y).max() <= 2


@pytest.mark.parametrize("kind", [kind for kind in SECONDS if kind != "cut"])
def test_a_transition_never_flashes(kind: Transition) -> None:
    """Mean brightness goes from the one to the other and never past either, nor back."""
    before, after, out = grey(40), grey(200), grey(0)
    means = []
    for step in range(31):
        mix(kind, step / 30, before, after, out)
        means.append(float(out.y.mean()))
    assert min(np.diff(means)) >= -0.5
    assert means[0] < means[15] < means[30]


def test_slides_and_wipes_follow_the_reading_direction() -> None:
    before, after, out = grey(40), grey(200), grey(0)
    for kind in ("slide", "wipe"):
        mix(kind, 0.5, before, after, out)  # type: ignore[arg-type]
        forward = out.y[:, :10].mean(), out.y[:, -10:].mean()
        mix(kind, 0.5, before, after, out, mirrored=True)  # type: ignore[arg-type]
        backward = out.y[:, :10].mean(), out.y[:, -10:].mean()
        assert (forward[0] < forward[1]) == (kind == "slide")
        assert (backward[0] < backward[1]) != (kind == "slide")


def test_a_clip_is_stretched_over_its_scene(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", frames=30)  # grey levels 40 to 156
    footage = load_footage(path, "clip", "hold", (64, 64))
    out = empty(64, 64)
    levels = []
    for at in (0.0, 0.25, 0.5, 0.999, 0.0):
        footage.at(at, out)
        levels.append(float(out.y.mean()))
    assert levels == pytest.approx([40, 68, 100, 156, 40], abs=5)
    assert media_size(path, "clip") == (320, 180)


def test_footage_of_a_broken_file_names_it(tmp_path: Path) -> None:
    path = tmp_path / "shot.png"
    path.write_text("no picture")
    with pytest.raises(AssetError, match=r"docs/shot\.png is a text file"):
        load_footage(path, "docs/shot.png", "hold", SIZE)


def test_a_view_says_what_it_sees() -> None:
    assert move("hold", (1280, 720), SIZE).view(0.5, (1280, 720), SIZE) == View(0.0, 0.0, 2.0)
