"""The workshop itself: pins, commands, generated documents, and what may not be in the tree."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LINES = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]


def pins() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in LINES)}


def test_constraints_are_exact_pins_and_nothing_else() -> None:
    assert [line for line in LINES if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert len(pins()) == len(LINES)


def test_pins_are_within_the_ranges_of_pyproject() -> None:
    project = PYPROJECT["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(pins()[canonicalize_name(wanted.name)]), text


def test_everything_that_is_pulled_in_is_pinned() -> None:
    """Followed from what is installed: the packages of the runtime and of the extra `dev`, and theirs."""
    waiting = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
    waiting += [Requirement(text) for text in PYPROJECT["project"]["optional-dependencies"]["dev"]]
    needed: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if (name, frozenset(one.extras)) in seen:
            continue
        seen.add((name, frozenset(one.extras)))
        needed.add(name)
        for text in metadata.requires(name) or []:
            below = Requirement(text)
            if below.marker is None or any(below.marker.evaluate({"extra": extra}) for extra in (*one.extras, "")):
                waiting.append(below)
    assert needed - set(pins()) == set()


@pytest.mark.parametrize("name", ["demo", "test", "test-slow", "lint", "docs", "benchmarks", "clean", "real-parts"])
def test_make_knows_the_command_and_help_tells_of_it(name: str) -> None:
    helped = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout
    assert re.search(rf"^  make {name} ", helped, re.MULTILINE)
    subprocess.run(["make", "-n", name], cwd=ROOT, capture_output=True, timeout=30, check=True)


def test_continuous_integration_runs_the_readmes_commands_with_real_parts() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    for words in ("REQUIRE_REAL_PARTS=1", "tools/install-real-parts", "make test ", "make test-slow "):
        assert words in script


@pytest.mark.parametrize("fails", ["test", "test-slow", "install"])
def test_continuous_integration_fails_where_one_part_of_it_does(tmp_path: Path, fails: str) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / "tools").mkdir()
    script = tmp_path / ".ci" / "run"
    script.write_text((ROOT / ".ci" / "run").read_text("utf-8"))
    install = tmp_path / "tools" / "install-real-parts"
    install.write_text(f"#!/bin/sh\nexit {1 if fails == 'install' else 0}\n")
    install.chmod(0o755)
    recipes = "".join(f"{name}:\n\t@{'false' if name == fails else 'true'}\n" for name in ("test", "test-slow"))
    (tmp_path / "Makefile").write_text(f".PHONY: test test-slow\n{recipes}")
    assert subprocess.run(["bash", script], capture_output=True, timeout=30).returncode == 1


def test_generated_documents_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "generate_docs.py", "--check"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["find-python", "install-real-parts", "pin-constraints", "action.sh"])
def test_scripts_are_executable_and_well_formed(name: str) -> None:
    script = ROOT / "tools" / name
    assert script.stat().st_mode & 0o111
    shell = script.read_text("utf-8").partition("\n")[0].rpartition("/")[2].rpartition(" ")[2]
    subprocess.run([shell, "-n", script], capture_output=True, timeout=10, check=True)


def test_the_licence_is_apache_2_in_full() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PYPROJECT["project"]["license"] == "Apache-2.0"
