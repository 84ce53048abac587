"""Texts of strangers, made harmless to hold: no control characters, no lone surrogates, no endless lines.

This is about what a Change may contain. What each sink still has to escape is the business of `text/`.
"""

from __future__ import annotations

import re

LINE_LIMIT = 500
"""Characters kept of a title, a name or a path."""
BLOCK_LIMIT = 20_000
"""Characters kept of a body."""

# C0 and C1 controls, and the marks that reorder or hide text (bidirectional overrides and isolates, interlinear marks,
# noncharacters). Joiners stay: emoji and Indic scripts need them.
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufffe\uffff\ufeff"
_BLOCK_JUNK = re.compile(f"[{_CONTROL}]")
_LINE_BREAKS = re.compile(r"[\t\r\n\u2028\u2029]+")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_SPACES = re.compile(r" {2,}")


def line(text: str, limit: int = LINE_LIMIT) -> str:
    """One line: breaks and tabs become spaces, runs of spaces one space, controls go, surrogates become U+FFFD."""
    text = _LINE_BREAKS.sub(" ", _SURROGATES.sub("\ufffd", text[: limit * 8]))
    return shorten(_SPACES.sub(" ", _BLOCK_JUNK.sub("", text)).strip(), limit)


def block(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Several lines: LF line ends, tabs kept, controls gone, surrogates U+FFFD."""
    text = _SURROGATES.sub("\ufffd", text[: limit * 2]).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    return _BLOCK_JUNK.sub("", text).strip()[:limit]


def path(raw: str) -> str:
    """A file's path: what cannot be shown becomes U+FFFD, so a path that holds one names no file that can be opened."""
    return re.sub(f"[{_CONTROL}\t\r\n\u2028\u2029\ud800-\udfff]", "\ufffd", raw)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where there is one near, with an ellipsis."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    space = kept.rfind(" ", limit * 2 // 3)
    return (kept[:space] if space > 0 else kept).rstrip() + "…"
