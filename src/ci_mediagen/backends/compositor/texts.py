"""The texts of a card or scene, ready to be drawn: cleaned, in characters that the fonts have, and of a length to work with."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ci_mediagen.backends.compositor.breaks import with_breaks
from ci_mediagen.backends.compositor.fonts import FontBook, language
from ci_mediagen.text.cut import clusters, shorten
from ci_mediagen.text.drawn import MAX_DRAWN, direction, drawn

HEADLINE = "headline"
MAX_BULLETS = 4
MAX_AUTHORS = 5
MAX_INITIALS = 2

COLUMNS: Mapping[str, int] = {
    "project": 34,
    "kicker": 24,
    "version": 18,
    "people": 40,
    "website": 40,
    "tag": 24,
}
"""The most of each secondary text, in columns (a Chinese character takes two). Past it: an ellipsis."""
BULLET_COLUMNS = 110
TIGHT = 0.55
"""Of `COLUMNS`, where a layout has no room for more."""

_OPTIONAL_TEXTS = ("project", "kicker", "headline", "version", "people", "website", "tag")


@dataclass(frozen=True, slots=True)
class Author:
    name: str
    initials: str


@dataclass(frozen=True, slots=True)
class Texts:
    values: Mapping[str, Any]
    """What layouts see as `text`."""
    lang: str
    direction: str
    notes: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        return str(self.values[HEADLINE])

    @property
    def bullets(self) -> tuple[str, ...]:
        return tuple(self.values["bullets"])

    def all(self) -> tuple[str, ...]:
        """Every piece of text that a layout may draw."""
        return tuple(_strings(self.values))

    def with_headline(self, headline: str) -> Texts:
        return replace(self, values={**self.values, HEADLINE: headline})

    def with_bullets(self, count: int) -> Texts:
        return replace(self, values={**self.values, "bullets": self.bullets[:count]})

    def tightened(self) -> Texts:
        """With secondary texts about half as long."""
        short = {
            name: shorten(self.values[name], int(limit * TIGHT), measure=columns) for name, limit in COLUMNS.items()
        }
        return replace(self, values={**self.values, **short})


def make_texts(text: Mapping[str, Any], brand: Mapping[str, Any], book: FontBook) -> Texts:
    """The texts of `parameters.text`, all standard names present. Where there is no headline the project's name is one."""
    lost: list[str] = []

    def ready(value: Any, limit: int = MAX_DRAWN) -> str:
        kept, missing = book.without_missing(drawn(str(value if value is not None else ""), limit))
        lost.append(missing)
        return drawn(kept, limit)

    values: dict[str, Any] = {
        name: _prepared(value, ready) for name, value in text.items() if name not in ("bullets", "authors")
    }
    for name in _OPTIONAL_TEXTS:
        values.setdefault(name, "")
    values["project"] = values["project"] or ready(brand.get("project"))
    values["website"] = values["website"] or ready(brand.get("website"))
    for name, limit in COLUMNS.items():
        values[name] = shorten(str(values[name]), limit, measure=columns)
    values["bullets"] = tuple(
        with_breaks(shorten(bullet, BULLET_COLUMNS, measure=columns))
        for bullet in map(ready, _listed(text.get("bullets"))[:MAX_BULLETS])
        if bullet
    )
    values["authors"] = tuple(
        author for author in (_author(entry, ready) for entry in _listed(text.get("authors"))[:MAX_AUTHORS]) if author
    )
    values["headline"] = with_breaks(values["headline"] or values["project"] or values["kicker"] or "\u2026")
    values["kind"] = str(text.get("kind") or "default")
    every = tuple(_strings(values))
    lang = language(every, str(text.get("lang") or "en")[:35])
    given = str(text.get("dir") or "")
    values["lang"] = lang
    values["dir"] = given if given in ("ltr", "rtl") else direction(values["headline"])
    characters = "".join(dict.fromkeys("".join(lost)))
    notes: tuple[str, ...] = ()
    given_headline = str(text.get(HEADLINE) or "")
    if len(drawn(given_headline, len(given_headline))) > MAX_DRAWN:
        notes = (f"cut the headline to {MAX_DRAWN} characters, the most that is drawn",)
    if characters:
        codes = ", ".join(f"U+{ord(character):04X}" for character in characters[:8])
        notes = (*notes, f"left out {len(characters)} character(s) that no font here has: {codes}")
    return Texts(values=values, lang=lang, direction=values["dir"], notes=notes)


def columns(text: str) -> int:
    """How wide a text is about, in letters of Latin."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _prepared(value: Any, ready: Any) -> Any:
    """A text of the template's own, in whatever shape it came."""
    if isinstance(value, str):
        return ready(value)
    if isinstance(value, Mapping):
        return {str(name): _prepared(item, ready) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_prepared(item, ready) for item in value)
    return value


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _author(entry: Any, ready: Any) -> Author | None:
    if not isinstance(entry, Mapping):
        return None
    name = ready(entry.get("name"), 40)
    initials = ready(entry.get("initials"), 8)
    short = "".join(list(clusters(initials))[:MAX_INITIALS]) or "".join(list(clusters(name))[:1]).upper()
    return (
        Author(name, short if columns(short) <= MAX_INITIALS else "".join(list(clusters(short))[:1])) if short else None
    )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Author):
        yield from (value.name, value.initials)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
