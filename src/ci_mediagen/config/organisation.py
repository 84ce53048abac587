"""The file that a mediagen.yml extends: in the same repository, or in another one at a commit that cannot move."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ci_mediagen.errors import ConfigError, CredentialsError, ServiceError
from ci_mediagen.text.marked_yaml import MAX_BYTES, Node
from ci_mediagen.text.validation import quoted

FETCH_TIMEOUT = 60.0
"""Seconds for fetching one commit."""
GIT_TIMEOUT = 30.0
"""Seconds for a git command that stays on this machine."""

_COMMIT = r"(?P<commit>[0-9a-f]{40})"
_PATH = r"(?P<path>[^@\s]+)"
_GITHUB = re.compile(rf"github:(?P<owner>[A-Za-z0-9-]+)/(?P<repository>[A-Za-z0-9._-]+)/{_PATH}@{_COMMIT}")
_GIT = re.compile(rf"git\+(?P<url>(?:https://[^\s@/]+|file://)/[^\s@]*?[^/\s@])//{_PATH}@{_COMMIT}")
_FORMS = "Write a path in this repository, github:OWNER/REPOSITORY/PATH@COMMIT, or git+https://HOST/REPOSITORY.git//PATH@COMMIT."

_REFUSED = (
    "authentication failed",
    "could not read username",
    "403",
    "401",
    "permission denied",
    "repository not found",
)
_UNREACHABLE = ("could not resolve", "timed out", "connection", "unable to access", "early eof", "tls", "ssl")


@dataclass(frozen=True, slots=True)
class Pinned:
    """A file of a commit of another repository."""

    url: str
    path: str
    commit: str
    authorised: bool = False
    """Whether GITHUB_TOKEN is for this address."""

    @property
    def label(self) -> str:
        name = self.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
        return f"{name}/{self.path}@{self.commit[:10]}"


def read_extended(extends: Node, environ: Mapping[str, str], read: Callable[[str], bytes | None]) -> tuple[bytes, str]:
    """The bytes of the file that `extends` names, and what messages call it.

    `read` reads a file of this repository. Raises ConfigError: not pinned to a commit, no such file; CredentialsError;
    ServiceError: the other repository cannot be reached.
    """
    value = extends.value
    if not isinstance(value, str):
        raise ConfigError(f"{extends.mark}: extends: expected a text", advice=_FORMS)
    pinned = _pinned(value, environ)
    if pinned is not None:
        return _cached(pinned, extends, environ), pinned.label
    if ":" in value or "@" in value:
        raise ConfigError(
            f"{extends.mark}: extends: {quoted(value)} is not pinned to a full commit id (40 hexadecimal digits)",
            advice=f"A branch or tag could be moved to say something else. {_FORMS}",
        )
    data = read(value)
    if data is None:
        raise ConfigError(
            f"{extends.mark}: extends: there is no file {quoted(value)} in this repository", advice=_FORMS
        )
    return data, value


def cache_root(environ: Mapping[str, str]) -> Path:
    """The folder for everything that may be deleted."""
    if environ.get("CI_MEDIAGEN_CACHE"):
        return Path(environ["CI_MEDIAGEN_CACHE"])
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]) / "ci-mediagen"
    return Path(environ.get("HOME") or Path.home()) / ".cache" / "ci-mediagen"


def _pinned(value: str, environ: Mapping[str, str]) -> Pinned | None:
    found = _GITHUB.fullmatch(value)
    if found:
        server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
        if not re.fullmatch(r"https://[^\s@/]+", server):
            raise ConfigError(f"GITHUB_SERVER_URL is no https address: {quoted(server)}")
        url = f"{server}/{found['owner']}/{found['repository']}.git"
        return Pinned(url, _inside(found["path"]), found["commit"], authorised=True)
    found = _GIT.fullmatch(value)
    return Pinned(found["url"], _inside(found["path"]), found["commit"]) if found else None


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or ":" in path:
        raise ConfigError(f"extends: {quoted(path)} is no path inside a repository")
    return "/".join(parts)


def _cached(pinned: Pinned, extends: Node, environ: Mapping[str, str]) -> bytes:
    """The file, fetched once: a commit never changes."""
    name = hashlib.sha256(f"{pinned.url}\n{pinned.commit}\n{pinned.path}".encode()).hexdigest()
    folder = cache_root(environ) / "config" / "v1"
    file = folder / f"{name}.yml"
    with contextlib.suppress(OSError):
        return file.read_bytes()
    data = _fetched(pinned, extends, environ)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as temporary:
            temporary.write(data)
        Path(temporary.name).replace(file)
    return data


def _fetched(pinned: Pinned, extends: Node, environ: Mapping[str, str]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="ci-mediagen-extends-") as folder:
        _git(folder, environ, "init", "--quiet", "--bare")
        fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", pinned.url, pinned.commit)
        answer = _git(folder, _with_token(pinned, environ), *fetch, timeout=FETCH_TIMEOUT)
        if answer.returncode != 0:
            raise _fetch_error(pinned, extends, answer.stderr.decode(errors="replace"))
        address = f"{pinned.commit}:{pinned.path}"
        size = _git(folder, environ, "cat-file", "-s", address)
        kind = _git(folder, environ, "cat-file", "-t", address)
        if size.returncode != 0 or kind.stdout.strip() != b"blob":
            raise ConfigError(
                f"{extends.mark}: extends: commit {pinned.commit[:10]} of {pinned.url} has no file {quoted(pinned.path)}"
            )
        if int(size.stdout) > MAX_BYTES:
            raise ConfigError(f"{extends.mark}: extends: {pinned.label} is larger than {MAX_BYTES:,} bytes")
        return _git(folder, environ, "cat-file", "blob", address).stdout


def _with_token(pinned: Pinned, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with the token as git configuration: on a command line everyone could read it."""
    token = environ.get("GITHUB_TOKEN")
    if not (pinned.authorised and token):
        return environ
    credentials = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    server = "/".join(pinned.url.split("/")[:3])
    return {
        **environ,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {credentials}",
    }


def _fetch_error(pinned: Pinned, extends: Node, said: str) -> Exception:
    words = said.casefold()
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no reason given")[:300]
    what = f"{extends.mark}: extends: {pinned.url} could not be read: {last}"
    if any(word in words for word in _REFUSED):
        return CredentialsError(what, advice="Give a GITHUB_TOKEN that may read that repository, or make it public.")
    if any(word in words for word in _UNREACHABLE):
        return ServiceError(what, advice="Run again when it can be reached.")
    return ConfigError(what, advice="Check the address and that the commit exists there.")


def _git(
    folder: str, environ: Mapping[str, str], *arguments: str, timeout: float = GIT_TIMEOUT
) -> subprocess.CompletedProcess[bytes]:
    hidden = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"}
    clean = {name: value for name, value in environ.items() if name not in hidden}
    try:
        return subprocess.run(
            ["git", "-C", folder, *arguments],
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            env={"PATH": os.defpath, **clean, "GIT_TERMINAL_PROMPT": "0"},
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceError(f"git did not answer within {timeout:g} s", advice="Run again.") from error
    except OSError as error:
        raise ConfigError(f"git cannot be started: {error.strerror}", advice="Install git.") from error
