"""GitHub's REST API, asked for what neither the event nor the clone tells. It is only read.

    pull_request  which pull request was merged as a commit, with its labels
    is_part_of    whether a commit belongs to a pull request
    compare       the commits and files between two commits, where a shallow clone has not got them

No answer is no error: the change is told without it, and a note says why. GitHub is not asked again after a failure.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from ci_mediagen.errors import EventError, MediagenError, ServiceError
from ci_mediagen.events.fields import Fields
from ci_mediagen.events.github import read_pull_request
from ci_mediagen.events.history import Commits, Entry, Files, entry
from ci_mediagen.events.interface import Trigger
from ci_mediagen.model.change import ChangedFile, FileStatus, PullRequest

T = TypeVar("T")

API_URL = "https://api.github.com"
API_VERSION = "2022-11-28"
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
"""For one question, with its second attempt and with looking up the host's name."""
ATTEMPTS = 2
LONGEST_WAIT = 2.0
"""Seconds before the second attempt. Who asks for more patience is not waited for."""
COMPARED_FILES = 300
"""Files that GitHub names of one comparison; it does not say whether there are more."""

_ANSWER = "GitHub's answer"
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORY = re.compile(r"[\w-][\w.-]*/(?!\.{1,2}$)[\w.-]+", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]+")
_STATUS: Mapping[str, FileStatus] = {
    "added": "added",
    "copied": "added",
    "removed": "removed",
    "renamed": "renamed",
    "modified": "modified",
    "changed": "modified",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What lies between two commits, as GitHub tells it."""

    base: str
    """The commit at which the two parted."""
    commits: Commits
    files: Files
    logins: tuple[tuple[str, str], ...]
    """(address in lower case, account name) of the commits' authors."""


def github_for(trigger: Trigger, environ: Mapping[str, str], note: Callable[[str], None]) -> GitHubApi | None:
    """GitHub, to be asked about this event. None where the event is none of GitHub's or names no repository."""
    if not trigger.event.startswith("github:") or not _REPOSITORY.fullmatch(trigger.repository or ""):
        return None
    token = (environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or "").strip()
    if not token and trigger.kind == "tag":
        return None  # a release is told from its tags; hardly ever is it one pull request, so nobody need hear of this
    return GitHubApi(trigger.repository or "", token, base_url=environ.get("GITHUB_API_URL") or API_URL, note=note)


class GitHubApi:
    """One repository at GitHub."""

    def __init__(self, repository: str, token: str, *, base_url: str, note: Callable[[str], None]) -> None:
        """`repository` is `owner/name`. Without a token nothing is asked: the anonymous quota belongs to the address that
        many runners share, so the answer would be a matter of luck. `note` is told why there is no answer, once.
        """
        self._repository, self._token, self._base_url, self._note = repository, token, base_url, note
        self._silent = False

    def pull_request(self, sha: str, branch: str | None) -> PullRequest | None:
        """The pull request that was merged as this commit, or else the only merged one that has it. `branch` is where the
        commit was pushed to, if that is known. None where it came without one, or GitHub cannot tell."""

        def read(told: Any) -> PullRequest | None:
            merged = self._merged(told)
            exact = [one for one in merged if one.maybe_text("merge_commit_sha") == sha]
            here = [one for one in exact or merged if branch in (None, one.maybe_object("base").maybe_text("ref"))]
            chosen = (here or exact) if exact else here if len(merged) == 1 else []
            if not chosen:
                return None
            return read_pull_request(chosen[0], chosen[0].number("number"), self._repository, merged=True)

        return self._ask(f"/commits/{sha}/pulls", read, "which pull request this is, so its labels do not count")

    def is_part_of(self, sha: str, number: int) -> bool:
        """Whether the commit is one of a merged pull request's."""

        def read(told: Any) -> bool:
            return any(one.number("number") == number for one in self._merged(told))

        return self._ask(f"/commits/{sha}/pulls", read, "which commits the pull request had") or False

    def compare(self, base: str, head: str) -> Comparison | None:
        """What `head` has and `base` has not. None where that is nothing, or GitHub cannot tell."""
        if not (_SHA.fullmatch(base) and _SHA.fullmatch(head)):
            return None
        return self._ask(f"/compare/{base}...{head}", _comparison, "the commits that this clone has not got")

    def _merged(self, told: Any) -> list[Fields]:
        """The merged pull requests of this repository; a fork's commits may belong to those of another one."""
        if not isinstance(told, list):
            raise EventError(f"{_ANSWER} is no list of pull requests")
        found = [Fields(one, _ANSWER) for one in told if isinstance(one, dict)]
        return [one for one in found if one.has("merged_at") and _target(one) in ("", self._repository.lower())]

    def _ask(self, path: str, read: Callable[[Any], T], what: str) -> T | None:
        if self._silent:
            return None
        try:
            return read(_within(TOTAL_SECONDS, lambda: self._get(f"/repos/{self._repository}{path}")))
        except MediagenError as error:
            self._silent = True
            self._note(f"GitHub could not tell {what}: {error.message}")
            return None

    def _get(self, path: str) -> Any:
        from ci_mediagen.clients.http import Http

        if not _TOKEN.fullmatch(self._token):
            raise ServiceError("there is no GITHUB_TOKEN in the environment")
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            "User-Agent": "ci-mediagen",
        }
        try:
            with Http(
                "GitHub", self._base_url, headers=headers, timeout=TOTAL_SECONDS, connect_timeout=CONNECT_SECONDS,
                attempts=ATTEMPTS, longest_wait=LONGEST_WAIT,
            ) as client:  # fmt: skip
                return client.request("GET", path).json()
        except RecursionError as error:
            raise ServiceError("it answered with something that is no JSON") from error
        except (ValueError, OSError) as error:  # no JSON; a proxy or a certificate file that is none
            raise ServiceError(f"its answer cannot be read ({type(error).__name__})") from error


