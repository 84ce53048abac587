"""Whatever is wrong with what it is given: a person is told what, where and what to do, once, and the exit code says which
kind it is."""

from __future__ import annotations

import itertools
import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from ci_mediagen.cli.main import exit_code
from tests.support.command import ci_mediagen
from tests.support.github_job import GitHubJob
from tests.support.payloads import PAYLOADS
from tests.support.project import NAME, make_project, screenshot
from tests.support.real import require
from tests.support.repos import Repo, make_repo

NOBODY = 65534
LAUGHS = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n" for before, name in itertools.pairwise("abcdefghi")
)
"""Eight times as long with each line."""


class Refused(Protocol):
    def __call__(self, repo: Path, *arguments: str | Path, **variables: str) -> str: ...


@pytest.fixture
def refused(env: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs `plan` in a repository and gives the one message with which it refuses. In this process: there are many."""

    def run(repo: Path, *arguments: str | Path, **variables: str) -> str:
        for name in [*os.environ]:
            monkeypatch.delenv(name)
        for name, value in (env | variables).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(repo)
        assert exit_code(["plan", *map(str, arguments)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        errors = [line for line in captured.err.splitlines() if line.startswith("Error: ")]
        assert len(errors) == 1, captured.err
        return captured.err[captured.err.index("Error: ") :]

    return run


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("proyect: Aurora\n", ("mediagen.yml:1", "proyect", "did you mean 'project'?"), id="unknown key"),
        pytest.param(
            "project: Aurora\nbrand:\n  acent: '#fff'\n",
            ("mediagen.yml:3", "brand.acent", "did you mean 'accent'?"),
            id="unknown key below another",
        ),
        pytest.param("strict: [1]\n", ("mediagen.yml:1", "strict"), id="wrong type"),
        pytest.param("timeout_minutes: soon\n", ("mediagen.yml:1", "timeout_minutes"), id="a text for a number"),
        pytest.param("project: {{ x }}\n", ("mediagen.yml:1",), id="Jinja in YAML"),
        pytest.param("brand: {accent: '#fff'\n", ("mediagen.yml:2",), id="bad YAML"),
        pytest.param("a: 1\n\tb: 2\n", ("mediagen.yml:2",), id="a tab"),
        pytest.param("- a\n- b\n", ("mediagen.yml", "keys and values"), id="a list"),
        pytest.param("project: &a [*a]\n", ("mediagen.yml:1",), id="an alias to itself"),
        pytest.param("project: A\nproject: B\n", ("mediagen.yml:2", "project"), id="a key twice"),
        pytest.param("project: !!python/object:os.system x\n", ("mediagen.yml:1",), id="a tag"),
        pytest.param(LAUGHS, ("mediagen.yml:",), id="billion laughs"),
        pytest.param("project: \udcff\n", ("mediagen.yml", "UTF-8"), id="not UTF-8"),
        pytest.param("announce: {slack: {token: xoxb-1-2-abcdefghij}}\n", ("mediagen.yml:1", "secret"), id="a secret"),
        pytest.param("publish: [{s3: http://bucket}]\n", ("mediagen.yml:1", "s3://bucket/prefix"), id="no bucket"),
        pytest.param("assets: {hero: ../hero.png}\n", ("mediagen.yml:1", "assets.hero"), id="a path out of the repository"),
    ],
)  # fmt: skip
def test_a_configuration_that_is_wrong_is_told_with_file_line_and_key(
    repo: Repo, refused: Refused, text: str, told: tuple[str, ...]
) -> None:
    (repo.path / "mediagen.yml").write_bytes(text.encode("utf-8", "surrogateescape"))
    message = refused(repo.path)
    for words in told:
        assert words in message
    assert "xoxb-1-2" not in message


TEMPLATE = """name: feature
when: {type: feat}
priority: 90
shots:
  - id: card
    task: card
    layout: card.html
    alt: "ALT"
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            TEMPLATE.replace("ALT", "{{ text.headline"), ("template.yml:8", "shots[0].alt"), id="bad Jinja"
        ),
        pytest.param(
            TEMPLATE.replace("ALT", "{{ chnge.headline }}"),
            ("template.yml:8", "shots[0].alt", "did you mean 'change'?"),
            id="a name that there is not",
        ),
        pytest.param(
            TEMPLATE.replace("ALT", "{{ ''.__class__.__mro__ }}"), ("template.yml:8", "shots[0].alt"), id="an escape"
        ),
        pytest.param(
            TEMPLATE.replace("ALT", "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}"),
            ("template.yml:8", "shots[0].alt"),
            id="a text without end",
        ),
        pytest.param(
            TEMPLATE.replace("layout: card", "layout: crad"),
            ("template.yml:7", "crad.html", "did you mean 'card.html'?"),
            id="a layout that there is not",
        ),
        pytest.param(TEMPLATE.replace("task: card", "task: cart"), ("template.yml:6", "shots[0].task"), id="a task"),
        pytest.param(TEMPLATE.replace("layout:", "layuot:"), ("template.yml:7", "'layout'"), id="an unknown key"),
        pytest.param(TEMPLATE + "  - id: [", ("template.yml:",), id="bad YAML"),
        pytest.param(TEMPLATE + "    image: hero.png\n", ("template.yml:9", "asset:"), id="no reference"),
        pytest.param("", ("template.yml",), id="empty"),
    ],
)  # fmt: skip
def test_a_template_that_is_wrong_is_told_with_file_line_and_key(
    repo: Repo, refused: Refused, text: str, told: tuple[str, ...]
) -> None:
    repo.write({".mediagen/templates/feature/template.yml": text})
    message = refused(repo.path)
    assert ".mediagen/templates/feature/" in message
    for words in told:
        assert words in message


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        pytest.param("<p>{{ text.headline</p>", "card.html:1", id="bad Jinja"),
        pytest.param("<p>\n{% include '/etc/passwd' %}</p>", "card.html:2", id="a file of the machine"),
        pytest.param("<p>\n\n{% include '../../../../README.md' %}</p>", "card.html:3", id="a file elsewhere"),
    ],
)
def test_a_layout_that_is_wrong_is_told_with_file_and_line(
    repo: Repo, refused: Refused, layout: str, told: str
) -> None:
    folder = ".mediagen/templates/feature"
    repo.write({f"{folder}/template.yml": TEMPLATE, f"{folder}/card.html": layout})
    message = refused(repo.path)
    assert f"{folder}/{told}" in message


