"""What can go wrong in one call to Slack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Refused:
    """`{"ok": false, "error": ...}` with status 200, as Slack refuses."""

    error: str
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Status:
    """An HTTP status, by Slack or by something in front of it."""

    code: int
    body: str = "upstream error"
    after: bool = False
    """The call had its effect all the same."""


@dataclass(frozen=True)
class RateLimited:
    retry_after: int


@dataclass(frozen=True)
class Dropped:
    """The connection is closed without an answer."""

    after: bool
    """The call had its effect before."""


@dataclass(frozen=True)
class Slow:
    """No answer until the server closes: the caller must have a timeout. The call has its effect."""


@dataclass(frozen=True)
class Garbled:
    """Status 200 with a body that is not Slack's. The call had its effect."""

    body: str


Fault = Refused | Status | RateLimited | Dropped | Slow | Garbled
