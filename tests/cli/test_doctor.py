"""`doctor` tells what is missing, each finding with its fix, and its exit code says whether anything has to be done."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from ci_mediagen import doctor
from ci_mediagen.cli.main import exit_code
from ci_mediagen.errors import CredentialsError
from ci_mediagen.model.finding import Finding
from tests.support.slack_server import SlackServer


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Start")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Go on")
    return folder


def git(folder: Path, *arguments: object) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch):
    """An empty PATH, and a function that puts a program there that answers with a text."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name: str, answer: str, status: int = 0) -> None:
        (folder / name).write_text(f"#!/bin/sh\nprintf '%s\\n' '{answer}'\nexit {status}\n")
        (folder / name).chmod(0o755)

    return install


def only(findings):
    (finding,) = findings
    return finding.status, finding.detail


def test_the_machine_and_its_python_are_told():
    assert only(doctor.python())[0] == "ok"
    assert "CPUs" in only(doctor.system())[1]


def test_git_is_there_or_missing_or_too_old(programs):
    missing = doctor.git()[0]
    assert (missing.status, missing.fix) == ("problem", "Install git, and put it on PATH.")
    programs("git", "git version 2.20.1 (Apple Git-117)")
    assert only(doctor.git()) == ("problem", "2.20.1 is too old")
    programs("git", "git version 2.39.5")
    assert only(doctor.git()) == ("ok", "2.39.5")


def test_a_missing_gpu_is_fine(programs):
    assert only(doctor.gpu())[0] == "absent"
    programs("nvidia-smi", "NVIDIA-SMI has failed", status=9)
    assert only(doctor.gpu())[0] == "absent"


def test_the_encoder_is_there_or_missing(monkeypatch):
    status, detail = only(doctor.encoder())
    assert status == "ok"
    assert detail.startswith("libx264 in PyAV ")
    monkeypatch.setattr(doctor, "VIDEO_ENCODER", "no-such-encoder")
    (finding,) = doctor.encoder()
    assert finding.status == "problem"
    assert "no no-such-encoder" in finding.detail
    assert "pip install" in finding.fix


def test_gpus_are_told_with_memory_and_driver(programs):
    programs("nvidia-smi", "NVIDIA H200, 143771, 570.10\nNVIDIA L4, 23034, 570.10")
    assert only(doctor.gpu()) == ("ok", "NVIDIA H200, 140 GiB (driver 570.10); NVIDIA L4, 22 GiB (driver 570.10)")


def test_a_shallow_clone_is_warned_of(repo, tmp_path):
    assert only(doctor.repository(repo))[0] == "ok"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{repo}", tmp_path / "shallow"], check=True)
    (finding,) = doctor.repository(tmp_path / "shallow")
    assert finding.status == "warning"
    assert "fetch-depth: 0" in finding.fix


def test_a_repository_without_a_commit_is_a_problem(tmp_path):
    git(tmp_path, "init", "-q")
    assert only(doctor.repository(tmp_path))[0] == "problem"


def test_a_folder_is_tried_and_nothing_is_left_there(tmp_path):
    status, detail = only(doctor.folder("output", tmp_path / "not" / "yet"))
    assert status == "ok"
    assert "GB free" in detail
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_has_to_be_is_a_problem(tmp_path):
    (tmp_path / "out").write_text("")
    assert only(doctor.folder("output", tmp_path / "out"))[0] == "problem"
    assert only(doctor.folder("output", tmp_path / "out" / "deeper"))[0] == "problem"


def test_a_folder_that_may_not_be_written_is_a_problem_with_its_fix():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        with as_an_ordinary_user():
            (finding,) = doctor.folder("cache", Path(folder))
    assert finding.status == "problem"
    assert "permission denied" in finding.detail
    assert "CI_MEDIAGEN_CACHE" in finding.fix


