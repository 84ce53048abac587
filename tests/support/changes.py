"""Changes for tests, one for each kind that a shipped template is for, with words that tests can count on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ci_mediagen.model.brand import Brand
from ci_mediagen.model.change import (
    Change,
    ChangedFile,
    Commit,
    CommitRange,
    Highlight,
    Person,
    PullRequest,
    Release,
)

BRAND = Brand(project="Aurora Studio", accent="#7c5cff", accent_2="#19c3a6", website="aurora.example")

_ADA, _GRACE, _LI = Person("Ada Lovelace", "ada"), Person("Grace Hopper", "grace"), Person("李明", "liming")
_SHA = "5a3c1e9f7b2d4c6a8e0f1a2b3c4d5e6f70819203"

_HIGHLIGHTS = (
    Highlight("Dark mode everywhere", "feat", "editor", pull_request=412),
    Highlight("Search is three times faster", "perf", "search", pull_request=405),
    Highlight("Exports keep their fonts", "fix", "export", pull_request=398),
    Highlight("A guide for first-time authors", "docs", pull_request=391),
    Highlight("Shortcuts can be changed", "feat", "editor", pull_request=388),
)


def changes() -> Mapping[str, Change]:
    """A change by the name of the shipped template that it is for."""
    feature = _merge("Dark mode everywhere", "feat", "editor")
    several = replace(feature, highlights=_HIGHLIGHTS, commits=tuple(map(_commit, _HIGHLIGHTS)), pull_request=None)
    return {
        "feature": feature,
        "fix": _merge("Exports keep their fonts", "fix", "export"),
        "performance": _merge("Search is three times faster", "perf", "search"),
        "security": replace(
            _merge("Escape file names in the preview", "fix", "preview"), security=True, type="security"
        ),
        "docs": _merge("A guide for first-time authors", "docs", None),
        "dependency": _merge("Update Pillow to 12.1", "deps", None),
        "breaking": replace(_merge("The command line speaks JSON only", "feat", "cli"), breaking=True),
        "release": replace(
            several,
            kind="release",
            headline="Dark mode, 3x faster search",
            type=None,
            scope=None,
            release=Release("v2.4.0", "2.4.0", name="2.4.0", bump="minor", previous_tag="v2.3.1"),
        ),
        "digest": replace(several, kind="digest", headline="What was new this week", type=None, scope=None),
        "default": _merge("Split the renderer into two parts", "refactor", "renderer"),
    }


def _merge(headline: str, kind: str, scope: str | None) -> Change:
    highlight = Highlight(headline, kind, scope, pull_request=412)
    return Change(
        kind="merge",
        sha=_SHA,
        range=CommitRange("0b1c2d3e4f5061728394a5b6c7d8e9f001122334", _SHA, "merge-base"),
        complete=True,
        incomplete_reason="",
        headline=headline,
        type=kind,
        scope=scope,
        breaking=False,
        security=False,
        commits=(_commit(highlight),),
        highlights=(highlight,),
        files=(
            ChangedFile("src/theme.py", "added", 120, 0),
            ChangedFile("src/editor.py", "modified", 36, 12),
            ChangedFile("docs/themes.md", "added", 40, 0),
        ),
        authors=(_ADA, _GRACE, _LI),
        pull_request=PullRequest(412, headline, author=_ADA),
        branch="main",
        repository="aurora/studio",
    )


def _commit(highlight: Highlight) -> Commit:
    prefix = f"{highlight.type}({highlight.scope})" if highlight.scope else highlight.type
    return Commit(
        sha=_SHA,
        subject=f"{prefix}: {highlight.headline}",
        type=highlight.type,
        scope=highlight.scope,
        headline=highlight.headline,
        author=_ADA,
        pull_request=highlight.pull_request,
    )
