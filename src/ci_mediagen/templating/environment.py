"""The Jinja environment of texts: what its operators, filters and attributes may do, each step bounded.

`grammar` says what may be written, `sandbox` puts the two together.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ci_mediagen.text.suggest import did_you_mean

MAX_TEXT = 4000
"""Characters of any text that is made, on the way or at the end."""
MAX_ITEMS = 1000
"""Items of any list that is made."""
MAX_TURNS = 500
"""Of all loops in one text together."""
MAX_STEPS = 20_000
"""Of all filters and operators in one text together; one for each call and one for each item of the list it works on."""
MAX_BITS = 256
"""Of a product of whole numbers."""

FILTERS = frozenset(
    {
        "abs", "capitalize", "count", "d", "default", "first", "float", "int", "join", "last", "length", "list",
        "lower", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select", "selectattr", "sort",
        "sum", "title", "trim", "truncate", "unique", "upper", "wordcount", "map",
    }
)  # fmt: skip
TESTS = frozenset(
    {
        "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "greaterthan", "in", "integer",
        "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sameas", "sequence", "string",
        "true", "undefined", "upper", "boolean", "==", "!=", "<", "<=", ">", ">=",
    }
)  # fmt: skip


class Budget:
    """What the text being rendered has left."""

    __slots__ = ("steps", "turns")

    def __init__(self) -> None:
        self.turns = MAX_TURNS
        self.steps = MAX_STEPS

    def turn(self, times: int) -> None:
        self.turns -= times
        if self.turns < 0:
            raise SecurityError(f"its loops turn more than {MAX_TURNS:,} times")

    def step(self, value: Any) -> None:
        self.steps -= 1 + (len(value) if isinstance(value, list | tuple) else 0)
        if self.steps < 0:
            raise SecurityError(f"it takes more than {MAX_STEPS:,} steps")


budget: ContextVar[Budget] = ContextVar("budget")
caught_lists: ContextVar[list[Any] | None] = ContextVar("caught", default=None)
"""Where a list that would be printed goes instead, if anybody wants it."""


class _Missing(StrictUndefined):
    """Says what is missing and which name is nearest."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return str(self._undefined_hint)
        return f"there is no variable {self._undefined_name!r}"


class Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=_Missing, autoescape=False, optimized=False, finalize=_printed)
        self.globals.clear()
        self.policies["truncate.leeway"] = 0
        self.filters = {name: _bounded_filter(name, self.filters[name]) for name in FILTERS}
        self.filters |= {"_concat": _concat, "_turned": _turned, "_scalars": _scalars}
        self.tests = {name: test for name, test in self.tests.items() if name in TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._read(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self._read(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        budget.get().step(left)
        for value in (left, right):
            if isinstance(value, Undefined):
                str(value)
        if operator == "%" and not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError("% is for numbers; join texts with ~")
        if operator == "*":
            left, right = (left, right) if isinstance(right, int | float) else (right, left)
            if isinstance(left, str) and isinstance(right, int):
                _check_size(len(left) * max(right, 0))
            elif not (isinstance(left, int | float) and isinstance(right, int | float)):
                raise SecurityError("* is for numbers, and for a text and a number")
            elif isinstance(left, int) and isinstance(right, int):
                _check_bits(left.bit_length() + right.bit_length())
        if operator == "+" and isinstance(left, Sequence) and isinstance(right, Sequence):
            if isinstance(left, str) and isinstance(right, str):
                _check_size(len(left) + len(right))
            else:
                _scalars([*left, *right])
        return super().call_binop(context, operator, left, right)

    def _read(self, obj: Any, name: Any) -> Any:
        """A field of a view, an item of a map or list; nothing else."""
        if isinstance(obj, Undefined):
            return obj
        names: Iterable[str] = ()
        if isinstance(name, slice):
            if isinstance(obj, str | list | tuple):
                return obj[name]
        elif isinstance(name, int) and not isinstance(name, bool):
            if isinstance(obj, str | list | tuple) and -len(obj) <= name < len(obj):
                return obj[name]
        elif isinstance(name, str):
            if isinstance(obj, Mapping):
                if name in obj:
                    return obj[name]
                names = [key for key in obj if isinstance(key, str)]
            elif _is_view(obj):
                names = [field.name for field in dataclasses.fields(obj)]
                if name in names:
                    return getattr(obj, name)
            elif type(obj).__name__ == "LoopContext" and name in _LOOP_NAMES:
                return getattr(obj, name)
        what = "none" if obj is None else "a text" if isinstance(obj, str) else "this"
        hint = f"there is no {name!r} in {what}{did_you_mean(str(name), names)}"
        if obj is None:
            hint = f"{name!r} is asked of something that is none here; ask first with {{% if %}}"
        return self.undefined(hint=hint, obj=obj, name=str(name))


_LOOP_NAMES = frozenset({"first", "last", "index", "index0", "length", "revindex"})


@functools.cache
def environment() -> Environment:
    return Environment()


def _printed(value: Any) -> Any:
    """What `{{ }}` prints of a value: nothing of none, and only what is a text or number."""
    caught = caught_lists.get()
    if caught is not None and isinstance(value, list | tuple):
        caught.append(value)
        return ""
    return "" if value is None else _text(value)


def _text(value: Any) -> Any:
    if isinstance(value, list | tuple):
        raise SecurityError("a list is no text; join it: {{ text.bullets | join(', ') }}")
    if isinstance(value, Mapping) or dataclasses.is_dataclass(value):
        raise SecurityError("this has several fields; choose one: {{ change.headline }}")
    return value


def _concat(items: list[Any]) -> str:
    texts = ["" if item is None else str(_text(item)) for item in items]
    _check_size(sum(map(len, texts)))
    return "".join(texts)


def _turned(items: Any) -> list[Any]:
    """The items of a loop, taken off the turns that are left."""
    found = list(items)
    budget.get().turn(len(found))
    return found


def _scalars(items: Sequence[Any]) -> Sequence[Any]:
    """The list, if it is within bounds and holds no lists or maps."""
    if len(items) > MAX_ITEMS:
        raise SecurityError(f"it becomes longer than {MAX_ITEMS:,} items")
    if any(isinstance(item, list | tuple | Mapping) for item in items):
        raise SecurityError("a list in a list is not allowed in texts")
    _check_size(sum(len(item) for item in items if isinstance(item, str)))
    return items


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise SecurityError(f"it becomes a number of more than {MAX_BITS} bits")


def _check_size(characters: int) -> None:
    if characters > MAX_TEXT:
        raise SecurityError(f"it becomes longer than {MAX_TEXT:,} characters")


_OF_LISTS = frozenset(
    {
        "count", "first", "join", "last", "length", "list", "map", "max", "min", "reject", "rejectattr", "reverse",
        "select", "selectattr", "sort", "sum", "unique", "d", "default",
    }
)  # fmt: skip
"""Filters that may be given a list; the others work on a text or number."""


def _bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter with its result bounded; where it could make much of little, before that is made."""
    passes_context = hasattr(function, "jinja_pass_arg")

    @functools.wraps(function)
    def bounded(*arguments: Any, **named: Any) -> Any:
        given = arguments[1:] if passes_context else arguments
        budget.get().step(given[0])
        if name not in _OF_LISTS:
            _text(given[0])
        _check_growth(name, given, named)
        result = function(*arguments, **named)
        if isinstance(result, Iterator):
            result = list(itertools.islice(result, MAX_ITEMS + 1))
        if isinstance(result, list | tuple) and result != given[0]:
            _scalars([item for item in result if not _is_given(item, given[0])])
        return result

    return bounded


def _is_given(item: Any, value: Any) -> bool:
    """A map that was an item already, as authors are: filters may choose among those."""
    return isinstance(item, Mapping) and isinstance(value, list | tuple) and any(item is other for other in value)


def _check_growth(name: str, given: Sequence[Any], named: Mapping[str, Any]) -> None:
    if name == "replace" and len(given) >= 3:
        text, old, new = str(given[0]), str(_text(given[1])), str(_text(given[2]))
        _check_size(len(text) + text.count(old) * max(0, len(new) - len(old)))
    elif name == "join" and isinstance(given[0], list | tuple):
        separator = str(_text(given[1] if len(given) > 1 else named.get("d", "")))
        lengths = [len(str(item)) for item in given[0]] if "attribute" not in named and len(given) < 3 else []
        _check_size(sum(lengths) + max(0, len(given[0]) - 1) * len(separator))
    elif name == "sum" and isinstance(given[0], list | tuple):
        if len(given) > 2 or "start" in named or any(not isinstance(item, int | float | Mapping) for item in given[0]):
            raise SecurityError("sum is for numbers")
    elif name == "round" and len(given) > 1 and not (isinstance(given[1], int) and abs(given[1]) <= 20):
        raise SecurityError("round is for at most 20 places")
    elif name == "list" and isinstance(given[0], str) and len(given[0]) > MAX_ITEMS:
        raise SecurityError(f"it becomes longer than {MAX_ITEMS:,} items")


def _is_view(obj: Any) -> bool:
    return dataclasses.is_dataclass(obj) and not isinstance(obj, type)
