"""What `init` writes: a configuration with what was found in the repository, and a job for the CI system it uses.

Nothing is overwritten: a file that exists is kept, also one that appears while we write.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ci_mediagen import __version__
from ci_mediagen.assets.brand import BrandSettings, resolve_brand
from ci_mediagen.assets.files import shown
from ci_mediagen.assets.find import find_assets
from ci_mediagen.errors import OutputError
from ci_mediagen.events.repository import Repository, web_address
from ci_mediagen.model.brand import Assets, Brand
from ci_mediagen.model.change import Change, CommitRange
from ci_mediagen.text.yaml_scalar import scalar

Ci = Literal["github", "jenkins", "gitlab"]

CONFIG = "mediagen.yml"
JOB_FILES: dict[Ci, str] = {
    "github": ".github/workflows/mediagen.yml",
    "jenkins": "Jenkinsfile.mediagen",
    "gitlab": ".gitlab/mediagen.gitlab-ci.yml",
}

HOME = "https://github.com/ci-mediagen/ci-mediagen"
INSTALL = f"ci-mediagen @ git+{HOME}@v{__version__}"
CHECKOUT = "actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8 # v6.0.1"
UPLOAD = "actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0"

NEXT_STEPS: dict[Ci, str] = {
    "github": "Commit the files. For Slack, add the secret SLACK_BOT_TOKEN and a channel in mediagen.yml.",
    "jenkins": f"Commit the files, and make a pipeline job with the script path {JOB_FILES['jenkins']}.",
    "gitlab": f"Commit the files, and add `include: {{local: {JOB_FILES['gitlab']}}}` to .gitlab-ci.yml.",
}


@dataclass(frozen=True, slots=True)
class Proposed:
    """A file that `init` would write."""

    path: str
    """Relative to the repository."""
    content: str
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    file: Proposed
    status: Literal["written", "kept", "same"]
    """kept: another file was there. same: exactly this file was there."""


def propose(path: Path, ci: Ci | None = None) -> tuple[Path, tuple[Proposed, ...]]:
    """The repository's top folder, and the files that would be written there. Raises RepositoryError."""
    repository = Repository(path)
    top = Path(repository.ask("rev-parse", "--show-toplevel").text or path)
    remote = repository.ask("config", "--get", "remote.origin.url").text
    address = web_address(remote)
    brand = resolve_brand(top, BrandSettings(), address[1] if address else None)
    assets = find_assets(top, _nothing(), {})
    systems: Sequence[tuple[Ci, str]] = [(ci, "asked for")] if ci else detect(top, remote)
    branch = _default_branch(repository)
    jobs = [Proposed(JOB_FILES[system], _job(system, branch), f"{system}: {why}") for system, why in systems]
    return top, (Proposed(CONFIG, configuration(brand, assets), "the configuration"), *jobs)


def detect(top: Path, remote: str = "") -> list[tuple[Ci, str]]:
    """The CI systems that the repository uses, each with what shows it; GitHub where nothing does."""
    found: list[tuple[Ci, str]] = []
    if any((top / ".github" / "workflows").glob("*.y*ml")):
        found.append(("github", "there are workflows in .github/workflows"))
    if any(top.glob("Jenkinsfile*")):
        found.append(("jenkins", "there is a Jenkinsfile"))
    if (top / ".gitlab-ci.yml").exists():
        found.append(("gitlab", "there is a .gitlab-ci.yml"))
    if found:
        return found
    address = web_address(remote)
    host = address[0] if address else ""
    if "gitlab" in host:
        return [("gitlab", "the remote is at GitLab")]
    return [("github", "the remote is at GitHub" if "github" in host else "no other CI system was found")]


def write(top: Path, files: Sequence[Proposed]) -> tuple[Written, ...]:
    """Writes those that are not there yet, each whole or not at all. Raises OutputError."""
    return tuple(Written(file, _write(top, file)) for file in files)


