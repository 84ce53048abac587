"""Secrets out of texts, in every spelling in which they turn up."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

MASK = "***"
MIN_LENGTH = 6
"""Characters; shorter values turn up in ordinary words."""

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|KEY|WEBHOOK|CREDENTIAL|AUTH|PRIVATE|SIGNATURE|_PAT$|_DSN$|SAS$", re.IGNORECASE
)
_NOT_SECRET = frozenset({"SSH_AUTH_SOCK", "XAUTHORITY", "GITHUB_ACTOR"})

_KNOWN_SHAPES = re.compile(
    r"""
      \bxox[a-z]-[A-Za-z0-9-]{6,}                                # Slack tokens
    | \bxapp-[A-Za-z0-9-]{6,}
    | \bgh[a-z]_[A-Za-z0-9]{20,}                                 # GitHub tokens
    | \bgithub_pat_[A-Za-z0-9_]{20,}
    | \bglpat-[A-Za-z0-9_-]{16,}                                 # GitLab
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                              # AWS key ids
    | \bhf_[A-Za-z0-9]{20,}                                      # Hugging Face
    | (?<=/services/)[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]{6,}   # Slack incoming webhooks
    | (?<=/triggers/)[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]{6,}   # Slack workflow webhooks
    | (?<=://)[^\s/@:]{1,256}:[^\s/@]{1,256}(?=@)                # user:password in an address
    | (?<=://)[^\s/@:]{16,256}(?=@)                              # token in an address
    | (?i:(?<=[?&]X-Amz-Signature=)|(?<=[?&]X-Amz-Credential=)|(?<=[?&]X-Amz-Security-Token=)|(?<=[?&]Signature=))[^\s&"'<>]+
    | (?i:(?<=authorization:\ bearer\ )|(?<=authorization:\ basic\ )|(?<=authorization:\ token\ ))[^\s"']+
    """,
    re.VERBOSE,
)


class Redactor:
    """Replaces the values of secret-looking environment variables, and what is plainly a credential, by `***`.

    The values are also found when they were quoted for a URL, escaped for JSON, or encoded as base64, alone or with
    something before them. A value of several lines (a private key) is found line by line.
    """

    __slots__ = ("_pattern",)

    def __init__(self, environ: Mapping[str, str] | None = None, *, secrets: Iterable[str] = ()) -> None:
        values = [
            value for name, value in (environ or {}).items() if _SECRET_NAME.search(name) and name not in _NOT_SECRET
        ]
        spellings = {spelling for value in (*values, *secrets) for spelling in _spellings(value)}
        longest_first = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def redact(self, text: str) -> str:
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        return _KNOWN_SHAPES.sub(MASK, text)


def _spellings(value: str) -> set[str]:
    parts = {part.strip() for part in (value, *value.splitlines())}
    found: set[str] = set()
    for part in parts:
        if len(part) < MIN_LENGTH:
            continue
        raw = _bytes(part)
        found |= {part, quote(raw, safe=""), quote(raw), quote_plus(raw)}
        found |= {json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1]}
        found |= _base64(raw)
    return found


def _bytes(value: str) -> bytes:
    """As the environment holds it, where bytes that are no UTF-8 are read as lone surrogates."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def _base64(value: bytes) -> set[str]:
    """The part of each base64 spelling that does not depend on what stands before or after the value."""
    found: set[str] = set()
    for before in range(3):
        padded = b"\0" * before + value
        whole_groups = len(padded) // 3 * 3
        first = 4 if before else 0
        for encoded in (base64.b64encode(padded[:whole_groups]), base64.urlsafe_b64encode(padded[:whole_groups])):
            middle = encoded[first:].decode("ascii")
            if len(middle) >= MIN_LENGTH:
                found.add(middle)
    return found
