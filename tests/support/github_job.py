"""A step of a job on GitHub, as the runner starts it: the event's payload, the environment, the files that it reads back.

job = GitHubJob.merged(tmp_path, repo, title="feat: dark mode")
done = ci_mediagen("run", cwd=repo.path, env=job.env)
assert job.outputs["generated"] == "true"
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.command import environment
from tests.support.github_files import read_outputs
from tests.support.payloads import payload
from tests.support.repos import Repo


@dataclass
class GitHubJob:
    """`env` is that of the step; `event` is the payload as it was written."""

    folder: Path
    env: dict[str, str]
    event: dict[str, Any]

    @classmethod
    def of(cls, folder: Path, repo: Repo, event_name: str, event: dict[str, Any], **variables: str) -> GitHubJob:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
        for name in ("summary.md", "output.txt"):
            (folder / name).touch()
        env = environment(
            folder,
            CI="true",
            GITHUB_ACTIONS="true",
            GITHUB_EVENT_NAME=event_name,
            GITHUB_EVENT_PATH=str(folder / "event.json"),
            GITHUB_REPOSITORY=event["repository"]["full_name"],
            GITHUB_SERVER_URL="https://github.com",
            GITHUB_API_URL="http://127.0.0.1:1",
            GITHUB_SHA=repo.head,
            GITHUB_ACTOR=event["sender"]["login"],
            GITHUB_WORKSPACE=str(repo.path),
            GITHUB_STEP_SUMMARY=str(folder / "summary.md"),
            GITHUB_OUTPUT=str(folder / "output.txt"),
            RUNNER_TEMP=str(folder),
        )
        return cls(folder, env | variables, event)

    @classmethod
    def merged(
        cls,
        folder: Path,
        repo: Repo,
        *,
        title: str | None = None,
        body: str = "",
        labels: tuple[str, ...] = (),
        by: dict[str, str] | None = None,
        **variables: str,
    ) -> GitHubJob:
        """A pull request whose one commit was squashed onto the branch's tip."""
        event = payload("pull_request_merged")
        pull_request = event["pull_request"]
        pull_request["title"] = title if title is not None else repo.git("log", "-1", "--format=%s")
        pull_request["body"] = body
        pull_request["labels"] = [{"name": name} for name in labels]
        pull_request["merge_commit_sha"] = repo.head
        pull_request["base"]["sha"] = repo.git("rev-parse", "--verify", "--quiet", "HEAD~1", check=False) or repo.head
        pull_request["head"]["sha"] = repo.head
        if by:
            pull_request["user"] |= by
        return cls.of(folder, repo, "pull_request", event, **variables)

    @classmethod
    def released(
        cls, folder: Path, repo: Repo, tag: str, *, prerelease: bool = False, private: bool = False, **variables: str
    ) -> GitHubJob:
        event = payload("release_published")
        event["release"] |= {
            "tag_name": tag,
            "name": "",
            "body": "",
            "prerelease": prerelease,
            "target_commitish": "main",
            "html_url": f"https://github.com/acme/aurora/releases/tag/{tag}",
        }
        event["repository"]["private"] = private
        return cls.of(folder, repo, "release", event, GITHUB_REF=f"refs/tags/{tag}", **variables)

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text("utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        """Raises ValueError where the runner would refuse the file."""
        return read_outputs(self.folder / "output.txt")

    @property
    def cache(self) -> Path:
        return Path(self.env["CI_MEDIAGEN_CACHE"])
