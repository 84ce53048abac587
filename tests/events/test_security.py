"""A change that mends a hole is known as one, and nothing in the Change tells what or where the hole is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_mediagen.events.git import read_change
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.packages import PackageRule
from ci_mediagen.events.plain import Plain
from ci_mediagen.events.read import read_trigger
from ci_mediagen.model.change import Change
from ci_mediagen.model.codec import encode
from tests.support.payloads import payload_file
from tests.support.repos import Repo, make_repo

BY_HAND = Plain().read({}, None, None)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "project")
    repo.commit("chore: start", {"packages/vault/z.py": "1"})
    return repo


def assert_silent(change: Change, *words: str) -> None:
    """No field of the change holds one of the words, in any case."""
    text = json.dumps(encode(change), ensure_ascii=False).lower().replace('"login":', "")
    for word in (*words, "cve-", "ghsa-"):
        assert word.lower() not in text, word


@pytest.mark.parametrize(
    "message",
    [
        "security: escape quotes in login",
        "sec(login): escape quotes",
        "fix(security): escape quotes in login",
        "fix: escape quotes in login (CVE-2026-12345)",
        "fix: escape quotes in login\n\nSee GHSA-abcd-1234-wxyz.",
        "fix: escape quotes in login\n\nFixes: CVE-2026-12345",
        "Fix SQL injection in login",
        "security: escape quotes in login (#12)\n\npromo: The login hole is closed",
    ],
)
def test_a_security_commit_is_told_without_details(repo: Repo, message: str):
    repo.commit(message, {"packages/vault/login.py": "fixed"})
    change = read_change(repo.path, BY_HAND, packages=[PackageRule("vault", paths=("packages/vault",))])
    assert (change.security, change.headline, change.type, change.files) == (True, "Security update", "security", ())
    assert_silent(change, "login", "quotes", "escape", "hole", "vault")
    assert [line.headline for line in change.highlights] == ["Security update"]


@pytest.mark.parametrize(
    "more",
    [
        {"pull_request__labels": [{"name": "security"}, {"name": "login-xss"}, {"name": "promo:yes"}]},
        {"pull_request__labels": [{"name": "type: security"}, {"name": "promo:yes"}]},
        {"pull_request__title": "fix(security): quotes in login", "pull_request__labels": [{"name": "promo:yes"}]},
        {"pull_request__body": "Mends the login, CVE-2026-1234.", "pull_request__labels": [{"name": "promo:yes"}]},
    ],
)
def test_a_security_pull_request_keeps_only_what_decides(repo: Repo, tmp_path: Path, more: dict[str, object]):
    sha = repo.commit("fix: quotes", {"login.py": "fixed"})
    base = {"pull_request__title": "fix: quotes in login", "pull_request__head__ref": "fix-login"}
    file = payload_file(tmp_path, "pull_request_merged", pull_request__merge_commit_sha=sha, **{**base, **more})
    change = read_change(repo.path, read_trigger({}, file))
    assert change.security
    assert "promo:yes" in change.labels
    assert_silent(change, "login", "quotes", "xss")


def test_a_hole_mended_in_one_commit_of_a_pull_request_hides_the_whole(repo: Repo, tmp_path: Path):
    repo.branch("topic")
    repo.commit("feat: new login", {"a.py": "1"})
    repo.commit("security: quotes", {"b.py": "1"})
    repo.checkout("main")
    sha = repo.merge("topic", "Merge pull request #12 from ada/login\n\nfeat: new login")
    file = payload_file(
        tmp_path,
        "pull_request_merged",
        pull_request__merge_commit_sha=sha,
        pull_request__title="feat: new login",
        pull_request__head__ref="login",
    )
    assert_silent(read_change(repo.path, read_trigger({}, file)), "login", "quotes", "b.py")


def test_a_merged_branch_s_name_tells_nothing(repo: Repo):
    repo.branch("fix-login-hole")
    repo.commit("security: quotes", {"b.py": "1"})
    repo.checkout("main")
    repo.merge("fix-login-hole")
    assert_silent(read_change(repo.path, BY_HAND), "login", "quotes", "b.py")


def mixed(repo: Repo) -> str:
    base = repo.head
    repo.tag("v1.0.0")
    repo.commit("feat: dark mode", {"theme.py": "1"})
    repo.commit("security: quotes in login", {"login.py": "1"})
    repo.commit("fix: crash", {"crash.py": "1"})
    return base


def test_a_push_beside_other_news_leaves_the_hole_out(repo: Repo):
    base = mixed(repo)
    change = read_change(repo.path, Trigger(event="github:push", kind="push", before=base, head=repo.head))
    assert (change.security, change.headline) == (False, "Dark mode")
    assert [line.headline for line in change.highlights] == ["Dark mode", "Crash"]
    assert [file.path for file in change.files] == ["crash.py", "theme.py"]
    assert len(change.commits) == 3
    assert_silent(change, "login", "quotes")


def test_a_digest_leaves_the_hole_out(repo: Repo):
    mixed(repo)
    change = read_change(repo.path, BY_HAND, since="v1.0.0")
    assert [line.headline for line in change.highlights] == ["Dark mode", "Crash"]
    assert_silent(change, "login", "quotes")


def test_a_release_says_that_there_is_a_security_update_and_no_more(repo: Repo, tmp_path: Path):
    mixed(repo)
    repo.tag("v1.1.0")
    file = payload_file(
        tmp_path,
        "release_published",
        release__tag_name="v1.1.0",
        release__name="Dark mode, safer login",
        release__body="* quotes in login",
    )
    change = read_change(repo.path, read_trigger({}, file))
    assert (change.security, change.headline, change.type) == (False, "Version 1.1.0", "release")
    assert [line.headline for line in change.highlights] == ["Dark mode", "Crash", "Security update"]
    assert [file.path for file in change.files] == ["crash.py", "theme.py"]
    assert_silent(change, "login", "quotes")


def test_a_security_release_names_only_its_version(repo: Repo):
    repo.tag("v1.0.0")
    repo.commit("security: quotes in login", {"login.py": "1"})
    repo.commit("chore: release 1.0.1", {"login_test.py": "1"})
    repo.tag("v1.0.1")
    change = read_change(repo.path, Trigger(event="github:push", kind="tag", tag="v1.0.1"))
    assert (change.security, change.headline, change.files) == (True, "Version 1.0.1: security update", ())
    assert_silent(change, "login", "quotes")


def test_a_release_of_many_holes_names_no_file_at_all(repo: Repo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ci_mediagen.events.git.SECRET_COMMITS_LIMIT", 1)
    base = mixed(repo)
    repo.commit("security: another", {"other.py": "1"})
    change = read_change(repo.path, Trigger(event="github:push", kind="push", before=base, head=repo.head))
    assert change.files == ()


def test_ordinary_changes_are_not_taken_for_security(repo: Repo):
    repo.commit("feat: show a security page in the settings", {"a.py": "1"})
    change = read_change(repo.path, BY_HAND)
    assert (change.security, change.headline) == (False, "Show a security page in the settings")
