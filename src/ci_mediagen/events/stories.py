"""Commits as the stories they tell: one for each pull request, foremost first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ci_mediagen.events import conventional, security
from ci_mediagen.events.headline import headline
from ci_mediagen.events.history import Entry
from ci_mediagen.events.people import is_bot
from ci_mediagen.model.change import Commit, Highlight

QUIET_TYPES = frozenset(
    {
        "chore",
        "ci",
        "test",
        "style",
        "build",
        "docs",
        "refactor",
        "revert",
        "release",
        "wip",
        "config",
        "infra",
        "types",
    }
)
"""Types that change nothing for those who use the project."""

HIGHLIGHTS_LIMIT = 50
LISTED_LENGTH = 90
"""Characters of a list item that is told as a line of its own."""

_LIST_ITEM = re.compile(r"^ {0,3}(?:[-*+\u2022]|\d{1,2}[.)])[ \t]+(?!\[[ xX]?\])(\S.*)$", re.MULTILINE)
_REVERTED = re.compile(r"\bThis reverts commit ([0-9a-f]{7,64})\b")
_REVERT_OF = re.compile(r'Revert "(?P<subject>.+)"(?: \(#\d+\))?')

_ORDER = ("feat", "perf", "fix", "security", "ux", "ui", "a11y", "i18n", "l10n", None, "deps")


@dataclass(frozen=True, slots=True)
class Story:
    """One thing that happened: a pull request with its commits, or a commit alone."""

    headline: str
    type: str | None
    scope: str | None
    breaking: bool
    pull_request: int | None
    commits: tuple[Commit, ...]
    """Newest first; the first carries the story."""
    title: str = ""
    """As it was written; empty where only a branch's name is known."""
    hidden: bool = False
    """Somebody asked not to tell of it (`[skip media]`)."""
    bot: bool = False

    @property
    def quiet(self) -> bool:
        return self.hidden or self.bot or (self.type in QUIET_TYPES and not self.breaking)

    @property
    def security(self) -> bool:
        return any(map(security.is_security_commit, self.commits))

    def highlight(self) -> Highlight:
        if self.security:
            return Highlight(headline=security.HEADLINE, type="security", breaking=self.breaking)
        return Highlight(self.headline, self.type, self.scope, self.breaking, self.pull_request)


def tell(entries: Sequence[Entry]) -> tuple[Story, ...]:
    """The stories of a range, newest first. Commits that a merge brought belong to its pull request's story."""
    merged_by = _merged_by(entries)
    members: dict[str, list[Entry]] = {}
    for entry in entries:
        members.setdefault(merged_by.get(entry.commit.sha, entry.commit.sha), []).append(entry)
    stories: list[Story] = []
    for entry in entries:
        own = members.get(entry.commit.sha)
        if own is None:
            continue
        # A merge of a branch without a pull request says nothing of its own: its commits tell.
        if len(entry.parents) > 1 and entry.message.from_branch and entry.commit.pull_request is None:
            told = [one for one in own if one is not entry]
            stories += [_story([one]) for one in told]
        else:
            stories.append(_story(own))
    return _without_repeats(_without_reverted(stories))


def foremost_first(stories: Iterable[Story]) -> list[Story]:
    """Breaking, then features, speed, fixes, then the rest; quiet ones last; within one kind the newest first."""
    return sorted(stories, key=lambda story: (story.quiet, not story.breaking, _rank(story.type)))


def highlights(stories: Sequence[Story]) -> tuple[Highlight, ...]:
    """One line for each story worth telling, foremost first; quiet ones only where there is nothing else."""
    shown = [story for story in foremost_first(stories) if not story.hidden]
    loud = [story for story in shown if not story.quiet]
    lines: dict[str, Highlight] = {}
    for story in loud or shown:
        line = story.highlight()
        lines.setdefault(line.headline.casefold(), line)
    return tuple(lines.values())[:HIGHLIGHTS_LIMIT]


def inside(story: Story) -> tuple[Story, ...]:
    """The commits of one pull request as stories of their own, for a change that is this pull request alone."""
    parts = [_of_commit(commit) for commit in story.commits[1:]]
    own = story.headline.casefold()
    return tuple(part for part in parts if not part.quiet and part.type is not None and part.headline.casefold() != own)


