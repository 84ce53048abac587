"""Checks a tree of YAML against pydantic dataclasses, and tells every mistake with its place and the nearest right word.

The dataclasses are validated as JSON in strict mode: a number is no text and a text no number, but arrays are tuples.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from ci_mediagen.errors import MediagenError
from ci_mediagen.text.marked_yaml import Mark, Node, dotted
from ci_mediagen.text.suggest import did_you_mean

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, defer_build=True)
"""Of every dataclass that YAML is checked against. Only the outermost one's validator is built, when it is first used."""

MOST_SHOWN = 10
"""Mistakes told at once."""
MOST_QUOTED = 60
"""Characters of a wrong value that a message repeats."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake."""

    mark: Mark
    path: tuple[str | int, ...]
    text: str

    def __str__(self) -> str:
        key = dotted(self.path)
        return f"{self.mark}: {key}: {self.text}" if key else f"{self.mark}: {self.text}"


def pattern(expression: str, description: str) -> tuple[Any, ...]:
    """Metadata for `Annotated[str, *pattern(...)]`: the text matches `expression` whole, or the message says `description`."""
    compiled = re.compile(expression)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{quoted(value)} must be {description}")
        return value

    return AfterValidator(check), Field(
        json_schema_extra={"pattern": f"^(?:{expression})$", "description": description}
    )


def raise_problems(problems: Sequence[Problem], error: type[MediagenError], *, advice: str = "") -> None:
    """Raises `error` with every problem, in the order of the file; does nothing where there is none."""
    if not problems:
        return
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.mark.source, problem.mark.line or 0))
    if len(ordered) == 1:
        raise error(str(ordered[0]), advice=advice)
    lines = [str(problem) for problem in ordered[:MOST_SHOWN]]
    if len(ordered) > MOST_SHOWN:
        lines.append(f"and {len(ordered) - MOST_SHOWN} more")
    raise error("\n".join([f"{len(ordered)} mistakes:", *(f"  {line}" for line in lines)]), advice=advice)


def validated(kind: type[T], node: Node, error: type[MediagenError]) -> T:
    """The tree as an instance of the pydantic dataclass `kind`. Raises `error` with up to MOST_SHOWN mistakes."""
    value, problems = attempt(kind, node)
    raise_problems(problems, error)
    assert value is not None  # noqa: S101
    return value


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    """Built once: it takes as long as checking a hundred files with it."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def attempt(kind: type[T], node: Node) -> tuple[T | None, list[Problem]]:
    """The instance, or every mistake."""
    if not isinstance(node.value, Mapping):
        return None, [Problem(node.mark, (), f"expected keys and values, got {_named(node.value)}")]
    node = _with_lists(kind, node)
    try:
        return _adapter(kind).validate_json(json.dumps(node.plain())), []
    except ValidationError as found:
        details = found.errors(include_url=False)
    except ValueError as found:
        return None, [Problem(node.mark, (), f"cannot be read: {found}")]
    return None, [_problem(kind, node, detail) for detail in details if not _is_echo(node, detail)]


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """JSON schema of what people may write: one value stands for a list of one."""
    schema: dict[str, Any] = _adapter(kind).json_schema()
    return _singles_allowed(schema)  # type: ignore[no-any-return]


def quoted(value: object) -> str:
    """A value as messages repeat it: shortened, without line breaks."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = text if len(text) <= MOST_QUOTED else f"{text[: MOST_QUOTED - 3]}..."
    return repr(text) if isinstance(value, str) else text


def keys_of(kind: Any) -> Mapping[str, Any]:
    """The keys that may stand where `kind` is expected, each with its type; empty for anything but dataclasses."""
    found: dict[str, Any] = {}
    for option in _options(kind):
        if is_dataclass(option):
            fields: Mapping[str, Any] = getattr(option, "__pydantic_fields__", {})
            found |= {field.alias or name: field.annotation for name, field in fields.items()}
    return found


def type_at(kind: Any, path: Sequence[str | int]) -> Any:
    """The type expected at `path`, for steps that the tree of types knows; steps that it does not are passed over."""
    for step in path:
        kind = _type_below(kind, step) or kind
    return kind


def is_text(kind: Any) -> bool:
    """Whether a text is expected, and nothing else but its absence."""
    return all(option in (str, type(None)) for option in _options(kind))


def item_type(kind: Any) -> Any | None:
    """The type of the items, where a list is expected."""
    return next((get_args(option)[0] for option in _options(kind) if get_origin(option) is tuple), None)


def is_map_of(kind: Any) -> Any | None:
    """The type of the values, where a map with free names is expected."""
    for option in _options(kind):
        origin = get_origin(option)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return get_args(option)[1]
    return None


def map_names(kind: Any) -> tuple[str, ...]:
    """The names that a map allows, where they are fixed."""
    for option in _options(kind):
        origin = get_origin(option)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            for name in _options(get_args(option)[0]):
                if get_origin(name) is Literal:
                    return tuple(get_args(name))
    return ()


