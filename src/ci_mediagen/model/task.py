"""A shot filled in, and the key over all that decides its result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ci_mediagen.model.codec import canonical, encode
from ci_mediagen.model.media import Role

TaskName = Literal[
    "card", "promo",
    "text-to-image", "image-to-image", "inpaint", "outpaint", "image-edit",
    "image-to-video", "text-to-video", "upscale", "grade", "interpolate", "text-generation",
]  # fmt: skip

KEY_VERSION = 1
"""Raised when the meaning of a key changes: no artifact made under an older meaning is then reused."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file that a task reads: a file of the repository or the package, or another task's artifact."""

    name: str
    """What the task calls it: `image`, `mask`, `logo`, `layout:card.html`, `scene-1`."""
    sha256: str | None = None
    """Of the file's bytes; None where another task makes it."""
    path: str | None = None
    """Where it was found: relative to the repository with `/`, or `package:` and a path inside the installed package.
    Not part of the key."""
    task: str | None = None
    """Id of the task that makes it."""
    role: Role = "main"
    """Which file of that task's artifact."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    id: str
    revision: str | None = None
    """Hub commit, or the content hash of a folder."""


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that decides the result is decided here."""

    id: str
    """Unique in its plan: the shot's id, and its shape where it has several (`card-square`)."""
    task: TaskName
    backend: str
    prompt: str | None = None
    negative_prompt: str | None = None
    inputs: tuple[Input, ...] = ()
    seed: int | None = None
    model: ModelRef | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON values that reach the pixels: width, height, fps, scenes, texts, colours."""
    recipe: Mapping[str, str] = field(default_factory=dict)
    """What the backend says decides its pixels: its own version, the renderer's, the encoder's, its fonts' digest."""
    alt: str = ""
    """Alt text of the main file. Not part of the key."""
    shot: str = ""
    """Id of the shot it came from. Not part of the key."""
    shape: str | None = None
    """Name of its shape: `og`, `wide`, `square`, `story`. Not part of the key: width and height are."""
    fallback: str | None = None
    """Id of the task to make instead if this one fails. Not part of the key: a fallback is another task."""
    only_as_fallback: bool = False
    """Made only when the task that names it as fallback has failed."""
    key: str = ""
    """Empty until `with_key`."""

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Ids of the tasks whose artifacts this one reads."""
        return tuple(dict.fromkeys(item.task for item in self.inputs if item.task is not None))


def with_key(task: Task, keys: Mapping[str, str]) -> Task:
    """The task with its seed derived where none was given, and its key.

    `keys` holds the key of each task in `depends_on`, by id. Raises KeyError where one is missing.
    """
    seed = task.seed
    if seed is None:
        seed = int(_digest(task, None, keys)[:8], 16) & 0x7FFFFFFF
    return replace(task, seed=seed, key=_digest(task, seed, keys))


def _digest(task: Task, seed: int | None, keys: Mapping[str, str]) -> str:
    decided = {
        "key_version": KEY_VERSION,
        "task": task.task,
        "backend": task.backend,
        "prompt": task.prompt,
        "negative_prompt": task.negative_prompt,
        "inputs": [
            {"name": item.name, "sha256": item.sha256}
            if item.task is None
            else {"name": item.name, "key": keys[item.task], "role": item.role}
            for item in sorted(task.inputs, key=lambda item: item.name)
        ],
        "seed": seed,
        "model": encode(task.model),
        "parameters": task.parameters,
        "recipe": task.recipe,
    }
    return hashlib.sha256(canonical(decided)).hexdigest()
