"""Commit messages and titles, taken apart: conventional commits, merge messages of the forges, and plain messages by pattern."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ci_mediagen.events import clean
from ci_mediagen.events.headline import branch_headline, headline
from ci_mediagen.events.people import Signature
from ci_mediagen.events.plain_words import type_by_pattern

CANONICAL = {
    **{name: name for name in (
        "feat", "fix", "perf", "docs", "style", "refactor", "test", "build", "ci", "chore", "revert", "deps", "security",
        "release", "i18n", "l10n", "a11y", "ux", "ui", "wip", "config", "infra", "types", "examples", "change", "remove",
    )},
    "feature": "feat", "features": "feat", "enhancement": "feat", "improvement": "feat", "improve": "feat", "new": "feat",
    "breaking": "feat",
    "bug": "fix", "bugfix": "fix", "hotfix": "fix", "fixes": "fix", "fixup": "fix",
    "performance": "perf", "doc": "docs", "documentation": "docs", "tests": "test", "testing": "test", "refac": "refactor",
    "dep": "deps", "dependencies": "deps", "sec": "security", "translation": "i18n",
}  # fmt: skip
"""Types as people write them, and the one name that templates see."""

_HEADER = re.compile(
    r"(?P<type>[A-Za-z][\w-]{0,30})(?:\((?P<scope>[^()\n]{0,100})\))?(?P<bang>!?):(?P<space>\s*)(?P<description>\S.*)",
    re.DOTALL,
)
_EMOJI_PREFIX = re.compile(r"(?::[a-z0-9_+-]{1,40}:|[\u2190-\u2bff\u3030\ufe0f\u200d\U0001f000-\U0001faff])+\s*")
_FOOTER = re.compile(r"(?P<name>BREAKING[ -]CHANGE|[A-Za-z][A-Za-z0-9-]{0,60})(?::[ \t]+| (?=#))(?P<value>.*)")
_BREAKING_LINE = re.compile(r"^BREAKING[ -]CHANGES?[ \t]*:", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_PERSON = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>")

_PROMO = re.compile(
    r"^[ \t]*(?P<mark>[*_]{0,2})promo(?:(?P=mark)[ \t]*:|[ \t]*:(?P=mark))[ \t]*(?P<value>\S[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)([^*_\n]+)(?<=\S)\1")

_GITHUB_MERGE = re.compile(r"Merge pull request #(?P<number>\d{1,9}) from (?P<branch>\S+)")
_BRANCH_MERGE = re.compile(r"Merge (?:remote-tracking )?branch(?:es)? '(?P<branch>[^']+)'")
_MERGED_IN = re.compile(r"Merged in (?P<branch>\S+) \(pull request #(?P<number>\d{1,9})\)")
_MERGED_PR = re.compile(r"Merged PR (?P<number>\d{1,9}): (?P<title>.+)")
_GITLAB_REFERENCE = re.compile(r"^See merge request \S*!(?P<number>\d{1,9})\s*$", re.MULTILINE)
_SQUASH_NUMBER = re.compile(r"\((?:#|!|GH-)(?P<number>\d{1,9})\)\s*$")
_REVERT = re.compile(
    r"""(?:Revert|Reapply|Roll ?back) ["“'«]|revert(?:\([^)]*\))?!?:|This reverts commit [0-9a-f]{7,}"""
)


@dataclass(frozen=True, slots=True)
class Message:
    """A commit message, or a pull request's title and body, taken apart."""

    subject: str
    """The first line."""
    title: str
    """What is told: the subject, or for a merge the merged pull request's title."""
    body: str
    """Between subject and footers."""
    type: str | None
    scope: str | None
    breaking: bool
    conventional: bool
    """The title is written as a conventional commit; where it is not, `type` was recognised by pattern, if at all."""
    headline: str
    footers: tuple[tuple[str, str], ...]
    co_authors: tuple[Signature, ...]
    pull_request: int | None
    revert: bool
    from_branch: bool
    """The title is no more than the name of the branch that was merged."""


@dataclass(frozen=True, slots=True)
class Header:
    type: str | None
    scope: str | None
    breaking: bool
    conventional: bool


def parse(message: str) -> Message:
    """Takes any text apart; never raises."""
    text = clean.block(message)
    subject, _, rest = text.partition("\n")
    subject = clean.line(subject)
    title, number, from_branch, rest = _title(subject, rest)
    body, footers = split_footers(rest)
    header = parse_header(title)
    breaking_body = _BREAKING_LINE.search(_FENCE.sub("", rest)) is not None
    revert = header.type == "revert" or _REVERT.match(subject) is not None or _REVERT.match(body) is not None
    return Message(
        subject=subject,
        title=title,
        body=body,
        type="revert" if revert else header.type,
        scope=header.scope,
        breaking=header.breaking or breaking_body,
        conventional=header.conventional,
        headline=branch_headline(title) if from_branch else headline(title),
        footers=footers,
        co_authors=tuple(_co_authors(footers)),
        pull_request=number,
        revert=revert,
        from_branch=from_branch,
    )


