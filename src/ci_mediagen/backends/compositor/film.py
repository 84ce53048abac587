"""Frames into a clip with its poster and preview, in one pass over the frames."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from ci_mediagen.backends.compositor.drawing import Pixels
from ci_mediagen.backends.compositor.planes import Planes
from ci_mediagen.errors import LimitError, UnavailableError
from ci_mediagen.media.encode import Mp4Writer, to_rgb, write_gif, write_jpeg

PREVIEW_WIDTH = 480
PREVIEW_FPS = 10
PREVIEW_BYTES = 2_000_000
"""What chats and mails show without a click."""

Paint = Callable[[int, Planes], None]
"""Fills the planes with the frame of that number."""


class Watch:
    """The reins: progress, the deadline, and whether to stop."""

    def __init__(self, progress: Callable[[float, str], None], deadline: float, cancel: Callable[[], bool]) -> None:
        self._progress, self._deadline, self._cancel = progress, deadline, cancel

    def tell(self, fraction: float, words: str) -> None:
        """Raises LimitError past the deadline, UnavailableError where the making was cancelled."""
        if self._cancel():
            raise UnavailableError("making was cancelled", advice="Run again to finish: what was made is stored.")
        if time.monotonic() > self._deadline:
            raise LimitError(
                f"the deadline passed while {words}", advice="Give more time, or make the clip shorter or smaller."
            )
        self._progress(fraction, words)


def shoot(
    paths: tuple[Path, Path | None, Path | None],
    paint: Paint,
    size: tuple[int, int],
    fps: int,
    frames: int,
    watch: Watch,
    *,
    poster: int = 0,
    preview: tuple[int, ...] = (),
) -> None:
    """Writes `paths` (clip, poster, preview): the poster is that frame, the preview those frames at `PREVIEW_FPS`."""
    clip_path, poster_path, preview_path = paths
    wanted = frozenset(preview)
    small: dict[int, Pixels] = {}
    width, height = size
    preview_size = (PREVIEW_WIDTH, 2 * round(PREVIEW_WIDTH * height / width / 2))
    with Mp4Writer(clip_path, width, height, fps) as writer:
        for number in range(frames):
            watch.tell(0.95 * number / frames, f"frame {number + 1} of {frames}")
            frame = av.VideoFrame(width, height, "yuv420p")
            paint(number, _views(frame))
            if number == poster and poster_path is not None:
                write_jpeg(poster_path, to_rgb(frame))
            if number in wanted and preview_path is not None:
                small[number] = to_rgb(frame, *preview_size)
            writer.write(frame)
    if preview_path is not None and small:
        watch.tell(0.96, "preview")
        write_gif(preview_path, [small[number] for number in preview], PREVIEW_FPS, PREVIEW_BYTES)


def _views(frame: av.VideoFrame) -> Planes:
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    )
    return Planes(y, u, v)