def _options(kind: Any) -> tuple[Any, ...]:
    """The members of a union, Annotated taken off."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(option for member in get_args(kind) for option in _options(member))
    return (kind,)


def _type_below(kind: Any, step: str | int) -> Any | None:
    if isinstance(step, int):
        return item_type(kind)
    return keys_of(kind).get(step) or is_map_of(kind)


def _with_lists(kind: Any, node: Node) -> Node:
    """The tree with one value made a list of one wherever a list is expected."""
    items = item_type(kind)
    if items is not None:
        value = node.value
        if value is None:
            return node
        children = value if isinstance(value, tuple) else (replace(node, key=None),)
        return replace(node, value=tuple(_with_lists(items, child) for child in children))
    if not isinstance(node.value, Mapping):
        return node
    children_by_name = {}
    for name, child in node.value.items():
        below = _type_below(kind, name)
        children_by_name[name] = child if below is None else _with_lists(below, child)
    return replace(node, value=children_by_name)


def _singles_allowed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_singles_allowed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: _singles_allowed(item) for name, item in schema.items()}
    if schema.get("type") == "array" and "items" in schema:
        around = {name: schema.pop(name) for name in ("default", "title", "description") if name in schema}
        return {**around, "anyOf": [schema, schema["items"]]}
    return schema


def _problem(kind: Any, node: Node, detail: ErrorDetails) -> Problem:
    path = _real_path(node, detail["loc"])
    at = node.find(path)
    mark = (at.key or at.mark) if node.get(path) is not None else at.mark
    describe = _DESCRIPTIONS.get(detail["type"])
    if detail["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        right = keys_of(type_at(kind, path[:-1]))
        return Problem(mark, path, f"unknown key{did_you_mean(str(path[-1]), right)}")
    if detail["loc"] and detail["loc"][-1] == "[key]":
        names = map_names(type_at(kind, path[:-1]))
        text = f"unknown name{did_you_mean(str(path[-1]), names)}" if names else _message(detail)
        return Problem(mark, path, text)
    if detail["input"] is None and detail["type"] not in ("missing", "missing_argument"):
        return Problem(mark, path, _nothing_there(is_text(type_at(kind, path))))
    return Problem(mark, path, describe(detail) if describe else _message(detail))


def _is_echo(node: Node, detail: ErrorDetails) -> bool:
    """Whether a list is only called too short because items of it are wrong, which is told already."""
    there = len(node.find(_real_path(node, detail["loc"])).children)
    return detail["type"] == "too_short" and there >= int(detail["ctx"]["min_length"])


def _real_path(node: Node, loc: Sequence[str | int]) -> tuple[str | int, ...]:
    """The steps of pydantic's location that exist in the tree or could: its names of union members are left out."""
    path: list[str | int] = []
    for number, step in enumerate(loc):
        last = number == len(loc) - 1
        if step == "[key]":
            continue
        if node.get([*path, step]) is not None or (last and not str(step).startswith(UNION_TAG)):
            path.append(step)
    return tuple(path)


UNION_TAG = "one:"
"""Begins the tag of each member of a tagged union, so that locations can be told from keys."""


def _nothing_there(text_expected: bool) -> str:
    hint = '; a text with # in it must stand in quotes ("#7c5cff"), as # begins a comment' if text_expected else ""
    return f"has no value{hint}"


def _named(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list | tuple) else "keys and values"


def _expected(what: str) -> Callable[[ErrorDetails], str]:
    def describe(detail: ErrorDetails) -> str:
        hint = ": put it in quotes" if what == "a text" and isinstance(detail["input"], int | float) else ""
        return f"expected {what}, got {_named(detail['input'])}{hint}"

    return describe


def _literal(detail: ErrorDetails) -> str:
    words = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
    if not isinstance(detail["input"], str):
        return f"expected one of {', '.join(words)}, got {_named(detail['input'])}"
    return f"{quoted(detail['input'])} is not known here{did_you_mean(detail['input'], words)}"


def _bound(words: str, name: str) -> Callable[[ErrorDetails], str]:
    return lambda detail: f"must be {words} {detail['ctx'][name]:g}, got {quoted(detail['input'])}"


def _message(detail: ErrorDetails) -> str:
    return detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")


_DESCRIPTIONS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _: "is missing",
    "missing_argument": lambda _: "is missing",
    "literal_error": _literal,
    "string_type": _expected("a text"),
    "bool_type": _expected("true or false"),
    "int_type": _expected("a whole number"),
    "int_from_float": _expected("a whole number"),
    "float_type": _expected("a number"),
    "tuple_type": _expected("a list"),
    "list_type": _expected("a list"),
    "dict_type": _expected("keys and values"),
    "dataclass_type": _expected("keys and values"),
    "dataclass_exact_type": _expected("keys and values"),
    "greater_than": _bound("greater than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "too_long": lambda detail: f"at most {detail['ctx']['max_length']} are read, got {detail['ctx']['actual_length']}",
    "too_short": lambda detail: f"at least {detail['ctx']['min_length']} must be given",
    "string_too_long": lambda detail: f"is longer than {detail['ctx']['max_length']} characters",
    "string_too_short": lambda _: "must not be empty",
}
