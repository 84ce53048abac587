from __future__ import annotations

import itertools
import re

import pytest

from ci_mediagen.text import slack
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.cut import utf16_length

ENCODERS = {
    "plain": slack.plain,
    "mrkdwn": slack.mrkdwn,
    "bold": slack.bold,
    "code": slack.code,
    "link": lambda text, limit: slack.link(text, "https://good.example/?a=1&b=2", limit),
}


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_mentions_links_or_exceeds_its_limit(name: str) -> None:
    for (encoder, encode), limit in itertools.product(ENCODERS.items(), (60, 150, 3000)):
        text = encode(CORPUS[name], limit)
        assert utf16_length(text) <= limit
        assert "\n" not in text
        bare = text
        if encoder == "link":
            assert re.fullmatch(r"<https://good\.example/\?a=1&amp;b=2\|[^<>|]*>", text)
            bare = text[1:-1]
        assert not re.search("[<>]", bare)
        assert not re.search("&(?!amp;|lt;|gt;)", bare)


@pytest.mark.parametrize("name", CORPUS)
def test_a_bold_line_is_bold_to_its_end(name: str) -> None:
    bold = slack.bold(CORPUS[name])
    assert bold == "" or (bold.count("*") == 2 and bold.startswith("*") and bold.endswith("*"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a *b* c", "a ∗b∗ c"),
        ("_x_", "ˍxˍ"),
        ("~gone~", "∼gone∼"),
        ("snake_case_name", "snake_case_name"),
        ("2 * 3 = 6", "2 * 3 = 6"),
        ("~/.config", "~/.config"),
        ("add `--dark` flag", "add `--dark` flag"),
        ("one ` alone", "one ' alone"),
        ("```block```", "'''block'''"),
        ("a & b < c", "a &amp; b &lt; c"),
    ],
)
def test_style_marks_that_would_take_effect_lose_it(text: str, shown: str) -> None:
    assert slack.mrkdwn(text, 100) == shown


def test_no_address_is_no_link() -> None:
    assert slack.link("Watch", "javascript:alert(1)", 100) == "Watch"
    assert slack.link("Watch", None, 100) == "Watch"
    assert slack.link("Watch", "https://good.example/" + "x" * 90, 100) == "Watch"


@pytest.mark.parametrize("name", CORPUS)
def test_bare_text_needs_no_escape_in_either_reading(name: str) -> None:
    text = slack.bare(CORPUS[name], 200)
    assert not re.search("[<>\n]", text)
    assert utf16_length(text) <= 200


def test_a_cut_ends_between_entities() -> None:
    assert slack.plain("&" * 100, 12) == "&amp;&amp;…"
