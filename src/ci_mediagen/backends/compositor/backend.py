"""The compositor: cards, promos and camera moves on any CPU, without weights. See `interface` for what a backend owes.

Importing this imports nothing heavy: planning asks `resolve`, a worker calls `make`.
"""

from __future__ import annotations

import errno
import functools
import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from ci_mediagen.backends.compositor.fonts import built_in, digest
from ci_mediagen.backends.interface import Estimate, Made, Unsupported
from ci_mediagen.errors import NothingMadeError, UnavailableError
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.media import Role
from ci_mediagen.model.task import Task

VERSION = "1"
"""Of what is drawn: raised when the same task would give other pixels, so that no artifact of an older one is reused."""

WORKER_MEMORY_BYTES = 4 << 30
"""Address space: a 3840x2160 promo over a picture of 100 megapixels, the most that is read, takes 2.7 GiB of it."""
WORKER_IMPORTS = ("av", "cv2", "jinja2", "numpy", "PIL.Image", "pytakumi", "ci_mediagen.backends.compositor.promo")

TASKS = ("card", "promo", "image-to-video")

SMALLEST_SIDE = 160
LARGEST_SIDE = 4096
MAX_SCENES = 24
MAX_SECONDS = 120.0
MAX_FPS = 60

_RENDERER = "pytakumi"
_LIBRARIES = {
    "renderer": _RENDERER,
    "encoder": "av",
    "opencv": "opencv-python-headless",
    "numpy": "numpy",
    "pillow": "pillow",
}
"""Recipe entry -> distribution: what decides pixels or bytes."""

_CARD_SECONDS = 0.6
_MEGAPIXELS_PER_SECOND = 45.0
"""Of a clip, drawn and encoded on two cores."""


class CompositorBackend:
    name = "compositor"

    def resolve(self, task: Task) -> Task | Unsupported:
        reason = _refusal(task)
        return Unsupported(reason) if reason else replace(task, model=None, recipe=_recipe())

    def estimate(self, task: Task) -> Estimate:
        if task.task == "card":
            return Estimate(_CARD_SECONDS)
        parameters = task.parameters
        megapixels = parameters["width"] * parameters["height"] / 1e6
        return Estimate(round(1 + _seconds(task) * parameters["fps"] * megapixels / _MEGAPIXELS_PER_SECOND, 1))

    def make(
        self,
        task: Task,
        inputs: Mapping[str, Path],
        folder: Path,
        progress: Callable[[float, str], None],
        deadline: float,
        cancel: Callable[[], bool],
    ) -> Made:
        reason = _refusal(task)
        if reason:
            raise NothingMadeError(f"the compositor cannot make {task.id}: {reason}")
        from ci_mediagen.backends.compositor.card import make_card
        from ci_mediagen.backends.compositor.film import Watch
        from ci_mediagen.backends.compositor.image_to_video import make_clip
        from ci_mediagen.backends.compositor.kit import make_kit
        from ci_mediagen.backends.compositor.promo import make_promo
        from ci_mediagen.media.probe import media_file

        watch = Watch(progress, deadline, cancel)
        watch.tell(0.0, "reading what is drawn")
        paths: tuple[Path, ...]
        notes: tuple[str, ...] = ()
        with _library_errors():
            kit = make_kit(task, inputs)
            if task.task == "card":
                card, notes = make_card(kit, folder)
                paths = (card,)
            elif task.task == "promo":
                paths, notes = make_promo(kit, folder, watch)
            else:
                paths = make_clip(kit, folder, watch)
            roles: tuple[Role, ...] = ("main", "poster", "preview")
            files = tuple(media_file(path, role, task.alt) for path, role in zip(paths, roles, strict=False))
        return Made(files=files, versions=tuple(_versions().items()), notes=notes)

    def check(self) -> Sequence[Finding]:
        return (_check_libraries(), _check_fonts())


@contextmanager
def _library_errors() -> Iterator[None]:
    """What OpenCV, FFmpeg and the file system say, as one of ours."""
    import av.error
    import cv2

    try:
        yield
    except MemoryError as error:
        raise _out_of_memory() from error
    except cv2.error as error:
        if error.code == cv2.Error.STS_NO_MEM:
            raise _out_of_memory() from error
        raise NothingMadeError(f"OpenCV refused: {error.err}") from error
    except (av.error.FFmpegError, OSError) as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UnavailableError(
                "the disk is full", advice="Free some space, or set CI_MEDIAGEN_CACHE to a folder on a larger disk."
            ) from error
        raise NothingMadeError(f"a file could not be read or written: {error.strerror or error}") from error


