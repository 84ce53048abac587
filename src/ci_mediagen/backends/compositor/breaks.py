"""Where a line may break in Thai, which puts no spaces between words and for which the engine has no dictionary."""

from __future__ import annotations

import re

ZERO_WIDTH_SPACE = "\u200b"

_THAI = re.compile("[\u0e01-\u0e4e]{8,}")
"""Runs of Thai letters long enough to need a break."""
_SYLLABLE = re.compile(
    # A vowel that is written before its consonant begins a syllable; so do the words that tie others together.
    "(?<!^)(?=[\u0e40-\u0e44]|ที่|ของ|และ|การ|ความ|จาก|กับ|ทุก|พร้อม|สำหรับ|ด้วย|อย่าง|ระบบ|ตาม|ผู้|ถูก|หรือ|ซึ่ง|อัต|รอง|ปรับ|ใหม่)"
)
_MIN_PIECE = 3
"""Letters on each side of a break."""


def with_breaks(text: str) -> str:
    """The text with zero-width spaces where a Thai line may end: at the beginnings of syllables, seldom within a word.

    An approximation until a dictionary is at hand; without it lines break between any two letters.
    """
    return _THAI.sub(lambda run: _broken(run[0]), text)


def _broken(run: str) -> str:
    pieces: list[str] = []
    start = 0
    for found in _SYLLABLE.finditer(run):
        at = found.start()
        if at - start >= _MIN_PIECE and len(run) - at >= _MIN_PIECE:
            pieces.append(run[start:at])
            start = at
    pieces.append(run[start:])
    return ZERO_WIDTH_SPACE.join(pieces)
