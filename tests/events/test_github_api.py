"""What GitHub is asked, what comes of it, and that no answer is never an error. Real repositories, a server on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.events import github_api
from ci_mediagen.events.git import read_change
from ci_mediagen.events.github_api import github_for
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.packages import PackageRule
from ci_mediagen.events.read import read_trigger
from ci_mediagen.events.significance import decide
from ci_mediagen.model.change import Change
from ci_mediagen.model.codec import encode
from tests.support.command import ci_mediagen, environment
from tests.support.github_server import Answered, Dropped, Fault, GitHubServer, Slow, Trickle
from tests.support.payloads import payload_file
from tests.support.repos import GRACE, Repo, add_history, make_repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "project")
    repo.commit("chore: start", {"README.md": "# Project\n"})
    return repo


@pytest.fixture
def github(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with GitHubServer(repo) as server:
        yield server


class Job:
    """A run of the push event on a server, and what was noted."""

    def __init__(self, folder: Path, github: GitHubServer) -> None:
        self.folder, self.github, self.notes = folder, github, []

    def pushed(self, before: str, head: str, name: str = "push", **more: Any) -> Trigger:
        return read_trigger({}, payload_file(self.folder, name, before=before, after=head, **more))

    def read(self, path: Path, trigger: Trigger, environ: dict[str, str] | None = None, **more: Any) -> Change:
        asked = github_for(trigger, self.github.environ if environ is None else environ, self.notes.append)
        return read_change(path, trigger, github=asked, **more)


@pytest.fixture
def job(tmp_path: Path, github: GitHubServer) -> Job:
    return Job(tmp_path, github)


def subjects(change: Change) -> list[str]:
    return [commit.subject for commit in change.commits]


# the pull request of a push


def test_a_squashed_pull_request_is_found_and_its_labels_count(repo: Repo, github: GitHubServer, job: Job):
    before = repo.head
    sha = repo.commit("feat: dark mode (#12)", {"a.py": "1"}, author=GRACE)
    github.merged(
        12, "feat(ui): dark mode", sha=sha, labels=("promo:yes", "ui"), body="promo: Night is here", origin="eve/aurora"
    )
    change = job.read(repo.path, job.pushed(before, sha))
    assert (change.kind, change.complete, change.range.method) == ("merge", True, "before-after")
    found = change.pull_request
    assert found is not None
    assert (found.number, found.title, found.body) == (12, "feat(ui): dark mode", "promo: Night is here")
    assert (found.labels, found.base, found.head, found.from_fork) == (("promo:yes", "ui"), "main", "topic", True)
    assert found.author is not None
    assert (found.author.login, change.authors[0].login) == ("ada", "ada")
    assert found.url == change.url == "https://github.com/acme/aurora/pull/12"
    assert (change.labels, change.headline, change.scope) == (("promo:yes", "ui"), "Night is here", "ui")
    assert decide(change).reasons == ("the label promo:yes",)
    assert github.paths == [f"/commits/{sha}/pulls"]
    assert job.notes == []


def test_the_token_is_sent_and_the_version_is_named(repo: Repo, github: GitHubServer, job: Job):
    before, sha = repo.head, repo.commit("feat: x")
    job.read(
        repo.path, job.pushed(before, sha), {"GITHUB_API_URL": github.url, "GITHUB_TOKEN": "", "GH_TOKEN": github.token}
    )
    (call,) = github.calls
    assert call.status == 200
    assert call.headers["authorization"] == f"Bearer {github.token}"
    assert call.headers["accept"] == "application/vnd.github+json"
    assert call.headers["x-github-api-version"] == "2022-11-28"


def test_a_merge_commit_with_all_that_it_brought_is_one_pull_request(repo: Repo, github: GitHubServer, job: Job):
    before = repo.head
    repo.branch("topic")
    repo.commit("wip")
    repo.commit("fix: corners")
    repo.checkout("main")
    sha = repo.merge("topic", "Dark mode")  # nothing in its message tells of a pull request
    github.merged(7, "feat: dark mode", sha=sha, labels=("promo:no",))
    change = job.read(repo.path, job.pushed(before, sha))
    assert (change.headline, len(change.commits), change.labels) == ("Dark mode", 3, ("promo:no",))
    assert decide(change).reasons == ("the label promo:no",)
    assert len(github.calls) == 1


def test_a_rebased_pull_request_is_one_story_of_all_its_commits(repo: Repo, github: GitHubServer, job: Job):
    before = repo.head
    shas = [repo.commit(text) for text in ("feat: palette", "fix: contrast", "test: palette")]
    github.merged(9, "feat: dark mode", sha=shas[-1], commits=tuple(shas[:-1]))
    change = job.read(repo.path, job.pushed(before, shas[-1]))
    assert (change.headline, change.kind, len(change.commits)) == ("Dark mode", "merge", 3)
    assert change.highlights[0].pull_request == 9
    assert github.paths == [f"/commits/{shas[2]}/pulls", f"/commits/{shas[0]}/pulls"]


@pytest.mark.parametrize("message", ["fix: crash (#11)", "fix: crash"])
def test_the_last_of_several_pull_requests_speaks_for_itself_only(
    repo: Repo, github: GitHubServer, job: Job, message: str
):
    before, first = repo.head, repo.commit(message)
    sha = repo.commit("docs: dark mode (#12)")
    github.merged(11, "fix: crash", sha=first)
    github.merged(12, "docs: dark mode", sha=sha, labels=("promo:no", "enhancement"))
    change = job.read(repo.path, job.pushed(before, sha))
    assert (change.kind, change.pull_request, change.labels, change.headline) == ("push", None, (), "Crash")
    assert decide(change).level == "card"


def test_of_several_pull_requests_the_one_that_was_merged_as_this_commit_is_taken(
    repo: Repo, github: GitHubServer, job: Job
):
    before, sha = repo.head, repo.commit("feat: dark mode")
    github.merged(1, "feat: into develop", sha="1" * 40, commits=(sha,), base="develop")
    github.merged(2, "feat: still open", sha=sha, merged_at=None)
    github.merged(3, "feat: another repository's", sha=sha, to="elsewhere/aurora")
    github.merged(4, "feat: also as this, elsewhere", sha=sha, base="develop")
    github.merged(5, "feat: this one", sha=sha)
    change = job.read(repo.path, job.pushed(before, sha))
    assert change.pull_request is not None
    assert change.pull_request.number == 5


@pytest.mark.parametrize(
    ("merges", "number"),
    [
        ([{"base": "main"}], 1),
        ([{"base": "develop"}], None),
        ([{"base": "main"}, {"base": "main"}], None),
        ([{"base": "main"}, {"base": "develop", "merged_at": None}], 1),
        ([], None),
    ],
)
def test_without_an_exact_match_only_a_single_merged_one_into_this_branch_is_believed(
    repo: Repo, github: GitHubServer, job: Job, merges: list[dict[str, Any]], number: int | None
):
    before, sha = repo.head, repo.commit("feat: dark mode")
    for index, more in enumerate(merges, 1):
        github.merged(index, "feat: dark mode", sha="1" * 40, commits=(sha,), **more)
    found = job.read(repo.path, job.pushed(before, sha)).pull_request
    assert (found.number if found else None) == number


def test_a_bot_s_pull_request_is_known_by_its_account(repo: Repo, github: GitHubServer, job: Job):
    before, sha = repo.head, repo.commit("feat: newer parser (#3)")
    github.merged(3, "feat: newer parser", sha=sha, login="dependabot[bot]")
    assert decide(job.read(repo.path, job.pushed(before, sha))).reasons == ("it was made by a bot (dependabot[bot])",)


def test_a_tag_s_one_pull_request_decides_for_it_and_one_of_several_does_not(
    repo: Repo, github: GitHubServer, job: Job
):
    repo.tag("v1.0.0")
    first = repo.commit("fix: crash")
    repo.tag("v1.0.1")
    github.merged(1, "fix: crash", sha=first, labels=("promo:no",))
    tagged = job.read(repo.path, job.pushed("0" * 40, first, "push_tag", ref="refs/tags/v1.0.1"))
    assert (tagged.kind, tagged.headline, tagged.labels) == ("tag", "Version 1.0.1", ("promo:no",))
    assert tagged.url == "https://github.com/acme/aurora/releases/tag/v1.0.1"
    assert decide(tagged).reasons == ("the label promo:no",)
    repo.commit("feat: one")
    last = repo.commit("feat: two (#2)")
    repo.tag("v1.1.0")
    github.merged(2, "feat: two", sha=last, labels=("promo:no",))
    tagged = job.read(repo.path, job.pushed("0" * 40, last, "push_tag", ref="refs/tags/v1.1.0"))
    assert (tagged.pull_request, tagged.labels, decide(tagged).level) == (None, (), "full")


# nothing about a hole is told


def assert_silent(change: Change, *words: str) -> None:
    text = json.dumps(encode(change), ensure_ascii=False).lower().replace('"login":', "")
    for word in (*words, "cve-", "ghsa-"):
        assert word.lower() not in text, word


@pytest.mark.parametrize(
    "more",
    [
        {"title": "fix: quotes in login", "labels": ("security", "login-xss")},
        {"title": "fix: quotes in login", "labels": ("type: security",)},
        {"title": "fix(security): quotes in login"},
        {"title": "fix: quotes in login", "body": "Mends GHSA-abcd-1234-wxyz in the login."},
        {"title": "fix: quotes in login", "body": "CVE-2026-12345"},
    ],
)
@pytest.mark.parametrize("kind", ["push", "tag"])
def test_a_security_pull_request_that_only_github_knows_of_is_told_without_details(
    repo: Repo, github: GitHubServer, job: Job, more: dict[str, Any], kind: str
):
    before = repo.head
    repo.tag("v1.0.0")
    sha = repo.commit("fix: quotes in login (#12)", {"src/login.py": "fixed"})
    repo.tag("v1.0.1")
    title = more["title"]
    github.merged(12, title, sha=sha, **{name: value for name, value in more.items() if name != "title"})
    trigger = job.pushed(before, sha)
    if kind == "tag":
        trigger = job.pushed("0" * 40, sha, "push_tag", ref="refs/tags/v1.0.1")
    change = job.read(repo.path, trigger)
    assert change.security
    assert change.files == ()
    assert_silent(change, "login", "quotes", "xss", "topic")
    if kind == "push":
        assert decide(change, announce="each").level == "skip"


def test_a_rebased_security_pull_request_is_told_without_details(repo: Repo, github: GitHubServer, job: Job):
    before = repo.head
    shas = [repo.commit(text, {f"{index}.py": ""}) for index, text in enumerate(("fix: login", "fix: session"))]
    github.merged(12, "fix: login", sha=shas[1], commits=(shas[0],), labels=("security",))
    assert_silent(job.read(repo.path, job.pushed(before, shas[1])), "login", "session", "0.py")


@pytest.mark.parametrize("number", [" (#12)", ""])
def test_a_security_pull_request_beside_others_is_left_out(repo: Repo, github: GitHubServer, job: Job, number: str):
    before = repo.head
    repo.commit("feat: dark mode (#11)", {"theme.py": "1"})
    sha = repo.commit(f"fix: quotes in login{number}", {"login.py": "1"})
    github.merged(12, "fix: quotes in login", sha=sha, labels=("security",))
    change = job.read(repo.path, job.pushed(before, sha))
    assert (change.security, change.headline, len(change.commits)) == (False, "Dark mode", 2)
    assert [file.path for file in change.files] == ["theme.py"]
    assert_silent(change, "login", "quotes")


# when GitHub is not asked


def test_github_is_not_asked_where_the_payload_has_the_pull_request(repo: Repo, github: GitHubServer, job: Job):
    sha = repo.commit("feat: dark mode")
    file = payload_file(job.folder, "pull_request_merged", pull_request__merge_commit_sha=sha, pull_request__commits=1)
    assert job.read(repo.path, read_trigger({}, file)).pull_request is not None
    assert github.calls == []


def test_github_is_not_asked_where_fetching_is_switched_off(
    repo: Repo, github: GitHubServer, job: Job, monkeypatch: pytest.MonkeyPatch
):
    before, sha = repo.head, repo.commit("feat: dark mode")
    trigger = job.pushed(before, sha)
    job.read(repo.path, trigger, fetch=False)
    monkeypatch.setenv("CI_MEDIAGEN_FETCH", "0")
    job.read(repo.path, trigger)
    shallow = repo.clone(job.folder / "clone", depth=1)
    assert not job.read(shallow.path, trigger).complete
    assert (github.calls, job.notes) == ([], [])


def test_github_is_not_asked_about_a_range_or_a_digest_that_a_person_named(repo: Repo, github: GitHubServer, job: Job):
    before, sha = repo.head, repo.commit("feat: dark mode")
    job.read(repo.path, job.pushed(before, sha), range_="HEAD~1..HEAD")
    job.read(repo.path, job.pushed(before, sha), since="7d")
    job.read(repo.path, read_trigger({}, payload_file(job.folder, "push_deleted")))
    job.read(repo.path, read_trigger({}, payload_file(job.folder, "workflow_dispatch")))
    assert (github.calls, job.notes) == ([], [])


@pytest.mark.parametrize(
    "trigger",
    [
        Trigger(event="git", kind="manual", by_hand=True, repository="acme/aurora"),
        Trigger(event="gitlab", kind="push", repository="acme/aurora"),
        Trigger(event="jenkins", kind="push", repository="acme/aurora"),
        *(
            Trigger(event="github:push", kind="push", repository=name)
            for name in (
                None,
                "",
                "aurora",
                "acme/..",
                "acme/.",
                "../x",
                "acme/a/b",
                "acme/a?b",
                "acme/a b",
                "a%2fb/c",
                "é/x",
            )
        ),
    ],
)
def test_github_is_asked_in_its_own_events_about_a_repository_that_may_be_one(trigger: Trigger):
    assert github_for(trigger, {"GITHUB_TOKEN": "x"}, pytest.fail) is None


def test_without_a_token_nothing_is_asked_and_a_note_says_what_is_missed(repo: Repo, github: GitHubServer, job: Job):
    before, sha = repo.head, repo.commit("feat: dark mode (#12)")
    change = job.read(repo.path, job.pushed(before, sha), {"GITHUB_API_URL": github.url})
    assert (change.complete, change.pull_request and change.pull_request.number) == (True, 12)
    assert github.calls == []
    (note,) = job.notes
    assert note.startswith("GitHub could not tell which pull request this is, so its labels do not count: ")
    assert note.endswith("there is no GITHUB_TOKEN in the environment")


def test_without_a_token_a_release_says_nothing_of_it(repo: Repo, job: Job):
    sha = repo.commit("feat: dark mode (#12)")
    repo.tag("v1.0.0")
    job.read(repo.path, job.pushed("0" * 40, sha, "push_tag", ref="refs/tags/v1.0.0"), {})
    assert job.notes == []


@pytest.mark.parametrize(
    "url", ["http://github.example/api/v3", "ftp://x", "nonsense", "https://user:hunter2@x/", "https://[::1"]
)
def test_the_token_goes_to_no_address_that_it_should_not(repo: Repo, job: Job, url: str):
    before, sha = repo.head, repo.commit("feat: dark mode")
    change = job.read(repo.path, job.pushed(before, sha), {"GITHUB_API_URL": url, "GITHUB_TOKEN": "ghs_secret"})
    assert (change.complete, change.pull_request) == (True, None)
    (note,) = job.notes
    assert "the address of GitHub is not" in note
    assert "secret" not in note
    assert "hunter2" not in note


# when GitHub does not answer


FAULTS: list[tuple[Fault, int, str]] = [
    (Answered(401), 1, "GitHub refused the credentials (401)"),
    (Answered(403), 1, "GitHub refused the credentials (403)"),
    (Answered(404), 1, "GitHub refused the request (404)"),
    (Answered(422), 1, "GitHub refused the request (422)"),
    (Answered(429, headers={"Retry-After": "60"}), 1, "GitHub answered 429"),
    (Answered(500), 2, "GitHub answered 500"),
    (
        Answered(301, headers={"Location": "https://elsewhere.example/"}),
        1,
        "GitHub's answer is no list of pull requests",
    ),
    (Answered(200, "<html>"), 1, "its answer cannot be read (JSONDecodeError)"),
    (Answered(200, "[" * 200_000), 1, "it answered with something that is no JSON"),
    (Answered(200, '[{"merged_at": "x", "base": 7}]'), 1, "GitHub's answer: base: expected an object, found a number"),
    (
        Answered(200, '[{"merged_at": "x", "number": "7", "base": {"ref": "main"}}]'),
        1,
        "number: expected a number, found a text",
    ),
    (Answered(200, "null"), 1, "GitHub's answer is no list of pull requests"),
    (Answered(200, "[]", {"Content-Encoding": "gzip"}), 2, "GitHub did not answer (error)"),
    (Dropped(), 2, "GitHub did not answer (RemoteProtocolError)"),
]


@pytest.mark.parametrize(("fault", "calls", "said"), FAULTS)
def test_no_answer_is_no_error_and_is_noted_once(
    repo: Repo, github: GitHubServer, job: Job, fault: Fault, calls: int, said: str
):
    before, sha = repo.head, repo.commit("feat: dark mode (#12)")
    github.merged(12, "feat: never seen", sha=sha, labels=("promo:yes",))
    github.fail(fault, fault)
    trigger = job.pushed(before, sha)
    change = job.read(repo.path, trigger)
    assert change == read_change(repo.path, trigger)
    assert (change.complete, change.kind, change.labels) == (True, "merge", ())
    assert len(github.calls) == calls
    assert len(job.notes) == 1
    assert said in job.notes[0]
    assert github.token not in repr((job.notes, change))


@pytest.mark.parametrize("fault", [Slow(), Trickle()])
def test_an_answer_that_does_not_end_is_not_waited_for(
    repo: Repo, github: GitHubServer, job: Job, monkeypatch: pytest.MonkeyPatch, fault: Fault
):
    monkeypatch.setattr(github_api, "TOTAL_SECONDS", 0.5)
    before, sha = repo.head, repo.commit("feat: dark mode")
    github.fail(fault, fault)
    started = time.monotonic()
    change = job.read(repo.path, job.pushed(before, sha))
    assert time.monotonic() - started < 5
    assert change.complete
    assert "it took longer than 0.5 s" in job.notes[0] or "did not answer" in job.notes[0]


def test_a_server_that_is_down_is_no_error(repo: Repo, github: GitHubServer, job: Job):
    before, sha = repo.head, repo.commit("feat: dark mode")
    environ = {"GITHUB_API_URL": "http://127.0.0.1:1/api/v3", "GITHUB_TOKEN": github.token}
    assert job.read(repo.path, job.pushed(before, sha), environ).complete
    assert "GitHub did not answer (ConnectError)" in job.notes[0]


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "schlüssel"])
def test_a_token_that_is_none_is_not_sent(repo: Repo, github: GitHubServer, job: Job, token: str):
    before, sha = repo.head, repo.commit("feat: dark mode")
    job.read(repo.path, job.pushed(before, sha), {"GITHUB_API_URL": github.url, "GITHUB_TOKEN": token})
    assert github.calls == []
    assert token not in job.notes[0]


def test_one_hiccup_is_survived(repo: Repo, github: GitHubServer, job: Job):
    before, sha = repo.head, repo.commit("feat: dark mode (#12)")
    github.merged(12, "feat: dark mode", sha=sha, labels=("ui",))
    github.fail(Answered(502))
    assert job.read(repo.path, job.pushed(before, sha)).labels == ("ui",)
    assert (len(github.calls), job.notes) == (2, [])


# the commits that a shallow clone has not got


@pytest.fixture
def shallow(repo: Repo, tmp_path: Path) -> tuple[str, Repo]:
    """A clone of depth 1 whose remote is gone, and where the push began."""
    repo.write({"old name.txt": "the same\n" * 20, "gone.txt": "x\n", "edited.txt": "1\n2\n"})
    before = repo.commit("chore: more", {"README.md": "# More\n"})
    repo.commit("feat: 深色 mode\n\nBREAKING CHANGE: no more light", {"docs/深  色.md": "1\n2\n"}, author=GRACE)
    repo.git("mv", "old name.txt", "new name.txt")
    repo.commit("fix: names", {"gone.txt": None, "edited.txt": "1\n3\n", "logo.png": b"\0\1\2" * 50})
    repo.branch("topic")
    repo.commit("perf: faster", {"fast.txt": "1\n"}, author=("Zed", "zed@elsewhere.test"))
    repo.checkout("main")
    repo.merge("topic", "Merge pull request #4 from acme/topic\n\nperf: faster")
    clone = repo.clone(tmp_path / "clone", depth=1)
    clone.git("remote", "set-url", "origin", "http://127.0.0.1:1/acme/aurora.git")
    return before, clone


def test_a_shallow_clone_that_cannot_be_completed_is_completed_from_the_comparison(
    repo: Repo, github: GitHubServer, job: Job, shallow: tuple[str, Repo]
):
    before, clone = shallow
    trigger = job.pushed(before, repo.head)
    change, whole = job.read(clone.path, trigger), job.read(repo.path, trigger)
    assert (change.complete, change.incomplete_reason, change.range) == (True, "", whole.range)
    assert sorted(subjects(change)) == sorted(subjects(whole))
    assert change.commits[0] == whole.commits[0]
    assert (change.headline, change.type, change.breaking) == (whole.headline, "feat", True)
    assert set(change.highlights) == set(whole.highlights)
    assert set(change.files) == set(whole.files)
    assert {file.status for file in change.files} == {"added", "modified", "removed", "renamed"}
    assert {person.name for person in change.authors} == {person.name for person in whole.authors}
    assert "zed" not in {person.login for person in change.authors}
    assert f"/compare/{before}...{repo.head}" in github.paths
    assert job.notes == []


def test_without_github_the_clone_is_told_as_far_as_it_goes(
    repo: Repo, github: GitHubServer, job: Job, shallow: tuple[str, Repo]
):
    before, clone = shallow
    github.fail(Answered(500), Answered(500))
    change = job.read(clone.path, job.pushed(before, repo.head))
    assert not change.complete
    assert "only the last commit of the push is told: this is a shallow clone" in change.incomplete_reason
    assert change == read_change(clone.path, job.pushed(before, repo.head))
    assert job.notes == [
        "GitHub could not tell the commits that this clone has not got: GitHub answered 500"
    ]  # and is not asked for the pull request any more


@pytest.mark.parametrize("newest", [True, False])
def test_a_comparison_that_github_cuts_says_so(
    repo: Repo, github: GitHubServer, job: Job, shallow: tuple[str, Repo], newest: bool
):
    before, clone = shallow
    github.commits_limit, github.newest_first_page = 2, newest
    change = job.read(clone.path, job.pushed(before, repo.head))
    assert (change.complete, change.incomplete_reason) == (False, "of 4 commits GitHub told 2")
    assert change.commits[0].sha == repo.head
    assert len(change.commits) == (2 if newest else 3)


def test_a_comparison_of_three_hundred_files_may_have_more(repo: Repo, github: GitHubServer, job: Job):
    before = repo.head
    sha = repo.commit("feat: many", {f"file{number}": "" for number in range(301)})
    repo.commit("fix: one more")
    clone = repo.clone(job.folder / "clone", depth=1)
    clone.git("remote", "remove", "origin")
    change = job.read(clone.path, job.pushed(before, repo.head))
    assert sha in [commit.sha for commit in change.commits]
    assert (change.complete, change.incomplete_reason) == (False, "GitHub tells the first 300 changed files")
    assert len(change.files) == 300


def test_a_long_push_costs_one_question(repo: Repo, github: GitHubServer, job: Job):
    before = repo.head
    add_history(repo, 40)
    clone = repo.clone(job.folder / "clone", depth=1)
    clone.git("remote", "remove", "origin")
    change = job.read(clone.path, job.pushed(before, repo.head))
    assert (len(change.commits), change.complete) == (40, True)
    assert github.paths == [f"/compare/{before}...{repo.head}", f"/commits/{repo.head}/pulls"]


def test_after_a_forced_push_the_comparison_goes_from_where_the_two_parted(repo: Repo, github: GitHubServer, job: Job):
    parting = repo.head
    repo.branch("old")
    old = repo.commit("feat: abandoned")
    repo.checkout("main")
    repo.commit("feat: one")
    sha = repo.commit("fix: two")
    clone = repo.clone(job.folder / "clone", depth=1)
    clone.git("remote", "remove", "origin")
    change = job.read(clone.path, job.pushed(old, sha))
    assert (change.range.base, subjects(change), change.complete) == (parting, ["fix: two", "feat: one"], True)


def test_a_branch_that_was_moved_back_is_not_compared(repo: Repo, github: GitHubServer, job: Job):
    sha = repo.commit("feat: one")
    clone = repo.clone(job.folder / "clone", depth=1)
    clone.git("remote", "remove", "origin")
    later = repo.commit("feat: two")
    change = job.read(clone.path, job.pushed(later, sha))
    assert (subjects(change), change.complete) == (["feat: one"], False)


def test_a_package_of_a_shallow_clone_is_not_guessed_from_the_comparison(
    repo: Repo, github: GitHubServer, job: Job, shallow: tuple[str, Repo]
):
    before, clone = shallow
    rule = PackageRule("web", paths=("packages/web",))
    change = job.read(clone.path, job.pushed(before, repo.head), packages=[rule], package="web")
    assert not change.complete
    assert not any("compare" in path for path in github.paths)


def test_a_hole_in_a_compared_range_is_left_out(repo: Repo, github: GitHubServer, job: Job):
    before = repo.head
    repo.commit("security: quotes in login", {"login.py": "1"})
    sha = repo.commit("feat: dark mode", {"theme.py": "1"})
    clone = repo.clone(job.folder / "clone", depth=1)
    clone.git("remote", "remove", "origin")
    change = job.read(clone.path, job.pushed(before, sha))
    assert (change.headline, len(change.commits), change.files) == ("Dark mode", 2, ())
    assert_silent(change, "login", "quotes")


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '{"status": "ahead"}',
        '{"merge_base_commit": {"sha": "x"}, "commits": []}',
        '{"merge_base_commit": {"sha": "' + "a" * 40 + '"}, "commits": [{"sha": "--all", "commit": {}}]}',
        '{"merge_base_commit": {"sha": "' + "a" * 40 + '"}, "commits": [{"sha": 1}]}',
    ],
)
def test_a_comparison_that_is_none_changes_nothing(
    repo: Repo, github: GitHubServer, job: Job, shallow: tuple[str, Repo], body: str
):
    before, clone = shallow
    github.fail(Answered(200, body))
    trigger = job.pushed(before, repo.head)
    assert job.read(clone.path, trigger) == read_change(clone.path, trigger)


# the whole way


def test_a_plan_in_a_workflow_counts_the_labels_and_shows_no_token(repo: Repo, github: GitHubServer, tmp_path: Path):
    before = repo.head
    sha = repo.commit("chore: tidy (#12)", {"a.py": "1"})
    github.merged(12, "chore: tidy", sha=sha, labels=("promo:yes",))
    event = payload_file(tmp_path, "push", before=before, after=sha)
    env = environment(
        tmp_path, GITHUB_ACTIONS="true", GITHUB_EVENT_NAME="push", GITHUB_EVENT_PATH=str(event), **github.environ
    )
    done = ci_mediagen("plan", "--json", cwd=repo.path, env=env)
    told = json.loads(done.stdout)["change"]
    assert (told["pull_request"]["labels"], told["significance"]["level"]) == (["promo:yes"], "full")
    assert github.token not in done.stdout + done.stderr
    github.fail(Answered(403))
    done = ci_mediagen("plan", "--json", cwd=repo.path, env=env)
    assert json.loads(done.stdout)["change"]["significance"]["level"] == "skip"
    assert "its labels do not count: GitHub refused the credentials (403)" in done.stderr
    assert github.token not in done.stdout + done.stderr
