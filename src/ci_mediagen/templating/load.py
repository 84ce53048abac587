"""Finds templates, a project's and the shipped ones, and reads them whole: what they extend, and the files they use."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ci_mediagen.errors import TemplateError
from ci_mediagen.model.template import PACKAGE, Shot, Template
from ci_mediagen.templating.layouts import Folder, Wanted, collect
from ci_mediagen.templating.schema import template_from
from ci_mediagen.templating.source import Remembered, Source, WorkTree
from ci_mediagen.text.marked_yaml import Node, dotted, merge, parse
from ci_mediagen.text.suggest import did_you_mean

DEFAULT_FOLDER = ".mediagen/templates"
"""Of a project's own templates."""
SHIPPED_FOLDER = "templates"
SHARED = "_base"
"""Folder beside the templates with the layouts that they share."""
MAX_TEMPLATES = 200
MAX_EXTENDS = 10


@dataclass(frozen=True, slots=True)
class Home:
    """A folder of templates: the project's, or the shipped ones."""

    source: Source
    folder: str
    prefix: str = ""

    def names(self) -> tuple[str, ...]:
        names = [name for name in self.source.folders(self.folder) if name[0] not in "._"]
        return tuple(name for name in names if self.source.read(self._yaml(name)) is not None)[:MAX_TEMPLATES]

    def has(self, name: str) -> bool:
        return self.source.read(self._yaml(name)) is not None

    def read(self, name: str) -> Node:
        data = self.source.read(self._yaml(name))
        assert data is not None  # noqa: S101
        node = parse(data, self.label(name), TemplateError)
        if not isinstance(node.value, dict):
            raise TemplateError(f"{self.label(name)}: a template is made of keys and values, as `shots:`")
        return node

    def label(self, name: str) -> str:
        """The template's file as messages and `Template.source` name it."""
        return f"{self.prefix}{self._yaml(name)}"

    def layouts(self, name: str) -> Folder:
        return Folder(self.source, f"{self.folder}/{name}", self.prefix)

    def _yaml(self, name: str) -> str:
        return f"{self.folder}/{name}/template.yml"


@dataclass(frozen=True, slots=True)
class _Written:
    """A template's tree with what it extends merged in, and where its layouts are looked for."""

    node: Node
    folders: tuple[Folder, ...]


@functools.cache
def shipped() -> Home:
    """The templates that come with the program."""
    package = WorkTree(Path(__file__).resolve().parent.parent)
    return Home(Remembered(package, "the package"), SHIPPED_FOLDER, PACKAGE)


def load_templates(source: Source, folder: str = DEFAULT_FOLDER) -> tuple[Template, ...]:
    """Every template, a project's own first, each group by name. One of the project stands in the place of a shipped one of
    the same name, and may extend it.

    Raises TemplateError for the first template that is wrong, with all its mistakes.
    """
    project = Home(source, folder.rstrip("/"))
    own = project.names()
    mine = [_load(name, project, (project, shipped())) for name in own]
    theirs = [_load(name, shipped(), (shipped(),)) for name in shipped().names() if name not in own]
    return (*mine, *theirs)


def load_template(name: str, source: Source, folder: str = DEFAULT_FOLDER) -> Template:
    """One template by name. Raises TemplateError where there is none."""
    project = Home(source, folder.rstrip("/"))
    for home, homes in ((project, (project, shipped())), (shipped(), (shipped(),))):
        if name and name[0] not in "._/" and "/" not in name and home.has(name):
            return _load(name, home, homes)
    known = sorted({*project.names(), *shipped().names()})
    raise TemplateError(
        f"there is no template {name[:80]!r}{did_you_mean(name, known)}",
        advice="`ci-mediagen templates list` shows all.",
    )


def _load(name: str, home: Home, homes: Sequence[Home]) -> Template:
    written = _extended(name, home, homes, ())
    template = template_from(written.node, name, home.label(name))
    shared = tuple(dict.fromkeys(Folder(each.source, f"{each.folder}/{SHARED}", each.prefix) for each in homes))
    files = collect(_wanted(template.shots, written.node), (*written.folders, *shared))
    return replace(template, files=files)


def _extended(name: str, home: Home, homes: Sequence[Home], chain: tuple[str, ...]) -> _Written:
    label = home.label(name)
    if label in chain or len(chain) >= MAX_EXTENDS:
        raise TemplateError(f"templates extend each other in a circle: {' -> '.join((*chain, label))}")
    node = home.read(name)
    folders = (home.layouts(name),)
    parent = node.get(("extends",))
    if parent is None or not isinstance(parent.value, str):
        return _Written(node, folders)
    base_home = _home_of(parent.value, name, home, homes)
    if base_home is None:
        known = sorted({known for each in homes for known in each.names()} - {name})
        raise TemplateError(
            f"{parent.mark}: extends: there is no template {parent.value[:80]!r}{did_you_mean(parent.value, known)}"
        )
    base = _extended(parent.value, base_home, homes, (*chain, label))
    return _Written(_merged(base.node, node), (*folders, *base.folders))


def _home_of(parent: str, name: str, home: Home, homes: Sequence[Home]) -> Home | None:
    """Where a template that is extended lives. A project's `feature` that extends `feature` extends the shipped one."""
    if not parent or parent[0] in "._" or "/" in parent:
        return None
    candidates = [each for each in homes if not (parent == name and each is home and len(homes) > 1)]
    return next((each for each in candidates if each.has(parent)), None)


def _merged(base: Node, over: Node) -> Node:
    """A template on the one that it extends: maps merge, lists replace, shots merge by id. `name` is not inherited."""
    merged = merge(base.without("name", "extends"), over)
    ours, theirs = over.get(("shots",)), base.get(("shots",))
    if ours is None or theirs is None or not (isinstance(ours.value, tuple) and isinstance(theirs.value, tuple)):
        return merged
    inherited = {_shot_id(shot): shot for shot in theirs.value}
    shots: dict[object, Node] = dict(inherited)
    for shot in ours.value:
        # Each inherited shot is changed once: a second one of its id stays beside it, for the schema to refuse.
        base_shot = inherited.pop(_shot_id(shot), None)
        if base_shot is not None:
            shots[_shot_id(shot)] = merge(base_shot, shot)
        else:
            shots[id(shot)] = shot
    return merged.with_child("shots", replace(ours, value=tuple(shots.values())))


def _shot_id(shot: Node) -> object:
    found = shot.get(("id",))
    # A shot without an id is itself; the schema then says that it is missing.
    return found.value if found is not None and isinstance(found.value, str) else id(shot)


def _wanted(shots: Sequence[Shot], node: Node) -> list[Wanted]:
    """The layouts that shots and their scenes name, each with its place."""
    wanted = []
    for number, shot in enumerate(shots):
        named: list[tuple[tuple[str | int, ...], str | None]] = [(("shots", number, "layout"), shot.layout)]
        named += [(("shots", number, "scenes", at, "layout"), scene.layout) for at, scene in enumerate(shot.scenes)]
        wanted += [Wanted(name, f"{node.find(path).mark}: {dotted(path)}") for path, name in named if name]
    return wanted
