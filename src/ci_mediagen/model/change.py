"""What happened in a repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ChangeKind = Literal["merge", "push", "release", "tag", "merge-queue", "digest", "manual"]
Level = Literal["skip", "card", "full"]
AnnounceMode = Literal["silent", "short", "post"]
FileStatus = Literal["added", "modified", "removed", "renamed"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who worked on a change."""

    name: str
    login: str | None = None
    """The account name at the forge, without `@`, where it is known."""
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the range, its message parsed."""

    sha: str
    subject: str
    """The first line as it was written."""
    body: str = ""
    type: str | None = None
    """Conventional type (`feat`, `fix`...) as written or as recognised by pattern; None where there is none."""
    scope: str | None = None
    breaking: bool = False
    headline: str = ""
    """The subject made fit for people: no type prefix, ticket id or `(#12)`."""
    footers: tuple[tuple[str, str], ...] = ()
    """(token, value) in the order written; `BREAKING CHANGE` keeps its space."""
    author: Person | None = None
    co_authors: tuple[Person, ...] = ()
    pull_request: int | None = None
    merge: bool = False
    """It has two or more parents."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    number: int
    title: str
    body: str = ""
    labels: tuple[str, ...] = ()
    author: Person | None = None
    url: str | None = None
    base: str | None = None
    head: str | None = None
    merged: bool = True
    from_fork: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    tag: str
    version: str
    """The tag less its pattern: `v2.4.0` and `web@2.4.0` are both `2.4.0`."""
    name: str = ""
    body: str = ""
    prerelease: bool = False
    draft: bool = False
    url: str | None = None
    bump: Literal["major", "minor", "patch", "prerelease", "first", "unknown"] = "unknown"
    """Against the previous tag of the same pattern."""
    previous_tag: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    path: str
    """Relative to the repository's root, with `/`."""
    status: FileStatus
    additions: int | None = None
    """Lines; None for a binary file."""
    deletions: int | None = None
    old_path: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a monorepo that the change touches."""

    name: str
    title: str
    paths: tuple[str, ...]
    tag_pattern: str | None = None
    """With `{version}`: `web@{version}`."""


@dataclass(frozen=True, slots=True)
class CommitRange:
    """`base..head`; `base` None means from the first commit there is (the empty tree)."""

    base: str | None
    head: str
    method: str
    """The rung of the ladder that gave it: `explicit`, `previous-tag`, `merge-group`, `merge-base`, `before-after`,
    `first-parent`, `empty-tree`, `since`."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """One line worth telling, foremost first: a commit or pull request of the range, made fit for people."""

    headline: str
    type: str | None = None
    scope: str | None = None
    breaking: bool = False
    pull_request: int | None = None


@dataclass(frozen=True, slots=True)
class Significance:
    """How much is made of a change and who hears of it, with the reasons in words."""

    level: Level
    """skip: nothing. card: one picture. full: every shot of the template."""
    reasons: tuple[str, ...]
    announce: AnnounceMode = "silent"
    announce_reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened, as told to templates. Everything textual in here was written by strangers."""

    kind: ChangeKind
    sha: str
    range: CommitRange
    complete: bool
    """False where history could not be read whole."""
    incomplete_reason: str
    headline: str
    type: str | None
    scope: str | None
    breaking: bool
    security: bool
    """It mends a vulnerability: no details are told, and nothing before a release."""
    commits: tuple[Commit, ...]
    highlights: tuple[Highlight, ...]
    files: tuple[ChangedFile, ...]
    authors: tuple[Person, ...]
    """People, foremost first, without bots."""
    labels: tuple[str, ...] = ()
    packages: tuple[Package, ...] = ()
    pull_request: PullRequest | None = None
    release: Release | None = None
    branch: str | None = None
    repository: str | None = None
    """`owner/name` at the forge, where known."""
    url: str | None = None
    """Where a reader finds the change at the forge."""
    actor: Person | None = None
    event: str = "git"
    """Where the news came from: `github:pull_request`, `jenkins`, `gitlab`, `git`."""
    private: bool | None = None
    """Whether the repository is private, where known."""
    trusted: bool = True
    """False for a change that is not merged: configuration and templates then come from the base ref."""
    significance: Significance | None = None
    """None until decided."""
    default_branch: bool | None = None
    """Whether it is on the repository's default branch; None where that is not known."""

    @property
    def version(self) -> str | None:
        return self.release.version if self.release else None
