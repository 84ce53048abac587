"""The fonts that texts are drawn with: the brand's first, then those that come with the package. Never the system's.

Light enough for planning: nothing here reads a font until a text is drawn.
"""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import ci_mediagen

if TYPE_CHECKING:
    from ci_mediagen.backends.compositor.cmap import Coverage

EMOJI_FILE = "NotoColorEmoji.ttf"
EMOJI_SHA256 = "e5899ed38b8ed83e08bd3ac5de09791e9d19d288333a796de1d35ad17396f1ec"
"""Noto Color Emoji 2.042 (2023-11-29)."""

EMOJI_FAMILY = "Noto Color Emoji"

_NOTO_SCRIPTS = (
    "Arabic", "Armenian", "Bengali", "Devanagari", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi", "Hebrew", "Kannada",
    "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thai",
)  # fmt: skip
_CJK_OF_LANGUAGE = {"ja": "JP", "ko": "KR", "zh": "SC", "zh-tw": "TC", "zh-hant": "TC", "zh-hk": "HK", "zh-mo": "HK"}


@dataclass(frozen=True, slots=True)
class Font:
    """One font file and the name that style sheets know it by."""

    family: str
    path: Path
    sha256: str
    brand: bool = False


BUILT_IN: tuple[tuple[str, str, str], ...] = (
    ("fontpkg-inter", "fontpkg_inter/files/Inter[opsz,wght].ttf", "Inter"),
    ("manimgx-fonts", "manimgx_fonts/NotoSans[wght].ttf", "Noto Sans"),
    *(
        ("manimgx-fonts", f"manimgx_fonts/NotoSans{script}[wght].ttf", f"Noto Sans {script}")
        for script in _NOTO_SCRIPTS
    ),
    ("manimgx-fonts", "manimgx_fonts/NotoSansSymbols[wght].ttf", "Noto Sans Symbols"),
    ("manimgx-fonts-cjk", "manimgx_fonts_cjk/NotoSansCJK-VF.otf.ttc", "Noto Sans CJK"),
    ("ci-mediagen", EMOJI_FILE, EMOJI_FAMILY),
)
"""(distribution, file in it, family), foremost first."""


@functools.cache
def built_in() -> tuple[Font, ...]:
    """The package's fonts, foremost first. Raises FileNotFoundError naming one that the installation lacks."""
    return tuple(_found(*entry) for entry in BUILT_IN)


def digest(fonts: Iterable[Font]) -> str:
    """One SHA-256 over those of the fonts, in their order."""
    return hashlib.sha256("\n".join(f"{font.family} {font.sha256}" for font in fonts).encode()).hexdigest()


def brand_fonts(paths: Sequence[Path]) -> tuple[Font, ...]:
    return tuple(
        Font(f"brand-{number}", path, hashlib.sha256(path.read_bytes()).hexdigest(), brand=True)
        for number, path in enumerate(paths)
    )


def _found(distribution: str, file: str, family: str) -> Font:
    if distribution == "ci-mediagen":
        return Font(family, Path(ci_mediagen.__file__).parent / "fonts" / file, EMOJI_SHA256)
    entries = _installed(distribution)
    entry = entries.get(file)
    if entry is None:
        raise FileNotFoundError(f"{file} of the package {distribution}")
    path = Path(str(entry.locate()))
    if entry.hash is not None and entry.hash.mode == "sha256":
        import base64

        code = base64.urlsafe_b64decode(entry.hash.value + "=" * (-len(entry.hash.value) % 4)).hex()
    else:  # installed in a way that keeps no hashes
        code = hashlib.sha256(path.read_bytes()).hexdigest()
    return Font(family, path, code)


@functools.cache
def _installed(distribution: str) -> dict[str, metadata.PackagePath]:
    try:
        return {str(file): file for file in metadata.files(distribution) or ()}
    except metadata.PackageNotFoundError:
        return {}


