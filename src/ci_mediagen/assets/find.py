"""Which pictures of the repository may be shown, best first, and why.

In this order: those that the change adds or changes, those that are configured, `docs/`, those that a README shows. Of the
README the badges, remote pictures and anything under 400 px are left out, as everywhere that nobody configured. Where none
is left, a background is drawn.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci_mediagen.assets import files, score
from ci_mediagen.assets.files import RefusedFile, shown
from ci_mediagen.assets.picture import FORMATS, Picture, check_whole, read_header
from ci_mediagen.assets.readme import Reference, references
from ci_mediagen.errors import AssetError
from ci_mediagen.model.brand import Asset, Assets
from ci_mediagen.model.change import Change

MIN_SIDE = 400
"""Pixels of the shorter side. Pictures are cropped to fill a frame, so the shorter side decides how much they are enlarged."""

MAX_OFFERED = 12
"""Pictures that are offered, besides the configured ones."""

MAX_LOOKED_AT = 200
"""Pictures whose header is read, best names first."""

MAX_PER_NAME = 100
"""Pictures that one configured pattern gives."""

MAX_REJECTED = 30
"""Pictures that were left out and are told of."""

NO_PICTURE = "no picture of the repository fits: a background is drawn"

DOCS = ("docs", "doc")

README_BONUS = 2.0
"""A picture in docs/ that the README shows as well is one that the project is proud of."""

_ADDED = {"added": "added by this change", "modified": "changed by this change", "renamed": "renamed by this change"}


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: str
    origin: str
    why: str
    score: float
    name: str | None = None
    """As configured; None for one that was found."""


@dataclass(slots=True)
class _Search:
    """One search: what was looked at, so that nothing is looked at twice."""

    repo: Path
    rejected: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    hashes: set[str] = field(default_factory=set)

    def header(self, path: str) -> Picture:
        """Raises RefusedFile."""
        with files.open_regular(files.real_path(self.repo, path)) as file:
            return read_header(file)

    def whole(self, path: str) -> tuple[Picture, str]:
        """The picture and the SHA-256 of its bytes. Raises RefusedFile where it is broken as well."""
        import hashlib

        with files.open_regular(files.real_path(self.repo, path)) as file:
            picture = read_header(file)
            file.seek(0)
            data = file.read()
        check_whole(data, picture.media_type)
        return picture, hashlib.sha256(data).hexdigest()

    def reject(self, path: str, reason: str) -> None:
        self.rejected.setdefault(path, reason)


def find_assets(
    repo: Path,
    change: Change,
    configured: Mapping[str, str | Sequence[str]],
    source: str = "mediagen.yml",
) -> Assets:
    """The pictures that may be shown of this change.

    `configured` gives for each name a path or pattern, or several; `source` is where they were read, for messages. A name
    with one path is an asset `NAME`; with a pattern or several paths they are `NAME[0]`, `NAME[1]`... Raises AssetError
    where a configured picture is missing, broken, too large, no picture, or outside of the repository. One that was merely
    found and is any of these is in `rejected`.
    """
    search = _Search(repo)
    topic = score.topic_words([change.headline, change.scope or ""])
    named = _configured(search, configured, source)
    in_diff = _in_diff(search, change, topic)
    named = [asset for asset in named if asset.path not in search.rejected]
    # A configured picture that the change touches counts as the change's, under its configured name.
    touched = {candidate.path: candidate.why for candidate in in_diff}
    offered = [(a, f"{touched[a.path]} and configured as {a.name}") for a in named if a.path in touched]
    search.seen.update(asset.path for asset in named)
    search.hashes.update(asset.sha256 for asset in named)
    of_change = _take(search, in_diff, configured, MAX_OFFERED)
    offered += of_change
    offered += [(asset, f"configured as {asset.name}") for asset in named if asset.path not in touched]
    shown_in = references(repo, _homes(change), change.repository)
    elsewhere = [*_in_docs(repo, change, topic, shown_in), *_in_readme(search, topic, shown_in)]
    offered += _take(search, elsewhere, configured, MAX_OFFERED - len(of_change))
    reason = NO_PICTURE
    if offered:
        best, why = offered[0]
        others = f" (best of {len(offered)})" if len(offered) > 1 else ""
        reason = f"{shown(best.path)}, {best.width}x{best.height}: {why}{others}"
    return Assets(tuple(asset for asset, _ in offered), reason, _told(search.rejected))


def _configured(search: _Search, configured: Mapping[str, str | Sequence[str]], source: str) -> list[Asset]:
    assets = []
    for name, given in configured.items():
        where = f"assets.{name} in {source}"
        patterns = [given] if isinstance(given, str) else list(given)
        paths = [path for pattern in patterns for path in _expanded(search.repo, pattern, where)]
        several = paths != patterns or len(paths) > 1
        for path in paths[MAX_PER_NAME:]:
            search.reject(
                path, f"assets.{name} matches {len(paths)} files, of which the first {MAX_PER_NAME} are taken"
            )
        for number, path in enumerate(paths[:MAX_PER_NAME]):
            try:
                picture, sha256 = search.whole(path)
            except RefusedFile as error:
                raise _refused(search.repo, where, path, str(error)) from None
            called = f"{name}[{number}]" if several else name
            path = files.tidy(search.repo, path)
            assets.append(Asset(called, path, sha256, picture.width, picture.height, picture.media_type, "configured"))
    return assets


def _expanded(repo: Path, pattern: str, where: str) -> list[str]:
    """The paths that a configured path or pattern stands for."""
    try:
        files.real_path(repo, pattern)
    except RefusedFile as error:
        if not files.is_pattern(pattern):
            raise _refused(repo, where, pattern, str(error)) from None
    else:
        return [pattern]  # also a file whose very name holds a bracket
    try:
        matches = [path for path in files.matching(repo, pattern) if score.is_picture_name(path)]
    except RefusedFile as error:
        raise _refused(repo, where, pattern, str(error)) from None
    if not matches:
        raise AssetError(
            f"{where}: no picture matches {shown(pattern)!r}",
            advice=f"Name a pattern that finds {FORMATS} files, or remove the line.",
        )
    return matches


def _refused(repo: Path, where: str, path: str, reason: str) -> AssetError:
    hint = _nearest(repo, path) if reason == files.MISSING else ""
    return AssetError(
        f"{where}: {shown(path)} {reason}{hint}",
        advice=f"Name a {FORMATS} file of the repository, or remove the line: without one a picture is looked for.",
    )


def _nearest(repo: Path, path: str) -> str:
    """A tracked picture that may have been meant, as the end of a sentence."""
    from ci_mediagen.text.suggest import did_you_mean

    pictures = [name for name in files.tracked(repo, ["."]) if score.is_picture_name(name) and files.is_utf8(name)]
    elsewhere = [name for name in pictures if posixpath.basename(name) == posixpath.basename(path)]
    return f"; there is {shown(elsewhere[0])}" if elsewhere else did_you_mean(path, pictures)


def _in_diff(search: _Search, change: Change, topic: frozenset[str]) -> list[_Candidate]:
    candidates = []
    for file in change.files:
        if file.status not in _ADDED or not score.is_picture_name(file.path):
            continue
        if change.security:
            search.reject(file.path, "a security change shows none of its own pictures")
            search.seen.add(file.path)
            continue
        bonus = 1.0 if file.status == "added" else 0.0
        candidates.append(
            _Candidate(file.path, "diff", _ADDED[file.status], score.name_score(file.path, topic) + bonus)
        )
    return candidates


def _in_docs(repo: Path, change: Change, topic: frozenset[str], shown_in: Sequence[Reference]) -> Iterator[_Candidate]:
    praised = {reference.path for reference in shown_in}
    folders = [posixpath.join(home, docs) for home in _homes(change) for docs in DOCS]
    for path in files.tracked(repo, folders):
        if score.is_picture_name(path) and not files.NEVER_ENTERED.intersection(path.split("/")[:-1]):
            bonus = README_BONUS if path in praised else 0.0
            why = "in docs/ and shown in the README" if bonus else "in docs/"
            yield _Candidate(path, "docs", why, score.name_score(path, topic) + bonus)


def _in_readme(search: _Search, topic: frozenset[str], shown_in: Sequence[Reference]) -> Iterator[_Candidate]:
    for place, reference in enumerate(shown_in):
        if reference.remote:
            search.reject(reference.path, f"shown in {reference.readme}, but remote")
        elif score.is_picture_name(reference.path):
            # What a README shows first it shows on purpose.
            worth = score.name_score(reference.path, topic) + 1.0 / (1 + place)
            yield _Candidate(reference.path, "readme", f"shown in {reference.readme}", worth)


def _homes(change: Change) -> tuple[str, ...]:
    """Folders that may hold a README and docs/: those of the packages that changed, then the root."""
    packages = [path.rstrip("/*") for package in change.packages for path in package.paths]
    return (*dict.fromkeys(path for path in packages if path and not files.is_pattern(path)), "")


def _take(
    search: _Search, candidates: Iterable[_Candidate], configured: Mapping[str, object], wanted: int
) -> list[tuple[Asset, str]]:
    """The best `wanted` of the candidates, by origin and then by score, each checked to be a whole picture."""
    fitting: list[tuple[_Candidate, Picture]] = []
    looked_at: dict[str, int] = {}
    for candidate in sorted(candidates, key=lambda c: (c.origin, -c.score, files.natural(c.path))):
        if candidate.path in search.seen:
            continue
        search.seen.add(candidate.path)
        looked_at[candidate.origin] = looked_at.get(candidate.origin, 0) + 1
        if looked_at[candidate.origin] > MAX_LOOKED_AT:
            search.reject(candidate.path, f"not looked at, after {MAX_LOOKED_AT} others")
            continue
        picture = _fits(search, candidate)
        if picture:
            fitting.append((candidate, picture))
    fitting.sort(key=lambda pair: -(pair[0].score + score.size_score(pair[1].width, pair[1].height)))
    fitting.sort(key=lambda pair: pair[0].origin)  # diff < docs < readme, and within each by score
    taken: list[tuple[Asset, str]] = []
    numbers: dict[str, int] = {}
    for candidate, _ in fitting:
        if len(taken) >= wanted:
            break
        try:
            picture, sha256 = search.whole(candidate.path)
        except RefusedFile as error:
            search.reject(candidate.path, str(error))
            continue
        if sha256 in search.hashes:
            continue  # the same picture under another name
        search.hashes.add(sha256)
        origin = candidate.origin
        number = numbers[origin] = numbers.get(origin, -1) + 1
        name = f"{origin}[{number}]" if origin not in configured else f"found-{origin}[{number}]"
        asset = Asset(name, candidate.path, sha256, picture.width, picture.height, picture.media_type, origin)
        taken.append((asset, candidate.why))
    return taken


def _fits(search: _Search, candidate: _Candidate) -> Picture | None:
    reason = "has a name that is not UTF-8" if not files.is_utf8(candidate.path) else score.unsuited(candidate.path)
    if reason is None:
        try:
            picture = search.header(candidate.path)
        except RefusedFile as error:
            reason = str(error)
        else:
            if min(picture.width, picture.height) >= MIN_SIDE:
                return picture
            reason = f"under {MIN_SIDE} px ({picture.width}x{picture.height})"
    search.reject(candidate.path, reason)
    return None


def _told(rejected: Mapping[str, str]) -> tuple[str, ...]:
    lines = [f"{shown(path)}: {reason}" for path, reason in rejected.items()]
    if len(lines) > MAX_REJECTED:
        lines = [*lines[:MAX_REJECTED], f"and {len(lines) - MAX_REJECTED} more"]
    return tuple(lines)
