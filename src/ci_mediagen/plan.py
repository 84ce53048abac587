"""Template x Change x assets -> the tasks of a Plan, each with its key. Pure: nothing is made, fetched or written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ci_mediagen.backends.interface import Backend, Unsupported
from ci_mediagen.errors import PlanError, UsageError
from ci_mediagen.model.brand import Asset, Assets, Brand
from ci_mediagen.model.outcome import Skipped
from ci_mediagen.model.plan import Plan, from_document
from ci_mediagen.model.task import Input, ModelRef, Task, TaskName, with_key
from ci_mediagen.model.template import SHAPES, Scene, Shape, Shot, Template, TemplateFile
from ci_mediagen.text.suggest import did_you_mean

DEFAULT_SHAPE: Mapping[str, Shape] = {"card": "og"}
"""The shape of a shot that names none; every other task is `wide`."""

DEFAULT_FPS = 30
DEFAULT_CLIP_SECONDS = 4.0

DEFAULT_BACKENDS: Mapping[TaskName, tuple[str, ...]] = {
    "card": ("compositor",),
    "promo": ("compositor",),
    "image-to-video": ("diffusers", "compositor"),
}
"""Which backends are asked, in this order, where the configuration does not say. Never a paid one. A task that is not
listed is asked of `diffusers`."""

DRAWN_TASKS: frozenset[TaskName] = frozenset({"card", "promo"})
"""Tasks that draw layouts, and so read the template's files, the logo and the brand's fonts."""

BEST_ASSET = "best"
"""`asset:best` is the asset that was found to show the change best."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What planning draws on besides the shots: everything is at hand, so that planning touches nothing."""

    template: Template
    brand: Brand
    assets: Assets
    digest: Callable[[str], str]
    """SHA-256 of a file of the repository, by its path. Raises AssetError."""
    load_backend: Callable[[str], Backend | None]
    """A backend by name; None where this installation has none of that name."""
    backends: Mapping[TaskName, Sequence[str]] = field(default_factory=dict)
    """Task name -> backends, in order of preference."""
    models: Mapping[TaskName, ModelRef] = field(default_factory=dict)
    """Task name -> model."""


_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""A shot's id as templates may write it, with its shape. Files are named by it."""


class _CannotMake(Exception):
    """A shot that has to be left out: an asset or backend is missing. The message says which."""


def make_tasks(shots: Sequence[Shot], kit: Kit) -> tuple[tuple[Task, ...], tuple[Skipped, ...]]:
    """The tasks that filled-in shots come to, dependencies first, and the shots that will not be made.

    A shot that cannot be made goes to its `fallback`, which is then made in its place; one whose input is a shot that is
    not made is not made either. Raises PlanError where shots refer to each other in a circle.
    """
    planned: dict[str, tuple[Task, ...]] = {}
    skipped: dict[str, Skipped] = {}
    stands_in: dict[str, str] = {}
    for shot in _in_order(shots):
        try:
            planned[shot.id] = tuple(_task(shot, shape, kit, planned, stands_in) for shape in _shapes(shot))
        except _CannotMake as reason:
            skipped[shot.id] = Skipped(task=shot.id, key="", reason=str(reason))
            if shot.fallback is not None:
                stands_in[shot.id] = shot.fallback
    tasks = _keyed([task for shot_tasks in planned.values() for task in shot_tasks])
    wanted = {shot.id for shot in shots if shot.only_as != "fallback"}
    wanted |= {_stand_in(shot_id, stands_in) for shot_id in skipped}
    return tuple(
        replace(
            task,
            only_as_fallback=task.shot not in wanted,
            fallback=_fallback_task(task, planned.get(_stand_in(task.fallback, stands_in), ()))
            if task.fallback
            else None,
        )
        for task in tasks
    ), tuple(skipped.values())


def _fallback_task(task: Task, candidates: Sequence[Task]) -> str | None:
    """Id of the fallback's task of the same shape, else of its first."""
    same_shape = [candidate.id for candidate in candidates if candidate.shape == task.shape]
    return next(iter([*same_shape, *(candidate.id for candidate in candidates)]), None)


def _shapes(shot: Shot) -> tuple[Shape, ...]:
    return shot.shapes or (DEFAULT_SHAPE.get(shot.task, "wide"),)


def _stand_in(shot_id: str, stands_in: Mapping[str, str]) -> str:
    """The shot that is made in place of one that cannot be made: its fallback, or that one's."""
    while shot_id in stands_in:
        shot_id = stands_in[shot_id]
    return shot_id


def _references(shot: Shot) -> tuple[str, ...]:
    given = (shot.image, shot.mask, *(scene.media for scene in shot.scenes))
    return tuple(reference for reference in given if reference)