def _out_of_memory() -> UnavailableError:
    return UnavailableError(
        "the worker ran out of the memory that it may use", advice="Use smaller pictures, or a smaller size."
    )


def _refusal(task: Task) -> str:
    """Why this backend cannot make the task; "" where it can."""
    if task.task not in TASKS:
        return f"it draws, and does not make {task.task} (it makes {', '.join(TASKS)})"
    parameters = task.parameters
    width, height = parameters.get("width", 0), parameters.get("height", 0)
    if not _whole(width, SMALLEST_SIDE, LARGEST_SIDE) or not _whole(height, SMALLEST_SIDE, LARGEST_SIDE):
        return f"a size of {width}x{height} pixels (each {SMALLEST_SIDE} to {LARGEST_SIDE})"
    names = {item.name for item in task.inputs}
    if task.task == "card":
        return _missing_layout(parameters.get("layout"), names)
    if width % 2 or height % 2:
        return f"a size of {width}x{height} pixels (clips have even ones)"
    if not _whole(parameters.get("fps"), 1, MAX_FPS):
        return f"{parameters.get('fps')} frames a second (1 to {MAX_FPS})"
    if task.task == "promo":
        reason = _bad_scenes(parameters.get("scenes"), names)
        if reason:
            return reason
    elif "image" not in names:
        return "there is no picture to move over (`image`)"
    if not 0 < _seconds(task) <= MAX_SECONDS:
        return f"a length of {_seconds(task):g} s (at most {MAX_SECONDS:g} s)"
    return ""


def _bad_scenes(scenes: Any, names: set[str]) -> str:
    if not scenes:
        return "it has no scenes left to show"
    if len(scenes) > MAX_SCENES:
        return f"{len(scenes)} scenes (at most {MAX_SCENES})"
    for number, scene in enumerate(scenes, 1):
        layout, media = scene.get("layout"), scene.get("media")
        if not layout and not media:
            return f"scene {number} has neither layout nor media"
        if layout and _missing_layout(layout, names):
            return f"scene {number}: {_missing_layout(layout, names)}"
        if media and media not in names:
            return f"scene {number} shows {media!r}, which is not among the task's inputs"
        if not scene.get("seconds", 0) > 0:
            return f"scene {number} takes no time"
    return ""


def _missing_layout(layout: Any, names: set[str]) -> str:
    return "" if f"layout:{layout}" in names else f"its layout {layout!r} is not among the task's inputs"


def _whole(value: Any, smallest: int, largest: int) -> bool:
    return isinstance(value, int) and smallest <= value <= largest


def _seconds(task: Task) -> float:
    if task.task == "promo":
        return float(sum(scene["seconds"] for scene in task.parameters["scenes"]))
    return float(task.parameters.get("seconds") or 0)


@functools.cache
def _recipe() -> Mapping[str, str]:
    return {"compositor": VERSION, **_versions(), "fonts": digest(built_in())}


@functools.cache
def _versions() -> Mapping[str, str]:
    return {name: _version(distribution) for name, distribution in _LIBRARIES.items()}


def _version(distribution: str) -> str:
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        return f"{distribution} (unknown)"


def _check_libraries() -> Finding:
    missing = [
        module for module in ("pytakumi", "av", "cv2", "numpy", "PIL") if importlib.util.find_spec(module) is None
    ]
    if missing:
        return Finding(
            "compositor", "problem", f"not installed: {', '.join(missing)}", fix="Install ci-mediagen again with pip."
        )
    return Finding("compositor", "ok", ", ".join(_versions().values()))


def _check_fonts() -> Finding:
    try:
        fonts = built_in()
        broken = [font.path.name for font in fonts if not font.path.is_file()]
    except FileNotFoundError as error:
        broken = [str(error)]
    if broken:
        return Finding("fonts", "problem", f"missing: {', '.join(broken)}", fix="Install ci-mediagen again with pip.")
    return Finding("fonts", "ok", f"{len(fonts)} font files come with the package; none of the system's is used")
