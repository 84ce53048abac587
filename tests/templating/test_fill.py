"""Shots with their texts filled in, and which of them are made."""

# ruff: noqa: E501  the tables have one case a line
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ci_mediagen.errors import TemplateError
from ci_mediagen.model.change import Change, Package, Significance
from ci_mediagen.model.template import Scene, Shot, Template
from ci_mediagen.templating.fill import chosen, fill
from ci_mediagen.templating.schema import template_from
from ci_mediagen.text import corpus
from ci_mediagen.text.marked_yaml import parse
from tests.support.changes import BRAND, changes

FULL, CARD, SKIP = Significance("full", ()), Significance("card", ()), Significance("skip", ())
FEATURE = changes()["feature"]

NASTY = sorted({text for name in dir(corpus) if isinstance(group := getattr(corpus, name), dict) for text in group.values()
                if isinstance(text, str)})  # fmt: skip


def template(text: str) -> Template:
    return template_from(parse(text, "t/template.yml", TemplateError), "t", "t/template.yml")


def one(text: str, change: Change = FEATURE) -> Shot:
    return fill(template(f"shots:\n  - {text}"), change, BRAND, FULL)[0]


def test_prompts_texts_and_alternative_texts_are_filled_in() -> None:
    shot = one(
        '{id: a, task: text-to-image, prompt: "{{ change.headline }}\\n by {{ change.authors | first }}",'
        ' negative_prompt: "no {{ brand.tone or "noise" }}", alt: "{{ text.kicker }}: {{ text.headline }}"}'.replace(
            '"noise"', "'noise'"
        )
    )
    assert shot.prompt == "Dark mode everywhere by Ada Lovelace"
    assert shot.negative_prompt == "no noise"
    assert shot.alt == "New feature: Dark mode everywhere"


def test_a_shot_has_all_texts_and_its_own_over_the_templates_over_the_standard_ones() -> None:
    made = fill(
        template(
            "text: {kicker: 'K {{ text.kicker }}', extra: e}\n"
            "shots:\n  - {id: a, task: card, layout: x.html, text: {headline: '{{ text.kicker }} / {{ text.headline }}'}}"
        ),
        FEATURE,
        BRAND,
        FULL,
    )[0]
    assert made.text["kicker"] == "K New feature"
    assert made.text["headline"] == "K New feature / Dark mode everywhere"
    assert made.text["extra"] == "e"
    assert made.text["project"] == "Aurora Studio"


def test_a_scene_has_only_what_it_says_differently_and_empty_items_are_left_out() -> None:
    shot = one(
        "{id: p, task: promo, scenes: [{layout: x.html, seconds: 2, text: {bullets: ['{{ change.scope }}', '{{ change.release }}', b]}}]}"
    )
    assert shot.scenes[0].text == {"bullets": ["editor", "b"]}


def test_a_list_of_texts_can_be_handed_on() -> None:
    shot = one(
        "{id: p, task: promo, scenes: [{layout: x.html, seconds: 2, text: {bullets: '{{ text.bullets or text.facts }}'}}]}"
    )
    assert shot.scenes[0].text["bullets"][0] == "3 files changed"


def test_an_optional_scene_whose_texts_are_empty_is_left_out() -> None:
    scenes = "scenes: [{layout: x.html, seconds: 2}, {layout: y.html, seconds: 2, optional: true, needs: [bullets]}]"
    assert len(one(f"{{id: p, task: promo, {scenes}}}").scenes) == 1
    assert len(one(f"{{id: p, task: promo, {scenes}}}", changes()["release"]).scenes) == 2


def test_a_scene_that_needs_an_empty_text_and_is_not_optional_is_an_error() -> None:
    with pytest.raises(TemplateError, match="'bullets' that the scene needs is empty"):
        one("{id: p, task: promo, scenes: [{layout: x.html, seconds: 2, needs: [bullets]}]}")


def test_references_are_filled_in_and_checked() -> None:
    assert one("{id: a, task: card, layout: x.html, image: 'asset:{{ change.scope }}[0]?'}").image == "asset:editor[0]?"
    assert one("{id: a, task: card, layout: x.html, image: '{{ change.release and \"asset:x\" }}'}").image is None
    with pytest.raises(TemplateError, match=r"t/template.yml:2: shots\[0\].image: .* is no reference"):
        one("{id: a, task: card, layout: x.html, image: 'asset:{{ project }}'}")


