"""Addresses that may be shown as links."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

MAX_URL = 3000
"""Characters; the shortest limit among the sinks (Slack's buttons)."""

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029\ud800-\udfff]")
# Everything that an address may hold as it is; the rest is percent-encoded.
_SAFE = "%/:?#[]@!$&'()*+,;=-._~"


def web_address(url: str | None) -> str | None:
    """The address in ASCII, safe between quotes and angle brackets, if it is http or https with a host and no user; else None.

    Other schemes run scripts or open files; a user part hides where a link goes; a backslash or line break is read
    differently by different readers.
    """
    if not url or len(url) > MAX_URL or _FORBIDDEN.search(url):
        return None
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    encoded = quote(url, safe=_SAFE)
    return encoded if len(encoded) <= MAX_URL else None


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine's own."""
    host = host.strip("[]").lower().rstrip(".")
    return (
        host == "localhost"
        or host.endswith(".localhost")
        or host == "::1"
        or bool(re.fullmatch(r"127(?:\.\d{1,3}){3}", host))
    )


def is_public(url: str | None) -> bool:
    """Whether a reader elsewhere could open it: https, and not an address of this machine or of a local network."""
    address = web_address(url)
    if address is None or not address.lower().startswith("https:"):
        return False
    host = urlsplit(address).hostname or ""
    return not is_loopback(host) and not _PRIVATE_HOST.fullmatch(host)


_PRIVATE_HOST = re.compile(
    r"10(?:\.\d+){3}|192\.168(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2}|169\.254(?:\.\d+){2}|0\.0\.0\.0"
    r"|f[cd][0-9a-f]{2}:.*|fe80:.*|[^.:]+|.*\.(?:local|internal|lan)"
)
