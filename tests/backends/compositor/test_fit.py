"""Text always fits: every layout, every shape, whatever the title. Measured boxes first, then the pixels themselves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from ci_mediagen.backends.compositor.composition import SAFE_MARGIN, Composer, Composition, size_of
from ci_mediagen.backends.compositor.drawing import Box, Pixels, Run, draw, measure
from ci_mediagen.backends.compositor.inspection import Area, break_lines, breaks_word, problems
from ci_mediagen.backends.compositor.layouts import Layouts
from ci_mediagen.backends.compositor.motion import REST_MS
from ci_mediagen.errors import GateError
from ci_mediagen.model.template import SHAPES, Shape
from ci_mediagen.text.corpus import MARKUP, TERMINAL
from tests.support.compositor import BRAND, HEADLINES, LAYOUTS, TEXT, composed

ALL_SHAPES: tuple[Shape, ...] = get_args(Shape)

INTER_LINE = 1.21
"""Height of a line of Inter, in font sizes."""
SMALLEST = {"og": 20.0, "wide": 24.0, "square": 24.0, "story": 24.0}
"""Pixels of the smallest letters at these shapes' own sizes."""

HIDDEN = """
.headline, .bullet-text, .project, .tag, .who, .website, .chip span, .pill span, .avatar span, .monogram span { opacity: 0; }
"""

ENTRIES = [
    "Sub-pixel camera motion",
    "WebM-Export ist halb so groß wie vorher und doppelt so schnell beim Speichern auf langsamen Platten",
    "14 个崩溃问题已修复",
    "تحسينات في الأداء",
]
LONG_LABELS = {
    "project": "The Extraordinarily Long Project Name of Somewhere Else GmbH",
    "kicker": "Documentation and translations",
    "version": "2026.11.21-rc.1+build.4711",
    "people": "1,204 changes, 312 people, 14 new contributors",
    "website": "https://a-very-long-host-name.example.org/with/a/path",
    "tag": "@organisation/package-name-of-some-length",
}


def area_of(shape: Shape) -> Area:
    left, top, right, bottom = SAFE_MARGIN[shape]
    width, height = SHAPES[shape]
    return Area(left, top, width - right, height - bottom)


def ink(composition: Composition, shape: Shape) -> Pixels:
    """How much each pixel changes when the texts are not drawn."""
    size = size_of(*SHAPES[shape])
    page = composition.page()
    with_texts, without = draw(page, size, REST_MS), draw(replace(page, css=page.css + HIDDEN), size, REST_MS)
    return np.abs(with_texts.astype(np.int16) - without).max(axis=2).astype(np.uint8)


def pairs() -> Iterator[tuple[str, Shape, str]]:
    """Each headline in two layouts, each in another shape: the sample of every day."""
    for number, name in enumerate(HEADLINES):
        for layout in (number % 5, (number + 2) % 5):
            yield LAYOUTS[layout], ALL_SHAPES[(number + number // 5 + layout) % len(ALL_SHAPES)], name


def assert_fits(layout: str, shape: Shape, name: str, **text: object) -> None:
    composition = composed(layout, shape, headline=HEADLINES[name], dir="", **{"bullets": ENTRIES, **text})
    box = measure(composition.page(), size_of(*SHAPES[shape]), REST_MS)
    assert list(problems(box, area_of(shape))) == []
    shown = composition.fitted.texts.headline
    cleaned = shown.rstrip("\u2026").replace("\u200b", "")
    assert cleaned
    if "cut the headline" not in " ".join(composition.notes):
        assert not shown.endswith("\u2026") or HEADLINES[name] in ("", HEADLINES["only without glyphs"])


@pytest.mark.parametrize(("layout", "shape", "name"), list(pairs()), ids=lambda value: str(value))
def test_every_title_fits(layout: str, shape: Shape, name: str) -> None:
    assert_fits(layout, shape, name)


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "shape"), list(itertools.product(LAYOUTS, ALL_SHAPES)))
def test_every_title_fits_in_every_layout_and_shape(layout: str, shape: Shape) -> None:
    others = itertools.cycle(
        [{"bullets": [], "people": "", "authors": []}, LONG_LABELS, dict.fromkeys(LONG_LABELS, "漢字" * 20)]
    )
    for name, other in zip(HEADLINES, others, strict=False):
        assert_fits(layout, shape, name)
        assert_fits(layout, shape, name, **other)


