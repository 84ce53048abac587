"""Jinja for the texts of a template: prompts, captions, alternative texts. Layouts are drawn elsewhere.

A pull request may bring a template, and its variables are strangers' words; so the language is a small one in which every
step is bounded, by construction rather than by a list of known attacks:

- Nodes: output, if, for, set, expressions. No calls (so no methods, macros or globals), includes, imports, blocks.
- Attributes: fields of the frozen views of `view`, items of maps and lists. Nothing else has any, so there is no way to a
  class or a frame.
- Filters and tests: a short list of pure ones.
- Size: each text of any operation is bounded before it is made (MAX_TEXT), each list too (MAX_ITEMS, and MAX_TEXT for its
  texts together); lists hold no lists.
- Time: the loops of one text turn at most MAX_TURNS times together, its filters and operators take at most MAX_STEPS, and its
  source is at most MAX_SOURCE long.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Union, get_args, get_origin, get_type_hints

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from ci_mediagen.text.suggest import did_you_mean

MAX_SOURCE = 4000
"""Characters of one text as it is written."""
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
MAX_NESTING = 40
"""Expressions inside one another: the parser and compiler are recursive."""

FILTERS = frozenset(
    "abs capitalize count d default first float int join last length list lower max min reject rejectattr replace reverse "
    "round select selectattr sort sum title trim truncate unique upper wordcount map".split()
)
TESTS = frozenset(
    "defined divisibleby eq equalto even false float ge gt greaterthan in integer le lessthan lower lt mapping ne none "
    "number odd sameas sequence string true undefined upper boolean == != < <= > >=".split()
)
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


class _Budget:
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


_budget: ContextVar[_Budget] = ContextVar("budget")


class TextError(Exception):
    """A text that is not what it should be. `line` counts from 1 inside it."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def is_jinja(text: str) -> bool:
    return "{{" in text or "{%" in text or "{#" in text


def check(text: str, variables: Mapping[str, Any]) -> None:
    """Checks a text without rendering it: its syntax, what it uses, and that every name in it exists.

    `variables` gives for each variable its type, or the names that it has. Raises TextError.
    """
    tree = _parsed(text)
    undeclared = meta.find_undeclared_variables(tree)
    for name in tree.find_all(nodes.Name):
        if name.name in undeclared and name.name not in variables:
            raise TextError(f"there is no variable {name.name!r}{did_you_mean(name.name, variables)}", name.lineno)
    for attribute in tree.find_all(nodes.Getattr):
        _check_attribute(attribute, variables, undeclared)


def render(text: str, context: Mapping[str, Any]) -> str:
    """The text filled in. Raises TextError: a syntax error, a name that does not exist, a bound that was passed."""
    if not is_jinja(text):
        return text
    template = _compiled(text)
    token = _budget.set(_Budget())
    parts, length = [], 0
    try:
        for part in template.generate(context):
            length += len(part)
            if length > MAX_TEXT:
                raise SecurityError(f"it becomes longer than {MAX_TEXT:,} characters")
            parts.append(part)
    except TextError:
        raise
    except (UndefinedError, SecurityError, TemplateRuntimeError) as error:
        raise TextError(str(error), _line_of(error)) from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise TextError(f"cannot be filled in: {error}", _line_of(error)) from error
    finally:
        _budget.reset(token)
    return "".join(parts)


class _Missing(StrictUndefined):
    """Says what is missing and which name is nearest."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return str(self._undefined_hint)
        return f"there is no variable {self._undefined_name!r}"


class _Environment(ImmutableSandboxedEnvironment):
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
        _budget.get().step(left)
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
                if left.bit_length() + right.bit_length() > MAX_BITS:
                    raise SecurityError(f"it becomes a number of more than {MAX_BITS} bits")
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
def _environment() -> _Environment:
    return _Environment()


@functools.lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    tree = _Bounds().visit(_parsed(text))
    environment = _environment()
    code = environment.compile(tree)
    return environment.template_class.from_code(environment, code, dict(environment.globals))


@functools.lru_cache(maxsize=1024)
def _parsed(text: str) -> nodes.Template:
    """The syntax tree, of allowed nodes only."""
    if len(text) > MAX_SOURCE:
        raise TextError(f"is longer than {MAX_SOURCE:,} characters")
    try:
        tree = _environment().parse(text)
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


class _Bounds(NodeTransformer):
    """Puts a bounded filter in the place of `~`, one that counts around the list of each `for`, and one that checks around
    each list that is written."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "_concat")

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_turned")
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, "_scalars")

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, "_scalars") if node.ctx == "load" else node

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if node.expr2 is None:
            node.expr2 = nodes.Const("", lineno=node.lineno)
        return node


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _printed(value: Any) -> Any:
    """What `{{ }}` prints of a value: nothing of none, and only what is a text or number."""
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
    _budget.get().turn(len(found))
    return found


def _scalars(items: Sequence[Any]) -> Sequence[Any]:
    """The list, if it is within bounds and holds no lists or maps."""
    if len(items) > MAX_ITEMS:
        raise SecurityError(f"it becomes longer than {MAX_ITEMS:,} items")
    if any(isinstance(item, list | tuple | Mapping) for item in items):
        raise SecurityError("a list in a list is not allowed in texts")
    _check_size(sum(len(item) for item in items if isinstance(item, str)))
    return items


def _check_size(characters: int) -> None:
    if characters > MAX_TEXT:
        raise SecurityError(f"it becomes longer than {MAX_TEXT:,} characters")


_OF_LISTS = frozenset(
    "count first join last length list map max min reject rejectattr reverse select selectattr sort sum unique d default"
    .split()
)
"""Filters that may be given a list; the others work on a text or number."""


def _bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter with its result bounded; where it could make much of little, before that is made."""
    passes_context = hasattr(function, "jinja_pass_arg")

    @functools.wraps(function)
    def bounded(*arguments: Any, **named: Any) -> Any:
        given = arguments[1:] if passes_context else arguments
        _budget.get().step(given[0])
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


def _line_of(error: BaseException) -> int:
    """The line inside the text on which rendering stopped: Jinja rewrites tracebacks to say it."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


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
