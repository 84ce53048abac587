"""The packages of a monorepo: where each lies, and how its tags are called."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ci_mediagen.model.change import Package

_WILDCARDS = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class PackageRule:
    """One package as configuration describes it."""

    name: str
    title: str = ""
    """What people call it; empty: the name."""
    paths: tuple[str, ...] = ()
    """Relative to the repository: a folder, a file, or a pattern (`*`, `?` within a folder name, `**` across folders).
    A pattern that matches a folder means everything under it."""
    tag_pattern: str | None = None
    """With `{version}`: `web@{version}`. None: the package has no tags of its own."""

    def package(self) -> Package:
        return Package(name=self.name, title=self.title or self.name, paths=self.paths, tag_pattern=self.tag_pattern)

    def version_of(self, tag: str) -> str | None:
        """The version in a tag of this package; None for any other tag."""
        return version_in(tag, self.tag_pattern) if self.tag_pattern else None

    def holds(self, path: str) -> bool:
        """Whether a file of the repository belongs to this package."""
        return any(_path_pattern(pattern).fullmatch(path) for pattern in self.paths)

    def pathspecs(self) -> tuple[str, ...]:
        """The same paths as git takes them."""
        specs: list[str] = []
        for pattern in map(_normal, self.paths):
            if pattern == "":
                return (":(top)",)
            if _WILDCARDS.search(pattern):
                specs += [f":(top,glob){pattern}", f":(top,glob){pattern}/**"]
            else:
                specs.append(f":(top,literal){pattern}")
        return tuple(specs)


def version_in(tag: str, pattern: str) -> str | None:
    """`web@2.4.0` with `web@{version}` is `2.4.0`; a leading `v` of the version goes. None where it does not fit."""
    before, placeholder, after = pattern.partition("{version}")
    if not placeholder or not tag.startswith(before) or not tag.endswith(after):
        return None
    middle = tag[len(before) : len(tag) - len(after)]
    if len(before) + len(after) > len(tag):
        return None
    version = re.sub(r"^[vV](?=\d)", "", middle)
    return version if re.match(r"\d", version) else None


def named(rules: Sequence[PackageRule], name: str) -> PackageRule | None:
    return next((rule for rule in rules if rule.name == name), None)


def of_tag(rules: Sequence[PackageRule], tag: str) -> PackageRule | None:
    """The package that a tag releases: the longest pattern that fits, so `web-{version}` does not take `web-ui-1.0`."""
    fitting = [rule for rule in rules if rule.version_of(tag)]
    return max(fitting, key=lambda rule: len(rule.tag_pattern or ""), default=None)


def touched(rules: Sequence[PackageRule], paths: Iterable[str]) -> tuple[Package, ...]:
    """The packages that these files belong to, in the order configured."""
    waiting, found = list(rules), set()
    for path in paths:
        for rule in [rule for rule in waiting if rule.holds(path)]:
            found.add(rule.name)
            waiting.remove(rule)
        if not waiting:
            break
    return tuple(rule.package() for rule in rules if rule.name in found)


def _normal(pattern: str) -> str:
    pattern = re.sub(r"/{2,}", "/", pattern.strip()).removeprefix("./").strip("/")
    return "" if pattern == "." else pattern


@functools.cache
def _path_pattern(pattern: str) -> re.Pattern[str]:
    pattern = _normal(pattern)
    if pattern == "":
        return re.compile(r"(?s:.*)")
    parts: list[str] = []
    rest = pattern
    while rest:
        if rest.startswith("**/"):
            parts.append("(?:.*/)?")
            rest = rest[3:]
        elif rest.startswith("**"):
            parts.append(".*")
            rest = rest[2:]
        elif rest[0] == "*":
            parts.append("[^/]*")
            rest = rest[1:]
        elif rest[0] == "?":
            parts.append("[^/]")
            rest = rest[1:]
        elif (group := re.match(r"\[([!^]?)(\]?[^\]/]*)\]", rest)) and group.group(2):
            inside = group.group(2).replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^").replace("]", "\\]")
            parts.append(f"[{'^' if group.group(1) else ''}{inside}]")
            rest = rest[group.end() :]
        else:
            parts.append(re.escape(rest[0]))
            rest = rest[1:]
    try:
        return re.compile(f"(?s:{''.join(parts)}(?:/.*)?)")
    except re.error:  # `[z-a]`: taken literally
        return re.compile(f"(?s:{re.escape(pattern)}(?:/.*)?)")
