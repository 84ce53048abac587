"""Which tag came before: the release that a release is told against."""

from __future__ import annotations

from dataclasses import dataclass

from ci_mediagen.events.packages import PackageRule
from ci_mediagen.events.repository import Repository
from ci_mediagen.events.versions import Version, parse_tag, parse_version

ANCESTRY_CHECKS = 25
"""Earlier tags that are looked at, nearest version first, until one is an ancestor."""


@dataclass(frozen=True, slots=True)
class ReleaseTag:
    """A tag as a release: its name, its version in its family's way, and the tag before it."""

    name: str
    version_text: str
    version: Version | None
    previous: str | None = None
    """The tag before it in the same family that is an ancestor; None for the first."""
    previous_version: Version | None = None
    previous_sha: str | None = None


def release_tag(repository: Repository, tag: str, sha: str, package: PackageRule | None) -> ReleaseTag:
    """The tag with its predecessor. A stable version skips prereleases; a prerelease follows whatever came before.

    Costs one list of tag names and, as a rule, one ancestry check of the size of the range.
    """
    text, version = version_of(tag, package)
    if version is None:
        return ReleaseTag(tag, text, None)
    family = _family(tag, package)
    earlier: list[tuple[Version, str]] = []
    for name in tag_names(repository):
        other = version_of(name, package)[1]
        if other is None or name == tag or not (other.stable or not version.stable) or other >= version:
            continue
        if _family(name, package) == family:
            earlier.append((other, name))
    earlier.sort(key=lambda pair: pair[0], reverse=True)
    for other, name in earlier[:ANCESTRY_CHECKS]:
        before = repository.commit(f"refs/tags/{name}")
        if before and (before == sha or repository.is_ancestor(before, sha)):
            return ReleaseTag(tag, text, version, name, other, before)
    return ReleaseTag(tag, text, version)


def tag_names(repository: Repository) -> tuple[str, ...]:
    answer = repository.ask("for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
    return tuple(name for name in answer.output.decode("utf-8", "replace").split("\n") if name)


def tag_at(repository: Repository, sha: str, package: PackageRule | None) -> str | None:
    """The highest version tag that points at a commit; None where there is none."""
    answer = repository.ask("for-each-ref", "--format=%(refname:strip=2)", f"--points-at={sha}", "refs/tags")
    found = []
    for name in answer.output.decode("utf-8", "replace").split("\n"):
        if name and (version := version_of(name, package)[1]):
            found.append((version, name))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def version_of(tag: str, package: PackageRule | None) -> tuple[str, Version | None]:
    """(the version as text, and parsed) of a tag: by the package's pattern, else by the look of it."""
    if package is not None and package.tag_pattern:
        text = package.version_of(tag)
        return (text, parse_version(text)) if text else (tag, None)
    parsed = parse_tag(tag)
    return (parsed.version.text, parsed.version) if parsed else (tag, None)


def _family(tag: str, package: PackageRule | None) -> str | None:
    """What tags of one family share; None for a tag that belongs to none."""
    if package is not None and package.tag_pattern:
        return package.tag_pattern if package.version_of(tag) else None
    parsed = parse_tag(tag)
    return parsed.prefix.lower().rstrip("-_/@") if parsed else None
