"""What `doctor` found: each seam's `check` answers with these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    """What was looked at: `git`, `encoder`, `slack`."""
    status: Literal["ok", "warning", "problem", "absent"]
    """absent: not configured or not there, and not needed."""
    detail: str
    fix: str = ""
    """What to do, where something is to be done."""
