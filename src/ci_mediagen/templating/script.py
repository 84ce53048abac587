"""A guess at the language of a text, by its script: enough to choose glyphs, line breaks and the direction."""

from __future__ import annotations

import unicodedata
from collections import Counter

DEFAULT = "en"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "ur", "he", "yi", "dv", "syr"})

MIN_SHARE = 0.3
"""Share of its letters that a script must have to name the language: product names are Latin in every language."""

_BY_SCRIPT = {
    "ARABIC": "ar", "HEBREW": "he", "THAANA": "dv", "SYRIAC": "syr", "DEVANAGARI": "hi", "BENGALI": "bn", "GURMUKHI": "pa",
    "GUJARATI": "gu", "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si", "THAI": "th",
    "LAO": "lo", "KHMER": "km", "MYANMAR": "my", "TIBETAN": "bo", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am",
    "CYRILLIC": "ru", "GREEK": "el", "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh",
}  # fmt: skip
"""By the first word of a letter's Unicode name."""

_BY_LETTER = {"fa": "پچژگک", "ur": "ٹڈڑےں", "uk": "іїєґ", "sr": "ђћџљњј", "yi": "ײױװ"}
"""Letters that only one of the languages of a script has; the first that is found decides."""


def language(text: str) -> str:
    """BCP 47 language of a text, `en` where nothing says otherwise."""
    scripts = Counter(
        unicodedata.name(character, "").partition(" ")[0] for character in text[:2000] if character.isalpha()
    )
    letters = sum(scripts.values())
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"] + scripts["KATAKANA-HIRAGANA"]
    if kana:
        # Japanese mixes kana and Han; the Han characters alone would look Chinese.
        scripts["HIRAGANA"] = kana + scripts["CJK"]
        scripts["CJK"] = 0
    known = [(count, script) for script, count in scripts.items() if script in _BY_SCRIPT and count]
    if not known or max(known)[0] < MIN_SHARE * letters:
        return DEFAULT
    guess = _BY_SCRIPT[max(known)[1]]
    family = {"ar": ("ur", "fa"), "ru": ("uk", "sr"), "he": ("yi",)}.get(guess, ())
    lowered = text[:2000].casefold()
    return next((name for name in family if any(letter in lowered for letter in _BY_LETTER[name])), guess)


def direction(lang: str) -> str:
    return "rtl" if lang in RIGHT_TO_LEFT else "ltr"
