"""A pull request that is not merged: what it would look like, by the base's configuration and templates, without any secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ci_mediagen
from tests.support.github_job import GitHubJob
from tests.support.payloads import payload
from tests.support.project import NAME, make_project
from tests.support.repos import Repo
from tests.support.s3_server import closed_port
from tests.support.slack_server import SlackServer

BASE_TEMPLATE = """
name: feature
extends: feature
text: {kicker: Of the base}
"""
FEATURE = "feat: dark mode everywhere"


def opened(folder: Path, repo: Repo, base: str, *, fork: bool = True, **variables: str) -> GitHubJob:
    """The branch that is checked out now, proposed for `base`."""
    event = payload("pull_request_opened")
    pull_request = event["pull_request"]
    pull_request["title"] = repo.git("log", "-1", "--format=%s")
    pull_request["base"]["sha"] = base
    pull_request["head"]["sha"] = repo.head
    pull_request["labels"] = []
    if not fork:
        pull_request["head"]["repo"]["full_name"] = event["repository"]["full_name"]
    return GitHubJob.of(folder, repo, "pull_request", event, **variables)


def manifest_of(repo: Repo) -> Any:
    return json.loads((repo.path / "mediagen-out" / "manifest.json").read_text("utf-8"))


@pytest.mark.parametrize("fork", [True, False], ids=["from a fork", "from a branch"])
def test_it_gets_a_card_without_any_secret_and_ends_well(tmp_path: Path, fork: bool) -> None:
    repo = make_project(tmp_path / NAME, "fix: start", config="announce: {mode: each, slack: {channel: '#releases'}}\n")
    base = repo.head
    repo.branch("dark-mode")
    repo.commit(FEATURE)
    job = opened(tmp_path / "job", repo, base, fork=fork)
    done = ci_mediagen("run", "--json", cwd=repo.path, env=job.env)
    document = json.loads(done.stdout)
    assert document["outcome"] == "ok"
    assert [one["task"] for one in document["artifacts"]] == ["card"]
    assert manifest_of(repo)["change"]["trusted"] is False
    assert manifest_of(repo)["announce"]["mode"] == "silent"
    assert "not merged yet" in job.summary


def test_without_secrets_it_ends_well_with_a_line_for_each_place_that_it_could_not_reach(tmp_path: Path) -> None:
    """As the action starts it: `on-failure: warn`."""
    config = "announce: {slack: {channel: '#releases'}}\npublish: [{s3: s3://media/promo}]\n"
    repo = make_project(tmp_path / NAME, "fix: start", config=config)
    base = repo.head
    repo.branch("dark-mode")
    repo.commit(FEATURE)
    job = opened(tmp_path / "job", repo, base, AWS_EC2_METADATA_DISABLED="true")
    done = ci_mediagen("run", "--on-failure", "warn", cwd=repo.path, env=job.env)
    warnings = [line for line in done.stderr.splitlines() if line.startswith("::warning")]
    assert len(warnings) == 2
    assert "SLACK_BOT_TOKEN" in warnings[0]
    assert "no credentials were found" in warnings[1]
    assert job.outputs["generated"] == "true"


def test_its_own_configuration_takes_no_effect(tmp_path: Path) -> None:
    """Neither a bucket of the stranger's, nor a channel, a picture, an output folder or a name."""
    repo = make_project(tmp_path / NAME, "fix: start", config="project: Aurora\n")
    base = repo.head
    repo.branch("dark-mode")
    evil = f"""
project: Evil
output: evil-out
publish: [{{s3: s3://evil/x, endpoint_url: "http://127.0.0.1:{closed_port()}"}}]
announce: {{mode: each, slack: {{channel: "#general"}}}}
"""
    repo.commit(FEATURE, {"mediagen.yml": evil})
    with SlackServer() as slack:
        secrets = {"AWS_ACCESS_KEY_ID": "AKIDTEST000000000000", "AWS_SECRET_ACCESS_KEY": "x" * 40}
        job = opened(tmp_path / "job", repo, base, SLACK_BOT_TOKEN=slack.token, SLACK_API_URL=slack.url, **secrets)
        ci_mediagen("run", cwd=repo.path, env=job.env)
        assert slack.calls == []
    manifest = manifest_of(repo)
    assert manifest["brand"]["project"] == "Aurora"
    assert {link["publisher"] for link in manifest["links"]} == {"directory"}
    assert not (repo.path / "evil-out").exists()


