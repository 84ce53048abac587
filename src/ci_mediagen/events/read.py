"""Which source the news comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ci_mediagen.errors import EventError
from ci_mediagen.events.github import GitHub
from ci_mediagen.events.gitlab import GitLab
from ci_mediagen.events.interface import EventSource, Trigger
from ci_mediagen.events.jenkins import Jenkins
from ci_mediagen.events.plain import Plain

SOURCES: tuple[EventSource, ...] = (GitHub(), GitLab(), Jenkins(), Plain())
"""In the order in which they are asked; the last always answers."""


def read_trigger(environ: Mapping[str, str], payload: Path | None = None, event_name: str | None = None) -> Trigger:
    """The news: of the payload if one is given (GitHub's, whatever system this runs on), else of the CI system that the
    environment is of, else none: run by hand (`Trigger.by_hand`).

    Raises EventError: the payload cannot be read, or is of a kind that says nothing about a change.
    """
    if payload is not None:
        if environ.get("GITHUB_EVENT_PATH") == str(payload):
            return GitHub().read(environ, payload, event_name or environ.get("GITHUB_EVENT_NAME"))
        # Another event than the one that started this run: what the runner says of itself is not about it.
        return GitHub().read({}, payload, event_name)
    source = next(source for source in SOURCES if source.detect(environ))
    if event_name and not isinstance(source, GitHub):
        raise EventError(
            "--event-name names the kind of an event, but there is no event", advice="Give its payload with --event."
        )
    return source.read(environ, None, event_name)
