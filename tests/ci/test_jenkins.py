"""Jenkinsfile.example and the shared-library step, executed by a simulator of Jenkins (see tests/support/jenkins_sim.groovy)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.github_runner import action_repository
from tests.support.jenkins import HOW, LINT, ROOT, Build, build
from tests.support.real import require
from tests.support.repos import Repo, make_repo

EXAMPLE = ROOT / "Jenkinsfile.example"
LIBRARY = {"ci-mediagen": ROOT / "jenkins"}
PROGRAM = """#!/bin/sh
echo "$*" >> "$CALLS"
echo "token=${SLACK_BOT_TOKEN:-none} access=${AWS_ACCESS_KEY_ID:-none}" >> "$CALLS"
case "$1" in
  plan) [ -z "$PLAN_FAILS" ] || exit 2; cat "$PLAN" ;;
  run) [ -z "$HANGS" ] || exec sleep 600
       [ "$2" != --plan ] || [ -f "$3" ] || exit 2
       mkdir -p mediagen-out; echo card > mediagen-out/card.png
       echo "token: $SLACK_BOT_TOKEN"
       exit "${RUN_CODE:-0}" ;;
esac
"""
CARD = {"backend": "compositor", "reused": False}
MODEL = {"backend": "diffusers", "reused": False}

Execute = Callable[..., Build]


@pytest.fixture
def project(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "project")
    repo.commit("feat: dark mode", {"a.txt": "a"})
    return repo


@pytest.fixture
def execute(tmp_path: Path, project: Repo) -> Execute:
    """Executes a Jenkinsfile on agents where ci-mediagen is a program that writes down how it was called."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "ci-mediagen"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    plan = tmp_path / "plan.json"

    def run(tasks: list[dict[str, Any]], jenkinsfile: Path = EXAMPLE, **given: Any) -> Build:
        plan.write_text(json.dumps({"tasks": tasks}))
        variables = {"CALLS": str(tmp_path / "calls"), "PLAN": str(plan), **given.pop("variables", {})}
        return build(
            jenkinsfile,
            project.path,
            tmp_path / "jenkins",
            path=str(programs),
            variables=variables,
            libraries=LIBRARY,
            **given,
        )

    return run


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_a_plan_without_models_is_made_on_a_light_agent(execute: Execute, tmp_path: Path) -> None:
    done = execute([CARD])
    assert (done.code, done.result) == (0, "SUCCESS"), done.stderr
    assert done.stages == {"Plan": "SUCCESS", "Make": "SUCCESS", "Make on a GPU": "SKIPPED"}
    assert done.agents == ["linux", "linux"]
    assert done.archived == {"mediagen-out/card.png"}
    assert calls(tmp_path)[::2] == ["plan --json", "run --plan plan.json --output mediagen-out"]
    assert done.steps("echo")[-1]["message"] == "Media: https://jenkins.example.com/job/aurora/7/artifact/mediagen-out/"


@pytest.mark.slow
def test_an_agent_without_ci_mediagen_installs_it_and_makes_real_media(tmp_path: Path, project: Repo) -> None:
    source = action_repository(tmp_path / "source")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python3").symlink_to(sys.executable)
    done = build(
        EXAMPLE,
        project.path,
        tmp_path / "jenkins",
        path=f"{programs}:/usr/bin:/bin",
        parameters={"MEDIAGEN": f"git+file://localhost{source}"},
        variables={
            "GIT_COMMIT": project.head,
            "BRANCH_NAME": "main",
            "JOB_NAME": "aurora",
            "PATH": f"{programs}:/usr/bin:/bin",
        },
    )
    assert done.result == "SUCCESS", done.stderr
    assert done.stages == {"Plan": "SUCCESS", "Make": "SUCCESS", "Make on a GPU": "SKIPPED"}, json.dumps(
        done.events, indent=1
    )
    assert {"mediagen-out/card.png", "mediagen-out/index.html", "mediagen-out/manifest.json"} <= done.archived
    assert (tmp_path / "jenkins" / "linux" / "workspace@tmp" / "ci-mediagen" / "bin" / "ci-mediagen").exists()


def test_a_plan_with_a_model_is_made_on_a_gpu_agent_behind_a_lock(execute: Execute) -> None:
    done = execute([CARD, MODEL], agents=("linux", "gpu"))
    assert done.stages == {"Plan": "SUCCESS", "Make": "SKIPPED", "Make on a GPU": "SUCCESS"}, done.stderr
    assert done.agents == ["linux", "gpu"]
    assert [step["resource"] for step in done.steps("lock")] == ["gpu-gpu"]
    assert done.archived == {"mediagen-out/card.png"}


