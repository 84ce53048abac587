"""Hostile and huge histories: names and messages of strangers, limits, and the cost of reading."""

from __future__ import annotations

import json
import os
import time
import unicodedata
from pathlib import Path

import pytest

from ci_mediagen.events import history
from ci_mediagen.events.git import read_change
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.plain import Plain
from ci_mediagen.events.repository import Repository, is_revision, web_address
from ci_mediagen.model.change import Change
from ci_mediagen.model.codec import encode
from ci_mediagen.text.corpus import CORPUS
from tests.support.repos import Repo, add_history, add_messages, make_repo

BY_HAND = Plain().read({}, None, None)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "project")
    repo.commit("chore: start")
    return repo


def assert_harmless(change: Change) -> None:
    """It can be written as UTF-8, and holds no control character but the line breaks of bodies."""
    text = json.dumps(encode(change), ensure_ascii=False)
    text.encode()

    def walk(value: object) -> None:
        if isinstance(value, str):
            assert not any(unicodedata.category(one) in ("Cc", "Cs") and one != "\n" for one in value), repr(value)
        elif isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(encode(change))


def test_file_names_of_every_kind(repo: Repo):
    names = [
        "new\nline",
        'quo"te',
        "tab\there",
        "back\\slash",
        "深色/模式.txt",
        "🎉.png",
        "-rf",
        "--output=x",
        " space ",
        "a\x1b[31m",
        ":(top)x",
    ]
    repo.commit("feat: names", dict.fromkeys(names, "x"))
    invalid = os.fsencode(repo.path) + b"/caf\xe9.txt"
    Path(os.fsdecode(invalid)).write_text("x")
    repo.commit("feat: bytes", {})
    change = read_change(repo.path, BY_HAND, range_="HEAD~2..HEAD")
    shown = {file.path for file in change.files}
    assert {'quo"te', "back\\slash", "深色/模式.txt", "🎉.png", "-rf", "--output=x", " space ", ":(top)x"} < shown
    assert {"new\ufffdline", "tab\ufffdhere", "a\ufffd[31m", "caf\ufffd.txt"} < shown
    assert len(change.files) == len(names) + 1
    assert_harmless(change)


def test_statuses_counts_and_renames(repo: Repo):
    repo.commit(
        "x",
        {
            "keep.txt": "1\n2\n3\n4\n5\n",
            "old name.txt": "a\nb\nc\nd\ne\nf\n",
            "gone.txt": "x\n",
            "pic.png": b"\x00\x01",
        },
    )
    repo.git("mv", "old name.txt", "new\tname.txt")
    repo.commit(
        "feat: y", {"keep.txt": "1\n2\n3\n4\n6\n7\n", "gone.txt": None, "pic.png": b"\x00\x02", "added.txt": "1\n"}
    )
    files = {file.path: file for file in read_change(repo.path, BY_HAND).files}
    assert {(name, file.status, file.additions, file.deletions) for name, file in files.items()} == {
        ("keep.txt", "modified", 2, 1),
        ("gone.txt", "removed", 0, 1),
        ("pic.png", "modified", None, None),
        ("added.txt", "added", 1, 0),
        ("new\ufffdname.txt", "renamed", 0, 0),
    }
    assert files["new\ufffdname.txt"].old_path == "old name.txt"


def test_every_nasty_string_as_a_commit_message(repo: Repo):
    base = repo.head
    messages = [text.replace("\0", "").encode("utf-8", "replace") for text in CORPUS.values()]
    add_messages(repo, [message for text in messages for message in (text, b"feat: " + text)])
    change = read_change(repo.path, Trigger(event="x", kind="push", before=base, head=repo.head))
    assert len(change.commits) == 2 * len(CORPUS)
    assert all(commit.headline or not commit.subject for commit in change.commits)
    assert all(line.headline for line in change.highlights)
    assert_harmless(change)


