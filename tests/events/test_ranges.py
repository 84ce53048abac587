"""Every rung of the ladder, on real repositories: which commits an event is about, and when that was a guess."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ci_mediagen.errors import RepositoryError, UsageError
from ci_mediagen.events.git import read_change
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.plain import Plain
from ci_mediagen.events.read import read_trigger
from ci_mediagen.model.change import Change
from tests.support.payloads import payload_file
from tests.support.repos import FIRST_COMMIT_AT, GRACE, HOUR, Repo, make_repo

BY_HAND = Plain().read({}, None, None)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "project")
    repo.commit("chore: start", {"README.md": "# Project\n"})
    return repo


def subjects(change: Change) -> list[str]:
    return [commit.subject for commit in change.commits]


def paths(change: Change) -> list[str]:
    return [file.path for file in change.files]


def push(before: str | None, head: str, **more: object) -> Trigger:
    return Trigger(event="github:push", kind="push", before=before, head=head, branch="main", **more)  # type: ignore[arg-type]


# by hand


def test_by_hand_the_last_commit_is_told(repo: Repo):
    base = repo.head
    repo.commit("feat: one", {"a.txt": "1\n2\n"})
    change = read_change(repo.path, BY_HAND)
    assert (change.kind, change.range.method, change.range.base, change.complete) == (
        "manual",
        "first-parent",
        base,
        True,
    )
    assert subjects(change) == ["feat: one"]
    assert [(file.path, file.status, file.additions) for file in change.files] == [("a.txt", "added", 2)]
    assert (change.headline, change.type, change.branch) == ("One", "feat", "main")


def test_by_hand_a_merge_is_told_with_all_it_brought(repo: Repo):
    repo.branch("topic")
    repo.commit("feat: one", {"a.txt": "1"})
    repo.commit("fix: two", {"b.txt": "2"}, author=GRACE)
    repo.checkout("main")
    repo.commit("docs: elsewhere", {"c.txt": "3"})
    repo.merge("topic")
    change = read_change(repo.path, BY_HAND)
    assert subjects(change) == ["Merge branch 'topic'", "fix: two", "feat: one"]
    assert paths(change) == ["a.txt", "b.txt"]
    assert [line.headline for line in change.highlights] == ["One", "Two"]
    assert (change.headline, change.type) == ("One", "feat")
    assert {person.name for person in change.authors} == {"Ada Lovelace", "Grace Hopper"}


def test_a_repository_with_one_commit_is_told_from_the_empty_tree(repo: Repo):
    change = read_change(repo.path, BY_HAND)
    assert (change.range.base, change.range.method, change.complete) == (None, "empty-tree", True)
    assert subjects(change) == ["chore: start"]
    assert paths(change) == ["README.md"]


def test_head_at_a_release_tag_is_told_as_that_release(repo: Repo):
    repo.tag("v1.0.0")
    repo.commit("feat: one")
    repo.commit("chore: release 1.1.0")
    repo.tag("v1.1.0", "the tag's own message")
    change = read_change(repo.path, BY_HAND)
    assert change.kind == "manual"
    assert change.release is not None
    assert (change.release.version, change.release.previous_tag, change.release.bump) == ("1.1.0", "v1.0.0", "minor")
    assert subjects(change) == ["chore: release 1.1.0", "feat: one"]
    assert change.range.method == "previous-tag"


def test_a_linked_worktree_is_read_like_any_other(repo: Repo, tmp_path: Path):
    repo.commit("feat: one")
    repo.commit("feat: two")
    tree = repo.worktree(tmp_path / "tree", "HEAD~1")
    change = read_change(tree.path, BY_HAND)
    assert (subjects(change), change.branch, change.complete) == (["feat: one"], None, True)


def test_a_folder_inside_the_repository_tells_the_whole_repository(repo: Repo):
    repo.commit("feat: one", {"deep/down/a.txt": "1", "b.txt": "2"})
    assert paths(read_change(repo.path / "deep", BY_HAND)) == ["b.txt", "deep/down/a.txt"]


def test_a_bare_repository_can_be_read(repo: Repo, tmp_path: Path):
    repo.commit("feat: one")
    bare = repo.clone(tmp_path / "bare.git", "--bare")
    assert subjects(read_change(bare.path, BY_HAND)) == ["feat: one"]


def test_a_sha256_repository_can_be_read(tmp_path: Path):
    path = tmp_path / "sha256"
    path.mkdir()
    repo = Repo(path)
    repo.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    repo.commit("feat: one", {"a.txt": "1"})
    change = read_change(path, BY_HAND)
    assert (len(change.sha), paths(change)) == (64, ["a.txt"])


# explicit


def test_an_explicit_range_goes_before_everything(repo: Repo):
    base = repo.head
    repo.commit("feat: one")
    repo.commit("feat: two")
    repo.commit("feat: three")
    change = read_change(repo.path, push(repo.sha("HEAD~1"), repo.head), range_="HEAD~3..HEAD~1")
    assert (change.range.method, change.range.base, subjects(change)) == ("explicit", base, ["feat: two", "feat: one"])
    assert subjects(read_change(repo.path, BY_HAND, range_="HEAD~1..")) == ["feat: three"]


def test_three_dots_go_from_where_the_two_parted(repo: Repo):
    repo.branch("topic")
    repo.commit("feat: one", {"a.txt": "1"})
    repo.checkout("main")
    repo.commit("fix: elsewhere", {"b.txt": "2"})
    change = read_change(repo.path, BY_HAND, range_="main...topic")
    assert (subjects(change), paths(change)) == (["feat: one"], ["a.txt"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("HEAD", "not a range"),
        ("..", "not a range"),
        ("", "not a range"),
        ("a b..c", "not a range"),
        ("v9..HEAD", "v9 is not in this repository"),
        ("HEAD..nowhere", "nowhere is not in this repository"),
        ("--output=x..HEAD", "is no revision"),
        ("HEAD..--all", "is no revision"),
        ("HEAD:README.md..HEAD", "is no revision"),
        ("HEAD..main..x", "not a range"),
        ("0123456789012345678901234567890123456789..HEAD", "is not in this repository"),
    ],
)
def test_a_range_that_is_none_or_not_here_is_refused(repo: Repo, text: str, said: str):
    with pytest.raises(RepositoryError, match="--range") as caught:
        read_change(repo.path, BY_HAND, range_=text)
    assert said in caught.value.message
    assert caught.value.exit_code == 2
    assert not (repo.path / "x").exists()


def test_a_range_beyond_a_shallow_clone_is_refused_with_the_reason(repo: Repo, tmp_path: Path):
    first = repo.head
    repo.commit("feat: one")
    repo.commit("feat: two")
    clone = repo.clone(tmp_path / "clone", depth=1)
    with pytest.raises(RepositoryError, match="fetching is switched off"):
        read_change(clone.path, BY_HAND, range_=f"{first}..HEAD", fetch=False)
    assert subjects(read_change(clone.path, BY_HAND, range_=f"{first}..HEAD", fetch=True)) == ["feat: two", "feat: one"]


def test_range_and_since_exclude_each_other(repo: Repo):
    with pytest.raises(UsageError, match="cannot both"):
        read_change(repo.path, BY_HAND, range_="a..b", since="7d")


# since


def test_since_a_span_is_a_digest_of_what_came_after_it(repo: Repo):
    repo.commit("feat: old", at=FIRST_COMMIT_AT + 10 * HOUR)
    repo.commit("feat: new", at=FIRST_COMMIT_AT + 100 * HOUR)
    repo.commit("fix: newer", at=FIRST_COMMIT_AT + 101 * HOUR)
    change = read_change(repo.path, BY_HAND, since="2d", now=FIRST_COMMIT_AT + 102 * HOUR)
    assert (change.kind, change.range.method, subjects(change)) == ("digest", "since", ["fix: newer", "feat: new"])
    assert change.headline == "2 changes in 2 days"
    whole = read_change(repo.path, BY_HAND, since="2y", now=FIRST_COMMIT_AT + 102 * HOUR)
    assert (len(whole.commits), whole.complete, whole.range.base) == (4, True, None)


def test_since_a_tag_or_a_date(repo: Repo):
    repo.tag("v1.0.0", "first")
    repo.commit("feat: one", at=FIRST_COMMIT_AT + 48 * HOUR)
    change = read_change(repo.path, BY_HAND, since="v1.0.0")
    assert (subjects(change), change.headline) == (["feat: one"], "1 change since v1.0.0")
    assert subjects(read_change(repo.path, BY_HAND, since="2026-11-02")) == ["feat: one"]
    assert read_change(repo.path, BY_HAND, since="2026-11-02").headline == "1 change since 2 November 2026"


def test_a_digest_counts_merged_work_by_when_it_was_merged(repo: Repo):
    repo.branch("topic")
    repo.commit("feat: written early", {"a.txt": "1"}, at=FIRST_COMMIT_AT + 2 * HOUR)
    repo.checkout("main")
    repo.commit("fix: between", {"b.txt": "2"}, at=FIRST_COMMIT_AT + 50 * HOUR)
    repo.clock = FIRST_COMMIT_AT + 100 * HOUR
    repo.merge("topic")
    change = read_change(repo.path, BY_HAND, since="1d", now=FIRST_COMMIT_AT + 102 * HOUR)
    assert "feat: written early" in subjects(change)
    assert "fix: between" not in subjects(change)


def test_since_what_is_not_there_is_refused(repo: Repo):
    for text in ("v9.9.9", "--all", "", "yesterday-ish"):
        with pytest.raises(RepositoryError, match="--since"):
            read_change(repo.path, BY_HAND, since=text)


def test_a_digest_of_a_shallow_clone_says_what_is_missing(repo: Repo, tmp_path: Path):
    repo.commit("feat: one")
    repo.commit("feat: two")
    clone = repo.clone(tmp_path / "clone", depth=2)
    cut = read_change(clone.path, BY_HAND, since="2y", fetch=False)
    assert (cut.complete, subjects(cut), cut.files) == (False, ["feat: two", "feat: one"], ())
    assert "shallow clone" in cut.incomplete_reason
    whole = read_change(clone.path, BY_HAND, since="2y", fetch=True)
    assert (whole.complete, len(whole.commits)) == (True, 3)


def test_a_schedule_tells_of_the_last_seven_days(repo: Repo):
    repo.commit("feat: new", at=FIRST_COMMIT_AT + 400 * HOUR)
    change = read_change(repo.path, Trigger(event="github:schedule", kind="digest"), now=FIRST_COMMIT_AT + 401 * HOUR)
    assert (change.kind, subjects(change), change.headline) == ("digest", ["feat: new"], "1 change in 7 days")


# releases and tags


def release(tag: str) -> Trigger:
    return Trigger(event="github:push", kind="tag", tag=tag)


def test_a_stable_release_skips_prereleases_and_a_prerelease_does_not(repo: Repo):
    repo.tag("v1.0.0")
    repo.commit("feat: one")
    repo.tag("v1.1.0-rc.1", "annotated")
    repo.commit("fix: two")
    repo.tag("v1.1.0-rc.2")
    repo.commit("fix: three")
    repo.tag("v1.1.0", "annotated")
    stable = read_change(repo.path, release("v1.1.0"))
    assert stable.release is not None
    assert (stable.release.previous_tag, stable.release.bump) == ("v1.0.0", "minor")
    assert subjects(stable) == ["fix: three", "fix: two", "feat: one"]
    candidate = read_change(repo.path, release("v1.1.0-rc.2"))
    assert candidate.release is not None
    assert (candidate.release.previous_tag, candidate.release.prerelease, candidate.release.bump) == (
        "v1.1.0-rc.1",
        True,
        "prerelease",
    )
    assert subjects(candidate) == ["fix: two"]


def test_the_tag_before_is_an_ancestor_and_the_nearest_version(repo: Repo):
    """A maintenance release that was made later, on a branch of its own, is not what 2.1 follows."""
    repo.tag("v1.9.0")
    repo.branch("1.x")
    repo.commit("fix: backport", {"fix.txt": "1"})
    repo.checkout("main")
    repo.commit("feat: two", {"two.txt": "1"})
    repo.tag("v2.0.0")
    repo.checkout("1.x")
    repo.commit("fix: late backport", {"fix.txt": "2"})
    repo.tag("v1.9.1")
    repo.tag("v2.0.5")
    repo.checkout("main")
    repo.commit("feat: two one", {"two.txt": "2"})
    repo.tag("v2.1.0")
    change = read_change(repo.path, release("v2.1.0"))
    assert change.release is not None
    assert (change.release.previous_tag, subjects(change)) == ("v2.0.0", ["feat: two one"])
    backport = read_change(repo.path, release("v1.9.1"))
    assert backport.release is not None
    assert (backport.release.previous_tag, backport.release.bump) == ("v1.9.0", "patch")


def test_the_first_release_is_told_from_the_beginning(repo: Repo):
    repo.commit("feat: one")
    repo.tag("v1.0.0")
    change = read_change(repo.path, release("v1.0.0"))
    assert change.release is not None
    assert (change.release.bump, change.range.base, change.range.method, len(change.commits)) == (
        "first",
        None,
        "empty-tree",
        2,
    )


def test_tags_of_other_families_are_not_what_came_before(repo: Repo):
    repo.tag("web@1.0.0")
    repo.commit("feat: one")
    repo.tag("api@1.1.0")
    repo.commit("feat: two")
    repo.tag("web@1.1.0")
    change = read_change(repo.path, release("web@1.1.0"))
    assert change.release is not None
    assert (change.release.previous_tag, change.release.version, len(change.commits)) == ("web@1.0.0", "1.1.0", 2)


def test_a_tag_without_a_version_tells_its_last_change_and_says_so(repo: Repo):
    repo.commit("feat: one")
    repo.tag("nightly")
    change = read_change(repo.path, release("nightly"))
    assert (subjects(change), change.complete) == (["feat: one"], False)
    assert "holds no version" in change.incomplete_reason


def test_a_release_whose_tag_is_not_made_yet_is_told_from_its_target(repo: Repo):
    repo.tag("v1.0.0")
    repo.commit("feat: one")
    change = read_change(repo.path, Trigger(event="github:release", kind="release", tag="v1.1.0", head="main"))
    assert (subjects(change), change.complete) == (["feat: one"], True)


def test_a_release_in_a_shallow_clone_fetches_tags_and_history_or_says_what_is_missing(repo: Repo, tmp_path: Path):
    repo.tag("v1.0.0")
    repo.commit("feat: one")
    repo.commit("feat: two")
    repo.tag("v1.1.0")
    clone = repo.clone(tmp_path / "a", depth=1, branch="v1.1.0")
    cut = read_change(clone.path, release("v1.1.0"), fetch=False)
    assert (cut.complete, subjects(cut), cut.files) == (False, ["feat: two"], ())
    assert "the release before this one is not known" in cut.incomplete_reason
    assert cut.release is not None
    assert (cut.release.bump, cut.release.previous_tag) == ("minor", None)
    whole = read_change(clone.path, release("v1.1.0"), fetch=True)
    assert (whole.complete, subjects(whole)) == (True, ["feat: two", "feat: one"])
    assert whole.release is not None
    assert whole.release.previous_tag == "v1.0.0"


# pushes


def test_a_push_goes_from_before_to_after(repo: Repo):
    before = repo.head
    repo.commit("feat: one")
    repo.commit("fix: two")
    change = read_change(repo.path, push(before, repo.head))
    assert (change.kind, change.range.method, subjects(change)) == ("push", "before-after", ["fix: two", "feat: one"])
    assert (change.headline, change.type) == ("One", "feat")


def test_a_push_of_a_merged_pull_request_is_a_merge_with_its_number(repo: Repo):
    before = repo.head
    repo.branch("topic")
    repo.commit("feat: one", {"a.txt": "1"})
    repo.commit("test: more", {"b.txt": "2"})
    repo.checkout("main")
    repo.merge("topic", "Merge pull request #12 from ada/topic\n\nfeat(ui): Dark mode (ABC-1)")
    change = read_change(repo.path, push(before, repo.head, repository="acme/aurora"))
    assert (change.kind, change.headline, change.type, change.scope) == ("merge", "Dark mode", "feat", "ui")
    assert change.pull_request is not None
    assert (change.pull_request.number, change.pull_request.title) == (12, "feat(ui): Dark mode (ABC-1)")
    assert change.pull_request.url == "https://github.com/acme/aurora/pull/12"


def test_a_push_of_a_squashed_pull_request_is_a_merge_with_its_number(repo: Repo):
    before = repo.head
    repo.branch("topic")
    repo.commit("wip", {"a.txt": "1"})
    repo.checkout("main")
    repo.squash("topic", "feat: dark mode (#12)\n\n* wip\n\nCo-authored-by: Grace Hopper <grace@example.com>")
    change = read_change(repo.path, push(before, repo.head))
    assert (change.kind, change.headline) == ("merge", "Dark mode")
    assert change.pull_request is not None
    assert change.pull_request.number == 12
    assert [person.name for person in change.authors] == ["Ada Lovelace", "Grace Hopper"]


def test_a_new_branch_goes_from_where_it_left_the_default_branch(repo: Repo, tmp_path: Path):
    repo.commit("fix: on main")
    repo.branch("topic")
    repo.commit("feat: one")
    repo.commit("feat: two")
    trigger = push(None, repo.head, new_branch=True, default_branch="main")
    change = read_change(repo.path, Trigger(**{**_fields(trigger), "branch": "topic"}))
    assert (change.range.method, subjects(change), change.complete) == ("merge-base", ["feat: two", "feat: one"], True)
    clone = repo.clone(tmp_path / "clone", branch="topic")
    change = read_change(clone.path, Trigger(**{**_fields(trigger), "branch": "topic"}))
    assert subjects(change) == ["feat: two", "feat: one"]


def test_a_new_default_branch_is_told_from_the_beginning(repo: Repo):
    repo.commit("feat: one")
    change = read_change(repo.path, push(None, repo.head, new_branch=True, default_branch="main"))
    assert (change.range.base, len(change.commits), change.complete) == (None, 2, True)


def test_a_new_branch_of_unknown_origin_tells_its_last_change_and_says_so(repo: Repo):
    repo.commit("feat: one")
    change = read_change(repo.path, push(None, repo.head, new_branch=True))
    assert (subjects(change), change.complete) == (["feat: one"], False)
    assert change.incomplete_reason == "where the new branch began is not known, so only the last change is told"


def test_a_forced_push_with_the_old_commit_at_hand_goes_from_where_they_parted(repo: Repo):
    repo.commit("feat: old way", {"a.txt": "1"})
    old = repo.head
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.commit("feat: new way", {"a.txt": "2"})
    change = read_change(repo.path, push(old, repo.head))
    assert (subjects(change), change.complete, change.range.method) == (["feat: new way"], True, "before-after")


def test_a_forced_push_whose_old_commit_is_gone_tells_the_last_commit_and_says_so(repo: Repo):
    repo.commit("feat: one")
    change = read_change(repo.path, push("d" * 40, repo.head))
    assert (subjects(change), change.complete) == (["feat: one"], False)
    assert "dddddddddddd that it began from is gone" in change.incomplete_reason


def test_a_branch_that_was_moved_back_says_so(repo: Repo):
    repo.commit("feat: one")
    repo.commit("feat: two")
    change = read_change(repo.path, push(repo.head, repo.sha("HEAD~1")))
    assert (subjects(change), change.complete) == (["feat: one"], False)


def test_before_in_a_shallow_clone_is_not_believed_until_it_is_an_ancestor(repo: Repo, tmp_path: Path):
    """Fetching `before` alone at depth 1 would silently give one commit instead of three."""
    before = repo.head
    for number in range(3):
        repo.commit(f"feat: number {number}")
    clone = repo.clone(tmp_path / "clone", depth=1)
    clone.git("fetch", "--quiet", "--depth=1", "origin", before)
    assert clone.sha(before) == before
    cut = read_change(clone.path, push(before, repo.head), fetch=False)
    assert (cut.complete, subjects(cut), cut.files) == (False, ["feat: number 2"], ())
    whole = read_change(clone.path, push(before, repo.head), fetch=True)
    assert (whole.complete, len(whole.commits), paths(whole)) == (True, 3, ["log.txt"])


def test_jenkins_building_the_same_commit_again_tells_its_last_change(repo: Repo):
    repo.commit("feat: one")
    environ = {
        "JENKINS_URL": "x",
        "GIT_COMMIT": repo.head,
        "GIT_PREVIOUS_SUCCESSFUL_COMMIT": repo.head,
        "BRANCH_NAME": "main",
    }
    change = read_change(repo.path, read_trigger(environ))
    assert (change.event, subjects(change), change.complete) == ("jenkins", ["feat: one"], True)


def test_jenkins_without_a_build_before_says_that_it_guessed(repo: Repo):
    repo.commit("feat: one")
    change = read_change(repo.path, read_trigger({"JENKINS_URL": "x", "GIT_COMMIT": repo.head, "BRANCH_NAME": "main"}))
    assert (subjects(change), change.complete) == (["feat: one"], False)
    assert "what the build before this one saw is not known" in change.incomplete_reason


# pull requests


def merged(tmp_path: Path, head: str, **more: object) -> Trigger:
    return read_trigger({}, payload_file(tmp_path, "pull_request_merged", pull_request__merge_commit_sha=head, **more))


def topic(repo: Repo) -> tuple[str, str]:
    """Two commits on a branch, one on main beside it. Returns (base when the request was opened, its head)."""
    base = repo.head
    repo.branch("topic")
    repo.commit("feat: one", {"a.txt": "1"}, author=GRACE)
    repo.commit("test: two", {"b.txt": "2"}, author=GRACE)
    head = repo.head
    repo.checkout("main")
    repo.commit("fix: elsewhere", {"c.txt": "3"})
    return base, head


def test_a_pull_request_merged_by_a_merge_commit(repo: Repo, tmp_path: Path):
    base, head = topic(repo)
    sha = repo.merge("topic", "Merge pull request #12 from acme/topic\n\nfeat(ui): ABC-7 dark mode")
    trigger = merged(tmp_path, sha, pull_request__commits=2, pull_request__base__sha=base, pull_request__head__sha=head)
    change = read_change(repo.path, trigger)
    assert (change.kind, change.range.method, change.complete) == ("merge", "first-parent", True)
    assert paths(change) == ["a.txt", "b.txt"]
    assert len(change.commits) == 3
    assert (change.headline, change.type, change.scope, change.labels) == (
        "Dark mode",
        "feat",
        "ui",
        ("enhancement", "promo:yes"),
    )
    assert [line.headline for line in change.highlights] == ["Dark mode", "One"]
    assert [(person.name, person.login) for person in change.authors] == [("Grace Hopper", "ada")]


@pytest.mark.parametrize("title", ["feat(ui): dark mode (#12)", "feat(ui): dark mode"])
def test_a_pull_request_squashed_into_one_commit(repo: Repo, tmp_path: Path, title: str):
    base, head = topic(repo)
    sha = repo.squash("topic", title)
    trigger = merged(tmp_path, sha, pull_request__commits=2, pull_request__base__sha=base, pull_request__head__sha=head)
    change = read_change(repo.path, trigger)
    assert (change.complete, change.incomplete_reason, len(change.commits)) == (True, "", 1)
    assert paths(change) == ["a.txt", "b.txt"]


def test_a_pull_request_that_was_rebased_is_found_by_its_own_commits(repo: Repo, tmp_path: Path):
    base, head = topic(repo)
    sha = repo.rebase_in("topic")
    trigger = merged(tmp_path, sha, pull_request__commits=2, pull_request__base__sha=base, pull_request__head__sha=head)
    change = read_change(repo.path, trigger)
    assert (change.complete, subjects(change), change.range.method) == (True, ["test: two", "feat: one"], "merge-base")


def test_a_rebase_whose_branch_is_gone_is_known_where_nothing_came_between(repo: Repo, tmp_path: Path):
    base = repo.head
    repo.branch("topic")
    repo.commit("feat: one", {"a.txt": "1"})
    repo.commit("test: two", {"b.txt": "2"})
    repo.checkout("main")
    sha = repo.rebase_in("topic")
    trigger = merged(
        tmp_path, sha, pull_request__commits=2, pull_request__base__sha=base, pull_request__head__sha="e" * 40
    )
    change = read_change(repo.path, trigger)
    assert (change.complete, subjects(change)) == (True, ["test: two", "feat: one"])


def test_a_rebase_that_left_no_trace_is_a_guess_and_says_so(repo: Repo, tmp_path: Path):
    base, _ = topic(repo)
    sha = repo.rebase_in("topic")
    trigger = merged(
        tmp_path, sha, pull_request__commits=2, pull_request__base__sha=base, pull_request__head__sha="e" * 40
    )
    change = read_change(repo.path, trigger)
    assert (change.complete, subjects(change)) == (False, ["test: two", "feat: one"])
    assert "a rebase leaves no trace" in change.incomplete_reason


def test_a_merged_pull_request_at_depth_one_is_completed_or_says_what_is_missing(repo: Repo, tmp_path: Path):
    topic(repo)
    sha = repo.merge("topic", "Merge pull request #12 from acme/topic\n\nfeat: dark mode")
    clone = repo.clone(tmp_path / "clone", depth=1)
    trigger = merged(tmp_path, sha, pull_request__commits=2)
    cut = read_change(clone.path, trigger, fetch=False)
    assert (cut.complete, cut.headline, cut.files, len(cut.commits)) == (False, "Dark mode", (), 1)
    assert cut.range.base == repo.sha("HEAD~1"), "the commit itself names its parent, though it is not here"
    assert "which files it changed is not known" in cut.incomplete_reason
    whole = read_change(clone.path, trigger, fetch=True)
    assert (whole.complete, paths(whole), len(whole.commits)) == (True, ["a.txt", "b.txt"], 3)


def test_a_merge_cut_off_on_its_far_side_is_completed_or_says_so(repo: Repo, tmp_path: Path):
    """At depth 2 the merge and both parents are here, and of the topic's commits only the last."""
    topic(repo)
    repo.merge("topic")
    clone = repo.clone(tmp_path / "clone", depth=2)
    cut = read_change(clone.path, BY_HAND, fetch=False)
    assert (cut.complete, len(cut.commits), paths(cut)) == (False, 2, ["a.txt", "b.txt"])
    assert "older commits of the range are missing" in cut.incomplete_reason
    whole = read_change(clone.path, BY_HAND, fetch=True)
    assert (whole.complete, len(whole.commits)) == (True, 3)


