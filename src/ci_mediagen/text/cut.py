"""Cutting text where a reader would: between whole characters, as people count them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

ELLIPSIS = "\u2026"

_ZWJ = "\u200d"
_VIRAMA = 9
"""Canonical combining class of the sign that joins two Indic consonants."""


def clusters(text: str) -> Iterator[str]:
    """The text in pieces that must not be split: a letter with its marks, an emoji with its modifiers, a flag.

    Follows the extended grapheme clusters of Unicode Standard Annex 29 for the scripts and emoji that are drawn here; where
    it differs it joins too much, never too little.
    """
    start = 0
    flags = 0
    for index in range(1, len(text)):
        previous, current = text[index - 1], text[index]
        flags = flags + 1 if _is_flag_letter(previous) else 0
        if _joined(previous, current) or (_is_flag_letter(current) and flags % 2 == 1):
            continue
        yield text[start:index]
        start = index
    if text:
        yield text[start:]


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, as services written in JavaScript or Java count it; never less than code points."""
    return len(text) + sum(character > "\uffff" for character in text)


def shorten(
    text: str,
    limit: int,
    *,
    encode: Callable[[str], str] = str,
    measure: Callable[[str], int] = len,
) -> str:
    """`encode(text)`, cut between clusters so that `measure` of it is at most `limit`; what was cut ends with an ellipsis.

    Encoding happens piece by piece, so an escape is kept whole or left out. `encode` must work on each cluster alone.
    """
    whole = encode(text)
    if measure(whole) <= limit:
        return whole
    room = limit - measure(ELLIPSIS)
    if room < 0:
        return ""
    kept: list[str] = []
    for cluster in clusters(text):
        piece = encode(cluster)
        room -= measure(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + ELLIPSIS


def _joined(previous: str, current: str) -> bool:
    if previous < "\u0300" and current < "\u0300":
        return previous == "\r" and current == "\n"
    if previous == _ZWJ or _extends(current):
        return True
    if unicodedata.combining(previous) == _VIRAMA and unicodedata.category(current) == "Lo":
        return True
    if _is_leading_jamo(previous):
        return _is_hangul(current)
    return _is_hangul(previous) and _is_conjoining_jamo(current)


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in "\u200c\u200d\uff9e\uff9f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_leading_jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u115f" or "\ua960" <= character <= "\ua97c"


def _is_conjoining_jamo(character: str) -> bool:
    return "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb"


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3" or _is_leading_jamo(character) or _is_conjoining_jamo(character)