def test_messages_and_names_that_are_no_utf_8(repo: Repo):
    repo.git("config", "i18n.commitEncoding", "ISO-8859-1")
    repo.commit(b"feat: Caf\xe9 au lait", {"a": "2"})
    # `git commit` would mend these bytes, so the object is written by hand.
    tree, parent = repo.git("rev-parse", "HEAD^{tree}"), repo.head
    raw = (
        f"tree {tree}\nparent {parent}\n".encode()
        + b"author J\xf6rg <j@x> 1 +0000\ncommitter J <j@x> 1 +0000\n\nfeat: Caf\xe9 \x01\n\n\xff\xfe"
    )
    repo.git("reset", "--hard", repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw))
    change = read_change(repo.path, BY_HAND, range_="HEAD~2..HEAD")
    assert [commit.headline for commit in change.commits] == ["Caf\ufffd", "Caf\u00e9 au lait"]
    assert [person.name for person in change.authors] == ["J\ufffdrg", "Ada Lovelace"]
    assert_harmless(change)


def test_configuration_of_the_repository_does_not_change_what_is_read(repo: Repo):
    repo.commit("feat: one", {"deep/a.txt": "1\n", "b.png": b"\x00"})
    before = read_change(repo.path, BY_HAND)
    for name, value in {
        "log.showSignature": "true", "diff.noprefix": "true", "diff.relative": "true", "diff.external": "false",
        "color.ui": "always", "diff.renames": "false", "log.decorate": "full", "format.pretty": "oneline",
        "core.quotePath": "false", "log.date": "relative", "diff.mnemonicPrefix": "true", "core.pager": "false",
        "i18n.logOutputEncoding": "ISO-8859-1", "log.abbrevCommit": "true",
    }.items():  # fmt: skip
        repo.git("config", name, value)
    assert read_change(repo.path / "deep", BY_HAND) == before


def test_a_hook_or_filter_of_the_repository_is_not_run(repo: Repo, tmp_path: Path):
    mark = tmp_path / "ran"
    repo.commit("feat: one", {".gitattributes": "*.txt diff=evil\n", "a.txt": "1"})
    repo.git("config", "diff.evil.textconv", f"touch {mark}; cat")
    repo.git("config", "diff.evil.command", f"touch {mark}")
    repo.git("config", "core.fsmonitor", f"touch {mark}")
    read_change(repo.path, BY_HAND)
    assert not mark.exists()


def test_more_commits_than_the_limit_are_cut_and_said(repo: Repo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "COMMITS_LIMIT", 10)
    base = repo.head
    add_history(repo, 30)
    change = read_change(repo.path, Trigger(event="x", kind="push", before=base, head=repo.head))
    assert (len(change.commits), change.commits[0].sha, change.complete) == (10, repo.head, False)
    assert change.incomplete_reason == "of more than 10 commits the newest 10 were read"


def test_more_files_than_the_limit_are_cut_and_said(repo: Repo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "FILES_LIMIT", 5)
    repo.commit("feat: many", {f"{number}.txt": "x" for number in range(8)})
    change = read_change(repo.path, BY_HAND)
    assert (len(change.files), change.complete) == (5, False)
    assert change.incomplete_reason == "of 8 changed files the first 5 were read"


def test_messages_longer_than_the_limit_are_cut_and_said(repo: Repo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "MESSAGES_LIMIT", 3000)
    base = repo.head
    for number in range(5):
        repo.commit(f"feat: number {number}\n\n" + "x" * 1000)
    change = read_change(repo.path, Trigger(event="x", kind="push", before=base, head=repo.head))
    assert 0 < len(change.commits) < 5
    assert "the newest were read" in change.incomplete_reason


def test_one_endless_message_is_held_short(repo: Repo):
    repo.commit("feat: " + "endless " * 100_000 + "\n\n" + "body " * 100_000, {"a": "1"})
    change = read_change(repo.path, BY_HAND)
    assert len(change.headline) <= 200
    assert len(change.commits[0].body) <= 20_000


def test_a_question_that_takes_too_long_is_given_up(repo: Repo):
    started = time.monotonic()
    answer = Repository(repo.path).ask("-c", "alias.wait=!sleep 60", "wait", seconds=0.2)
    assert time.monotonic() - started < 20
    assert answer.timed_out
    assert not answer.ok


