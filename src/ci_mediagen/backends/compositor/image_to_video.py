"""The task `image-to-video` without a model: a camera move over a picture."""

from __future__ import annotations

from pathlib import Path

from ci_mediagen.backends.compositor.film import PREVIEW_FPS, Watch, shoot
from ci_mediagen.backends.compositor.footage import load_footage
from ci_mediagen.backends.compositor.kit import Kit
from ci_mediagen.backends.compositor.planes import Planes

CLIP, POSTER, PREVIEW = "clip.mp4", "clip-poster.jpg", "clip-preview.gif"
IMAGE = "image"


def make_clip(kit: Kit, folder: Path, watch: Watch) -> tuple[Path, Path, Path]:
    """Writes clip, poster and preview; gives their paths. Raises AssetError, LimitError, UnavailableError."""
    parameters = kit.parameters
    size = (kit.size.width, kit.size.height)
    fps, seconds = int(parameters["fps"]), float(parameters["seconds"])
    watch.tell(0.0, "reading the picture")
    footage = load_footage(kit.inputs[IMAGE], kit.name_of(IMAGE), parameters.get("camera") or "push-in", size)
    total = max(1, round(seconds * fps))

    def paint(number: int, out: Planes) -> None:
        footage.at(number / max(1, total - 1), out)

    paths = (folder / CLIP, folder / POSTER, folder / PREVIEW)
    preview = tuple(
        min(total - 1, round(step * fps / PREVIEW_FPS))
        for step in range(max(1, round(min(seconds, 6.0) * PREVIEW_FPS)))
    )
    shoot(paths, paint, size, fps, total, watch, poster=total // 2, preview=preview)
    return paths
