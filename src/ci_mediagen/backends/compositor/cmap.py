"""Which characters a font file has: its `cmap` table, read as OpenType 1.9.1 describes it (formats 4 and 12)."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

_MAX_SEGMENTS = 100_000
"""More than any real font has."""


class Coverage:
    """The characters of one font. Raises ValueError where the file is not a font that can be read here (WOFF2, broken)."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                data = file.read(4)
                start = 0
                if data == b"ttcf":
                    start = struct.unpack(">I", _at(file, 12, 4))[0]
                tables = struct.unpack(">H", _at(file, start + 4, 2))[0]
                directory = _at(file, start + 12, 16 * tables)
                where = next(
                    struct.unpack_from(">II", directory, 16 * number + 8)
                    for number in range(tables)
                    if directory[16 * number : 16 * number + 4] == b"cmap"
                )
                table = _at(file, *where)
            self._starts, self._ends = _segments(table)
        except (struct.error, IndexError, StopIteration) as error:
            raise ValueError(f"{path.name} has no character map that can be read") from error

    def __contains__(self, code: int) -> bool:
        index = bisect_right(self._starts, code) - 1
        return index >= 0 and code <= self._ends[index]


def _at(file: object, offset: int, length: int) -> bytes:
    file.seek(offset)  # type: ignore[attr-defined]
    return file.read(length)  # type: ignore[attr-defined, no-any-return]


def _segments(table: bytes) -> tuple[Sequence[int], Sequence[int]]:
    """First and last character of each run of characters that have a glyph, sorted."""
    found: dict[int, int] = {}
    (count,) = struct.unpack_from(">H", table, 2)
    for number in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * number)
        if (platform, encoding) in ((3, 1), (3, 10), (0, 3), (0, 4), (0, 6)):
            (kind,) = struct.unpack_from(">H", table, offset)
            if kind == 4:
                found.update(_format_4(table, offset))
            elif kind == 12:
                found.update(_format_12(table, offset))
    starts: list[int] = []
    ends: list[int] = []
    for first in sorted(found):
        if ends and first <= ends[-1] + 1:
            ends[-1] = max(ends[-1], found[first])
        else:
            starts.append(first)
            ends.append(found[first])
    return starts, ends


def _format_12(table: bytes, offset: int) -> dict[int, int]:
    (groups,) = struct.unpack_from(">I", table, offset + 12)
    if groups > _MAX_SEGMENTS:
        raise IndexError(groups)
    found = {}
    for first, last, glyph in struct.iter_unpack(">III", table[offset + 16 : offset + 16 + 12 * groups]):
        found[first + (glyph == 0)] = last
    return found


def _format_4(table: bytes, offset: int) -> dict[int, int]:
    (doubled,) = struct.unpack_from(">H", table, offset + 6)
    ends = offset + 14
    starts = ends + doubled + 2
    found: dict[int, int] = {}
    for number in range(0, doubled, 2):
        (last,) = struct.unpack_from(">H", table, ends + number)
        first, delta, at = (struct.unpack_from(">H", table, starts + number + skip * doubled)[0] for skip in range(3))
        if first > last or first == 0xFFFF:
            continue
        if at == 0:
            found[first] = last
            if (first + delta) & 0xFFFF == 0:  # its first character is the glyph for missing ones
                del found[first]
                found[first + 1] = last
            continue
        run: int | None = None
        base = starts + number + 2 * doubled + at
        for code in range(first, last + 1):
            (glyph,) = struct.unpack_from(">H", table, base + 2 * (code - first))
            if glyph and run is None:
                run = code
            elif not glyph and run is not None:
                found[run] = code - 1
                run = None
        if run is not None:
            found[run] = last
    return found
