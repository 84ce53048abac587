"""Jenkinsfiles executed by `jenkins_sim.groovy`, our simulator, on the Groovy runtime that npm-groovy-lint brings."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.real import require

ROOT = Path(__file__).parents[2]
LINT = ROOT / "node_modules" / "npm-groovy-lint"
HOW = "Run `make real-parts`, or: npm install --no-save npm-groovy-lint@16.2.0"
RUN_SECONDS = 300


@dataclass(frozen=True)
class Build:
    """What a simulated build did."""

    code: int
    events: tuple[dict[str, Any], ...]
    archive: Path
    stderr: str

    @property
    def result(self) -> str:
        return next((event["result"] for event in self.events if "result" in event), "")

    @property
    def stages(self) -> dict[str, str]:
        return {event["stage"]: event["status"] for event in self.events if "status" in event}

    @property
    def agents(self) -> list[str]:
        return [event["agent"] for event in self.events if "agent" in event]

    def steps(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event.get("step") == name]

    @property
    def archived(self) -> set[str]:
        return {str(path.relative_to(self.archive)) for path in self.archive.rglob("*") if path.is_file()}


@functools.cache
def simulator() -> tuple[str, ...]:
    """The command that starts the simulator, compiled once: each start then takes half the time."""
    java = require("java", "Debian: apt-get install default-jre-headless, or `make real-parts`.")
    require(str(LINT), HOW)
    jars = os.pathsep.join(str(jar) for jar in sorted((LINT / "lib" / "java" / "groovy" / "lib").glob("*.jar")))
    folder = tempfile.mkdtemp(prefix="jenkins-sim-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    short_lived = (java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp")
    compiler = (*short_lived, jars, "org.codehaus.groovy.tools.FileSystemCompiler")
    subprocess.run(
        [*compiler, "-d", folder, ROOT / "tests" / "support" / "jenkins_sim.groovy"], check=True, timeout=120
    )
    return (*short_lived, f"{jars}{os.pathsep}{folder}", "jenkins_sim")


def build(
    jenkinsfile: Path,
    scm: Path,
    folder: Path,
    *,
    agents: Sequence[str] = ("linux",),
    path: str = "",
    credentials: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    libraries: Mapping[str, Path] | None = None,
) -> Build:
    """Executes it with these agents. `path` is put before the PATH of every `sh` step."""
    command = [*simulator(), "--jenkinsfile", str(jenkinsfile), "--scm", str(scm), "--folder", str(folder)]
    for agent in agents:
        command += ["--agent", agent]
    standard = {"BUILD_URL": "https://jenkins.example.com/job/aurora/7/", "JENKINS_URL": "https://jenkins.example.com/"}
    options = {
        "--cred": credentials,
        "--param": parameters,
        "--env": {**standard, **(variables or {})},
        "--library": libraries,
    }
    for option, values in options.items():
        for name, value in (values or {}).items():
            command += [option, f"{name}={value}"]
    environment = {
        "PATH": f"{path}{os.pathsep}{os.environ['PATH']}" if path else os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS)
    events = tuple(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    return Build(done.returncode, events, folder / "archive", done.stderr)
