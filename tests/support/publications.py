"""Publications for the tests of publishers and announcers: real files, a change that says everything there is to say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ci_mediagen.model.change import Change, Commit, CommitRange, Person, PullRequest, Release
from ci_mediagen.model.media import MediaFile, Role
from ci_mediagen.model.publication import Publication, PublishedFile
from ci_mediagen.model.task import ModelRef, Task, TaskName

CHANGE = Change(
    kind="release",
    sha="4f1c2b7d9e0a3c5d7f9b1a2c3d4e5f60718293a4",
    range=CommitRange("1" * 40, "4f1c2b7d9e0a3c5d7f9b1a2c3d4e5f60718293a4", "previous-tag"),
    complete=True,
    incomplete_reason="",
    headline="Dark mode everywhere, and search three times as fast",
    type="feat",
    scope="ui",
    breaking=False,
    security=False,
    commits=tuple(Commit(sha=f"{number:040x}", subject=f"feat: part {number}") for number in range(1, 13)),
    highlights=(),
    files=(),
    authors=(Person("Ada Lovelace", "ada"), Person("李小龙", "lee"), Person("Grace Hopper", "grace")),
    pull_request=PullRequest(412, "feat(ui): dark mode everywhere", url="https://forge.example/acme/aurora/pull/412"),
    release=Release("v2.4.0", "2.4.0", url="https://forge.example/acme/aurora/releases/v2.4.0"),
    branch="main",
    repository="acme/aurora",
    url="https://forge.example/acme/aurora/commit/4f1c2b7d9e0a",
    private=False,
)


def task(id: str, kind: TaskName = "card", **fields: Any) -> Task:
    made: dict[str, Any] = {
        "prompt": None,
        "backend": "compositor",
        "seed": 1840592211,
        "key": hashlib.sha256(id.encode()).hexdigest(),
        "alt": f"Promo picture of {id}",
        "parameters": {"brand": {"project": "Aurora Studio", "accent": "#7c5cff"}},
    }
    return Task(id=id, task=kind, **(made | fields))


def published(
    path: Path,
    of: Task,
    media_type: str,
    *,
    role: Role = "main",
    size: tuple[int, int] | None = None,
    seconds: float | None = None,
    reused: bool = False,
    name: str | None = None,
) -> PublishedFile:
    """A file that lies at `path`."""
    content = path.read_bytes()
    media = MediaFile(
        role=role,
        name=path.name,
        media_type=media_type,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        width=size[0] if size else None,
        height=size[1] if size else None,
        seconds=seconds,
        fps=30.0 if seconds else None,
        alt=of.alt if role == "main" else "",
    )
    return PublishedFile(of, media, path, path.name if name is None else name, reused)


def small_publication(folder: Path, *, names: Sequence[str] = ("card.png", "promo.mp4"), **change: Any) -> Publication:
    """Files of a few bytes: for where they go, not for what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, name in enumerate(names):
        path = folder / f"stored-{number}"
        path.write_bytes(f"the bytes of {name!a}".encode())
        path.chmod(0o444)
        media_type = "video/mp4" if name.endswith(".mp4") else "image/png"
        files.append(published(path, task(f"shot-{number}"), media_type, size=(1200, 630), name=name))
    return publication(files, **change)


def publication(files: Sequence[PublishedFile], *, project: str = "Aurora Studio", **change: Any) -> Publication:
    return Publication(
        project=project,
        change=replace(CHANGE, **change),
        template="release",
        reason="matches release v2.4.0 (priority 80)",
        files=tuple(files),
    )


def full_publication(folder: Path, **change: Any) -> Publication:
    """Pictures and a clip as a release has them, at full size."""
    folder.mkdir(parents=True, exist_ok=True)
    clip = task(
        "promo",
        "promo",
        alt="A six second clip: the title, a slow push into the dashboard in dark mode, and the three changes.",
    )
    card = task("card-og", shape="og", alt="Dark mode everywhere, Aurora Studio 2.4.0")
    square = task("card-square", shape="square", alt="Dark mode everywhere, square")
    story = task("card-story", shape="story", alt="Dark mode everywhere, upright")
    hero = task(
        "hero",
        "text-to-image",
        prompt="Dark mode everywhere, a quiet studio at night, soft violet light on a desk, wide shot, 35 mm",
        negative_prompt="text, watermark",
        backend="diffusers",
        model=ModelRef("Qwen/Qwen-Image", "39e1979e"),
        alt="A studio at night in violet light",
    )
    draw_mp4(folder / "promo.mp4", 1920, 1080, seconds=2)
    draw_png(folder / "promo-poster.png", 1920, 1080, "Dark mode everywhere")
    draw_png(folder / "card.png", 1200, 630, "Dark mode everywhere")
    draw_png(folder / "card-square.png", 1080, 1080, "Dark mode")
    draw_png(folder / "card-story.png", 1080, 1920, "Dark mode")
    draw_png(folder / "hero.png", 1328, 800, "")
    files = [
        published(folder / "card.png", card, "image/png", size=(1200, 630), reused=True),
        published(folder / "card-square.png", square, "image/png", size=(1080, 1080)),
        published(folder / "card-story.png", story, "image/png", size=(1080, 1920)),
        published(folder / "promo.mp4", clip, "video/mp4", size=(1920, 1080), seconds=2.0),
        published(folder / "promo-poster.png", clip, "image/png", role="poster", size=(1920, 1080)),
        published(folder / "hero.png", hero, "image/png", size=(1328, 800)),
    ]
    return publication(files, **change)


def draw_png(path: Path, width: int, height: int, words: str) -> None:
    from PIL import Image, ImageDraw, ImageFont

    gradient = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge(
        "RGB", [gradient.point(lambda v, low=low, high=high: low + v * (high - low) // 255) for low, high in _SHADES]
    )
    draw = ImageDraw.Draw(picture)
    unit = min(width, height) // 12
    draw.rounded_rectangle((unit, unit, width - unit, height - unit), unit // 2, outline=(255, 255, 255), width=3)
    draw.text((2 * unit, height // 2 - unit), words, fill="white", font=ImageFont.load_default(unit))
    picture.save(path)


def draw_mp4(path: Path, width: int, height: int, *, seconds: int, fps: int = 30) -> None:
    """H.264, yuv420p, moving, the index in front."""
    import av
    import numpy as np

    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "30"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.thread_count = 1
        row = np.linspace(20, 200, width, dtype=np.uint8)
        for number in range(seconds * fps):
            pixels = np.zeros((height, width, 3), dtype=np.uint8)
            pixels[..., 2] = np.roll(row, number * 8)
            pixels[..., 0] = 60
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)


_SHADES = ((36, 110), (22, 76), (78, 240))
