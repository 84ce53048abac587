"""What a change is called, and which of its stories come first: for a push, a pull request, a release, a digest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ci_mediagen.events import clean, conventional, security
from ci_mediagen.events.headline import headline
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.packages import PackageRule
from ci_mediagen.events.ranges import Found
from ci_mediagen.events.since import Since
from ci_mediagen.events.stories import Story, foremost_first, highlights, inside, listed
from ci_mediagen.events.tags import version_of
from ci_mediagen.events.versions import bump_between, bump_by_shape
from ci_mediagen.model.change import Highlight, PullRequest, Release

NO_CHANGES = "No changes"

_BREAKING_LABEL = re.compile(r"(?:.*[:/ ]\s*)?(?:breaking|breaking[ -]changes?|semver[-: ]?major)", re.IGNORECASE)
_LABEL_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?:(?:type|kind|category|c)\s*[:/ ]\s*)?(?:{words})", re.IGNORECASE))
    for kind, words in (
        ("feat", "feat|feature|enhancement|new feature"),
        ("fix", "bug|fix|bugfix|regression"),
        ("perf", "perf|performance"),
        ("docs", "docs|documentation"),
        ("deps", "deps|dependencies"),
        ("chore", "chore|maintenance|internal"),
    )
)


@dataclass(frozen=True, slots=True)
class Telling:
    headline: str
    type: str | None
    scope: str | None
    breaking: bool
    security: bool
    """The change as a whole mends a hole, so nothing of it is told."""
    touches_security: bool
    """Some of it does."""
    highlights: tuple[Highlight, ...]


def tell_stories(stories: Sequence[Story], *, digest: Since | None = None, total: int = 0) -> Telling:
    """A push, the last change, or a digest: the foremost story gives the headline, or how many there are."""
    shown = [story for story in foremost_first(stories) if not story.hidden] or list(stories)
    whole = digest is None and _all_security(shown)
    # A hole is mentioned by a release or a label only, so elsewhere it is left out beside other news.
    open_stories = shown if whole else [story for story in shown if not story.security]
    lines = highlights(open_stories)
    touches = any(story.security for story in stories)
    if whole:
        return Telling(security.headline(), "security", None, any(s.breaking for s in shown), True, True, lines)
    breaking = any(story.breaking for story in open_stories)
    if digest is not None:
        return Telling(_digest_headline(digest, total), None, None, breaking, False, touches, lines)
    first = open_stories[0] if open_stories else None
    if first is None:
        return Telling(NO_CHANGES, None, None, False, False, touches, ())
    if len(stories) == 1:
        lines = _with_parts(lines, first)
    return Telling(first.headline, first.type, first.scope, breaking, False, touches, lines)


def tell_pull_request(stories: Sequence[Story], pull_request: PullRequest) -> Telling:
    """A pull request is one story, told by its title or by the `promo:` line of its body."""
    header = conventional.parse_header(pull_request.title)
    commits = tuple(commit for story in stories for commit in story.commits)
    parts = foremost_first(stories)
    leading = next((story for story in parts if story.type is not None), None)
    written = leading is not None and any(conventional.parse_header(c.subject).conventional for c in leading.commits)
    by_label = next(
        (kind for kind, pattern in _LABEL_TYPES if any(pattern.fullmatch(label) for label in pull_request.labels)), None
    )
    kind, scope = header.type, header.scope
    if not header.conventional and header.type != "revert":
        kind = (
            (leading.type if leading and written else None)
            or by_label
            or header.type
            or (leading.type if leading else None)
        )
        scope = leading.scope if leading and written else None
    secret = security.is_security_pull_request(pull_request) or any(story.security for story in stories)
    breaking = (
        header.breaking
        or conventional.parse(f"{pull_request.title}\n\n{pull_request.body}").breaking
        or any(story.breaking for story in stories)
        or any(_BREAKING_LABEL.fullmatch(label) for label in pull_request.labels)
    )
    if secret:
        line = Highlight(security.HEADLINE, "security", None, breaking, pull_request.number)
        return Telling(security.headline(), "security", None, breaking, True, True, (line,))
    told = (
        conventional.promo_line(pull_request.body)
        or headline(pull_request.title)
        or f"Pull request {pull_request.number}"
    )
    whole = Story(told, kind, scope, breaking, pull_request.number, commits)
    line = Highlight(told, kind, scope, breaking, pull_request.number)
    return Telling(told, kind, scope, breaking, False, False, _with_parts((line,), whole))


def tell_release(stories: Sequence[Story], release: Release, *, package: str, repository: str) -> Telling:
    """A release is called by its own name where that says more than the version."""
    shown = [story for story in stories if not story.hidden]
    breaking = any(story.breaking for story in shown)
    touches = any(story.security for story in stories) or security.mentions_hole(release.name, release.body)
    lines = highlights(shown)
    if _all_security(shown):
        return Telling(
            security.headline(package or "Version", release.version), "security", None, breaking, True, True, lines
        )
    told = None if touches else conventional.promo_line(release.body) or _own_name(release, package, repository)
    plain = f"{package or 'Version'} {release.version}" if release.version[:1].isdigit() else release.version
    return Telling(told or plain, "release", None, breaking, False, touches, lines)


def release_of(trigger: Trigger, found: Found, package: PackageRule | None) -> Release | None:
    """The release that the trigger is about, completed by what the tags say."""
    tag = trigger.tag or (trigger.release.tag if trigger.release else None)
    if tag is None:
        return None
    known = found.release
    text, version = (known.version_text, known.version) if known else version_of(tag, package)
    claimed = trigger.release or Release(tag=tag, version=text, url=trigger.url if trigger.kind == "tag" else None)
    prerelease = claimed.prerelease or (version is not None and not version.stable)
    if version is None:
        bump = bump_between(None, None)
    elif prerelease:
        bump = "prerelease"
    elif known is None or (known.previous is None and found.doubt):
        bump = bump_by_shape(version)
    else:
        bump = bump_between(known.previous_version, version)
    return replace(
        claimed,
        version=clean.line(text, 100),
        prerelease=prerelease,
        bump=bump,
        previous_tag=known.previous if known else None,
    )


def pull_request_of(stories: Sequence[Story], forge: str | None) -> PullRequest | None:
    """The pull request that a push merged, as its commit's message tells: no labels, no author."""
    if len(stories) != 1 or stories[0].pull_request is None:
        return None
    number, title = stories[0].pull_request, stories[0].title or stories[0].headline
    url = None
    if forge is not None:
        url = f"{forge}/-/merge_requests/{number}" if "gitlab" in forge.split("/")[2] else f"{forge}/pull/{number}"
    return PullRequest(number=number, title=title, url=url, merged=True)


