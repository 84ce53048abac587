"""What may stand in a template.yml, checked once: from here on a template is `model.template.Template`."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Any, TypeVar

from annotated_types import Len
from pydantic import Field
from pydantic.dataclasses import dataclass

from ci_mediagen.errors import TemplateError
from ci_mediagen.model import template as model
from ci_mediagen.model.change import ChangeKind
from ci_mediagen.model.task import TaskName
from ci_mediagen.templating import sandbox
from ci_mediagen.templating.match import check_message_pattern
from ci_mediagen.templating.texts import STANDARD_TEXTS
from ci_mediagen.templating.view import VARIABLES
from ci_mediagen.text.marked_yaml import Mark, Node
from ci_mediagen.text.suggest import did_you_mean
from ci_mediagen.text.validation import STRICT, Problem, attempt, json_schema, pattern, quoted, raise_problems

MAX_SECONDS = 60.0
"""Of a scene or clip."""
MAX_SHOTS = 20
MAX_SCENES = 20

T = TypeVar("T")

Name = Annotated[
    str, *pattern(r"[a-z0-9]+(?:-[a-z0-9]+)*", "lower-case letters and digits, with single dashes between")
]
LayoutName = Annotated[str, *pattern(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\.html", "the name of a layout, as card.html")]
BackendName = Annotated[str, *pattern(r"[a-z][a-z0-9-]*", "the name of a backend, as compositor")]
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]
Pixels = Annotated[int, Field(ge=16, le=7680)]
Words = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class ConditionYaml(model.Condition):
    """`when`, and the conditions inside it."""

    kind: tuple[ChangeKind, ...] = ()
    type: Words = ()
    scope: Words = ()
    label: Words = ()
    path: Words = ()
    branch: Words = ()
    tag: Words = ()
    author: Words = ()
    message: Words = ()
    any: tuple[ConditionYaml, ...] = ()
    all: tuple[ConditionYaml, ...] = ()
    not_: Annotated[tuple[ConditionYaml, ...], Field(alias="not")] = ()


@dataclass(frozen=True, slots=True, config=STRICT)
class SceneYaml(model.Scene):
    seconds: Seconds
    layout: LayoutName | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class ShotYaml(model.Shot):
    id: Name
    backend: BackendName | None = None
    layout: LayoutName | None = None
    scenes: Annotated[tuple[SceneYaml, ...], Len(max_length=MAX_SCENES)] = ()
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    seconds: Seconds | None = None
    fps: Annotated[int, Field(ge=1, le=60)] | None = None
    width: Pixels | None = None
    height: Pixels | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class TemplateYaml:
    """A template.yml."""

    shots: Annotated[tuple[ShotYaml, ...], Len(min_length=1, max_length=MAX_SHOTS)]
    name: Name | None = None
    """The folder's name, if it is given at all."""
    extends: Name | None = None
    """A shipped template or another of the project: maps merge, lists replace, shots merge by id."""
    description: str = ""
    when: ConditionYaml | None = None
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    text: Mapping[str, Any] = Field(default_factory=dict)


NEEDS: Mapping[TaskName, tuple[str, ...]] = {
    "card": ("layout",),
    "promo": ("scenes",),
    "text-to-image": ("prompt",),
    "image-to-image": ("image", "prompt"),
    "inpaint": ("image", "mask", "prompt"),
    "outpaint": ("image", "prompt"),
    "image-edit": ("image", "prompt"),
    "image-to-video": ("image",),
    "text-to-video": ("prompt",),
    "upscale": ("image",),
    "grade": ("image",),
    "interpolate": ("image",),
    "text-generation": ("prompt",),
}
"""What a shot of each task must give."""

VIDEO_TASKS = frozenset({"promo", "image-to-video", "text-to-video", "interpolate"})
"""H.264 with 4:2:0 colour takes even sizes only."""

REFERENCE = re.compile(r"(?:asset:(?P<asset>[A-Za-z0-9_-]+(?:\[[0-9]{1,3}\])?)|shot:(?P<shot>[a-z0-9-]+))\??")


class Located(str):
    """A text of a template that remembers where it stands, so that filling it in can say so."""

    __slots__ = ("mark",)
    mark: Mark

    def __new__(cls, text: str, mark: Mark) -> Located:
        located = super().__new__(cls, text)
        located.mark = mark
        return located


