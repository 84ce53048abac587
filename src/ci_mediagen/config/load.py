"""defaults < organisation's file < mediagen.yml < CI_MEDIAGEN_* < flags -> one frozen Config, each value with its origin."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ci_mediagen.config.layers import check_locks, environment_layer, flags_layer, lock_problems, with_shorthand
from ci_mediagen.config.organisation import read_extended
from ci_mediagen.config.secrets import ADVICE, secret_problems
from ci_mediagen.config.settings import Settings
from ci_mediagen.errors import ConfigError, UsageError
from ci_mediagen.text.marked_yaml import MAX_BYTES, Mark, Node, dotted, merge, parse
from ci_mediagen.text.validation import Problem, json_schema, raise_problems, validated

FILE_NAME = "mediagen.yml"
OTHER_NAMES = (".mediagen.yml", "mediagen.yaml", ".mediagen.yaml")
"""Names under which nothing is read, and that are told of."""

DEFAULT_ORIGIN = "default"

ReadFile = Callable[[str], bytes | None]
"""A file of the repository by its path; None where there is none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Config(Settings):
    """All settings, and where each was set."""

    tree: Node = dataclasses.field(default=Node({}, Mark(DEFAULT_ORIGIN)), repr=False, compare=False)

    def origin(self, key: str) -> str:
        """Where a key was set: `mediagen.yml:12`, `CI_MEDIAGEN_OUTPUT`, `--output`, `default`."""
        node = self.tree.get(_steps(key))
        return DEFAULT_ORIGIN if node is None else str(node.key or node.mark)

    def values(self) -> tuple[tuple[str, Any, str], ...]:
        """(dotted key, value, origin) of every single value, the defaults included: what `config show` prints."""
        return tuple(
            (key, value, self.origin(key))
            for field in dataclasses.fields(Settings)
            for key, value in _leaves(field.name, getattr(self, field.name))
        )


def load_config(
    repo: Path,
    config_path: Path | None,
    environ: Mapping[str, str],
    flags: Mapping[str, Any],
    *,
    read_file: ReadFile | None = None,
) -> Config:
    """The configuration of a repository.

    `config_path` None means mediagen.yml in `repo`, which may be missing. `flags` gives values by dotted key, None for those
    not given. `read_file` reads the repository's files from somewhere else than the work tree: for a change that is not
    merged, from its base. Raises ConfigError with every mistake of a file, each with file, line and key.
    """
    read = _guarded(read_file or _work_tree(repo))
    mine = _own_file(repo, config_path, read)
    above = _organisation(mine, environ, read)
    locks = above.get(("locks",)) if above else None
    layers = [mine, environment_layer(environ), flags_layer(flags)]
    tree = above.without("locks") if above else Node({}, Mark(DEFAULT_ORIGIN))
    for layer in map(with_shorthand, layers):
        check_locks(locks, layer)
        tree = merge(tree, layer)
    settings = validated(Settings, tree, ConfigError)
    fields = {field.name: getattr(settings, field.name) for field in dataclasses.fields(Settings)}
    return Config(**fields, tree=tree)


def config_schema() -> dict[str, Any]:
    """JSON schema of mediagen.yml, for editors and documentation."""
    schema = json_schema(Settings)
    announce = schema["properties"]["announce"]
    modes = {"enum": ["auto", "each", "never"]}
    schema["properties"]["announce"] = {
        "default": announce.get("default"),
        "anyOf": [modes, _without_default(announce)],
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "mediagen.yml of ci-mediagen"}


def _without_default(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "default"}


def _own_file(repo: Path, config_path: Path | None, read: ReadFile) -> Node:
    if config_path is None:
        data, label = read(FILE_NAME), FILE_NAME
        if data is None:
            _tell_of_other_names(read)
            return Node({}, Mark(FILE_NAME))
    else:
        data, label = _given_file(repo, config_path, read)
    return _parsed(data, label)


def _tell_of_other_names(read: ReadFile) -> None:
    for name in OTHER_NAMES:
        if read(name) is not None:
            raise ConfigError(f"{name} is not read: the file has to be called {FILE_NAME}", advice=f"Rename {name}.")


def _given_file(repo: Path, config_path: Path, read: ReadFile) -> tuple[bytes, str]:
    """The file that was asked for: one of the repository as the repository has it, any other from the disk."""
    path = config_path if config_path.is_absolute() else Path.cwd() / config_path
    root = repo.resolve()
    if path.resolve().is_relative_to(root):
        label = path.resolve().relative_to(root).as_posix()
        data = read(label)
    else:
        label = str(config_path)
        data = _bytes_of(path, label) if path.is_file() else None
    if data is None:
        raise ConfigError(f"there is no configuration file {label}", advice="Check --config.")
    return data, label


def _parsed(data: bytes, label: str) -> Node:
    node = with_shorthand(parse(data, label, ConfigError))
    if not isinstance(node.value, Mapping):
        raise ConfigError(f"{label}: is made of keys and values, as `project: Aurora Studio`")
    raise_problems(list(secret_problems(node)), ConfigError, advice=ADVICE)
    return node


def _organisation(mine: Node, environ: Mapping[str, str], read: ReadFile) -> Node | None:
    """The tree of the file that `mine` extends, checked by itself."""
    locks = mine.get(("locks",))
    if locks is not None:
        text = "belongs in the file that is extended: nobody extends this one"
        raise_problems([Problem(locks.key or locks.mark, ("locks",), text)], ConfigError)
    extends = mine.get(("extends",))
    if extends is None or extends.value is None:
        return None
    data, label = read_extended(extends, environ, read)
    node = _parsed(data, label)
    again = node.get(("extends",))
    if again is not None:
        raise ConfigError(f"{again.mark}: extends: a file that is extended cannot extend another")
    validated(Settings, node, ConfigError)
    raise_problems(lock_problems(node.get(("locks",))), ConfigError)
    return node


def _work_tree(repo: Path) -> ReadFile:
    root = repo.resolve()

    def read(path: str) -> bytes | None:
        file = (root / path).resolve()
        if not file.is_relative_to(root):
            raise ConfigError(f"{path}: leads out of the repository", advice="Put the file itself there.")
        if file.is_file():
            return _bytes_of(file, path)
        if os.path.lexists(root / path):
            raise ConfigError(f"{path}: is no file that can be read", advice="Put a file of that name there, or none.")
        return None

    return read


def _guarded(read: ReadFile) -> ReadFile:
    """`read`, every refusal being one of the configuration."""

    def guarded(path: str) -> bytes | None:
        try:
            return read(path)
        except ConfigError:
            raise
        except UsageError as error:
            raise ConfigError(error.message, advice=error.advice) from error

    return guarded


def _bytes_of(file: Path, label: str) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{label}: cannot be read: {error.strerror}") from error


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in key.split("."):
        name, *numbers = part.replace("]", "").split("[")
        steps += [name, *(int(number) for number in numbers)]
    return steps


def _leaves(key: str, value: Any) -> list[tuple[str, Any]]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return [leaf for name in names for leaf in _leaves(f"{key}.{name}", getattr(value, name))]
    if isinstance(value, Mapping) and value:
        return [leaf for name, item in value.items() for leaf in _leaves(f"{key}.{name}", item)]
    if isinstance(value, tuple) and any(dataclasses.is_dataclass(item) for item in value):
        return [leaf for number, item in enumerate(value) for leaf in _leaves(dotted([key, number]), item)]
    return [(key, value)]
