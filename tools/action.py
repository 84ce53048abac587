"""What the action does on a runner: installs ci-mediagen into an environment of its own, then becomes `ci-mediagen run`.

Standard library only. Inputs arrive as MEDIAGEN_INPUT_* variables, never as text inside a script, and leave as separate
arguments of a program that is started without a shell. The job's PATH, PYTHON* and pip options do not reach the tool, and
it changes none of them.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
"""The action's own checkout."""

PREFIX = "MEDIAGEN_INPUT_"
OPTIONS = ("config", "template", "significance", "range", "since", "package", "output", "on-failure")
"""Inputs that are an option of `ci-mediagen run` of the same name."""
CHANNEL, PUBLISH = "CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL", "CI_MEDIAGEN_PUBLISH"
"""Configuration keys that the inputs slack-channel and s3-bucket set."""

PIP_VARIABLES = frozenset(
    {
        "PIP_CACHE_DIR",
        "PIP_CERT",
        "PIP_CLIENT_CERT",
        "PIP_CONFIG_FILE",
        "PIP_DEFAULT_TIMEOUT",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_INDEX_URL",
        "PIP_KEYRING_PROVIDER",
        "PIP_NO_CACHE_DIR",
        "PIP_NO_INDEX",
        "PIP_PROXY",
        "PIP_RETRIES",
        "PIP_TIMEOUT",
        "PIP_TRUSTED_HOST",
    }
)
"""Where packages come from is the runner's to say. How and where to they are installed is ours: PIP_TARGET, PIP_USER,
PIP_REQUIRE_VIRTUALENV, PIP_CONSTRAINT and the like would break the environment."""

INSTALL_SECONDS = 600
LOCK_SECONDS = 900
"""How long another job on this machine may take to make the same environment."""
KEEP_SECONDS = 14 * 24 * 3600
"""Environments of other versions that nobody used for so long are removed."""

USAGE, AGAIN = 2, 75


class InputError(Exception):
    """An input of the action has a wrong value."""


class InstallError(Exception):
    """The environment could not be made."""


def main() -> NoReturn:
    try:
        arguments = arguments_from(os.environ)
    except InputError as error:
        print(f"::error title=ci-mediagen::{data(str(error))}", flush=True)
        sys.exit(USAGE)
    try:
        program = installed()
    except (InstallError, OSError) as error:
        give_up(str(error), os.environ)
    environment = environment_from(os.environ)
    os.execve(program, ["ci-mediagen", "run", *arguments], environment)


def value(name: str, environ: Mapping[str, str]) -> str:
    return environ.get(PREFIX + name.upper().replace("-", "_"), "").strip()


def arguments_from(environ: Mapping[str, str]) -> list[str]:
    """The arguments of `ci-mediagen run`. `--option=value` is one argument, so that no value can pass for an option."""
    arguments = [f"--{name}={text}" for name in OPTIONS if (text := value(name, environ))]
    arguments += [f"--only={shot}" for shot in value("only", environ).replace(",", "\n").split()]
    strict = value("strict", environ).lower()
    if strict not in ("", "true", "false"):
        raise InputError(f"the input strict is true or false, and not {strict!r}")
    if strict:
        arguments.append("--strict" if strict == "true" else "--no-strict")
    return arguments


