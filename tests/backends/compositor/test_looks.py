"""What is seen: contrast under every text, no empty boxes for letters, every kind told apart, pictures where they belong."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from ci_mediagen.backends.compositor.composition import size_of
from ci_mediagen.backends.compositor.drawing import Page, Size, draw, measure
from ci_mediagen.backends.compositor.fonts import EMOJI_SHA256, FontBook, built_in, cjk_variant, families, language
from ci_mediagen.backends.compositor.motion import REST_MS
from ci_mediagen.backends.compositor.palette import KIND_COLOURS, make_palette
from ci_mediagen.errors import ConfigError
from ci_mediagen.media.colour import AA, AA_LARGE, contrast
from ci_mediagen.media.probe import sha256
from ci_mediagen.model.template import SHAPES, Shape
from tests.backends.compositor.test_fit import HIDDEN
from tests.support.compositor import BRAND, HEADLINES, KINDS, LAYOUTS, composed

ACCENTS = ("#7c5cff", "#ffffff", "#000000", "#ffe600", "#00ff88", "#ff0033", "#8b5a2b")


def luminance(pixels: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """WCAG's, of (..., 3) pixels."""
    values = pixels[..., :3] / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


EVERY = list(itertools.product(LAYOUTS, get_args(Shape)))


@pytest.mark.parametrize(("layout", "shape"), EVERY)
def test_every_text_can_be_read_over_what_lies_behind_it(layout: str, shape: Shape) -> None:
    number = EVERY.index((layout, shape))
    assert_readable(layout, shape, [(ACCENTS[number % len(ACCENTS)], KINDS[number % len(KINDS)])])


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "shape"), EVERY)
def test_every_text_can_be_read_whatever_the_accent(layout: str, shape: Shape) -> None:
    assert_readable(layout, shape, list(zip(ACCENTS, KINDS, strict=False)))


def assert_readable(layout: str, shape: Shape, looks: list[tuple[str, str]]) -> None:
    size = size_of(*SHAPES[shape])
    for accent, kind in looks:
        composition = composed(layout, shape, brand={**BRAND, "accent": accent, "accent_2": accent}, kind=kind)
        page = composition.page()
        shown = draw(page, size, REST_MS)
        behind = draw(replace(page, css=page.css + HIDDEN), size, REST_MS)
        for box in measure(page, size, REST_MS).walk():
            for run in box.runs:
                if not run.text.strip():
                    continue
                place = np.s_[round(run.y) : round(run.y + run.height), round(run.x) : round(run.x + run.width)]
                inked = np.abs(shown[place].astype(int) - behind[place]).max(axis=2)
                strongest = inked >= max(60, np.percentile(inked, 99) - 4)
                text_light = np.median(luminance(shown[place][strongest]))
                ground = np.percentile(luminance(behind[place]), 97)
                lighter, darker = max(text_light, ground), min(text_light, ground)
                ratio = (lighter + 0.05) / (darker + 0.05)
                assert ratio >= AA - 0.05, f"{run.text!r}: {ratio:.2f} with accent {accent}, kind {kind}"


def test_the_kinds_are_told_apart_by_colour_and_icon() -> None:
    assert set(KIND_COLOURS) == set(KINDS)
    assert len(set(KIND_COLOURS.values())) == len(KINDS)
    size = Size(1200, 630)
    badges = {
        kind: draw(composed(kind=kind, headline="Same").page(), size, REST_MS)[418:536, 664:782] for kind in KINDS
    }
    for first, second in itertools.combinations(KINDS, 2):
        assert np.abs(badges[first].astype(int) - badges[second]).mean() > 8, f"{first} looks like {second}"


@pytest.mark.parametrize("accent", ACCENTS)
def test_accents_show_on_the_plate(accent: str) -> None:
    palette = make_palette(accent, accent, "fix")
    assert contrast(palette.accent, palette.plate) >= AA_LARGE
    for colour in (palette.ink, palette.dim, palette.accent_text, palette.kind):
        assert contrast(colour, palette.panel) >= AA
    assert contrast(palette.on_kind, palette.kind) >= AA


@pytest.mark.parametrize("colour", ["red", "#12", "#7c5cff;}*{display:none", "url(http://a)", "#gggggg"])
def test_a_brand_colour_that_is_none_never_reaches_a_style_sheet(colour: str) -> None:
    with pytest.raises(ConfigError, match=r"brand\.accent"):
        composed(brand={**BRAND, "accent": colour})


# --- letters -------------------------------------------------------------------------------------------------------

