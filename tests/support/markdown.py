"""What a reader of GitHub Markdown gets to see: markdown-it with GitHub's tables and strikethrough, HTML on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

ZERO_WIDTH = "\u200b"
AUTOLINK = re.compile(r"(?:https?|ftp)://|\bwww\.\S|\w@\w+\.\w", re.IGNORECASE)
MENTION = re.compile(r"@[\w-]")
REFERENCE = re.compile(r"(?:#|\bGH-)\d", re.IGNORECASE)

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@dataclass
class Page:
    text: str = ""
    """All text that is shown, code included, with the zero-width spaces taken out."""
    links: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    """Kinds of tokens other than text."""
    live: list[str] = field(default_factory=list)
    """What GitHub would make a link, a mention or a reference of, in text outside of code."""


def read(source: str) -> Page:
    page = Page()
    _walk(_PARSER.parse(source), page)
    return page


def _walk(tokens: list[Token], page: Page) -> None:
    for token in tokens:
        if token.type == "inline":
            _walk(token.children or [], page)
            page.text += "\n"
            continue
        if token.type == "text":
            page.text += token.content.replace(ZERO_WIDTH, "")
            page.live += [found[0] for rule in (AUTOLINK, MENTION, REFERENCE) for found in rule.finditer(token.content)]
            continue
        page.kinds.add(token.type)
        if token.type in ("html_inline", "html_block"):
            page.html.append(token.content)
        elif token.type == "link_open":
            page.links.append(str(token.attrs["href"]))
        elif token.type == "image":
            page.images.append(str(token.attrs["src"]))
            _walk(token.children or [], page)
        elif token.content:
            page.text += token.content
