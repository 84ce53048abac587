"""Which pull request a range came by, where neither the event nor the commits tell: GitHub is asked."""

from __future__ import annotations

import itertools
from collections.abc import Set
from dataclasses import replace

from ci_mediagen.events import security
from ci_mediagen.events.github_api import GitHubApi
from ci_mediagen.events.history import Entry
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.stories import Story
from ci_mediagen.model.change import CommitRange, PullRequest

_KINDS = ("push", "tag", "merge")
"""Kinds of change that may have come by a pull request of which the event says nothing."""


def merged_by(
    github: GitHubApi | None,
    trigger: Trigger,
    range_: CommitRange,
    entries: tuple[Entry, ...],
    told: tuple[Story, ...],
) -> tuple[PullRequest | None, tuple[Story, ...]]:
    """The merged pull request that the whole range is, if GitHub knows of one, and the stories of the range.

    A pull request that is only the last of several gives neither its title nor its labels to all of them. But where it says
    that it mends a hole, its stories say so too from now on.
    """
    if github is None or not entries or trigger.pull_request is not None or trigger.kind not in _KINDS:
        return None, told
    merged = github.pull_request(range_.head, trigger.branch)
    if merged is None:
        return None, told
    # Commits that a rebase brought do not name their pull request; one that names another does not belong to it.
    own = tuple(itertools.takewhile(lambda entry: entry.commit.pull_request in (None, merged.number), entries))
    parents = entries[0].parents
    whole = (
        len(entries) == 1
        or (len(parents) > 1 and parents[0] == range_.base)
        or (len(told) == 1 and told[0].pull_request == merged.number)
        or (len(own) == len(entries) and github.is_part_of(entries[-1].commit.sha, merged.number))
    )
    if security.is_security_pull_request(merged):
        told = _marked(told, {entry.commit.sha for entry in (entries if whole else own or entries[:1])})
    return (merged if whole else None), told


def _marked(told: tuple[Story, ...], shas: Set[str]) -> tuple[Story, ...]:
    """The stories, those with one of these commits as ones about security."""
    return tuple(
        replace(story, type="security", commits=tuple(replace(commit, type="security") for commit in story.commits))
        if any(commit.sha in shas for commit in story.commits)
        else story
        for story in told
    )