SCRIPTS = {
    "Latin": "Aé ß Œ ș ế",
    "Greek and Cyrillic": "Ωάξ Ждћ",
    "Arabic": "سلام گپ",
    "Hebrew": "שלוםּ",
    "Devanagari": "नमस्ते",
    "Bengali": "বাংলা",
    "Gurmukhi": "ਪੰਜਾਬੀ",
    "Gujarati": "ગુજરાતી",
    "Oriya": "ଓଡ଼ିଆ",
    "Tamil": "தமிழ்",
    "Telugu": "తెలుగు",
    "Kannada": "ಕನ್ನಡ",
    "Malayalam": "മലയാളം",
    "Sinhala": "සිංහල",
    "Thai": "ไทยที่",
    "Lao": "ລາວ",
    "Khmer": "ខ្មែរ",
    "Burmese": "မြန်မာ",
    "Georgian": "ქართული",
    "Armenian": "հայերեն",
    "Ethiopic": "አማርኛ",
    "Japanese": "日本語かなカナ",
    "Korean": "한국어",
    "Chinese": "简体繁體龍",
    "signs": "→ ✓ ★ ≤ ∞ € ₿ … “” — • ©",
    "emoji": "🚀✨🔥❤☀⚡👍🏽🇩🇪",
}


def glyph(text: str) -> np.ndarray:  # type: ignore[type-arg]
    fonts = FontBook().needed([text])
    page = Page(
        f'<div style="display:flex;font-size:40px;line-height:1;color:white;padding:8px"><span>{text}</span></div>',
        "",
        fonts,
    )
    return draw(page, Size(96, 64))[..., 3]


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_letter_is_drawn_as_an_empty_box(script: str) -> None:
    missing = glyph("\U0010ffff")
    assert missing.any(), "the engine draws something where no font has a glyph"
    assert FontBook().without_missing(SCRIPTS[script]) == (SCRIPTS[script], "")
    for letter in dict.fromkeys(SCRIPTS[script].replace(" ", "")):
        drawn = glyph(letter)
        assert drawn.any(), f"U+{ord(letter):04X} draws nothing"
        assert not np.array_equal(drawn, missing), f"U+{ord(letter):04X} is an empty box"


def test_letters_that_no_font_has_are_left_out_or_written_plainly_and_noted() -> None:
    composition = composed(headline=HEADLINES["without glyphs"])
    assert composition.fitted.texts.headline == "Hello world"
    assert any("no font here has: U+13000" in note for note in composition.notes)
    only = composed(headline=HEADLINES["only without glyphs"])
    assert only.fitted.texts.headline == "Aurora Studio"


def test_han_characters_take_the_shapes_of_their_language() -> None:
    assert [cjk_variant(lang) for lang in ("ja", "ko-KR", "zh", "zh-Hant-TW", "zh_HK", "en")] == [
        "JP", "KR", "SC", "TC", "HK", "SC",
    ]  # fmt: skip
    assert language(["かな漢字"], "en") == "ja"
    assert language(["漢字"], "fr") == "zh"
    assert language(["한국어"], "en") == "ko"
    assert language(["漢字"], "ja") == "ja"
    fonts = FontBook().needed(["直"])
    pages = {
        lang: draw(
            Page('<div style="font-size:60px;color:white;display:flex">直</div>', "", fonts, lang=lang), Size(80, 90)
        )
        for lang in ("ja", "zh")
    }
    assert not np.array_equal(pages["ja"], pages["zh"])
    assert families(fonts, "ja")[1] == "Noto Sans CJK JP"


def test_only_the_fonts_that_a_text_needs_are_read() -> None:
    book = FontBook()
    assert [font.family for font in book.needed(["Plain words, 3x faster - it's 100%"])] == ["Inter"]
    assert [font.family for font in book.needed(["日本"])] == ["Inter", "Noto Sans CJK"]
    assert [font.family for font in book.needed(["🚀 שלום"])] == ["Inter", "Noto Sans Hebrew", "Noto Color Emoji"]


def test_the_vendored_font_is_the_one_that_the_recipe_names() -> None:
    emoji = built_in()[-1]
    assert sha256(emoji.path) == emoji.sha256 == EMOJI_SHA256
    licence = emoji.path.with_name("NotoColorEmoji-LICENSE.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_hashes_taken_from_the_installation_are_those_of_the_files() -> None:
    for font in built_in():
        if font.path.stat().st_size < 300_000:
            assert sha256(font.path) == font.sha256, font.family


def test_a_heavier_weight_is_drawn_heavier_in_every_kind_of_script() -> None:
    for text in ("Word", "日本", "سلام", "हिन्दी", "ไทย"):
        fonts = FontBook().needed([text])
        ink = [
            int(
                draw(
                    Page(
                        f'<div style="display:flex;font-size:40px;font-weight:{weight};color:white">{text}</div>',
                        "",
                        fonts,
                    ),
                    Size(240, 80),
                )[..., 3].sum()
            )
            for weight in (400, 800)
        ]
        assert ink[1] > 1.1 * ink[0], text
