"""Colours that a name is given can be read, and conversions lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.assets import colour

HEX = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(HEX)
def test_oklch_and_back_is_the_same_colour(code):
    assert colour.from_oklch(*colour.to_oklch(code)) == code


def test_oklch_is_that_of_its_author():
    lightness, chroma, hue = colour.to_oklch("#ff0000")
    assert (round(lightness, 3), round(chroma, 3), round(hue, 1)) == (0.628, 0.258, 29.2)


@given(st.text(max_size=60))
def test_a_names_colour_is_saturated_and_readable_under_white_and_on_black(name):
    code = colour.named(name)
    assert colour.contrast(code, "#ffffff") >= colour.AA
    assert colour.contrast(code, colour.DARK_PLATE) >= colour.AA_LARGE
    assert colour.to_oklch(code)[1] >= 0.09
    assert colour.named(name.swapcase().swapcase()) == code


def test_names_spread_over_the_circle():
    hues = {round(colour.to_oklch(colour.named(f"project {i}"))[2] / 20) for i in range(60)}
    assert len(hues) >= 9


@given(HEX)
def test_the_second_colour_is_another_and_shows(code):
    second = colour.second(code)
    assert colour.parse(second) == second
    accent = colour.lightened(code)
    assert colour.contrast(accent, colour.DARK_PLATE) >= colour.AA_LARGE or accent == "#ffffff"


def test_contrast_is_that_of_wcag():
    assert colour.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colour.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(("text", "code"), [("#7C5CFF", "#7c5cff"), ("#abc", "#aabbcc"), (" #abc ", "#aabbcc")])
def test_both_spellings_of_a_colour_are_read(text, code):
    assert colour.parse(text) == code


@pytest.mark.parametrize("text", ["", "red", "7c5cff", "#7c5cf", "#7c5cff80", "#ggg", "#12345\n6", "#١٢٣"])
def test_anything_else_is_no_colour(text):
    with pytest.raises(ValueError, match="is no colour"):
        colour.parse(text)
