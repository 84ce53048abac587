"""Git, asked through GitPython's command wrapper: argument lists, a time limit, a size limit, and no question to anyone.

No persistent `cat-file` process is used, so nothing is left behind. Whatever comes out is bytes of strangers.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from ci_mediagen.errors import RepositoryError
from ci_mediagen.events import clean

if TYPE_CHECKING:
    from git.cmd import Git

COMMAND_SECONDS = 60.0
"""Limit for one question to git."""
FETCH_SECONDS = 120.0
OUTPUT_LIMIT = 64 * 1024 * 1024
"""Bytes of answer that are read; git is stopped there."""

_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_GLOB_PATHSPECS": "0",
    "GIT_NOGLOB_PATHSPECS": "0",
    "GIT_ICASE_PATHSPECS": "0",
    "GIT_PAGER": "cat",
}
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    output: bytes
    errors: str
    cut: bool = False
    """There was more than the limit."""
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        return self.status == 0 and not self.timed_out

    @property
    def text(self) -> str:
        return self.output.decode("utf-8", "replace").strip()


class Repository:
    """One git repository: a working tree, a linked worktree, or a bare one."""

    def __init__(self, path: Path, *, fetch: bool = True) -> None:
        """Raises RepositoryError where there is none, or git itself is missing or refuses."""
        self.path = path
        self.may_fetch = fetch
        self._deepened: str | None = None
        self._remotes: tuple[str, ...] | None = None
        if not path.is_dir() or not os.access(path, os.X_OK):
            raise RepositoryError(
                f"{path}: there is no folder here that can be read", advice="Give a git repository with --repo."
            )
        self._git = _git(path)
        answer = self.ask("rev-parse", "--is-shallow-repository")
        if not answer.ok:
            raise _no_repository(path, answer.errors)
        self.shallow = answer.text == "true"

    def ask(self, *arguments: str, limit: int = OUTPUT_LIMIT, seconds: float = COMMAND_SECONDS) -> Answer:
        """Runs git and returns what it said, also where it failed. Raises RepositoryError only where git cannot be run."""
        from git.exc import GitCommandNotFound

        values = dict(_ENVIRONMENT) | ({} if self.may_fetch else {"GIT_NO_LAZY_FETCH": "1"})
        try:
            handle = self._git.execute(["git", *arguments], as_process=True, env=values, start_new_session=True)
        except (GitCommandNotFound, OSError, ValueError) as error:
            raise RepositoryError(
                f"git cannot be run: {clean.line(str(error))}", advice="Install git and put it on PATH."
            ) from error
        # as_process answers with a wrapper around the process; its own clean-up is not needed, ours is.
        process: Any = getattr(handle, "proc", None)
        if process is None:
            raise RepositoryError("git cannot be run: GitPython started no process")
        return _converse(process, limit, seconds)

    def commit(self, revision: str | None) -> str | None:
        """The full id of the commit that a revision names; None where it names none here."""
        if not revision or not is_revision(revision):
            return None
        answer = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return answer.text if answer.ok and _OBJECT_ID.fullmatch(answer.text) else None

    def branch_tip(self, name: str | None) -> str | None:
        """The tip of a branch by its short name: as a remote has it, else as it is here."""
        if not name:
            return None
        for prefix in (f"refs/remotes/{self.remote() or 'origin'}/", "refs/heads/"):
            if tip := self.commit(prefix + name):
                return tip
        return None

    def parents(self, sha: str) -> tuple[str, ...]:
        """The ids of a commit's parents as the commit itself names them: in a shallow clone they may not be here."""
        answer = self.ask("cat-file", "commit", sha, limit=1024 * 1024)
        header = answer.output.split(b"\n\n", 1)[0].decode("ascii", "replace")
        return tuple(
            row[7:] for row in header.split("\n") if row.startswith("parent ") and _OBJECT_ID.fullmatch(row[7:])
        )

    def is_ancestor(self, ancestor: str, sha: str) -> bool:
        return self.ask("merge-base", "--is-ancestor", "--end-of-options", ancestor, sha).status == 0

    def merge_base(self, one: str, other: str) -> str | None:
        answer = self.ask("merge-base", "--end-of-options", one, other)
        return answer.text.split("\n")[0] if answer.ok and answer.text else None

    def edge(self) -> frozenset[str]:
        """The commits at which a shallow clone was cut: their parents exist and are not here."""
        if not self.shallow:
            return frozenset()
        # `<git dir>/shallow` is not there in a linked worktree, so git is asked where it lies.
        answer = self.ask("rev-parse", "--git-path", "shallow")
        try:
            return frozenset((self.path / answer.text).read_text("ascii", "replace").split())
        except OSError:
            return frozenset()

    def empty_tree(self) -> str:
        return self.ask("hash-object", "-t", "tree", "--stdin").text

    def remote(self) -> str | None:
        """`origin`, else the first there is."""
        if self._remotes is None:
            self._remotes = tuple(self.ask("remote").text.split())
        return "origin" if "origin" in self._remotes else next(iter(self._remotes), None)

    def deepen(self) -> str | None:
        """Fetches the rest of a shallow clone's history, commits only. None when it is there; else why it is not.

        `--filter=tree:0` restores the graph at little cost; trees are fetched when they are read. Tried once.
        """
        if not self.shallow:
            return None
        if self._deepened is None:
            self._deepened = self._unshallow()
        return self._deepened or None

    def _unshallow(self) -> str:
        if not self.may_fetch:
            return "this is a shallow clone and fetching is switched off"
        remote = self.remote()
        if remote is None or remote.startswith("-"):
            return "this is a shallow clone without a remote"
        arguments = (
            "fetch",
            "--quiet",
            "--unshallow",
            "--filter=tree:0",
            "--tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
        )
        answer = self.ask(
            "-c",
            "gc.auto=0",
            "-c",
            "maintenance.auto=false",
            *arguments,
            "--end-of-options",
            remote,
            seconds=FETCH_SECONDS,
        )
        self.shallow = self.ask("rev-parse", "--is-shallow-repository").text == "true"
        if not self.shallow:
            return ""
        why = f"git fetch took longer than {FETCH_SECONDS:.0f} s" if answer.timed_out else _last_line(answer.errors)
        return f"this is a shallow clone, and the rest of its history could not be fetched ({why or 'the remote is shallow too'})"