@pytest.mark.slow
def test_no_gpu_is_asked_for_where_the_models_work_is_in_the_store(execute: Execute) -> None:
    done = execute([CARD, MODEL | {"reused": True}], agents=("linux",))
    assert done.stages["Make"] == "SUCCESS"
    assert done.agents == ["linux", "linux"]


@pytest.mark.slow
def test_nothing_to_do_takes_no_second_agent(execute: Execute) -> None:
    done = execute([])
    assert done.stages == {"Plan": "SUCCESS", "Make": "SKIPPED", "Make on a GPU": "SKIPPED"}
    assert (done.result, done.agents, done.archived) == ("SUCCESS", ["linux"], set())


def test_a_plan_that_fails_leaves_the_build_successful(execute: Execute) -> None:
    done = execute([CARD], variables={"PLAN_FAILS": "1"})
    assert (done.code, done.result) == (0, "SUCCESS")
    assert done.stages == {"Plan": "UNSTABLE", "Make": "SKIPPED", "Make on a GPU": "SKIPPED"}
    assert done.steps("catchError")[0]["caught"] == "script returned exit code 2"


@pytest.mark.parametrize(
    "code", ["3", pytest.param("8", marks=pytest.mark.slow), pytest.param("1", marks=pytest.mark.slow)]
)
def test_media_that_fail_leave_the_build_successful_and_what_was_made_archived(execute: Execute, code: str) -> None:
    done = execute([CARD], variables={"RUN_CODE": code})
    assert (done.code, done.result, done.stages["Make"]) == (0, "SUCCESS", "UNSTABLE")
    assert done.archived == {"mediagen-out/card.png"}


@pytest.mark.slow
def test_a_missing_agent_is_the_only_thing_that_stops_it(execute: Execute) -> None:
    done = execute([MODEL], agents=("linux",))
    assert (done.result, done.stages["Make on a GPU"]) == ("FAILURE", "FAILURE")


@pytest.mark.slow
def test_secrets_reach_the_run_only_and_never_the_log(execute: Execute, tmp_path: Path) -> None:
    done = execute(
        [CARD],
        credentials={"slack": "xoxb-secret", "media-s3": "AKIA:s3-secret"},
        parameters={"SLACK_CREDENTIALS": "slack", "S3_CREDENTIALS": "media-s3"},
    )
    assert done.result == "SUCCESS", done.stderr
    assert calls(tmp_path)[1::2] == ["token=none access=none", "token=xoxb-secret access=AKIA"]
    assert "xoxb-secret" not in json.dumps(done.events)
    assert "token: ****" in json.dumps(done.events)


@pytest.mark.slow
def test_a_forks_build_makes_media_without_any_secret(execute: Execute, tmp_path: Path) -> None:
    done = execute(
        [CARD],
        credentials={"slack": "xoxb-secret"},
        parameters={"SLACK_CREDENTIALS": "slack"},
        variables={"CHANGE_FORK": "mallory", "CHANGE_ID": "7"},
    )
    assert (done.result, done.archived) == ("SUCCESS", {"mediagen-out/card.png"})
    assert calls(tmp_path)[1::2] == ["token=none access=none"] * 2


@pytest.mark.slow
def test_a_missing_credential_leaves_the_build_successful(execute: Execute) -> None:
    done = execute([CARD], parameters={"SLACK_CREDENTIALS": "nowhere"})
    assert (done.result, done.stages["Make"]) == ("SUCCESS", "UNSTABLE")
    assert "nowhere" in done.steps("catchError")[0]["caught"]


@pytest.mark.slow
def test_a_parameter_is_never_part_of_a_script(execute: Execute, tmp_path: Path) -> None:
    hostile = f"x'; touch {tmp_path}/pwned; echo '$(touch {tmp_path}/pwned)"
    done = execute(
        [CARD], parameters={"MEDIAGEN": hostile}, variables={"CHANGE_TITLE": hostile, "BRANCH_NAME": hostile}
    )
    assert done.result == "SUCCESS"
    assert not (tmp_path / "pwned").exists()
    assert all("pwned" not in step["script"] for step in done.steps("sh"))


