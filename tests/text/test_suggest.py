"""The nearest right word."""

from ci_mediagen.text.suggest import did_you_mean, listed, nearest


def test_a_typing_mistake_finds_the_word_that_was_meant() -> None:
    assert nearest("headlin", ["headline", "kicker"]) == "headline"


def test_dashes_underscores_and_case_make_no_difference() -> None:
    assert nearest("Image_To_Video", ["image-to-video"]) == "image-to-video"


def test_without_a_near_word_a_few_right_ones_are_listed() -> None:
    assert did_you_mean("zzz", ["fail", "warn"]) == "; it may be fail or warn"


def test_without_a_near_word_many_right_ones_are_not_listed() -> None:
    assert did_you_mean("zzz", [f"word{number}" for number in range(50)]) == ""


def test_a_huge_word_is_answered_quickly() -> None:
    assert did_you_mean("x" * 1_000_000, ["fail"]) == "; it may be fail"


def test_words_are_listed_as_in_a_sentence() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
