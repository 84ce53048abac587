"""`init` writes what fits the repository, and never over a file that is there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image

from ci_mediagen import scaffold
from ci_mediagen.cli.main import exit_code
from ci_mediagen.config import load_config
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.yaml_scalar import scalar

PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "aurora-studio"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "trunk")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Start")
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True)


def files(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] != ".git")


def test_writes_a_configuration_and_a_workflow(repo, capsys):
    assert exit_code(["init", "--repo", str(repo)]) == 0
    assert files(repo) == [".github/workflows/mediagen.yml", "mediagen.yml"]
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "wrote mediagen.yml (the configuration)",
        "wrote .github/workflows/mediagen.yml (github: no other CI system was found)",
    ]
    assert "SLACK_BOT_TOKEN" in captured.err


def test_the_configuration_names_what_was_found(repo):
    (repo / "docs").mkdir()
    (repo / "README.md").write_text("# AURORA Studio\n")
    (repo / "docs" / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><path fill="#e5484d"/></svg>')
    Image.new("RGB", (1280, 720)).save(repo / "docs" / "screen: 1 #2.png")
    git(repo, "add", ".")
    assert exit_code(["init", "--repo", str(repo)]) == 0
    written = yaml.safe_load((repo / "mediagen.yml").read_text())
    assert written["project"] == "AURORA Studio"
    assert written["brand"]["logo"] == "docs/logo.svg"
    assert written["brand"]["accent"] == "#e5484d"
    assert written["assets"] == {"hero": "docs/screen: 1 #2.png"}


def test_the_configuration_and_what_its_comments_suggest_are_valid(repo):
    """Both as it is written, and with every suggestion switched on."""
    Image.new("RGB", (1280, 720)).save(repo / "hero.png")
    (repo / "README.md").write_text("![hero](hero.png)")
    git(repo, "add", ".")
    exit_code(["init", "--repo", str(repo)])
    written = load_config(repo, None, {}, {})
    assert (written.project, written.assets["hero"]) == ("Aurora Studio", ("hero.png",))
    text = (repo / "mediagen.yml").read_text()
    for key in ("fonts:", "website:", "shots:", "publish:", "  - s3:", "    public_url:", "announce:", "  slack:"):
        assert text.count(f"# {key}") == 1
        text = text.replace(f"# {key}", key)
    (repo / "mediagen.yml").write_text(text)
    suggested = load_config(repo, None, {}, {})
    assert suggested.brand.fonts
    assert suggested.assets["shots"] == ("docs/screens/*.png",)
    assert suggested.publish[0].public_url == "https://media.example.com"
    assert suggested.announce.slack.channel == "#releases"


def test_the_configuration_of_a_repository_with_nothing_in_it_is_valid(repo):
    exit_code(["init", "--repo", str(repo)])
    assert load_config(repo, None, {}, {}).assets == {}


def test_in_a_subfolder_it_writes_at_the_top_of_the_repository(repo):
    (repo / "src").mkdir()
    assert exit_code(["init", "--repo", str(repo / "src")]) == 0
    assert "mediagen.yml" in files(repo)


@pytest.mark.parametrize(
    ("there", "remote", "systems"),
    [
        ([".github/workflows/ci.yaml"], "", ["github"]),
        (["Jenkinsfile"], "", ["jenkins"]),
        ([".gitlab-ci.yml"], "https://github.com/a/b", ["gitlab"]),
        ([".github/workflows/ci.yml", "Jenkinsfile.release"], "", ["github", "jenkins"]),
        ([".github/FUNDING.yml"], "git@gitlab.acme.dev:a/b.git", ["gitlab"]),
        ([], "git@github.com:a/b.git", ["github"]),
        ([], "", ["github"]),
    ],
)
def test_writes_for_the_ci_system_that_is_used(repo, there, remote, systems):
    for path in there:
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text("")
    assert [system for system, _ in scaffold.detect(repo, remote)] == systems


@pytest.mark.parametrize("ci", ["github", "jenkins", "gitlab"])
def test_the_ci_system_can_be_given(repo, ci):
    assert exit_code(["init", "--repo", str(repo), "--ci", ci]) == 0
    assert files(repo) == sorted(["mediagen.yml", scaffold.JOB_FILES[ci]])


def test_an_existing_file_is_kept_and_what_would_have_been_written_is_shown(repo, capsys):
    (repo / "mediagen.yml").write_text("project: Mine\n")
    assert exit_code(["init", "--repo", str(repo)]) == 0
    assert (repo / "mediagen.yml").read_text() == "project: Mine\n"
    captured = capsys.readouterr()
    assert "kept mediagen.yml: it exists, and nothing is overwritten" in captured.out
    assert "    project: Aurora Studio" in captured.err
    assert ".github/workflows/mediagen.yml" in files(repo)


def test_a_second_time_there_is_nothing_to_do(repo, capsys):
    exit_code(["init", "--repo", str(repo)])
    before = {path: (repo / path).read_bytes() for path in files(repo)}
    capsys.readouterr()
    assert exit_code(["init", "--repo", str(repo)]) == 0
    assert {path: (repo / path).read_bytes() for path in files(repo)} == before
    captured = capsys.readouterr()
    assert captured.out.count("it is as it would be written") == 2
    assert captured.err == ""


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("nowhere"), lambda path: path.mkdir()])
def test_a_dangling_link_or_a_folder_of_that_name_is_kept_too(repo, make):
    make(repo / "mediagen.yml")
    assert exit_code(["init", "--repo", str(repo)]) == 0
    assert not (repo / "nowhere").exists()


def test_a_file_that_appears_while_we_write_is_kept(repo, monkeypatch):
    top, proposed = scaffold.propose(repo)
    really = os.link

    def late(source, target):
        Path(target).write_text("somebody was faster")
        really(source, target)

    monkeypatch.setattr(os, "link", late)
    assert {result.status for result in scaffold.write(top, proposed)} == {"kept"}
    assert (repo / "mediagen.yml").read_text() == "somebody was faster"
    assert files(repo) == [".github/workflows/mediagen.yml", "mediagen.yml"]


def test_a_folder_that_links_out_of_the_repository_is_not_written_to(repo, capsys):
    outside = repo.parent / "outside"
    outside.mkdir()
    (repo / ".github").symlink_to(outside)
    assert exit_code(["init", "--repo", str(repo)]) == 2
    assert list(outside.iterdir()) == []
    assert "outside of the repository" in capsys.readouterr().err


def test_outside_of_a_repository_it_says_so(tmp_path, capsys):
    assert exit_code(["init", "--repo", str(tmp_path)]) == 2
    assert "no git repository" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error_without_leftovers(repo, capsys):
    (repo / ".github").write_text("a file where a folder has to be")
    assert exit_code(["init", "--repo", str(repo)]) == 2
    assert ".github/workflows/mediagen.yml cannot be written" in capsys.readouterr().err
    assert files(repo) == [".github", "mediagen.yml"]


def test_what_is_written_can_be_read_by_everybody(repo):
    exit_code(["init", "--repo", str(repo)])
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((repo / "mediagen.yml").stat().st_mode) == 0o666 & ~mask


# What is written is valid


@pytest.mark.parametrize("branch", ["main", "release/1.x", "a,b", "yes", "x#y", "\N{ROCKET}", "don't"])
def test_the_workflow_is_valid_for_any_branch(repo, branch):
    git(repo, "branch", "-m", branch)
    assert exit_code(["init", "--repo", str(repo), "--ci", "github"]) == 0
    workflow = repo / ".github" / "workflows" / "mediagen.yml"
    linted = subprocess.run([PROGRAMS / "actionlint", "-no-color", workflow], capture_output=True, text=True)
    assert (linted.stdout, linted.returncode) == ("", 0)
    document = yaml.load(workflow.read_text(), yaml.BaseLoader)
    assert document["on"]["push"]["branches"] == [branch]
    assert document["permissions"] == {"contents": "read", "pull-requests": "read"}


def test_the_workflow_asks_for_no_more_than_it_needs(repo):
    """zizmor finds nothing but our own action named by its tag, which only its user can pin."""
    exit_code(["init", "--repo", str(repo), "--ci", "github"])
    command = [PROGRAMS / "zizmor", "--offline", "--no-progress", "--format=json", repo / ".github" / "workflows"]
    audited = subprocess.run(command, capture_output=True, text=True)
    findings = yaml.safe_load(audited.stdout)
    told = {(finding["ident"], finding["locations"][0]["concrete"]["feature"].strip()) for finding in findings}
    assert {ident for ident, _ in told} <= {"unpinned-uses"}, audited.stdout
    assert all("ci-mediagen/ci-mediagen@" in feature for _, feature in told)


def test_the_gitlab_job_is_yaml_with_a_script(repo):
    exit_code(["init", "--repo", str(repo), "--ci", "gitlab"])
    job = yaml.safe_load((repo / ".gitlab" / "mediagen.gitlab-ci.yml").read_text())["mediagen"]
    assert job["script"][-1] == "ci-mediagen run"
    assert job["allow_failure"] is True


def test_the_jenkinsfile_kills_nothing_and_never_breaks_a_release(repo):
    exit_code(["init", "--repo", str(repo), "--ci", "jenkins"])
    text = (repo / "Jenkinsfile.mediagen").read_text()
    assert text.count("{") == text.count("}")
    assert "catchError(buildResult: 'SUCCESS'" in text
    assert "timeout(" in text
    assert not any(word in text for word in ("pkill", "sleep", "killall"))


@pytest.mark.parametrize(
    "text", [*CORPUS.values(), "yes", "No", "", "1.0", "0x1", "- a", "a: b", "#c", "null", "~", "[x", "main"]
)
@pytest.mark.parametrize("around", ["key: {}", "key: [{}, b]"])
def test_any_text_survives_in_yaml(text, around):
    loaded = yaml.safe_load(around.format(scalar(text)))["key"]
    value = loaded[0] if isinstance(loaded, list) else loaded
    assert value == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
