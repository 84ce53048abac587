"""What may be written in the Jinja of a text, and which names there are: checked before anything is filled in."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from jinja2 import TemplateSyntaxError, meta, nodes

from ci_mediagen.templating.environment import FILTERS, TESTS, environment
from ci_mediagen.text.suggest import did_you_mean

MAX_SOURCE = 4000
"""Characters of one text as it is written."""
MAX_NESTING = 40
"""Expressions inside one another: the compiler is recursive."""

_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign,
    nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Keyword,
    nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.CondExpr, nodes.Concat,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos,
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod,
)  # fmt: skip
_ADVICE_FOR: Mapping[type[nodes.Node], str] = {
    nodes.Call: "calls are not allowed; use a filter: {{ change.headline | upper }}",
    nodes.Pow: "powers are not allowed",
    nodes.Include: "include is for layouts; a text stands alone",
    nodes.Import: "import is for layouts; a text stands alone",
    nodes.FromImport: "import is for layouts; a text stands alone",
    nodes.Extends: "extends is for layouts; a template extends another with its key `extends`",
    nodes.Macro: "macros are not allowed in texts",
    nodes.Block: "blocks are for layouts",
}


class TextError(Exception):
    """A text that is not what it should be. `line` counts from 1 inside it."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def check(text: str, variables: Mapping[str, Any]) -> None:
    """Checks a text without rendering it: its syntax, what it uses, and that every name in it exists.

    `variables` gives for each variable its type, or the names that it has. Raises TextError.
    """
    tree = parsed(text)
    undeclared = meta.find_undeclared_variables(tree)
    for name in tree.find_all(nodes.Name):
        if name.name in undeclared and name.name not in variables:
            raise TextError(f"there is no variable {name.name!r}{did_you_mean(name.name, variables)}", name.lineno)
    for attribute in tree.find_all(nodes.Getattr):
        _check_attribute(attribute, variables, undeclared)


@functools.lru_cache(maxsize=1024)
def parsed(text: str) -> nodes.Template:
    """The syntax tree, of allowed nodes only."""
    if len(text) > MAX_SOURCE:
        raise TextError(f"is longer than {MAX_SOURCE:,} characters")
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        raise TextError(f"bad Jinja: {_syntax_message(error)}", error.lineno) from error
    except RecursionError as error:
        raise TextError("is nested too deeply") from error
    for node in _all_nodes(tree):
        if not isinstance(node, _NODES):
            reason = _ADVICE_FOR.get(type(node), f"{type(node).__name__.lower()} is not allowed in texts")
            raise TextError(reason, node.lineno)
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            raise TextError(f"there is no filter {node.name!r}{did_you_mean(node.name, FILTERS)}", node.lineno)
        if isinstance(node, nodes.Test) and node.name not in TESTS:
            raise TextError(f"there is no test {node.name!r}{did_you_mean(node.name, TESTS)}", node.lineno)
        if isinstance(node, nodes.For) and (node.recursive or node.test):
            raise TextError("a plain for only: filter its list with `| select`", node.lineno)
        if isinstance(node, nodes.Name) and (node.name == "self" or node.name.startswith("_")):
            raise TextError(f"there is no variable {node.name!r}", node.lineno)
        if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            raise TextError(f"there is no {node.attr!r}: names that begin with _ are not read", node.lineno)
    return tree


def _all_nodes(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Every node, parents first, without recursion. Raises TextError where they are nested deeper than MAX_NESTING."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_NESTING:
            raise TextError("is nested too deeply", node.lineno)
        yield node
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


def _syntax_message(error: TemplateSyntaxError) -> str:
    message = error.message or "cannot be understood"
    if "No filter named" in message:
        name = message.split("'")[1]
        return f"there is no filter {name!r}{did_you_mean(name, FILTERS)}"
    if "No test named" in message:
        name = message.split("'")[1]
        return f"there is no test {name!r}{did_you_mean(name, TESTS)}"
    return message.rstrip(".")


def _check_attribute(node: nodes.Getattr, variables: Mapping[str, Any], undeclared: set[str]) -> None:
    """Checks `change.pull_request.title` step by step against the types of the views."""
    kind = _kind_of(node.node, variables, undeclared)
    if isinstance(kind, frozenset):
        names = sorted(kind)
    elif isinstance(kind, type) and dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
    else:
        return
    if node.attr not in names:
        raise TextError(f"there is no {_spelled(node)!r}{did_you_mean(node.attr, names)}", node.lineno)


def _kind_of(node: nodes.Node, variables: Mapping[str, Any], undeclared: set[str]) -> Any:
    """The type of an expression that is a name or a field of one; None for any other."""
    if isinstance(node, nodes.Name):
        return variables.get(node.name) if node.name in undeclared else None
    if isinstance(node, nodes.Getattr):
        kind = _kind_of(node.node, variables, undeclared)
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            return _without_none(get_type_hints(kind).get(node.attr))
    if isinstance(node, nodes.Getitem):
        kind = _kind_of(node.node, variables, undeclared)
        if get_origin(kind) is tuple:
            return get_args(kind)[0]
    return None


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        return members[0] if len(members) == 1 else None
    return kind


def _spelled(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_spelled(node.node)}.{node.attr}"
    if isinstance(node, nodes.Getitem):
        return f"{_spelled(node.node)}[...]"
    return node.name if isinstance(node, nodes.Name) else "..."
