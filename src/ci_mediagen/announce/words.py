"""An announcement's words, from a Change: the headline, up to three bullets, and how much went into it."""

from __future__ import annotations

import re

from ci_mediagen.model.change import Change
from ci_mediagen.text.clean import one_line
from ci_mediagen.text.cut import shorten

MAX_TITLE = 140
"""Characters of the headline; it fits every sink's title."""
MAX_BULLET = 200
BULLETS = 3
HIGHLIGHTS_IN_TITLE = 2

_FINAL = re.compile(r"(\d+\.\d+)\.0")


def title(project: str, change: Change) -> str:
    """`Aurora Studio 2.4 - Dark mode, 3x faster search` for a release, else `Aurora Studio - Dark mode everywhere`."""
    if change.release is None:
        told = one_line(change.headline) or _count(changes(change), "change", "changes")
        return shorten(f"{one_line(project)} - {told}", MAX_TITLE)
    start = f"{_named(project, change)} {short_version(change.release.version)}"
    headlines = [one_line(highlight.headline) for highlight in change.highlights[:HIGHLIGHTS_IN_TITLE]]
    if len(headlines) > 1 and len(f"{start} - {', '.join(headlines)}") > MAX_TITLE:
        headlines = headlines[:1]
    return shorten(f"{start} - {', '.join(headlines)}" if headlines else start, MAX_TITLE)


def bullets(change: Change) -> tuple[str, ...]:
    """The foremost highlights, at most three; none where the headline says it all."""
    headlines = list(dict.fromkeys(one_line(highlight.headline) for highlight in change.highlights))
    if change.release is None:
        headlines = [headline for headline in headlines if headline != one_line(change.headline)]
    elif len(headlines) <= HIGHLIGHTS_IN_TITLE:
        return ()
    return tuple(shorten(headline, MAX_BULLET) for headline in headlines[:BULLETS])


def context(change: Change) -> str:
    """`12 changes, 5 people`; where history was read in part, that these are the least there are, and why."""
    people = len(change.authors)
    counted = [_count(changes(change), "change", "changes"), _count(people, "person", "people") if people else ""]
    told = ", ".join(part for part in counted if part)
    if change.complete:
        return told
    reason = one_line(change.incomplete_reason) or "part of the history is missing"
    return f"at least {told} ({reason})"


def changes(change: Change) -> int:
    """How many changes the range holds: a pull request counts once, merge commits do not."""
    return len(
        {
            f"#{commit.pull_request}" if commit.pull_request else commit.sha
            for commit in change.commits
            if not commit.merge
        }
    )


def short_version(version: str) -> str:
    """`2.4` for 2.4.0; anything else as it is."""
    found = _FINAL.fullmatch(version)
    return found[1] if found else one_line(version)


def _named(project: str, change: Change) -> str:
    """The project's name, and the package's where one package of several is released."""
    name = one_line(project)
    if len(change.packages) != 1:
        return name
    package = one_line(change.packages[0].title)
    return name if not package or package.casefold() in name.casefold() else f"{name} {package}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
