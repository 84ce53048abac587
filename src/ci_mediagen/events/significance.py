"""How much is made of a change, and who hears of it. Pure: a Change in, a Significance with its reasons out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ci_mediagen.events import conventional
from ci_mediagen.events.stories import QUIET_TYPES
from ci_mediagen.model.change import AnnounceMode, Change, Level, Release, Significance

Mode = Literal["auto", "card", "full"]
AnnouncePolicy = Literal["auto", "each", "never"]

_BUMP_WORDS = {
    "major": "a major release",
    "minor": "a minor release",
    "first": "the first release",
    "patch": "a patch release",
}

_OFF_MAIN = "it is not on the default branch, so it counts as not merged yet"


@dataclass(frozen=True, slots=True)
class _Decision:
    level: Level
    reason: str
    announce: AnnounceMode = "silent"
    announce_reason: str = "only releases and digests are announced; the job summary has the rest"


def decide(
    change: Change,
    *,
    mode: Mode = "auto",
    has_asset: bool = False,
    by_hand: bool = False,
    announce: AnnouncePolicy = "auto",
    told: bool = False,
) -> Significance:
    """The level and volume for a change.

    `mode` is what `--significance` says. `has_asset`: there is a real picture to show. `by_hand`: no CI system started
    this. `announce` is the project's policy. `told`: whoever runs this by hand asked for an announcement too.
    """
    if change.significance is not None and change.significance.level == "skip":
        return change.significance  # the event itself says that nothing happened
    natural = _natural(change, has_asset)
    decision = _opted_out(change) or (_by_hand(change) if by_hand else None) or natural
    reasons = [decision.reason]
    if mode != "auto" and (change.commits or change.release):
        over = "" if decision.level == mode else f", over: {decision.reason}"
        reasons = [f"--significance {mode} asks for it{over}"]
        # What is announced does not grow with what is made: the opt-out and the hand stay in force.
        decision = _Decision(mode, reasons[0], decision.announce, decision.announce_reason)
    volume, why = _volume(change, decision, natural, by_hand=by_hand, announce=announce, told=told)
    return Significance(decision.level, tuple(reasons), volume, why)


def _opted_out(change: Change) -> _Decision | None:
    """What people wrote to have nothing made. Wins over everything but --significance."""
    pull_request, release = change.pull_request, change.release
    label = next((label for label in change.labels if label.strip().lower() == "promo:no"), None)
    if label:
        return _skip(f"the label {label}")
    if pull_request is not None and conventional.promo_vote(pull_request.body) is False:
        return _skip("the pull request's promo: line says no")
    head = next(iter(change.commits), None)
    texts = [pull_request.title, pull_request.body] if pull_request else []
    texts += [release.name, release.body] if release else []
    # A digest tells of many: there each commit opts out for itself, when the highlights are chosen.
    texts += [head.subject, head.body] if head and change.kind != "digest" else []
    return _skip("[skip media] in its message") if conventional.asks_to_skip(*texts) else None


def _by_hand(change: Change) -> _Decision | None:
    if not change.commits and change.release is None:
        return None
    return _Decision(
        "full", "run by hand: a person asked for it", "silent", "run by hand, which announces nowhere unless told"
    )


def _natural(change: Change, has_asset: bool) -> _Decision:
    if change.kind == "digest":
        return _digest(change)
    if change.kind == "merge-queue" or not change.trusted:
        return _unmerged(change)
    if change.release is not None:
        return _release(change.release, change.security, only_a_tag=change.kind == "tag")
    if not change.commits:
        return _skip("there are no commits in the range")
    if change.kind == "manual":
        return _Decision(
            "full", "started on request", "silent", "started on request, which announces nowhere unless told"
        )
    return _merge(change, has_asset)


def _digest(change: Change) -> _Decision:
    if not change.commits:
        return _skip("nothing happened in that time")
    loud = [line for line in change.highlights if line.breaking or line.type not in QUIET_TYPES]
    if not loud:
        return _skip("nothing notable happened in that time")
    return _Decision(
        "full",
        f"a digest with {len(loud)} notable change{'s' if len(loud) > 1 else ''}",
        "post",
        "a digest is announced",
    )


def _unmerged(change: Change) -> _Decision:
    reason = "it is in the merge queue, not merged yet" if change.kind == "merge-queue" else "it is not merged yet"
    usual = _merge(change, has_asset=False) if change.commits else _skip("there are no commits in the range")
    if usual.level == "skip":
        return usual
    return _Decision("card", reason, "silent", reason)


def _release(release: Release, security: bool, *, only_a_tag: bool) -> _Decision:
    if release.prerelease:
        return _Decision("card", "a prerelease", "silent", "a prerelease is not announced")
    if release.bump == "unknown" and (only_a_tag or not release.url):
        reason = f"the tag {release.tag} holds no version"
        return _Decision("card", reason, "silent", reason)
    if release.draft:
        reason = "a draft release: its media are made before it is published"
        return _Decision("card" if release.bump == "patch" else "full", reason, "silent", "a draft is not announced")
    what = _BUMP_WORDS.get(release.bump, "a release")
    told = f"{what} ({release.previous_tag} to {release.tag})" if release.previous_tag else f"{what} ({release.tag})"
    told += " with a security update" if security else ""
    if release.bump == "patch":
        return _Decision("card", told, "short", "a patch release gets a short post")
    return _Decision("full", told, "post", f"{what} gets a post")


def _merge(change: Change, has_asset: bool) -> _Decision:
    usual = _on_main(change, has_asset)
    if usual.level == "skip" or change.default_branch is not False:
        return usual
    return _Decision("card", _OFF_MAIN, "silent", _OFF_MAIN)


def _on_main(change: Change, has_asset: bool) -> _Decision:
    wanted = next((label for label in change.labels if label.strip().lower() == "promo:yes"), None)
    voted = change.pull_request is not None and conventional.promo_vote(change.pull_request.body) is True
    if wanted or voted:
        return _Decision("full", f"the label {wanted}" if wanted else "the pull request's promo: line says yes")
    if change.security:
        return _skip("a security change is told with its release, or with the label promo:yes")
    if bot := _bot(change):
        return _skip(f"it was made by a bot ({bot})")
    if change.type == "revert":
        return _skip("a revert")
    if change.breaking:
        return _Decision("full", "a breaking change")
    written = _is_written(change)
    if change.type in QUIET_TYPES and written:
        return _skip(f"{change.type} changes nothing for those who use the project")
    if not written:
        guess = f" (it looks like {change.type})" if change.type else ""
        return _Decision("card", f"its title is no conventional commit{guess}")
    if change.type == "feat" and has_asset:
        return _Decision("full", "feat, with a real picture to show")
    return _Decision(
        "card", f"{change.type}, without a real picture to show" if change.type == "feat" else f"{change.type}"
    )


def _bot(change: Change) -> str | None:
    """The name of the bot whose work this is. Who pressed the button does not count."""
    opener = change.pull_request.author if change.pull_request else None
    if opener is not None:
        return (opener.login or opener.name) if opener.bot else None
    authors = [commit.author for commit in change.commits if not commit.merge] or [
        commit.author for commit in change.commits
    ]
    bots = [author for author in authors if author is not None and author.bot]
    return bots[0].login or bots[0].name if bots and len(bots) == len(authors) else None


def _is_written(change: Change) -> bool:
    """Whether its type was written by somebody as a conventional commit, and not recognised by a pattern."""
    titles = [change.pull_request.title] if change.pull_request else []
    titles += [commit.subject for commit in change.commits]
    headers = (conventional.parse_header(title) for title in titles)
    return any(header.conventional and header.type == change.type for header in headers)


def _volume(
    change: Change, decision: _Decision, natural: _Decision, *, by_hand: bool, announce: AnnouncePolicy, told: bool
) -> tuple[AnnounceMode, str]:
    if decision.level == "skip":
        return "silent", "there is nothing to tell"
    if announce == "never":
        return "silent", "announce: never"
    if change.kind == "manual" or by_hand:
        if told and change.trusted:
            return ("post" if natural.announce == "silent" else natural.announce), "an announcement was asked for"
        return "silent", "run by hand, which announces nowhere unless told"
    merged = change.kind in ("merge", "push") and change.trusted
    if announce == "each" and merged and change.default_branch is False:
        return "silent", _OFF_MAIN
    if announce == "each" and merged and decision.announce == "silent" and _opted_out(change) is None:
        return "post", "announce: each"
    return decision.announce, decision.announce_reason


def _skip(reason: str) -> _Decision:
    return _Decision("skip", reason, "silent", "there is nothing to tell")
