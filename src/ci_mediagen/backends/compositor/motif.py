"""What stands where a project has no picture: rows of a file that was changed, as bars. Shapes only, no word, no number."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass

ROWS = 24

_SIGNS: Mapping[str, tuple[int, int]] = {
    "feature": (9, 1),
    "fix": (4, 4),
    "performance": (5, 5),
    "security": (0, 0),
    "docs": (0, 0),
    "dependency": (5, 5),
    "breaking": (4, 7),
    "release": (8, 3),
    "digest": (7, 3),
}
"""Kind -> rows added and removed. A security fix shows neither: not even the size of a hole is told."""
_DEFAULT_SIGNS = (5, 3)


@dataclass(frozen=True, slots=True)
class Bar:
    width: int
    """In hundredths of the row."""
    tone: str
    """`plain`, `accent`, `accent-2` or `kind`."""


@dataclass(frozen=True, slots=True)
class Row:
    sign: str
    """`+` added, `-` removed, or neither."""
    indent: int
    bars: tuple[Bar, ...]


def rows(kind: str, seed: str) -> tuple[Row, ...]:
    """The same rows for the same kind and seed."""
    chance = random.Random(hashlib.sha256(f"{kind}\n{seed}".encode("utf-8", "replace")).digest())  # noqa: S311
    added, removed = _SIGNS.get(kind, _DEFAULT_SIGNS)
    signs = [""] * ROWS
    at = chance.randint(1, 3)
    while added + removed > 0 and at < ROWS:
        block = [*["-"] * min(removed, chance.randint(1, 3)), *["+"] * min(added, chance.randint(1, 4))]
        for sign in block[: ROWS - at]:
            signs[at] = sign
            at += 1
        removed -= block.count("-")
        added -= block.count("+")
        at += chance.randint(1, 2)
    indent = 0
    found = []
    for sign in signs:
        indent = max(0, min(3, indent + chance.choice((-1, 0, 0, 1))))
        found.append(Row(sign, indent, _bars(chance, 84 - 9 * indent)))
    return tuple(found)


def _bars(chance: random.Random, room: int) -> tuple[Bar, ...]:
    bars = []
    for _ in range(chance.randint(1, 4)):
        width = chance.randint(8, 26)
        if width > room:
            break
        room -= width + 3
        bars.append(Bar(width, chance.choice(("plain", "plain", "plain", "accent", "accent-2", "kind"))))
    return tuple(bars)
