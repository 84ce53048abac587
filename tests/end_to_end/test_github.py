"""A merged change on GitHub: a card for who looks, and silence; or nothing, with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ci_mediagen
from tests.support.github_job import GitHubJob
from tests.support.project import NAME, make_project
from tests.support.repos import Repo
from tests.support.slack_server import SlackServer


def run(job: GitHubJob, repo: Repo, *options: str, code: int = 0) -> Any:
    done = ci_mediagen("run", "--json", *options, cwd=repo.path, env=job.env, code=code)
    return json.loads(done.stdout)


def test_a_merged_feature_makes_a_card_silently(repo: Repo, tmp_path: Path) -> None:
    with SlackServer() as slack:
        job = GitHubJob.merged(tmp_path / "job", repo, SLACK_BOT_TOKEN=slack.token, SLACK_API_URL=slack.url)
        (repo.path / "mediagen.yml").write_text("announce: {slack: {channel: '#releases'}}\n")
        document = run(job, repo)
        assert slack.calls == []
    assert [one["task"] for one in document["artifacts"]] == ["card"]
    assert "Dark mode everywhere" in job.summary
    assert "card.png" in job.summary
    outputs = job.outputs
    assert outputs["generated"] == "true"
    assert outputs["template"] == "feature"
    assert json.loads(outputs["images"]) == [str(repo.path / "mediagen-out" / "card.png")]
    assert json.loads(outputs["videos"]) == []
    assert outputs["manifest-path"] == str(repo.path / "mediagen-out" / "manifest.json")
    assert outputs["slack-ts"] == ""
    assert outputs["reused"] == "false"
    manifest = json.loads(Path(outputs["manifest-path"]).read_text("utf-8"))
    assert (manifest["change"]["kind"], manifest["change"]["pull_request"]["number"]) == ("merge", 12)
    told = {told["announcer"]: told["status"] for told in manifest["told"]}
    assert told == {"slack": "skipped", "plain": "sent", "job-summary": "sent", "step-outputs": "sent"}


def test_a_second_attempt_of_the_job_reuses_the_card_and_says_so(repo: Repo, tmp_path: Path) -> None:
    job = GitHubJob.merged(tmp_path / "job", repo)
    run(job, repo)
    (tmp_path / "job" / "output.txt").write_text("")
    run(job, repo)
    assert (job.outputs["generated"], job.outputs["reused"]) == ("true", "true")


@pytest.mark.parametrize(
    ("message", "options", "reason"),
    [
        ("chore: newer linter", {}, "chore changes nothing for those who use the project"),
        ("Bump lodash", {"by": {"login": "dependabot[bot]", "type": "Bot"}}, "it was made by a bot (dependabot[bot])"),
        ('Revert "feat: dark mode"', {}, "a revert"),
        ("feat: dark mode", {"labels": ("promo:no",)}, "the label promo:no"),
        ("feat: dark mode [skip media]", {}, "[skip media] in its message"),
        ("feat: dark mode", {"body": "promo: no"}, "the pull request's promo: line says no"),
        (
            "fix: CVE-2026-12345 in the parser",
            {},
            "a security change is told with its release, or with the label promo:yes",
        ),
    ],
)
def test_what_is_not_worth_telling_makes_nothing_and_says_why(
    tmp_path: Path, message: str, options: dict[str, Any], reason: str
) -> None:
    repo = make_project(tmp_path / NAME, message)
    job = GitHubJob.merged(tmp_path / "job", repo, **options)
    document = run(job, repo)
    assert document["outcome"] == "nothing"
    assert document["artifacts"] == []
    assert document["reasons"] == [reason]
    outputs = job.outputs
    assert (outputs["generated"], outputs["reason"]) == ("false", reason)
    assert (outputs["images"], outputs["videos"], outputs["template"]) == ("[]", "[]", "")
    assert "Nothing to do." in job.summary
    assert not (repo.path / "mediagen-out" / "card.png").exists()


def test_the_promo_line_of_the_pull_request_is_the_headline(repo: Repo, tmp_path: Path) -> None:
    job = GitHubJob.merged(tmp_path / "job", repo, body="Adds a theme.\r\n\r\npromo: Your nights just got darker\r\n")
    run(job, repo)
    manifest = json.loads((repo.path / "mediagen-out" / "manifest.json").read_text("utf-8"))
    assert manifest["tasks"][0]["parameters"]["text"]["headline"] == "Your nights just got darker"


def test_announce_each_posts_a_merge(tmp_path: Path) -> None:
    repo = make_project(tmp_path / NAME, config="announce: {mode: each, slack: {channel: '#releases'}}\n")
    with SlackServer() as slack:
        job = GitHubJob.merged(tmp_path / "job", repo, SLACK_BOT_TOKEN=slack.token, SLACK_API_URL=slack.url)
        run(job, repo)
        posts = [message for message in slack.messages if message.thread_ts is None]
        assert len(posts) == 1
        assert "Dark mode everywhere" in posts[0].text
        assert slack.pings == []
        assert job.outputs["slack-ts"] == posts[0].ts
        (picture,) = slack.files.values()
        assert picture.alt
        assert picture.data == (repo.path / "mediagen-out" / "card.png").read_bytes()


def test_a_closed_pull_request_makes_nothing(repo: Repo, tmp_path: Path) -> None:
    job = GitHubJob.merged(tmp_path / "job", repo)
    job.event["pull_request"]["merged"] = False
    job = GitHubJob.of(tmp_path / "job", repo, "pull_request", job.event)
    document = run(job, repo)
    assert document["outcome"] == "nothing"
    assert document["reasons"] == ["pull request 12 was closed without a merge"]


def test_the_log_is_folded_into_groups_and_every_command_is_ours(repo: Repo, tmp_path: Path) -> None:
    job = GitHubJob.merged(tmp_path / "job", repo)
    done = ci_mediagen("run", cwd=repo.path, env=job.env)
    commands = [line.split("::")[1].split(" ")[0] for line in done.stderr.splitlines() if line.startswith("::")]
    assert commands.count("group") == commands.count("endgroup") >= 4
    assert set(commands) == {"group", "endgroup"}


def test_an_event_given_by_hand_is_read_whatever_the_machine_is(
    repo: Repo, tmp_path: Path, env: dict[str, str]
) -> None:
    job = GitHubJob.merged(tmp_path / "job", repo)
    document = ci_mediagen("plan", "--event", job.env["GITHUB_EVENT_PATH"], "--json", cwd=repo.path, env=env)
    change = json.loads(document.stdout)["change"]
    assert (change["kind"], change["pull_request"]["number"]) == ("merge", 12)
