"""The encoder for prompts."""

import unicodedata

import pytest

from ci_mediagen.text import corpus
from ci_mediagen.text.prompt import MAX_PROMPT_CHARACTERS, prompt

NASTY = sorted({text for name in dir(corpus) if isinstance(group := getattr(corpus, name), dict) for text in group.values()
                if isinstance(text, str)})  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_prompt_is_one_line_without_controls_within_its_length(text: str) -> None:
    made = prompt(text)
    assert len(made) <= MAX_PROMPT_CHARACTERS
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in made)


def test_spaces_and_line_ends_become_single_spaces() -> None:
    assert prompt("a\n\n  dark\tmode ") == "a dark mode"


def test_a_long_prompt_is_cut_between_whole_characters() -> None:
    family = "👨‍👩‍👧‍👦"
    made = prompt("x" + family * 1000)
    assert made.removeprefix("x").replace(family, "") == ""
