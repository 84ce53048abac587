"""Changes that mend a hole: how they are known, and how their details are kept out of everything that could be shown.

What is not in the Change cannot be drawn by a template, so redaction happens here and nowhere later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ci_mediagen.events import conventional
from ci_mediagen.model.change import Commit, PullRequest, Release

HEADLINE = "Security update"
SCOPES = ("security", "sec", "vulnerability")
"""Scopes of conventional commits that say it."""

_IDS = re.compile(r"\b(?:CVE-\d{4}-\d{3,}|GHSA(?:-[0-9a-z]{4}){3}|CWE-\d{1,5})\b", re.IGNORECASE)
_LABELS = re.compile(
    r"(?:(?:type|kind|area|category|c)\s*[:/ ]\s*)?(?:security|vulnerability|security[ -]fix|security[ -]update)",
    re.IGNORECASE,
)
_KEPT_LABELS = re.compile(r"promo:(?:yes|no)", re.IGNORECASE)


def mentions_hole(*texts: str) -> bool:
    """Whether a text names a published vulnerability."""
    return any(_IDS.search(text) is not None for text in texts)


def label_says_security(labels: Sequence[str]) -> bool:
    return any(_LABELS.fullmatch(label.strip()) is not None for label in labels)


def is_security_commit(commit: Commit) -> bool:
    return (
        commit.type == "security"
        or (commit.scope or "").lower() in SCOPES
        or mentions_hole(commit.subject, commit.body, *(value for _, value in commit.footers))
    )


def is_security_pull_request(pull_request: PullRequest) -> bool:
    """Whether it says itself that it mends a hole; its commits may say so too."""
    header = conventional.parse_header(pull_request.title)
    return (
        header.type == "security"
        or (header.scope or "").lower() in SCOPES
        or label_says_security(pull_request.labels)
        or mentions_hole(pull_request.title, pull_request.body)
    )


def redacted_commit(commit: Commit) -> Commit:
    """The commit with nothing of what it says: its existence, and who wrote it."""
    return Commit(
        sha=commit.sha, subject=HEADLINE, type="security", headline=HEADLINE, author=commit.author, merge=commit.merge
    )


def redacted_pull_request(pull_request: PullRequest) -> PullRequest:
    return replace(pull_request, title=HEADLINE, body="", labels=redacted_labels(pull_request.labels), head=None)


def redacted_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Those that decide something, and no others: a label may name the hole (`xss`)."""
    return tuple(label for label in labels if label_says_security([label]) or _KEPT_LABELS.fullmatch(label.strip()))


def redacted_release(release: Release) -> Release:
    """The release without its notes; tag and version stay."""
    return replace(release, name="", body="")


def headline(subject: str = "", version: str = "") -> str:
    """`Security update`, `Web 2.4.1: security update`."""
    told = " ".join(part for part in (subject, version) if part)
    return f"{told}: {HEADLINE.lower()}" if told else HEADLINE
