"""The command as a user starts it: another process, with an environment that holds nothing of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 180


def environment(cache: Path, **variables: str) -> dict[str, str]:
    """PATH and a home of its own; no CI system, no secrets, no user's git configuration."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(cache),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "CI_MEDIAGEN_CACHE": str(cache / "cache"),
        **variables,
    }


def start(arguments: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ci_mediagen", *map(str, arguments)],
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def ci_mediagen(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str], code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Runs it to its end and holds that it ends with this exit code."""
    process = start(arguments, cwd, env)
    try:
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == code, f"exit code {process.returncode}, wanted {code}\n{out}\n{err}"
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def answer(*arguments: str | Path, cwd: Path, env: Mapping[str, str], code: int = 0) -> Any:
    """What the command prints with --json."""
    return json.loads(ci_mediagen(*arguments, "--json", cwd=cwd, env=env, code=code).stdout)
