"""Who worked on a change: one person once, whatever addresses they commit with, and bots apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ci_mediagen.events import clean
from ci_mediagen.model.change import Person

_NOREPLY = re.compile(
    r"(?:\d+\+)?(?P<login>[^@+\s]+(?:\[bot\])?)@users\.noreply\.(?:github\.com|gitlab\.com|[\w.-]+)", re.IGNORECASE
)
_BOTS = re.compile(
    r".*\[bot\]|(?:dependabot|renovate|github-actions|greenkeeper|snyk|semantic-release|pre-commit-ci|allcontributors|imgbot|weblate"
    r"|web-flow|mergify|pyup|codecov|release-please|changeset|jenkins|gitlab|copybara|k8s-ci|bors|homu|crowdin|transifex)"
    r"(?:[-_ ](?:bot|ci|user|service|robot|preview))*|.*[-_ ]bot|(?:project|group)_\d+_bot\w*",
    re.IGNORECASE,
)
_BOT_ADDRESSES = re.compile(
    r"(?:noreply@github\.com|bot@renovateapp\.com|.*\[bot\]@.*|support@dependabot\.com)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Signature:
    """A name and an address as a commit carries them."""

    name: str
    email: str = ""


def is_bot(*names: str | None) -> bool:
    """Whether one of these names or logins is that of a machine account."""
    return any(_BOTS.fullmatch(name[:200]) is not None for name in names if name)


def person(signature: Signature, logins: Mapping[str, str] | None = None) -> Person:
    """The person behind a signature. `logins` gives account names for addresses (lower case)."""
    email = signature.email.strip().lower()
    login = (logins or {}).get(email)
    if login is None and (match := _NOREPLY.fullmatch(email)):
        login = match["login"]
    name = clean.line(signature.name, 100) or login or clean.line(email.partition("@")[0], 100) or "somebody"
    return Person(name=name, login=login, bot=is_bot(name, login) or _BOT_ADDRESSES.fullmatch(email) is not None)


def distinct(signatures: Iterable[Signature], logins: Mapping[str, str] | None = None) -> tuple[Person, ...]:
    """The people of these signatures without bots, those who signed most often first."""
    people: list[Person] = []
    counts: list[int] = []
    known: dict[str, int] = {}
    for signature in signatures:
        who = person(signature, logins)
        if who.bot:
            continue
        marks = [mark for mark in (
            f"login:{who.login.lower()}" if who.login else "",
            f"email:{signature.email.strip().lower()}" if signature.email.strip() else "",
            f"name:{who.name.casefold()}",
        ) if mark]  # fmt: skip
        index = next((known[mark] for mark in marks if mark in known), len(people))
        if index == len(people):
            people.append(who)
            counts.append(0)
        elif who.login and not people[index].login:
            people[index] = replace(people[index], login=who.login)
        counts[index] += 1
        for mark in marks:
            known.setdefault(mark, index)
    order = sorted(range(len(people)), key=lambda index: -counts[index])
    return tuple(people[index] for index in order)


def with_opener(people: tuple[Person, ...], opener: Person | None) -> tuple[Person, ...]:
    """The people with the opener of the pull request foremost.

    A payload knows only the opener's account and history only names. One person and one account are taken for the same.
    """
    if opener is None or opener.bot:
        return people
    for index, one in enumerate(people):
        if _same(one, opener):
            return (replace(one, login=one.login or opener.login), *people[:index], *people[index + 1 :])
    if len(people) == 1 and people[0].login is None:
        return (replace(people[0], login=opener.login),)
    return (opener, *people)


def _same(one: Person, other: Person) -> bool:
    if one.login and other.login:
        return one.login.lower() == other.login.lower()
    return one.name.casefold() in {other.name.casefold(), (other.login or "").casefold()}
