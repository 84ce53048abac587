from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.drawn import MAX_DRAWN, MAX_MARKS, direction, drawn, script

UNSEEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\ufeff\ufffd\ufffc")


def assert_fit_to_draw(text: str) -> None:
    result = drawn(text)
    assert len(result) <= MAX_DRAWN
    assert result == result.strip()
    assert "  " not in result
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in result)
    assert not set(result) & UNSEEN
    marks = 0
    for character in result:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        assert marks <= MAX_MARKS + 2, "selectors may follow marks"
    assert drawn(result) == result


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_hostile_is_drawn(name: str) -> None:
    assert_fit_to_draw(CORPUS[name])


@given(st.text(max_size=80))
def test_nothing_at_all_breaks_the_rules(text: str) -> None:
    assert_fit_to_draw(text)


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, 3x faster: it's 100%",
        "👩\u200d👩\u200d👧\u200d👦 👍🏽 🇩🇪 ❤\ufe0f 1\ufe0f\u20e3",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم",
        "क्\u200dष",
        "ế ที่ שָׁלוֹם",
        "日本語、简体中文、한국어",
    ],
)
def test_what_scripts_and_emoji_are_spelled_with_stays(text: str) -> None:
    assert drawn(text) == unicodedata.normalize("NFC", text)


def test_what_pushes_other_text_around_goes() -> None:
    assert drawn("safe \u202eevil\u202c \u2067text\u2069") == "safe evil text"
    assert drawn("a\u200bb\u200d c\u200d\u200d") == "ab c"
    assert len(drawn("e" + "\u0301\u0302" * 40)) <= 1 + MAX_MARKS
    assert drawn("\u0301 lone") == "lone"
    assert drawn("icon \ue0a0 font") == "icon font"
    assert drawn("two\nlines\tand more") == "two lines and more"


def test_a_long_text_ends_with_an_ellipsis_between_whole_characters() -> None:
    assert drawn("x" * 400) == "x" * (MAX_DRAWN - 1) + "\u2026"
    family = "👩\u200d👩\u200d👧\u200d👦"
    assert drawn(family * 3, 10) == family + "\u2026"


@pytest.mark.parametrize(
    ("text", "way", "room"),
    [
        ("Dark mode", "ltr", "plain"),
        ("שלום world", "rtl", "plain"),
        ("مرحبا", "rtl", "tall"),
        ("2.4 مرحبا", "rtl", "tall"),
        ("API مرحبا", "ltr", "tall"),
        ("日本語", "ltr", "wide"),
        ("한국어", "ltr", "wide"),
        ("हिन्दी", "ltr", "tall"),
        ("ไทย", "ltr", "tall"),
        ("100% 🚀", "ltr", "plain"),
        ("", "ltr", "plain"),
    ],
)
def test_direction_and_room_follow_the_letters(text: str, way: str, room: str) -> None:
    assert (direction(text), script(text)) == (way, room)
