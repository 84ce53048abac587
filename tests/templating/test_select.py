"""Which template tells of a change, and the reason that is printed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ci_mediagen.errors import TemplateError
from ci_mediagen.model.change import Change, Person, Release
from ci_mediagen.model.template import Condition, Shot, Template
from ci_mediagen.templating.load import load_templates
from ci_mediagen.templating.select import judge, select
from ci_mediagen.templating.source import WorkTree
from tests.support.changes import changes

FEATURE = changes()["feature"]
SHOT = Shot("card", "card", layout="card.html")


def template(name: str, when: Condition | None = None, priority: int = 0, source: str = "project/x") -> Template:
    return Template(name, source, (SHOT,), when=when, priority=priority)


EVERYTHING = Condition(kind=("merge",))


@pytest.mark.parametrize(
    ("condition", "holds", "reason"),
    [
        (Condition(type=("feat",)), True, "type feat"),
        (Condition(type=("fix", "perf")), False, "type is feat, not fix, perf"),
        (Condition(kind=("release",)), False, "kind is merge, not release"),
        (Condition(scope=("ed*",)), True, "scope editor"),
        (Condition(breaking=True), False, "it is not breaking"),
        (Condition(breaking=False), True, "not breaking"),
        (Condition(security=True), False, "it is not about security"),
        (Condition(label=("Feature",)), True, "label feature"),
        (Condition(label=("bug",)), False, "label is feature, not bug"),
        (Condition(path=("docs/**",)), True, "path docs/themes.md"),
        (Condition(path=("*.rs",)), False, "path is src/theme.py, src/editor.py, docs/themes.md, not *.rs"),
        (Condition(branch=("release/*",)), False, "branch is main, not release/*"),
        (Condition(tag=("v2.*",)), False, "tag is not known, not v2.*"),
        (Condition(author=("ada",)), True, "author ada"),
        (Condition(author=("Grace *",)), True, "author Grace Hopper"),
        (Condition(message=("dark mode",)), True, "message dark mode"),
        (Condition(message=("light mode",)), False, "no message matches light mode"),
        (Condition(type=("feat",), label=("feature",)), True, "type feat and label feature"),
        (Condition(type=("feat",), label=("bug",)), False, "label is feature, not bug"),
        (Condition(any=(Condition(type=("fix",)), Condition(label=("feature",)))), True, "label feature"),
        (Condition(all=(Condition(type=("feat",)), Condition(breaking=True))), False, "it is not breaking"),
        (Condition(all=(Condition(type=("feat",)), Condition(breaking=False))), True, "type feat and not breaking"),
        (Condition(not_=(Condition(type=("feat",)),)), False, "it has type feat, which is excluded"),
        (Condition(not_=(Condition(type=("fix",)),)), True, "nothing that is excluded"),
        (Condition(), True, "everything"),
    ],
)  # fmt: skip
def test_conditions_hold_or_not_with_a_reason(condition: Condition, holds: bool, reason: str) -> None:
    verdict = judge(condition, replace(FEATURE, labels=("feature",)))
    assert (verdict.holds, verdict.reason) == (holds, reason)


def test_the_highest_priority_wins_and_the_others_say_why_not() -> None:
    templates = [
        template("a", EVERYTHING, 10),
        template("b", Condition(type=("fix",)), 90),
        template("c", EVERYTHING, 50),
    ]
    choice = select(FEATURE, templates)
    assert choice.template.name == "c"
    assert choice.reason == "matches kind merge (priority 50)"
    assert choice.rejected == (("b", "type is feat, not fix"),)


def test_of_equals_a_project_wins_over_a_shipped_one_then_the_name_decides() -> None:
    shipped = template("a", EVERYTHING, 10, source="package:templates/a/template.yml")
    assert select(FEATURE, [shipped, template("c", EVERYTHING, 10), template("b", EVERYTHING, 10)]).template.name == "b"


def test_a_template_without_when_comes_last_whatever_its_priority() -> None:
    choice = select(FEATURE, [template("z", None, 1000), template("a", EVERYTHING, -5)])
    assert choice.template.name == "a"
    fallback = select(replace(FEATURE, kind="push"), [template("z", None, 1000), template("a", EVERYTHING, -5)])
    assert (fallback.template.name, fallback.reason) == ("z", "no other template applies")


def test_a_template_that_is_asked_for_is_taken_whatever_it_says() -> None:
    choice = select(FEATURE, [template("a", Condition(type=("fix",)))], forced="a")
    assert choice.reason == "asked for by name"


def test_asking_for_a_template_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(TemplateError, match="did you mean 'feature'"):
        select(FEATURE, [template("feature")], forced="featrue")


def test_without_any_that_applies_it_is_an_error() -> None:
    with pytest.raises(TemplateError, match="no template applies"):
        select(FEATURE, [template("a", Condition(type=("fix",)))])


@pytest.mark.parametrize("name", sorted(changes()))
def test_each_made_up_change_finds_its_shipped_template(name: str, tmp_path: Any) -> None:
    assert select(changes()[name], load_templates(WorkTree(tmp_path))).template.name == name


RELEASE = Release("v2.0.0", "2.0.0", bump="major")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (replace(FEATURE, type="fix", scope="deps"), "dependency"),
        (replace(FEATURE, type=None, labels=("enhancement",)), "feature"),
        (replace(FEATURE, type=None, labels=("dependencies",), authors=(Person("bot", bot=True),)), "dependency"),
        (replace(FEATURE, kind="release", release=RELEASE, breaking=True), "release"),
        (replace(FEATURE, kind="release", release=RELEASE, security=True), "security"),
        (replace(FEATURE, kind="tag", release=RELEASE), "release"),
        (replace(FEATURE, kind="digest", breaking=True), "digest"),
        (replace(FEATURE, kind="manual", breaking=True), "breaking"),
        (replace(FEATURE, security=True, breaking=True), "security"),
        (replace(FEATURE, type=None), "default"),
        (replace(FEATURE, type="chore"), "default"),
    ],
)
def test_changes_of_several_kinds_find_the_template_that_matters_most(change: Change, name: str, tmp_path: Any) -> None:
    assert select(change, load_templates(WorkTree(tmp_path))).template.name == name
