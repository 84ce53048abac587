"""A server on loopback that speaks GitHub's REST for the calls that are made, and refuses what GitHub refuses.

    with GitHubServer(repo) as github:
        github.merged(12, "feat: dark mode", sha=repo.head, labels=("promo:yes",))
        github.fail(Answered(502), Dropped())
        github_for(trigger, github.environ, notes.append)
        assert [call.path for call in github.calls] == ...

Faults are used up in order, one a call. Without one, the pull requests are those that were told to it, and comparisons come
from the real repository.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.repos import Repo

COMMITS_LIMIT = 250
FILES_LIMIT = 300
_LETTERS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed"}


@dataclass(frozen=True)
class Answered:
    """A status by GitHub or by something in front of it."""

    status: int
    body: str = '{"message": "no"}'
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dropped:
    """The connection is closed without an answer."""


@dataclass(frozen=True)
class Slow:
    """No answer until the server closes."""


@dataclass(frozen=True)
class Trickle:
    """An answer that comes byte by byte and never ends."""


Fault = Answered | Dropped | Slow | Trickle


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    status: int = 0


class GitHubServer:
    """One repository, `acme/aurora`. Use as a context manager."""

    def __init__(self, repo: Repo, *, name: str = "acme/aurora") -> None:
        self.repo, self.name = repo, name
        self.token = "ghs_0123456789abcdefghijABCDEFGHIJ"
        self.calls: list[Call] = []
        self.pull_requests: list[tuple[dict[str, Any], tuple[str, ...]]] = []
        self.commits_limit, self.files_limit = COMMITS_LIMIT, FILES_LIMIT
        self.newest_first_page = True
        """Of too many commits the newest are told; else the oldest."""
        self._faults: list[Fault] = []
        self._closing = threading.Event()

    def __enter__(self) -> GitHubServer:
        server = self

        class Handler(_Handler):
            github = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """As that of an Enterprise server: with a path."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/api/v3"

    @property
    def environ(self) -> dict[str, str]:
        return {"GITHUB_API_URL": self.url, "GITHUB_TOKEN": self.token}

    @property
    def paths(self) -> list[str]:
        """What was asked for in the repository."""
        return [call.path.removeprefix(f"/api/v3/repos/{self.name}") for call in self.calls]

    def fail(self, *what: Fault) -> None:
        """The next calls meet these faults, in order."""
        self._faults += what

    def merged(self, number: int, title: str, *, sha: str, commits: tuple[str, ...] = (), **more: Any) -> None:
        """A pull request that was merged as `sha`; a rebase left these other commits on the base too."""
        base, to = more.pop("base", "main"), more.pop("to", self.name)
        origin, merged_at = more.pop("origin", self.name), more.pop("merged_at", "2026-11-20T10:00:00Z")
        labels, login = more.pop("labels", ()), more.pop("login", "ada")
        record = {
            "number": number,
            "title": title,
            "body": more.pop("body", None),
            "state": "closed" if merged_at else "open",
            "labels": [{"id": 1, "name": label} for label in labels],
            "user": {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"},
            "html_url": f"https://github.com/{self.name}/pull/{number}",
            "merge_commit_sha": sha,
            "merged_at": merged_at,
            "base": {"ref": base, "repo": {"full_name": to}},
            "head": {"ref": "topic", "repo": {"full_name": origin} if origin else None},
            **more,
        }
        self.pull_requests.append((record, (sha, *commits)))

    def answer(self, call: Call) -> tuple[int, Any]:
        if not call.headers.get("user-agent"):
            return 403, {"message": "Request forbidden by administrative rules."}
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"message": "Bad credentials"}
        prefix = f"/api/v3/repos/{re.escape(self.name)}"
        if match := re.fullmatch(rf"{prefix}/commits/([0-9a-f]{{40}})/pulls", call.path):
            if not self._has(match[1]):
                return 422, {"message": f"No commit found for SHA: {match[1]}"}
            return 200, [record for record, commits in self.pull_requests if match[1] in commits]
        if match := re.fullmatch(rf"{prefix}/compare/([0-9a-f]{{40}})\.\.\.([0-9a-f]{{40}})", call.path):
            if not (self._has(match[1]) and self._has(match[2])):
                return 404, {"message": "Not Found"}
            return 200, self._compare(match[1], match[2])
        return 404, {"message": "Not Found"}

    def _has(self, sha: str) -> bool:
        return self.repo.git("cat-file", "-t", sha, check=False) == "commit"

    def _compare(self, base: str, head: str) -> dict[str, Any]:
        parting = self.repo.git("merge-base", base, head)
        ahead = self.repo.git("rev-list", "--reverse", head, f"^{base}").split()
        behind = int(self.repo.git("rev-list", "--count", base, f"^{head}"))
        status = ("diverged" if behind else "ahead") if ahead else "behind" if behind else "identical"
        told = ahead[-self.commits_limit :] if self.newest_first_page else ahead[: self.commits_limit]
        return {
            "status": status,
            "merge_base_commit": {"sha": parting},
            "total_commits": len(ahead),
            "commits": [self._commit(sha) for sha in told],
            "files": self._files(parting, head)[: self.files_limit],
        }

    def _commit(self, sha: str) -> dict[str, Any]:
        name, email, date, parents, message = self.repo.git(
            "log", "-1", "--format=%an%x00%ae%x00%cI%x00%P%x00%B", sha
        ).split("\0")
        return {
            "sha": sha,
            "commit": {
                "message": message.rstrip("\n"),
                "author": {"name": name, "email": email, "date": date},
                "committer": {"name": name, "email": email, "date": date.replace("+00:00", "Z")},
            },
            "author": {"login": email.partition("@")[0]} if email.endswith("@example.com") else None,
            "parents": [{"sha": parent} for parent in parents.split()],
        }

    def _files(self, base: str, head: str) -> list[dict[str, Any]]:
        rows = self.repo.git("diff", "--name-status", "-z", "--find-renames", base, head).split("\0")
        lines = dict(self._lines(base, head))
        files, fields = [], iter(rows)
        for letter in fields:
            if not letter:
                continue
            old = next(fields) if letter[0] == "R" else None
            name = next(fields)
            added, removed = lines[name]
            one: dict[str, Any] = {"filename": name, "status": _LETTERS[letter[0]]}
            one |= {"additions": int(added or 0), "deletions": int(removed or 0)}
            one |= {"patch": "@@"} if added and (int(added) or int(removed)) else {}
            files.append(one | ({"previous_filename": old} if old else {}))
        return files

    def _lines(self, base: str, head: str) -> list[tuple[str, tuple[str, str]]]:
        """(path, lines added and removed); empty texts for a binary file."""
        found, fields = [], iter(self.repo.git("diff", "--numstat", "-z", "--find-renames", base, head).split("\0"))
        for row in fields:
            if row.count("\t") == 2:
                added, removed, name = row.split("\t")
                name = name or (next(fields), next(fields))[1]
                found.append((name, (added.strip("-"), removed.strip("-"))))
        return found

    def next_fault(self) -> Fault | None:
        return self._faults.pop(0) if self._faults else None

    def wait_closed(self, seconds: float = 30) -> bool:
        return self._closing.wait(seconds)


class _Handler(BaseHTTPRequestHandler):
    github: GitHubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        call = Call(self.path, {name.lower(): value for name, value in self.headers.items()})
        self.github.calls.append(call)
        match self.github.next_fault():
            case Answered(status, body, headers):
                call.status = status
                self._send(status, body.encode(), headers)
            case Dropped():
                self.close_connection = True
            case Slow():
                self.github.wait_closed()
                self.close_connection = True
            case Trickle():
                self._trickle()
            case None:
                call.status, told = self.github.answer(call)
                self._send(call.status, json.dumps(told).encode(), {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        kind = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body))}
        for name, value in {**kind, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            while not self.github.wait_closed(0.02):
                self.wfile.write(b" ")
        except OSError:  # the caller has gone
            return
