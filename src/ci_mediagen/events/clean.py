"""Texts of strangers, made harmless to hold: no control characters, no lone surrogates, no endless lines.

This is about what a Change may contain. What each sink still has to escape is the business of `text/`.
"""

from __future__ import annotations

import re

from ci_mediagen.text.clean import clean, one_line
from ci_mediagen.text.cut import shorten

LINE_LIMIT = 500
"""Characters kept of a title, a name or a path."""
BLOCK_LIMIT = 20_000
"""Characters kept of a body."""

_NOT_IN_A_PATH = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def line(text: str, limit: int = LINE_LIMIT) -> str:
    """One line with single spaces, of at most `limit` characters."""
    return shorten(one_line(text[: limit * 8]), limit)


def block(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Several lines, ended with LF, of at most `limit` characters together."""
    return shorten(clean(text[: limit * 2], newlines=True).strip(), limit)


def path(raw: str) -> str:
    """A file's path: what cannot be shown becomes U+FFFD, so a path that holds one names no file that can be opened."""
    return _NOT_IN_A_PATH.sub("\ufffd", raw)
