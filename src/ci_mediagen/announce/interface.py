"""Telling people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ci_mediagen.errors import ServiceError
from ci_mediagen.model.change import AnnounceMode, Change
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.link import Link
from ci_mediagen.model.manifest import RunOutcome, Told
from ci_mediagen.model.outcome import Outcome
from ci_mediagen.model.publication import PublishedFile


@dataclass(frozen=True, slots=True)
class Announcement:
    """What there is to tell. Texts are plain and untrusted: each announcer encodes them for its own sink."""

    mode: AnnounceMode
    project: str
    title: str
    """One line: `Aurora Studio 2.4 - Dark mode, 3x faster search`."""
    bullets: tuple[str, ...]
    """At most three."""
    context: str
    """`12 changes, 5 people`; says so when history was read in part."""
    outcome: RunOutcome
    reasons: tuple[str, ...]
    """Why this outcome, and why nothing was made."""
    change: Change | None
    template: str | None
    template_reason: str
    files: tuple[PublishedFile, ...]
    links: tuple[Link, ...]
    """Best publisher first: a link that works for everyone comes before a local path."""
    outcomes: tuple[Outcome, ...]
    manifest_path: Path | None
    seconds: float
    warnings: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()
    """What the announcers before this one did: step outputs come last and tell the message's id."""


class MaybeTold(ServiceError):
    """The connection was lost after the message was sent: it may have arrived, so it is not sent again."""


class Announcer(Protocol):
    """One way of telling.

    Contract: a message is sent once for one announcement; nothing in it pings anyone; text is never cut inside a character or
    escape; nothing is sent where there is nothing to see. Failure: CredentialsError, ServiceError (MaybeTold where the message
    may have arrived), UsageError; the pipeline warns, keeps the announcement in the outbox, and the run's exit code stays.
    """

    name: str
    quiet: bool
    """It may tell even when the mode is `silent`: it reaches only those who look (a job summary, step outputs)."""

    def announce(self, announcement: Announcement) -> Told: ...

    def check(self) -> Sequence[Finding]: ...
