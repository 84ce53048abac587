"""The ladder: from what an event claims to the commits it is about.

Each rung answers with a range or passes. What could not be known, and was taken for likely, says so in `doubt`; a claim
that git contradicts (a base that is no ancestor) is never believed.

    explicit -> since -> previous tag -> merge group -> pull request -> before..after -> first parent -> empty tree
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ci_mediagen.errors import RepositoryError
from ci_mediagen.events import clean, conventional
from ci_mediagen.events.github_api import Comparison, GitHubApi
from ci_mediagen.events.history import COMMITS_LIMIT
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.packages import PackageRule
from ci_mediagen.events.repository import Repository, is_revision
from ci_mediagen.events.since import Since
from ci_mediagen.events.tags import ReleaseTag, release_tag, tag_at
from ci_mediagen.model.change import CommitRange

DIGEST_DEFAULT = "7d"
"""What a scheduled run tells of, where nobody said."""


@dataclass(frozen=True, slots=True)
class Found:
    """A range, and what is not sure about it."""

    range: CommitRange
    doubt: str = ""
    """Why the range, or what can be read of it, is a guess; empty where it is known."""
    readable: bool = True
    """Whether base is here, so that files can be compared."""
    release: ReleaseTag | None = None
    comparison: Comparison | None = None
    """What GitHub told of the range, which this clone has not got."""


def find_range(
    repository: Repository,
    trigger: Trigger,
    *,
    explicit: str | None,
    since: Since | None,
    package: PackageRule | None,
    github: GitHubApi | None = None,
) -> Found:
    """Raises RepositoryError: no commits at all, or a range that was asked for names what is not here."""
    if explicit is not None:
        return _explicit(repository, explicit)
    head, doubt = _head(repository, trigger)
    if since is not None:
        found = _since(repository, since, head)
    elif trigger.kind in ("release", "tag"):
        found = _release(repository, trigger.tag or "", head, package)
    elif trigger.kind == "merge-queue" and trigger.base:
        found = _from_base(repository, trigger.base, head, "merge-group")
    elif trigger.pull_request is not None and trigger.pull_request.merged:
        found = _merged(repository, trigger, head)
    elif trigger.pull_request is not None:
        found = _open(repository, trigger, head)
    elif trigger.kind == "manual":
        tag = tag_at(repository, head, package)
        found = _release(repository, tag, head, package) if tag else _last_change(repository, head)
    else:
        # GitHub tells the files of a comparison, and not which commit touched them.
        found = _pushed(repository, trigger, head, github if package is None or not package.paths else None)
    return replace(found, doubt="; ".join(part for part in (doubt, found.doubt) if part))


def _head(repository: Repository, trigger: Trigger) -> tuple[str, str]:
    """The commit that it is about, and a doubt where another one had to stand in for it."""
    if trigger.tag and (sha := repository.commit(f"refs/tags/{trigger.tag}")):
        return sha, ""
    if trigger.head and (sha := repository.commit(trigger.head) or repository.branch_tip(trigger.head)):
        return sha, ""
    wanted = trigger.head or (f"tag {trigger.tag}" if trigger.tag else None)
    if wanted and repository.shallow:
        repository.deepen()
        sha = repository.commit(f"refs/tags/{trigger.tag}") if trigger.tag else None
        sha = sha or repository.commit(trigger.head) or repository.branch_tip(trigger.head)
        if sha:
            return sha, ""
    head = repository.commit("HEAD")
    if head is None:
        raise RepositoryError(
            f"{repository.path}: this repository has no commits yet", advice="Commit something, then run again."
        )
    return (
        head,
        f"{clean.line(wanted, 80)} is not in this clone, so HEAD stands in for it" if wanted else "",
    )


def _explicit(repository: Repository, text: str) -> Found:
    match = re.fullmatch(
        r"(?P<base>[^.\s](?:(?!\.\.)\S)*)?(?P<dots>\.\.\.?)(?P<head>[^.\s](?:(?!\.\.)\S)*)?", text.strip()
    )
    shown = clean.line(text, 200)
    if match is None or not (match["base"] or match["head"]):
        raise RepositoryError(
            f"--range {shown}: not a range", advice="Write A..B, where A and B are tags, branches or commits."
        )
    names = (match["base"] or "HEAD", match["head"] or "HEAD")
    base, head = (repository.commit(name) for name in names)
    why = ""
    if base is None or head is None or (repository.shallow and not repository.is_ancestor(base, head)):
        why = repository.deepen() or ""
        base, head = (repository.commit(name) for name in names)
    for name, sha in zip(names, (base, head), strict=True):
        if sha is None:
            reason = "is no revision" if not is_revision(name) else "is not in this repository"
            raise RepositoryError(
                f"--range {shown}: {clean.line(name, 100)} {reason}{f' ({why})' if why else ''}",
                advice="Fetch it first (`git fetch --unshallow --tags`), or check how it is spelled.",
            )
    if base is None or head is None:  # said above; for the type checker
        raise RepositoryError(f"--range {shown}: cannot be read")
    if match["dots"] == "...":
        base = repository.merge_base(base, head)
        if base is None:
            raise RepositoryError(f"--range {shown}: the two have no commit in common{f' ({why})' if why else ''}")
    doubt = f"{why}; commits before its edge are missing" if why else ""
    return Found(CommitRange(base, head, "explicit"), doubt)


def _since(repository: Repository, since: Since, head: str) -> Found:
    if since.revision is not None:
        base = repository.commit(f"refs/tags/{since.revision}") or repository.commit(since.revision)
        why = ""
        if base is None or (repository.shallow and not repository.is_ancestor(base, head)):
            why = repository.deepen() or ""
            base = repository.commit(f"refs/tags/{since.revision}") or repository.commit(since.revision)
        if base is None:
            raise RepositoryError(
                f"--since {clean.line(since.revision, 100)}: neither a span of time, a date, nor a revision of this repository"
                f"{f' ({why})' if why else ''}",
                advice="Write a span (7d, 2w), a date (2026-11-14), or a tag that is here.",
            )
        return Found(CommitRange(base, head, "since"), why)
    instant = int(since.instant or 0)
    base, why = _first_parent_before(repository, head, instant), ""
    if base is None and repository.shallow:
        why = repository.deepen() or ""
        base = _first_parent_before(repository, head, instant)
    if base is None and why:
        return Found(CommitRange(None, head, "since"), why, readable=False)
    return Found(CommitRange(base, head, "since"))


def _first_parent_before(repository: Repository, head: str, instant: int) -> str | None:
    answer = repository.ask(
        "rev-list", "--first-parent", "--max-count=1", f"--before=@{instant} +0000", "--end-of-options", head
    )
    return answer.text if answer.ok and answer.text else None


def _release(repository: Repository, tag: str, head: str, package: PackageRule | None) -> Found:
    release = release_tag(repository, tag, head, package)
    why = ""
    if release.previous is None and repository.shallow:
        why = repository.deepen() or ""
        release = release_tag(repository, tag, head, package)
    if release.previous_sha is not None:
        return Found(CommitRange(release.previous_sha, head, "previous-tag"), release=release)
    if release.version is None:
        # `nightly`, `production`: a tag without a version has no predecessor that could be known.
        last = _last_change(repository, head)
        doubt = f"the tag {clean.line(tag, 60)} holds no version, so only its last change is told"
        return replace(_guess(last, doubt), release=release)
    if why:
        last = _last_change(repository, head)
        return replace(_guess(last, f"the release before this one is not known: {why}"), release=release)
    return Found(CommitRange(None, head, "empty-tree"), release=release)


def _from_base(repository: Repository, claimed: str, head: str, method: str) -> Found:
    """From where `claimed` and `head` parted."""
    base, why = _parting(repository, claimed, head)
    if base is not None:
        return Found(CommitRange(base, head, method))
    last = _last_change(repository, head)
    reason = why or (f"its base {_short(claimed)} is not in this clone" if claimed else "its base is not known")
    return _guess(last, f"only the last commit is told: {reason}")


def _parting(repository: Repository, claimed: str, head: str) -> tuple[str | None, str]:
    """(merge base with a revision or branch, why there is none)."""
    why = ""
    for attempt in ("as it is", "deepened"):
        sha = repository.branch_tip(claimed) or repository.commit(claimed)
        base = repository.merge_base(sha, head) if sha else None
        if base is not None:
            return base, ""
        if attempt == "as it is" and repository.shallow:
            why = repository.deepen() or ""
    return None, why


def _merged(repository: Repository, trigger: Trigger, head: str) -> Found:
    """A merged pull request, by how it was merged: a merge commit, squashed into one, or rebased."""
    parents = repository.parents(head)
    count = trigger.pull_request_commits
    if len(parents) != 1 or count is None or not 1 < count <= COMMITS_LIMIT:
        return _last_change(repository, head)
    number = trigger.pull_request.number if trigger.pull_request else None
    log = repository.ask(
        "log", "-1", "--no-show-signature", "--encoding=UTF-8", "--format=%B", "--end-of-options", head, "--"
    )
    if conventional.parse(log.output.decode("utf-8", "replace")).pull_request == number:
        return _last_change(repository, head)
    return _rebased(repository, trigger, head, count)


def _rebased(repository: Repository, trigger: Trigger, head: str, count: int) -> Found:
    """Squashed without a number in its title, or rebased: history alone does not tell, so the commits are compared."""
    why = repository.deepen() or ""
    top = _signatures(repository, head, count + 1)
    tip = repository.commit(trigger.pull_request_head)
    own = _signatures(repository, tip, count) if tip else []
    if own and [mark for _, mark in own] == [mark for _, mark in top[:count]]:
        return _after(top, count, head, "merge-base")
    if own:  # its commits are known, and are not these: it was squashed
        return _last_change(repository, head)
    base = repository.commit(trigger.base)
    if base is not None and base != head:
        distance = next((index for index, (sha, _) in enumerate(top) if sha == base), None)
        if distance == count:
            return _after(top, count, head, "merge-base")
        if distance == 1:
            return _last_change(repository, head)
    if why or len(top) < count:
        doubt = f"the pull request had {count} commits, of which only the last is told{f': {why}' if why else ''}"
        return _guess(_last_change(repository, head), doubt)
    found = _after(top, count, head, "first-parent")
    return _guess(
        found, f"a rebase leaves no trace of its pull request, so the last {count} commits are taken for its own"
    )


def _signatures(repository: Repository, sha: str, count: int) -> list[tuple[str, str]]:
    """(id, what a rebase keeps: author, time of writing, subject) of the last commits, newest first."""
    answer = repository.ask(
        "log", "--first-parent", f"--max-count={count}", "--no-show-signature", "--encoding=UTF-8", "-z",
        "--format=%H %ae %at %s", "--end-of-options", sha, "--",
    )  # fmt: skip
    rows = answer.output.decode("utf-8", "replace").split("\0")
    return [(row[: row.find(" ")], row[row.find(" ") :]) for row in rows if row]


def _after(top: list[tuple[str, str]], count: int, head: str, method: str) -> Found:
    if len(top) > count:
        return Found(CommitRange(top[count][0], head, method))
    return Found(CommitRange(None, head, "empty-tree"))


def _open(repository: Repository, trigger: Trigger, head: str) -> Found:
    """A pull request that is not merged: from where it left its base."""
    for claimed in (trigger.base, trigger.pull_request.base if trigger.pull_request else None):
        if claimed and _parting(repository, claimed, head)[0]:
            return _from_base(repository, claimed, head, "merge-base")
    return _from_base(
        repository, trigger.base or (trigger.pull_request and trigger.pull_request.base) or "", head, "merge-base"
    )


def _pushed(repository: Repository, trigger: Trigger, head: str, github: GitHubApi | None) -> Found:
    if trigger.before:
        return _before_after(repository, trigger.before, head, github)
    if trigger.new_branch and trigger.default_branch:
        if trigger.branch == trigger.default_branch:
            why = repository.deepen()
            if why is None:
                return Found(CommitRange(None, head, "empty-tree"))
            return _guess(_last_change(repository, head), f"only the last commit of a new branch is told: {why}")
        base, _ = _parting(repository, trigger.default_branch, head)
        if base is not None and base != head:
            return Found(CommitRange(base, head, "merge-base"))
    last = _last_change(repository, head)
    if last.doubt or last.range.base is None:
        return last
    doubt = (
        "where the new branch began is not known"
        if trigger.new_branch
        else "what the build before this one saw is not known"
    )
    return _guess(last, f"{doubt}, so only the last change is told")


def _before_after(repository: Repository, before: str, head: str, github: GitHubApi | None) -> Found:
    base = repository.commit(before)
    if base == head:  # the same commit built again
        return _last_change(repository, head)
    why = ""
    if repository.shallow and (base is None or not repository.is_ancestor(base, head)):
        why = repository.deepen() or ""
        base = repository.commit(before)
    if base is not None and repository.is_ancestor(base, head):
        return Found(CommitRange(base, head, "before-after"))
    if base is not None and not repository.shallow and (parting := repository.merge_base(base, head)):
        if parting == head:  # the branch was moved back
            return _guess(_last_change(repository, head), "the branch was moved back to an earlier commit")
        return Found(CommitRange(parting, head, "before-after"))
    if why and github is not None and (told := github.compare(before, head)):
        return Found(CommitRange(told.base, head, "before-after"), readable=False, comparison=told)
    last = _last_change(repository, head)
    reason = why or f"the commit {_short(before)} that it began from is gone (a forced push?)"
    return _guess(last, f"only the last commit of the push is told: {reason}")


def _last_change(repository: Repository, head: str) -> Found:
    """HEAD against its first parent: a merge with all it brought, or one commit."""
    parents = repository.parents(head)
    if not parents:
        return Found(CommitRange(None, head, "empty-tree"))
    readable = repository.commit(parents[0]) is not None
    why = "" if readable else repository.deepen() or ""
    readable = readable or repository.commit(parents[0]) is not None
    if not readable:
        why = f"{why or 'the commit before it is not in this clone'}; which files it changed is not known"
    return Found(CommitRange(parents[0], head, "first-parent"), "" if readable else why, readable)


def _guess(likely: Found, doubt: str) -> Found:
    """A likely range in place of the one that could not be found."""
    return replace(likely, doubt=doubt if likely.readable else f"{doubt}; which files it changed is not known")


def _short(revision: str) -> str:
    return clean.line(revision, 100)[:12] if re.fullmatch(r"[0-9a-f]{40,64}", revision) else clean.line(revision, 60)
