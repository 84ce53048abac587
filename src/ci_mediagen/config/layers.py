"""Environment variables and flags as layers of configuration, and the places that a locked key may not be set in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ci_mediagen.config.settings import Settings
from ci_mediagen.errors import ConfigError
from ci_mediagen.text.marked_yaml import Mark, Node, merge, node_from, parse, scalar
from ci_mediagen.text.suggest import did_you_mean
from ci_mediagen.text.validation import (
    Problem,
    is_map_of,
    is_text,
    item_type,
    keys_of,
    map_names,
    raise_problems,
    type_at,
)

PREFIX = "CI_MEDIAGEN_"
SEPARATOR = "__"
"""Between the levels of a key: CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL is announce.slack.channel."""

NOT_CONFIGURATION = frozenset({"CACHE", "FETCH", "VERSION"})
"""Variables of the same prefix that are read elsewhere: where the cache lies, whether history may be fetched, and which
version an installer chose."""


def environment_layer(environ: Mapping[str, str]) -> Node:
    """The keys that CI_MEDIAGEN_* variables set. An empty variable sets nothing: that is how actions pass an input that was
    not given. Raises ConfigError for a variable that stands for no key."""
    layer = Node({}, Mark("environment"))
    problems = []
    for name in sorted(environ):
        value = environ[name]
        if not name.startswith(PREFIX) or name.removeprefix(PREFIX) in NOT_CONFIGURATION or not value.strip():
            continue
        mark = Mark(name)
        path, problem = _path_of(name, mark)
        if problem:
            problems.append(problem)
            continue
        layer = merge(layer, _nested(path, _value(value, type_at(Settings, path), mark), mark))
    raise_problems(problems, ConfigError)
    return layer


def flags_layer(flags: Mapping[str, Any]) -> Node:
    """The keys that were given on the command line, by dotted key; None means not given."""
    layer = Node({}, Mark("flags"))
    for key, value in flags.items():
        if value is not None:
            mark = Mark(f"--{key.replace('_', '-').replace('.', '-')}")
            layer = merge(layer, _nested(key.split("."), node_from(value, mark), mark))
    return layer


def with_shorthand(node: Node) -> Node:
    """`announce: each` written out as `announce: {mode: each}`."""
    announce = node.get(("announce",))
    if announce is None or not isinstance(announce.value, str):
        return node
    return node.with_child("announce", Node({"mode": announce}, announce.mark, announce.key))


def lock_problems(locks: Node | None) -> list[Problem]:
    """Locks that name no key, and so would hold nothing."""
    problems = []
    for below, node in locks.walk() if locks else ():
        if isinstance(node.value, str):
            kind: Any = Settings
            for step in node.value.split("."):
                keys, free = keys_of(kind), is_map_of(kind)
                if step not in keys and free is None:
                    text = f"there is no key {node.value!r}{did_you_mean(step, keys)}"
                    problems.append(Problem(node.mark, ("locks", *below), text))
                    break
                kind = keys.get(step, free)
    return problems


def check_locks(locks: Node | None, layer: Node) -> None:
    """Raises ConfigError where `layer` sets a key that is locked, naming both places."""
    problems = []
    for _, lock in locks.walk() if locks else ():
        if not isinstance(lock.value, str):
            continue
        path = lock.value.split(".")
        node = layer
        for step in path:
            below = node.children.get(step)
            if below is None:
                break
            node = below
            if not isinstance(node.value, Mapping) or step is path[-1]:
                at = node.key or node.mark
                problems.append(Problem(at, (lock.value,), f"is locked by {lock.mark} and cannot be set here"))
                break
    raise_problems(problems, ConfigError, advice="Remove the key here, or have the lock removed there.")


def _path_of(name: str, mark: Mark) -> tuple[list[str], Problem | None]:
    """The key that a variable's name stands for."""
    path: list[str] = []
    kind: Any = Settings
    spelled = PREFIX
    for part in name.removeprefix(PREFIX).split(SEPARATOR):
        keys: Sequence[str] = [*keys_of(kind)] or map_names(kind)
        free = is_map_of(kind)
        found = next((key for key in keys if _variable(key) == part), None)
        if found is None and free is not None and not keys and part:
            found = part.lower()
        if found is None:
            right = [f"{spelled}{_variable(key)}" for key in keys]
            return path, Problem(mark, (), f"no key has this name{did_you_mean(spelled + part, right)}")
        path.append(found)
        spelled += f"{part}{SEPARATOR}"
        kind = keys_of(kind).get(found, free)
    return path, None


def _variable(key: str) -> str:
    return key.upper().replace("-", "_")


def _value(text: str, kind: Any, mark: Mark) -> Node:
    """A text where a text is expected; else a YAML scalar, or a list or map in brackets."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{mark}: is not UTF-8 text") from error
    if text.lstrip()[:1] in ("[", "{") and not is_text(kind):
        return node_from(parse(text, mark.source, ConfigError).plain(), mark)
    items = item_type(kind)
    if is_text(kind) or (items is not None and is_text(items)):
        return Node(text, mark, mark)
    return Node(scalar(text.strip()), mark, mark)


def _nested(path: Sequence[str], node: Node, mark: Mark) -> Node:
    for name in reversed(path):
        node = Node({name: node}, mark, mark)
    return node
