"""The house: who may import whom, what may be loaded when, and who may print. Read from the source, not from memory.

The first half reads every import statement of `src/` (those inside functions too); the second half asks a fresh
interpreter what it really loaded.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.support.command import environment
from tests.support.repos import make_repo

PACKAGE = "ci_mediagen"
SOURCE = Path(__file__).parents[1] / "src" / PACKAGE

LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"cli", "__main__"}),
    frozenset({"pipeline", "assembly", "record", "doctor", "scaffold", "batch", "server"}),
    frozenset({"config"}),
    frozenset(
        {"events", "assets", "templating", "plan", "execute", "worker", "publish", "announce", "envs"},
    ),
    frozenset({"backends", "stores", "media"}),
    frozenset({"clients", "text"}),
    frozenset({"model", "errors"}),
)
"""From the roof down: a room imports from its own floor only what ROOMMATES allows, and anything below."""

ROOMMATES = {
    ("backends", "media"),
    ("clients", "text"),
    ("cli", "__main__"),
    ("__main__", "cli"),
    ("model", "errors"),
    ("pipeline", "assembly"),
    ("pipeline", "record"),
}
"""(who, whom) on one floor. assembly and record are parts of pipeline that have a file of their own; clients asks text what
an address is and what in it is secret, while text knows of no network."""

CONFIG_READERS = {"cli", "pipeline", "assembly", "record", "batch", "server", "config"}

HEAVY = {"av", "boto3", "botocore", "cv2", "httpx2", "numpy", "PIL", "pytakumi", "rich", "slack_sdk"}
"""Takes tens of milliseconds or more to import: never loaded for `--help`, and never at the top of a file that is."""

MODELS = {"accelerate", "diffusers", "peft", "safetensors", "torch", "transformers"}
"""Only in backends/diffusers, inside a worker."""


@dataclass(frozen=True)
class Import:
    file: Path
    line: int
    module: str
    """Absolute and dotted."""
    top_level: bool
    """Run when the file is imported: not inside a function, not under TYPE_CHECKING."""
    for_types_only: bool

    @property
    def where(self) -> str:
        return f"{self.file.relative_to(SOURCE)}:{self.line}"

    @property
    def room(self) -> str:
        """The room of this package that is imported, or "" for another package."""
        return room_of(self.module)


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else ""


def module_of(file: Path) -> str:
    parts = [PACKAGE, *file.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def files() -> tuple[Path, ...]:
    return tuple(sorted(SOURCE.rglob("*.py")))


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


@cache
def imports_of(file: Path) -> tuple[Import, ...]:
    known = {module_of(one) for one in files()}

    def visit(node: ast.AST, top_level: bool, for_types_only: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
                for statement in child.body:
                    yield from visit(ast.Module([statement], []), False, True)
                for statement in child.orelse:
                    yield from visit(ast.Module([statement], []), top_level, for_types_only)
                continue
            yield from (
                Import(file, child.lineno, name, top_level, for_types_only) for name in imported(child, file, known)
            )
            yield from visit(child, top_level and not deferred, for_types_only)

    return tuple(visit(tree_of(file), True, False))


def imported(node: ast.AST, file: Path, known: set[str]) -> Iterator[str]:
    """The modules that one statement imports: `from p import m` is `p.m` where that is a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = module_of(file).split(".")
            package = package if file.name == "__init__.py" else package[:-1]
            base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
        for alias in node.names:
            dotted = f"{base}.{alias.name}"
            yield dotted if dotted in known else base


def every_import() -> Iterator[Import]:
    for file in files():
        yield from imports_of(file)


def level_of(room: str) -> int:
    return next(number for number, rooms in enumerate(LEVELS) if room in rooms)


def breach(importer: str, imported_room: str) -> str | None:
    """Why this room may not import that one; None where it may."""
    if importer == imported_room or (importer, imported_room) in ROOMMATES:
        return None
    if imported_room == "config" and importer not in CONFIG_READERS:
        return "config is read by cli and pipeline only"
    if level_of(importer) < level_of(imported_room):
        return None
    if level_of(importer) == level_of(imported_room):
        return "rooms of one floor do not import each other"
    return "imports run down"


def test_every_file_belongs_to_a_room_of_the_house() -> None:
    rooms = {module_of(file).split(".")[1] for file in files() if module_of(file) != PACKAGE}
    assert rooms - frozenset().union(*LEVELS) == set(), "add the new room to LEVELS and to the architecture's list"


def test_imports_run_down_and_not_sideways() -> None:
    breaches = [
        f"{one.where} imports {one.module}: {why}"
        for one in every_import()
        if one.room and room_of(module_of(one.file))
        if (why := breach(room_of(module_of(one.file)), one.room))
    ]
    assert sorted(set(breaches)) == []