def template_from(node: Node, name: str, source: str) -> model.Template:
    """The tree of a template.yml, what it extends merged in, as a Template without its files.

    Raises TemplateError with every mistake, each with file, line and key.
    """
    written, problems = attempt(TemplateYaml, node)
    if written is None:
        # Mistakes in the Jinja of texts are told along with those of keys.
        raise_problems([*problems, *_text_problems(node)], TemplateError)
        raise AssertionError("unreachable")
    if written.name is not None and written.name != name:
        at = node.find(("name",))
        problems.append(Problem(at.mark, ("name",), f"is {quoted(written.name)}, but its folder is called {name!r}"))
    problems += _text_problems(node)
    problems += _shot_problems(written.shots, node)
    problems += _condition_problems(node.get(("when",)), ("when",))
    raise_problems(problems, TemplateError)
    return model.Template(
        name=name,
        source=source,
        shots=tuple(_located_shot(shot, node, number) for number, shot in enumerate(written.shots)),
        when=None if written.when is None else _condition(written.when),
        priority=written.priority,
        description=written.description,
        text=_located(node.get(("text",))) or {},
    )


def template_schema() -> dict[str, Any]:
    """JSON schema of template.yml, for editors and documentation."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **json_schema(TemplateYaml),
        "title": "template.yml of ci-mediagen",
    }


def text_names(template_text: Mapping[str, Any], *others: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(STANDARD_TEXTS).union(template_text, *others)


def shot_of(reference: str | None) -> str | None:
    """The id in `shot:ID`; None for anything else."""
    found = REFERENCE.fullmatch(reference) if reference else None
    return found["shot"] if found else None


def references(shot: model.Shot) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every reference of a shot with its path below the shot."""
    for name, value in (("image", shot.image), ("mask", shot.mask)):
        if value:
            yield (name,), value
    if shot.prompt is not None and REFERENCE.fullmatch(shot.prompt):
        yield ("prompt",), shot.prompt
    for number, scene in enumerate(shot.scenes):
        if scene.media:
            yield ("scenes", number, "media"), scene.media


def _shot_problems(shots: Sequence[model.Shot], node: Node) -> Iterator[Problem]:
    ids = [shot.id for shot in shots]
    fallbacks = {shot.fallback for shot in shots}
    for number, shot in enumerate(shots):
        tell = functools.partial(_problem, node, ("shots", number))
        if shot.id in ids[:number]:
            yield tell(("id",), f"{shot.id!r} is the id of an earlier shot too")
        for needed in NEEDS[shot.task]:
            if not getattr(shot, needed):
                yield tell((), f"a shot with `task: {shot.task}` needs the key `{needed}`")
        if len(set(shot.shapes)) < len(shot.shapes):
            yield tell(("shapes",), "names a shape twice")
        for side in ("width", "height"):
            size = getattr(shot, side)
            if shot.task in VIDEO_TASKS and size is not None and size % 2:
                yield tell((side,), f"must be even for a video, got {size}")
        for scene_number, scene in enumerate(shot.scenes):
            if scene.layout is None and scene.media is None:
                yield tell(("scenes", scene_number), "a scene needs `layout`, `media` or both")
        if shot.fallback is not None and (shot.fallback not in ids or shot.fallback == shot.id):
            others = [other for other in ids if other != shot.id]
            yield tell(("fallback",), f"there is no other shot {shot.fallback!r}{did_you_mean(shot.fallback, others)}")
        if shot.only_as == "fallback" and shot.id not in fallbacks:
            yield tell(("only_as",), f"no shot names {shot.id!r} as its `fallback`, so it would never be made")
        for path, reference in references(shot):
            yield from _reference_problems(reference, shot.id, ids, functools.partial(tell, path))
    edges = {shot.id: [found for _, value in references(shot) if (found := shot_of(value))] for shot in shots}
    chains = {shot.id: [shot.fallback] if shot.fallback else [] for shot in shots}
    for graph, words in ((edges, "shots show each other in a circle"), (chains, "fallbacks go in a circle")):
        circle = _circle(graph)
        if circle:
            yield _problem(node, ("shots", ids.index(circle[0])), (), f"{words}: {' -> '.join(circle)}")


def _reference_problems(
    reference: str, shot_id: str, ids: Sequence[str], tell: Callable[[str], Problem]
) -> Iterator[Problem]:
    if sandbox.is_jinja(reference):
        return
    found = REFERENCE.fullmatch(reference)
    if found is None:
        yield tell(
            f"{quoted(reference)} is no reference; write asset:NAME or shot:ID, with ? at the end if it may be missing"
        )
    elif found["shot"] and (found["shot"] not in ids or found["shot"] == shot_id):
        others = [other for other in ids if other != shot_id]
        yield tell(f"there is no other shot {found['shot']!r}{did_you_mean(found['shot'], others)}")


