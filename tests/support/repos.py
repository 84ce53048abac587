"""Real git repositories for tests, made quickly and the same on every machine: nobody's git configuration is read.

repo = make_repo(tmp_path / "project")
repo.commit("feat: dark mode", {"src/theme.py": "dark = True\n"})
repo.tag("v1.0.0")
clone = repo.clone(tmp_path / "clone", depth=1)
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ADA = ("Ada Lovelace", "ada@example.com")
GRACE = ("Grace Hopper", "grace@example.com")
LINUS = ("Linus Example", "linus@example.com")

FIRST_COMMIT_AT = 1_793_520_000
"""Seconds since the epoch of the first commit, 2026-11-01 08:00 UTC. Each later one is an hour after the last."""

HOUR = 3600


def environment() -> dict[str, str]:
    """The environment for git: no configuration but the repository's own, no questions, no CI variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return inherited | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_EDITOR": "true",
        "LC_ALL": "C.UTF-8",
    }


@dataclass
class Repo:
    """A repository with a clock of its own."""

    path: Path
    clock: int = FIRST_COMMIT_AT
    last: str = field(default="", init=False)

    def git(
        self, *arguments: str, author: tuple[str, str] = ADA, stdin: bytes | None = None, check: bool = True
    ) -> str:
        """Runs git here and returns its output without the last line end."""
        dated = f"{self.clock} +0000"
        identity = {
            "GIT_AUTHOR_NAME": author[0], "GIT_AUTHOR_EMAIL": author[1], "GIT_AUTHOR_DATE": dated,
            "GIT_COMMITTER_NAME": author[0], "GIT_COMMITTER_EMAIL": author[1], "GIT_COMMITTER_DATE": dated,
        }  # fmt: skip
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=environment() | identity,
            input=stdin,
            capture_output=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout.decode("utf-8", "replace").rstrip("\n")

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def sha(self, revision: str) -> str:
        return self.git("rev-parse", f"{revision}^{{commit}}")

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Writes files into the working tree; None removes one."""
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(
        self,
        message: str | bytes,
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        author: tuple[str, str] = ADA,
        at: int | None = None,
    ) -> str:
        """Commits these files (a line added to `log.txt` where none are given) and returns the commit's id."""
        if files is None:
            log = self.path / "log.txt"
            files = {"log.txt": (log.read_text() if log.exists() else "") + f"{self.clock}\n"}
        self.clock = at if at is not None else self.clock + HOUR
        self.write(files)
        self.git("add", "--all")
        raw = message.encode() if isinstance(message, str) else message
        self.git("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--file=-", author=author, stdin=raw)
        return self.head

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Makes a branch and goes there."""
        self.git("checkout", "--quiet", "-b", name, start)

    def checkout(self, revision: str) -> None:
        self.git("checkout", "--quiet", revision)

    def merge(self, branch: str, message: str | None = None, *, author: tuple[str, str] = ADA) -> str:
        """A merge commit, also where fast-forward would do. Without a message, git's own."""
        self.clock += HOUR
        text = ("-m", message) if message is not None else ("--no-edit",)
        self.git("merge", "--quiet", "--no-ff", *text, branch, author=author)
        return self.head

    def squash(self, branch: str, message: str, *, author: tuple[str, str] = ADA) -> str:
        """All commits of a branch as one new commit here."""
        self.clock += HOUR
        self.git("merge", "--quiet", "--squash", branch)
        self.git("commit", "--quiet", "-m", message, author=author)
        return self.head

    def rebase_in(self, branch: str) -> str:
        """The commits of a branch copied onto this one, as a rebase merge does: new committer, same author and date."""
        self.clock += HOUR
        base = self.git("merge-base", "HEAD", branch)
        self.git("cherry-pick", "--allow-empty", f"{base}..{branch}")
        return self.head

    def tag(self, name: str, message: str | None = None, revision: str = "HEAD") -> None:
        """A light tag, or with a message an annotated one."""
        self.git("tag", *(("-a", "-m", message) if message is not None else ()), name, revision)

    def clone(self, path: Path, *arguments: str, depth: int | None = None, branch: str | None = None) -> Repo:
        """A clone over file://, so that `depth` works as it does over a network."""
        options = [*arguments, *((f"--depth={depth}",) if depth else ()), *((f"--branch={branch}",) if branch else ())]
        self.git("clone", "--quiet", *options, self.url, str(path))
        return Repo(path, self.clock)

    def worktree(self, path: Path, revision: str = "HEAD") -> Repo:
        """A linked worktree with a detached HEAD."""
        self.git("worktree", "add", "--quiet", "--detach", str(path), revision)
        return Repo(path, self.clock)

    @property
    def url(self) -> str:
        return f"file://{self.path}"


def make_repo(path: Path, branch: str = "main") -> Repo:
    """An empty repository. It answers filtered fetches, as the forges do."""
    path.mkdir(parents=True, exist_ok=True)
    repo = Repo(path)
    repo.git("init", "--quiet", f"--initial-branch={branch}")
    for name, value in (
        ("uploadpack.allowFilter", "true"),
        ("uploadpack.allowAnySHA1InWant", "true"),
        ("gc.auto", "0"),
    ):
        repo.git("config", name, value)
    return repo


def add_history(repo: Repo, commits: int, branch: str = "main") -> None:
    """Many commits at once, an hour apart, each changing one file: 10,000 take about a second."""
    parent = repo.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)
    parts: list[str] = []
    for number in range(commits):
        repo.clock += HOUR
        message, content = f"fix: number {number}", f"{number}\n"
        parts.append(
            f"commit refs/heads/{branch}\ncommitter {ADA[0]} <{ADA[1]}> {repo.clock} +0000\ndata {len(message)}\n{message}\n"
            + (f"from {parent}\n" if parent and number == 0 else "")
            + f"M 100644 inline src/file{number % 100}.txt\ndata {len(content)}\n{content}\n"
        )
    repo.git("fast-import", "--quiet", "--force", stdin="".join(parts).encode())
    repo.git("reset", "--quiet", "--hard", branch)


def add_messages(repo: Repo, messages: Sequence[bytes], branch: str = "main") -> None:
    """One empty commit for each message, which is taken as it is, byte for byte."""
    parent = repo.head
    parts: list[bytes] = []
    for number, message in enumerate(messages):
        repo.clock += HOUR
        who = f"committer {ADA[0]} <{ADA[1]}> {repo.clock} +0000"
        parts.append(f"commit refs/heads/{branch}\n{who}\ndata {len(message)}\n".encode() + message + b"\n")
        parts.append(f"from {parent}\n".encode() if number == 0 else b"")
    repo.git("fast-import", "--quiet", "--force", stdin=b"".join(parts))
