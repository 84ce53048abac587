"""Reading a range: its commits, and the files that differ. Costs the size of the range, within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ci_mediagen.events import clean, conventional
from ci_mediagen.events.people import Signature, person
from ci_mediagen.events.repository import Repository
from ci_mediagen.model.change import ChangedFile, Commit, CommitRange, FileStatus

COMMITS_LIMIT = 2000
FILES_LIMIT = 5000
MESSAGES_LIMIT = 16 * 1024 * 1024
"""Bytes of commit messages that are read."""

_FIELDS = 6
_FORMAT = "--format=%H%x00%P%x00%aN%x00%aE%x00%ct%x00%B"
_STATUS: Mapping[str, FileStatus] = {"A": "added", "C": "added", "D": "removed", "R": "renamed"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit as the story needs it."""

    commit: Commit
    parents: tuple[str, ...]
    signature: Signature
    committed_at: int
    """Seconds since the epoch."""
    message: conventional.Message


@dataclass(frozen=True, slots=True)
class Commits:
    entries: tuple[Entry, ...]
    """Newest first."""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    files: tuple[ChangedFile, ...]
    doubt: str = ""


def read_commits(
    repository: Repository, range_: CommitRange, *, only_head: bool = False, logins: Mapping[str, str] | None = None
) -> Commits:
    """The commits of a range, newest first. `only_head` reads the head alone: its base is not here."""
    answer = repository.ask(
        "log", "-z", f"--max-count={1 if only_head else COMMITS_LIMIT + 1}", "--encoding=UTF-8", "--no-color", "--no-notes",
        "--no-show-signature", _FORMAT, "--end-of-options", *_revisions(range_, only_head), "--", limit=MESSAGES_LIMIT,
    )  # fmt: skip
    rows = answer.output.split(b"\0")
    entries = [
        entry([field.decode("utf-8", "replace") for field in rows[start : start + _FIELDS]], logins or {})
        for start in range(0, len(rows) - _FIELDS + 1, _FIELDS)
    ]
    if len(entries) > COMMITS_LIMIT:
        return Commits(
            tuple(entries[:COMMITS_LIMIT]), f"of more than {COMMITS_LIMIT} commits the newest {COMMITS_LIMIT} were read"
        )
    if answer.cut:
        return Commits(
            tuple(entries),
            f"the commit messages are longer than {MESSAGES_LIMIT >> 20} MiB together; the newest were read",
        )
    if not answer.ok:
        return Commits(tuple(entries), f"git could not read all commits ({_why(answer.timed_out, answer.errors)})")
    return Commits(tuple(entries))


def commits_touching(
    repository: Repository, range_: CommitRange, pathspecs: Sequence[str], *, only_head: bool = False
) -> frozenset[str]:
    """The ids of those commits of a range that touch these paths."""
    answer = repository.ask(
        "log", "--full-history", "-z", f"--max-count={1 if only_head else COMMITS_LIMIT + 1}", "--no-show-signature",
        "--format=%H", "--end-of-options", *_revisions(range_, only_head), "--", *pathspecs,
    )  # fmt: skip
    return frozenset(answer.output.decode("ascii", "replace").split("\0")) - {""}


def read_files(repository: Repository, range_: CommitRange, pathspecs: Sequence[str] = ()) -> Files:
    """The files that differ between the ends of a range, in the order of their paths."""
    base = range_.base or repository.empty_tree()
    answer = repository.ask(
        "diff", "--raw", "--numstat", "-z", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--find-renames",
        "--no-abbrev", "--end-of-options", base, range_.head, "--", *pathspecs,
    )  # fmt: skip
    files = _parse_diff(answer.output)
    if len(files) > FILES_LIMIT:
        return Files(tuple(files[:FILES_LIMIT]), f"of {len(files)} changed files the first {FILES_LIMIT} were read")
    if answer.cut or not answer.ok:
        return Files(tuple(files), f"git could not read all changed files ({_why(answer.timed_out, answer.errors)})")
    return Files(tuple(files))


def files_of_commit(repository: Repository, sha: str) -> frozenset[str] | None:
    """Every path that one commit touches, old and new names alike; None where git cannot tell."""
    answer = repository.ask(
        "diff-tree",
        "-r",
        "-z",
        "-m",
        "--root",
        "--no-commit-id",
        "--name-only",
        "--no-renames",
        "--no-relative",
        "--end-of-options",
        sha,
    )
    if not answer.ok or answer.cut:
        return None
    return frozenset(_text(name) for name in answer.output.split(b"\0") if name)


def _revisions(range_: CommitRange, only_head: bool) -> list[str]:
    return [range_.head] if only_head or range_.base is None else [range_.head, f"^{range_.base}"]


def entry(fields: Sequence[str], logins: Mapping[str, str]) -> Entry:
    """A commit of (id, ids of its parents, name, address, seconds since the epoch, message)."""
    sha, parents, name, email, committed_at, text = fields
    message = conventional.parse(text)
    signature = Signature(clean.line(name, 100), clean.line(email, 200))
    commit = Commit(
        sha=sha,
        subject=message.subject,
        body=message.body,
        type=message.type,
        scope=message.scope,
        breaking=message.breaking,
        headline=message.headline,
        footers=message.footers,
        author=person(signature, logins),
        co_authors=tuple(person(one, logins) for one in message.co_authors),
        pull_request=message.pull_request,
        merge=" " in parents,
    )
    seconds = int(committed_at) if committed_at.lstrip("-").isdigit() else 0
    return Entry(commit, tuple(parents.split()), signature, seconds, message)


def _parse_diff(output: bytes) -> list[ChangedFile]:
    """`--raw --numstat -z`: all raw rows, then all line counts; a rename takes two more fields, old and new path."""
    statuses: dict[bytes, tuple[FileStatus, bytes | None]] = {}
    counts: dict[bytes, tuple[int | None, int | None]] = {}
    fields = iter(output.split(b"\0"))
    for field in fields:
        if field.startswith(b":"):
            letter = field.rpartition(b" ")[2][:1].decode("ascii", "replace")
            path = next(fields, b"")
            old = path if letter in "RC" else None
            path = next(fields, b"") if letter in "RC" else path
            statuses[path] = (_STATUS.get(letter, "modified"), old if letter == "R" else None)
        elif field.count(b"\t") >= 2:
            added, removed, path = field.split(b"\t", 2)
            if not path:
                next(fields, b"")
                path = next(fields, b"")
            counts[path] = (_number(added), _number(removed))
    return [
        ChangedFile(_text(path), status, *counts.get(path, (None, None)), old_path=None if old is None else _text(old))
        for path, (status, old) in statuses.items()
    ]


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None


def _text(path: bytes) -> str:
    return clean.path(path.decode("utf-8", "replace"))


def _why(timed_out: bool, errors: str) -> str:
    if timed_out:
        return "it took too long"
    return clean.line(errors.split("\n")[-1], 200) or "no reason given"
