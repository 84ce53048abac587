"""The texts that every layout can draw, made from the change: what a template need not write itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_mediagen.model.brand import Brand
from ci_mediagen.model.change import Change, Package, Person
from ci_mediagen.model.template import Template
from ci_mediagen.templating.script import direction, language
from ci_mediagen.templating.view import count_commits, without_details
from ci_mediagen.text.clean import one_line
from ci_mediagen.text.cut import clusters, shorten

STANDARD_TEXTS = (
    "project", "kicker", "headline", "bullets", "facts", "version", "people", "authors", "website", "tag", "kind", "lang", "dir",
)  # fmt: skip

MAX_BULLETS = 4
MAX_AUTHORS = 5
MAX_LINE = 300
"""Characters of a headline, bullet or name: what no layout could draw anyway."""

KICKERS: Mapping[str, str] = {
    "feat": "New feature",
    "fix": "Fix",
    "perf": "Performance",
    "security": "Security",
    "docs": "Documentation",
    "deps": "Dependencies",
    "refactor": "Under the hood",
    "i18n": "Translations",
    "a11y": "Accessibility",
    "ux": "Design",
    "revert": "Reverted",
}
"""By conventional type; anything else is an `Update`."""


def texts(change: Change, brand: Brand, template: Template, package: Package | None = None) -> dict[str, Any]:
    """The standard texts, as plain JSON values. A template's own `text` goes over them.

    project, kicker, headline, version, people, website, tag, kind, lang, dir: texts, empty where there is nothing to say;
    bullets (at most 4): the highlights, if there are several; facts (1 to 4): what can be said of any change;
    authors (at most 5): `{"name", "initials"}`.
    """
    change = without_details(change)
    headline = _line(change.headline)
    bullets = _bullets(change, headline)
    lang = language(" ".join([headline, *bullets]))
    return {
        "project": _line(brand.project),
        "kicker": _kicker(change),
        "headline": headline,
        "bullets": bullets,
        "facts": _facts(change),
        "version": _line(change.version or ""),
        "people": _people(change),
        "authors": [_author(person) for person in change.authors[:MAX_AUTHORS]],
        "website": _line(brand.website or ""),
        "tag": _line(package.title or package.name) if package else "",
        "kind": template.name,
        "lang": lang,
        "dir": direction(lang),
    }


def counted(number: int, one: str, many: str) -> str:
    """`1 person`, `12 people`."""
    return f"{number:,} {one if number == 1 else many}"


def _line(text: str) -> str:
    return shorten(one_line(text), MAX_LINE)


def _kicker(change: Change) -> str:
    if change.kind == "digest":
        return "What's new"
    if change.release is not None and change.kind in ("release", "tag"):
        if change.release.prerelease:
            return "Pre-release"
        return "Security release" if change.security else "Release"
    if change.security:
        return "Security"
    if change.breaking:
        return "Breaking change"
    return KICKERS.get(change.type or "", "Update")


def _bullets(change: Change, headline: str) -> list[str]:
    lines = dict.fromkeys(line for item in change.highlights if (line := _line(item.headline)))
    # What the headline says is not said again.
    return [line for line in lines if line.casefold() != headline.casefold()][:MAX_BULLETS]


def _people(change: Change) -> str:
    """`12 changes, 5 people`; of one change, who made it."""
    changes, people = max(count_commits(change), 1), len(change.authors)
    if people == 0:
        return counted(changes, "change", "changes")
    if changes == 1:
        return f"by {_line(change.authors[0].name)}" if people == 1 else f"by {counted(people, 'person', 'people')}"
    return f"{counted(changes, 'change', 'changes')}, {counted(people, 'person', 'people')}"


def _facts(change: Change) -> list[str]:
    """What can be said of any change in a few words each, so that a scene is never empty."""
    people = [_people(change)[:1].upper() + _people(change)[1:]]
    if change.security:
        return people
    facts: list[str] = []
    if change.files:
        facts.append(f"{counted(len(change.files), 'file', 'files')} changed")
    added = sum(file.additions or 0 for file in change.files)
    removed = sum(file.deletions or 0 for file in change.files)
    if added or removed:
        facts.append(f"{added:,} {'line' if added == 1 else 'lines'} added, {removed:,} removed")
    if change.pull_request is not None:
        facts.append(f"Pull request #{change.pull_request.number}")
    elif change.scope:
        facts.append(f"In {_line(change.scope)}")
    return facts or people  # layouts say who in a line of its own


def _author(person: Person) -> dict[str, str]:
    name = _line(person.name) or _line(person.login or "") or "?"
    return {"name": name, "initials": _initials(name)}


def _initials(name: str) -> str:
    """`AL` of Ada Lovelace, one character of a name in one word."""
    words = [word for word in name.replace("-", " ").split() if any(character.isalnum() for character in word)]
    chosen = [words[0], words[-1]] if len(words) > 1 else words
    letters = [next((cluster for cluster in clusters(word) if cluster[0].isalnum()), "") for word in chosen]
    return "".join(letters).upper() or "?"
