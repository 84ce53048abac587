"""One run, whole: what happened, what was decided, made, published and told. It can be audited and repeated from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ci_mediagen.model.brand import Asset, Brand
from ci_mediagen.model.change import Change
from ci_mediagen.model.link import Link
from ci_mediagen.model.outcome import Outcome
from ci_mediagen.model.plan import PlannedAnnounce, PlannedTemplate
from ci_mediagen.model.task import Task

SCHEMA_VERSION = 1
RunOutcome = Literal["ok", "partial", "nothing", "failed"]


@dataclass(frozen=True, slots=True)
class Told:
    """What one announcer did."""

    announcer: str
    status: Literal["sent", "skipped", "failed"]
    detail: str = ""
    """A message id, or why not. Never a secret."""


@dataclass(frozen=True, slots=True)
class Manifest:
    version: str
    """Of ci-mediagen."""
    outcome: RunOutcome
    reasons: tuple[str, ...]
    started_at: str
    """UTC, ISO 8601."""
    seconds: float
    change: Change | None
    template: PlannedTemplate | None
    brand: Brand | None
    assets: tuple[Asset, ...]
    tasks: tuple[Task, ...]
    outcomes: tuple[Outcome, ...]
    links: tuple[Link, ...]
    announce: PlannedAnnounce | None
    told: tuple[Told, ...] = ()
    warnings: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds of each arrow of the pipeline: `events`, `plan`, `execute`, `publish`, `announce`."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of Python and the libraries that reach the pixels."""
    schema_version: int = SCHEMA_VERSION
