"""The command's frame: its help, its subcommands, and how every failure becomes one message and one exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ci_mediagen import __version__, errors
from ci_mediagen.cli.main import COMMANDS, cli, exit_code
from tests.support.command import environment, start
from tests.support.processes import marked, wait_until
from tests.support.project import NAME, make_project


def command(*arguments: str, cwd: Path, env: dict[str, str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ci_mediagen", *arguments],
        cwd=cwd, env=env, capture_output=True, text=True, timeout=60, **options,  # type: ignore[call-overload]
    )  # fmt: skip


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["--help"]) == 0
    told = capsys.readouterr().out
    for name, meaning in COMMANDS.items():
        assert f"  {name} " in told
        assert meaning in told
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 75):
        assert f"{code} " in " ".join(told.partition("Exit codes:")[2].split())


def test_the_help_of_each_command_begins_with_what_the_list_says_of_it() -> None:
    context = click.Context(cli)
    for name, meaning in COMMANDS.items():
        found = cli.get_command(context, name)
        assert found is not None
        assert found.get_short_help_str(200) == meaning


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["--version"]) == 0
    assert capsys.readouterr().out == f"ci-mediagen {__version__}\n"


def test_a_command_that_there_is_not_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["paln"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "there is no command 'paln'; did you mean 'plan'?" in captured.err


def test_no_command_shows_the_help_as_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code([]) == 2
    assert "Commands:" in "".join(capsys.readouterr())


def all_errors() -> list[type[errors.MediagenError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.MediagenError)]


@pytest.mark.parametrize("kind", all_errors())
def test_each_error_is_one_message_with_its_advice_and_its_exit_code(
    kind: type[errors.MediagenError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise kind("the bucket is gone", advice="Make it again.")

    monkeypatch.setattr(cli, "main", fail)
    assert exit_code([]) == kind.exit_code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Error: the bucket is gone\n  Make it again.\n"


@pytest.mark.parametrize(
    ("raised", "code"), [(KeyboardInterrupt(), 130), (click.Abort(), 130), (errors.Terminated(), 143)]
)
def test_an_interruption_says_that_nothing_is_lost(
    raised: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise raised

    monkeypatch.setattr(cli, "main", fail)
    assert exit_code([]) == code
    assert capsys.readouterr().err == "Interrupted. What was made is stored: run again to finish.\n"


def test_a_bug_says_so_and_where_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError("xoxb-1111-2222-abcdefSECRET\n::error::pwned")

    monkeypatch.setattr(cli, "main", fail)
    assert exit_code([]) == 1
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert f"This is a bug of ci-mediagen {__version__}. Please report it" in told
    assert "abcdefSECRET" not in told
    assert "\n::error" not in told


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    """`ci-mediagen plan --json | head -1`."""
    repo = make_project(tmp_path / NAME)
    pipeline = f'"{sys.executable}" -m ci_mediagen templates list --json | true; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", pipeline], cwd=repo.path, env=environment(tmp_path), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_standard_output_is_told(tmp_path: Path) -> None:
    repo = make_project(tmp_path / NAME)
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "ci_mediagen", "config", "schema"],
            cwd=repo.path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode != 0
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_at_any_moment_ends_it_with_its_code(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Also before there is anything to clean up: here while git is asked, which never answers."""
    repo = make_project(tmp_path / NAME)
    programs = tmp_path / "bin"
    programs.mkdir()
    script = (
        f"#!/bin/sh\n[ \"$1\" = version ] && exec echo git version 2.50.0\ntouch '{tmp_path}/asked'\nexec sleep 60\n"
    )
    (programs / "git").write_text(script)
    (programs / "git").chmod(0o755)
    env = environment(tmp_path) | {"PATH": f"{programs}:{os.environ['PATH']}"}
    process = start(["plan"], repo.path, env)
    wait_until((tmp_path / "asked").exists, "git is asked")
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Interrupted. What was made is stored: run again to finish." in err
    assert "Traceback" not in err
    assert not marked(programs), "nothing of it is left"


def test_help_loads_no_subcommand_and_nothing_heavy() -> None:
    program = (
        "import sys\nfrom ci_mediagen.cli.main import exit_code\nexit_code(['--help'])\n"
        "loaded = [n for n in sys.modules if n.split('.')[0] in ('pydantic', 'git', 'yaml', 'jinja2', 'rich', 'boto3')"
        " or n.startswith('ci_mediagen.cli.') and n != 'ci_mediagen.cli.main']\n"
        "sys.exit(str(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_locale_without_unicode_is_no_obstacle(tmp_path: Path) -> None:
    repo = make_project(tmp_path / NAME, "feat: 深色模式 🌙")
    env = environment(tmp_path) | {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for arguments in (["plan"], ["plan", "--json"], ["config", "show"]):
        done = command(*arguments, cwd=repo.path, env=env)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr


def test_git_variables_of_a_hook_do_not_choose_another_repository(tmp_path: Path) -> None:
    asked, other = make_project(tmp_path / "asked", "feat: what was asked for"), make_project(tmp_path / "other")
    env = environment(tmp_path) | {"GIT_DIR": str(other.path / ".git"), "GIT_WORK_TREE": str(other.path)}
    for arguments in (["--repo", str(asked.path)], []):
        done = command("plan", *arguments, cwd=asked.path, env=env)
        assert done.returncode == 0, done.stderr
        assert "'What was asked for'" in done.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_failure(tmp_path: Path, closed: str) -> None:
    repo = make_project(tmp_path / NAME)
    script = f'"$0" -m ci_mediagen.cli.main plan {closed}'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable], cwd=repo.path, env=environment(tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
