"""What a file's own header says about a picture. Nothing is decoded here: pixels of strangers are decoded in a worker.

Read from the formats' specifications: PNG (third edition), JPEG (ITU-T T.81) with Exif 2.3, GIF89a, WebP (RFC 9649),
AVIF 1.1 (boxes of ISO/IEC 14496-12).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ci_mediagen.assets.files import RefusedFile

MAX_BYTES = 50_000_000
MAX_PIXELS = 100_000_000
"""Beyond these a picture is refused from its header, without being decoded."""

FORMATS = "PNG, JPEG, WebP, GIF or AVIF"

_MAX_STEPS = 100_000
"""Chunks, segments or boxes that one file may have: a file with more is made to waste time."""
_HEADER = 64
_AVIF_HEADER = 1 << 20
"""Bytes in which an AVIF file's `meta` box has to lie."""
_JPEG_SIZE_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_QUARTER_TURNS = frozenset({5, 6, 7, 8})
"""Exif orientations in which width and height change places."""

_OTHERS = (
    (b"version https://git-lfs", "is a Git LFS pointer and not the picture itself (`git lfs pull` fetches it)"),
    (b"BM", f"is a BMP picture and not {FORMATS}"),
    (b"II*\0", f"is a TIFF picture and not {FORMATS}"),
    (b"MM\0*", f"is a TIFF picture and not {FORMATS}"),
    (b"\0\0\1\0", "is an icon file"),
    (b"%PDF", "is a PDF document"),
    (b"PK\3\4", "is a ZIP archive"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    """Pixels, as it is shown: a photograph's Exif orientation is applied."""
    height: int
    media_type: str


def read_header(file: BinaryIO) -> Picture:
    """Size and type of a picture. Raises RefusedFile: not a picture, broken, or too large."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(_HEADER)
    if not head:
        raise RefusedFile("is empty")
    if size > MAX_BYTES:
        raise RefusedFile(f"is too large ({size / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB)")
    try:
        picture = _dispatch(file, head)
    except (struct.error, IndexError):
        raise RefusedFile("is cut off within its header") from None
    if picture.width < 1 or picture.height < 1:
        raise RefusedFile("is broken: its header says that it has no pixels")
    if picture.width * picture.height > MAX_PIXELS:
        raise RefusedFile(
            f"is too large ({picture.width}x{picture.height} pixels; at most {MAX_PIXELS / 1e6:.0f} megapixels)"
        )
    return picture


def check_whole(data: bytes, media_type: str) -> None:
    """Raises RefusedFile where a picture ends before its format says that it does."""
    try:
        whole = _WHOLE[media_type](data)
    except (struct.error, IndexError):
        whole = False
    if not whole:
        raise RefusedFile("is broken or cut off before its end")


def _dispatch(file: BinaryIO, head: bytes) -> Picture:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        if head[12:16] != b"IHDR":
            raise RefusedFile("is broken: a PNG file without a header")
        width, height = struct.unpack_from(">II", head, 16)
        return Picture(width, height, "image/png")
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(file)
    if head.startswith((b"GIF87a", b"GIF89a")):
        width, height = struct.unpack_from("<HH", head, 6)
        return Picture(width, height, "image/gif")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head)
    if head[4:8] == b"ftyp":
        return _avif(file)
    raise RefusedFile(_what_else(head))


def _what_else(head: bytes) -> str:
    for start, words in _OTHERS:
        if head.startswith(start):
            return words
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml")):
        return f"is a drawing (SVG) and not {FORMATS}"
    if text.startswith((b"<!doctype", b"<html")):
        return "is a web page and not a picture"
    if b"\0" not in head and sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in head) > 0.9 * len(head):
        return "is a text file and not a picture"
    return f"is not {FORMATS}"


def _jpeg(file: BinaryIO) -> Picture:
    orientation = 1
    for marker, offset, length in _segments(file):
        file.seek(offset)
        if marker == 0xE1:
            orientation = _orientation(file.read(length)) or orientation
        elif marker in _JPEG_SIZE_MARKERS:
            height, width = struct.unpack_from(">xHH", file.read(5))
            if orientation in _QUARTER_TURNS:
                width, height = height, width
            return Picture(width, height, "image/jpeg")
    raise RefusedFile("is broken: a JPEG file that says no size")


def _segments(file: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """(marker, offset of the content, its length) of each segment, up to and with the first scan."""
    offset = 2
    for _ in range(_MAX_STEPS):
        file.seek(offset)
        head = file.read(4)
        if head[0] != 0xFF:
            raise RefusedFile("is broken: what follows a JPEG segment is no segment")
        marker = head[1]
        if marker == 0xFF:  # padding
            offset += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers without content
            offset += 2
            continue
        length: int = struct.unpack_from(">H", head, 2)[0]
        if marker == 0xD9 or length < 2:
            raise RefusedFile("is broken: a JPEG file without a picture")
        yield marker, offset + 4, length - 2
        if marker == 0xDA:
            return
        offset += 2 + length
    raise RefusedFile("is broken: a JPEG file of too many segments")


def _orientation(exif: bytes) -> int | None:
    """Exif orientation (1 to 8) of an APP1 segment; None where it says none."""
    if not exif.startswith(b"Exif\0\0"):
        return None
    tiff = exif[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for number in range(min(count, 512)):
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * number)
            if (tag, kind) == (0x0112, 3):
                return int(value)
    except struct.error:
        return None
    return None


def _webp(head: bytes) -> Picture:
    kind = head[12:16]
    if kind == b"VP8 ":
        if head[23:26] != b"\x9d\x01\x2a":
            raise RefusedFile("is broken: a WebP file whose picture does not start")
        width, height = struct.unpack_from("<HH", head, 26)
        return Picture(width & 0x3FFF, height & 0x3FFF, "image/webp")
    if kind == b"VP8L":
        signature, bits = struct.unpack_from("<BI", head, 20)
        if signature != 0x2F:
            raise RefusedFile("is broken: a WebP file whose picture does not start")
        return Picture((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, "image/webp")
    if kind == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", head, 24)
        return Picture((high_w << 16 | low_w) + 1, (high_h << 16 | low_h) + 1, "image/webp")
    raise RefusedFile("is broken: a WebP file without a picture")


def _avif(file: BinaryIO) -> Picture:
    file.seek(0)
    data = file.read(_AVIF_HEADER)
    (length,) = struct.unpack_from(">I", data)
    brands = {data[at : at + 4] for at in (8, *range(16, min(length, 256), 4))}
    if not brands & {b"avif", b"avis"}:
        raise RefusedFile(f"is an MP4 or HEIF file and not {FORMATS}")
    sizes = []
    turned = False
    for meta_start, meta_end in _boxes(data, 0, len(data), b"meta"):
        for iprp in _boxes(data, meta_start + 4, meta_end, b"iprp"):
            for ipco in _boxes(data, *iprp, b"ipco"):
                sizes += [struct.unpack_from(">II", data, start + 4) for start, _ in _boxes(data, *ipco, b"ispe")]
                turned = any(data[start] & 1 for start, _ in _boxes(data, *ipco, b"irot"))
    if not sizes:
        raise RefusedFile("is broken: an AVIF file that says no size")
    # A picture of tiles, or one with a thumbnail, has several sizes: the picture's own is the largest.
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Picture(height, width, "image/avif") if turned else Picture(width, height, "image/avif")


def _boxes(data: bytes, start: int, end: int, kind: bytes) -> Iterator[tuple[int, int]]:
    """(start, end) of the content of each box of this kind."""
    for _ in range(_MAX_STEPS):
        if start + 8 > end:
            return
        length, found = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, content)
            content += 8
        stop = end if length == 0 else start + length
        if stop < content:
            raise RefusedFile("is broken: a box of it ends before it starts")
        if found == kind:
            yield content, min(stop, end)
        start = stop


def _whole_png(data: bytes) -> bool:
    offset, has_pixels = 8, False
    for _ in range(_MAX_STEPS):
        length: int
        length, kind = struct.unpack_from(">I4s", data, offset)
        offset += 12 + length
        has_pixels = has_pixels or kind == b"IDAT"
        if kind == b"IEND":
            return has_pixels and offset <= len(data)
    return False


def _whole_jpeg(data: bytes) -> bool:
    # Within a scan the bytes FF D9 never stand side by side, so any pair after its start ends the picture. Searching from
    # the first scan on leaves out the thumbnail in the Exif segment, which has an end of its own.
    import io

    scan = next(offset for marker, offset, _ in _segments(io.BytesIO(data)) if marker == 0xDA)
    return data.rfind(b"\xff\xd9") > scan


def _whole_gif(data: bytes) -> bool:
    """Its first frame is whole; no more of it is shown."""
    offset = 13 + _colours(data[10])
    for _ in range(_MAX_STEPS):
        kind = data[offset]
        if kind == 0x2C:
            offset = _after_sub_blocks(data, offset + 11 + _colours(data[offset + 9]))
            return offset <= len(data)
        if kind != 0x21:
            return False
        offset = _after_sub_blocks(data, offset + 2)
    return False


def _colours(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_sub_blocks(data: bytes, offset: int) -> int:
    while data[offset]:
        offset += 1 + data[offset]
    return offset + 1


def _whole_webp(data: bytes) -> bool:
    length: int = struct.unpack_from("<I", data, 4)[0]
    return len(data) >= 8 + length


def _whole_avif(data: bytes) -> bool:
    offset = 0
    for _ in range(_MAX_STEPS):
        if offset >= len(data):
            return offset == len(data)
        (length,) = struct.unpack_from(">I", data, offset)
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, offset + 8)
        if length == 0:
            return True
        if length < 8:
            return False
        offset += length
    return False


_WHOLE = {
    "image/png": _whole_png,
    "image/jpeg": _whole_jpeg,
    "image/gif": _whole_gif,
    "image/webp": _whole_webp,
    "image/avif": _whole_avif,
}