def test_a_prompt_may_be_the_text_of_another_shot() -> None:
    made = fill(
        template(
            "shots:\n  - {id: w, task: text-generation, prompt: x}\n  - {id: a, task: text-to-image, prompt: shot:w}"
        ),
        FEATURE,
        BRAND,
        FULL,
    )
    assert made[1].prompt == "shot:w"


def test_what_cannot_be_filled_in_names_file_line_and_key() -> None:
    text = "shots:\n  - id: a\n    task: text-to-image\n    prompt: |\n      one\n      {{ change.release.version }}\n"
    with pytest.raises(TemplateError) as refused:
        fill(template(text), FEATURE, BRAND, FULL)
    assert refused.value.message.startswith(
        "t/template.yml:6: shots[0].prompt: 'version' is asked of something that is none"
    )


SEVERAL = (
    Shot("still", "text-to-image", prompt="x", fallback="plain"),
    Shot("plain", "text-to-image", prompt="y", only_as="fallback"),
    Shot("clip", "image-to-video", image="shot:still"),
    Shot("card", "card", layout="x.html", shapes=("square", "og"), image="shot:still?"),
    Shot("second", "card", layout="x.html"),
    Shot("promo", "promo", scenes=(Scene(2, layout="x.html"),)),
)


@pytest.mark.parametrize(
    ("level", "ids"),
    [(SKIP, []), (FULL, ["still", "plain", "clip", "card", "second", "promo"]), (CARD, ["still", "plain", "card"])],
)
def test_significance_chooses_the_shots(level: Significance, ids: list[str]) -> None:
    assert [shot.id for shot in chosen(SEVERAL, level)] == ids


def test_a_card_alone_is_made_in_its_first_shape() -> None:
    shapes = {shot.id: shot.shapes for shot in chosen(SEVERAL, CARD)}
    assert shapes["card"] == ("square",)


def test_a_template_without_a_card_gives_its_first_picture_and_without_pictures_nothing() -> None:
    assert [shot.id for shot in chosen(SEVERAL[:3], CARD)] == ["still", "plain"]
    assert chosen((SEVERAL[5],), CARD) == ()


def test_the_only_package_of_a_change_is_named() -> None:
    change = replace(FEATURE, packages=(Package("web", "Aurora Web", ("web",)),))
    shot = one("{id: a, task: card, layout: x.html, alt: '{{ package.title }}'}", change)
    assert (shot.alt, shot.text["tag"]) == ("Aurora Web", "Aurora Web")


def test_a_security_change_tells_nothing_of_the_hole_even_to_a_template_that_asks() -> None:
    secret = "preview.py lets file names run code"
    change = replace(
        changes()["security"],
        headline=secret,
        highlights=tuple(replace(item, headline=secret) for item in FEATURE.highlights),
        scope="preview",
        branch="fix-preview-hole",
    )
    asked = "{{ change.headline }} {{ change.scope }} {{ change.branch }} {{ change.files }} {{ change.pull_request.title }}"
    shot = one(f"{{id: a, task: text-to-image, prompt: '{asked}'}}", change)
    told = repr(shot)
    assert not any(word in told for word in ("preview", "run code", "hole", "src/"))
    assert shot.text["headline"] == "Security update"


def test_a_release_tells_its_features_and_keeps_the_hole_to_itself() -> None:
    release = changes()["release"]
    hole = replace(release.highlights[0], headline="Fix XSS in the preview (CVE-2026-1)", type="fix")
    change = replace(release, security=True, headline=hole.headline, highlights=(*release.highlights[:2], hole))
    shot = one("{id: a, task: card, layout: x.html}", change)
    assert shot.text["bullets"] == ["Dark mode everywhere", "Search is three times faster"]
    assert shot.text["headline"] == "Security update"
    assert shot.text["kicker"] == "Security release"


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_strangers_words_are_never_run_and_keep_to_one_line(text: str) -> None:
    change: Any = replace(FEATURE, headline=text, scope=text, labels=(text,))
    shot = one("{id: a, task: text-to-image, prompt: '{{ change.headline[:500] }} {{ text.headline }}'}", change)
    assert shot.prompt is not None
    assert "\n" not in shot.prompt
    assert "\n" not in shot.text["headline"]
    # Braces of a stranger are text, not Jinja.
    assert (
        one(
            "{id: a, task: text-to-image, prompt: '{{ change.headline }}'}", replace(FEATURE, headline="{{ 7*7 }}")
        ).prompt
        == "{{ 7*7 }}"
    )
