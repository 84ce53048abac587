"""Whatever strangers write into messages, names, branches and tags: it is drawn, told and stored, and never obeyed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.text.corpus import CORPUS
from tests.support.command import ci_mediagen
from tests.support.github_job import GitHubJob
from tests.support.project import NAME, make_project
from tests.support.repos import Repo

OURS = re.compile(r"::(group|endgroup|warning|error|notice)(?: title=[^:]*)?::")
COMMAND = re.compile(
    r"^[\s\u200b-\u200f\u2060\ufeff]*:[\u200c-\u200f]*:|#[\u200c-\u200f]*#[\u200c-\u200f]*[A-Za-z.]*\[", re.M
)
OUTPUTS = {
    "generated", "reason", "template", "manifest-path", "manifest-url", "gallery-url", "images", "videos",
    "primary-image-url", "primary-video-url", "poster-url", "slack-ts", "cost", "duration-seconds", "reused",
}  # fmt: skip

FAST = [
    "commands: old workflow command anywhere",
    "commands: output heredoc",
    "terminal: all controls",
    "templates: jinja escape",
    "arguments: option",
    "paths: up",
    "unicode: lone surrogate",
    "unicode: long word",
]
"""Of the kinds that do most harm where one encoder is missing; the others are among the long proofs."""


def texts(names: list[str]) -> Any:
    return pytest.mark.parametrize("text", [pytest.param(CORPUS[name], id=name) for name in names])


REST = [name for name in CORPUS if name not in FAST]


def encoded(text: str) -> bytes:
    """As git stores it: NUL cannot be in a message, and any other byte can, which the corpus writes as a lone surrogate."""
    return b"".join(
        bytes([ord(one) - 0xDC00]) if "\udc80" <= one <= "\udcff" else one.encode("utf-8", "surrogatepass")
        for one in text.replace("\0", "")
    )


def run(repo: Repo, job: GitHubJob) -> str:
    """Runs it and holds what must hold whatever the texts say. Returns what was told on stderr."""
    done = ci_mediagen("run", "--significance", "card", "--only", "card", "--json", cwd=repo.path, env=job.env)
    document = json.loads(done.stdout)
    assert document["outcome"] == "ok"
    for line in re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", done.stderr):
        assert OURS.match(line) or not COMMAND.search(line), repr(line)
    assert not set(map(chr, [*range(9), *range(11, 32), *range(127, 160)])) & set(done.stderr)
    outputs = job.outputs
    assert set(outputs) == OUTPUTS
    assert outputs["generated"] == "true"
    assert outputs["manifest-path"] == str(repo.path / "mediagen-out" / "manifest.json")
    json.loads((repo.path / "mediagen-out" / "manifest.json").read_text("utf-8"))
    page = (repo.path / "mediagen-out" / "index.html").read_text("utf-8")
    assert page.count("<script") == page.count("</script>") <= 1
    assert "<svg onload" not in page
    assert not (repo.path / "pwned").exists()
    return done.stderr


def pushed(folder: Path, repo: Repo, ref: str = "refs/heads/main") -> GitHubJob:
    """A push of the last commit, told as GitHub does: what is no UTF-8 in git is replaced."""
    message = repo.git("log", "-1", "--format=%B")
    author = repo.git("log", "-1", "--format=%an")
    commit = {"id": repo.head, "message": message, "author": {"name": author, "email": "ada@example.com"}}
    event = {
        "ref": ref,
        "before": repo.git("rev-parse", "HEAD~1"),
        "after": repo.head,
        "head_commit": commit,
        "commits": [commit],
        "repository": {"full_name": "acme/aurora", "private": False, "default_branch": "main"},
        "sender": {"login": "eve", "type": "User"},
    }
    return GitHubJob.of(folder, repo, "push", event)


def message_case(tmp_path: Path, text: str) -> None:
    """In a commit's subject and body, and in the title, the body and a label of its pull request."""
    raw = encoded(text)
    subject = raw.split(b"\n")[0].strip() or b"x"
    repo = make_project(tmp_path / NAME, b"feat: " + subject + b"\n\n" + raw + b"\n")
    merged = GitHubJob.merged(
        tmp_path / "merged", repo, title=f"feat: {text}", body=text, labels=("feature", text[:50] or "x")
    )
    run(repo, merged)


def name_case(tmp_path: Path, text: str) -> None:
    """In the names of a file, the author, a branch and a tag, as far as git and the file system take them."""
    raw = encoded(text)
    file = b"-".join(part for part in raw.replace(b"\n", b" ").split(b"/") if part)[:200].strip() or b"x"
    repo = make_project(tmp_path / NAME, "feat: a file with a name")
    try:
        path = Path(repo.path / "docs" / file.decode("utf-8", "surrogateescape"))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    except OSError:
        path = None  # type: ignore[assignment]  # no name on this file system
    author = re.sub(rb"[<>\n\0]", b"", raw).decode("utf-8", "surrogateescape")[:200].strip(" .,:;\"'\\") or "x"
    repo.commit("feat: names of strangers", {}, author=(author, "eve@example.com"))
    ref = "refs/heads/main"
    for kind in ("heads", "tags"):
        name = raw.replace(b"\n", b" ")[:100].decode("utf-8", "surrogateescape")
        repo.git("update-ref", f"refs/{kind}/x/{name}", "HEAD", check=False)
        if kind == "heads" and repo.git("rev-parse", "--verify", "--quiet", f"refs/heads/x/{name}", check=False):
            ref = f"refs/heads/x/{name}"
    run(repo, pushed(tmp_path / "pushed", repo, ref.encode("utf-8", "surrogateescape").decode("utf-8", "replace")))
    change = json.loads((repo.path / "mediagen-out" / "manifest.json").read_text("utf-8"))["change"]
    assert (len(change["files"]), len(change["authors"])) == (1 if path else 0, 1)


@texts(FAST)
def test_in_messages_and_pull_requests(tmp_path: Path, text: str) -> None:
    message_case(tmp_path, text)


@texts(FAST)
def test_in_names_of_files_authors_branches_and_tags(tmp_path: Path, text: str) -> None:
    name_case(tmp_path, text)


@pytest.mark.slow
@texts(REST)
def test_all_others_in_messages_and_pull_requests(tmp_path: Path, text: str) -> None:
    message_case(tmp_path, text)


@pytest.mark.slow
@texts(REST)
def test_all_others_in_names_of_files_authors_branches_and_tags(tmp_path: Path, text: str) -> None:
    name_case(tmp_path, text)