def listed(story: Story) -> tuple[Highlight, ...]:
    """What the message of a single commit lists (`- index is kept in memory`, or a squash's `* feat: dark mode`), in its
    order. Check boxes and items too long for a line are left out, as is what would be quiet as a commit."""
    told = [commit for commit in story.commits if not commit.merge]
    if len(told) != 1 or story.security:
        return ()
    lines: dict[str, Highlight] = {}
    for item in _LIST_ITEM.findall(told[0].body):
        header, line = conventional.parse_header(item), headline(item)
        quiet = header.conventional and header.type in QUIET_TYPES and not header.breaking
        if quiet or len(line) > LISTED_LENGTH or security.mentions_hole(item):
            continue
        lines.setdefault(line.casefold(), Highlight(line, header.type if header.conventional else None, header.scope))
    lines.pop(story.headline.casefold(), None)
    return tuple(lines.values())[:HIGHLIGHTS_LIMIT]


def _merged_by(entries: Sequence[Entry]) -> dict[str, str]:
    """For each commit that came by a merge into the main line, that merge."""
    by_sha = {entry.commit.sha: entry for entry in entries}
    line: list[Entry] = []
    current = entries[0] if entries else None
    while current is not None:
        line.append(current)
        current = by_sha.get(current.parents[0]) if current.parents else None
    on_line = {entry.commit.sha for entry in line}
    merged_by: dict[str, str] = {}
    for merge in reversed(line):  # oldest first, so that each commit goes to the merge that brought it first
        waiting = list(merge.parents[1:])
        while waiting:
            sha = waiting.pop()
            if sha in by_sha and sha not in on_line and sha not in merged_by:
                merged_by[sha] = merge.commit.sha
                waiting += by_sha[sha].parents
    return merged_by


def _story(entries: Sequence[Entry]) -> Story:
    head, rest = entries[0], entries[1:]
    commit, message = head.commit, head.message
    inner = [_of_commit(entry.commit) for entry in rest if not entry.commit.merge]
    kind, scope = commit.type, commit.scope
    if inner and (kind is None or (len(entries) > 1 and not message.conventional and commit.type != "revert")):
        leading = foremost_first(inner)[0]
        conventional_inside = any(entry.message.conventional for entry in rest)
        if kind is None or (conventional_inside and leading.type is not None):
            kind, scope = leading.type, scope or leading.scope
    headline = commit.headline
    if message.from_branch and len(inner) == 1:
        headline = inner[0].headline
    promo = None if not commit.body and not commit.footers else conventional.promo_line(_text(commit))
    return Story(
        headline=promo or headline or f"Change {commit.sha[:7]}",
        type=kind,
        scope=scope,
        breaking=commit.breaking or any(story.breaking for story in inner),
        pull_request=commit.pull_request,
        commits=tuple(entry.commit for entry in entries),
        title="" if message.from_branch else message.title,
        hidden=conventional.asks_to_skip(commit.subject, commit.body),
        bot=_all_bots([entry.commit for entry in entries]),
    )


def _of_commit(commit: Commit) -> Story:
    return Story(
        headline=commit.headline or f"Change {commit.sha[:7]}",
        type=commit.type,
        scope=commit.scope,
        breaking=commit.breaking,
        pull_request=commit.pull_request,
        commits=(commit,),
        hidden=conventional.asks_to_skip(commit.subject, commit.body),
        bot=_all_bots([commit]),
    )


def _all_bots(commits: Sequence[Commit]) -> bool:
    """Whether machines alone wrote it. A merge commit's author only pressed the button."""
    authors = [commit.author for commit in commits if not commit.merge] or [commit.author for commit in commits]
    return all(author is not None and (author.bot or is_bot(author.name, author.login)) for author in authors)


def _without_reverted(stories: Sequence[Story]) -> list[Story]:
    """What the same range takes back again is not told."""
    gone = [match for story in stories for match in _REVERTED.findall(_text(story.commits[0]))]
    quoted = {match["subject"] for story in stories if (match := _REVERT_OF.fullmatch(story.commits[0].subject))}
    return [
        replace(story, hidden=True)
        if any(story.commits[0].sha.startswith(sha) for sha in gone) or story.commits[0].subject in quoted
        else story
        for story in stories
    ]


def _without_repeats(stories: Sequence[Story]) -> tuple[Story, ...]:
    """One story for each pull request: commits that name the same number are one, told by the newest."""
    kept: dict[int, Story] = {}
    order: list[Story | int] = []
    for story in stories:
        number = story.pull_request
        if number is None:
            order.append(story)
        elif number in kept:
            first = kept[number]
            kept[number] = replace(
                first, commits=first.commits + story.commits, breaking=first.breaking or story.breaking
            )
        else:
            kept[number] = story
            order.append(number)
    return tuple(kept[item] if isinstance(item, int) else item for item in order)


def _text(commit: Commit) -> str:
    return "\n".join((commit.body, *(f"{token}: {value}" for token, value in commit.footers)))


def _rank(kind: str | None) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