def is_revision(text: str) -> bool:
    """Whether git may be asked about this text at all: not an option, not a range, not a path in a commit."""
    return (
        0 < len(text) <= 1000
        and not text.startswith("-")
        and ".." not in text
        and not re.search(r"[\x00-\x20\x7f:?*\[\\]", text)
    )


def web_address(remote_url: str) -> tuple[str, str] | None:
    """(https address without credentials, `owner/name`) of a remote; None for a local path or a strange address."""
    text = remote_url.strip()
    match = re.fullmatch(r"(?:https?|ssh|git)://(?:[^@/\s]*@)?(?P<host>[\w.-]+)(?::\d+)?/(?P<path>[\w./~-]+)", text)
    match = match or re.fullmatch(r"(?:[\w.-]+@)?(?P<host>[\w-]+(?:\.[\w-]+)+):(?P<path>[\w./~-]+)", text)
    if match is None:
        return None
    path = match["path"].strip("/").removesuffix(".git").strip("/")
    if "/" not in path or ".." in path:
        return None
    return f"https://{match['host']}/{path}", path


def _git(path: Path) -> Git:
    try:
        from git.cmd import Git
    except ImportError as error:  # GitPython refuses to be imported where it finds no git
        raise RepositoryError("git is not installed, or not on PATH", advice="Install git.") from error
    return Git(str(path))


def _converse(process: Any, limit: int, seconds: float) -> Answer:
    """Reads the answer up to the limits and ends the process's whole session in any case."""
    errors: list[bytes] = []
    late = threading.Event()

    def stop() -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    def expire() -> None:
        late.set()
        stop()

    stdout, stderr = cast(IO[bytes], process.stdout), cast(IO[bytes], process.stderr)
    listener = threading.Thread(target=lambda: errors.append(stderr.read()), daemon=True)
    watchdog = threading.Timer(seconds, expire)
    watchdog.daemon = True
    listener.start()
    watchdog.start()
    try:
        output = stdout.read(limit + 1)
        cut = len(output) > limit
        if cut:
            stop()
        status = process.wait()
    except BaseException:
        stop()
        process.wait()
        raise
    finally:
        watchdog.cancel()
        listener.join(timeout=5)
        stdout.close()
        if not listener.is_alive():
            stderr.close()
    said = b"".join(errors)[-20_000:].decode("utf-8", "replace")
    return Answer(0 if cut else status, output[:limit], clean.block(said), cut=cut, timed_out=late.is_set())


def _no_repository(path: Path, errors: str) -> RepositoryError:
    if "dubious ownership" in errors:
        return RepositoryError(
            f"{path}: git refuses to read this repository, because another user owns it",
            advice=f"If you trust it: git config --global --add safe.directory {path.resolve()}",
        )
    if "not a git repository" in errors:
        return RepositoryError(
            f"{path}: this is no git repository, nor is a folder above it",
            advice="Give one with --repo; in a workflow, check the repository out first.",
        )
    return RepositoryError(f"{path}: git cannot read this repository: {_last_line(errors) or 'no reason given'}")


def _last_line(errors: str) -> str:
    rows = [row for row in errors.split("\n") if row.strip()]
    fatal = [row for row in rows if row.startswith(("fatal:", "error:"))]
    # How long it took is left out: the same failure is told in the same words.
    return re.sub(r" after \d+ ms\b", "", _without_credentials(clean.line((fatal or rows or [""])[-1], 300)))


def _without_credentials(text: str) -> str:
    return re.sub(r"(\w+://)[^@/\s]+@", r"\1", text)
