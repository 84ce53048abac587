"""No CI system at all: a person typed the command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ci_mediagen.events.interface import Trigger


class Plain:
    name = "git"

    def detect(self, environ: Mapping[str, str]) -> bool:
        return True

    def read(self, environ: Mapping[str, str], payload: Path | None, event_name: str | None) -> Trigger:
        return Trigger(event="git", kind="manual", by_hand=True)