def png(width: int, height: int, data: bytes) -> bytes:
    """A PNG that says it is this large, whatever its data hold."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@dataclass(frozen=True)
class Asset:
    content: bytes | None
    told: str


ASSETS = {
    "missing": Asset(None, "assets/hero.png"),
    "truncated": Asset(screenshot()[: len(screenshot()) // 2], "assets/hero.png"),
    "a text": Asset(b"This is no picture.\n" * 100, "assets/hero.png"),
    "empty": Asset(b"", "assets/hero.png"),
    "a page": Asset(b"<html><script>alert(1)</script></html>", "assets/hero.png"),
    "a decompression bomb": Asset(png(60_000, 60_000, zlib.compress(bytes(1_000_000))), "assets/hero.png"),
    "no pixels": Asset(png(0, 0, b""), "assets/hero.png"),
}


@pytest.mark.parametrize("asset", ASSETS.values(), ids=ASSETS)
def test_a_configured_picture_that_cannot_be_shown_is_told(tmp_path: Path, refused: Refused, asset: Asset) -> None:
    repo = make_project(tmp_path / NAME, config="project: Aurora\nassets: {hero: assets/hero.png}\n")
    if asset.content is not None:
        repo.commit("feat: a hero", {"assets/hero.png": asset.content})
    message = refused(repo.path, "--template", "feature")
    assert asset.told in message
    assert "mediagen.yml:2" in message


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside.png", "nowhere.png", "/"])
def test_a_picture_that_is_a_link_out_of_the_repository_is_refused(
    tmp_path: Path, refused: Refused, target: str
) -> None:
    (tmp_path / "outside.png").write_bytes(screenshot())
    repo = make_project(tmp_path / NAME, config="assets: {hero: assets/hero.png}\n")
    (repo.path / "assets").mkdir()
    (repo.path / "assets" / "hero.png").symlink_to(target)
    repo.commit("feat: a hero", {})
    message = refused(repo.path)
    assert "assets/hero.png" in message
    assert "link that leads nowhere" in message or "outside of the repository" in message


@pytest.mark.parametrize(
    "asset", [asset for asset in ASSETS.values() if asset.content is not None], ids=list(ASSETS)[1:]
)
def test_a_picture_of_the_change_that_cannot_be_shown_is_left_out_and_the_card_is_made(
    tmp_path: Path, env: dict[str, str], asset: Asset
) -> None:
    repo = make_project(tmp_path / NAME, files={"docs/new.png": asset.content})
    done = ci_mediagen("run", "--only", "card", "--json", cwd=repo.path, env=env)
    assert json.loads(done.stdout)["outcome"] == "ok"
    assert "not shown: docs/new.png" in done.stderr


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b'{"action": "closed", "pull_req', "pull_request", "event.json"),
        (b"", "pull_request", "event.json"),
        (b"[]", "pull_request", "event.json"),
        (b'"x"', "push", "event.json"),
        (b"\xff\xfe", "push", "event.json"),
        (b"[" * 200_000, "push", "event.json"),
        (b'{"action": "closed"}', "pull_request", "pull_request"),
        ((PAYLOADS / "issues.json").read_bytes(), "issues", "issues"),
        ((PAYLOADS / "issues.json").read_bytes(), "", "issue"),
        ((PAYLOADS / "release_published.json").read_bytes(), "pull_request", "pull_request"),
        (b'{"ref": 7, "before": [], "after": {}}', "push", "ref"),
    ],
)
def test_an_event_that_is_none_is_told(
    repo: Repo, refused: Refused, tmp_path: Path, content: bytes, name: str, told: str
) -> None:
    (tmp_path / "event.json").write_bytes(content)
    options = ("--event", tmp_path / "event.json", *(("--event-name", name) if name else ()))
    message = refused(repo.path, *options)
    assert told in message


def test_an_event_file_that_is_not_there_is_told(repo: Repo, refused: Refused) -> None:
    assert "missing.json" in refused(repo.path, "--event", "missing.json")


@pytest.mark.parametrize("asked", ["nowhere..HEAD", "HEAD..nowhere", "v9..v10", "--output=x..HEAD", "abc", "..", ""])
def test_a_range_that_there_is_not_is_told(repo: Repo, refused: Refused, asked: str) -> None:
    message = refused(repo.path, f"--range={asked}")
    assert asked.split("..")[0] in message or "range" in message


@pytest.mark.parametrize("since", ["nowhere", "99x", "--all", ""])
def test_a_since_that_is_no_time_and_no_tag_is_told(repo: Repo, refused: Refused, since: str) -> None:
    assert "since" in refused(repo.path, f"--since={since}").lower()


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path, refused: Refused) -> None:
    message = refused(tmp_path)
    assert "this is no git repository" in message


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, refused: Refused) -> None:
    assert "nowhere" in refused(tmp_path, "--repo", tmp_path / "nowhere")


def test_a_repository_without_a_commit_is_told(tmp_path: Path, refused: Refused) -> None:
    message = refused(make_repo(tmp_path / "empty").path)
    assert "commit" in message


def test_an_unknown_option_and_command_are_told_with_the_nearest(repo: Repo, env: dict[str, str]) -> None:
    done = ci_mediagen("run", "--templte", "x", cwd=repo.path, env=env, code=2)
    assert "--template" in done.stderr
    done = ci_mediagen("rnu", cwd=repo.path, env=env, code=2)
    assert "'run'" in done.stderr


def powerless(*arguments: str | Path, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command run by a user for whom permissions hold: root itself without its privileges."""
    dropped: list[str] = []
    if os.geteuid() == 0:
        dropped = [require("setpriv", "It is in util-linux."), "--bounding-set=-all", "--inh-caps=-all"]
    done = subprocess.run(
        [*dropped, sys.executable, "-m", "ci_mediagen", *map(str, arguments)],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_an_output_folder_that_may_not_be_written_is_told_and_what_was_made_is_stored(
    repo: Repo, env: dict[str, str], tmp_path: Path
) -> None:
    repo.path.chmod(0o555)
    try:
        done = powerless("run", "--only", "card", cwd=repo.path, env=env)
        again = powerless("run", "--only", "card", "--output", tmp_path / "out", "--json", cwd=repo.path, env=env)
    finally:
        repo.path.chmod(0o755)
    assert done.returncode == 2, done.stderr
    for words in ("mediagen-out", "Permission denied", "--output"):
        assert words in done.stderr
    assert again.returncode == 0, again.stderr
    assert [one["reused"] for one in json.loads(again.stdout)["artifacts"]] == [True]


@pytest.mark.parametrize("name", ["card.png", "index.html"])
def test_a_file_of_somebody_elses_in_the_output_folder_is_not_overwritten(
    repo: Repo, env: dict[str, str], name: str
) -> None:
    repo.write({f"mediagen-out/{name}": "mine"})
    done = ci_mediagen("run", "--only", "card", cwd=repo.path, env=env, code=2)
    assert f"mediagen-out/{name} was there before and is not from an earlier run" in done.stderr
    assert (repo.path / "mediagen-out" / name).read_text() == "mine"


def test_an_output_folder_that_is_a_file_is_told(repo: Repo, env: dict[str, str]) -> None:
    repo.write({"mediagen-out": "mine"})
    done = ci_mediagen("run", "--only", "card", cwd=repo.path, env=env, code=2)
    assert "mediagen-out is a file, not a folder" in done.stderr
    assert (repo.path / "mediagen-out").read_text() == "mine"


def test_a_cache_that_may_not_be_written_is_told(repo: Repo, env: dict[str, str], tmp_path: Path) -> None:
    cache = tmp_path / "read-only"
    cache.mkdir(mode=0o555)
    done = powerless("run", "--only", "card", cwd=repo.path, env=env | {"CI_MEDIAGEN_CACHE": str(cache)})
    assert done.returncode == 75, done.stderr
    for words in (str(cache), "ermission denied", "CI_MEDIAGEN_CACHE"):
        assert words in done.stderr


def test_a_repository_that_may_not_be_read_is_told(repo: Repo, env: dict[str, str]) -> None:
    (repo.path / ".git").chmod(0o000)
    try:
        done = powerless("plan", cwd=repo.path, env=env)
    finally:
        (repo.path / ".git").chmod(0o755)
    assert done.returncode == 2, done.stderr
    assert "git repository" in done.stderr


def test_a_repository_of_another_user_is_told_with_what_to_do(repo: Repo, refused: Refused) -> None:
    """git refuses it: whoever owns it could have put programs into its configuration."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a repository to another user")
    for path in (repo.path, repo.path / ".git"):
        os.chown(path, NOBODY, NOBODY)
    message = refused(repo.path)
    assert f"git config --global --add safe.directory {repo.path}" in message


def test_a_full_disk_under_the_output_is_told_and_what_was_made_is_stored(
    repo: Repo, env: dict[str, str], small_disk: Callable[[str], Path], tmp_path: Path
) -> None:
    disk = small_disk("16k")
    done = ci_mediagen("run", "--only", "card", "--output", disk / "out", cwd=repo.path, env=env, code=75)
    assert "No space left on device" in done.stderr
    assert "--output" in done.stderr
    assert not [path for path in (disk / "out").iterdir() if path.suffix == ".png"]
    again = ci_mediagen("run", "--only", "card", "--json", cwd=repo.path, env=env)
    assert [one["reused"] for one in json.loads(again.stdout)["artifacts"]] == [True]


def test_a_full_disk_under_the_cache_is_told_and_what_was_made_stays(
    repo: Repo, env: dict[str, str], small_disk: Callable[[str], Path]
) -> None:
    """Room for one card, and not for the next ones."""
    disk = small_disk("600k")
    env["CI_MEDIAGEN_CACHE"] = str(disk / "cache")
    template = TEMPLATE.replace("ALT", "")
    shots = "".join(f"  - {{id: c{n}, task: card, layout: card.html, seed: {n}}}\n" for n in range(12))
    repo.write({".mediagen/templates/feature/template.yml": template[: template.index("  - id")] + shots})
    done = ci_mediagen("run", "--json", cwd=repo.path, env=env, code=75)
    assert "the disk is full" in done.stderr
    assert "CI_MEDIAGEN_CACHE" in done.stderr
    document = json.loads(done.stdout)
    assert document["outcome"] == "partial"
    made = document["artifacts"]
    assert 0 < len(made) < 12
    assert all(Path(one["path"]).read_bytes().startswith(b"\x89PNG") for one in made)
    assert not list((disk / "cache" / "store" / "v1" / ".tmp").glob("*"))


def test_github_variables_without_an_event_are_told(
    repo: Repo, env: dict[str, str], tmp_path: Path, refused: Refused
) -> None:
    assert "GITHUB_EVENT_PATH" in refused(repo.path, GITHUB_ACTIONS="true")
    job = GitHubJob.merged(tmp_path / "job", repo)
    Path(job.env["GITHUB_EVENT_PATH"]).unlink()
    assert "event.json" in refused(repo.path, **job.env)