def parse_header(title: str) -> Header:
    """`feat(ui)!: dark mode`, or a plain title by pattern."""
    text = clean.line(title)
    bare = text[match.end() :] if (match := _EMOJI_PREFIX.match(text)) else text
    match = _HEADER.fullmatch(bare)
    if match and _is_type(match):
        written = match["type"].lower()
        scope = clean.line(match["scope"] or "") or None
        kind = CANONICAL.get(written, written)
        # `chore(deps): ...` keeps its type: it is how bots and people say that nothing is to be told.
        return Header(kind, scope, bool(match["bang"]) or written == "breaking", conventional=True)
    return Header(type_by_pattern(bare), None, breaking=False, conventional=False)


def split_footers(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The body, and the footers of the last paragraphs: (token, value), continuation lines joined.

    Git's own `interpret-trailers` finds nothing where `BREAKING CHANGE:` shares the block, hence this.
    """
    paragraphs = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text.strip("\n")) if part.strip()]
    first = len(paragraphs)
    while first > 0 and (match := _FOOTER.match(paragraphs[first - 1])) and _is_token(match["name"]):
        first -= 1
    footers: list[tuple[str, str]] = []
    for row in "\n".join(paragraphs[first:]).split("\n"):
        if (match := _FOOTER.match(row)) and _is_token(match["name"]):
            name = match["name"].replace("BREAKING-CHANGE", "BREAKING CHANGE")
            footers.append((name, match["value"].strip()))
        elif footers and row.strip():
            name, value = footers[-1]
            footers[-1] = (name, f"{value} {row.strip()}".strip())
    return "\n\n".join(paragraphs[:first]), tuple(footers)


def promo_line(body: str) -> str | None:
    """The headline that a person gave in a `promo:` line. None where there is none, or where it says yes or no."""
    value = _promo_value(body)
    return clean.line(_EMPHASIS.sub(r"\2", value)) or None if value and _vote(value) is None else None


def promo_vote(body: str) -> bool | None:
    """Whether a `promo:` line says yes or no. None where it says neither."""
    value = _promo_value(body)
    return _vote(value) if value else None


def asks_to_skip(*texts: str) -> bool:
    """Whether one of these says `[skip media]` (or `[media skip]`, `[no media]`)."""
    return any(re.search(r"\[(?:skip media|media skip|no media)\]", text, re.IGNORECASE) for text in texts)


def _is_token(name: str) -> bool:
    """`Reviewed-by` is a footer's; `fix: another thing` is a line of a squashed commit's list."""
    return name not in CANONICAL


def _promo_value(body: str) -> str | None:
    visible = re.sub(r"<!--.*?(?:-->|\Z)", "", _FENCE.sub("", clean.block(body)), flags=re.DOTALL)
    match = _PROMO.search(visible)
    return match["value"].strip().strip('"“”').strip() or None if match else None


def _vote(value: str) -> bool | None:
    word = value.lower().rstrip(".!")
    if word in ("yes", "true", "on"):
        return True
    return False if word in ("no", "false", "off", "none", "skip", "n/a") else None


def _is_type(match: re.Match[str]) -> bool:
    """Whether the word before the colon is a type. `README: x` and `http://x` are not; `ui(button): x` is, by its shape."""
    if match["description"].startswith("//"):
        return False
    known = match["type"].lower() in CANONICAL
    shaped = bool(match["bang"] or match["scope"]) and match["type"].islower() and bool(match["space"])
    return known or shaped


def _title(subject: str, rest: str) -> tuple[str, int | None, bool, str]:
    """What was merged, its pull request, whether only a branch's name tells of it, and the message below the title."""
    if match := _MERGED_PR.fullmatch(subject):
        return match["title"], int(match["number"]), False, rest
    reference = _GITLAB_REFERENCE.search(rest)
    number = int(reference["number"]) if reference else None
    for pattern in (_GITHUB_MERGE, _MERGED_IN, _BRANCH_MERGE):
        if match := pattern.match(subject):
            number = int(match["number"]) if "number" in pattern.groupindex else number
            first, _, below = rest.strip("\n").partition("\n")
            if number is not None and first.strip() and not _GITLAB_REFERENCE.fullmatch(first):
                return clean.line(first), number, False, below
            return match["branch"], number, True, rest
    if match := _SQUASH_NUMBER.search(subject):
        number = int(match["number"])
    return subject, number, False, rest


def _co_authors(footers: tuple[tuple[str, str], ...]) -> list[Signature]:
    people = []
    for name, value in footers:
        if name.lower() == "co-authored-by" and (match := _PERSON.search(value)):
            people.append(Signature(clean.line(match["name"], 100), clean.line(match["email"], 200)))
    return people
