"""Slack or S3 refuses, or is not there: what was made stays, each failure has its exit code, and no secret is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import ci_mediagen
from tests.support.github_job import GitHubJob
from tests.support.project import NAME, make_project
from tests.support.repos import Repo
from tests.support.s3_server import S3Server, closed_port
from tests.support.slack_faults import Refused
from tests.support.slack_server import SlackServer

CHANNEL = "announce: {mode: each, slack: {channel: '#releases'}}\n"
Break = Callable[[SlackServer, dict[str, str]], object]


def revoke(slack: SlackServer, env: dict[str, str]) -> None:
    env["SLACK_BOT_TOKEN"] = "xoxb-0000-0000-revokedSECRET"


def forget_the_channel(slack: SlackServer, env: dict[str, str]) -> None:
    slack.channels.clear()


def be_down(slack: SlackServer, env: dict[str, str]) -> None:
    env["SLACK_API_URL"] = f"http://127.0.0.1:{closed_port()}/api/"


def fail_inside(slack: SlackServer, env: dict[str, str]) -> None:
    slack.fail("chat.postMessage", *[Refused("fatal_error")] * 20)


SLACK_FAULTS = [
    pytest.param(revoke, 7, "invalid_auth", id="a token that was revoked"),
    pytest.param(forget_the_channel, 2, "channel_not_found", id="a channel that is not there"),
    pytest.param(be_down, 75, "Slack", id="nobody answers"),
    pytest.param(fail_inside, 75, "fatal_error", id="a fault of Slack's own"),
]


def job_for(folder: Path, repo: Repo, slack: SlackServer, break_it: Break) -> GitHubJob:
    job = GitHubJob.merged(folder, repo, SLACK_BOT_TOKEN=slack.token, SLACK_API_URL=slack.url)
    break_it(slack, job.env)
    return job


@pytest.mark.parametrize(("break_it", "code", "word"), SLACK_FAULTS)
def test_a_message_that_cannot_be_sent_is_kept_and_a_failure_only_where_it_is_required(
    tmp_path: Path, break_it: Break, code: int, word: str
) -> None:
    repo = make_project(tmp_path / NAME, config=CHANNEL)
    with SlackServer() as slack:
        job = job_for(tmp_path / "job", repo, slack, break_it)
        done = ci_mediagen("run", "--require-notify", "--json", cwd=repo.path, env=job.env, code=code)
    document = json.loads(done.stdout)
    assert any("slack" in warning.lower() and word in warning for warning in document["warnings"])
    assert "::warning title=ci-mediagen::slack" in done.stderr
    assert (repo.path / "mediagen-out" / "card.png").is_file()
    assert job.outputs["generated"] == "true"
    (kept,) = (job.cache / "outbox" / "v1").iterdir()
    text = kept.read_text("utf-8")
    assert json.loads(text)["announcer"] == "slack"
    assert job.env["SLACK_BOT_TOKEN"] not in text
    assert "xoxb" not in text
    told = json.loads((repo.path / "mediagen-out" / "manifest.json").read_text("utf-8"))["told"]
    assert {one["announcer"]: one["status"] for one in told}["slack"] == "failed"


def test_a_message_that_cannot_be_sent_is_no_failure_and_is_told_after_all_by_the_next_run(tmp_path: Path) -> None:
    repo = make_project(tmp_path / NAME, config=CHANNEL)
    with SlackServer() as slack:
        job = job_for(tmp_path / "job", repo, slack, forget_the_channel)
        outbox = job.cache / "outbox" / "v1"
        done = ci_mediagen("run", "--json", cwd=repo.path, env=job.env)
        assert json.loads(done.stdout)["outcome"] == "ok"
        assert len(list(outbox.iterdir())) == 1
        slack.channels["#releases"] = "C00000001"
        ci_mediagen("run", cwd=repo.path, env=job.env)
        assert len([message for message in slack.messages if message.thread_ts is None]) == 1
        assert not list(outbox.iterdir())


def test_a_channel_without_token_or_webhook_is_one_clear_warning(tmp_path: Path) -> None:
    repo = make_project(tmp_path / NAME, config=CHANNEL)
    job = GitHubJob.merged(tmp_path / "job", repo)
    done = ci_mediagen("run", cwd=repo.path, env=job.env)
    warnings = [line for line in done.stderr.splitlines() if line.startswith("::warning")]
    assert len(warnings) == 1
    assert "#releases" in warnings[0]
    assert "SLACK_BOT_TOKEN" in warnings[0]


def with_s3(bucket: str, endpoint: str) -> str:
    return f"{CHANNEL}publish: [{{s3: s3://{bucket}/promo, endpoint_url: '{endpoint}'}}]\n"


@pytest.mark.parametrize(
    ("fault", "code", "word"),
    [
        ("wrong secret", 7, "the secret key does not belong to the access key"),
        ("unknown key", 7, "the access key is not known there"),
        ("no credentials", 7, "no credentials were found"),
        ("may only read", 7, "not allowed"),
        ("no such bucket", 8, "there is no such bucket"),
        ("server down", 75, "there is no connection to it"),
    ],
)
def test_where_s3_refuses_what_was_made_stays_and_slack_hears_nothing(
    tmp_path: Path, s3_server: S3Server, fault: str, code: int, word: str
) -> None:
    bucket = "no-such-bucket" if fault == "no such bucket" else s3_server.new_bucket()
    endpoint = f"http://127.0.0.1:{closed_port()}" if fault == "server down" else s3_server.url
    repo = make_project(tmp_path / NAME, config=with_s3(bucket, endpoint))
    identity = s3_server.reader if fault == "may only read" else s3_server.admin
    secret = "x" * 40 if fault == "wrong secret" else identity.secret_key
    key = "AKIDNOBODY0000000000" if fault == "unknown key" else identity.access_key
    keys = {} if fault == "no credentials" else {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    with SlackServer() as slack:
        job = GitHubJob.merged(
            tmp_path / "job",
            repo,
            SLACK_BOT_TOKEN=slack.token,
            SLACK_API_URL=slack.url,
            AWS_EC2_METADATA_DISABLED="true",
            **keys,
        )
        done = ci_mediagen("run", "--json", cwd=repo.path, env=job.env, code=code)
        assert slack.messages == []
        assert slack.files == {}
    assert word in done.stderr
    document = json.loads(done.stdout)
    assert (document["outcome"], document["exit_code"]) == ("partial", code)
    assert word in document["reasons"][0]
    card = repo.path / "mediagen-out" / "card.png"
    assert card.read_bytes().startswith(b"\x89PNG")
    assert (repo.path / "mediagen-out" / "index.html").is_file()
    assert job.outputs["generated"] == "true"
    if keys:
        for text in (done.stderr, done.stdout, job.summary, (card.parent / "manifest.json").read_text("utf-8")):
            assert secret not in text
            assert key not in text


def test_a_run_after_the_mend_publishes_what_was_made_before(tmp_path: Path, s3_server: S3Server) -> None:
    bucket = s3_server.new_bucket()
    repo = make_project(tmp_path / NAME, config=with_s3(bucket, f"http://127.0.0.1:{closed_port()}"))
    keys = {"AWS_ACCESS_KEY_ID": s3_server.admin.access_key, "AWS_SECRET_ACCESS_KEY": s3_server.admin.secret_key}
    with SlackServer() as slack:
        job = GitHubJob.merged(tmp_path / "job", repo, SLACK_BOT_TOKEN=slack.token, SLACK_API_URL=slack.url, **keys)
        ci_mediagen("run", cwd=repo.path, env=job.env, code=75)
        (repo.path / "mediagen.yml").write_text(with_s3(bucket, s3_server.url))
        done = ci_mediagen("run", "--json", cwd=repo.path, env=job.env)
        assert [one["reused"] for one in json.loads(done.stdout)["artifacts"]] == [True]
        assert len([message for message in slack.messages if message.thread_ts is None]) == 1
    assert any(key.endswith(".png") for key in s3_server.objects(bucket))
