"""The view as HTML: one file, nothing fetched but the media, nothing run but the few lines that copy."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from ci_mediagen import __version__
from ci_mediagen.model.publication import Publication
from ci_mediagen.publish.gallery.view import Page, page_of
from ci_mediagen.text.html import escape, safe_href

GENERATOR = "ci-mediagen"
"""In the page's `generator` element: how a folder's page is known to be ours."""

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class PageLinks:
    """The addresses that the page writes."""

    names: tuple[str, ...]
    """Of each file of the publication, in its order."""
    files: tuple[str, ...]
    """Of each file, percent-encoded: relative to the page, or absolute."""
    manifest: str = ""
    page: str = ""
    """The page's own address, where everybody may know it: with it, chats and feeds can show a preview."""
    expires_at: str = ""
    """When its addresses stop working; UTC, ISO 8601."""


def render_gallery(publication: Publication, links: PageLinks) -> str:
    """The page. The same publication and links give the same bytes: there is no time in it."""
    page = page_of(publication, links.names, tuple(map(safe_href, links.files)))
    style = _style(page)
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    text: str = _template().render(
        page=page,
        style=_raw(style),
        script=_raw(script),
        policy=_policy(style, script, links.files),
        generator=f"{GENERATOR} {__version__}",
        manifest=safe_href(links.manifest),
        address=safe_href(links.page),
        social_image=urljoin(links.page, page.social_image.src) if links.page and page.social_image else "",
        expires=links.expires_at.replace("T", " ").replace("+00:00", " UTC"),
    )
    return text


def _style(page: Page) -> str:
    """The style sheet with what differs from page to page: here, because the policy forbids style attributes."""
    shapes = "".join(f"#{item.anchor}{{--aspect:{item.aspect:.4f}}}\n" for item in page.items)
    return f":root{{--accent:{page.accent}}}\n{(_HERE / 'page.css').read_text(encoding='utf-8')}{shapes}"


def _policy(style: str, script: str, files: Sequence[str]) -> str:
    """A content security policy: our style and script by their hashes, media from where they lie, and nothing else."""
    origins = {f"{parts.scheme}://{parts.netloc}" for href in files if (parts := urlsplit(href)).netloc}
    media = " ".join(["'self'", "file:", *sorted(origins)])
    return "; ".join(
        [
            "default-src 'none'",
            f"img-src {media} data:",
            f"media-src {media}",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@functools.cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def encoded(value: object) -> object:
        return value if isinstance(value, Markup) else Markup(escape(str(value)))  # noqa: S704 - escaped by our encoder

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        finalize=encoded,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html")


def _raw(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own style and script
