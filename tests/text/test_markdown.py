"""Literal text in GitHub Markdown, read back by a real Markdown parser."""

from __future__ import annotations

import re

import pytest

from ci_mediagen.text.clean import clean, one_line
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.markdown import code, code_block, image, inline, link
from tests.support.markdown import read

PLACES = {
    "paragraph": "{}",
    "after text": "before {} after",
    "heading": "## {}",
    "list item": "- {}",
    "quote": "> {}",
    "table cell": "| a | b |\n| --- | --- |\n| {} | x |",
    "bold": "**{}** x",
    "link text": "[{}](<https://good.example>)",
}
KINDS = {
    "paragraph": {"paragraph_open", "paragraph_close"},
    "after text": {"paragraph_open", "paragraph_close"},
    "heading": {"heading_open", "heading_close"},
    "list item": {
        "bullet_list_open", "list_item_open", "paragraph_open", "paragraph_close", "list_item_close", "bullet_list_close",
    },
    "quote": {"blockquote_open", "paragraph_open", "paragraph_close", "blockquote_close"},
    "table cell": {
        "table_open", "thead_open", "tr_open", "th_open", "th_close", "tr_close", "thead_close",
        "tbody_open", "td_open", "td_close", "tbody_close", "table_close",
    },
    "bold": {"paragraph_open", "strong_open", "strong_close", "paragraph_close"},
    "link text": {"paragraph_open", "link_open", "link_close", "paragraph_close"},
}  # fmt: skip


@pytest.mark.parametrize("name", CORPUS)
def test_every_text_of_the_corpus_is_shown_literally_in_every_place(name: str) -> None:
    plain = one_line(CORPUS[name])
    for place, around in PLACES.items():
        page = read(around.format(inline(CORPUS[name])))
        if plain.strip():
            assert page.text.strip() == read(around.format("T")).text.strip().replace("T", plain.strip()), place
            assert page.kinds == KINDS[place], place
        assert page.html == [], place
        assert page.images == [], place
        assert page.links == (["https://good.example"] if place == "link text" else []), place
        assert page.live == [], place


@pytest.mark.parametrize("name", CORPUS)
def test_every_text_of_the_corpus_is_literal_in_code(name: str) -> None:
    plain = one_line(CORPUS[name])
    page = read(f"key {code(CORPUS[name])} here")
    assert page.kinds <= {"paragraph_open", "code_inline", "paragraph_close"}
    assert page.text.strip() == f"key {plain} here"


@pytest.mark.parametrize("name", CORPUS)
def test_every_text_of_the_corpus_is_literal_in_a_code_block(name: str) -> None:
    page = read(f"before\n\n{code_block(CORPUS[name])}\n\nafter")
    assert page.kinds == {"paragraph_open", "fence", "paragraph_close"}
    assert page.text == f"before\n{clean(CORPUS[name], newlines=True).strip(chr(10))}\nafter\n"


@pytest.mark.parametrize("name", CORPUS)
def test_a_link_or_picture_shows_any_text_and_goes_where_we_say(name: str) -> None:
    url = "https://media.acme.dev/a_b(c)*d%20e/?x=1&y=[2]|3"
    page = read(f"| a | b |\n| --- | --- |\n| {link(CORPUS[name], url)} | {image(CORPUS[name], url)} |")
    expected = url.replace("|", "%7C").replace("[", "%5B").replace("]", "%5D")
    assert [found.replace("[", "%5B").replace("]", "%5D") for found in page.links + page.images] == [expected, expected]
    assert page.live == []


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "a.png",
        "https://a b",
        "https://x>y@z/",
        "https://u:p@h/",
        "//h/x",
        "https:///x",
    ],
)
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    assert link("text", url) == "text"
    assert image("text", url or "") == "text"


def test_limits_count_characters_as_read() -> None:
    assert inline("***" * 10, limit=4) == r"\*\*\*…"
    assert code("abcdef", limit=4) == "`abc…`"
    assert "…" in code_block("x" * 100, limit=10)


def test_ordinary_text_is_left_readable() -> None:
    for text in ("Aurora Studio 2.4 - Dark mode, 3x faster search", "Don't panic (really)!", "a: b; c/d, 50%"):
        assert inline(text) == text


def test_a_code_span_ends_outside_of_its_text() -> None:
    assert code("a`b") == "``a`b``"
    assert code("`a`") == "`` `a` ``"
    assert re.fullmatch(r"````text\n```\nx\n````", code_block("```\nx"))
