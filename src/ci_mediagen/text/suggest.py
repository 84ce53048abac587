"""The nearest right word for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

CUTOFF = 0.6
"""How alike two words must be, 0 to 1, for one to be suggested for the other."""

MOST_LISTED = 14
"""So many right words are still listed whole where none is near."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, `-` and `_` and upper and lower case being the same; None where none is."""
    by_shape = {_shape(candidate): candidate for candidate in candidates}
    found = difflib.get_close_matches(_shape(word[:100]), by_shape, n=1, cutoff=CUTOFF)
    return by_shape[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """The end of a message about a wrong word: `; did you mean 'card'?`, or the right words if they are few."""
    right = list(dict.fromkeys(candidates))
    near = nearest(word, right)
    if near is not None:
        return f"; did you mean {near!r}?"
    if 0 < len(right) <= MOST_LISTED:
        return f"; it may be {listed(right, 'or')}"
    return ""


def listed(words: Iterable[str], conjunction: str = "and") -> str:
    """`a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def _shape(word: str) -> str:
    return word.casefold().replace("_", "-").strip()