def test_its_own_templates_take_no_effect_and_those_of_the_base_do(tmp_path: Path) -> None:
    file = ".mediagen/templates/feature/template.yml"
    repo = make_project(tmp_path / NAME, "fix: start", {file: BASE_TEMPLATE})
    base = repo.head
    repo.branch("dark-mode")
    evil = {
        file: BASE_TEMPLATE.replace("Of the base", "Evil"),
        ".mediagen/templates/feature/card.html": "<p>Evil</p>",
        ".mediagen/templates/evil/template.yml": "name: evil\npriority: 900\nextends: feature\nwhen: {type: feat}\n",
    }
    repo.commit(FEATURE, evil)
    job = opened(tmp_path / "job", repo, base)
    ci_mediagen("run", cwd=repo.path, env=job.env)
    manifest = manifest_of(repo)
    assert manifest["template"]["name"] == "feature"
    (task,) = manifest["tasks"]
    assert task["parameters"]["text"]["kicker"] == "Of the base"
    assert all(item["path"].startswith("package:") for item in task["inputs"] if item["name"].startswith("layout:"))
    merged = GitHubJob.merged(tmp_path / "merged", repo)
    plan = json.loads(ci_mediagen("plan", "--json", cwd=repo.path, env=merged.env).stdout)
    assert plan["template"]["name"] == "evil", "once it is merged, it does"


def test_a_layout_of_the_base_is_drawn_as_the_base_has_it(tmp_path: Path) -> None:
    folder = ".mediagen/templates/feature"
    layout = '<div style="width:100%;height:100%;background:{}"></div>'
    repo = make_project(
        tmp_path / NAME,
        "fix: start",
        {f"{folder}/template.yml": BASE_TEMPLATE, f"{folder}/card.html": layout.format("#00ff00")},
    )
    base = repo.head
    repo.branch("dark-mode")
    repo.commit(FEATURE, {f"{folder}/card.html": layout.format("#ff0000")})
    job = opened(tmp_path / "job", repo, base)
    ci_mediagen("run", cwd=repo.path, env=job.env)
    from PIL import Image

    with Image.open(repo.path / "mediagen-out" / "card.png") as card:
        assert card.convert("RGB").getpixel((600, 315)) == (0, 255, 0)


def test_its_link_in_place_of_the_output_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    repo = make_project(tmp_path / NAME, "fix: start")
    base = repo.head
    repo.branch("dark-mode")
    (repo.path / "mediagen-out").symlink_to(outside)
    repo.commit(FEATURE)
    job = opened(tmp_path / "job", repo, base)
    done = ci_mediagen("run", cwd=repo.path, env=job.env, code=2)
    assert "mediagen-out is a symbolic link" in done.stderr
    assert not list(outside.iterdir())


def test_a_base_that_is_not_here_is_one_clear_message(tmp_path: Path) -> None:
    """A clone of depth 1 has the head alone, and its origin cannot be asked."""
    repo = make_project(tmp_path / NAME, "fix: start", config="project: Aurora\n")
    base = repo.head
    repo.branch("dark-mode")
    repo.commit(FEATURE)
    clone = repo.clone(tmp_path / "clone", depth=1, branch="dark-mode")
    clone.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    job = opened(tmp_path / "job", clone, base)
    done = ci_mediagen("run", cwd=clone.path, env=job.env, code=2)
    assert base[:7] in done.stderr
    assert "fetch-depth" in done.stderr