def _within(seconds: float, ask: Callable[[], Any]) -> Any:
    """What `ask` returns. Raises ServiceError when it takes longer, whatever it waits for: timeouts of a connection do not
    cover the look-up of a name, nor an answer that comes byte by byte."""
    done: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()

    def work() -> None:
        try:
            done.put((ask(), None))
        except Exception as error:
            done.put((None, error))

    threading.Thread(target=work, name="github", daemon=True).start()
    try:
        answer, failure = done.get(timeout=seconds)
    except Empty:
        raise ServiceError(f"it took longer than {seconds:g} s") from None
    if failure is not None:
        raise failure
    return answer


def _target(pull_request: Fields) -> str:
    """`owner/name` of the repository that a pull request was made to, in lower case."""
    return pull_request.maybe_object("base").maybe_object("repo").maybe_text("full_name").lower()


def _comparison(told: Any) -> Comparison | None:
    if not isinstance(told, dict):
        raise EventError(f"{_ANSWER} is no comparison")
    fields = Fields(told, _ANSWER)
    base = fields.object("merge_base_commit").text("sha")
    newest_first = fields.objects("commits")[::-1]
    if not newest_first or not _SHA.fullmatch(base):
        return None
    logins = dict(filter(None, map(_login, newest_first)))
    entries = tuple(_entry(one, logins) for one in newest_first)
    total = fields.maybe_number("total_commits") or len(entries)
    cut = f"of {total} commits GitHub told {len(entries)}" if total > len(entries) else ""
    files = tuple(_file(one) for one in fields.objects("files") if one.maybe_text("status") in _STATUS)
    more = f"GitHub tells the first {COMPARED_FILES} changed files" if len(files) >= COMPARED_FILES else ""
    return Comparison(base, Commits(entries, cut), Files(files, more), tuple(logins.items()))


def _login(told: Fields) -> tuple[str, str] | None:
    email = told.object("commit").maybe_object("author").maybe_text("email").lower()
    login = told.maybe_object("author").maybe_text("login")
    return (email, login) if email and login else None


def _entry(told: Fields, logins: Mapping[str, str]) -> Entry:
    commit = told.object("commit")
    author = commit.maybe_object("author")
    sha, parents = told.text("sha"), [one.text("sha") for one in told.objects("parents")]
    if not all(map(_SHA.fullmatch, (sha, *parents))):
        raise EventError(f"{_ANSWER}: a commit without an id")
    try:
        at = int(datetime.fromisoformat(commit.maybe_object("committer").maybe_text("date")).timestamp())
    except ValueError:
        at = 0
    name, email = author.maybe_text("name"), author.maybe_text("email")
    return entry((sha, " ".join(parents), name, email, str(at), commit.block("message")), logins)


def _file(told: Fields) -> ChangedFile:
    """Of a binary file GitHub tells neither a patch nor lines."""
    status = _STATUS[told.maybe_text("status")]
    added, removed = told.maybe_number("additions"), told.maybe_number("deletions")
    if not (added or removed or told.has("patch") or status == "renamed"):
        added = removed = None
    old = told.path("previous_filename") if status == "renamed" else None
    return ChangedFile(told.path("filename"), status, added, removed, old)