def _in_order(shots: Sequence[Shot]) -> list[Shot]:
    """Shots after those they depend on, and after nothing else: otherwise in the order written."""
    by_id = {shot.id: shot for shot in shots}
    ordered: dict[str, Shot] = {}

    def visit(shot: Shot, path: tuple[str, ...]) -> None:
        if shot.id in ordered:
            return
        if shot.id in path:
            circle = " -> ".join((*path[path.index(shot.id) :], shot.id))
            raise PlanError(f"shots refer to each other in a circle: {circle}", advice="Break it in template.yml.")
        for reference in _references(shot):
            needed = _shot_id(reference)
            # The fallback of a needed shot may stand in for it, so it has to be there by then as well.
            while needed is not None and needed in by_id:
                visit(by_id[needed], (*path, shot.id))
                needed = by_id[needed].fallback
        ordered[shot.id] = shot

    for shot in shots:
        visit(shot, ())
    return list(ordered.values())


def _shot_id(reference: str) -> str | None:
    kind, _, name = reference.rstrip("?").partition(":")
    return name if kind == "shot" else None


def _task(
    shot: Shot, shape: Shape, kit: Kit, planned: Mapping[str, tuple[Task, ...]], stands_in: Mapping[str, str]
) -> Task:
    width, height = SHAPES[shape]
    parameters: dict[str, Any] = {
        **shot.parameters,
        "width": shot.width or width,
        "height": shot.height or height,
    }
    inputs: list[Input] = []
    if shot.task in DRAWN_TASKS:
        parameters["text"] = dict(shot.text)
        parameters["brand"] = _drawn_brand(kit.brand)
    if shot.task == "card":
        parameters["layout"] = shot.layout
    if shot.task != "card":
        parameters["fps"] = shot.fps or DEFAULT_FPS
    if shot.task == "image-to-video":
        parameters["seconds"] = shot.seconds or DEFAULT_CLIP_SECONDS
        parameters["camera"] = shot.camera or "push-in"
    for name, reference in (("image", shot.image), ("mask", shot.mask)):
        if reference:
            found = _input(name, reference, kit, planned, stands_in)
            inputs += [found] if found else []
    if shot.task == "promo":
        parameters["scenes"] = _scenes(shot.scenes, inputs, kit, planned, stands_in)
    if shot.task in DRAWN_TASKS:
        layouts = [shot.layout, *(scene["layout"] for scene in parameters.get("scenes", ()))]
        inputs += _drawn_inputs([layout for layout in layouts if layout], kit)
    task = Task(
        id=shot.id if len(_shapes(shot)) == 1 else f"{shot.id}-{shape}",
        task=shot.task,
        backend="",
        prompt=shot.prompt,
        negative_prompt=shot.negative_prompt,
        inputs=tuple(inputs),
        seed=shot.seed,
        model=kit.models.get(shot.task),
        parameters=parameters,
        alt=shot.alt or "",
        shot=shot.id,
        shape=shape,
        fallback=shot.fallback,
    )
    return _resolved(task, shot, kit)


def _drawn_brand(brand: Brand) -> dict[str, Any]:
    return {
        "project": brand.project,
        "accent": brand.accent,
        "accent_2": brand.accent_2,
        "website": brand.website,
    }


def _drawn_inputs(layouts: Sequence[str], kit: Kit) -> list[Input]:
    """The files that decide how these layouts look: they and what they include, the logo, the brand's fonts."""
    files = {file.name: file for file in kit.template.files}
    inputs = [
        Input(name=f"layout:{file.name}", sha256=file.sha256, path=file.path) for file in _included(layouts, files)
    ]
    if kit.brand.logo:
        inputs.append(Input(name="logo", sha256=kit.digest(kit.brand.logo), path=kit.brand.logo))
    for number, font in enumerate(kit.brand.fonts):
        inputs.append(Input(name=f"font:{number}", sha256=kit.digest(font), path=font))
    return inputs


