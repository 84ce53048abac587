"""Templates from files: what a mistake says, what extending means, which files decide the picture."""

# ruff: noqa: E501  the tables have one case a line
from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ci_mediagen.errors import TemplateError
from ci_mediagen.model.template import Condition, Template
from ci_mediagen.templating.load import load_template, load_templates, shipped
from ci_mediagen.templating.schema import template_schema
from ci_mediagen.templating.source import GitRef, WorkTree
from tests.support.repos import make_repo

FOLDER = ".mediagen/templates"
CARD = "shots: [{id: card, task: card, layout: own.html}]\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "_base/own.html", "{% include 'own.css' %}<h1>{{ text.headline }}</h1>")
    write(tmp_path, "_base/own.css", "h1 {}")
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def load(root: Path, text: str, name: str = "mine") -> Template:
    write(root, f"{name}/template.yml", text)
    return load_template(name, WorkTree(root))


def refusal(root: Path, text: str) -> str:
    with pytest.raises(TemplateError) as refused:
        load(root, text)
    return refused.value.message


def test_a_template_is_read_with_its_conditions_shots_and_scenes(root: Path) -> None:
    template = load(
        root,
        """
        description: Mine
        when: {any: [{type: feat}, {label: [feature, enhancement]}], not: {author: "*bot*"}}
        priority: 50
        text: {kicker: New}
        shots:
          - id: clip
            task: image-to-video
            image: asset:hero
            prompt: "{{ change.headline }}, slow push in"
            fallback: drift
          - {id: drift, task: image-to-video, backend: compositor, image: asset:hero, camera: push-in, only_as: fallback}
          - {id: card, task: card, layout: own.html, shapes: [og, square]}
          - id: promo
            task: promo
            scenes:
              - {layout: own.html, seconds: 2}
              - {media: shot:clip, seconds: 5, transition: slide}
        """,
    )
    assert template.when == Condition(
        any=(Condition(type=("feat",)), Condition(label=("feature", "enhancement"))),
        not_=(Condition(author=("*bot*",)),),
    )
    assert [shot.id for shot in template.shots] == ["clip", "drift", "card", "promo"]
    assert template.shots[3].scenes[1].media == "shot:clip"
    assert template.source == f"{FOLDER}/mine/template.yml"
    assert type(template.shots[0]).__module__ == "ci_mediagen.model.template"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("shotz: []\n" + CARD, 1, "shotz: unknown key; did you mean 'shots'?"),
        ("priority: high\n" + CARD, 1, "priority: expected a whole number, got the text 'high'"),
        ("when: {tpye: feat}\n" + CARD, 1, "when.tpye: unknown key; did you mean 'type'?"),
        ("when:\n  any:\n    - {kind: relase}\n" + CARD, 3, "when.any[0].kind[0]: 'relase' is not known here; did you mean 'release'?"),
        ("when: {message: '(a+)+'}\n" + CARD, 1, "when.message: '(a+)+' could take too long"),
        ("when: {any: [{message: ['(']}]}\n" + CARD, 1, "when.any[0].message[0]: '(' is no regular expression"),
        ("shots:\n  - {id: a, task: crd}", 2, "shots[0].task: 'crd' is not known here; did you mean 'card'?"),
        ("shots:\n  - {id: A b, task: card, layout: own.html}", 2, "shots[0].id: 'A b' must be lower-case letters"),
        ("shots:\n  - {task: card, layout: own.html}", 2, "shots[0].id: is missing"),
        ("shots:\n  - {id: a, task: card, layout: own.html, shapes: [sqare]}", 2, "shots[0].shapes[0]: 'sqare' is not known here; did you mean 'square'?"),
        ("shots:\n  - {id: a, task: image-to-video, image: asset:x, camera: push}", 2, "shots[0].camera: 'push' is not known here; did you mean 'push-in'?"),
        ("shots:\n  - {id: a, task: promo, scenes: [{layout: own.html, seconds: 2, transition: slde}]}", 2, "shots[0].scenes[0].transition: 'slde' is not known here; did you mean 'slide'?"),
        ("shots:\n  - {id: a, task: promo, scenes: [{layout: own.html, seconds: 0}]}", 2, "shots[0].scenes[0].seconds: must be greater than 0, got 0"),
        ("shots:\n  - {id: a, task: promo, scenes: [{layout: own.html, seconds: 61}]}", 2, "shots[0].scenes[0].seconds: must be at most 60, got 61"),
        ("shots:\n  - {id: a, task: promo, scenes: [{seconds: 2}]}", 2, "shots[0].scenes[0]: a scene needs `layout`, `media` or both"),
        ("shots:\n  - {id: a, task: promo, scenes: [{layout: own.html, seconds: 2, needs: [bulets]}]}", 2, "shots[0].scenes[0].needs[0]: there is no text 'bulets'; did you mean 'bullets'?"),
        ("shots:\n  - {id: a, task: promo}", 2, "shots[0]: a shot with `task: promo` needs the key `scenes`"),
        ("shots:\n  - {id: a, task: image-to-video, image: asset:x, fps: 61}", 2, "shots[0].fps: must be at most 60, got 61"),
        ("shots:\n  - {id: a, task: image-to-video, image: asset:x, width: 333}", 2, "shots[0].width: must be even for a video, got 333"),
        ("shots:\n  - {id: a, task: card, layout: own.html, width: 8}", 2, "shots[0].width: must be at least 16, got 8"),
        ("shots:\n  - {id: a, task: card, layout: own.html}\n  - {id: a, task: card, layout: own.html}", 3, "shots[1].id: 'a' is the id of an earlier shot too"),
        ("shots:\n  - {id: clip, task: image-to-video, image: asset:x, fallback: drft}\n  - {id: drift, task: card, layout: own.html}", 2, "shots[0].fallback: there is no other shot 'drft'; did you mean 'drift'?"),
        ("shots:\n  - {id: a, task: card, layout: own.html, only_as: fallback}", 2, "shots[0].only_as: no shot names 'a' as its `fallback`"),
        ("shots:\n  - {id: a, task: card, layout: own.html, image: shot:clp}\n  - {id: clip, task: text-to-image, prompt: x}", 2, "shots[0].image: there is no other shot 'clp'; did you mean 'clip'?"),
        ("shots:\n  - {id: a, task: card, layout: own.html, image: hero.png}", 2, "shots[0].image: 'hero.png' is no reference"),
        ("shots:\n  - {id: a, task: upscale, image: shot:b}\n  - {id: b, task: upscale, image: shot:a}", 2, "shots[0]: shots show each other in a circle: a -> b -> a"),
        ("shots:\n  - {id: a, task: upscale, image: asset:x, fallback: b}\n  - {id: b, task: upscale, image: asset:x, fallback: a}", 2, "shots[0]: fallbacks go in a circle: a -> b -> a"),
        ("shots:\n  - id: a\n    task: text-to-image\n    prompt: '{{ chnage.headline }}'", 4, "shots[0].prompt: there is no variable 'chnage'; did you mean 'change'?"),
        ("shots:\n  - id: a\n    task: text-to-image\n    prompt: |\n      one\n      {{ change.headlin }}", 6, "shots[0].prompt: there is no 'change.headlin'; did you mean 'headline'?"),
        ("text:\n  kicker: '{{ project'\n" + CARD, 2, "text.kicker: bad Jinja: unexpected end of template"),
        ("text: {a: [x, '{% for %}']}\n" + CARD, 1, "text.a[1]: bad Jinja"),
        ("shots:\n  - {id: a, task: card, layout: ../../x.html}", 2, "shots[0].layout: '../../x.html' must be the name of a layout"),
        ("shots:\n  - {id: a, task: card, layout: onw.html}", 2, "shots[0].layout: there is no layout 'onw.html'; did you mean 'own.html'?"),
        ("name: other\n" + CARD, 1, "name: is 'other', but its folder is called 'mine'"),
        ("extends: featur\n" + CARD, 1, "extends: there is no template 'featur'; did you mean 'feature'?"),
        ("shots: []\n", 1, "shots: at least 1 must be given"),
        ("description: x\n", 1, "shots: is missing"),
    ],
)  # fmt: skip
def test_each_mistake_names_file_line_key_and_the_right_word(root: Path, text: str, line: int, message: str) -> None:
    assert refusal(root, text).startswith(f"{FOLDER}/mine/template.yml:{line}: {message}")