def _circle(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """The first circle, its beginning repeated at its end; empty if there is none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done or name not in edges:
            return []
        for other in edges[name]:
            found = visit(other, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    return next((circle for name in edges if (circle := visit(name, []))), [])


def _condition_problems(node: Node | None, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """Mistakes in `message` patterns, at any depth."""
    if node is None:
        return
    for below, child in node.walk(path):
        inside_message = "message" in (below[-1], below[-2] if len(below) > 1 else "")
        if inside_message and isinstance(child.value, str):
            reason = check_message_pattern(child.value)
            if reason:
                yield Problem(child.mark, below, f"{quoted(child.value)} {reason}")


JINJA_KEYS = frozenset({"prompt", "negative_prompt", "alt", "image", "mask", "media"})
"""Keys of shots and scenes whose value is filled in; so is every text below `text`."""


def _text_problems(node: Node) -> Iterator[Problem]:
    """Mistakes in the Jinja of every string that will be filled in. Works on trees that are wrong elsewhere."""
    common = _map_at(node, ("text",))
    yield from _jinja_problems(node.get(("text",)), ("text",), text_names(common))
    shots = node.get(("shots",))
    for number, shot in (shots.children if shots else {}).items():
        path = ("shots", number)
        texts = text_names(common, _map_at(shot, ("text",)))
        for name, child in shot.children.items():
            if name == "text" or name in JINJA_KEYS:
                yield from _jinja_problems(child, (*path, name), texts)
        scenes = shot.get(("scenes",))
        for scene_number, scene in (scenes.children if scenes else {}).items():
            known = texts | frozenset(map(str, _map_at(scene, ("text",))))
            for name, child in scene.children.items():
                if name == "text" or name in JINJA_KEYS:
                    yield from _jinja_problems(child, (*path, "scenes", scene_number, name), known)
            needs = scene.get(("needs",))
            for below, needed in needs.walk() if needs else ():
                if isinstance(needed.value, str) and needed.value not in known:
                    text = f"there is no text {needed.value!r}{did_you_mean(needed.value, known)}"
                    yield Problem(needed.mark, (*path, "scenes", scene_number, "needs", *below), text)


def _jinja_problems(node: Node | None, path: tuple[str | int, ...], texts: frozenset[str]) -> Iterator[Problem]:
    if node is None:
        return
    variables = {**VARIABLES, "text": texts}
    for below, child in node.walk(path):
        if isinstance(child.value, str):
            if sandbox.is_jinja(child.value):
                try:
                    sandbox.check(child.value, variables)
                except sandbox.TextError as error:
                    yield Problem(child.mark.at_line(error.line), below, error.message)
            elif len(child.value) > sandbox.MAX_SOURCE:
                yield Problem(child.mark, below, f"is longer than {sandbox.MAX_SOURCE:,} characters")


def _map_at(node: Node, path: Sequence[str]) -> Mapping[str, Node]:
    found = node.get(path)
    return found.value if found and isinstance(found.value, Mapping) else {}


def _problem(node: Node, base: tuple[str | int, ...], path: tuple[str | int, ...], text: str) -> Problem:
    at = node.find((*base, *path))
    return Problem(at.mark, (*base, *path), text)


def _condition(written: model.Condition) -> model.Condition:
    nested = {name: tuple(_condition(child) for child in getattr(written, name)) for name in ("any", "all", "not_")}
    return _as(model.Condition, written, **nested)


def _located_shot(written: ShotYaml, node: Node, number: int) -> model.Shot:
    shot = node.find(("shots", number))
    scenes = tuple(_located_scene(scene, shot.find(("scenes", at))) for at, scene in enumerate(written.scenes))
    return _as(model.Shot, written, scenes=scenes, **_located_fields(shot))


def _located_scene(written: SceneYaml, node: Node) -> model.Scene:
    return _as(model.Scene, written, **_located_fields(node))


def _located_fields(node: Node) -> dict[str, Any]:
    return {
        str(name): _located(child)
        for name, child in node.children.items()
        if (name in JINJA_KEYS or name == "text") and child.value is not None
    }


def _located(node: Node | None) -> Any:
    """The plain value, its texts knowing where they stand."""
    if node is None:
        return None
    if isinstance(node.value, str):
        return Located(node.value, node.mark)
    if isinstance(node.value, Mapping):
        return {name: _located(child) for name, child in node.value.items()}
    return [_located(child) for child in node.value] if isinstance(node.value, tuple) else node.value


def _as(kind: type[T], written: Any, **changed: Any) -> T:
    """The fields of `written` as an instance of the plain dataclass that its class refines."""
    return kind(**{field.name: changed.get(field.name, getattr(written, field.name)) for field in fields(kind)})  # type: ignore[arg-type]
