"""The GitHub payloads under tests/events/payloads, as they are or changed here and there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parents[1] / "events" / "payloads"


def payload(name: str) -> dict[str, Any]:
    """A fresh copy, to be changed at will."""
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def payload_file(folder: Path, name: str, **changes: Any) -> Path:
    """The payload written to `folder`; `pull_request__title="x"` sets `pull_request.title`."""
    data = payload(name)
    for way, value in changes.items():
        *parents, last = way.split("__")
        place = data
        for parent in parents:
            place = place[parent]
        place[last] = value
    path = folder / f"{name}.json"
    path.write_text(json.dumps(data))
    return path