class FontBook:
    """Which fonts a text needs, and which of its characters no font has."""

    def __init__(self, brand: Sequence[Font] = ()) -> None:
        self._fonts = (*brand, *built_in())
        self._latin = built_in()[0]

    def needed(self, texts: Iterable[str]) -> tuple[Font, ...]:
        """The fonts to draw these texts with, foremost first: the brand's, the Latin one, and those of other scripts."""
        characters = frozenset().union(*map(frozenset, texts)) - _ASCII
        wanted = {font for font in self._fonts if font.brand or font == self._latin}
        for character in characters:
            wanted.update(self._of(character))
        return tuple(font for font in self._fonts if font in wanted)

    def without_missing(self, text: str) -> tuple[str, str]:
        """The text in characters that the fonts have, and those that were left out.

        A character that no font has is written plainly if it has a plain form (`𝕳` -> `H`, `①` -> `1`), else left out.
        """
        kept: list[str] = []
        lost: list[str] = []
        for character in text:
            if self.has(character):
                kept.append(character)
                continue
            plain = unicodedata.normalize("NFKC", character)
            if plain != character and all(map(self.has, plain)):
                kept.append(plain)
            else:
                lost.append(character)
        return "".join(kept), "".join(lost)

    def has(self, character: str) -> bool:
        return character in _ASCII or _shows_nothing(character) or any(True for _ in self._of(character))

    def _of(self, character: str) -> tuple[Font, ...]:
        """The first font that has it, and the emoji's too where it may be shown as one."""
        if _shows_nothing(character):
            # The selector that asks for a coloured picture comes after letters that other fonts have as well.
            return (self._fonts[-1],) if character == "\ufe0f" else ()
        first = next((font for font in self._fonts if ord(character) in _coverage(font)), None)
        if first is None:
            return ()
        emoji = self._fonts[-1]
        if first != emoji and character >= "\u203c" and ord(character) in _coverage(emoji):
            return (first, emoji)
        return (first,)


def families(fonts: Sequence[Font], lang: str) -> tuple[str, ...]:
    """Names for `font-family`, foremost first; of the Chinese, Japanese and Korean ones that of the language first."""
    names: list[str] = []
    for font in fonts:
        if font.family == "Noto Sans CJK":
            first = cjk_variant(lang)
            names += [f"{font.family} {variant}" for variant in dict.fromkeys((first, "SC", "JP", "KR", "TC", "HK"))]
        else:
            names.append(font.family)
    return tuple(names)


def language(texts: Iterable[str], lang: str) -> str:
    """The language to draw in: `lang`, unless it is none that writes Han characters and the texts show that they do."""
    if lang.lower().partition("-")[0] in _CJK_OF_LANGUAGE:
        return lang
    characters = frozenset().union(*map(frozenset, texts))
    if any("\u3040" <= character <= "\u30ff" for character in characters):
        return "ja"
    if any("\uac00" <= character <= "\ud7a3" for character in characters):
        return "ko"
    if any("\u4e00" <= character <= "\u9fff" for character in characters):
        return "zh"
    return lang


def cjk_variant(lang: str) -> str:
    """Which region's shapes Han characters take."""
    tag = lang.lower().replace("_", "-")
    parts = tag.split("-")
    return _CJK_OF_LANGUAGE.get("-".join(parts[:2])) or _CJK_OF_LANGUAGE.get(parts[0], "SC")


_ASCII = frozenset(map(chr, range(0x20, 0x7F)))


def _shows_nothing(character: str) -> bool:
    return character in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u034f" or "\ufe00" <= character <= "\ufe0f" or (
        "\U000e0020" <= character <= "\U000e007f"
    )  # fmt: skip


class _Unknown:
    """What a font is taken to have whose character map cannot be read: nothing that others have not."""

    def __contains__(self, code: int) -> bool:
        return False


@functools.cache
def _coverage(font: Font) -> Coverage | _Unknown:
    from ci_mediagen.backends.compositor.cmap import Coverage

    try:
        return Coverage(font.path)
    except ValueError:
        return _Unknown()