def _with_parts(lines: tuple[Highlight, ...], story: Story) -> tuple[Highlight, ...]:
    """The one story, and below it what its commits say beyond its headline; of a single commit, what its message lists."""
    known = {line.headline.casefold() for line in lines}
    parts = highlights(inside(story)) or listed(story)
    return lines + tuple(line for line in parts if line.headline.casefold() not in known)


def _all_security(stories: Sequence[Story]) -> bool:
    loud = [story for story in stories if not story.quiet] or list(stories)
    return bool(loud) and all(story.security for story in loud)


def _digest_headline(since: Since, total: int) -> str:
    count = f"{total} change{'' if total == 1 else 's'}" if total else "No changes"
    return f"{count} {'in' if since.spans else 'since'} {clean.line(since.words, 80)}"


def _own_name(release: Release, package: str, repository: str) -> str | None:
    """`Aurora v2.4.0 - Dark mode` is `Dark mode`; `Release 2.4.0` is nothing of its own."""
    rest = release.name
    for word in (release.tag, f"v{release.version}", release.version, package, repository.rpartition("/")[2]):
        if word:
            rest = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", " ", rest, flags=re.IGNORECASE)
    rest = re.sub(r"\b(?:release|version)\b(?=\W*$)|^\W*\b(?:release|version)\b", " ", rest, flags=re.IGNORECASE)
    rest = clean.line(rest).strip(" :|-–—,/.@()[]")
    return headline(rest) if sum(character.isalpha() for character in rest) >= 3 else None
