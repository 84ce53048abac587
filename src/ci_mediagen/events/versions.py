"""Versions in tags: which comes before which, and how far apart they are."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

Bump = Literal["major", "minor", "patch", "prerelease", "first", "unknown"]

MAX_TAG = 200
"""Characters; a longer tag holds no version."""

_VERSION = re.compile(
    r"(?P<numbers>\d{1,9}(?:\.\d{1,9}){0,4})"
    r"(?P<pre>[-._]?(?:alpha|beta|preview|pre|rc|dev|nightly|snapshot|canary|next|a|b|c|m)[0-9A-Za-z]*(?:[-._][0-9A-Za-z]+)*"
    r"|-[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)?"
    r"(?P<post>[-._]?post\d*)?(?:\+[0-9A-Za-z.-]+)?",
    re.IGNORECASE,
)
_PIECES = re.compile(r"\d+|[a-z]+")


@functools.total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A version that can be compared: semantic, calendar or PEP 440; build metadata counts for nothing."""

    text: str
    numbers: tuple[int, ...]
    prerelease: str = ""
    """`rc.1`, `alpha`; empty for a stable version."""

    @property
    def stable(self) -> bool:
        return not self.prerelease

    @property
    def _order(self) -> tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]:
        numbers = self.numbers + (0,) * (5 - len(self.numbers))
        pieces = _PIECES.findall(self.prerelease.lower())
        return numbers, int(self.stable), tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in pieces)

    def __lt__(self, other: Version) -> bool:
        return self._order < other._order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._order == other._order

    def __hash__(self) -> int:
        return hash(self._order)


@dataclass(frozen=True, slots=True)
class TagName:
    """A tag taken apart: what its family shares, and the version."""

    prefix: str
    """`web@`, `release-`; a `v` straight before the version belongs to neither."""
    version: Version


def parse_version(text: str) -> Version | None:
    """The version, without a leading `v`. None for what is not one."""
    if len(text) > MAX_TAG:
        return None
    text = re.sub(r"^[vV](?=\d)", "", text)
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    numbers = tuple(int(number) for number in match["numbers"].split("."))
    pre = (match["pre"] or "").lstrip("-._")
    if re.fullmatch(r"(?:final|release|ga|lts|stable)", pre, re.IGNORECASE):
        pre = ""
    return Version(text=text, numbers=numbers, prerelease=pre)


def parse_tag(tag: str) -> TagName | None:
    """`v2.4.0`, `web@2.4.0`, `release-2.4`: the family and the version. None for a tag without a version at its end.

    Behind a prefix a version must hold a dot, so that `es6-1.0.0` is version 1.0.0 of `es6-`.
    """
    whole = parse_version(tag)
    if whole is not None:
        return TagName("", whole)
    if len(tag) > MAX_TAG:
        return None
    for start in re.finditer(r"(?<![0-9.])[vV]?\d{1,9}\.\d", tag):
        version = parse_version(tag[start.start() :])
        if version is not None and len(version.numbers) > 1:
            return TagName(tag[: start.start()], version)
    return None


def bump_between(previous: Version | None, current: Version | None) -> Bump:
    """What kind of step it was. `first` where there is no previous version."""
    if current is None:
        return "unknown"
    if not current.stable:
        return "prerelease"
    if previous is None:
        return "first"
    old, new = (version.numbers + (0,) * (5 - len(version.numbers)) for version in (previous, current))
    if old[0] != new[0]:
        return "major"
    return "minor" if old[1] != new[1] else "patch"


def bump_by_shape(current: Version | None) -> Bump:
    """The likely step where the previous version cannot be known: 3.0.0 is major, 3.1.0 minor, 3.1.2 a patch."""
    if current is None:
        return "unknown"
    if not current.stable:
        return "prerelease"
    padded = current.numbers + (0,) * (5 - len(current.numbers))
    if any(padded[2:]):
        return "patch"
    return "minor" if padded[1] else "major"
