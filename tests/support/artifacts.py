"""Tiny artifacts for tests of stores."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ci_mediagen.model.media import Artifact, MediaFile


def key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def artifact(folder: Path, text: str, data: bytes | None = None) -> Artifact:
    """Writes `out.txt` and `poster.txt` into `folder`, which may be new; the artifact's key is that of `text`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for role, name in (("main", "out.txt"), ("poster", "poster.txt")):
        content = f"{name} of {text}".encode() if data is None else data
        (folder / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        files.append(MediaFile(role, name, "text/plain", digest, len(content), alt="Ünïcode ✨"))  # type: ignore[arg-type]
    return Artifact(key(text), tuple(files), 1.5, versions=(("maker", "1"),), notes=("clamped",))