def test_an_answer_beyond_the_limit_is_cut(repo: Repo):
    answer = Repository(repo.path).ask("-c", "alias.endless=!yes", "endless", limit=10_000)
    assert (len(answer.output), answer.cut) == (10_000, True)


@pytest.mark.parametrize(
    "text", ["HEAD", "v1.0.0", "feature/x", "HEAD~3", "HEAD^", "main@{1}", "@acme/web@1.0.0", "a" * 40]
)
def test_revisions_that_git_may_be_asked_about(text: str):
    assert is_revision(text)


@pytest.mark.parametrize(
    "text", ["", "-x", "--all", "a..b", "a b", "HEAD:file", ":/text", "a\nb", "a\0b", "refs/*", "x" * 1001]
)
def test_texts_that_git_is_not_asked_about(text: str):
    assert not is_revision(text)


def test_no_text_is_taken_for_an_option_or_a_command_of_git(repo: Repo):
    """Names of branches and tags come from payloads: any text names a commit that is here, or none."""
    repo.commit("feat: one")
    here = Repository(repo.path)
    for text in CORPUS.values():
        assert here.commit(text) is None


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/acme/aurora.git", ("https://github.com/acme/aurora", "acme/aurora")),
        ("https://user:token@github.com/acme/aurora", ("https://github.com/acme/aurora", "acme/aurora")),
        ("git@github.com:acme/aurora.git", ("https://github.com/acme/aurora", "acme/aurora")),
        (
            "ssh://git@gitlab.example.com:2222/group/sub/project.git",
            ("https://gitlab.example.com/group/sub/project", "group/sub/project"),
        ),
        ("/srv/git/aurora.git", None),
        ("file:///srv/git/aurora.git", None),
        ("https://github.com/", None),
        ("https://github.com/a/../b", None),
        ("https://exa mple.com/a/b", None),
        ("", None),
    ],
)
def test_the_page_of_a_remote(url: str, found: tuple[str, str] | None):
    assert web_address(url) == found


def test_the_remote_names_the_repository_and_its_page(repo: Repo):
    repo.git("remote", "add", "origin", "https://user:hunter2@github.com/acme/aurora.git")
    sha = repo.commit("feat: one (#7)")
    change = read_change(repo.path, BY_HAND)
    assert (change.repository, change.url) == ("acme/aurora", f"https://github.com/acme/aurora/commit/{sha}")
    assert change.pull_request is not None
    assert change.pull_request.url == "https://github.com/acme/aurora/pull/7"
    assert "hunter2" not in repr(change)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["manual", "push", "release", "digest"])
def test_reading_costs_the_range_and_not_the_history(tmp_path: Path, kind: str):
    """At 10,000 commits, at most 1.5 times the CPU that it costs at 100, git's included; the best of several runs each."""

    def prepared(name: str, commits: int) -> tuple[Repo, Trigger]:
        repo = make_repo(tmp_path / name)
        add_history(repo, commits - 5)
        for number in range(50):
            repo.tag(f"v1.{number}.0", revision=f"HEAD~{49 - number}")
        repo.git("pack-refs", "--all")
        base = repo.head
        add_history(repo, 5)
        if kind == "release":
            repo.tag("v2.0.0")
            return repo, Trigger(event="x", kind="tag", tag="v2.0.0")
        if kind == "push":
            return repo, Trigger(event="x", kind="push", before=base, head=repo.head)
        return repo, BY_HAND

    def best(repo: Repo, trigger: Trigger) -> float:
        times = []
        for _ in range(7):
            started = os.times()
            change = read_change(repo.path, trigger, since="4h" if kind == "digest" else None, now=repo.clock + 60)
            times.append(sum(os.times()[:4]) - sum(started[:4]))
            assert change.complete
            assert len(change.commits) == {"manual": 1, "digest": 4}.get(kind, 5)
        return min(times)

    small, large = prepared("small", 100), prepared("large", 10_000)
    slack = 2 / os.sysconf("SC_CLK_TCK")  # the clock of CPU time ticks in hundredths
    assert best(*large) <= 1.5 * best(*small) + slack
