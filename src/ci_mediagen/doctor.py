"""Is everything here that a run needs? Each finding comes with what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci_mediagen.errors import MediagenError, worst
from ci_mediagen.model.finding import Finding

MIN_PYTHON = (3, 11)
MIN_GIT = (2, 30)
"""The first git that knows `rev-parse --end-of-options`."""

LOW_SPACE = 500_000_000
"""Bytes that a run may need for frames, media and the store."""
NO_SPACE = 50_000_000

PROGRAM_SECONDS = 10.0
"""Limit for a program that is asked for its version."""

VIDEO_ENCODER = "libx264"

LOCAL_PROBLEM = 2
REMOTE_PROBLEM = 7
"""Exit codes: something on this machine or in the configuration; a service that does not let us in."""

SUPPORTED = (("Linux", "x86_64"), ("Linux", "aarch64"))

Check = Callable[[], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that belong together."""

    name: str
    """What is looked at, for a check that fails itself: `slack`."""
    check: Check
    exit_code: int = LOCAL_PROBLEM
    """Of a problem that it finds."""


@dataclass(frozen=True, slots=True)
class Health:
    findings: tuple[Finding, ...]
    exit_code: int


def examine(groups: Sequence[Group]) -> Health:
    """Runs every check, whatever the others find."""
    findings: list[Finding] = []
    codes: list[int] = []
    for group in groups:
        found = list(_answers(group))
        findings += found
        codes += [group.exit_code for finding in found if finding.status == "problem"]
    return Health(tuple(findings), worst(codes))


def this_machine(repo: Path, written: Sequence[tuple[str, Path]]) -> tuple[Group, ...]:
    """The checks that need no configuration. `written` are the folders that a run writes: (`output`, path)."""
    folders = [Group(name, lambda name=name, path=path: folder(name, path)) for name, path in written]  # type: ignore[misc]
    return (
        Group("system", system),
        Group("python", python),
        Group("git", git),
        Group("repository", lambda: repository(repo)),
        *folders,
        Group("encoder", encoder),
        Group("gpu", gpu),
    )


def failed(name: str, error: MediagenError) -> Group:
    """What was met before there was anything to check."""

    def check() -> Sequence[Finding]:
        raise error

    return Group(name, check)


def system() -> Sequence[Finding]:
    kind, machine = platform.system(), platform.machine().lower().replace("amd64", "x86_64").replace("arm64", "aarch64")
    detail = f"{kind} {machine}, {os.cpu_count() or 1} CPUs"
    if (kind, machine) in SUPPORTED:
        return [Finding("system", "ok", detail)]
    if kind == "Windows":
        return [Finding("system", "problem", detail, "Windows is not supported: use Linux, or WSL 2.")]
    return [Finding("system", "warning", detail, "Linux on x86-64 or arm64 is what is tested; here it may work.")]


def python() -> Sequence[Finding]:
    detail = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info >= MIN_PYTHON:
        return [Finding("python", "ok", detail)]
    return [Finding("python", "problem", detail, f"Install Python {MIN_PYTHON[0]}.{MIN_PYTHON[1]} or later.")]


def git() -> Sequence[Finding]:
    said = _output("git", "--version")
    if said is None:
        return [Finding("git", "problem", "git cannot be run", "Install git, and put it on PATH.")]
    version = said.removeprefix("git version ").split(" ")[0]
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers and numbers < MIN_GIT:
        wanted = ".".join(map(str, MIN_GIT))
        return [Finding("git", "problem", f"{version} is too old", f"Install git {wanted} or later.")]
    return [Finding("git", "ok", version)]


def repository(path: Path) -> Sequence[Finding]:
    from ci_mediagen.events.repository import Repository

    repository = Repository(path, fetch=False)
    if repository.commit("HEAD") is None:
        return [Finding("repository", "problem", f"{path} has no commit yet", "Commit something.")]
    if repository.shallow:
        fix = "Check out the whole history (`fetch-depth: 0` in actions/checkout), or let ci-mediagen fetch it."
        return [Finding("repository", "warning", "a shallow clone: the range of a change may have to be guessed", fix)]
    return [Finding("repository", "ok", f"{path.resolve()}, with its whole history")]


def folder(name: str, path: Path) -> Sequence[Finding]:
    """Can it be written, and is there room? Leaves nothing behind, and makes no folder."""
    nearest = path.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        return [Finding(name, "problem", f"{nearest} is not a folder", f"Move it, or choose another place for {path}.")]
    try:
        with tempfile.TemporaryFile(dir=nearest) as file:
            file.write(b"\0" * 4096)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return [Finding(name, "problem", f"{nearest} cannot be written: {why}", _other_place(name, nearest))]
    free = shutil.disk_usage(nearest).free
    detail = f"{path}, {free / 1e9:.1f} GB free"
    if free < NO_SPACE:
        return [Finding(name, "problem", detail, f"Make room: a run may need {LOW_SPACE / 1e6:.0f} MB.")]
    if free < LOW_SPACE:
        return [Finding(name, "warning", detail, f"Make room: a run may need {LOW_SPACE / 1e6:.0f} MB.")]
    return [Finding(name, "ok", detail)]


def encoder() -> Sequence[Finding]:
    """Videos are H.264: is the encoder in the PyAV that is installed?"""
    fix = "Install PyAV from its own wheel: pip install --force-reinstall --only-binary av av"
    try:
        import av
        from av.codec import Codec
    except ImportError as error:
        return [Finding("encoder", "problem", f"PyAV cannot be loaded: {error}", fix)]
    try:
        codec = Codec(VIDEO_ENCODER, "w")
    except ValueError:  # an UnknownCodecError
        return [Finding("encoder", "problem", f"PyAV {av.__version__} has no {VIDEO_ENCODER}", fix)]
    return [Finding("encoder", "ok", f"{codec.name} in PyAV {av.__version__}")]


def gpu() -> Sequence[Finding]:
    """A GPU is not needed: everything but the models of `diffusers` runs without one."""
    said = _output("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")
    if said is None:
        return [Finding("gpu", "absent", "none found; cards and videos are made on the CPU")]
    cards = []
    for row in said.splitlines():
        name, memory, driver = ([part.strip() for part in row.split(",")] + ["", "", ""])[:3]
        size = f", {int(memory) / 1024:.0f} GiB" if memory.isdigit() else ""
        cards.append(f"{name}{size} (driver {driver})")
    return [Finding("gpu", "ok", "; ".join(cards))]


def _answers(group: Group) -> Iterator[Finding]:
    try:
        yield from group.check()
    except MediagenError as error:
        yield Finding(group.name, "problem", error.message, error.advice)
    except Exception as error:  # the other checks are still worth knowing
        what = f"the check itself failed: {type(error).__name__}: {error}"
        yield Finding(group.name, "problem", what, "This is a bug of ci-mediagen; please report it.")


def _output(*command: str) -> str | None:
    """What a program says on stdout; None where it is not there, fails, or does not answer."""
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=PROGRAM_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() or None


def _other_place(name: str, path: Path) -> str:
    setting = {"cache": "set CI_MEDIAGEN_CACHE", "output": "choose another with --output", "temporary": "set TMPDIR"}
    return f"Let this user write in {path}" + (f", or {setting[name]}." if name in setting else ".")