def _included(layouts: Sequence[str], files: Mapping[str, TemplateFile]) -> list[TemplateFile]:
    found: dict[str, TemplateFile] = {}
    waiting = list(layouts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = files[name]
            waiting += files[name].includes
    return [found[name] for name in sorted(found)]


def _scenes(
    scenes: Sequence[Scene],
    inputs: list[Input],
    kit: Kit,
    planned: Mapping[str, tuple[Task, ...]],
    stands_in: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The scenes that will be shown, as parameters; adds an input for the media of each."""
    shown: list[dict[str, Any]] = []
    for scene in scenes:
        name = f"scene-{len(shown)}"
        try:
            media = _input(name, scene.media, kit, planned, stands_in) if scene.media else None
        except _CannotMake:
            if not scene.optional:
                raise
            continue
        if scene.optional and scene.media and media is None:
            continue
        if media:
            inputs.append(media)
        shown.append(
            {
                "seconds": scene.seconds,
                "layout": scene.layout,
                "media": name if media else None,
                "camera": scene.camera,
                "transition": scene.transition,
                "text": dict(scene.text),
            }
        )
    return shown


def _input(
    name: str,
    reference: str,
    kit: Kit,
    planned: Mapping[str, tuple[Task, ...]],
    stands_in: Mapping[str, str],
) -> Input | None:
    """The file or task that `asset:NAME` or `shot:ID` stands for; None where it is optional and there is none."""
    optional = reference.endswith("?")
    kind, _, value = reference.rstrip("?").partition(":")
    if kind == "asset":
        asset = _asset(value, kit.assets)
        if asset:
            return Input(name=name, sha256=asset.sha256, path=asset.path)
        missing = f"there is no asset {value!r} ({kit.assets.reason or 'none was found'})"
    elif kind == "shot":
        tasks = planned.get(_stand_in(value, stands_in))
        if tasks:
            return Input(name=name, task=tasks[0].id)
        missing = f"the shot {value!r} that it shows is not made"
    else:
        raise PlanError(
            f"{reference!r} in template {kit.template.name} is no reference",
            advice="Write asset:NAME or shot:ID, with a trailing ? where it may be missing.",
        )
    if optional:
        return None
    raise _CannotMake(missing)


def _asset(name: str, assets: Assets) -> Asset | None:
    return assets.best if name == BEST_ASSET else assets.get(name)


def _resolved(task: Task, shot: Shot, kit: Kit) -> Task:
    """The task in the hands of the first backend that can make it. Raises _CannotMake with what each one said."""
    names = (shot.backend,) if shot.backend else _candidates(task.task, kit.backends)
    refusals = []
    for name in names:
        backend = kit.load_backend(name)
        if backend is None:
            refusals.append(f"{name}: not in this installation")
            continue
        answer = backend.resolve(replace(task, backend=name))
        if isinstance(answer, Unsupported):
            refusals.append(f"{name}: {answer.reason}")
        else:
            return answer
    raise _CannotMake(f"no backend makes {task.task} here ({'; '.join(refusals)})")


def _candidates(task: TaskName, configured: Mapping[TaskName, Sequence[str]]) -> tuple[str, ...]:
    return tuple(configured.get(task, ())) or DEFAULT_BACKENDS.get(task, ("diffusers",))


def _keyed(tasks: Sequence[Task]) -> tuple[Task, ...]:
    keys: dict[str, str] = {}
    keyed = []
    for task in tasks:
        task = with_key(task, keys)
        keys[task.id] = task.key
        keyed.append(task)
    return tuple(keyed)


def recomputed(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks of a plan file, each checked to have the key that its content has.

    Raises PlanError where a key differs: the file was edited, or another version of ci-mediagen wrote it.
    """
    try:
        again = _keyed(tasks)
    except KeyError as error:
        raise PlanError(
            f"a task of the plan reads the artifact of {error}, which does not come before it",
            advice="Make the plan again with `ci-mediagen plan --json`.",
        ) from None
    for task, fresh in zip(tasks, again, strict=True):
        if task.key != fresh.key or task.seed is None:
            raise PlanError(
                f"task {task.id} of the plan has key {task.key[:12]}, but its content has key {fresh.key[:12]}",
                advice="The plan was changed after it was made. Make it again with `ci-mediagen plan --json`.",
            )
    return again


def narrowed(tasks: Sequence[Task], only: Sequence[str]) -> tuple[Task, ...]:
    """The tasks that `--only` asks for by shot or task, with those that they need; all where it asks for none.

    Raises UsageError for a name that is neither.
    """
    if not only:
        return tuple(tasks)
    known = {name for task in tasks for name in (task.id, task.shot)}
    for name in only:
        if name not in known:
            raise UsageError(f"--only {name}: the plan has no such shot{did_you_mean(name, sorted(known))}")
    by_id = {task.id: task for task in tasks}
    wanted: set[str] = set()
    waiting = [task.id for task in tasks if task.id in only or task.shot in only]
    while waiting:
        task = by_id[waiting.pop()]
        if task.id not in wanted:
            wanted.add(task.id)
            waiting += [*task.depends_on, *([task.fallback] if task.fallback else [])]
    return tuple(task for task in tasks if task.id in wanted)


def read_plan(path: Path) -> Plan:
    """The plan that `plan --json` wrote. Raises PlanError: no such file, not JSON, of another version, not a plan."""
    advice = "Make it again with `ci-mediagen plan --json > plan.json`."
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}", advice=advice) from error
    except ValueError as error:
        raise PlanError(f"{path} is not JSON: {error}", advice=advice) from error
    except RecursionError as error:
        raise PlanError(f"{path} is not a plan: it is nested too deep", advice=advice) from error
    try:
        if not isinstance(document, dict):
            raise ValueError("$: expected an object")
        return _whole(from_document(document))
    except ValueError as error:
        raise PlanError(f"{path} is not a plan: {error}", advice=advice) from error


def _whole(plan: Plan) -> Plan:
    """The plan, if what no key holds fits together. Raises ValueError."""
    if plan.tasks and (plan.template is None or plan.brand is None):
        raise ValueError("$: it has tasks, but no template or brand")
    ids = {task.id for task in plan.tasks}
    if len(ids) < len(plan.tasks):
        raise ValueError("$.tasks: two have one id")
    for number, task in enumerate(plan.tasks):
        if not _ID.fullmatch(task.id):
            raise ValueError(f"$.tasks[{number}].id: {task.id[:60]!r} is no name of a task")
        if task.fallback is not None and task.fallback not in ids:
            raise ValueError(f"$.tasks[{number}].fallback: there is no task {task.fallback[:60]!r}")
    return plan