def test_all_mistakes_are_told_at_once(root: Path) -> None:
    text = "priority: high\ntext: {a: '{{ nobody }}'}\nshots:\n  - {id: a, task: crd}\n  - {id: b, task: card, layot: x.html}\n"
    lines = refusal(root, text).splitlines()
    assert lines[0] == "4 mistakes:"
    assert [line.strip().split(":")[1] for line in lines[1:]] == ["1", "2", "4", "5"]


def test_a_template_that_is_no_map_is_refused(root: Path) -> None:
    assert "keys and values" in refusal(root, "- a\n")


def test_files_are_found_through_includes_with_their_hashes(root: Path) -> None:
    write(root, "mine/own.html", "{% extends 'frame.html' %}{% block a %}{% include 'own.css' %}{% endblock %}")
    write(root, "_base/frame.html", "{% import 'macros/m.html' as m %}{% block a %}{% endblock %}")
    write(root, "_base/macros/m.html", "m")
    files = {file.name: file for file in load(root, CARD).files}
    assert {name: file.path for name, file in files.items()} == {
        "own.html": f"{FOLDER}/mine/own.html",
        "frame.html": f"{FOLDER}/_base/frame.html",
        "macros/m.html": f"{FOLDER}/_base/macros/m.html",
        "own.css": f"{FOLDER}/_base/own.css",
    }
    assert files["own.html"].includes == ("frame.html", "own.css")
    assert files["own.css"].sha256 == hashlib.sha256(b"h1 {}").hexdigest()


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("{% include name %}", "mine/own.html:1: the name of an included file must be written out"),
        ("a\n{% include 'gone.css' %}", "mine/own.html:2: there is no layout 'gone.css'"),
        ("a\n\n{% if %}", "mine/own.html:3: bad Jinja"),
        (
            "{% include '../../../../etc/passwd' %}",
            "mine/own.html:1: '../../../../etc/passwd' leaves the template's folder",
        ),
        ("{% include '/etc/passwd' %}", "mine/own.html:1: '/etc/passwd' leaves the template's folder"),
        ("a {# b", "mine/own.html:1: bad Jinja"),
        ("\n{{ text.headline | uper }}", "mine/own.html:2: there is no filter 'uper'; did you mean 'upper'?"),
        ("{% if u is evn %}{% endif %}", "mine/own.html:1: there is no test 'evn'; did you mean 'even'?"),
        ("\n{{ txt.headline }}", "mine/own.html:2: there is no variable 'txt'; did you mean 'text'?"),
        ("{{ widht }}", "mine/own.html:1: there is no variable 'widht'; did you mean 'width'?"),
        ("{% for line in txt.bullets %}{% endfor %}", "mine/own.html:1: there is no variable 'txt'"),
    ],
)
def test_mistakes_in_layouts_name_their_file_and_line(root: Path, layout: str, message: str) -> None:
    write(root, "mine/own.html", layout)
    assert refusal(root, CARD).startswith(f"{FOLDER}/{message}")