def test_a_linked_worktree_of_a_shallow_clone_is_known_to_be_shallow(repo: Repo, tmp_path: Path):
    repo.commit("feat: one")
    clone = repo.clone(tmp_path / "clone", depth=1)
    tree = clone.worktree(tmp_path / "tree")
    change = read_change(tree.path, BY_HAND, fetch=False)
    assert (change.complete, change.files) == (False, ())
    assert subjects(read_change(tree.path, BY_HAND, fetch=True)) == ["feat: one"]


def test_an_open_pull_request_goes_from_where_it_left_its_base(repo: Repo, tmp_path: Path):
    base, head = topic(repo)
    file = payload_file(tmp_path, "pull_request_opened", pull_request__head__sha=head, pull_request__base__sha=base)
    change = read_change(repo.path, read_trigger({}, file))
    assert (change.range.method, subjects(change), change.trusted) == ("merge-base", ["test: two", "feat: one"], False)
    environ = {
        "JENKINS_URL": "x",
        "CHANGE_ID": "12",
        "CHANGE_TARGET": "main",
        "CHANGE_TITLE": "fix: x",
        "GIT_COMMIT": head,
    }
    assert subjects(read_change(repo.path, read_trigger(environ))) == ["test: two", "feat: one"]


def test_a_merge_group_goes_from_its_base(repo: Repo, tmp_path: Path):
    base = repo.head
    repo.commit("feat: one (#1)", {"a.txt": "1"})
    repo.commit("fix: two (#2)", {"b.txt": "2"})
    file = payload_file(tmp_path, "merge_group", merge_group__head_sha=repo.head, merge_group__base_sha=base)
    change = read_change(repo.path, read_trigger({}, file))
    assert (change.kind, change.range.method, len(change.commits), change.trusted) == (
        "merge-queue",
        "merge-group",
        2,
        False,
    )


