"""Frames and pixels into files: H.264 in MP4, GIF within a size, JPEG, PNG. The same frames give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.error
import av.filter
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

if TYPE_CHECKING:
    from av import VideoFrame

Pixels = npt.NDArray[np.uint8]

CRF = 20
"""x264's quality: lower is better, 18 hard to tell from the original."""
PRESET = "veryfast"
THREADS = 4
"""Of the encoder, whatever the machine has: another number would give other bytes."""
JPEG_QUALITY = 90

_TUNING = {"aq-mode": "3"}
"""More of the bits go to dark areas, where gradients would show bands."""

_BT709 = 1
_LIMITED = 1
_HUNDREDTH = Fraction(1, 100)
"""Second: the unit of time of GIF."""


class Mp4Writer:
    """Writes frames in their order; use it in a `with` statement. The file is whole when that ends without an exception."""

    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        self._container = av.open(str(path), "w", options={"movflags": "+faststart"})
        self._stream = self._container.add_stream(
            "libx264", rate=fps, options={"preset": PRESET, "crf": str(CRF), **_TUNING}
        )
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.thread_count = THREADS
        context.color_range = _LIMITED
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        self._count = 0

    def write(self, frame: VideoFrame) -> None:
        frame.pts = self._count
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()


def to_rgb(frame: VideoFrame, width: int | None = None, height: int | None = None) -> Pixels:
    """The frame, taken as BT.709 in limited range, as (height, width, 3) pixels; smaller if a size is given."""
    shown = frame.reformat(
        width=width,
        height=height,
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation="AREA" if width else "BICUBIC",
    )
    return np.asarray(shown.to_ndarray(), np.uint8)


def write_jpeg(path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).save(path, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True, progressive=True)


def write_png(path: Path, pixels: Pixels) -> None:
    """Of (height, width, 3 or 4) pixels; alpha is straight."""
    Image.fromarray(pixels).save(path, "PNG", compress_level=6)


@dataclass(frozen=True, slots=True)
class _GifTry:
    hundredths: int
    """Of a second that each frame stays."""
    colours: int
    width: int
    dither: str = "bayer:bayer_scale=4"


_GIF_TRIES = (
    _GifTry(10, 255, 480, "sierra2_4a"),
    _GifTry(10, 200, 480, "bayer:bayer_scale=2"),
    _GifTry(10, 96, 480),
    _GifTry(12, 64, 480),
    _GifTry(16, 64, 480),
    _GifTry(20, 40, 480),
    _GifTry(20, 32, 400),
    _GifTry(25, 24, 320),
    _GifTry(50, 16, 240),
)
"""From best to smallest."""


def write_gif(path: Path, frames: Sequence[Pixels], fps: float, largest: int) -> None:
    """An endless GIF of at most `largest` bytes, as good as that allows. `frames` follow each other at `fps`."""
    for attempt in _GIF_TRIES:
        step = fps * attempt.hundredths / 100
        count = max(1, round(len(frames) / step))
        picked = [frames[min(len(frames) - 1, round(number * step))] for number in range(count)]
        _encode_gif(path, picked, attempt)
        if path.stat().st_size <= largest:
            return


def _encode_gif(path: Path, frames: Iterable[Pixels], attempt: _GifTry) -> None:
    frames = list(frames)
    height, width = frames[0].shape[:2]
    shown = (attempt.width, max(1, round(height * attempt.width / width)))
    if shown[0] < width:
        frames = [np.asarray(Image.fromarray(frame).resize(shown, Image.Resampling.BOX)) for frame in frames]
    height, width = frames[0].shape[:2]
    graph = av.filter.Graph()
    source = graph.add("buffer", f"video_size={width}x{height}:pix_fmt=rgb24:time_base=1/100:pixel_aspect=1/1")
    split = graph.add("split")
    sampled = graph.add("scale", "iw/2:ih/2:flags=neighbor")  # sorting the colours of noise takes long
    palette = graph.add("palettegen", f"max_colors={attempt.colours}:stats_mode=full:reserve_transparent=1")
    use = graph.add("paletteuse", f"dither={attempt.dither}:diff_mode=rectangle")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(sampled, 0, 0)
    sampled.link_to(palette)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    with av.open(str(path), "w", format="gif", options={"loop": "0"}) as container:
        stream = container.add_stream("gif", rate=max(1, round(100 / attempt.hundredths)))
        stream.width, stream.height = width, height
        stream.pix_fmt = "pal8"
        stream.codec_context.time_base = _HUNDREDTH
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = number * attempt.hundredths, _HUNDREDTH
            source.push(frame)
        source.push(None)
        while True:
            try:
                drawn = sink.pull()
            except (av.error.EOFError, av.error.BlockingIOError):
                break
            container.mux(stream.encode(drawn))  # type: ignore[arg-type]
        container.mux(stream.encode(None))
