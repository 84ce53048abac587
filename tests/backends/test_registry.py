"""Backends by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ci_mediagen.backends import BACKENDS, entry_of, load
from ci_mediagen.errors import ConfigError


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_can_be_loaded_and_knows_its_name(name: str) -> None:
    assert load(name).name == name


def test_a_name_that_is_none_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no backend is called 'compositr'") as caught:
        load("compositr")
    assert caught.value.advice == "Did you mean 'compositor'?"


@pytest.mark.parametrize("name", ["os:system", "ci_mediagen.backends.compositor.backend:CompositorBackend", ""])
def test_a_module_is_no_name(name: str) -> None:
    """Names come from plan files too: only the table says what is imported."""
    with pytest.raises(ConfigError):
        entry_of(name)


def test_knowing_the_names_imports_no_backend() -> None:
    program = "import sys, ci_mediagen.backends; print([name for name in sys.modules if 'compositor' in name])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"