def test_a_closed_pull_request_is_nothing_and_no_history_is_needed(repo: Repo, tmp_path: Path):
    change = read_change(repo.path, read_trigger({}, payload_file(tmp_path, "pull_request_closed")))
    assert change.significance is not None
    assert (change.significance.level, change.commits) == ("skip", ())
    assert change.significance.reasons == ("pull request 12 was closed without a merge",)


def test_a_head_that_is_not_in_the_clone_is_replaced_by_head_and_said(repo: Repo):
    repo.commit("feat: one")
    change = read_change(repo.path, push(repo.sha("HEAD~1"), "f" * 40))
    assert (subjects(change), change.complete) == (["feat: one"], False)
    assert "is not in this clone, so HEAD stands in for it" in change.incomplete_reason


# no history


def test_an_empty_repository_is_refused(tmp_path: Path):
    repo = make_repo(tmp_path / "empty")
    for arguments in ({}, {"since": "7d"}, {"range_": "HEAD~1..HEAD"}):
        with pytest.raises(RepositoryError):
            read_change(repo.path, BY_HAND, **arguments)  # type: ignore[arg-type]
    with pytest.raises(RepositoryError, match="has no commits yet"):
        read_change(repo.path, BY_HAND)


def test_no_repository_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "gone", tmp_path / "file"):
        with pytest.raises(RepositoryError) as caught:
            read_change(path, BY_HAND)
        assert str(path) in caught.value.message
        assert caught.value.exit_code == 2


