"""How a task ended: made, reused, or not, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ci_mediagen.model.media import Artifact


@dataclass(frozen=True, slots=True)
class Generated:
    task: str
    key: str
    artifact: Artifact
    reason: str = "made now"
    status: Literal["generated"] = "generated"


@dataclass(frozen=True, slots=True)
class Reused:
    task: str
    key: str
    artifact: Artifact
    reason: str = "found in the store"
    status: Literal["reused"] = "reused"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not wanted or not possible, and nothing is wrong: `reason` says which."""

    task: str
    key: str
    reason: str
    status: Literal["skipped"] = "skipped"


@dataclass(frozen=True, slots=True)
class Failed:
    task: str
    key: str
    reason: str
    exit_code: int = 4
    """Of the error that ended it, as in `errors`."""
    attempts: int = 1
    status: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A paid submit whose fate cannot be told: it may have been billed, and is never sent again silently."""

    task: str
    key: str
    reason: str
    status: Literal["unknown"] = "unknown"


Outcome = Generated | Reused | Skipped | Failed | Unknown
