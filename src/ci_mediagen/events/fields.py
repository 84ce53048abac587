"""A payload read field by field: what is missing or of another type is named, with its place in the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from ci_mediagen.errors import EventError
from ci_mediagen.events import clean

PAYLOAD_LIMIT = 32 * 1024 * 1024
"""Bytes; GitHub sends at most 25 MB."""

_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a text",
    int: "a number",
    bool: "true or false",
    float: "a number",
    type(None): "null",
}


class Fields:
    """One JSON object, and the way to it."""

    def __init__(self, data: dict[str, Any], file: str, place: str = "") -> None:
        self._data, self._file, self._place = data, file, place

    @classmethod
    def read(cls, path: Path) -> Fields:
        """Raises EventError: cannot be read, is too large, is not JSON, or no JSON object."""
        try:
            with path.open("rb") as stream:
                raw = stream.read(PAYLOAD_LIMIT + 1)
        except OSError as error:
            raise EventError(
                f"{path}: the event cannot be read: {error.strerror or error}",
                advice="Give the payload's file with --event.",
            ) from error
        if len(raw) > PAYLOAD_LIMIT:
            raise EventError(f"{path}: larger than {PAYLOAD_LIMIT >> 20} MiB, so no event of GitHub")
        if not raw.strip():
            raise EventError(f"{path}: the event is empty", advice="Give the payload's file with --event.")
        try:
            data = json.loads(raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise EventError(f"{path}: not UTF-8 text at byte {error.start}, so no JSON") from error
        except json.JSONDecodeError as error:
            cut = error.pos >= len(error.doc.rstrip()) - 1 or error.msg.startswith("Unterminated string")
            why = (
                "it ends too early; was it cut off?"
                if cut
                else f"{error.msg} at line {error.lineno}, column {error.colno}"
            )
            raise EventError(
                f"{path}: not JSON: {why}", advice="--event wants the payload as GitHub wrote it."
            ) from error
        except (RecursionError, ValueError) as error:
            raise EventError(f"{path}: not JSON that can be read: {clean.line(str(error), 200)}") from error
        if not isinstance(data, dict):
            raise EventError(
                f"{path}: expected an object with the event, found {_NAMES.get(type(data), 'something else')}"
            )
        return cls(data, str(path))

    def has(self, name: str) -> bool:
        return self._data.get(name) is not None

    def names(self) -> Sequence[str]:
        return [clean.line(name, 40) for name in self._data]

    def object(self, name: str) -> Fields:
        return Fields(self._need(name, dict), self._file, self._where(name))

    def maybe_object(self, name: str) -> Fields:
        """The object, or an empty one."""
        value = self._maybe(name, dict)
        return Fields(value or {}, self._file, self._where(name))

    def objects(self, name: str) -> list[Fields]:
        values = self._maybe(name, list) or []
        return [
            Fields(value, self._file, f"{self._where(name)}[{i}]")
            for i, value in enumerate(values)
            if isinstance(value, dict)
        ]

    def text(self, name: str) -> str:
        """A text that must be there and show something."""
        text = clean.line(self._need(name, str))
        if not text:
            self.fail(f"{self._where(name)} is empty")
        return text

    def maybe_text(self, name: str) -> str:
        return clean.line(self._maybe(name, str) or "")

    def block(self, name: str) -> str:
        return clean.block(self._maybe(name, str) or "")

    def path(self, name: str) -> str:
        """A file's path, as it is written."""
        return clean.path(self._need(name, str))

    def number(self, name: str) -> int:
        value = self._need(name, int)
        if isinstance(value, bool) or not 0 <= value < 2**53:
            self.fail(f"{self._where(name)} is {value}, not a number of something")
        return int(value)

    def maybe_number(self, name: str) -> int | None:
        return self.number(name) if self.has(name) else None

    def flag(self, name: str) -> bool:
        return bool(self._maybe(name, bool))

    def fail(self, message: str, advice: str = "") -> NoReturn:
        raise EventError(f"{self._file}: {message}", advice=advice)

    def _where(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name

    def _maybe(self, name: str, kind: type) -> Any:
        return self._need(name, kind) if self.has(name) else None

    def _need(self, name: str, kind: type) -> Any:
        value = self._data.get(name)
        if value is None:
            self.fail(f"{self._where(name)} is missing")
        if not isinstance(value, kind):
            self.fail(
                f"{self._where(name)}: expected {_NAMES[kind]}, found {_NAMES.get(type(value), 'something else')}"
            )
        return value