def environment_from(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of `ci-mediagen`: the job's, less what would change which code runs."""
    kept = {
        name: text
        for name, text in environ.items()
        if not name.startswith((PREFIX, "PYTHON", "PIP_")) and name != "VIRTUAL_ENV"
    }
    if channel := value("slack-channel", environ):
        kept[CHANNEL] = channel
    if bucket := value("s3-bucket", environ):
        kept[PUBLISH] = json.dumps([{"s3": bucket if "://" in bucket else f"s3://{bucket}"}])
    # A repository's own json.py or yaml.py must not be imported in place of the library's.
    return {**kept, "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


def installed() -> str:
    """The path of `ci-mediagen` in an environment made from exactly this checkout by exactly this Python.

    It is made once on a machine that keeps its tool cache, and then found in a moment. A shared lock on it is held until
    this process (and the program that it becomes) ends, so that no other job removes it meanwhile.
    """
    home = environments(os.environ)
    key = fingerprint()
    folder, done = home / key, home / f"{key}.complete"
    with locked(home / f"{key}.lock", exclusive=True, seconds=LOCK_SECONDS):
        if not done.exists():
            make(folder)
        done.touch()
    hold(home / f"{key}.lock")
    prune(home, key, time.time() - KEEP_SECONDS)
    return str(folder / "bin" / "ci-mediagen")


def environments(environ: Mapping[str, str]) -> Path:
    """Where environments live: the runner's tool cache if it can be written, else its temporary folder."""
    for parent in (environ.get("RUNNER_TOOL_CACHE"), environ.get("RUNNER_TEMP"), tempfile.gettempdir()):
        if not parent:
            continue
        folder = Path(parent).absolute() / "ci-mediagen"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise InstallError("neither RUNNER_TOOL_CACHE nor RUNNER_TEMP can be written")


def fingerprint() -> str:
    """Changes with the package's source, its pinned dependencies, the Python and the machine."""
    digest = hashlib.sha256()
    sources = (path for path in (ROOT / "src").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in [ROOT / "pyproject.toml", ROOT / "constraints.txt", *sorted(sources)]:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{content}\0".encode())
    digest.update(f"{os.path.realpath(sys.executable)}\0{sys.version}\0{platform.platform()}".encode())
    return digest.hexdigest()[:16]


def make(folder: Path) -> None:
    started = time.monotonic()
    print("::group::Install ci-mediagen", flush=True)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        make_venv = [sys.executable, "-I", str(ROOT / "tools" / "make_venv.py")]
        if foreign_pip():
            # Saves the seconds that it takes to install pip itself.
            run([*make_venv, "--without-pip", str(folder)])
            pip = [sys.executable, "-I", "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
        else:
            run([*make_venv, str(folder)])
            pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "install"]
        # Without --no-compile a third of the time goes into byte code of modules that are never imported.
        run([*pip, "--quiet", "--no-input", "--no-compile", "-c", str(ROOT / "constraints.txt"), str(ROOT)])
        print(f"Installed in {time.monotonic() - started:.1f} s", flush=True)
    finally:
        print("::endgroup::", flush=True)


def foreign_pip() -> bool:
    """Whether this Python has a pip that can install into another environment (`--python`, since 22.3)."""
    try:
        major, minor = importlib.metadata.version("pip").split(".")[:2]
        return (int(major), int(minor)) >= (22, 3)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False


def run(command: list[str]) -> None:
    environment = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("PYTHON", "PIP_")) or name in PIP_VARIABLES
    }
    environment |= {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise InstallError(f"installing took longer than {INSTALL_SECONDS} s") from error
    if done.returncode:
        raise InstallError("the Python environment could not be made; the lines above say why")


@contextmanager
def locked(path: Path, *, exclusive: bool, seconds: float) -> Iterator[int]:
    """Holds a lock on the file. Raises InstallError where another process keeps it for longer than `seconds`."""
    deadline = time.monotonic() + seconds
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        while True:
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise InstallError(
                        f"another job has been making {path.stem} for more than {seconds:.0f} s"
                    ) from None
                time.sleep(0.2)
        yield descriptor
    finally:
        os.close(descriptor)


def hold(path: Path) -> None:
    """Takes a shared lock and leaves it to the program that this process becomes."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.set_inheritable(descriptor, True)


def prune(home: Path, current: str, before: float) -> None:
    """Removes environments of other versions that were last used before then and that no running job holds."""
    for done in home.glob("*.complete"):
        key = done.stem
        try:
            if key == current or done.stat().st_mtime >= before:
                continue
            with locked(home / f"{key}.lock", exclusive=True, seconds=0):
                done.unlink()
                shutil.rmtree(home / key, ignore_errors=True)
        except (OSError, InstallError):
            continue


def give_up(reason: str, environ: MutableMapping[str, str]) -> NoReturn:
    """An environment that cannot be made is no reason to break a release: with `on-failure: warn` the step passes."""
    warn = value("on-failure", environ) != "fail"
    reason = f"ci-mediagen was not installed: {reason}"
    if outputs := environ.get("GITHUB_OUTPUT"):
        with Path(outputs).open("a", encoding="utf-8") as file:
            file.write(f"generated=false\nreason={' '.join(reason.split())}\n")
    print(f"::{'warning' if warn else 'error'} title=ci-mediagen::{data(reason)}", flush=True)
    sys.exit(0 if warn else AGAIN)


def data(text: str) -> str:
    """A workflow command's data in the runner's own escaping."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


if __name__ == "__main__":
    main()
