"""What template.yml says, as types. `templating` reads and checks the files; `plan` turns shots into tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ci_mediagen.model.task import TaskName

Camera = Literal[
    "hold", "push-in", "pull-out", "pan-left", "pan-right", "pan-up", "pan-down", "drift", "tilt",
]  # fmt: skip
Transition = Literal["cut", "fade", "slide", "wipe", "zoom"]
Shape = Literal["og", "wide", "square", "story"]

SHAPES: Mapping[Shape, tuple[int, int]] = {
    "og": (1200, 630),
    "wide": (1920, 1080),
    "square": (1080, 1080),
    "story": (1080, 1920),
}
"""Width and height in pixels. `og` is what link previews show."""

PACKAGE = "package:"
"""What the paths of shipped files begin with."""

LAYOUT_NAMES = frozenset({
    "text", "brand", "palette", "shape", "width", "height", "fit", "layer", "picture", "media", "logo", "motif", "at",
    "direction", "script", "initial", "on", "start", "end", "mirrored", "u", "scene",
})  # fmt: skip
"""What a layout may draw; whoever draws layouts gives it all of these."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a template applies. Every field that is given must hold; in a field with several values one is enough.

    `path`, `branch`, `tag`, `author`, `scope` and `label` are shell patterns (`*`, `?`, `**` in paths); `message` is a
    regular expression searched in subject and body, with a time limit.
    """

    kind: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    breaking: bool | None = None
    security: bool | None = None
    label: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    message: tuple[str, ...] = ()
    any: tuple[Condition, ...] = ()
    all: tuple[Condition, ...] = ()
    not_: tuple[Condition, ...] = ()
    """`not` in YAML: none of these holds."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene of a promo. Motion inside a layout is CSS `@keyframes`; here is only what CSS does not say."""

    seconds: float
    layout: str | None = None
    """Drawn over the media, or alone."""
    media: str | None = None
    """A reference: `asset:NAME`, `shot:ID`; a trailing `?` drops it, and not the scene, where there is none."""
    camera: Camera = "hold"
    transition: Transition = "cut"
    """How this scene comes in."""
    text: Mapping[str, Any] = field(default_factory=dict)
    """Over the shot's own texts."""
    optional: bool = False
    """Left out where its media, or every text it needs (`needs`), is missing."""
    needs: tuple[str, ...] = ()
    """Names of texts that must not be empty."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One medium as a template describes it. Strings are Jinja until `templating.fill` has filled them in."""

    id: str
    task: TaskName
    backend: str | None = None
    """None: the first of the configuration's list for this task that can."""
    image: str | None = None
    """A reference, as in `Scene.media`."""
    mask: str | None = None
    layout: str | None = None
    shapes: tuple[Shape, ...] = ()
    """Empty: the task's own (`og` for a card, `wide` for a clip or promo)."""
    scenes: tuple[Scene, ...] = ()
    text: Mapping[str, Any] = field(default_factory=dict)
    prompt: str | None = None
    negative_prompt: str | None = None
    seed: int | None = None
    camera: Camera | None = None
    seconds: float | None = None
    fps: int | None = None
    width: int | None = None
    height: int | None = None
    fallback: str | None = None
    only_as: Literal["fallback"] | None = None
    alt: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else the backend's model takes: `num_inference_steps`, `guidance_scale`."""


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A file that decides how the template looks: a layout, its style sheet, a picture."""

    name: str
    """As layouts call it: `card.html`, `base.html`."""
    path: str
    """Relative to the repository, or `package:` and a path inside the installed package."""
    sha256: str
    includes: tuple[str, ...] = ()
    """Names of the files that this one extends, includes or imports itself."""


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    source: str
    """Where it was read: a path relative to the repository, or `package:templates/feature/template.yml`."""
    shots: tuple[Shot, ...]
    when: Condition | None = None
    """None: whenever no other template applies."""
    priority: int = 0
    description: str = ""
    text: Mapping[str, Any] = field(default_factory=dict)
    """Texts for all shots."""
    files: tuple[TemplateFile, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    template: Template
    reason: str
    """`matches type feat (priority 50)`."""
    rejected: tuple[tuple[str, str], ...] = ()
    """(name, why not) of those looked at first."""
