"""YAML that people write, as a tree that remembers where each value stands.

Several trees merge into one (a template and what it extends, a configuration and its layers), and each value still names
the place it came from. The dialect is the safe core: maps, lists, text, numbers, true, false, null (`yes`, `no` and dates are
text), no tags; keys are unique; aliases, depth and size are bounded.

libyaml's own composer is recursive and crashes the interpreter on a few thousand brackets, so the tree is built here from
its events, which stop at MAX_DEPTH.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ci_mediagen.errors import MediagenError

MAX_BYTES = 256 * 1024
"""Size of one file."""
MAX_DEPTH = 32
"""Maps and lists inside one another."""
MAX_NODES = 20_000
"""Values of one file, those that aliases repeat counted each time."""

Scalar: TypeAlias = str | int | float | bool | None
Path: TypeAlias = Sequence[str | int]

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LOST_VALUE = re.compile(r"[\w\"'-]+\s*:\s+(#[\w-]+)[\s,}\]]*$")
"""A key without a value where a text that begins with # was meant: in a comment there is a space after the #."""
_STRING_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands."""

    source: str
    """A file as messages name it, or another place: `CI_MEDIAGEN_OUTPUT`, `--output`, `default`."""
    line: int | None = None
    """1-based, of the value's beginning; None where the place has no lines."""
    column: int | None = None
    """1-based."""
    text_line: int | None = None
    """Line on which a text's first line stands: below the `|` of a block."""
    last_line: int | None = None

    def at_line(self, number: int) -> Mark:
        """The mark of line `number` (1-based) inside this text."""
        if self.text_line is None:
            return self
        last = self.last_line or self.text_line
        return replace(self, line=min(self.text_line + number - 1, max(last, self.text_line)))

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands."""

    value: Scalar | Mapping[str, Node] | tuple[Node, ...]
    mark: Mark
    key: Mark | None = None
    """Of the key, where this is a value in a map."""

    @property
    def children(self) -> Mapping[str | int, Node]:
        if isinstance(self.value, Mapping):
            return {str(name): child for name, child in self.value.items()}
        return dict(enumerate(self.value)) if isinstance(self.value, tuple) else {}

    def plain(self) -> Any:
        """The value without marks: dict, list, str, int, float, bool, None."""
        if isinstance(self.value, Mapping):
            return {name: child.plain() for name, child in self.value.items()}
        return [child.plain() for child in self.value] if isinstance(self.value, tuple) else self.value

    def find(self, path: Path) -> Node:
        """The node at `path`, or the nearest one above that exists. Steps that do not exist are passed over."""
        node = self
        for step in path:
            node = node.children.get(step, node)
        return node

    def get(self, path: Path) -> Node | None:
        """The node at exactly `path`."""
        node: Node | None = self
        for step in path:
            node = node.children.get(step) if node else None
        return node

    def with_child(self, name: str, child: Node) -> Node:
        assert isinstance(self.value, Mapping)  # noqa: S101
        return replace(self, value={**self.value, name: child})

    def without(self, *names: str) -> Node:
        assert isinstance(self.value, Mapping)  # noqa: S101
        return replace(self, value={name: child for name, child in self.value.items() if name not in names})

    def walk(self, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """This node and all below it, each with its path."""
        yield path, self
        for step, child in self.children.items():
            yield from child.walk((*path, step))


def dotted(path: Iterable[str | int]) -> str:
    """`shots[1].text.headline`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def merge(base: Node, over: Node) -> Node:
    """`over` on `base`: maps merge, everything else is replaced."""
    if not (isinstance(base.value, Mapping) and isinstance(over.value, Mapping)):
        return over
    merged = dict(base.value)
    for name, child in over.value.items():
        merged[name] = merge(merged[name], child) if name in merged else child
    return replace(over, value=merged)


def node_from(value: Any, mark: Mark) -> Node:
    """A plain value as a tree of which every part stands at `mark`."""
    if isinstance(value, Mapping):
        return Node({str(name): node_from(item, mark) for name, item in value.items()}, mark, mark)
    if isinstance(value, list | tuple):
        return Node(tuple(node_from(item, mark) for item in value), mark, mark)
    return Node(value, mark, mark)


