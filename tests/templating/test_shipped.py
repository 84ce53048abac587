"""The shipped templates: each loads, fills and shows well for changes with much and with little to say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.model.brand import Brand
from ci_mediagen.model.change import Significance
from ci_mediagen.model.codec import canonical
from ci_mediagen.templating.fill import fill
from ci_mediagen.templating.lint import lint
from ci_mediagen.templating.load import load_template, load_templates, shipped
from ci_mediagen.templating.sandbox import is_jinja
from ci_mediagen.templating.source import WorkTree
from tests.support.changes import BRAND, changes

NAMES = shipped().names()
FULL = Significance("full", ())


@pytest.mark.parametrize("name", NAMES)
def test_each_loads_with_its_files_and_has_nothing_to_complain_of(name: str, tmp_path: Path) -> None:
    template = load_template(name, WorkTree(tmp_path))
    assert lint(template, BRAND) == ()
    assert {"card.html", "title.html", "end.html"} <= {file.name for file in template.files}
    assert all(file.path.startswith("package:templates/") for file in template.files)
    assert template.description


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change_name", sorted(changes()))
def test_each_fills_for_every_kind_of_change(name: str, change_name: str, tmp_path: Path) -> None:
    template = load_template(name, WorkTree(tmp_path))
    change = changes()[change_name]
    for shot in fill(template, change, BRAND, FULL):
        assert shot.alt
        assert not is_jinja(canonical(shot).decode())


@pytest.mark.parametrize("name", NAMES)
def test_each_promo_lasts_six_to_twelve_seconds_with_and_without_a_picture(name: str, tmp_path: Path) -> None:
    template = load_template(name, WorkTree(tmp_path))
    bare = replace(changes()[name], highlights=(), files=(), authors=(), pull_request=None)
    for change in (changes()[name], bare):
        (promo,) = [shot for shot in fill(template, change, BRAND, FULL) if shot.task == "promo"]
        with_picture = sum(scene.seconds for scene in promo.scenes)
        without = sum(scene.seconds for scene in promo.scenes if not scene.media)
        assert 6 <= without <= with_picture <= 12
        assert all(scene.layout for scene in promo.scenes)
        assert all(scene.text["bullets"] for scene in promo.scenes if scene.layout == "bullets.html")


def test_a_release_makes_every_shape() -> None:
    (card,) = [shot for shot in load_template("release", WorkTree(Path())).shots if shot.task == "card"]
    assert card.shapes == ("og", "wide", "square", "story")


def test_only_default_applies_to_anything(tmp_path: Path) -> None:
    assert [template.name for template in load_templates(WorkTree(tmp_path)) if template.when is None] == ["default"]


def test_banned_words_of_the_brand_are_found_with_their_place(tmp_path: Path) -> None:
    folder = tmp_path / ".mediagen/templates/mine"
    folder.mkdir(parents=True)
    (folder / "template.yml").write_text("extends: feature\ntext:\n  kicker: A Revolutionary feature\n")
    brand = Brand("Aurora", "#112233", "#445566", banned_words=("revolutionary", "game-changing"))
    found = lint(load_template("mine", WorkTree(tmp_path)), brand)
    assert found == (
        ".mediagen/templates/mine/template.yml:3: text.kicker: 'Revolutionary' is a word that the brand bans",
    )


def test_a_promo_that_is_too_short_is_found(tmp_path: Path) -> None:
    folder = tmp_path / ".mediagen/templates/mine"
    folder.mkdir(parents=True)
    (folder / "x.html").write_text("x")
    (folder / "template.yml").write_text("shots: [{id: p, task: promo, scenes: [{layout: x.html, seconds: 2}]}]\n")
    assert any("lasts only 2 s" in line for line in lint(load_template("mine", WorkTree(tmp_path)), BRAND))
