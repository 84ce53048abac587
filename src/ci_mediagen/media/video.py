"""Clips that others made, frame by frame: decoded one at a time, scaled to fill a view, in BT.709 planes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ci_mediagen.errors import AssetError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Plane = npt.NDArray[np.uint8]

MAX_BYTES = 500_000_000
MAX_SIDE = 8192
MAX_SECONDS = 600.0

_LOST_FRAMES = 2
"""Frames at the end that encoders announce and some do not write."""

_ADVICE = "Use a whole MP4 or WebM file (H.264, VP9 or AV1)."


class Clip:
    """A video file, to be shown in a view of `size` pixels (both even). Raises AssetError where it cannot be."""

    def __init__(self, path: Path, name: str, size: tuple[int, int]) -> None:
        import av
        import av.error

        self._path, self._name, self._size = path, name, size
        if path.stat().st_size > MAX_BYTES:
            raise AssetError(
                f"{name} is too large ({path.stat().st_size / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB)"
            )
        try:
            with av.open(str(path)) as container:
                if not container.streams.video:
                    raise AssetError(f"{name} has no moving picture", advice=_ADVICE)
                stream = container.streams.video[0]
                self.width, self.height = stream.codec_context.width, stream.codec_context.height
                self.seconds = float(container.duration / av.time_base) if container.duration else 0.0
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise AssetError(f"{name} is not a clip that can be read: {error}", advice=_ADVICE) from error
        if not 0 < self.width <= MAX_SIDE or not 0 < self.height <= MAX_SIDE:
            raise AssetError(f"{name} has frames of {self.width}x{self.height} pixels; at most {MAX_SIDE} to a side")
        if not 0 < self.seconds <= MAX_SECONDS:
            raise AssetError(
                f"{name} takes {self.seconds:.0f} s; at most {MAX_SECONDS:.0f} s are shown", advice=_ADVICE
            )

    def frames(self) -> Iterator[tuple[float, tuple[Plane, Plane, Plane]]]:
        """(share of the clip at which it begins, planes Y, U, V) of each frame, filling the view, cut evenly at both sides.

        The planes are valid until the next frame is asked for. Raises AssetError in the middle of a broken file.
        """
        import av
        import av.error
        import av.video.reformatter as reformatter
        import numpy as np

        width, height = self._size
        factor = max(width / self.width, height / self.height)
        scaled = (2 * math.ceil(self.width * factor / 2), 2 * math.ceil(self.height * factor / 2))
        left, top = (scaled[0] - width) // 4 * 2, (scaled[1] - height) // 4 * 2
        try:
            with av.open(str(self._path)) as container:
                stream = container.streams.video[0]
                first: float | None = None
                count = 0
                for frame in container.decode(stream):
                    time = frame.time or 0.0
                    first = time if first is None else first
                    whole = frame.reformat(
                        width=scaled[0],
                        height=scaled[1],
                        format="yuv420p",
                        dst_colorspace=reformatter.Colorspace.ITU709,
                        dst_color_range=reformatter.ColorRange.MPEG,
                        interpolation=reformatter.Interpolation.BICUBIC,
                    )
                    planes = []
                    for number, plane in enumerate(whole.planes):
                        half = 1 if number == 0 else 2
                        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
                        planes.append(
                            rows[top // half : (top + height) // half, left // half : (left + width) // half].copy()
                        )
                    count += 1
                    yield (time - first) / self.seconds, (planes[0], planes[1], planes[2])
                if count + _LOST_FRAMES < stream.frames:
                    raise AssetError(
                        f"{self._name} is broken or cut off: {count} of its {stream.frames} frames are there",
                        advice=_ADVICE,
                    )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise AssetError(f"{self._name} is broken or cut off: {error}", advice=_ADVICE) from error