@pytest.mark.parametrize(
    "layout",
    [
        "{% if subtitle %}x{% endif %}",
        "{% set big = u * 2 %}{{ big }}{% for row in motif %}{{ loop.index }}{{ row }}{% endfor %}{{ range(3) | list }}",
        "{% macro line(words) %}{{ words.x }}{{ caller() }}{% endmacro %}{% call line(text) %}{% endcall %}",
        "{% set ours = text %}{% include 'b.html' %}",
        "{% from 'parts.html' import text_block with context %}{{ text_block(text.headline) }}",
    ],
)
def test_what_a_layout_sets_itself_or_only_asks_for_is_no_mistake(root: Path, layout: str) -> None:
    write(root, "mine/own.html", layout)
    write(root, "mine/b.html", "{{ ours.headline }}")
    load(root, CARD)


def test_layouts_that_include_each_other_are_collected_once(root: Path) -> None:
    write(root, "mine/own.html", "{% include 'b.html' %}")
    write(root, "mine/b.html", "{% include 'own.html' %}")
    assert [file.name for file in load(root, CARD).files] == ["b.html", "own.html"]


def test_a_layout_that_is_a_symlink_out_of_the_repository_is_refused(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.html"
    outside.write_text("secret")
    write(root, "mine/template.yml", "shots: [{id: card, task: card, layout: leak.html}]\n")
    (root / FOLDER / "mine" / "leak.html").symlink_to(outside)
    with pytest.raises(TemplateError, match="symlink"):
        load_template("mine", WorkTree(root))


def test_extending_merges_maps_replaces_lists_and_merges_shots_by_id(root: Path) -> None:
    write(
        root,
        "base/template.yml",
        """
        when: {type: feat}
        priority: 10
        text: {kicker: Base, kind: base}
        shots:
          - {id: card, task: card, layout: own.html, shapes: [og, square], text: {a: "1", b: "2"}}
          - {id: extra, task: text-to-image, prompt: x}
        """,
    )
    template = load(
        root,
        """
        extends: base
        priority: 20
        text: {kicker: Mine}
        shots:
          - {id: card, shapes: [wide], text: {b: "3"}}
          - {id: new, task: text-to-image, prompt: y}
        """,
    )
    assert template.name == "mine"
    assert template.priority == 20
    assert template.when == Condition(type=("feat",))
    assert template.text == {"kicker": "Mine", "kind": "base"}
    assert [shot.id for shot in template.shots] == ["card", "extra", "new"]
    assert template.shots[0].shapes == ("wide",)
    assert template.shots[0].text == {"a": "1", "b": "3"}
    assert template.shots[0].layout == "own.html"


def test_a_mistake_in_an_extended_template_names_the_file_it_is_in(root: Path) -> None:
    write(root, "base/template.yml", "\npriority: high\n" + CARD)
    assert refusal(root, "extends: base\n").startswith(f"{FOLDER}/base/template.yml:2: priority")


def test_layouts_are_looked_for_in_the_template_then_in_what_it_extends_then_in_the_shared_folder(root: Path) -> None:
    write(
        root,
        "base/template.yml",
        "shots: [{id: a, task: card, layout: a.html}, {id: b, task: card, layout: b.html}, {id: c, task: card, layout: own.html}]",
    )
    for name in ("base/a.html", "base/b.html", "base/own.html", "mine/a.html"):
        write(root, name, name)
    paths = {file.name: file.path for file in load(root, "extends: base\n").files}
    assert paths == {
        "a.html": f"{FOLDER}/mine/a.html",
        "b.html": f"{FOLDER}/base/b.html",
        "own.html": f"{FOLDER}/base/own.html",
    }


def test_templates_that_extend_each_other_are_refused(root: Path) -> None:
    write(root, "base/template.yml", "extends: mine\n")
    message = refusal(root, "extends: base\n")
    assert "circle" in message
    assert "mine/template.yml" in message
    assert "base/template.yml" in message


@pytest.mark.parametrize("name", ["../feature", "_base", ".", "/etc"])
def test_only_names_of_templates_can_be_extended(root: Path, name: str) -> None:
    assert "there is no template" in refusal(root, f"extends: {name!r}\n" + CARD)


def test_a_project_may_extend_a_shipped_template_also_under_its_own_name(root: Path) -> None:
    write(root, "feature/template.yml", "extends: feature\npriority: 99\n")
    templates = {template.name: template for template in load_templates(WorkTree(root))}
    assert templates["feature"].priority == 99
    assert templates["feature"].source == f"{FOLDER}/feature/template.yml"
    assert templates["feature"].shots
    assert templates["fix"].source.startswith("package:")
    assert [template.name for template in load_templates(WorkTree(root))].count("feature") == 1


def test_an_inherited_kind_keeps_the_look_of_the_shipped_template(root: Path) -> None:
    assert load(root, "extends: feature\n").text["kind"] == "feature"


def test_templates_come_from_the_base_commit_for_a_change_that_is_not_trusted(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "project")
    good = {f"{FOLDER}/mine/template.yml": "priority: 1\n" + CARD, f"{FOLDER}/mine/own.html": "good"}
    base = repo.commit("feat: template", good)
    repo.commit(
        "feat: evil", {f"{FOLDER}/mine/template.yml": "priority: 2\n" + CARD, f"{FOLDER}/mine/own.html": "evil"}
    )
    template = load_template("mine", GitRef(repo.path, base))
    assert template.priority == 1
    assert template.files[0].sha256 == hashlib.sha256(b"good").hexdigest()


def test_an_unknown_template_names_the_nearest(root: Path) -> None:
    with pytest.raises(TemplateError, match="did you mean 'feature'"):
        load_template("featrue", WorkTree(root))


def test_the_schema_knows_every_key_and_allows_single_values() -> None:
    schema = template_schema()
    shot = schema["$defs"]["ShotYaml"]
    assert {"id", "task", "scenes", "prompt", "fallback"} <= set(shot["properties"])
    assert "not" in schema["$defs"]["ConditionYaml"]["properties"]
    assert shot["additionalProperties"] is False


def test_every_kind_of_change_has_a_shipped_template() -> None:
    kinds = {
        "feature",
        "fix",
        "performance",
        "security",
        "docs",
        "dependency",
        "breaking",
        "release",
        "digest",
        "default",
    }
    assert set(shipped().names()) == kinds