@contextmanager
def as_an_ordinary_user():
    """Root writes everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(("limit", "status"), [("LOW_SPACE", "warning"), ("NO_SPACE", "problem")])
def test_little_space_is_warned_of_and_no_space_a_problem(tmp_path, monkeypatch, limit, status):
    monkeypatch.setattr(doctor, limit, 1 << 62)
    (finding,) = doctor.folder("output", tmp_path)
    assert finding.status == status
    assert finding.fix.startswith("Make room")


def group(status: str, code: int = doctor.LOCAL_PROBLEM) -> doctor.Group:
    return doctor.Group("x", lambda: [Finding("x", status, "", "")], code)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ([group("ok"), group("warning"), group("absent")], 0),
        ([group("ok"), group("problem")], 2),
        ([group("problem", doctor.REMOTE_PROBLEM)], 7),
        ([group("problem", doctor.REMOTE_PROBLEM), group("problem")], 2),
    ],
)
def test_only_problems_change_the_exit_code(groups, code):
    assert doctor.examine(groups).exit_code == code


def test_a_check_that_fails_does_not_hide_the_others():
    def refused():
        raise CredentialsError("the token was revoked", advice="Make another.")

    def broken():
        raise ZeroDivisionError("oops")

    health = doctor.examine([doctor.Group("slack", refused), doctor.Group("odd", broken), group("ok")])
    assert health.findings == (
        Finding("slack", "problem", "the token was revoked", "Make another."),
        Finding(
            "odd", "problem", "the check itself failed: ZeroDivisionError: oops",
            "This is a bug of ci-mediagen; please report it.",
        ),
        Finding("x", "ok", "", ""),
    )  # fmt: skip


# The command


@pytest.fixture
def clean(tmp_path, monkeypatch):
    """No CI system, no secrets, a cache of its own."""
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "AWS_", "SLACK_", "CI_MEDIAGEN_", "JENKINS", "GITLAB")) or name == "CI":
            monkeypatch.delenv(name)
    monkeypatch.setenv("CI_MEDIAGEN_CACHE", str(tmp_path / "cache"))


def run(repo: Path, capsys) -> tuple[int, dict[str, dict[str, str]], bool]:
    code = exit_code(["doctor", "--json", "--repo", str(repo)])
    document = json.loads(capsys.readouterr().out)
    assert document["schema_version"] == 1
    return code, {finding["name"]: finding for finding in document["findings"]}, document["ok"]


def test_a_machine_that_has_everything_is_well(repo, clean, capsys):
    code, findings, ok = run(repo, capsys)
    assert (code, ok) == (0, True), findings
    assert {
        "system",
        "python",
        "git",
        "repository",
        "output",
        "cache",
        "temporary",
        "encoder",
        "compositor",
        "fonts",
        "gpu",
        "slack",
    } <= set(findings)
    assert all(finding["status"] != "problem" for finding in findings.values())
    assert list(repo.iterdir()) == [repo / ".git"], "nothing is left behind"


def test_people_read_a_line_for_each_finding_and_its_fix(tmp_path, clean, capsys):
    assert exit_code(["doctor", "--repo", str(tmp_path)]) == 2
    lines = capsys.readouterr().out.splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.startswith("PROBLEM")]
    assert "no git repository" in lines[at]
    assert lines[at + 1].startswith(" " * 21 + " -> ")


def test_a_wrong_configuration_is_a_finding_with_file_and_line(repo, clean, capsys):
    (repo / "mediagen.yml").write_text("project: X\nanounce: never\n")
    code, findings, _ = run(repo, capsys)
    assert code == 2
    assert "mediagen.yml:2" in findings["config"]["detail"]
    assert "announce" in findings["config"]["detail"]
    assert findings["git"]["status"] == "ok"


def test_slack_is_asked_who_we_are(repo, clean, capsys, monkeypatch):
    (repo / "mediagen.yml").write_text('announce: {slack: {channel: "#releases"}}\n')
    code, findings, _ = run(repo, capsys)
    assert (code, findings["slack"]["status"]) == (0, "warning")
    assert "SLACK_BOT_TOKEN" in findings["slack"]["fix"]
    with SlackServer() as slack:
        monkeypatch.setenv("SLACK_API_URL", slack.url)
        monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token)
        code, findings, _ = run(repo, capsys)
        assert (code, findings["slack"]["status"]) == (0, "ok")
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-wrong-token-of-somebody")
        code, findings, _ = run(repo, capsys)
        assert (code, findings["slack"]["status"]) == (7, "problem")
        assert findings["slack"]["fix"]
        assert "xoxb-wrong" not in json.dumps(findings)
        assert not slack.messages


def test_a_token_without_a_channel_is_warned_of(repo, clean, capsys, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    code, findings, _ = run(repo, capsys)
    assert (code, findings["slack"]["status"]) == (0, "warning")
    assert "channel" in findings["slack"]["fix"]


def test_s3_is_reached_or_said_why_not(repo, clean, capsys, monkeypatch, s3_server):
    bucket = s3_server.new_bucket()
    configured = "publish: [{{s3: s3://{}/media, endpoint_url: {}}}]\n"
    (repo / "mediagen.yml").write_text(configured.format(bucket, s3_server.url))
    s3_server.use(monkeypatch, s3_server.admin)
    code, findings, _ = run(repo, capsys)
    assert (code, findings["s3"]["status"]) == (0, "ok"), findings
    (repo / "mediagen.yml").write_text(configured.format("no-such-bucket", s3_server.url))
    code, findings, _ = run(repo, capsys)
    assert (code, findings["s3"]["status"]) == (7, "problem")
    assert "no-such-bucket" in findings["s3"]["detail"]


def test_a_secret_in_a_finding_is_not_shown(repo, clean, capsys, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1111-2222-SECRETsecret")
    (repo / "mediagen.yml").write_text("output: xoxb-1111-2222-SECRETsecret\n")
    exit_code(["doctor", "--repo", str(repo)])
    captured = capsys.readouterr()
    assert "SECRETsecret" not in captured.out + captured.err
