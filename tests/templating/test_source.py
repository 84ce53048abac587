"""Templates and configuration from the work tree or from a commit, and never from outside of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ci_mediagen.errors import RepositoryError, TemplateError
from ci_mediagen.templating.source import MAX_FILE_BYTES, GitRef, Source, WorkTree
from tests.support.repos import Repo, make_repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = make_repo(tmp_path / "project")
    made.commit(
        "feat: one", {"a.yml": "a: 1\n", "t/one/x.html": "x", "t/two/y.html": "y", "t/note.txt": "n", "深/é.txt": "z"}
    )
    return made


def both(repo: Repo) -> list[Source]:
    return [WorkTree(repo.path), GitRef(repo.path, repo.head)]


def test_both_sources_read_and_list_the_same(repo: Repo) -> None:
    for source in both(repo):
        assert source.read("a.yml") == b"a: 1\n"
        assert source.read("./t/one/x.html") == b"x"
        assert source.read("深/é.txt") == b"z"
        assert source.read("no.yml") is None
        assert source.read("t") is None
        assert source.folders("t") == ("one", "two")
        assert source.files("t") == ("note.txt",)
        assert source.folders("nowhere") == ()


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "t/../../x", "", "a\0b", "..\\x"])
def test_paths_that_leave_the_repository_are_refused(repo: Repo, path: str) -> None:
    for source in both(repo):
        with pytest.raises(TemplateError):
            source.read(path)


def test_a_symlink_out_of_the_repository_is_refused(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (repo.path / "link").symlink_to(tmp_path / "secret")
    (repo.path / "folder").symlink_to(tmp_path)
    for path in ("link", "folder/secret"):
        with pytest.raises(TemplateError, match="symlink"):
            WorkTree(repo.path).read(path)
    with pytest.raises(TemplateError, match="symlink"):
        WorkTree(repo.path).folders("folder")


def test_a_symlink_inside_the_repository_is_followed_in_the_work_tree(repo: Repo) -> None:
    (repo.path / "link.yml").symlink_to("a.yml")
    assert WorkTree(repo.path).read("link.yml") == b"a: 1\n"


def test_a_symlink_in_a_commit_is_refused(repo: Repo) -> None:
    (repo.path / "link").symlink_to("/etc/passwd")
    source = GitRef(repo.path, repo.commit("chore: link"))
    with pytest.raises(TemplateError, match="symlink"):
        source.read("link")


def test_a_symlink_to_itself_is_refused(repo: Repo) -> None:
    (repo.path / "loop").symlink_to("loop")
    with pytest.raises(TemplateError):
        WorkTree(repo.path).read("loop")


def test_a_commit_is_read_as_it_was_whatever_lies_in_the_work_tree(repo: Repo) -> None:
    base = repo.head
    repo.commit("feat: two", {"a.yml": "a: evil\n", "t/three/z.html": "z"})
    source = GitRef(repo.path, base)
    assert source.read("a.yml") == b"a: 1\n"
    assert source.folders("t") == ("one", "two")
    assert source.name == f"base {base[:10]}"


def test_names_are_taken_literally_and_not_as_patterns(repo: Repo) -> None:
    source = GitRef(repo.path, repo.head)
    assert source.read("*.yml") is None
    assert source.read(":(glob)*.yml") is None


@pytest.mark.parametrize("revision", ["0" * 40, "nowhere", "--help", "-x", "HEAD:a.yml"])
def test_a_revision_that_is_not_there_is_one_clear_error(repo: Repo, revision: str) -> None:
    with pytest.raises(RepositoryError, match="is not in this clone"):
        GitRef(repo.path, revision)


def test_large_files_are_refused(repo: Repo) -> None:
    repo.commit("feat: big", {"big.html": b"x" * (MAX_FILE_BYTES + 1)})
    for source in both(repo):
        with pytest.raises(TemplateError, match="larger"):
            source.read("big.html")


def test_a_pipe_is_no_file(repo: Repo) -> None:
    os.mkfifo(repo.path / "pipe")
    assert WorkTree(repo.path).read("pipe") is None
