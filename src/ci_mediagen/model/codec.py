"""Frozen dataclasses to JSON and back, with the standard library alone: the worker runs where nothing else is installed."""

from __future__ import annotations

import dataclasses
import functools
import json
import types
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

type_hints = functools.cache(get_type_hints)


def encode(value: Any) -> Any:
    """A tree of dataclasses as JSON values: dataclass -> object, tuple -> array; the rest is what it is."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): encode(item) for name, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [encode(item) for item in value]
    return value


def decode(kind: type[T], data: Any) -> T:
    """The inverse of `encode`. Raises ValueError naming the path of the first value that does not fit.

    Unknown names in an object are refused, missing ones take the dataclass's default: a file of a newer minor shape is
    never half understood.
    """
    return _decode(kind, data, "$")  # type: ignore[no-any-return]


def canonical(value: Any) -> bytes:
    """One spelling for one value: sorted names, no spaces, UTF-8. What keys are computed over."""
    text = json.dumps(encode(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def _decode(kind: Any, data: Any, path: str) -> Any:
    if kind is Any:
        return data
    origin = get_origin(kind)
    if origin is Literal:
        if data not in get_args(kind):
            raise ValueError(f"{path}: {data!r} is none of {', '.join(map(repr, get_args(kind)))}")
        return data
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(kind), data, path)
    if origin is tuple:
        if not isinstance(data, list):
            raise ValueError(f"{path}: expected an array, got {type(data).__name__}")
        return tuple(_decode(get_args(kind)[0], item, f"{path}[{i}]") for i, item in enumerate(data))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(data, dict):
            raise ValueError(f"{path}: expected an object, got {type(data).__name__}")
        return {name: _decode(get_args(kind)[1], item, f"{path}.{name}") for name, item in data.items()}
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data, path)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind in (str, int, float, bool):
        if type(data) is not kind:
            raise ValueError(f"{path}: expected {kind.__name__}, got {type(data).__name__}")
        return data
    raise TypeError(f"{path}: no decoder for {kind!r}")


def _decode_union(kinds: tuple[Any, ...], data: Any, path: str) -> Any:
    if data is None and type(None) in kinds:
        return None
    failures = []
    for kind in kinds:
        if kind is type(None):
            continue
        try:
            return _decode(kind, data, path)
        except ValueError as error:
            failures.append(str(error))
    raise ValueError("; or ".join(failures) or f"{path}: must be null")


def _decode_dataclass(kind: Any, data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{path}: expected an object, got {type(data).__name__}")
    hints = type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise ValueError(f"{path}: unknown {', '.join(map(repr, unknown))}")
    missing = [
        name
        for name, field in fields.items()
        if name not in data and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ValueError(f"{path}: missing {', '.join(map(repr, missing))}")
    return kind(**{name: _decode(hints[name], value, f"{path}.{name}") for name, value in data.items()})
