"""The main job, top to bottom: events -> Change -> Template -> Plan -> Outcomes -> Links -> Messages.

`decide` is the pure half, `run` the whole. The rooms are put together from the configuration in `assembly`; what happened
is written down in `record`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ci_mediagen import assembly
from ci_mediagen.config import Config
from ci_mediagen.errors import FORGIVABLE, MediagenError, UsageError
from ci_mediagen.model.link import Link
from ci_mediagen.model.manifest import Manifest
from ci_mediagen.model.plan import Plan
from ci_mediagen.model.progress import Progress
from ci_mediagen.model.publication import PublishedFile
from ci_mediagen.record import Record


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for."""

    repo: Path
    environ: Mapping[str, str]
    config_path: Path | None = None
    event: Path | None = None
    event_name: str | None = None
    range: str | None = None
    since: str | None = None
    package: str | None = None
    template: str | None = None
    only: tuple[str, ...] = ()
    flags: Mapping[str, Any] = field(default_factory=dict)
    """Configuration keys given on the command line; they win over every other place."""
    plan_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What `run` will do."""

    plan: Plan
    config: Config
    nothing: str
    """Why there is nothing to do; empty where there is."""
    stored: frozenset[str]
    """Keys of the plan that the store has."""


@dataclass(frozen=True, slots=True)
class Result:
    """What `run` did."""

    manifest: Manifest
    manifest_path: Path | None
    output: Path
    files: tuple[PublishedFile, ...]
    errors: tuple[MediagenError, ...]
    exit_code: int
    forgiven: int
    """The exit code that `on-failure: warn` turned into 0; 0 where there was none."""
