"""Slack: strangers' words in mrkdwn and plain text. They mention nobody, link nothing and style nothing.

Slack reads `<...>` as a mention, channel or link, in message text and in blocks; `& < >` as entities are the only escape it
has. Its style marks have none, so a mark that would take effect is replaced by a character that looks the same.
"""

from __future__ import annotations

import re

from ci_mediagen.text.clean import one_line
from ci_mediagen.text.cut import shorten, utf16_length
from ci_mediagen.text.web import web_address

MAX_SECTION = 3000
MAX_BUTTON = 75
MAX_ALT = 2000
MAX_CONTEXT = 2000
MAX_BLOCKS = 50
"""Slack's limits (docs.slack.dev, read 2026-11): blocks of a message, else characters, counted here as UTF-16 units after
escaping, which is never less than Slack counts."""

_LOOKALIKE = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "'"}
_STYLED = {mark: re.compile(rf"(?<![^\W_]){re.escape(mark)}\S(?:.*\S)?{re.escape(mark)}(?![^\W_])") for mark in "*_~"}


def escape(text: str) -> str:
    """`& < >` as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, limit: int) -> str:
    """One line for a plain_text object or a message's fallback text, at most `limit` long."""
    return shorten(one_line(text), limit, encode=escape, measure=utf16_length)


def bare(text: str, limit: int) -> str:
    """One line for a place of which Slack does not say whether it reads entities: alt text, titles, file names."""
    return shorten(one_line(text).replace("<", "\u2039").replace(">", "\u203a"), limit, measure=utf16_length)


def mrkdwn(text: str, limit: int) -> str:
    """One line for a mrkdwn object, at most `limit` long. Code between single backticks stays code."""
    # Cut first: looking for style marks costs the square of the length.
    return shorten(_unstyled(shorten(one_line(text), limit)), limit, encode=escape, measure=utf16_length)


def bold(text: str, limit: int = MAX_SECTION) -> str:
    """A bold line. No `*` inside, which would end it."""
    inside = mrkdwn(text.replace("*", _LOOKALIKE["*"]), limit - 2)
    return f"*{inside}*" if inside else ""


def code(text: str, limit: int) -> str:
    """A code span on one line."""
    inside = shorten(one_line(text).replace("`", "'"), limit - 2, encode=escape, measure=utf16_length)
    return f"`{inside}`" if inside else ""


def link(text: str, url: str | None, limit: int) -> str:
    """A link in mrkdwn, where `url` is an http or https address and fits; else the text alone."""
    address = web_address(url)
    if address is None or utf16_length(escape(address)) + 8 > limit:
        return mrkdwn(text, limit)
    address = escape(address.replace("|", "%7C"))
    return f"<{address}|{mrkdwn(text.replace('|', chr(0x2223)), limit - utf16_length(address) - 3)}>"


def _unstyled(text: str) -> str:
    for mark, styled in _STYLED.items():
        if styled.search(text):
            text = text.replace(mark, _LOOKALIKE[mark])
    if "``" in text or text.count("`") % 2:
        text = text.replace("`", _LOOKALIKE["`"])
    return text