@pytest.mark.parametrize(
    ("importer", "imported_room"),
    [
        ("model", "text"),
        ("stores", "media"),
        ("publish", "announce"),
        ("events", "config"),
        ("clients", "stores"),
        ("pipeline", "cli"),
    ],
)
def test_the_rule_refuses_what_it_should(importer: str, imported_room: str) -> None:
    assert breach(importer, imported_room)


def test_model_and_errors_need_only_the_standard_library() -> None:
    """The worker imports them under the packed environment's Python, where nothing of ours is installed."""
    foreign = [
        f"{one.where} imports {one.module}"
        for one in every_import()
        if room_of(module_of(one.file)) in ("model", "errors") and not one.room
        if one.module.split(".")[0] not in sys.stdlib_module_names | {PACKAGE}
    ]
    assert foreign == []


def test_the_worker_imports_only_the_standard_library_model_errors_and_backends() -> None:
    foreign = [
        f"{one.where} imports {one.module}"
        for one in every_import()
        if room_of(module_of(one.file)) == "worker"
        if one.room not in ("worker", "model", "errors", "backends")
        and one.module.split(".")[0] not in sys.stdlib_module_names | {PACKAGE}
    ]
    assert foreign == []


def test_torch_and_diffusers_are_imported_only_by_the_diffusers_backend() -> None:
    elsewhere = [
        f"{one.where} imports {one.module}"
        for one in every_import()
        if one.module.split(".")[0] in MODELS and not module_of(one.file).startswith(f"{PACKAGE}.backends.diffusers")
    ]
    assert elsewhere == []


def loaded_with(start: str) -> dict[str, list[str]]:
    """The modules of this package that importing `start` loads, each with the way to it."""
    by_name = {module_of(file): file for file in files()}
    ways: dict[str, list[str]] = {}
    waiting = [(start, [start])]
    while waiting:
        name, way = waiting.pop()
        if name in ways or name not in by_name:
            continue
        ways[name] = way
        waiting += [(one.module, [*way, one.module]) for one in imports_of(by_name[name]) if one.top_level]
        waiting += [(name.rpartition(".")[0], way)] if "." in name else []
    return ways


PARENT_SIDE = [
    module_of(file) for file in files() if room_of(module_of(file)) in ("cli", "pipeline", "assembly", "record")
]
"""What the command line and the pipeline load before they know whether there is anything to do."""


@pytest.mark.parametrize("start", PARENT_SIDE)
def test_nothing_heavy_is_imported_at_the_top_of_what_the_parent_loads(start: str) -> None:
    by_name = {module_of(file): file for file in files()}
    heavy = [
        f"{one.where} imports {one.module} (by way of {' -> '.join(way)})"
        for name, way in loaded_with(start).items()
        for one in imports_of(by_name[name])
        if one.top_level and one.module.split(".")[0] in HEAVY | MODELS
    ]
    assert heavy == []


def test_only_the_command_line_prints_or_exits() -> None:
    """The worker has an exit of its own: its stdout is a protocol, and it ends when its parent does."""
    talk = []
    for file in files():
        if room_of(module_of(file)) in ("cli", "__main__", "worker"):
            continue
        for node in ast.walk(tree_of(file)):
            words = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
            if words in (
                "print",
                "sys.exit",
                "os._exit",
                "sys.stdout",
                "sys.stderr",
                "SystemExit",
                "click.echo",
                "exit",
            ):
                talk.append(f"{file.relative_to(SOURCE)}:{node.lineno} {words}")  # type: ignore[attr-defined]
    assert talk == []


def test_no_program_is_started_through_a_shell() -> None:
    shells = [
        f"{file.relative_to(SOURCE)}:{node.lineno}"
        for file in files()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call)
        if ast.unparse(node.func) in ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")
        or any(
            keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
            for keyword in node.keywords
        )
    ]
    assert shells == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["plan", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        f"from {PACKAGE}.cli.main import exit_code\n"
        f"code = exit_code({arguments!r})\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.splitlines()[-1].split()[1:])
    assert loaded & (HEAVY | MODELS | {"pydantic", "git", "jinja2", "yaml"}) == set()


def test_planning_loads_no_network_no_codec_and_no_model(tmp_path: Path) -> None:
    """Deciding draws nothing, asks nobody and decodes nothing: pictures are measured by their headers."""
    repo = make_repo(tmp_path / "project")
    repo.commit("feat: dark mode", {"README.md": "# Aurora\n"})
    program = (
        "import os, sys\n"
        f"from {PACKAGE}.cli.main import exit_code\n"
        "code = exit_code(['plan', '--json'])\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=repo.path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.splitlines()[-1].split()[1:])
    assert loaded & (HEAVY | MODELS) == set()
