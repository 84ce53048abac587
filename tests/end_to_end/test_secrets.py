"""No secret of the environment is in anything that the run leaves behind or says."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import ci_mediagen
from tests.support.github_job import GitHubJob
from tests.support.project import NAME, make_project
from tests.support.repos import Repo
from tests.support.s3_server import S3Server
from tests.support.slack_faults import Refused
from tests.support.slack_server import SlackServer

CUSTOM = "s3cr3t/of+the=customer&42"
WEBHOOK = "https://hooks.slack.example/services/T0/B0/hookSECRETabcdefghij"


def left_behind(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything under a folder that is a file, and every name."""
    for path in folder.rglob("*"):
        yield str(path), str(path).encode("utf-8", "surrogateescape")
        if path.is_file() and ".git" not in path.parts:
            yield str(path), path.read_bytes()


def spellings(secret: str) -> set[bytes]:
    found = {secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1]}
    return {text.encode() for text in found} | {base64.b64encode(secret.encode()).rstrip(b"=")[:-1]}


@pytest.mark.parametrize("slack_works", [True, False], ids=["slack works", "slack refuses"])
def test_no_secret_is_left_behind_or_said(tmp_path: Path, s3_server: S3Server, slack_works: bool) -> None:
    """Not even where a stranger guessed one and wrote it into a title, or a server repeats it in an error."""
    bucket = s3_server.new_bucket()
    config = f"""
announce: {{mode: each, slack: {{channel: "#releases"}}}}
publish: [{{s3: s3://{bucket}/promo, endpoint_url: "{s3_server.url}"}}]
"""
    repo = make_project(tmp_path / NAME, config=config)
    admin = s3_server.admin
    with SlackServer() as slack:
        if not slack_works:
            slack.fail("chat.postMessage", *[Refused(f"bad_token_{slack.token}") for _ in range(9)])
        secrets = {
            "SLACK_BOT_TOKEN": slack.token,
            "SLACK_WEBHOOK_URL": WEBHOOK,
            "AWS_ACCESS_KEY_ID": admin.access_key,
            "AWS_SECRET_ACCESS_KEY": admin.secret_key,
            "FOO_TOKEN": CUSTOM,
            "GITHUB_TOKEN": "ghs_abcdefghijklmnopqrstuvwxyz0123456789",
        }
        job = GitHubJob.merged(tmp_path / "job", repo, SLACK_API_URL=slack.url, **secrets)
        done = ci_mediagen("run", "--json", cwd=repo.path, env=job.env)
        log = ci_mediagen("run", cwd=repo.path, env=job.env)
    said = [("stdout", done.stdout.encode()), ("stderr", done.stderr.encode()), ("log", log.stderr.encode())]
    everything = [*said, *left_behind(tmp_path)]
    assert len(everything) > 10
    for name, secret in secrets.items():
        for spelling in spellings(secret):
            for where, data in everything:
                if where.endswith("weed.log"):
                    continue
                data = signed_links_aside(data) if name == "AWS_ACCESS_KEY_ID" else data
                assert spelling not in data, f"{name} is in {where}"


def signed_links_aside(data: bytes) -> bytes:
    """A presigned link names the key that signed it; it goes only to who may see it: the answer, and the step's outputs."""
    import re

    return re.sub(rb"X-Amz-Credential=[^&\s\"]+", b"", data)


def test_a_worker_is_started_without_secrets(tmp_path: Path) -> None:
    """It decodes pictures of strangers; what it does not know it cannot give away."""
    repo = make_project(tmp_path / NAME)
    job = GitHubJob.merged(tmp_path / "job", repo, FOO_TOKEN=CUSTOM, AWS_SECRET_ACCESS_KEY="x" * 40)
    program = (
        "import json, subprocess, sys\n"
        "real = subprocess.Popen.__init__\n"
        "def init(self, command, *rest, **options):\n"
        "    if 'ci_mediagen.worker' in command:\n"
        "        print(json.dumps(options['env']), file=open(sys.argv[1], 'a'))\n"
        "    real(self, command, *rest, **options)\n"
        "subprocess.Popen.__init__ = init\n"
        "from ci_mediagen.cli.main import exit_code\n"
        "sys.exit(exit_code(['run']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "environments"],
        cwd=repo.path,
        env=job.env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    given = (tmp_path / "environments").read_text()
    assert given
    assert CUSTOM not in given
    assert "x" * 40 not in given
    assert "GITHUB" not in given


def test_a_secret_that_a_stranger_wrote_into_a_title_is_not_repeated(repo: Repo, tmp_path: Path) -> None:
    title = f"feat: print {CUSTOM} please"
    job = GitHubJob.merged(tmp_path / "job", repo, title=title, FOO_TOKEN=CUSTOM)
    done = ci_mediagen("run", cwd=repo.path, env=job.env)
    assert CUSTOM not in done.stdout + done.stderr
