"""`plan`: the answer for a person, and that it decides without doing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.cli.main import exit_code
from ci_mediagen.cli.report import describe_plan
from ci_mediagen.model.change import CommitRange, Significance
from ci_mediagen.model.outcome import Skipped
from ci_mediagen.model.plan import Plan, PlannedAnnounce, PlannedTemplate
from ci_mediagen.model.task import Input, Task, with_key
from tests.support.announcements import change
from tests.support.project import NAME, make_project

CARD = with_key(Task("card", "card", "compositor", parameters={"width": 1200, "height": 630}), {})
PROMO = with_key(
    Task(
        "promo",
        "promo",
        "compositor",
        inputs=(Input("scene-0", task="card"),),
        parameters={"width": 1920, "height": 1080},
    ),
    {"card": CARD.key},
)


def told(stored: tuple[str, ...] = (), **fields: Any) -> list[str]:
    what = change(significance=Significance("full", ("a minor release", "and more")), **fields.pop("change", {}))
    plan = Plan(
        change=what,
        template=PlannedTemplate("release", "matches kind release (priority 100)", "package:x"),
        tasks=(CARD, PROMO),
        skipped=(Skipped("clip", "", "no backend makes it here"),),
        notes=("brand: accent #7c5cff: configured",),
        publish=("directory", "s3"),
        announce=PlannedAnnounce("post", "a minor release gets a post"),
    )
    return list(describe_plan(replace(plan, **fields), stored))


def test_a_person_is_told_everything_that_was_decided_and_why() -> None:
    assert told(stored=(CARD.key,)) == [
        "change: release aaaaaaaaa 'Dark mode'",
        "range: bbbbbbbbb..aaaaaaaaa (previous-tag)",
        "significance: full (a minor release; and more)",
        "template: release (matches kind release (priority 100))",
        "announce.mode: post (a minor release gets a post)",
        f"task card: card 1200x630 by compositor, key {CARD.key[:12]}, in the store",
        f"task promo: promo 1920x1080 by compositor, key {PROMO.key[:12]}, to be made, after card",
        "skipped clip: no backend makes it here",
        "publish: directory, s3",
    ]


def test_history_that_was_not_read_whole_is_told() -> None:
    lines = told(change={"complete": False, "incomplete_reason": "this clone is shallow"})
    assert "complete: false (this clone is shallow)" in lines


def test_a_history_from_its_first_commit_on_has_a_range_in_words() -> None:
    lines = told(change={"range": CommitRange(None, "a" * 40, "empty-tree")})
    assert "range: the beginning..aaaaaaaaa (empty-tree)" in lines


def test_a_task_that_only_stands_in_for_another_says_so() -> None:
    assert any("only as a fallback" in line for line in told(tasks=(replace(CARD, only_as_fallback=True),)))


def test_nothing_to_do_is_told_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_MEDIAGEN_CACHE", str(tmp_path / "cache"))
    repo = make_project(tmp_path / NAME)
    for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    arguments = ["plan", "--repo", str(repo.path), "--range", "HEAD..HEAD"]
    assert exit_code(arguments) == 0
    assert "there are no commits in the range" in capsys.readouterr().out
    assert exit_code([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["tasks"], document["template"]) == ([], None)
    assert exit_code([*arguments, "--strict"]) == 2
    assert not (repo.path / "mediagen-out").exists()
    assert not (tmp_path / "cache").exists()