def test_nothing_in_it_waits_by_sleeping_or_kills_by_name() -> None:
    for file in (EXAMPLE, *(ROOT / "jenkins" / "vars").glob("*.groovy")):
        assert not re.search(r"\b(sleep|pkill|killall|--no-verify)\b", file.read_text("utf-8")), file


def pipeline(tmp_path: Path, steps: str) -> Path:
    file = tmp_path / "Jenkinsfile"
    file.write_text(
        "@Library('ci-mediagen') _\n"
        "pipeline {\n  agent { label 'linux' }\n  stages {\n    stage('Media') {\n      steps {\n"
        f"        {steps}\n      }}\n    }}\n  }}\n}}\n"
    )
    return file


def test_the_shared_library_step_makes_archives_and_never_breaks_the_build(execute: Execute, tmp_path: Path) -> None:
    file = pipeline(tmp_path, "ciMediagen(slackCredentials: 'slack', since: '7d', only: 'card')")
    done = execute([], file, credentials={"slack": "xoxb-secret"}, variables={"RUN_CODE": "4"})
    assert (done.code, done.result, done.stages) == (0, "SUCCESS", {"Media": "UNSTABLE"}), done.stderr
    assert calls(tmp_path) == ["run --output=mediagen-out --since=7d --only=card", "token=xoxb-secret access=none"]
    assert done.archived == {"mediagen-out/card.png"}


@pytest.mark.slow
def test_the_shared_library_step_breaks_the_build_if_asked_to(execute: Execute, tmp_path: Path) -> None:
    done = execute([], pipeline(tmp_path, "ciMediagen(breaksBuild: true)"), variables={"RUN_CODE": "4"})
    assert (done.code, done.result) == (1, "FAILURE")
    assert done.archived == {"mediagen-out/card.png"}


@pytest.mark.slow
def test_the_shared_library_step_refuses_an_option_that_it_does_not_have(execute: Execute, tmp_path: Path) -> None:
    done = execute([], pipeline(tmp_path, "ciMediagen(slackChannel: '#x')"))
    assert done.result == "FAILURE"
    assert "no option slackChannel; there are: source, slackCredentials" in json.dumps(done.events)


@pytest.mark.slow
def test_the_shared_library_step_ends_a_run_that_hangs(execute: Execute, tmp_path: Path) -> None:
    """Zero minutes: the limit has passed when the program starts."""
    file = pipeline(tmp_path, "ciMediagen(minutes: 0.0001 as double)")
    done = execute([], file, variables={"HANGS": "1"})
    assert (done.result, done.stages) == ("SUCCESS", {"Media": "UNSTABLE"}), done.stderr
    assert done.steps("catchError")[0]["caught"] == "Timeout has been exceeded"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("pkill 'x'", "No such DSL method 'pkill'"),
        ("sh scripts: 'x'", "the step sh has no parameter scripts"),
        ("unstash 'nothing'", "No such saved stash 'nothing'"),
        ("catchError(buildResult: 'FINE') { }", "does not know the result FINE"),
    ],
)
def test_the_simulator_refuses_what_jenkins_would(execute: Execute, tmp_path: Path, steps: str, said: str) -> None:
    done = execute([], pipeline(tmp_path, steps))
    assert done.result == "FAILURE", done.stderr
    assert said in json.dumps(done.events)


@pytest.mark.slow
def test_the_simulator_refuses_an_unknown_section(execute: Execute, tmp_path: Path) -> None:
    file = tmp_path / "Jenkinsfile"
    file.write_text("pipeline { agent any\n stags { } }")
    done = execute([], file)
    assert done.code == 2
    assert done.events[-1] == {"invalid": "unknown section 'stags'"}


@pytest.mark.slow
def test_npm_groovy_lint_finds_no_error() -> None:
    node = require("node", "Debian: apt-get install nodejs npm, or `make real-parts`.")
    require("java", "Debian: apt-get install default-jre-headless, or `make real-parts`.")
    require(str(LINT), HOW)
    files = ["Jenkinsfile.example", "jenkins/vars/ciMediagen.groovy"]
    command = [node, str(LINT / "lib" / "index.js"), "--noserver", "--failon", "error", "--output", "json", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    summary = json.loads(done.stdout[done.stdout.index("{") :])["summary"]
    assert summary["totalFilesLinted"] == 2
    assert summary["totalFoundErrorNumber"] == 0
