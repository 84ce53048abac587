"""Each option does what its help says, wherever the command is started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import answer, ci_mediagen
from tests.support.github_job import GitHubJob
from tests.support.project import NAME, make_project
from tests.support.repos import HOUR, Repo, make_repo
from tests.support.slack_server import SlackServer

MONOREPO = """
project: Aurora
packages:
  web: {paths: [packages/web], tag: "web@{version}", title: Aurora Web}
  api: {paths: [packages/api], tag: "api@{version}", title: Aurora API}
"""


def manifest_of(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def test_range_tells_of_those_commits_and_no_others(repo: Repo, env: dict[str, str]) -> None:
    first = repo.head
    repo.commit("fix: no crash without a network")
    repo.commit("docs: spelling")
    plan = answer("plan", "--range", f"{first}..HEAD~1", cwd=repo.path, env=env)
    assert plan["change"]["headline"] == "No crash without a network"
    assert plan["change"]["range"] == {"base": first, "head": repo.sha("HEAD~1"), "method": "explicit"}
    assert plan["template"]["name"] == "fix"


def test_since_a_tag_makes_a_digest(repo: Repo, env: dict[str, str]) -> None:
    repo.tag("v1.0.0")
    repo.commit("feat: export to CSV")
    repo.commit("perf: search three times as fast")
    plan = answer("plan", "--since", "v1.0.0", cwd=repo.path, env=env)
    assert (plan["change"]["kind"], plan["template"]["name"]) == ("digest", "digest")
    told = [line["headline"] for line in plan["change"]["highlights"]]
    assert told == ["Export to CSV", "Search three times as fast"]


def test_since_some_days_makes_a_digest_of_those_days(repo: Repo, env: dict[str, str]) -> None:
    import time

    repo.commit("feat: long ago", at=int(time.time()) - 20 * 24 * HOUR)
    repo.commit("feat: yesterday", at=int(time.time()) - 24 * HOUR)
    plan = answer("plan", "--since", "7d", cwd=repo.path, env=env)
    assert plan["change"]["kind"] == "digest"
    assert [commit["subject"] for commit in plan["change"]["commits"]] == ["feat: yesterday"]


@pytest.fixture
def monorepo(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "aurora")
    repo.commit("chore: start", {"mediagen.yml": MONOREPO, "packages/web/a": "1", "packages/api/a": "1"})
    repo.tag("web@1.0.0")
    repo.tag("api@1.0.0")
    repo.commit("feat: one request for all", {"packages/api/b": "1"})
    repo.commit("feat: dark mode", {"packages/web/b": "1"})
    return repo


def test_package_tells_of_one_package_of_a_monorepo(monorepo: Repo, env: dict[str, str]) -> None:
    plan = answer("plan", "--package", "api", "--range", "api@1.0.0..HEAD", cwd=monorepo.path, env=env)
    assert [package["name"] for package in plan["change"]["packages"]] == ["api"]
    assert plan["change"]["headline"] == "One request for all"


def test_a_package_that_is_not_configured_is_refused_with_the_nearest_name(monorepo: Repo, env: dict[str, str]) -> None:
    done = ci_mediagen("plan", "--package", "wep", cwd=monorepo.path, env=env, code=2)
    assert "'web'" in done.stderr


def test_template_wins_over_what_fits(repo: Repo, env: dict[str, str]) -> None:
    plan = answer("plan", "--template", "security", cwd=repo.path, env=env)
    assert plan["template"]["name"] == "security"
    done = ci_mediagen("plan", "--template", "securty", cwd=repo.path, env=env, code=2)
    assert "securty" in done.stderr
    assert "'security'" in done.stderr


@pytest.mark.parametrize(("level", "tasks"), [("card", ["card"]), ("full", ["card", "promo"])])
def test_significance_says_how_much_is_made(repo: Repo, env: dict[str, str], level: str, tasks: list[str]) -> None:
    plan = answer("plan", "--significance", level, cwd=repo.path, env=env)
    assert [task["id"] for task in plan["tasks"]] == tasks
    assert plan["change"]["significance"]["level"] == level
    assert f"--significance {level}" in plan["change"]["significance"]["reasons"][0]


def test_a_significance_that_there_is_not_is_refused(repo: Repo, env: dict[str, str]) -> None:
    done = ci_mediagen("plan", "--significance", "huge", cwd=repo.path, env=env, code=2)
    assert "'auto', 'card', 'full'" in done.stderr


def test_only_makes_one_shot_and_a_name_that_is_none_is_refused(repo: Repo, env: dict[str, str]) -> None:
    plan = answer("plan", "--only", "promo", cwd=repo.path, env=env)
    assert [task["id"] for task in plan["tasks"]] == ["promo"]
    done = ci_mediagen("run", "--only", "crad", cwd=repo.path, env=env, code=2)
    assert "--only crad" in done.stderr
    assert "did you mean 'card'?" in done.stderr
    assert not (repo.path / "mediagen-out").exists()


def test_output_is_relative_to_where_the_command_was_started(repo: Repo, env: dict[str, str], tmp_path: Path) -> None:
    """As every path on a command line is; one in mediagen.yml is relative to the repository."""
    subfolder = repo.path / "src"
    made = answer("run", "--only", "card", "--output", "here", cwd=subfolder, env=env)
    assert Path(made["artifacts"][0]["path"]) == subfolder / "here" / "card.png"
    assert (subfolder / "here" / "card.png").is_file()
    answer("run", "--only", "card", "--output", tmp_path / "elsewhere", cwd=repo.path, env=env)
    assert (tmp_path / "elsewhere" / "card.png").is_file()
    assert not (repo.path / "mediagen-out").exists()


def test_strict_makes_nothing_to_do_an_error(repo: Repo, env: dict[str, str]) -> None:
    nothing = ("--range", "HEAD..HEAD")
    done = ci_mediagen("run", *nothing, "--json", cwd=repo.path, env=env)
    assert json.loads(done.stdout)["outcome"] == "nothing"
    assert json.loads(done.stdout)["artifacts"] == []
    for command in ("run", "plan"):
        done = ci_mediagen(command, *nothing, "--strict", cwd=repo.path, env=env, code=2)
        assert "nothing to do: there are no commits in the range" in done.stderr
    (repo.path / "mediagen.yml").write_text("strict: true\n")
    ci_mediagen("run", *nothing, cwd=repo.path, env=env, code=2)
    ci_mediagen("run", *nothing, "--no-strict", cwd=repo.path, env=env)


def test_on_failure_warn_turns_a_failure_into_a_warning_but_not_a_wrong_configuration(
    repo: Repo, env: dict[str, str]
) -> None:
    (repo.path / "mediagen.yml").write_text("publish: [{s3: 's3://bucket', endpoint_url: 'http://127.0.0.1:1'}]\n")
    failed = ci_mediagen("run", "--only", "card", cwd=repo.path, env=env, code=7)
    assert "AWS_ACCESS_KEY_ID" in failed.stderr
    warned = ci_mediagen("run", "--only", "card", "--on-failure", "warn", "--json", cwd=repo.path, env=env)
    assert "exit code 7 is 0 because of on-failure: warn" in warned.stderr
    assert json.loads(warned.stdout)["exit_code"] == 0
    assert (repo.path / "mediagen-out" / "card.png").exists()
    (repo.path / "mediagen.yml").write_text("pubish: []\n")
    ci_mediagen("run", "--on-failure", "warn", cwd=repo.path, env=env, code=2)


def test_repo_names_a_repository_elsewhere(repo: Repo, env: dict[str, str], tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    made = answer("run", "--repo", repo.path, "--only", "card", cwd=elsewhere, env=env)
    assert made["outcome"] == "ok"
    assert (repo.path / "mediagen-out" / "card.png").is_file()
    assert not list(elsewhere.iterdir())


def test_a_subfolder_is_its_repository(repo: Repo, env: dict[str, str]) -> None:
    made = answer("run", "--only", "card", cwd=repo.path / "src", env=env)
    assert Path(made["manifest"]) == repo.path / "mediagen-out" / "manifest.json"


def test_config_names_another_file(repo: Repo, env: dict[str, str]) -> None:
    (repo.path / "other.yml").write_text("project: Borealis\n")
    plan = answer("plan", "--config", "other.yml", cwd=repo.path, env=env)
    assert plan["brand"]["project"] == "Borealis"
    done = ci_mediagen("plan", "--config", "missing.yml", cwd=repo.path, env=env, code=2)
    assert "there is no configuration file missing.yml" in done.stderr


def test_a_worktree_is_read_and_written_as_a_repository(repo: Repo, env: dict[str, str], tmp_path: Path) -> None:
    worktree = repo.worktree(tmp_path / "worktree")
    worktree.commit("fix: no crash in a worktree")
    made = answer("run", "--only", "card", cwd=worktree.path, env=env)
    assert made["outcome"] == "ok"
    manifest = manifest_of(worktree.path / "mediagen-out")
    assert manifest["change"]["headline"] == "No crash in a worktree"
    assert manifest["change"]["complete"] is True
    assert not (repo.path / "mediagen-out").exists()


def test_a_history_that_cannot_be_read_whole_is_told_wherever_the_change_is_shown(
    repo: Repo, env: dict[str, str], tmp_path: Path
) -> None:
    """A clone of depth 1 whose origin is gone, and a push of two commits."""
    before = repo.head
    repo.commit("fix: no crash without a network")
    repo.commit("feat: export to CSV")
    clone = repo.clone(tmp_path / "shallow", depth=1)
    clone.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    event = {
        "ref": "refs/heads/main",
        "before": before,
        "after": clone.head,
        "repository": {"full_name": "acme/aurora", "private": False, "default_branch": "main"},
        "sender": {"login": "ada", "type": "User"},
    }
    job = GitHubJob.of(tmp_path / "job", clone, "push", event)
    done = ci_mediagen("run", "--only", "card", "--json", cwd=clone.path, env=job.env)
    manifest = manifest_of(clone.path / "mediagen-out")
    assert manifest["change"]["complete"] is False
    reason = manifest["change"]["incomplete_reason"]
    assert "shallow" in reason
    assert reason in done.stderr
    assert reason.split(":")[0] in (clone.path / "mediagen-out" / "index.html").read_text("utf-8")
    assert reason.split(":")[0] in job.summary
    told = ci_mediagen("plan", cwd=clone.path, env=job.env).stdout
    assert f"complete: false ({reason})" in told


def test_options_come_before_variables_and_variables_before_the_file(tmp_path: Path, env: dict[str, str]) -> None:
    repo = make_project(tmp_path / NAME, config="output: from-file\n")
    for variables, options, folder in (
        ({}, (), "from-file"),
        ({"CI_MEDIAGEN_OUTPUT": "from-variable"}, (), "from-variable"),
        ({"CI_MEDIAGEN_OUTPUT": "from-variable"}, ("--output", "from-option"), "from-option"),
    ):
        made = answer("run", "--only", "card", *options, cwd=repo.path, env=env | variables)
        assert Path(made["manifest"]).parent == repo.path / folder


def test_announce_tells_people_of_what_was_started_by_hand(tmp_path: Path, env: dict[str, str]) -> None:
    repo = make_project(tmp_path / NAME, config="announce: {slack: {channel: '#releases'}}\n")
    with SlackServer() as slack:
        env |= {"SLACK_BOT_TOKEN": slack.token, "SLACK_API_URL": slack.url}
        answer("run", "--only", "card", cwd=repo.path, env=env)
        assert slack.calls == []
        answer("run", "--only", "card", "--announce", cwd=repo.path, env=env)
        (post,) = [message for message in slack.messages if message.thread_ts is None]
        assert "Dark mode everywhere" in post.text


@pytest.mark.parametrize("folder", [".git", ".git/hooks", "docs/../.git"])
def test_nothing_is_written_into_gits_own_folder(repo: Repo, env: dict[str, str], folder: str) -> None:
    before = sorted(path.name for path in (repo.path / ".git").iterdir())
    done = ci_mediagen("run", "--output", folder, cwd=repo.path, env=env, code=2)
    assert "lies in git's own folder" in done.stderr
    assert sorted(path.name for path in (repo.path / ".git").iterdir()) == before
