"""What the Jinja of a template sees: a plain, frozen view of the change, without e-mail addresses, and of the brand.

The fields here are the names that template authors may write; `sandbox` reads nothing but these, maps and lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ci_mediagen.model.brand import Brand
from ci_mediagen.model.change import Change, Highlight, Package, PullRequest, Release

SECURITY_HEADLINE = "Security update"
"""Told of a security change instead of its own words, which may say where the hole is."""


@dataclass(frozen=True, slots=True)
class HighlightView:
    headline: str
    type: str | None
    scope: str | None
    breaking: bool
    pull_request: int | None


@dataclass(frozen=True, slots=True)
class PullRequestView:
    number: int
    title: str
    labels: tuple[str, ...]
    author: str | None


@dataclass(frozen=True, slots=True)
class ReleaseView:
    tag: str
    version: str
    name: str
    bump: str
    prerelease: bool


@dataclass(frozen=True, slots=True)
class ChangeView:
    """`change` in a template."""

    kind: str
    headline: str
    type: str | None
    scope: str | None
    breaking: bool
    security: bool
    version: str
    """Empty where nothing is released."""
    highlights: tuple[HighlightView, ...]
    labels: tuple[str, ...]
    authors: tuple[str, ...]
    """Names."""
    commits: int
    """How many, merges not counted."""
    files: int
    """How many were changed."""
    additions: int
    """Lines."""
    deletions: int
    branch: str | None
    repository: str | None
    pull_request: PullRequestView | None
    release: ReleaseView | None


@dataclass(frozen=True, slots=True)
class BrandView:
    """`brand` in a template."""

    project: str
    accent: str
    accent_2: str
    website: str
    tone: str


@dataclass(frozen=True, slots=True)
class PackageView:
    """`package` in a template: empty texts where the change is not of one package."""

    name: str
    title: str


def without_details(change: Change) -> Change:
    """A security change without the words that could say where the hole is; any other change as it is.

    A release tells its own highlights: those that mend a hole are taken out of it.
    """
    if not change.security:
        return change
    if change.kind in ("release", "tag", "digest"):
        kept = tuple(highlight for highlight in change.highlights if not _tells_of_a_hole(highlight))
        mended = len(change.highlights) - len(kept)
        told = (*kept, Highlight(headline=SECURITY_HEADLINE, type="security")) if mended else kept
        secret = {highlight.headline for highlight in change.highlights} - {highlight.headline for highlight in kept}
        headline = SECURITY_HEADLINE if change.headline in secret else change.headline
        return replace(change, headline=headline, highlights=told)
    pull_request = change.pull_request and replace(change.pull_request, title=SECURITY_HEADLINE, body="", labels=())
    return replace(
        change,
        headline=SECURITY_HEADLINE,
        scope=None,
        highlights=(),
        files=(),
        labels=(),
        branch=None,
        pull_request=pull_request,
    )


def context(change: Change, brand: Brand, package: Package | None, text: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a template: `change`, `brand`, `project`, `package`, `text`."""
    return {
        "change": change_view(without_details(change)),
        "brand": BrandView(brand.project, brand.accent, brand.accent_2, brand.website or "", brand.tone),
        "project": brand.project,
        "package": PackageView(package.name, package.title) if package else PackageView("", ""),
        "text": text,
    }


VARIABLES: Mapping[str, Any] = {
    "change": ChangeView,
    "brand": BrandView,
    "project": str,
    "package": PackageView,
    "text": Mapping,
}
"""Every variable and its type: `schema` checks the names of a template's Jinja against these before anything happens."""


def change_view(change: Change) -> ChangeView:
    return ChangeView(
        kind=change.kind,
        headline=change.headline,
        type=change.type,
        scope=change.scope,
        breaking=change.breaking,
        security=change.security,
        version=change.version or "",
        highlights=tuple(
            HighlightView(item.headline, item.type, item.scope, item.breaking, item.pull_request)
            for item in change.highlights
        ),
        labels=change.labels,
        authors=tuple(person.name for person in change.authors),
        commits=count_commits(change),
        files=len(change.files),
        additions=sum(file.additions or 0 for file in change.files),
        deletions=sum(file.deletions or 0 for file in change.files),
        branch=change.branch,
        repository=change.repository,
        pull_request=_pull_request_view(change.pull_request) if change.pull_request else None,
        release=_release_view(change.release) if change.release else None,
    )


def _pull_request_view(request: PullRequest) -> PullRequestView:
    return PullRequestView(
        request.number, request.title, request.labels, request.author.name if request.author else None
    )


def _release_view(release: Release) -> ReleaseView:
    return ReleaseView(release.tag, release.version, release.name, release.bump, release.prerelease)


def count_commits(change: Change) -> int:
    return sum(not commit.merge for commit in change.commits)


def _tells_of_a_hole(highlight: Highlight) -> bool:
    words = f"{highlight.type or ''} {highlight.scope or ''} {highlight.headline}".casefold()
    return any(word in words for word in _HOLE_WORDS)


_HOLE_WORDS = ("security", "vulnerab", "cve-", "ghsa-", "exploit", "xss", "csrf", "injection", "sanitiz", "sanitis")
"""Words of a highlight that mends a hole. Too many are better than too few: such a highlight is told in general words."""