@pytest.mark.parametrize(("layout", "shape"), list(itertools.product(LAYOUTS, ALL_SHAPES)))
def test_long_names_and_labels_fit(layout: str, shape: Shape) -> None:
    labels = (
        LONG_LABELS
        if (LAYOUTS.index(layout) + ALL_SHAPES.index(shape)) % 2
        else dict.fromkeys(LONG_LABELS, "漢字" * 20)
    )
    assert_fits(layout, shape, "usual", **labels)


@pytest.mark.parametrize(
    "name", ["300 letters", "one word of 80", "arabic", "thai", "chinese, 300", "emoji", "burmese"]
)
@pytest.mark.parametrize("shape", ALL_SHAPES)
def test_ink_stays_inside_of_the_safe_area(shape: Shape, name: str) -> None:
    drawn = ink(composed("card.html", shape, headline=HEADLINES[name], dir="", bullets=ENTRIES), shape)
    area = area_of(shape)
    rows, columns = np.nonzero(drawn > 40)
    assert rows.size > 1000, "texts were drawn at all"
    assert columns.min() >= area.left - 1
    assert columns.max() <= area.right + 1
    assert rows.min() >= area.top - 1
    assert rows.max() <= area.bottom + 1


@pytest.mark.parametrize(("layout", "shape"), list(itertools.product(LAYOUTS, ALL_SHAPES)))
def test_no_text_is_too_small_to_read(layout: str, shape: Shape) -> None:
    latin = [entry for entry in ENTRIES if entry.isascii()] * 4
    for headline in (HEADLINES["300 letters"], HEADLINES["short"]):
        composition = composed(layout, shape, headline=headline, bullets=latin)
        box = measure(composition.page(), size_of(*SHAPES[shape]), REST_MS)
        sizes = {run.text: run.height / INTER_LINE for part in box.walk() for run in part.runs}
        assert min(sizes.values()) >= SMALLEST[shape] - 0.1, sizes


def test_what_was_given_up_is_noted() -> None:
    composition = composed(headline=HEADLINES["chinese, 300"], bullets=ENTRIES)
    assert composition.fitted.texts.headline.endswith("\u2026")
    assert [note.split()[0] for note in composition.notes] == ["cut", "left"]
    assert composed(headline="Dark mode").notes == ()


def test_a_long_title_keeps_whole_words_before_size() -> None:
    composition = composed(headline="Internationalisierung der Benutzeroberfläche abgeschlossen", bullets=[])
    lines = composition.fitted.fit.lines[composition.fitted.texts.headline]
    assert " ".join(lines) == composition.fitted.texts.headline


def test_fewer_entries_are_shown_before_the_title_gets_small() -> None:
    few = composed(headline=HEADLINES["300 letters"], bullets=ENTRIES).fitted
    assert len(few.texts.bullets) < len(ENTRIES)
    assert few.texts.headline == HEADLINES["300 letters"]


def test_lines_are_broken_where_the_engine_measured_them_in_both_directions() -> None:
    for name in ("arabic", "usual", "chinese"):
        fitted = composed(headline=HEADLINES[name], dir="").fitted
        lines = fitted.fit.lines[fitted.texts.headline]
        assert len(lines) > 1
        assert "".join(lines).replace(" ", "") == HEADLINES[name].replace(" ", "")


def test_thai_breaks_between_syllables() -> None:
    fitted = composed("card.html", "story", headline=HEADLINES["thai"]).fitted
    lines = fitted.fit.lines[fitted.texts.headline]
    assert len(lines) > 1
    # These vowels and signs belong to the consonant before them.
    assert not any(line[0] in "ะาำิีึืุู็่้๊๋์ๆ" for line in lines)


def test_a_layout_without_room_is_refused_with_what_to_do() -> None:
    composer = Composer(
        _Fixed('<div style="width:60px;height:10px;overflow:hidden">{headline}</div>'), BRAND, size_of(1200, 630)
    )
    with pytest.raises(GateError, match="no room for its texts") as caught:
        composer.compose("tiny.html", TEXT)
    assert "fit.headline" in caught.value.advice


