"""What a change is called and what of it comes first, on real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci_mediagen.errors import UsageError
from ci_mediagen.events.git import read_change
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.packages import PackageRule
from ci_mediagen.events.plain import Plain
from ci_mediagen.events.read import read_trigger
from ci_mediagen.model.change import Change
from tests.support.payloads import payload_file
from tests.support.repos import GRACE, LINUS, Repo, make_repo

BY_HAND = Plain().read({}, None, None)
BOT = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "project")
    repo.commit("chore: start")
    return repo


def lines(change: Change) -> list[str]:
    return [line.headline for line in change.highlights]


def since_start(repo: Repo) -> Change:
    first = repo.git("rev-list", "--max-parents=0", "HEAD")
    return read_change(
        repo.path, Trigger(event="github:push", kind="push", before=first, head=repo.head, branch="main")
    )


def test_highlights_come_by_weight_and_quiet_ones_only_where_there_is_nothing_else(repo: Repo):
    repo.commit("chore: tidy")
    assert lines(since_start(repo)) == ["Tidy"]
    repo.commit("fix: crash")
    repo.commit("perf: faster start")
    repo.commit("Something plain")
    repo.commit("feat: dark mode")
    repo.commit("fix(api)!: other paging")
    repo.commit("docs: guide")
    repo.commit("deps: bump x")
    change = since_start(repo)
    assert lines(change) == ["Other paging", "Dark mode", "Faster start", "Crash", "Something plain", "Bump x"]
    assert (change.headline, change.type, change.scope, change.breaking) == ("Other paging", "fix", "api", True)


def test_a_pull_request_is_told_once_whatever_it_brought(repo: Repo):
    repo.branch("topic")
    repo.commit("feat: first half", {"a": "1"})
    repo.commit("feat: second half", {"b": "1"}, author=GRACE)
    repo.checkout("main")
    repo.commit("fix: crash (#7)", {"c": "1"})
    repo.merge("topic", "Merge pull request #12 from ada/topic\n\nDark mode")
    repo.commit("fix: crash again (#7)", {"c": "2"})
    change = since_start(repo)
    assert lines(change) == ["Dark mode", "Crash again"]
    assert change.highlights[0].type == "feat"
    assert change.highlights[0].pull_request == 12


def test_a_merge_of_main_into_a_branch_is_no_story(repo: Repo):
    repo.branch("topic")
    repo.commit("feat: dark mode", {"a": "1"})
    repo.checkout("main")
    repo.commit("fix: crash", {"c": "1"})
    repo.checkout("topic")
    repo.merge("main")
    repo.checkout("main")
    repo.merge("topic", "Merge pull request #12 from ada/topic\n\nfeat: dark mode")
    assert lines(since_start(repo)) == ["Dark mode", "Crash"]


def test_what_is_taken_back_in_the_same_range_is_not_told(repo: Repo):
    repo.commit("feat: dark mode")
    repo.commit("feat: light mode")
    repo.git("revert", "--no-edit", "HEAD~1", check=False)
    repo.git("checkout", "--quiet", "HEAD", "--", ".")
    repo.commit('Revert "feat: dark mode"\n\nThis reverts commit ' + repo.sha("HEAD~1") + ".")
    assert lines(since_start(repo)) == ["Light mode"]


def test_one_commit_that_asks_for_silence_is_left_out_of_many(repo: Repo):
    repo.commit("feat: dark mode")
    repo.commit("feat: secret plan [skip media]")
    repo.commit("fix: crash")
    assert lines(since_start(repo)) == ["Dark mode", "Crash"]


def test_bots_are_in_no_highlight_beside_people_and_among_no_authors(repo: Repo):
    repo.commit("feat: bump x from 1 to 2", author=BOT)
    repo.commit("fix: crash", author=LINUS)
    change = since_start(repo)
    assert lines(change) == ["Crash"]
    assert [person.name for person in change.authors] == ["Linus Example"]


def test_a_promo_line_gives_the_headline(repo: Repo, tmp_path: Path):
    sha = repo.commit("feat: dark mode (#12)\n\nlong story\n\npromo: Easy on the eyes")
    assert read_change(repo.path, BY_HAND).headline == "Easy on the eyes"
    file = payload_file(
        tmp_path,
        "pull_request_merged",
        pull_request__merge_commit_sha=sha,
        pull_request__body="x\npromo: Night owls, rejoice\n",
    )
    change = read_change(repo.path, read_trigger({}, file))
    assert (change.headline, change.highlights[0].headline) == ("Night owls, rejoice", "Night owls, rejoice")


@pytest.mark.parametrize(
    ("title", "labels", "message", "kind", "breaking"),
    [
        ("Dark mode", ["bug"], "Dark mode", "fix", False),
        ("Dark mode", ["type: feature"], "Dark mode", "feat", False),
        ("Add dark mode", ["bug"], "Add dark mode", "fix", False),
        ("Add dark mode", [], "Add dark mode", "feat", False),
        ("Dark mode", [], "perf: faster", "perf", False),
        ("fix: dark mode", ["enhancement"], "feat: dark mode", "fix", False),
        ("feat: dark mode", ["breaking-change"], "x", "feat", True),
        ("feat: dark mode", ["not breaking at all really"], "x", "feat", False),
        ("feat: dark mode", [], "x\n\nBREAKING CHANGE: y", "feat", True),
    ],
)
def test_the_type_of_a_pull_request(
    repo: Repo, tmp_path: Path, title: str, labels: list[str], message: str, kind: str, breaking: bool
):
    sha = repo.commit(message)
    file = payload_file(
        tmp_path, "pull_request_merged", pull_request__merge_commit_sha=sha, pull_request__title=title,
        pull_request__labels=[{"name": label} for label in labels],
    )  # fmt: skip
    change = read_change(repo.path, read_trigger({}, file))
    assert (change.type, change.breaking) == (kind, breaking)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("v1.1.0 - Dark mode", "Dark mode"),
        ("Project 1.1.0: dark mode, faster search", "Dark mode, faster search"),
        ("The Wombat release", "The Wombat"),
        ("v1.1.0", "Version 1.1.0"),
        ("Release v1.1.0", "Version 1.1.0"),
        ("Project 1.1.0", "Version 1.1.0"),
        ("", "Version 1.1.0"),
    ],
)
def test_a_release_is_called_by_its_own_name_where_it_has_one(repo: Repo, tmp_path: Path, name: str, told: str):
    repo.tag("v1.0.0")
    repo.commit("feat: dark mode")
    repo.tag("v1.1.0")
    file = payload_file(
        tmp_path,
        "release_published",
        release__tag_name="v1.1.0",
        release__name=name,
        repository__full_name="acme/project",
    )
    change = read_change(repo.path, read_trigger({}, file))
    assert (change.kind, change.headline, change.version) == ("release", told, "1.1.0")
    assert lines(change) == ["Dark mode"]


# packages

RULES = (
    PackageRule("web", "Web app", ("packages/web",), "web@{version}"),
    PackageRule("api", "", ("packages/api/**",), "api@{version}"),
)


@pytest.fixture
def monorepo(repo: Repo) -> Repo:
    repo.tag("web@1.0.0")
    repo.tag("api@1.0.0")
    repo.commit("feat: api thing (#1)", {"packages/api/a.py": "1"})
    repo.branch("topic")
    repo.commit("feat: web thing", {"packages/web/a.js": "1"}, author=GRACE)
    repo.commit("test: api of the topic", {"packages/api/b.py": "1"})
    repo.checkout("main")
    repo.merge("topic", "Merge pull request #2 from grace/topic\n\nfeat: the new web")
    repo.commit("fix: both (#3)", {"packages/api/a.py": "2", "packages/web/b.js": "1"})
    repo.commit("docs: neither", {"docs/a.md": "1"})
    return repo


def test_a_package_tag_is_told_from_its_own_tag_before_and_by_its_own_files(monorepo: Repo):
    monorepo.tag("api@1.1.0-rc.1")
    monorepo.tag("web@1.1.0-rc.1")
    monorepo.tag("web@1.1.0")
    change = read_change(monorepo.path, Trigger(event="github:push", kind="tag", tag="web@1.1.0"), packages=RULES)
    assert change.release is not None
    assert (change.release.version, change.release.previous_tag, change.release.bump) == ("1.1.0", "web@1.0.0", "minor")
    assert [file.path for file in change.files] == ["packages/web/a.js", "packages/web/b.js"]
    assert lines(change) == ["The new web", "Both"]
    assert [commit.subject for commit in change.commits if not commit.merge] == ["fix: both (#3)", "feat: web thing"]
    assert [(one.name, one.title) for one in change.packages] == [("web", "Web app")]
    assert change.headline == "Web app 1.1.0"


def test_a_push_names_the_packages_it_touches(monorepo: Repo):
    change = read_change(
        monorepo.path,
        Trigger(event="github:push", kind="push", before=monorepo.sha("HEAD~2"), head=monorepo.head),
        packages=RULES,
    )
    assert [one.name for one in change.packages] == ["web", "api"]
    one = read_change(
        monorepo.path,
        Trigger(event="x", kind="push", before=monorepo.sha("HEAD~2"), head=monorepo.head),
        packages=RULES,
        package="api",
    )
    assert [file.path for file in one.files] == ["packages/api/a.py"]
    assert lines(one) == ["Both"]


def test_by_hand_a_package_s_last_change_is_told_even_below_others(monorepo: Repo):
    change = read_change(monorepo.path, BY_HAND, packages=RULES, package="web")
    assert [commit.subject for commit in change.commits] == ["fix: both (#3)"]


def test_by_hand_at_a_package_s_tag_the_package_is_told(monorepo: Repo):
    monorepo.tag("api@2.0.0")
    change = read_change(monorepo.path, BY_HAND, packages=RULES)
    assert change.release is not None
    assert (change.release.bump, [one.name for one in change.packages]) == ("major", ["api"])
    assert "packages/web/b.js" not in [file.path for file in change.files]


def test_an_unknown_package_is_refused_with_the_nearest_name(monorepo: Repo):
    with pytest.raises(UsageError, match="--package wbe: there is no such package; did you mean 'web'"):
        read_change(monorepo.path, BY_HAND, packages=RULES, package="wbe")
    with pytest.raises(UsageError) as caught:
        read_change(monorepo.path, BY_HAND, package="web")
    assert "names no packages" in caught.value.advice


def test_a_single_commit_tells_what_its_message_lists(repo: Repo):
    body = """It was slow.

- index is kept in memory
* perf(index): results stream as they are found (#12)
- chore: formatting
- [ ] I have read the guidelines
1. Shortcuts for every panel.
- index is kept in memory
- Search answers faster


Reviewed-by: Grace"""
    repo.commit(f"feat: search answers faster\n\n{body}")
    assert lines(read_change(repo.path, BY_HAND)) == [
        "Search answers faster",
        "Index is kept in memory",
        "Results stream as they are found",
        "Shortcuts for every panel",
    ]


def test_what_several_commits_list_is_not_told(repo: Repo):
    repo.commit("feat: one\n\n- a detail of one")
    repo.commit("feat: two\n\n- a detail of two")
    assert lines(since_start(repo)) == ["Two", "One"]