def _write(top: Path, file: Proposed) -> Literal["written", "kept", "same"]:
    target = top / file.path
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if os.path.lexists(target):
            return "same" if target.is_file() and target.read_bytes() == file.content.encode() else "kept"
        if not target.parent.resolve().is_relative_to(top.resolve()):
            raise OutputError(
                f"{file.path} would lie outside of the repository: {target.parent} is a link out of it",
                advice="Remove the link, or write the file by hand.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(file.content, encoding="utf-8")
        try:
            # A link, unlike a rename, fails where somebody else has written the file by now.
            os.link(temporary, target)
        except FileExistsError:
            return "kept"
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                raise
            temporary.rename(target)  # a file system without hard links
    except OSError as error:
        raise OutputError(
            f"{file.path} cannot be written: {(error.strerror or str(error)).lower()}",
            advice=f"Let this user write in {top}, or make room there.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return "written"


def configuration(brand: Brand, assets: Assets) -> str:
    """mediagen.yml, with what was found, and what else could stand there as comments."""
    best = assets.best
    logo = f"logo: {scalar(brand.logo)}" if brand.logo else "# logo: docs/logo.svg          # none was found"
    if best:
        pictures = f"assets:\n  hero: {scalar(best.path)}   # {best.width}x{best.height}\n  # shots: docs/screens/*.png"
    else:
        pictures = "# assets:\n#   hero: docs/screenshot.png   # no picture was found: a background is drawn"
    accent_reason = next((reason for reason in brand.reasons if reason.startswith("accent")), "")
    return f"""\
# What ci-mediagen makes of this repository's merged changes and releases.
# Every line may go: without it there is a default, which `ci-mediagen config show` prints with its origin.

project: {scalar(brand.project)}

brand:
  # {_comment(accent_reason)}
  accent: "{brand.accent}"
  accent_2: "{brand.accent_2}"
  {logo}
  # fonts: [brand/Inter.ttf]
  # website: example.com

# Pictures that templates may show: `asset:hero`. Those that a change itself adds come first.
{pictures}

# Where the media go, besides the folder mediagen-out/.
# publish:
#   - s3: s3://my-bucket/media
#     public_url: https://media.example.com

# Who is told of a release. Needs SLACK_BOT_TOKEN in the environment.
# announce:
#   slack: {{channel: "#releases"}}
"""


def _comment(text: str) -> str:
    return re.sub(r"\s+", " ", shown(text))[:200]


def _nothing() -> Change:
    """No change: the pictures of the repository as it stands."""
    return Change(
        kind="manual", sha="0" * 40, range=CommitRange(None, "0" * 40, "explicit"), complete=True, incomplete_reason="",
        headline="", type=None, scope=None, breaking=False, security=False, commits=(), highlights=(), files=(), authors=(),
    )  # fmt: skip


def _default_branch(repository: Repository) -> str:
    """As the remote says, else the branch that is checked out, else `main`."""
    head = repository.ask("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").text
    if head.startswith("origin/"):
        return head.removeprefix("origin/")
    return repository.ask("symbolic-ref", "--quiet", "--short", "HEAD").text or "main"


def _job(ci: Ci, branch: str) -> str:
    return {"github": _github, "jenkins": _jenkins, "gitlab": _gitlab}[ci](branch)


def _github(branch: str) -> str:
    return f"""\
# Makes pictures and videos of what was merged or released. Written by `ci-mediagen init`; change it as you like.
name: mediagen

on:
  push:
    branches: [{scalar(branch)}]
  release:
    # A release that a workflow makes with GITHUB_TOKEN starts no other workflow: run the job below after that one instead.
    types: [published]

permissions:
  contents: read        # the history
  pull-requests: read   # labels and description of the pull request that was merged

concurrency:
  group: mediagen-${{{{ github.ref }}}}
  cancel-in-progress: false

jobs:
  mediagen:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: {CHECKOUT}
        with:
          fetch-depth: 0   # the history since the last release
          persist-credentials: false
      - uses: ci-mediagen/ci-mediagen@v{__version__}   # or the commit of that tag, which cannot be moved
        id: mediagen
        env:
          GITHUB_TOKEN: ${{{{ github.token }}}}
          SLACK_BOT_TOKEN: ${{{{ secrets.SLACK_BOT_TOKEN }}}}   # without it nothing is posted
      - uses: {UPLOAD}
        if: steps.mediagen.outputs.generated == 'true'
        with:
          name: mediagen
          path: mediagen-out/
"""


def _jenkins(_branch: str) -> str:
    return f"""\
// Makes pictures and videos of what was merged or released. Written by `ci-mediagen init`; change it as you like.
// Needs Python 3.11 or later and git on the agent, and the whole history: no shallow clone in the job's Git settings.
pipeline {{
    agent any
    options {{
        timeout(time: 20, unit: 'MINUTES')
        disableConcurrentBuilds()
    }}
    stages {{
        stage('Media') {{
            steps {{
                // Media never break a release.
                catchError(buildResult: 'SUCCESS', stageResult: 'UNSTABLE') {{
                    // For Slack, around the step:
                    // withCredentials([string(credentialsId: 'slack-bot-token', variable: 'SLACK_BOT_TOKEN')]) {{ ... }}
                    sh '''
                        set -eu
                        python3 -m venv "$WORKSPACE_TMP/mediagen"
                        "$WORKSPACE_TMP/mediagen/bin/pip" install --quiet '{INSTALL}'
                        "$WORKSPACE_TMP/mediagen/bin/ci-mediagen" run
                    '''
                }}
            }}
            post {{
                always {{
                    archiveArtifacts artifacts: 'mediagen-out/**', allowEmptyArchive: true
                }}
            }}
        }}
    }}
}}
"""


def _gitlab(_branch: str) -> str:
    return f"""\
# Makes pictures and videos of what was merged or released. Written by `ci-mediagen init`; change it as you like.
mediagen:
  stage: .post
  image: python:3.13
  rules:
    - if: $CI_COMMIT_TAG
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  variables:
    GIT_DEPTH: "0"   # the history since the last release
  script:
    - pip install --quiet '{INSTALL}'
    - ci-mediagen run
  artifacts:
    when: always
    paths: [mediagen-out/]
    expire_in: 30 days
  timeout: 20 minutes
  allow_failure: true   # media never break a release
"""
