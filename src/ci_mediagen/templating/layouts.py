"""Which files decide how a template looks: its layouts and whatever they extend, include or import."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ci_mediagen.errors import TemplateError
from ci_mediagen.model.template import LAYOUT_NAMES, PACKAGE, TemplateFile
from ci_mediagen.templating.source import Source
from ci_mediagen.text.suggest import did_you_mean

MAX_FILES = 60
"""Of one template."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One place in which layouts are looked for."""

    source: Source
    path: str
    prefix: str = ""
    """Put before a file's path in `TemplateFile.path` and messages: `package:` for shipped ones."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A layout that a shot or another layout names."""

    name: str
    where: str
    """`feature/template.yml:12: shots[0].layout`, `_base/card.html:3`."""


def collect(wanted: Iterable[Wanted], folders: Sequence[Folder]) -> tuple[TemplateFile, ...]:
    """The files behind these names and all that those name, by name. The first folder that has a file wins.

    Raises TemplateError: no folder has it, bad Jinja, a name that is not constant, a path that leaves its folder.
    """
    found: dict[str, TemplateFile] = {}
    sources: dict[str, bytes] = {}
    waiting = list(wanted)
    while waiting:
        item = waiting.pop(0)
        if item.name in found:
            continue
        if len(found) >= MAX_FILES:
            raise TemplateError(f"{item.where}: the template uses more than {MAX_FILES} files")
        path, data = _read(item, folders)
        includes = _named_by(data, path)
        sources[path] = data
        found[item.name] = TemplateFile(
            name=item.name,
            path=path,
            sha256=hashlib.sha256(data).hexdigest(),
            includes=tuple(dict.fromkeys(name for name, _ in includes)),
        )
        waiting += [Wanted(name, f"{path}:{line}") for name, line in includes]
    _check_names(sources)
    return tuple(found[name] for name in sorted(found))


def _check_names(sources: Mapping[str, bytes]) -> None:
    """Finds filters, tests and variables that do not exist before anything is drawn. Shipped files are right."""
    own = {path: data for path, data in sources.items() if not path.startswith(PACKAGE)}
    suspects = [
        (path, name, line) for path, data in own.items() for name, line in _unknown_names(data.decode("utf-8"), path)
    ]
    if not suspects:
        return
    # What one file sets, another that it includes may draw.
    known = LAYOUT_NAMES.union(*(_set_names(data.decode("utf-8")) for data in sources.values()))
    for path, name, line in suspects:
        if name not in known:
            raise TemplateError(
                f"{path}:{line}: there is no variable {name!r}{did_you_mean(name, sorted(known))}",
                advice=f"A layout sees: {', '.join(sorted(LAYOUT_NAMES))}.",
            )


def _unknown_names(text: str, path: str) -> list[tuple[str, int]]:
    """(name, line) of variables that are drawn, or of which something is read, and that the file does not set itself.

    To ask for one that is not there (`{% if subtitle %}`) is allowed. Raises TemplateError for a filter or test that there
    is not.
    """
    from jinja2 import Environment, meta, nodes

    environment = Environment(autoescape=True)
    tree = environment.parse(text)
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        assert isinstance(node, nodes.Filter | nodes.Test)  # noqa: S101
        kind, there = ("filter", environment.filters) if isinstance(node, nodes.Filter) else ("test", environment.tests)
        if node.name not in there:
            raise TemplateError(
                f"{path}:{node.lineno}: there is no {kind} {node.name!r}{did_you_mean(node.name, sorted(there))}"
            )
    undeclared = meta.find_undeclared_variables(tree) - LAYOUT_NAMES - set(environment.globals)
    used: list[nodes.Node] = [item for output in tree.find_all(nodes.Output) for item in output.nodes]
    used += [attribute.node for attribute in tree.find_all(nodes.Getattr)]
    used += [item.node for item in tree.find_all(nodes.Getitem)]
    return [(node.name, node.lineno) for node in used if isinstance(node, nodes.Name) and node.name in undeclared]


def _set_names(text: str) -> set[str]:
    from jinja2 import Environment, nodes

    tree = Environment(autoescape=True).parse(text)
    return {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}


def _read(item: Wanted, folders: Sequence[Folder]) -> tuple[str, bytes]:
    parts = PurePosixPath(item.name).parts
    if item.name.startswith("/") or ".." in parts or not parts:
        raise TemplateError(f"{item.where}: {item.name[:200]!r} leaves the template's folder")
    for folder in folders:
        path = f"{folder.path}/{item.name}"
        data = folder.source.read(path)
        if data is not None:
            return f"{folder.prefix}{path}", data
    there = [name for folder in folders for name in folder.source.files(folder.path) if name != "template.yml"]
    places = ", ".join(f"{folder.prefix}{folder.path}" for folder in folders)
    raise TemplateError(
        f"{item.where}: there is no layout {item.name!r}{did_you_mean(item.name, sorted(set(there)))}",
        advice=f"Looked for in {places}.",
    )


@functools.lru_cache(maxsize=128)
def _named_by(data: bytes, path: str) -> tuple[tuple[str, int], ...]:
    """(name, line) of each file that a layout extends, includes or imports."""
    from jinja2 import Environment, TemplateSyntaxError, nodes

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}: is not UTF-8 text", advice="Save the file as UTF-8.") from error
    if not any(mark in text for mark in ("{%", "{{", "{#")):
        return ()
    try:
        tree = Environment(autoescape=True).parse(text)
    except TemplateSyntaxError as error:
        raise TemplateError(f"{path}:{error.lineno}: bad Jinja: {(error.message or '').rstrip('.')}") from error
    except RecursionError as error:
        raise TemplateError(f"{path}: is nested too deeply") from error
    names: list[tuple[str, int]] = []
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        assert isinstance(node, nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport)  # noqa: S101
        names += [(name, node.lineno) for name in _constant_names(node.template, path, node.lineno)]
    return tuple(names)


def _constant_names(node: object, path: str, line: int) -> list[str]:
    from jinja2 import nodes

    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, nodes.List | nodes.Tuple) and node.items:
        return [name for item in node.items for name in _constant_names(item, path, line)]
    raise TemplateError(
        f"{path}:{line}: the name of an included file must be written out, not computed",
        advice='As in {% include "base.css" %}: the files that decide the picture are part of its key.',
    )
