"""What will be made, decided before anything is: a DAG of keyed tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ci_mediagen.model.brand import Asset, Brand
from ci_mediagen.model.change import AnnounceMode, Change
from ci_mediagen.model.codec import decode, encode
from ci_mediagen.model.outcome import Skipped
from ci_mediagen.model.task import Task

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class PlannedTemplate:
    name: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class PlannedAnnounce:
    mode: AnnounceMode
    reason: str
    channels: tuple[str, ...] = ()
    """Names of the announcers that would tell: `slack`, `job-summary`."""


@dataclass(frozen=True, slots=True)
class Plan:
    change: Change
    template: PlannedTemplate | None
    """None when there is nothing to do."""
    tasks: tuple[Task, ...]
    """In an order in which each task comes after those it depends on."""
    skipped: tuple[Skipped, ...] = ()
    """Shots that will not be made, with the reason."""
    brand: Brand | None = None
    assets: tuple[Asset, ...] = ()
    """The pictures that may be shown, best first."""
    notes: tuple[str, ...] = ()
    """What was decided and why, in words: the choice of asset, of colours."""
    publish: tuple[str, ...] = ()
    """Names of the publishers, without their destinations' secrets: `directory`, `s3`."""
    announce: PlannedAnnounce = PlannedAnnounce("silent", "nothing to tell")


def to_document(plan: Plan, stored: Collection[str] = ()) -> dict[str, Any]:
    """The plan as `plan --json` prints it. `stored` holds the keys that the store already has."""
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, **encode(plan)}
    document["tasks"] = [
        {**encode(task), "depends_on": list(task.depends_on), "reused": task.key in stored} for task in plan.tasks
    ]
    return document


def from_document(document: Mapping[str, Any]) -> Plan:
    """The inverse of `to_document`. Raises ValueError naming what does not fit."""
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ValueError(f"$.schema_version: this program reads version {SCHEMA_VERSION}, the file has {version!r}")
    bare = {name: value for name, value in document.items() if name != "schema_version"}
    if isinstance(bare.get("tasks"), list):
        derived = {"depends_on", "reused"}
        bare["tasks"] = [
            {name: value for name, value in task.items() if name not in derived} if isinstance(task, dict) else task
            for task in bare["tasks"]
        ]
    return decode(Plan, bare)
