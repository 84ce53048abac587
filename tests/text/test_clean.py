from __future__ import annotations

import time
import unicodedata

import pytest

from ci_mediagen.text.clean import clean, one_line
from ci_mediagen.text.corpus import CORPUS


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x9b31mred", "red"),
        ("a\r\nb\rc\u2028d\x85e", "a b c d e"),
        ("tab\there", "tab here"),
        ("\ud83d\udcff", "\ufffd\ufffd"),
        ("gnp.\u202egpj", "gnp.gpj"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("x\U000e0061\U000e0062", "x"),
        ("\ufffe\U0010ffff!", "!"),
        ("", ""),
    ],
)
def test_what_is_not_seen_is_gone(text: str, seen: str) -> None:
    assert clean(text) == seen


@pytest.mark.parametrize(
    "text",
    [
        "Ünïcödé 深色 مرحبا שלום हिन्दी",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "1\ufe0f\u20e3 \u2764\ufe0f",
        "नि\u200cमि क्\u200dष",
        "a\u200eb\u200fc",
        "  two  spaces  ",
        "\ue000",
    ],
)
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert clean(text) == text


def test_line_breaks_of_every_kind_become_one() -> None:
    assert clean("a\r\nb\rc\vd\fe\u2029f", newlines=True) == "a\nb\nc\nd\ne\nf"


def test_one_line_has_single_spaces_and_none_at_the_ends() -> None:
    assert one_line("  a \n\n b\t ") == "a b"


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_hidden_is_left_of_the_corpus_and_cleaning_twice_changes_nothing(name: str) -> None:
    text = CORPUS[name]
    cleaned = clean(text, newlines=True)
    assert all(unicodedata.category(one) not in ("Cc", "Cs") or one == "\n" for one in cleaned)
    assert len(cleaned) <= len(text)
    assert clean(cleaned, newlines=True) == cleaned
    cleaned.encode("utf-8")


@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[", "\x1b", "\x9d0;", "\x1b]" + "a" * 4096, "\U0001f3f4\U000e0067"])
def test_it_takes_time_in_proportion_to_the_text(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        best = float("inf")
        for _ in range(3):
            begun = time.perf_counter()
            clean(text)
            best = min(best, time.perf_counter() - begun)
        return best

    # 16 times the text; were it quadratic, 256 times the time.
    assert seconds(400_000) < 6 * 16 * max(seconds(25_000), 1e-4)
