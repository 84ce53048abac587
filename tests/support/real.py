"""The real parts that tests use: servers, runners, browsers. Where one is missing, the test says how to get it.

On a developer's machine the test is then skipped; where `REQUIRE_REAL_PARTS=1` (as `.ci/run` sets it) it fails, so
that a missing install step cannot look like a pass.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest


def require(program_or_module: str, how_to_install: str) -> str:
    """The path of a program (beside the interpreter first, then on PATH) or of a module that can be imported.

    A name with a `/` is a file that must be there. Skips the test where the part is missing, or fails it where real parts
    are required.
    """
    found = _find(program_or_module)
    if found is None:
        missing(f"{program_or_module} is not here. {how_to_install}")
    return found


def missing(reason: str) -> NoReturn:
    """Ends the test: skipped for a newcomer, failed in continuous integration."""
    if os.environ.get("REQUIRE_REAL_PARTS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _find(name: str) -> str | None:
    if "/" in name:
        return name if Path(name).exists() else None
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    if found := beside or shutil.which(name):
        return found
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return (spec.origin or next(iter(spec.submodule_search_locations or ()), None)) if spec else None
