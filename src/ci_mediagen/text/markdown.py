"""GitHub Markdown: strangers' words as literal text. They make no link, picture, HTML, list, table cell or mention."""

from __future__ import annotations

import re

from ci_mediagen.text.clean import clean, one_line
from ci_mediagen.text.cut import shorten
from ci_mediagen.text.web import web_address

BREAK = "&#8203;"
"""A zero-width space. Mentions and addresses are recognised in the finished text, where a backslash is gone; this stays."""

_SPECIAL = re.compile(r"[\\`*_\[\]~$^]")
_LEADING_MARK = re.compile(r"^(?=[-+=:#])")
_LEADING_NUMBER = re.compile(r"^(\d{1,9})(?=[.)])")
_MENTION = re.compile(r"@(?=[\w-])")
_REFERENCE = re.compile(r"(?:#|\bGH-)(?=\d)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<=[A-Za-z])://|\bwww\.", re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")


def inline(text: str, *, limit: int | None = None) -> str:
    """Literal text on one line, also inside a table cell, a heading or a list item. `limit` counts characters as read."""
    text = one_line(text)
    if limit is not None:
        text = shorten(text, limit)
    # Marks of what is to be broken are put in as NUL, which no clean text holds: the escapes below must not touch them.
    text = _MENTION.sub("@\0", text)
    text = _REFERENCE.sub(lambda found: f"{found[0]}\0", text)
    text = _ADDRESS.sub(lambda found: f"{found[0][:-1]}\0{found[0][-1]}", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _SPECIAL.sub(r"\\\g<0>", text).replace("|", "&#124;")
    text = _LEADING_NUMBER.sub(r"\1\\", _LEADING_MARK.sub(r"\\", text))
    return text.replace("\0", BREAK)


def code(text: str, *, limit: int | None = None) -> str:
    """A code span, for names and keys; not inside a table, where a `|` would end the cell."""
    text = one_line(text)
    if limit is not None:
        text = shorten(text, limit)
    if not text:
        return ""
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_block(text: str, *, limit: int | None = None) -> str:
    """A fenced block, for prompts. Put empty lines around it."""
    text = clean(text, newlines=True).strip("\n")
    if limit is not None:
        text = shorten(text, limit)
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def link(text: str, url: str | None, *, limit: int | None = None) -> str:
    """A link, where `url` is an http or https address; else the text alone."""
    address = web_address(url)
    return f"[{inline(text, limit=limit)}](<{address}>)" if address else inline(text, limit=limit)


def image(alt: str, url: str, *, limit: int = 500) -> str:
    """A picture; the alternative text alone where `url` is no http or https address."""
    address = web_address(url)
    return f"![{inline(alt, limit=limit)}](<{address}>)" if address else inline(alt, limit=limit)


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
