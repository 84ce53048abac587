"""Text that is drawn into a picture: what a reader can see, and nothing that pushes other text around."""

from __future__ import annotations

import unicodedata
from typing import Literal

from ci_mediagen.text.clean import one_line
from ci_mediagen.text.cut import shorten

MAX_DRAWN = 300
"""Characters of a text, unless told otherwise."""
MAX_MARKS = 4
"""Marks stacked on one letter: Hebrew, Thai and Vietnamese need three; more is a tower that climbs over other lines."""

_LONGEST_READ = 20
"""How many times its limit of a text is looked at: the rest would be cut anyway."""

_DIRECTION_MARKS = dict.fromkeys((0x061C, 0x200E, 0x200F))
_JOINERS = "\u200c\u200d"
_SELECTORS = "\ufe0e\ufe0f"
_UNDRAWN_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs"})
"""Unassigned ones stay: which they are depends on the age of Python's tables, and the fonts know better."""
_DRAWN_FORMATS = frozenset({*_JOINERS, *_SELECTORS, *map(chr, range(0x0600, 0x0606)), "\u06dd", "\u070f"})
"""Of the format characters those that show, or join what does. Tags (England's flag) are told apart by `_is_tag`."""

Direction = Literal["ltr", "rtl"]
Script = Literal["plain", "wide", "tall"]


def drawn(text: str, limit: int = MAX_DRAWN) -> str:
    """The text on one line as it may be drawn, at most `limit` characters with an ellipsis where it was cut.

    Out go controls, terminal sequences, overrides and marks of direction (the layout says which way a text runs),
    zero-width noise, private characters, and marks stacked more than `MAX_MARKS` high.
    """
    text = unicodedata.normalize("NFC", one_line(text[: limit * _LONGEST_READ])).translate(_DIRECTION_MARKS)
    kept: list[str] = []
    marks = 0
    for index, character in enumerate(text):
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            marks += 1
            if marks > MAX_MARKS and character not in _SELECTORS:
                continue
            if not kept or kept[-1] == " ":
                continue
        else:
            marks = 0
        if character in _JOINERS and not _joins(kept, text[index + 1 : index + 2]):
            continue
        if character == "\ufffd" or character == "\ufffc" or "\U000e0100" <= character <= "\U000e01ef":
            continue
        if category in _UNDRAWN_CATEGORIES and character not in _DRAWN_FORMATS and not _is_tag(character):
            continue
        if character == " " and kept and kept[-1] == " ":
            continue
        kept.append(character)
    return shorten("".join(kept).strip(), limit)


def direction(text: str) -> Direction:
    """Which way the text runs: that of its first letter that has one."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def script(text: str) -> Script:
    """How much room its letters take: `wide` as Chinese, Japanese and Korean do, `tall` as scripts with marks above and
    below (Arabic, Devanagari, Thai), else `plain`."""
    found: Script = "plain"
    for character in text:
        code = ord(character)
        if 0x0600 <= code < 0x1100 or 0x1780 <= code < 0x1800 or 0xFB50 <= code < 0xFE00 or 0xFE70 <= code < 0xFEFF:
            return "tall"
        if 0x1100 <= code < 0x1200 or 0x2E80 <= code < 0xA4D0 or 0xAC00 <= code < 0xD7B0 or 0x20000 <= code < 0x32000:
            found = "wide"
    return found


def _joins(before: list[str], after: str) -> bool:
    """Whether a joiner stands where one has a meaning: between two letters or emoji of which none is plain Latin."""
    if not before or not after or before[-1] in _JOINERS:
        return False
    return before[-1] > "\u02ff" and after > "\u02ff"


def _is_tag(character: str) -> bool:
    return "\U000e0020" <= character <= "\U000e007f"
