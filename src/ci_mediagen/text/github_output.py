"""GITHUB_OUTPUT, GITHUB_ENV, GITHUB_STATE: values between marks that no text can forge."""

from __future__ import annotations

import re
import secrets

from ci_mediagen.text.clean import clean

MAX_VALUE = 512 * 1024
"""Characters of one value; GitHub allows 1 MB for all outputs of a job."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def entry(name: str, value: str) -> str:
    """The lines that set one output. The value may hold anything: the delimiter is random for each entry.

    Controls and hidden characters of the value are left out; line breaks stay. Raises ValueError for a name that GitHub refuses.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"not the name of an output: {name!r}")
    text = clean(value, newlines=True)[:MAX_VALUE]
    delimiter = f"ghadelimiter_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{text}\n{delimiter}\n"
