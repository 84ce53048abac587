from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.cut import clusters, shorten, utf16_length

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    "whole",
    [
        "e\u0301",
        "Z\u0301\u0323\u0335",
        FAMILY,
        "\U0001f44b\U0001f3fd",
        "\U0001f1e9\U0001f1ea",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "1\ufe0f\u20e3",
        "क्ष",
        "नि",
        "\u1103\u1161",
        "각",
        "\uac00\u11a8",
        "\r\n",
        "ｶﾞ",
        "ก\u0e31",
    ],
)
def test_what_people_see_as_one_is_one(whole: str) -> None:
    assert list(clusters(f"a{whole}b")) == ["a", whole, "b"]


def test_flags_are_pairs() -> None:
    assert list(clusters("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7\U0001f1ee")) == [
        "\U0001f1e9\U0001f1ea",
        "\U0001f1eb\U0001f1f7",
        "\U0001f1ee",
    ]


@given(st.text())
def test_clusters_are_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text
    assert all(clusters(text))


@given(st.text(max_size=60), st.integers(0, 40))
def test_a_cut_text_fits_and_ends_between_clusters(text: str, limit: int) -> None:
    cut = shorten(text, limit)
    assert len(cut) <= limit
    if cut != text:
        kept = cut.removesuffix("…")
        starts = {len("".join(pieces)) for pieces in _prefixes(list(clusters(text)))}
        assert any(text[:start].rstrip() == kept for start in starts)


def _prefixes(pieces: list[str]) -> list[list[str]]:
    return [pieces[:count] for count in range(len(pieces) + 1)]


def test_a_text_that_fits_is_not_cut() -> None:
    assert shorten("exactly", 7) == "exactly"
    assert shorten("exactly!", 7) == "exactl…"


def test_no_space_before_the_ellipsis() -> None:
    assert shorten("dark mode everywhere", 6) == "dark…"


@pytest.mark.parametrize("limit", range(8))
def test_an_escape_is_kept_whole_or_left_out(limit: int) -> None:
    cut = shorten("&&&", limit, encode=lambda text: text.replace("&", "&amp;"))
    assert cut in ("", "…", "&amp;…")
    assert len(cut) <= limit


def test_measuring_in_utf16_counts_emoji_twice() -> None:
    assert utf16_length("a\U0001f600") == 3
    assert shorten("\U0001f600" * 10, 5, measure=utf16_length) == "\U0001f600\U0001f600…"


@pytest.mark.parametrize("name", CORPUS)
def test_every_text_of_the_corpus_can_be_cut(name: str) -> None:
    assert all(len(shorten(CORPUS[name], limit)) <= limit for limit in (0, 1, 5, 80))