def parse(data: bytes | str, source: str, error: type[MediagenError]) -> Node:
    """The one document in `data`; an empty one is an empty map.

    Raises `error`, which names `source`, line and column.
    """
    import yaml

    text = _decoded(data, source, error)
    loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(text, source, error)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as problem:
        at = problem.problem_mark or problem.context_mark
        place = f"{source}:{at.line + 1}:{at.column + 1}" if at else source
        raise error(
            f"{place}: not valid YAML: {problem.problem or problem.context}", advice=_advice(text, at)
        ) from problem
    except yaml.YAMLError as problem:
        position = getattr(problem, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        raise error(f"{source}:{line}: not valid YAML: it holds a character that YAML does not allow") from problem
    return builder.root or Node({}, Mark(source, 1, 1))


def scalar(text: str) -> Scalar:
    """What a plain word means: a number, true, false, null, or itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _decoded(data: bytes | str, source: str, error: type[MediagenError]) -> str:
    if len(data) > MAX_BYTES:
        raise error(f"{source}: is {len(data):,} bytes long; at most {MAX_BYTES:,} are read")
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise error(f"{source}:{line}: is not UTF-8 text", advice="Save the file as UTF-8.") from problem


def _advice(text: str, at: Any) -> str:
    if at is None:
        return ""
    lines = text.splitlines()
    line = lines[at.line] if at.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "Indent with spaces: YAML does not allow tabs there."
    if any(re.search(r":\s+#\w", earlier) for earlier in lines[: at.line + 1]):
        return "A text that begins with # must stand in quotes: # begins a comment."
    if re.search(r":\s+[@`%{]", line):
        return "A text that begins with @, `, % or {{ must stand in quotes."
    return "Texts with special characters (: # [ { @ ` %) must stand in quotes."


class _Open:
    """A map or list whose end has not been read."""

    __slots__ = ("anchor", "is_map", "items", "key", "mark", "names", "size", "values")

    def __init__(self, is_map: bool, mark: Mark, anchor: str | None) -> None:
        self.is_map = is_map
        self.mark = mark
        self.anchor = anchor
        self.items: list[Node] = []
        self.values: dict[str, Node] = {}
        self.key: tuple[str, Mark] | None = None
        self.size = 1


class _Builder:
    """Takes libyaml's events one by one and builds the tree without recursion."""

    def __init__(self, text: str, source: str, error: type[MediagenError]) -> None:
        self.root: Node | None = None
        self._lines = text.split("\n")
        self._source = source
        self._error = error
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._documents = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._add(self._scalar(event), 1, event.anchor)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._start(event, kind == "MappingStartEvent")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            opened = self._open.pop()
            value = opened.values if opened.is_map else tuple(opened.items)
            self._add(Node(value, opened.mark), opened.size, opened.anchor)
        elif kind == "AliasEvent":
            self._alias(event)
        elif kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise self._wrong(event, "a second document begins here", "Keep one document: remove the `---`.")

    def _scalar(self, event: Any) -> Node:
        self._check_tag(event)
        start, end = event.start_mark, event.end_mark
        block = event.style in ("|", ">")
        last_line = end.line if end.column == 0 else end.line + 1
        first_line = start.line + (2 if block else 1)
        mark = Mark(self._source, start.line + 1, start.column + 1, first_line, max(first_line, last_line))
        quoted = event.style in ("'", '"', "|", ">") or event.tag in ("!", _STRING_TAG)
        return Node(event.value if quoted else scalar(event.value), mark)

    def _check_comment(self, mark: Mark) -> None:
        """`accent: #7c5cff` is an empty value and a comment, and nobody means that. `mark` is the key's."""
        line = self._lines[(mark.line or 1) - 1][(mark.column or 1) - 1 :]
        found = _LOST_VALUE.match(line)
        if found:
            raise self._error(
                f"{mark}: {found[1]} is a comment here: # begins one", advice=f'Write "{found[1]}", in quotes.'
            )

    def _start(self, event: Any, is_map: bool) -> None:
        self._check_tag(event)
        if len(self._open) >= MAX_DEPTH:
            raise self._wrong(event, f"is nested deeper than {MAX_DEPTH} levels")
        if self._open and self._open[-1].is_map and self._open[-1].key is None:
            raise self._wrong(event, "a key must be a word", "A text that begins with {{ or [ must stand in quotes.")
        self._open.append(_Open(is_map, self._mark(event), event.anchor))

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise self._wrong(event, f"there is no anchor &{event.anchor} before this")
        node, size = self._anchors[event.anchor]
        self._add(replace(node, key=None), size, None, event)

    def _add(self, node: Node, size: int, anchor: str | None, event: Any = None) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, size)
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        if top.is_map and top.key is None:
            top.key = (self._key(node), node.mark)
            return
        top.size += size
        if sum(opened.size for opened in self._open) > MAX_NODES:
            raise self._error(f"{self._place(event, node)}: holds more than {MAX_NODES:,} values, aliases counted")
        if top.key is None:
            top.items.append(node)
            return
        name, mark = top.key
        top.key = None
        if name in top.values:
            raise self._error(
                f"{mark}: key {name!r} is given twice, first on line {top.values[name].key.line}",  # type: ignore[union-attr]
                advice="Remove one of them.",
            )
        if node.value is None:
            self._check_comment(mark)
        top.values[name] = replace(node, key=mark)

    def _key(self, node: Node) -> str:
        if isinstance(node.value, Mapping | tuple) or node.value is None:
            raise self._error(f"{node.mark}: a key must be a word")
        return node.value if isinstance(node.value, str) else str(node.value)

    def _check_tag(self, event: Any) -> None:
        if event.tag not in (None, "!", _STRING_TAG):
            raise self._wrong(
                event, f"tags are not read here: {event.tag[:80]}", "Remove the word that begins with `!`."
            )

    def _mark(self, event: Any) -> Mark:
        return Mark(self._source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _place(self, event: Any, node: Node) -> Mark:
        return self._mark(event) if event is not None else node.mark

    def _wrong(self, event: Any, message: str, advice: str = "") -> MediagenError:
        return self._error(f"{self._mark(event)}: {message}", advice=advice)
