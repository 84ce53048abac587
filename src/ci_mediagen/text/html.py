"""Text into HTML: element content, attribute values and addresses.

A page that shows strangers' words must not run them, not change how it looks, and not send its reader elsewhere.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

from ci_mediagen.text.clean import clean

_UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ufeff\ud800-\udfff]")
"""What browsers drop from an address or read as something else before they look at its scheme."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


def escape(text: str) -> str:
    """The text for element content or a quoted attribute value; lines stay lines."""
    return html.escape(clean(text, newlines=True), quote=True)


def safe_href(address: str | None) -> str:
    """The address, if it can only lead to a page or a file: `http` or `https` with a host, or relative. Else "".

    Not escaped: it goes through `escape` like any text. Refused are `javascript:` and `data:` in every spelling, another
    host without a scheme (`//host`), and a user part, which hides where a link goes.
    """
    if not address or _UNFIT.search(address) or address.startswith("//"):
        return ""
    if not _SCHEME.match(address):
        return address
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else ""
