"""Where news of a change comes from.

An EventSource reads one forge's or CI system's news (a payload file, environment variables) into a `Trigger`: what is
claimed to have happened. It reads no history. `git.py` then checks the claim against the repository, finds the range, and
builds the Change; so a new CI system is one file here that knows its variables and nothing of git.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ci_mediagen.model.change import ChangeKind, Person, PullRequest, Release


@dataclass(frozen=True, slots=True)
class Trigger:
    """What is claimed to have happened, before history was read."""

    event: str
    """`github:pull_request`, `jenkins`, `gitlab`, `git`."""
    kind: ChangeKind
    head: str | None = None
    """A revision; None means HEAD."""
    before: str | None = None
    """Where a push began; forty zeros become None."""
    base: str | None = None
    """The revision a pull request or merge group was built on."""
    tag: str | None = None
    branch: str | None = None
    pull_request: PullRequest | None = None
    release: Release | None = None
    repository: str | None = None
    url: str | None = None
    actor: Person | None = None
    private: bool | None = None
    trusted: bool = True
    by_hand: bool = False
    """No CI system started this: a person typed the command."""
    new_branch: bool = False
    """The push made the branch, so there is no `before`."""
    default_branch: str | None = None
    """The repository's main branch, where the news names it."""
    on_default_branch: bool | None = None
    """Whether `branch` is that one, where the news says only this."""
    pull_request_head: str | None = None
    """The tip of the pull request's own branch; after a squash or rebase it is in no branch of the repository."""
    pull_request_commits: int | None = None
    """How many commits the pull request had."""
    logins: tuple[tuple[str, str], ...] = ()
    """(address in lower case, account name) of people, where the news tells."""
    nothing: str | None = None
    """Why there is nothing to do, where the event itself says so: `pull request 7 was closed without a merge`."""


class EventSource(Protocol):
    """One way in which news arrives."""

    name: str

    def detect(self, environ: Mapping[str, str]) -> bool:
        """Whether the environment is that of this CI system."""
        ...

    def read(self, environ: Mapping[str, str], payload: Path | None, event_name: str | None) -> Trigger:
        """The news. Raises EventError: not JSON, truncated, of a kind that says nothing about a change."""
        ...
