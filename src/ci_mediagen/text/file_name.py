"""Text into one file name that every file system takes."""

from __future__ import annotations

import re
import unicodedata

from ci_mediagen.text.clean import one_line
from ci_mediagen.text.cut import clusters

MAX_BYTES = 150
"""Of UTF-8. File systems allow 255; the rest is room for what is put before or after the name."""

_SEPARATING = re.compile(r'[<>:"/\\|?*%\s]+')
_NO_LETTER = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_DOS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)
_EXTENSION = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,8}$")


def safe_file_name(text: str, *, fallback: str = "file") -> str:
    """A name for a file inside a folder: never empty, hidden, a path, an option (`-rf`), or a device of Windows.

    Letters of all scripts and emoji stay (NFC); separators, white space and what some file system forbids become `-`;
    control and direction characters go. At most MAX_BYTES, cut between whole characters, the extension kept. Two texts may
    give one name: whoever needs unique names must look.
    """
    text = unicodedata.normalize("NFC", one_line(text).replace("\ufffd", ""))
    text = _SEPARATING.sub("-", text)
    text = "".join(one for one in text if unicodedata.category(one) not in _NO_LETTER or one in _JOINERS)
    text = text.lstrip(".-~" + _JOINERS).rstrip(".-")
    found = _EXTENSION.search(text)
    extension = found[0] if found else ""
    stem = _cut(text.removesuffix(extension), MAX_BYTES - len(extension) - 1).rstrip(".-") or fallback
    if stem.partition(".")[0].casefold() in _DOS_DEVICES:
        stem = f"_{stem}"
    return stem + extension


def is_safe_file_name(text: str) -> bool:
    """Whether the text is such a name as it is."""
    return safe_file_name(text) == text


def _cut(text: str, max_bytes: int) -> str:
    if len(text.encode()) <= max_bytes:
        return text
    kept: list[str] = []
    for cluster in clusters(text):
        max_bytes -= len(cluster.encode())
        if max_bytes < 0:
            break
        kept.append(cluster)
    return "".join(kept)
