"""A real repository with real pictures, and the change that is told of."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.model.change import Change, ChangedFile, CommitRange


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """An empty git repository called `aurora-studio`."""
    folder = tmp_path / "aurora-studio"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@pytest.fixture
def picture(repo: Path) -> Callable[..., Path]:
    """Writes a picture into the repository and has git track it. Two of one size and colour are the same bytes."""
    from PIL import Image

    def write(
        path: str,
        size: tuple[int, int] = (1280, 720),
        colour: Any = (40, 90, 160),
        mode: str = "RGB",
        track: bool = True,
        **options: Any,
    ) -> Path:
        target = repo / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, colour).save(target, **options)
        if track:
            add(repo, path)
        return target

    return write


def add(repo: Path, *paths: str) -> None:
    subprocess.run(["git", "-C", repo, "add", "-f", "--", *paths], check=True)


@pytest.fixture
def track(repo: Path) -> Callable[..., None]:
    return lambda *paths: add(repo, *paths)


@pytest.fixture
def change() -> Callable[..., Change]:
    """A merged change; `added` and `modified` name its files."""

    def build(added: tuple[str, ...] = (), modified: tuple[str, ...] = (), **fields: Any) -> Change:
        files = (
            *(ChangedFile(path, "added") for path in added),
            *(ChangedFile(path, "modified") for path in modified),
            *fields.pop("files", ()),
        )
        values: dict[str, Any] = {
            "kind": "merge",
            "sha": "a" * 40,
            "range": CommitRange("b" * 40, "a" * 40, "merge-base"),
            "complete": True,
            "incomplete_reason": "",
            "headline": "Something new",
            "type": "feat",
            "scope": None,
            "breaking": False,
            "security": False,
            "commits": (),
            "highlights": (),
            "files": files,
            "authors": (),
        }
        return Change(**{**values, **fields})

    return build