class _Fixed(Layouts):
    """A layout that ignores what it is told about sizes."""

    def __init__(self, html: str) -> None:
        super().__init__({})
        self._html = html

    def render(self, name: str, context: object) -> tuple[str, str]:
        return self._html.format(headline=context["text"]["headline"]), ""  # type: ignore[index]


def test_hostile_titles_are_drawn_as_the_letters_they_are() -> None:
    for title in [*MARKUP.values(), *TERMINAL.values()][::4]:
        composition = composed(headline=title[:200], bullets=[title[:80]])
        box = measure(composition.page(), size_of(1200, 630), REST_MS)
        assert list(problems(box, area_of("og"))) == []
    composition = composed(headline=HEADLINES["markup"], bullets=[])
    drawn = "".join(part.text for part in measure(composition.page(), size_of(1200, 630), REST_MS).walk())
    for piece in ("<script>alert(1)</script>", "</style><b>&amp;", "{{ 7 * 7 }}"):
        assert piece.replace(" ", "") in drawn.replace(" ", "")


# --- the measures themselves: each problem is seen -----------------------------------------------------------------

AREA = Area(10, 10, 190, 90)


def box(x: float, y: float, width: float, height: float, *runs: Run, children: tuple[Box, ...] = ()) -> Box:
    return Box(x, y, width, height, runs, children)


def word(text: str, x: float, y: float, width: float) -> Run:
    return Run(text, x, y, width, 20)


def page(*children: Box) -> Box:
    return box(0, 0, 200, 100, children=children)


GOOD = box(20, 20, 100, 20, word("fine", 20, 20, 60))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (box(2, 20, 100, 20, word("left", 2, 20, 60)), "leaves the safe area"),
        (box(20, 80, 100, 20, word("low", 20, 80, 60)), "leaves the safe area"),
        (box(20, 50, 30, 20, word("unbroken", 20, 50, 60)), "does not fit in its box"),
        (box(20, 50, 60, 10, word("cut", 20, 52, 40), word("off", 20, 72, 40)), "does not fit in its box"),
        (box(60, 22, 60, 20, word("over", 60, 22, 50)), "lies over"),
        (box(20, 50, 60, 20, children=(box(20, 60, 60, 20, word("out", 20, 60, 50)),)), "leaves the box around it"),
    ],
)
def test_each_kind_of_overflow_is_seen(wrong: Box, said: str) -> None:
    assert list(problems(page(GOOD), AREA)) == []
    assert any(said in problem for problem in problems(page(GOOD, wrong), AREA))


def test_breaks_are_found_in_texts_of_both_directions() -> None:
    left = page(box(20, 20, 100, 40, word("two ", 20, 20, 40), word("words", 20, 40, 50)))
    assert break_lines("two words", left) == ("two", "words")
    assert not breaks_word("two words", left)
    broken = page(box(20, 20, 100, 40, word("unbr", 20, 20, 40), word("oken", 20, 40, 40)))
    assert breaks_word("unbroken", broken)
    # שלום on the first line, at the right end, with an English word after it; visually from left to right.
    right = page(box(20, 20, 100, 40, word("abc ", 20, 20, 40), word("םולש", 60, 20, 60), word("דוע", 80, 40, 40)))
    assert break_lines("שלוםabc עוד", right) == ("שלוםabc", "עוד")


@pytest.mark.parametrize(
    ("headline", "lines"),
    [
        (
            "Dark mode, and search at three times the speed",
            ("Dark mode, and search", "at three times the speed"),
        ),
        (
            "Facts leave out who: layouts say that in a line of its own",
            ("Facts leave out who: layouts", "say that in a line of its own"),
        ),
        (
            HEADLINES["chinese"],
            ("全面支持深色模式，主题自动跟随", "系统设置并支持自定义配色方案"),
        ),
    ],
)
def test_a_headline_is_set_in_lines_of_about_one_length(headline: str, lines: tuple[str, ...]) -> None:
    fitted = composed("media.html", "wide", headline=headline).fitted
    assert fitted.fit.lines[headline] == lines
