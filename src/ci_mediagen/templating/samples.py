"""Made-up changes, one for each shipped template: what `templates test` draws where there is no real change at hand."""

from __future__ import annotations

from ci_mediagen.model.change import (
    Change,
    ChangedFile,
    ChangeKind,
    Commit,
    CommitRange,
    Highlight,
    Person,
    PullRequest,
    Release,
    Significance,
)

_PEOPLE = (
    Person("Mira Okafor", login="mira"),
    Person("Kenji Tanaka", login="tanaka"),
    Person("Zoé Lindqvist", login="zoe-l"),
)
_HIGHLIGHTS = (
    Highlight("Dark mode everywhere", type="feat", pull_request=118),
    Highlight("Search is three times faster", type="perf", pull_request=121),
    Highlight("Export keeps colour profiles", type="fix", pull_request=124),
    Highlight("Keyboard shortcuts for every panel", type="feat", pull_request=127),
)
_SHA = "4f2a91c0" * 5
_FILES = (
    ChangedFile("src/editor/theme.py", "added", 118, 0),
    ChangedFile("src/editor/window.py", "modified", 42, 17),
    ChangedFile("docs/themes.md", "added", 36, 0),
)

FULL = Significance("full", ("a sample shows everything",))

_TOLD: dict[str, tuple[str | None, str, ChangeKind]] = {
    "feature": ("feat", "Dark mode everywhere, from the editor to exports", "merge"),
    "fix": ("fix", "Export no longer drops the last frame", "merge"),
    "performance": ("perf", "Search answers three times faster", "merge"),
    "security": ("fix", "Security update", "release"),
    "docs": ("docs", "A guided tour for new template authors", "merge"),
    "dependency": ("deps", "Renderer moved to version 5", "merge"),
    "breaking": ("feat", "Projects are now saved as folders", "merge"),
    "release": ("feat", "Dark mode, and search at three times the speed", "release"),
    "digest": (None, "12 changes in the last 7 days", "digest"),
}
_DEFAULT: tuple[str | None, str, ChangeKind] = (None, "The preview remembers its zoom", "merge")


def sample(name: str) -> Change:
    """A change that the shipped template of this name would be chosen for; an unremarkable one for any other name."""
    kind_of_change, headline, kind = _TOLD.get(name, _DEFAULT)
    security, release = name == "security", None
    if kind == "release":
        release = Release(tag="v2.4.0", version="2.4.0", name="2.4", bump="minor", previous_tag="v2.3.0")
    several = kind in ("release", "digest") and not security
    highlights = _HIGHLIGHTS if several else () if security else (Highlight(headline, kind_of_change),)
    return Change(
        kind=kind,
        sha=_SHA,
        range=CommitRange("b" * 40, _SHA, "explicit"),
        complete=True,
        incomplete_reason="",
        headline=headline,
        type=kind_of_change,
        scope=None,
        breaking=name == "breaking",
        security=security,
        commits=tuple(Commit(_SHA, told.headline, type=told.type) for told in highlights * (3 if several else 1)),
        highlights=highlights,
        files=() if security else _FILES,
        authors=_PEOPLE,
        release=release,
        pull_request=None if release or kind == "digest" else PullRequest(118, headline),
        branch="main",
        significance=FULL,
    )


def samples() -> dict[str, Change]:
    """The made-up change of each shipped template, by the template's name."""
    return {name: sample(name) for name in (*_TOLD, "default")}