def test_without_git_on_path_the_reason_is_given(repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match=r"git cannot be run|git is not installed"):
        read_change(repo.path, BY_HAND)


# fetching


def test_a_shallow_clone_whose_remote_is_gone_degrades_with_the_reason(repo: Repo, tmp_path: Path):
    before = repo.head
    repo.commit("feat: one")
    clone = repo.clone(tmp_path / "clone", depth=1)
    clone.git("remote", "set-url", "origin", f"file://{tmp_path}/user:secret@nowhere")
    change = read_change(clone.path, push(before, repo.head), fetch=True)
    assert (change.complete, subjects(change)) == (False, ["feat: one"])
    assert "could not be fetched" in change.incomplete_reason
    clone.git("remote", "remove", "origin")
    change = read_change(clone.path, push(before, repo.head), fetch=True)
    assert "without a remote" in change.incomplete_reason


def test_credentials_of_a_remote_are_in_no_reason(repo: Repo, tmp_path: Path):
    before = repo.head
    repo.commit("feat: one")
    clone = repo.clone(tmp_path / "clone", depth=1)
    clone.git("remote", "set-url", "origin", "http://user:hunter2@127.0.0.1:1/acme/aurora.git")
    change = read_change(clone.path, push(before, repo.head), fetch=True)
    assert not change.complete
    assert "hunter2" not in repr(change)


