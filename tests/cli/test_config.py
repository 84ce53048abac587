"""`config show` and `config schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_mediagen.cli import screen
from ci_mediagen.cli.main import exit_code
from tests.support.project import NAME, make_project


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_project(tmp_path / NAME, config="project: Aurora\nbrand:\n  accent: '#7c5cff'\n").path


def test_show_gives_every_value_and_where_it_was_set(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI_MEDIAGEN_STRICT", "true")
    assert exit_code(["config", "show", "--repo", str(repo)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 'project: "Aurora"  # mediagen.yml:1' in lines
    assert 'brand.accent: "#7c5cff"  # mediagen.yml:3' in lines
    assert "strict: true  # CI_MEDIAGEN_STRICT" in lines
    assert 'output: "mediagen-out"  # default' in lines


def test_show_answers_machines_in_json(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["config", "show", "--repo", str(repo), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["project"] == {"value": "Aurora", "origin": "mediagen.yml:1"}
    assert shown["announce.mode"] == {"value": "auto", "origin": "default"}


def test_show_reads_another_file(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "other.yml").write_text("project: Borealis\n")
    assert exit_code(["config", "show", "--repo", str(repo), "--config", str(repo / "other.yml")]) == 0
    assert 'project: "Borealis"  # other.yml:1' in capsys.readouterr().out


def test_show_tells_no_secret_that_a_variable_holds(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1111-2222-abcdefSECRET")
    monkeypatch.setenv("CI_MEDIAGEN_PROJECT", "xoxb-1111-2222-abcdefSECRET")
    screen._redactor.cache_clear()
    exit_code(["config", "show", "--repo", str(repo)])
    assert 'project: "***"' in capsys.readouterr().out
    screen._redactor.cache_clear()


def test_a_wrong_configuration_is_told(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "mediagen.yml").write_text("proyect: Aurora\n")
    assert exit_code(["config", "show", "--repo", str(repo)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "mediagen.yml:1: proyect" in captured.err


def test_schema_is_one_of_json_schema_that_takes_the_example_and_refuses_a_misspelling(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_code(["config", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert {"project", "brand", "publish", "announce", "packages"} <= set(schema["properties"])
