"""`templates list`, `show` and `test`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_mediagen.cli.main import exit_code
from tests.support.project import NAME, make_project

SHIPPED = {
    "feature", "fix", "performance", "security", "docs", "dependency", "breaking", "release", "digest", "default",
}  # fmt: skip
OWN = """name: launch
description: Something big.
extends: feature
when: {label: launch}
priority: 70
text: {kicker: Launch}
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CI_MEDIAGEN_CACHE", str(tmp_path / "cache"))
    repo = make_project(tmp_path / NAME)
    repo.write({".mediagen/templates/launch/template.yml": OWN})
    return repo.path


def test_list_names_the_shipped_ones_and_the_projects_own(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["templates", "list", "--repo", str(repo)]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert set(lines) == SHIPPED | {"launch"}
    assert "Something big. (card, promo; .mediagen/templates/launch/template.yml)" in lines["launch"]
    assert "  70  " in lines["launch"]


def test_list_answers_machines_in_json(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["templates", "list", "--repo", str(repo), "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["launch"] == {
        "name": "launch",
        "priority": 70,
        "description": "Something big.",
        "shots": ["card", "promo"],
        "source": ".mediagen/templates/launch/template.yml",
    }
    assert rows["fix"]["source"] == "package:templates/fix/template.yml"


def test_show_gives_a_template_with_what_it_extends(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["templates", "show", "launch", "--repo", str(repo)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["text"]["kicker"]) == ("launch", "Launch")
    assert [shot["id"] for shot in shown["shots"]] == ["card", "promo"]
    assert {"card.html", "base.css"} <= {file["name"] for file in shown["files"]}


@pytest.mark.parametrize("command", ["show", "test"])
def test_a_name_that_there_is_not_is_told_with_the_nearest(
    repo: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert exit_code(["templates", command, "lunch", "--repo", str(repo)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "lunch" in captured.err
    assert "'launch'" in captured.err


def test_check_fills_in_every_template_and_makes_nothing(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["templates", "test", "--check", "--repo", str(repo)]) == 0
    captured = capsys.readouterr()
    assert f"{len(SHIPPED) + 1} templates are right." in captured.err
    assert sorted(captured.out.split()) == sorted([*SHIPPED, "launch"]), "and no page, since there is none"
    assert not (repo / "mediagen-out").exists()


def test_a_template_that_is_wrong_fails_the_check(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = repo / ".mediagen" / "templates" / "launch" / "template.yml"
    own.write_text(OWN.replace("kicker: Launch", 'kicker: "{{ chnge.headline }}"'))
    assert exit_code(["templates", "test", "--check", "launch", "--repo", str(repo)]) == 2
    told = capsys.readouterr().err
    assert ".mediagen/templates/launch/template.yml:6: text.kicker" in told
    assert "did you mean 'change'?" in told


def test_test_makes_a_page_with_the_media_of_a_made_up_change(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "templates",
        "test",
        "launch",
        "--only",
        "card",
        "--repo",
        str(repo),
        "--output",
        str(tmp_path / "out"),
    ]
    assert exit_code(arguments) == 0
    page = tmp_path / "out" / "launch" / "index.html"
    assert capsys.readouterr().out == f"launch: {page}\n"
    assert "card.png" in page.read_text("utf-8")
    assert (page.parent / "card.png").read_bytes().startswith(b"\x89PNG")
    assert not (repo / "mediagen-out").exists()