def test_ci_fetches_unless_told_not_to_and_a_person_s_clone_is_left_alone(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    before = repo.head
    repo.commit("feat: one")
    monkeypatch.delenv("CI_MEDIAGEN_FETCH", raising=False)
    first = repo.clone(tmp_path / "a", depth=1)
    assert not read_change(first.path, BY_HAND).complete
    monkeypatch.setenv("CI_MEDIAGEN_FETCH", "0")
    assert not read_change(first.path, push(before, repo.head)).complete
    monkeypatch.delenv("CI_MEDIAGEN_FETCH")
    assert read_change(first.path, push(before, repo.head)).complete
    second = repo.clone(tmp_path / "b", depth=1)
    monkeypatch.setenv("CI_MEDIAGEN_FETCH", "1")
    assert read_change(second.path, BY_HAND).complete


def test_nothing_is_left_running(repo: Repo, tmp_path: Path):
    repo.commit("feat: one")
    clone = repo.clone(tmp_path / "clone", depth=1)
    read_change(clone.path, BY_HAND, fetch=True)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if children.exists():
        running = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in children.read_text().split()]
        assert "git" not in running


def _fields(trigger: Trigger) -> dict[str, object]:
    return {name: getattr(trigger, name) for name in Trigger.__slots__}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_repository_of_another_user_is_refused_with_what_to_do(repo: Repo):
    for path in (repo.path, *repo.path.rglob("*")):
        os.chown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match="another user owns it") as caught:
        read_change(repo.path, BY_HAND)
    assert "safe.directory" in caught.value.advice


@pytest.mark.parametrize(
    "text", ["--output=pwned", "--all", "HEAD:README.md", "-", "a..b", ":/x", "", "x\ny", "refs/heads/*"]
)
def test_what_an_event_claims_is_never_taken_for_an_option(repo: Repo, text: str):
    repo.commit("feat: one")
    for trigger in (
        Trigger(event="x", kind="tag", tag=text, head=text),
        Trigger(event="x", kind="push", before=text, head=text, branch=text, default_branch=text, new_branch=True),
        Trigger(event="x", kind="push", head=None, branch=text, default_branch=text + "x", new_branch=True),
        Trigger(event="x", kind="merge-queue", base=text, head=text, trusted=False),
    ):
        change = read_change(repo.path, trigger, fetch=False)
        assert change.commits
        assert sorted(path.name for path in repo.path.iterdir()) == [".git", "README.md", "log.txt"]
