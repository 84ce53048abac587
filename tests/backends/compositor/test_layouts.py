from __future__ import annotations

from pathlib import Path

import pytest

from ci_mediagen.backends.compositor.composition import shape_of, size_of
from ci_mediagen.backends.compositor.layouts import MAX_SOURCE_BYTES, Layouts
from ci_mediagen.backends.compositor.motion import settled_ms
from ci_mediagen.errors import TemplateError
from ci_mediagen.model.template import LAYOUT_NAMES, SHAPES
from tests.support.compositor import LAYOUT_FILES, composed


def layouts(folder: Path, **files: str) -> Layouts:
    inputs = {}
    for name, source in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(source)
        inputs[f"layout:{path.name}"] = path
    return Layouts(inputs)


def test_styles_are_taken_out_and_texts_escaped(tmp_path: Path) -> None:
    source = '<style>{% include "a.css" %}</style><p title="{{ t }}">{{ t }}</p>'
    found = layouts(tmp_path, a_html=source, a_css=".a { color: {{ c }}; }")
    html, css = found.render("a.html", {"t": '</style><style>*{}"<b>', "c": "#fff"})
    assert css == ".a { color: #fff; }"
    assert "<style" not in html
    assert "<b>" not in html
    assert '"&gt;' not in html.split('title="')[1].split('">')[0]


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("fine\n{{ nothing }}", "a.html, line 2: 'nothing' is undefined"),
        ("fine\n\n{% for %}", "a.html, line 3"),
        (
            "{% include 'b.css' %}",
            "a.html wants 'b.css', which is not among the template's files; did you mean 'a.css'",
        ),
        ("{% include '/etc/passwd' %}", "a.html wants '/etc/passwd'"),
        ("{{ ''.__class__.__mro__ }}", "a.html, line 1"),
        ("{{ text.clear() }}", "a.html, line 1"),
        ("\n{{ 1 / 0 }}", "a.html, line 2: division by zero"),
        ("{% for x in range(10000000) %}x{% endfor %}", "a.html, line 1"),
        ("{% include 'a.css' %}", "a.css, line 2"),
    ],
)
def test_a_mistake_names_file_and_line(tmp_path: Path, source: str, where: str) -> None:
    found = layouts(tmp_path, a_html=source, a_css="ok\n{{ missing.deeper }}")
    with pytest.raises(TemplateError) as caught:
        found.render("a.html", {"text": {"headline": "x"}})
    assert where in caught.value.message


def test_a_text_may_be_asked_for_that_is_not_there(tmp_path: Path) -> None:
    found = layouts(tmp_path, a_html="{% if text.subtitle %}no{% else %}yes{% endif %}")
    assert found.render("a.html", {"text": {}})[0] == "yes"


def test_only_the_tasks_own_files_are_read(tmp_path: Path) -> None:
    outside = tmp_path / "secret.html"
    outside.write_text("secret")
    found = layouts(
        tmp_path, a_html="{% include '../secret.html' ignore missing %}{% include 'secret.html' ignore missing %}"
    )
    assert found.render("a.html", {})[0] == ""


def test_layouts_that_are_no_text_or_too_large_are_refused(tmp_path: Path) -> None:
    binary, large = tmp_path / "a.html", tmp_path / "b.html"
    binary.write_bytes(b"\xff\xfe\x00")
    large.write_bytes(b"x" * (MAX_SOURCE_BYTES + 1))
    for path in (binary, large, tmp_path / "gone.html"):
        with pytest.raises(TemplateError, match=path.name):
            Layouts({f"layout:{path.name}": path})


@pytest.mark.parametrize("path", LAYOUT_FILES.values(), ids=lambda path: path.name)
def test_shipped_layouts_load_nothing_from_elsewhere(path: Path) -> None:
    source = path.read_text()
    assert "http" not in source
    assert "url(" not in source


@pytest.mark.parametrize(
    ("html", "css", "expected"),
    [
        ("", ".a { color: red; }", 0),
        ("", ".a { animation: rise 640ms cubic-bezier(0.16, 1, 0.3, 1) both; }", 640),
        ('<p style="animation-delay:270ms">', ".a { animation: rise 0.5s ease-out both; }", 770),
        ("", ".a { animation: in 200ms 1s both, out 300ms 100ms; }", 1300),
        ("", ".a { animation: spin 2s linear infinite; }", None),
        ("", ".a { animation: rise 300ms 3; }", None),
        ("", ".a { animation: rise calc(2 * 300ms); }", None),
        ("", ".a { animation-name: x; animation-duration: 400ms; animation-delay: 50ms; }", 450),
    ],
)
def test_when_a_page_comes_to_rest_is_read_from_its_style(html: str, css: str, expected: int | None) -> None:
    assert settled_ms(html, css) == expected


def test_shipped_scenes_come_to_rest_soon() -> None:
    for layout in ("title.html", "media.html", "bullets.html", "end.html"):
        settled = composed(layout, "wide").settled_ms()
        assert settled is not None
        assert 300 < settled < 1500


def test_each_size_is_arranged_as_its_shape() -> None:
    for shape, (width, height) in SHAPES.items():
        assert shape_of(width, height) == shape
        assert size_of(width, height).scale == 1
    assert shape_of(3840, 2160) == "wide"
    assert size_of(3840, 2160).scale == 2
    assert shape_of(1080, 1350) == "square"
    assert shape_of(1500, 500) == "og"


def test_a_layout_is_given_exactly_the_names_that_templates_are_checked_against() -> None:
    composition = composed()
    assert set(composition.composer._context(composition, "all")) == LAYOUT_NAMES
