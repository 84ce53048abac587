"""What is wrong with a template that can be read: found by filling it in with made-up changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ci_mediagen.errors import TemplateError
from ci_mediagen.model.brand import Brand
from ci_mediagen.model.change import Change, Significance
from ci_mediagen.model.template import Shot, Template
from ci_mediagen.templating import sandbox
from ci_mediagen.templating.fill import fill
from ci_mediagen.templating.samples import samples
from ci_mediagen.templating.schema import Located
from ci_mediagen.text.marked_yaml import dotted

PROMO_SECONDS = (6.0, 12.0)
"""Length of a promo that people watch to its end."""


def lint(template: Template, brand: Brand) -> tuple[str, ...]:
    """What its author should know, each with its place: texts that cannot be filled in for some kind of change, words that
    the brand bans, promos that are too short or too long. Empty where all is well."""
    found: list[str] = [*_banned(template, brand)]
    full = Significance("full", ())
    for name, change in _changes(template).items():
        try:
            shots = fill(template, change, brand, full)
        except TemplateError as error:
            found.append(f"{error.message} (for a change as {name})")
            continue
        found += _lengths(template, shots)
    return tuple(dict.fromkeys(found))


def _changes(template: Template) -> Mapping[str, Change]:
    """The changes that a template may meet: those of its own kind if it says which, else all; and one with little to say."""
    known = samples()
    chosen = {name: known[name] for name in known if name == template.text.get("kind", template.name)} or dict(known)
    first = next(iter(chosen.values()))
    bare = replace(
        first, highlights=(), files=(), authors=(), pull_request=None, scope=None, branch=None, repository=None
    )
    return {**chosen, "one of which little is known": bare}


def _lengths(template: Template, shots: tuple[Shot, ...]) -> Iterator[str]:
    shortest, longest = PROMO_SECONDS
    for shot in shots:
        if shot.task == "promo":
            most = sum(scene.seconds for scene in shot.scenes)
            # An optional scene is left out where its picture is missing.
            least = sum(scene.seconds for scene in shot.scenes if not (scene.optional and scene.media))
            if least < shortest - 1e-6:
                yield f"{template.source}: {shot.id}: lasts only {least:g} s where there is no picture; {shortest:g} s are few"
            if most > longest + 1e-6:
                yield f"{template.source}: {shot.id}: lasts {most:g} s; {longest:g} s are many"


def _banned(template: Template, brand: Brand) -> Iterator[str]:
    words = [word for word in brand.banned_words if word.strip()]
    if not words:
        return
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words), re.IGNORECASE)
    for path, text in _texts(template):
        found = pattern.search(
            re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL) if sandbox.is_jinja(text) else text
        )
        if found:
            place = text.mark if isinstance(text, Located) else template.source
            yield f"{place}: {dotted(path)}: {found[0]!r} is a word that the brand bans"


def _texts(template: Template) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield from _strings(template.text, ("text",))
    for number, shot in enumerate(template.shots):
        path = ("shots", number)
        yield from _strings({"prompt": shot.prompt, "alt": shot.alt, "text": shot.text}, path)
        for at, scene in enumerate(shot.scenes):
            yield from _strings(scene.text, (*path, "scenes", at, "text"))


def _strings(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _strings(item, (*path, str(name)))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _strings(item, (*path, number))
