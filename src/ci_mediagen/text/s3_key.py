"""Text into S3 object keys, and keys into addresses.

A key is made from a pattern such as `{project}/{slug}/{sha12}/{name}`. What a field stands for may be a stranger's text (a
tag, a project's name): `key_part` makes one path component of it that means the same to every S3 server, proxy and browser.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ci_mediagen.errors import ConfigError
from ci_mediagen.text.suggest import did_you_mean

MAX_KEY_BYTES = 1024
"""S3's own limit, in bytes of UTF-8."""
MAX_PART = 80
"""Characters of one field: a dozen of them still make a key."""

FIELDS: Mapping[str, str] = {
    "project": "the project's name in lower case",
    "slug": "the release's tag, else `pr-` and the pull request's number, else the commit's first 12 hex digits",
    "package": "the package of a monorepo, where the change touches exactly one; else left out",
    "name": "the file's name: `card.png`",
    "key": "the key of the task that made the file, 64 hex digits",
    "key12": "its first 12",
    "sha256": "the SHA-256 of the file's bytes, 64 hex digits",
    "sha12": "its first 12",
}
"""What a key pattern may hold, and what each field stands for."""

FILE_FIELDS = frozenset({"name", "key", "key12", "sha256", "sha12"})
"""The fields that differ from file to file; the others are the same for a whole run."""
CONTENT_FIELDS = frozenset({"sha256", "sha12"})
"""With one of these in the pattern, other bytes have another address, so a reader may keep a copy for ever."""

DEFAULT_PATTERN = "{project}/{slug}/{sha12}/{name}"

_LOST = re.compile(r"[^A-Za-z0-9._@-]+")
_LITERAL = re.compile(r"[A-Za-z0-9._@=/-]*")


def key_part(text: str, *, fallback: str = "unnamed") -> str:
    """One component of a key: letters, digits and `._@-` of ASCII, not empty, not beginning with a dot.

    Spaces become `-`. Where anything else is lost, six hex digits of the text's SHA-256 follow, so that two texts that lose
    different things stay two (`极光` and `曙光`, `a/b` and `a?b`).
    """
    spaced = "-".join(text.split())
    kept = re.sub("-{2,}", "-", _LOST.sub("-", spaced)).strip("-.")
    if kept == spaced and len(kept) <= MAX_PART:
        return kept or fallback
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{kept[: MAX_PART - 7].strip('-.') or fallback}-{digest}"


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """A key pattern that was looked at: known fields, plain text between them, and the file's name at its end."""

    pattern: str

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(field for _, field, _, _ in string.Formatter().parse(self.pattern) if field)

    @property
    def immutable(self) -> bool:
        return bool(self.fields & CONTENT_FIELDS)

    @property
    def folder(self) -> str:
        """The leading components that are the same for all files of one run."""
        shared = []
        for component in self.pattern.split("/"):
            if any(f"{{{field}}}" in component for field in FILE_FIELDS):
                break
            shared.append(component)
        return "/".join(shared)

    def fill(self, values: Mapping[str, str], *, folder_only: bool = False) -> str:
        """The key for values that are safe already (`key_part`, hex digits). An empty field leaves no empty component.

        Raises ConfigError where it is longer than S3 allows.
        """
        filled = (self.folder if folder_only else self.pattern).format_map(values)
        key = "/".join(component for component in filled.split("/") if component)
        if len(key.encode()) > MAX_KEY_BYTES:
            raise ConfigError(
                f"the S3 key of {values.get('name', 'a file')} has {len(key.encode())} bytes; S3 allows {MAX_KEY_BYTES}",
                advice=f"Shorten the prefix or the key pattern {self.pattern!r}.",
            )
        return key


def parse_key_pattern(pattern: str) -> KeyPattern:
    """Raises ConfigError: an unknown field, a pattern that is no plain path, or no `{name}` at its end."""
    advice = f"A pattern looks like {DEFAULT_PATTERN!r}; its fields are {', '.join(FIELDS)}."
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise ConfigError(f"S3 key pattern {pattern!r}: {error}", advice=advice) from error
    for literal, field, form, conversion in parts:
        if field is not None and (field not in FIELDS or form or conversion):
            raise ConfigError(
                f"S3 key pattern {pattern!r}: {{{field}}} is no field of it{did_you_mean(field, FIELDS)}", advice=advice
            )
        if not _LITERAL.fullmatch(literal):
            raise ConfigError(
                f"S3 key pattern {pattern!r}: {literal!r} holds characters other than letters, digits and ._@=/-",
                advice=advice,
            )
    components = pattern.split("/")
    if "" in components or any(component.strip(".") == "" for component in components):
        raise ConfigError(f"S3 key pattern {pattern!r} has an empty, `.` or `..` component", advice=advice)
    if components[-1] != "{name}":
        raise ConfigError(f"S3 key pattern {pattern!r} must end with /{{name}}", advice=advice)
    return KeyPattern(pattern)


def check_prefix(prefix: str) -> str:
    """The prefix without slashes at its ends. Raises ConfigError where it has odd components or control characters."""
    plain = prefix.strip("/")
    components = plain.split("/") if plain else []
    if any(component in ("", ".", "..") for component in components) or not plain.isprintable():
        raise ConfigError(
            f"S3 prefix {prefix!r} has an empty, `.` or `..` component or characters that cannot be seen",
            advice="Write it as plain folders: media/promo.",
        )
    return plain


def url_path(key: str) -> str:
    """The key as the path of an address: everything but unreserved characters and `/` percent-encoded."""
    return quote(key, safe="/")


def join_url(base: str, key: str) -> str:
    """The address of an object under the public address of its bucket."""
    return f"{base.rstrip('/')}/{url_path(key)}"


def relative_url(from_key: str, to_key: str) -> str:
    """What a page at `from_key` writes to reach `to_key` on the same host."""
    return url_path(posixpath.relpath(to_key, posixpath.dirname(from_key) or "."))
