"""action.yml against what it stands for: the options of `ci-mediagen run`, the step outputs, and the way in between."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
BY_RUNNER = {"repo", "event", "event-name", "json", "plan", "require-notify", "announce"}
"""Options of `run` that are no input: the runner says them, or they make no sense in a step."""
SETTINGS = {"slack-channel", "s3-bucket"}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


action = load("action")


def run_options() -> dict[str, click.Option]:
    from ci_mediagen.cli.run import command

    return {
        name.removeprefix("--"): parameter
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
        if name.startswith("--")
    }


def test_every_option_of_run_is_an_input_or_is_the_runners_to_say() -> None:
    assert set(run_options()) - BY_RUNNER - {"help"} == set(ACTION["inputs"]) - SETTINGS - {"python"}


def test_inputs_with_a_choice_name_every_choice() -> None:
    for name, option in run_options().items():
        if name in ACTION["inputs"] and isinstance(option.type, click.Choice):
            described = ACTION["inputs"][name]["description"]
            assert all(f"`{choice}`" in described for choice in option.type.choices), name


def test_outputs_are_those_that_are_written() -> None:
    source = (ROOT / "src" / "ci_mediagen" / "announce" / "step_outputs.py").read_text("utf-8")
    body = source.partition("def outputs(")[2].partition("\ndef ")[0]
    assert set(re.findall(r'^        "([a-z-]+)":', body, re.MULTILINE)) == set(ACTION["outputs"])
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.mediagen.outputs.{name} }}}}"


def test_names_are_kebab_case_and_everything_is_described() -> None:
    for kind in ("inputs", "outputs"):
        for name, value in ACTION[kind].items():
            assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
            assert value["description"].strip().endswith("."), name


def test_there_is_no_input_for_free_arguments_or_for_a_secret() -> None:
    assert not {name for name in ACTION["inputs"] if re.search(r"args|arguments|token|secret|password|key", name)}


def test_expressions_stand_only_in_env() -> None:
    for step in ACTION["runs"]["steps"]:
        beside_env = {name: value for name, value in step.items() if name != "env"}
        assert "${{" not in str(beside_env)


def test_every_input_reaches_the_script() -> None:
    (step,) = ACTION["runs"]["steps"]
    assert step["env"] == {
        f"MEDIAGEN_INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]
    }
    handled = {*action.OPTIONS, *SETTINGS, "only", "strict", "python"}
    assert set(ACTION["inputs"]) == handled


def given(**inputs: str) -> dict[str, str]:
    return {f"MEDIAGEN_INPUT_{name.upper()}": value for name, value in inputs.items()}


def test_without_inputs_there_are_no_arguments() -> None:
    assert action.arguments_from(given(template="", range=" ", strict="")) == []


def test_values_cannot_pass_for_options_and_stay_one_argument() -> None:
    hostile = "--output=/etc $(touch pwned) `id` '; rm -rf / #"
    assert action.arguments_from(given(template=hostile)) == [f"--template={hostile}"]


def test_shots_come_one_a_line_or_separated_by_commas() -> None:
    assert action.arguments_from(given(only="card, promo\n clip\n")) == ["--only=card", "--only=promo", "--only=clip"]


@pytest.mark.parametrize(("value", "argument"), [("true", "--strict"), ("True", "--strict"), ("false", "--no-strict")])
def test_strict_is_a_flag_either_way(value: str, argument: str) -> None:
    assert action.arguments_from(given(strict=value)) == [argument]


def test_strict_refuses_what_is_neither_true_nor_false() -> None:
    with pytest.raises(action.InputError, match="strict is true or false, and not 'yes'"):
        action.arguments_from(given(strict="yes"))


def test_arguments_are_understood_by_the_command_line() -> None:
    inputs = dict.fromkeys(ACTION["inputs"], "x") | {"significance": "card", "strict": "true", "on-failure": "warn"}
    arguments = action.arguments_from(given(**{name.replace("-", "_"): value for name, value in inputs.items()}))
    from ci_mediagen.cli.run import command

    parsed = command.make_context("run", arguments).params
    assert {parsed["template"], parsed["range_"], parsed["since"], parsed["package"]} == {"x"}
    assert parsed["only"] == ("x",)
    assert parsed["strict"] is True
    assert parsed["on_failure"] == "warn"


def test_the_environment_loses_what_would_change_which_code_runs() -> None:
    job = {
        "PATH": "/bin",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "CI_MEDIAGEN_CACHE": "/c",
        "PYTHONPATH": "/evil",
        "PYTHONHOME": "/evil",
        "PYTHONSTARTUP": "/evil.py",
        "PIP_TARGET": "/evil",
        "VIRTUAL_ENV": "/venv",
    }
    kept = action.environment_from(job | given(template="x", slack_channel="#releases"))
    assert kept == {
        "PATH": "/bin",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "CI_MEDIAGEN_CACHE": "/c",
        "CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL": "#releases",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
    }


@pytest.mark.parametrize("bucket", ["acme-media", "s3://acme-media", 'acme"}, {"directory": "/etc'])
def test_a_channel_and_a_bucket_are_configuration_that_is_understood(tmp_path: Path, bucket: str) -> None:
    from ci_mediagen.config import S3Target, load_config
    from ci_mediagen.errors import ConfigError

    environment = action.environment_from(given(slack_channel="#releases", s3_bucket=bucket))
    if '"' in bucket:
        with pytest.raises(ConfigError):
            load_config(tmp_path, None, environment, {})
        return
    config = load_config(tmp_path, None, environment, {})
    assert config.announce.slack.channel == "#releases"
    (target,) = config.publish
    assert isinstance(target, S3Target)
    assert target.bucket == "acme-media"


def test_an_empty_input_leaves_what_the_job_configured() -> None:
    kept = action.environment_from({"CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL": "#job"} | given(slack_channel=""))
    assert kept["CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL"] == "#job"


def test_the_environment_lives_in_the_tool_cache_or_else_in_the_temporary_folder(tmp_path: Path) -> None:
    both = {"RUNNER_TOOL_CACHE": str(tmp_path / "tools"), "RUNNER_TEMP": str(tmp_path / "temp")}
    assert action.environments(both) == tmp_path / "tools" / "ci-mediagen"
    (tmp_path / "blocked").write_text("a file, so that no folder can be made in it")
    assert (
        action.environments(both | {"RUNNER_TOOL_CACHE": str(tmp_path / "blocked")})
        == tmp_path / "temp" / "ci-mediagen"
    )


def test_unused_environments_of_other_versions_are_removed_unless_a_job_holds_them(tmp_path: Path) -> None:
    for key in ("current", "old", "held", "recent"):
        (tmp_path / key).mkdir()
        (tmp_path / f"{key}.complete").touch()
        (tmp_path / f"{key}.lock").touch()
        if key != "recent":
            os.utime(tmp_path / f"{key}.complete", (1000, 1000))
    with action.locked(tmp_path / "held.lock", exclusive=False, seconds=0):
        action.prune(tmp_path, "current", before=2000)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"current", "held", "recent"}


def script(name: str, env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tools" / name, *arguments],
        env={"PATH": "/usr/bin:/bin", **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A folder as PATH with a shell and a Python 3.9: a program that answers as an old Python does."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "env"):
        (folder / tool).symlink_to(f"/bin/{tool}")
    program = folder / "python3"
    program.write_text('#!/bin/sh\ncase "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac\n')
    program.chmod(0o755)
    return folder


def test_the_first_python_that_is_new_enough_is_found(bare_path: Path) -> None:
    (bare_path / "python3.12").symlink_to(sys.executable)
    assert script("find-python", {"PATH": str(bare_path)}).stdout.strip() == str(bare_path / "python3.12")


def test_a_python_that_was_asked_for_is_not_replaced_by_another(bare_path: Path) -> None:
    (bare_path / "python3.12").symlink_to(sys.executable)
    done = script("find-python", {"PATH": str(bare_path)}, "python3")
    assert (done.returncode, done.stdout) == (2, "")


def test_a_python_in_the_tool_cache_is_found_where_none_is_on_the_path(bare_path: Path, tmp_path: Path) -> None:
    cached = tmp_path / "tools" / "Python" / "3.12.1" / "x64" / "bin"
    cached.mkdir(parents=True)
    (cached / "python").symlink_to(sys.executable)
    done = script("find-python", {"PATH": str(bare_path), "RUNNER_TOOL_CACHE": str(tmp_path / "tools")})
    assert done.stdout.strip() == str(cached / "python"), done.stderr


def test_without_a_new_python_it_says_what_was_found_and_what_to_do(bare_path: Path) -> None:
    done = script("find-python", {"PATH": str(bare_path)})
    assert done.returncode == 2
    assert "needs Python 3.11 or later" in done.stderr
    assert f"{bare_path}/python3 is Python 3.9.2" in done.stderr
    assert "actions/setup-python" in done.stderr


def make_venv(folder: Path, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """make_venv.py with something in the interpreter changed before it starts."""
    script = str(ROOT / "tools" / "make_venv.py")
    code = f"import runpy, sys; sys.argv = {['make_venv.py', *options, str(folder)]}; {program}\n"
    code += f"runpy.run_path({script!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("sys.version_info = (3, 9, 2)", "is Python 3.9.2; ci-mediagen needs 3.11 or later"),
        ("sys.modules['ensurepip'] = None", "apt-get install python3-venv"),
    ],
)
def test_an_environment_that_cannot_be_made_is_one_clear_line(tmp_path: Path, program: str, said: str) -> None:
    done = make_venv(tmp_path / "venv", program)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_sound_environment_is_left_alone_and_a_broken_one_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    assert make_venv(folder, "pass", "--without-pip").returncode == 0
    kept = folder / "mine.txt"
    kept.touch()
    assert make_venv(folder, "pass", "--without-pip").returncode == 0
    assert kept.exists()
    (folder / "bin" / "python").unlink()
    assert make_venv(folder, "pass", "--without-pip").returncode == 0
    assert not kept.exists()
    assert (folder / "bin" / "python").exists()


def test_an_installation_that_fails_is_a_warning_unless_told_otherwise(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    environment: dict[str, Any] = {"GITHUB_OUTPUT": str(outputs)}
    with pytest.raises(SystemExit) as ended:
        action.give_up("no network\n::error::x", environment)
    assert ended.value.code == 0
    assert outputs.read_text() == "generated=false\nreason=ci-mediagen was not installed: no network ::error::x\n"
    with pytest.raises(SystemExit) as ended:
        action.give_up("no network", environment | given(on_failure="fail"))
    assert ended.value.code == 75
