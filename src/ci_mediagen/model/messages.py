"""What a run and its workers say to each other: one JSON object a line, each with `type` and `schema_version`.

The parent sends Make, Cancel, Stop; the worker Ready once, then for each Make any number of Progressed and one of Finished
or Refused. Media travel as files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ci_mediagen.model.codec import decode, encode
from ci_mediagen.model.media import MediaFile
from ci_mediagen.model.task import Task

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Make:
    """Make this task now. One at a time: the worker's answer comes before the next."""

    task: Task
    inputs: Mapping[str, str]
    """Absolute path of each of the task's inputs, by name."""
    folder: str
    """Absolute path of the empty folder to write in."""
    deadline_seconds: float
    """From now."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up what is being made, soon. It is still answered."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End, when what is being made is done."""


@dataclass(frozen=True, slots=True)
class Ready:
    backend: str
    version: str
    """Of ci-mediagen."""


@dataclass(frozen=True, slots=True)
class Progressed:
    fraction: float
    """0 to 1."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """As `backends.interface.Made`."""

    files: tuple[MediaFile, ...]
    versions: tuple[tuple[str, str], ...] = ()
    degrades: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    error: str
    """Name of the class in `errors`."""
    message: str
    advice: str = ""
    exit_code: int = 1
    retriable: bool = False
    """Trying the same again may end otherwise."""


Message = Make | Cancel | Stop | Ready | Progressed | Finished | Refused

_KINDS: Mapping[str, type[Message]] = {
    "make": Make,
    "cancel": Cancel,
    "stop": Stop,
    "ready": Ready,
    "progress": Progressed,
    "made": Finished,
    "failed": Refused,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_line(message: Message) -> bytes:
    document = {"schema_version": SCHEMA_VERSION, "type": _NAMES[type(message)], **encode(message)}
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def from_line(line: bytes) -> Message:
    """The inverse of `to_line`. Raises ValueError saying what does not fit: a worker may have been taken over."""
    try:
        document: Any = json.loads(line, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(document, dict):
        raise ValueError(f"expected an object, got {type(document).__name__}")
    version, name = document.pop("schema_version", None), document.pop("type", None)
    if version != SCHEMA_VERSION:
        raise ValueError(f"schema_version is {version!r}, expected {SCHEMA_VERSION}")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"no message has the type {name!r}")
    return decode(kind, document)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
