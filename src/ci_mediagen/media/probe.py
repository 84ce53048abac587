"""What a media file really is: read back from what was written, not from what was meant."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from ci_mediagen.errors import AssetError
from ci_mediagen.model.media import MediaFile, Role

_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
}
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Probe:
    width: int
    height: int
    seconds: float | None = None
    """None for a picture that stands still."""
    fps: float | None = None
    frames: int | None = None
    codec: str | None = None
    pixel_format: str | None = None
    colour_space: str | None = None
    """`bt709`, for a clip that says so."""
    faststart: bool | None = None
    """The index comes before the frames, so that a browser can begin at once; None for other than MP4."""


def probe(path: Path) -> Probe:
    """Raises AssetError where the file cannot be read."""
    return _probe_picture(path) if path.suffix in (".png", ".jpg", ".webp") else _probe_clip(path)


def media_file(path: Path, role: Role, alt: str) -> MediaFile:
    """The file as an artifact lists it. Raises AssetError."""
    found = probe(path)
    return MediaFile(
        role=role,
        name=path.name,
        media_type=_TYPES[path.suffix],
        sha256=sha256(path),
        bytes=path.stat().st_size,
        width=found.width,
        height=found.height,
        seconds=found.seconds,
        fps=found.fps,
        alt=alt,
    )


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _probe_picture(path: Path) -> Probe:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return Probe(*picture.size)
    except (OSError, ValueError) as error:
        raise AssetError(f"{path.name} is not a picture that can be read: {error}") from error


def _probe_clip(path: Path) -> Probe:
    import av
    import av.error

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise AssetError(f"{path.name} has no moving picture")
            stream = container.streams.video[0]
            context = stream.codec_context
            rate = stream.average_rate
            frames = stream.frames or sum(1 for packet in container.demux(stream) if packet.size)
            seconds = float(container.duration / av.time_base) if container.duration else None
            return Probe(
                context.width,
                context.height,
                seconds=round(seconds, 3) if seconds is not None else None,
                fps=round(float(rate), 3) if rate else None,
                frames=frames,
                codec=context.name,
                pixel_format=context.pix_fmt,
                colour_space="bt709" if int(context.colorspace) == 1 else None,
                faststart=_index_first(path) if path.suffix == ".mp4" else None,
            )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise AssetError(f"{path.name} is not a clip that can be read: {error}") from error


def _index_first(path: Path) -> bool:
    """Whether `moov` stands before `mdat` among the boxes of an MP4 file (ISO/IEC 14496-12)."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind in (b"moov", b"mdat"):
                return bool(kind == b"moov")
            skipped = 8
            if length == 1:
                (length,) = struct.unpack(">Q", file.read(8))
                skipped = 16
            if length < skipped:
                return False
            file.seek(length - skipped, 1)
    return False
