"""The task `promo`: scenes, one after another, into a clip with its poster and preview."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_mediagen.backends.compositor.composition import Composer, Composition, Picture, Scene
from ci_mediagen.backends.compositor.film import PREVIEW_FPS, Watch, shoot
from ci_mediagen.backends.compositor.footage import Footage, load_footage, media_size
from ci_mediagen.backends.compositor.kit import Kit
from ci_mediagen.backends.compositor.planes import Planes, empty
from ci_mediagen.backends.compositor.stage import LoadFootage, Stage
from ci_mediagen.backends.compositor.transitions import SECONDS, mix
from ci_mediagen.model.template import Camera, Transition

CLIP, POSTER, PREVIEW = "promo.mp4", "promo-poster.jpg", "promo-preview.gif"

PREVIEW_SECONDS = 6.0
_PREVIEW_LEAD = 0.3
"""Seconds into a scene at which the preview of it begins, where it does not show all of it."""
_PREVIEW_OPENING = 0.7
"""Of the first scene: some show a preview's first picture alone, and there its headline should stand."""
_LONGEST_SHARE = 0.4
"""Of a scene's length that a transition at one of its ends may take."""
_LEAD = 0.55
"""Of a transition after which the new scene's texts begin to move: they arrive as it ends."""
_SETTLED_AFTER = 0.25
"""Seconds after the last motion of a title, for a poster."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A scene in time: it is seen from its start, while it comes in, until the next one has come in."""

    number: int
    start: float
    seconds: float
    coming: float
    """Seconds that its transition takes."""
    leaving: float
    """Seconds that the next one's takes, after its own end."""
    transition: Transition
    given: Mapping[str, Any]


def make_promo(kit: Kit, folder: Path, watch: Watch) -> tuple[tuple[Path, Path, Path], tuple[str, ...]]:
    """Writes clip, poster and preview; gives their paths and notes. Raises AssetError, TemplateError, GateError,
    LimitError, UnavailableError."""
    fps = int(kit.parameters["fps"])
    parts = _timeline(kit.parameters["scenes"])
    watch.tell(0.0, "fitting texts")
    reel = _Reel(kit, parts, fps)
    total = max(1, round(sum(part.seconds for part in parts) * fps))
    paths = (folder / CLIP, folder / POSTER, folder / PREVIEW)
    shoot(
        paths,
        reel.paint,
        (kit.size.width, kit.size.height),
        fps,
        total,
        watch,
        poster=min(total - 1, round(reel.poster_at() * fps)),
        preview=tuple(_preview(parts, fps, total)),
    )
    return paths, reel.notes


class _Reel:
    """The frames of all scenes. Each is prepared when it is first seen, and dropped when it has left."""

    def __init__(self, kit: Kit, parts: tuple[_Part, ...], fps: int) -> None:
        self._kit, self._parts, self._fps = kit, parts, fps
        self._composer = Composer(kit.layouts, kit.brand, kit.size, kit.fonts, kit.logo)
        # Texts are fitted before the first frame: a text that has no room is told at once.
        self._compositions = [self._composed(part) for part in parts]
        self._stages: dict[int, Stage] = {}
        self._spare = (empty(kit.size.width, kit.size.height), empty(kit.size.width, kit.size.height))
        self.notes = tuple(
            dict.fromkeys(
                f"scene {part.number + 1}: {note}"
                for part, composition in zip(parts, self._compositions, strict=True)
                if composition is not None
                for note in composition.notes
            )
        )

    def paint(self, number: int, out: Planes) -> None:
        at = number / self._fps
        index = max(i for i, part in enumerate(self._parts) if part.start <= at + 1e-9)
        part = self._parts[index]
        for gone in [other for other in self._stages if other < index - 1]:
            del self._stages[gone]
        if index and at - part.start < part.coming:
            before, after = self._spare
            previous = self._parts[index - 1]
            self._stage(index - 1).frame(at - previous.start, before)
            self._stage(index).frame(at - part.start, after)
            progress = (at - part.start) / part.coming
            mix(part.transition, progress, before, after, out, mirrored=self._mirrored(index))
        else:
            self._stages.pop(index - 1, None)
            self._stage(index).frame(at - part.start, out)

    def poster_at(self) -> float:
        """Seconds: when the first scene that shows media and texts has settled, else the first with texts, else midway."""
        shown = [
            (part, composition)
            for part, composition in zip(self._parts, self._compositions, strict=True)
            if composition
        ]
        if not shown:
            return self._parts[0].start + self._parts[0].seconds / 2
        part, composition = next(((p, c) for p, c in shown if c.picture is not None), shown[0])
        settled = composition.settled_ms()
        wanted = (settled / 1000 if settled is not None else part.seconds / 2) + _SETTLED_AFTER
        return part.start + min(max(wanted, 0.6 * part.seconds), part.seconds - 1 / self._fps)

    def _mirrored(self, index: int) -> bool:
        composition = self._compositions[index]
        return composition is not None and composition.fitted.texts.direction == "rtl"

    def _composed(self, part: _Part) -> Composition | None:
        layout = part.given.get("layout")
        if not layout:
            return None
        picture = None
        media = part.given.get("media")
        if media:
            picture = Picture(str(media), *media_size(self._kit.inputs[media], self._kit.name_of(media)))
        text = {**self._kit.text, **(part.given.get("text") or {})}
        scene = Scene(part.number, part.seconds, round(1000 * part.coming * _LEAD))
        return self._composer.compose(layout, text, picture, scene)

    def _stage(self, index: int) -> Stage:
        if index not in self._stages:
            part = self._parts[index]
            self._stages[index] = Stage(
                self._compositions[index], self._loader(part), self._kit.size, part.seconds + part.leaving
            )
        return self._stages[index]

    def _loader(self, part: _Part) -> LoadFootage | None:
        media = part.given.get("media")
        if not media:
            return None
        camera: Camera = part.given.get("camera") or "hold"

        def load(size: tuple[int, int]) -> Footage:
            return load_footage(self._kit.inputs[media], self._kit.name_of(media), camera, size)

        return load


def _timeline(scenes: list[Mapping[str, Any]]) -> tuple[_Part, ...]:
    lengths = [float(scene["seconds"]) for scene in scenes]
    transitions: list[Transition] = [scene.get("transition") or "cut" for scene in scenes]
    coming = [
        0.0 if number == 0 else min(SECONDS[kind], _LONGEST_SHARE * min(lengths[number - 1], lengths[number]))
        for number, kind in enumerate(transitions)
    ]
    return tuple(
        _Part(
            number=number,
            start=math.fsum(lengths[:number]),
            seconds=lengths[number],
            coming=coming[number],
            leaving=coming[number + 1] if number + 1 < len(scenes) else 0.0,
            transition=transitions[number],
            given=scene,
        )
        for number, scene in enumerate(scenes)
    )


def _preview(parts: tuple[_Part, ...], fps: int, total: int) -> Iterator[int]:
    """Numbers of the frames of the preview: of each scene its share of the time, once its texts have begun to show."""
    whole = math.fsum(part.seconds for part in parts)
    share = min(1.0, PREVIEW_SECONDS / whole)
    for part in parts:
        shown = part.seconds * share
        settled = part.coming + (_PREVIEW_LEAD if part.number else _PREVIEW_OPENING)
        begin = part.start + min(settled, part.seconds - shown)
        for step in range(max(1, round(shown * PREVIEW_FPS))):
            yield min(total - 1, round((begin + step / PREVIEW_FPS) * fps))
