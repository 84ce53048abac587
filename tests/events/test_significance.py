"""How much is made, and who hears of it: the whole table, and a reason for each line of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.events import conventional
from ci_mediagen.events.git import read_change
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.significance import decide
from ci_mediagen.model.change import Change, Commit, CommitRange, Highlight, Person, PullRequest, Release, Significance
from tests.support.repos import make_repo

HUMAN = Person("Ada Lovelace", "ada")
BOT = Person("dependabot[bot]", "dependabot[bot]", bot=True)


def commit(message: str, author: Person = HUMAN) -> Commit:
    parsed = conventional.parse(message)
    return Commit(
        sha="a" * 40, subject=parsed.subject, body=parsed.body, type=parsed.type, breaking=parsed.breaking,
        headline=parsed.headline, author=author,
    )  # fmt: skip


def change(
    title: str = "feat: dark mode", *, author: Person = HUMAN, labels: tuple[str, ...] = (), **more: object
) -> Change:
    """A merged pull request with this title."""
    one = commit(title, author)
    base = Change(
        kind="merge", sha=one.sha, range=CommitRange(None, one.sha, "first-parent"), complete=True, incomplete_reason="",
        headline=one.headline, type=one.type, scope=None, breaking=one.breaking, security=one.type == "security", commits=(one,),
        highlights=(Highlight(one.headline, one.type),), files=(), authors=(author,), labels=labels,
        pull_request=PullRequest(12, title, labels=labels, author=author),
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def release(bump: str, *, tag: str = "v2.4.0", **more: object) -> Change:
    fields = {name: more.pop(name) for name in ("prerelease", "draft", "url", "name") if name in more}
    about = Release(tag, tag.removeprefix("v"), bump=bump, previous_tag="v2.3.0", **fields)  # type: ignore[arg-type]
    return change("chore: release", kind="release", release=about, pull_request=None, **more)


@pytest.mark.parametrize(
    ("told", "has_asset", "level", "reason"),
    [
        (change("feat: x"), False, "card", "feat, without a real picture to show"),
        (change("feat: x"), True, "full", "feat, with a real picture to show"),
        (change("fix: x"), True, "card", "fix"),
        (change("perf: x"), True, "card", "perf"),
        (change("fix!: x"), False, "full", "a breaking change"),
        (change("chore!: drop Python 3.9"), False, "full", "a breaking change"),
        (change("feat: x", labels=("promo:yes",)), False, "full", "the label promo:yes"),
        (change("docs: x", labels=("Promo:Yes",)), False, "full", "the label Promo:Yes"),
        (change("Dark mode"), True, "card", "its title is no conventional commit"),
        (change("Add dark mode"), True, "card", "its title is no conventional commit (it looks like feat)"),
        (change("ui(button): rounder"), True, "card", "ui"),
        (change("deps: bump x"), False, "card", "deps"),
        *(
            (change(f"{kind}: x"), True, "skip", f"{kind} changes nothing for those who use the project")
            for kind in ("chore", "ci", "test", "style", "build", "docs", "refactor")
        ),
        (change('Revert "feat: x"'), True, "skip", "a revert"),
        (change("revert: feat: x"), True, "skip", "a revert"),
        (change("feat: x", author=BOT), True, "skip", "it was made by a bot (dependabot[bot])"),
        (change("feat!: x", author=BOT), True, "skip", "it was made by a bot (dependabot[bot])"),
        (
            change("Bump x from 1 to 2", author=BOT, pull_request=None, kind="push"),
            True,
            "skip",
            "it was made by a bot (dependabot[bot])",
        ),
        (
            change("security: x"),
            True,
            "skip",
            "a security change is told with its release, or with the label promo:yes",
        ),
        (change("security: x", labels=("promo:yes",)), True, "full", "the label promo:yes"),
        (change("feat: x", labels=("promo:no",)), True, "skip", "the label promo:no"),
        (change("feat: x", labels=("promo:yes", "promo:no")), True, "skip", "the label promo:no"),
        (change("feat: x [skip media]"), True, "skip", "[skip media] in its message"),
        (change("feat: x\n\n[skip media]"), True, "skip", "[skip media] in its message"),
        (
            change("feat: x", pull_request=PullRequest(1, "feat: x", "promo: no")),
            True,
            "skip",
            "the pull request's promo: line says no",
        ),
        (
            change("fix: x", pull_request=PullRequest(1, "fix: x", "promo: yes")),
            True,
            "full",
            "the pull request's promo: line says yes",
        ),
        (change("feat: x", commits=()), True, "skip", "there are no commits in the range"),
    ],
)
def test_a_merge(told: Change, has_asset: bool, level: str, reason: str):
    found = decide(told, has_asset=has_asset)
    assert (found.level, found.reasons, found.announce) == (level, (reason,), "silent")
    assert found.announce_reason


def test_a_plain_title_with_conventional_commits_inside_counts_as_written():
    told = change(
        "Dark mode", commits=(commit("Merge pull request #1 from a/b"), commit("feat: dark mode")), type="feat"
    )
    assert decide(told, has_asset=True).level == "full"


def test_whoever_presses_the_button_is_not_the_author():
    merge = replace(commit("Merge pull request #1 from a/b", BOT), merge=True)
    told = change("feat: x", commits=(merge, commit("feat: x")), pull_request=None, kind="push")
    assert decide(told).level == "card"


@pytest.mark.parametrize(
    ("told", "level", "announce", "reason"),
    [
        (release("major"), "full", "post", "a major release (v2.3.0 to v2.4.0)"),
        (release("minor"), "full", "post", "a minor release (v2.3.0 to v2.4.0)"),
        (release("first"), "full", "post", "the first release (v2.3.0 to v2.4.0)"),
        (release("patch"), "card", "short", "a patch release (v2.3.0 to v2.4.0)"),
        (release("prerelease", prerelease=True), "card", "silent", "a prerelease"),
        (release("minor", draft=True), "full", "silent", "a draft release: its media are made before it is published"),
        (release("patch", draft=True), "card", "silent", "a draft release: its media are made before it is published"),
        (release("unknown", tag="nightly"), "card", "silent", "the tag nightly holds no version"),
        (release("unknown", tag="Wombat", url="https://x"), "full", "post", "a release (v2.3.0 to Wombat)"),
        (release("patch", security=True), "card", "short", "a patch release (v2.3.0 to v2.4.0) with a security update"),
        (release("minor", name="v2.4.0 [skip media]"), "skip", "silent", "[skip media] in its message"),
    ],
)
def test_a_release(told: Change, level: str, announce: str, reason: str):
    found = decide(told)
    assert (found.level, found.announce, found.reasons) == (level, announce, (reason,))


def test_a_release_made_by_a_bot_is_still_a_release():
    told = release("minor", actor=BOT, commits=(commit("chore(release): 2.4.0", BOT),))
    assert (decide(told).level, decide(told).announce) == ("full", "post")


def digest(*lines: Highlight) -> Change:
    return change("feat: x", kind="digest", highlights=lines, pull_request=None)


def test_a_digest_is_told_where_there_is_something_to_tell():
    found = decide(digest(Highlight("X", "feat"), Highlight("Y", "fix")))
    assert (found.level, found.announce, found.reasons) == ("full", "post", ("a digest with 2 notable changes",))
    quiet = decide(digest(Highlight("X", "chore")))
    assert (quiet.level, quiet.reasons) == ("skip", ("nothing notable happened in that time",))
    assert decide(replace(digest(), commits=())).reasons == ("nothing happened in that time",)


@pytest.mark.parametrize("more", [{"kind": "merge-queue", "trusted": False}, {"trusted": False}])
def test_what_is_not_merged_yet_makes_a_card_silently(more: dict[str, object]):
    for title in ("feat!: x", "feat: x"):
        found = decide(change(title, labels=("promo:yes",), **more), has_asset=True, announce="each")
        assert (found.level, found.announce) == ("card", "silent")
    assert decide(change("chore: x", **more)).level == "skip"
    assert decide(change("feat: x", author=BOT, **more)).level == "skip"
    assert decide(change("security: x", **more)).level == "skip"


OFF_MAIN = "it is not on the default branch, so it counts as not merged yet"


@pytest.mark.parametrize("kind", ["push", "merge"])
@pytest.mark.parametrize("policy", ["auto", "each", "never"])
def test_what_is_not_on_the_default_branch_makes_at_most_a_card_silently(kind: str, policy: str):
    for title, labels in (("feat!: x", ()), ("feat: x", ("promo:yes",)), ("fix: x", ()), ("Dark mode", ())):
        told = change(title, labels=labels, kind=kind, default_branch=False)
        found = decide(told, has_asset=True, announce=policy)  # type: ignore[arg-type]
        assert (found.level, found.reasons, found.announce) == ("card", (OFF_MAIN,), "silent")
        if policy != "never":
            assert found.announce_reason == OFF_MAIN
    for title in ("chore: x", "security: x", 'Revert "feat: x"', "feat: x [skip media]"):
        assert decide(change(title, kind=kind, default_branch=False), announce=policy).level == "skip"  # type: ignore[arg-type]


def test_an_explicit_level_off_the_default_branch_is_made_and_not_announced():
    found = decide(change("feat: x", default_branch=False), mode="full", announce="each")
    assert (found.level, found.announce, found.announce_reason) == ("full", "silent", OFF_MAIN)


def test_on_the_default_branch_or_where_that_is_not_known_a_merge_is_one():
    for known in (True, None):
        found = decide(change("feat!: x", default_branch=known), announce="each")
        assert (found.level, found.announce) == ("full", "post")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"branch": "main", "default_branch": "main"}, True),
        ({"branch": "topic", "default_branch": "main"}, False),
        ({"branch": "main"}, None),
        ({"branch": "topic", "on_default_branch": False}, False),
        ({"branch": "main", "default_branch": "main", "trusted": False}, False),  # a fork's main
        ({"branch": "v1", "tag": "v1", "default_branch": "main", "on_default_branch": False}, None),
    ],
)
def test_a_change_knows_whether_it_is_on_the_default_branch(tmp_path: Path, more: dict[str, object], told: bool | None):
    repo = make_repo(tmp_path / "project")
    repo.commit("feat: x")
    trigger = Trigger(event="x", kind="push", head=repo.head, **more)  # type: ignore[arg-type]
    assert read_change(repo.path, trigger).default_branch is told


def test_releases_digests_and_requests_do_not_ask_for_the_branch():
    assert decide(release("minor", default_branch=False)).announce == "post"
    assert decide(digest(Highlight("X", "feat")), announce="each").announce == "post"
    assert decide(by_hand(default_branch=False), by_hand=True).level == "full"


def by_hand(title: str = "chore: x", **more: object) -> Change:
    return change(title, kind="manual", pull_request=None, **more)


def test_by_hand_everything_is_made_and_nothing_is_announced():
    for told in (
        by_hand(),
        by_hand("feat: x", author=BOT),
        by_hand("security: x"),
        replace(release("patch"), kind="manual"),
    ):
        for policy in ("auto", "each"):
            found = decide(told, by_hand=True, announce=policy)  # type: ignore[arg-type]
            assert (found.level, found.announce) == ("full", "silent")
            assert found.announce_reason == "run by hand, which announces nowhere unless told"


def test_by_hand_an_announcement_is_made_where_it_was_asked_for():
    assert decide(by_hand(), by_hand=True, told=True).announce == "post"
    assert decide(replace(release("patch"), kind="manual"), by_hand=True, told=True).announce == "short"
    assert decide(by_hand(), by_hand=True, told=True, announce="never").announce == "silent"


def test_by_hand_an_opt_out_still_wins_and_an_explicit_level_wins_over_it():
    told = by_hand("feat: x [skip media]")
    assert decide(told, by_hand=True).level == "skip"
    found = decide(told, by_hand=True, mode="full")
    assert (found.level, found.announce) == ("full", "silent")
    assert found.reasons == ("--significance full asks for it, over: [skip media] in its message",)


def test_an_explicit_level_is_taken_and_does_not_raise_the_voice():
    found = decide(change("chore: x"), mode="card")
    assert (found.level, found.announce) == ("card", "silent")
    assert found.reasons == (
        "--significance card asks for it, over: chore changes nothing for those who use the project",
    )
    assert decide(change("feat: x"), mode="full").level == "full"
    assert (decide(release("minor"), mode="card").level, decide(release("minor"), mode="card").announce) == (
        "card",
        "post",
    )
    assert decide(change("feat: x", commits=()), mode="full").level == "skip"


def test_announce_each_posts_each_merge_and_never_posts_nothing():
    assert decide(change("feat: x"), announce="each").announce == "post"
    assert decide(change("feat: x", kind="push", pull_request=None), announce="each").announce == "post"
    assert decide(change("chore: x"), announce="each").announce == "silent"
    assert decide(release("prerelease", prerelease=True), announce="each").announce == "silent"
    for told in (change("feat: x"), release("major"), digest(Highlight("X", "feat"))):
        found = decide(told, announce="never")
        assert (found.announce, found.announce_reason) == ("silent", "announce: never")


def test_an_opted_out_change_is_not_announced_even_where_it_is_made():
    found = decide(change("feat: x", labels=("promo:no",)), mode="full", announce="each")
    assert (found.level, found.announce) == ("full", "silent")


def test_a_run_on_request_makes_everything_silently():
    found = decide(by_hand())
    assert (found.level, found.reasons, found.announce) == ("full", ("started on request",), "silent")


def test_what_the_event_itself_decided_stays():
    decided = Significance("skip", ("pull request 7 was closed without a merge",))
    assert decide(change(significance=decided), mode="full", by_hand=True) is decided
