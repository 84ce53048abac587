"""From a Trigger to a Change: the range is found, read, and told, with everything a template may show and nothing more."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ci_mediagen.errors import RepositoryError, UsageError
from ci_mediagen.events import clean, security, stories
from ci_mediagen.events import packages as monorepo
from ci_mediagen.events.github_api import GitHubApi
from ci_mediagen.events.history import commits_touching, files_of_commit, read_commits, read_files
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.merged import merged_by
from ci_mediagen.events.packages import PackageRule
from ci_mediagen.events.people import Signature, distinct, with_opener
from ci_mediagen.events.ranges import DIGEST_DEFAULT, Found, find_range
from ci_mediagen.events.repository import Repository, web_address
from ci_mediagen.events.since import Since, parse_since
from ci_mediagen.events.tags import tag_at
from ci_mediagen.events.telling import (
    Telling,
    pull_request_of,
    release_of,
    tell_pull_request,
    tell_release,
    tell_stories,
)
from ci_mediagen.model.change import (
    Change,
    ChangedFile,
    Commit,
    CommitRange,
    Package,
    Person,
    PullRequest,
    Significance,
)
from ci_mediagen.text.suggest import did_you_mean

SECRET_COMMITS_LIMIT = 50
"""Security commits whose files are looked up, to keep them out; beyond, no file is named at all."""


def read_change(
    repo_path: Path,
    trigger: Trigger,
    *,
    range_: str | None = None,
    since: str | None = None,
    packages: Sequence[PackageRule] = (),
    package: str | None = None,
    fetch: bool | None = None,
    now: float | None = None,
    github: GitHubApi | None = None,
) -> Change:
    """What happened, read from history.

    `range_` is `A..B` and `since` a span, date or revision, as people give them; both go before what the trigger claims.
    `package` is the name of one of `packages`. `fetch` says whether the missing history of a shallow clone may be fetched;
    None means CI_MEDIAGEN_FETCH, which is yes in CI and no by hand unless it says 0 or 1; where nothing may be fetched,
    `github` is not asked either. `now` is for spans, in seconds since the epoch.

    Raises RepositoryError: no repository, no commits, a range or revision that is not there. UsageError: no such package.
    """
    rule = _package(packages, package, trigger.tag)
    repository = Repository(repo_path, fetch=_may_fetch(trigger) if fetch is None else fetch)
    asked = range_ is not None or since is not None
    github = github if repository.may_fetch and not asked else None
    if trigger.nothing and range_ is None and since is None:
        return _nothing(repository, trigger)
    trigger = _by_tag_or_package(repository, trigger, rule, asked=asked)
    rule = rule or _package(packages, package, trigger.tag)
    span = _span(trigger, range_, since, time.time() if now is None else now)
    found = find_range(repository, trigger, explicit=range_, since=span, package=rule, github=github)
    read = _read(repository, trigger, found, rule, github)
    if (merged := read.pull_request) is not None and trigger.kind == "push":
        trigger = replace(trigger, kind="merge", pull_request=merged, url=merged.url or trigger.url)
    elif merged is not None:
        trigger = replace(trigger, pull_request=merged)
    return _change(repository, trigger, read, span, tuple(packages), rule)


@dataclass(frozen=True, slots=True)
class _Read:
    """A range as it was read."""

    found: Found
    doubts: tuple[str, ...]
    stories: tuple[stories.Story, ...]
    commits: tuple[Commit, ...]
    files: tuple[ChangedFile, ...]
    authors: tuple[Person, ...]
    pull_request: PullRequest | None = None
    """The merged pull request that brought the whole range, if GitHub knows of one that the event does not."""


def _read(
    repository: Repository, trigger: Trigger, found: Found, rule: PackageRule | None, github: GitHubApi | None
) -> _Read:
    doubts = [found.doubt] if found.doubt else []
    logins = dict(found.comparison.logins if found.comparison else ()) | dict(trigger.logins)
    only_head = not found.readable and found.range.base is not None
    history = read_commits(repository, found.range, only_head=only_head, logins=logins)
    if found.comparison:
        told_by_github = found.comparison.commits
        head = () if told_by_github.entries[0].commit.sha == found.range.head else history.entries
        history = replace(told_by_github, entries=(*head, *told_by_github.entries))
    edge = repository.edge()
    if found.readable and any(entry.commit.sha in edge for entry in history.entries):
        why = repository.deepen()
        if why is None:
            history = read_commits(repository, found.range, logins=logins)
        else:
            doubts.append(f"older commits of the range are missing: {why}")
    if history.doubt:
        doubts.append(history.doubt)
    entries = history.entries
    pull_request, told = merged_by(github, trigger, found.range, entries, stories.tell(entries))
    pathspecs: tuple[str, ...] = ()
    if rule is not None and rule.paths:
        pathspecs = rule.pathspecs()
        touching = commits_touching(repository, found.range, pathspecs, only_head=only_head)
        told = tuple(story for story in told if any(commit.sha in touching for commit in story.commits))
        kept = touching | {story.commits[0].sha for story in told}
        entries = tuple(entry for entry in entries if entry.commit.sha in kept)
    files: tuple[ChangedFile, ...] = ()
    if found.readable:
        compared = read_files(repository, found.range, pathspecs)
        files = compared.files
        doubts += [compared.doubt] if compared.doubt else []
    elif found.comparison:
        files = found.comparison.files.files
        doubts += [found.comparison.files.doubt] if found.comparison.files.doubt else []
    signing = [entry for entry in entries if not entry.commit.merge] or entries
    signatures: list[Signature] = [entry.signature for entry in signing]
    signatures += [one for entry in entries for one in entry.message.co_authors]
    commits = tuple(entry.commit for entry in entries)
    return _Read(found, tuple(doubts), told, commits, files, distinct(signatures, logins), pull_request)


def _change(
    repository: Repository,
    trigger: Trigger,
    read: _Read,
    span: Since | None,
    rules: tuple[PackageRule, ...],
    rule: PackageRule | None,
) -> Change:
    """The read range as a story, and everything about a hole taken out of it."""
    title = (rule.title or rule.name) if rule else ""
    release = None if span is not None else release_of(trigger, read.found, rule)
    pull_request = trigger.pull_request if span is None else None
    kind = "digest" if span is not None else trigger.kind
    telling: Telling
    if span is not None:
        telling = tell_stories(read.stories, digest=span, total=len(read.commits))
    elif release is not None:
        telling = tell_release(
            read.stories, release, package=title, repository=trigger.repository or repository.path.resolve().name
        )
    elif pull_request is not None:
        telling = tell_pull_request(read.stories, pull_request)
    else:
        telling = tell_stories(read.stories)
        if kind in ("push", "manual") and (pull_request := pull_request_of(read.stories, _forge(repository, trigger))):
            kind = "merge" if kind == "push" else kind
    commits, files = _without_secrets(repository, read, whole=telling.security)
    if telling.touches_security and pull_request is not None:
        pull_request = security.redacted_pull_request(pull_request)
    if release is not None and telling.touches_security:
        release = security.redacted_release(release)
    labels = pull_request.labels if pull_request else ()
    return Change(
        kind=kind,
        sha=read.found.range.head,
        range=read.found.range,
        complete=not read.doubts,
        incomplete_reason="; ".join(read.doubts),
        headline=telling.headline,
        type=telling.type,
        scope=telling.scope,
        breaking=telling.breaking,
        security=telling.security,
        commits=commits,
        highlights=telling.highlights,
        files=files,
        authors=with_opener(read.authors, pull_request.author if pull_request else None),
        labels=labels,
        packages=_packages(rules, rule, () if telling.security else read.files),
        pull_request=pull_request,
        release=release,
        branch=_branch(repository, trigger) if not (telling.security and not trigger.trusted) else None,
        repository=trigger.repository or _address(repository)[1],
        url=trigger.url or _url(repository, trigger, read.found.range.head),
        actor=trigger.actor,
        event=trigger.event,
        private=trigger.private,
        trusted=trigger.trusted,
        default_branch=_on_default_branch(trigger),
    )


def _on_default_branch(trigger: Trigger) -> bool | None:
    if not trigger.trusted:
        return False
    if trigger.tag:
        return None
    if trigger.branch and trigger.default_branch:
        return trigger.branch == trigger.default_branch
    return trigger.on_default_branch


def _without_secrets(
    repository: Repository, read: _Read, *, whole: bool
) -> tuple[tuple[Commit, ...], tuple[ChangedFile, ...]]:
    secret = {commit.sha for story in read.stories if whole or story.security for commit in story.commits}
    if not secret:
        return read.commits, read.files
    # A merge that tells no story of its own may be named after the branch with the fix.
    told = {commit.sha for story in read.stories for commit in story.commits} - secret
    commits = tuple(commit if commit.sha in told else security.redacted_commit(commit) for commit in read.commits)
    if whole or len(secret) > SECRET_COMMITS_LIMIT:
        return commits, ()
    hidden: set[str] = set()
    for sha in secret:
        paths = files_of_commit(repository, sha)
        if paths is None:
            return commits, ()
        hidden |= paths
    return commits, tuple(file for file in read.files if file.path not in hidden and file.old_path not in hidden)


def _packages(
    rules: Sequence[PackageRule], rule: PackageRule | None, files: Sequence[ChangedFile]
) -> tuple[Package, ...]:
    return (rule.package(),) if rule else monorepo.touched(rules, (file.path for file in files))


def _nothing(repository: Repository, trigger: Trigger) -> Change:
    """The Change of an event that says itself that there is nothing to do: no history is read."""
    sha = repository.commit(trigger.head) or repository.commit("HEAD") or ""
    pull_request = trigger.pull_request
    if pull_request and security.is_security_pull_request(pull_request):
        pull_request = security.redacted_pull_request(pull_request)
    return Change(
        kind=trigger.kind, sha=sha, range=CommitRange(sha or None, sha, "first-parent"), complete=True, incomplete_reason="",
        headline=trigger.nothing or "Nothing", type=None, scope=None, breaking=False, security=False, commits=(), highlights=(),
        files=(), authors=(), labels=pull_request.labels if pull_request else (), pull_request=pull_request,
        branch=trigger.branch, repository=trigger.repository, url=trigger.url, actor=trigger.actor, event=trigger.event,
        private=trigger.private, trusted=trigger.trusted,
        significance=Significance("skip", (trigger.nothing or "",), "silent", "there is nothing to tell"),
    )  # fmt: skip


def _package(rules: Sequence[PackageRule], name: str | None, tag: str | None) -> PackageRule | None:
    if name is None:
        return monorepo.of_tag(rules, tag) if tag else None
    rule = monorepo.named(rules, name)
    if rule is None:
        known = [one.name for one in rules]
        raise UsageError(
            f"--package {clean.line(name, 80)}: there is no such package{did_you_mean(name, known)}",
            advice="" if known else "mediagen.yml names no packages; describe them under `packages:`.",
        )
    return rule


def _by_tag_or_package(repository: Repository, trigger: Trigger, rule: PackageRule | None, *, asked: bool) -> Trigger:
    """Without an event: the release that HEAD is, or the last commit of the package that was asked for."""
    if trigger.kind != "manual" or asked:
        return trigger
    head = repository.commit(trigger.head) or repository.commit("HEAD")
    if head is None:
        return trigger
    if trigger.tag is None and (tag := tag_at(repository, head, rule)):
        return replace(trigger, tag=tag)
    if trigger.by_hand and rule is not None and rule.paths:
        answer = repository.ask(
            "log",
            "--first-parent",
            "--max-count=1",
            "--no-show-signature",
            "--format=%H",
            "--end-of-options",
            head,
            "--",
            *rule.pathspecs(),
        )
        return replace(trigger, head=answer.text or head)
    return trigger


def _span(trigger: Trigger, range_: str | None, since: str | None, now: float) -> Since | None:
    if range_ is not None and since is not None:
        raise UsageError("--range and --since cannot both be given", advice="Leave one of them out.")
    if since is not None and not since.strip():
        raise RepositoryError("--since: empty", advice="Write a span (7d, 2w), a date (2026-11-14), or a tag.")
    if since is None and range_ is None and trigger.kind == "digest":
        since = DIGEST_DEFAULT
    return parse_since(since, now) if since is not None else None


def _may_fetch(trigger: Trigger) -> bool:
    """A person's own clone is left as it is; a runner's is completed."""
    value = os.environ.get("CI_MEDIAGEN_FETCH", "").strip().lower()
    if value in ("0", "no", "false", "off"):
        return False
    return value in ("1", "yes", "true", "on") or not trigger.by_hand


def _branch(repository: Repository, trigger: Trigger) -> str | None:
    if trigger.branch or trigger.tag:
        return trigger.branch
    answer = repository.ask("symbolic-ref", "--quiet", "--short", "HEAD")
    return answer.text or None if answer.ok else None


def _address(repository: Repository) -> tuple[str | None, str | None]:
    """(web address, `owner/name`) of the remote, where it is a forge's."""
    remote = repository.remote()
    answer = repository.ask("config", "--get", f"remote.{remote}.url") if remote else None
    found = web_address(answer.text) if answer and answer.ok else None
    return found or (None, None)


def _forge(repository: Repository, trigger: Trigger) -> str | None:
    """The repository's page, where it is known to be on GitHub or a GitLab."""
    if trigger.event.startswith("github") and trigger.repository:
        server = os.environ.get("GITHUB_SERVER_URL", "")
        server = server if re.fullmatch(r"https://[\w.:-]+", server) else "https://github.com"
        return f"{server}/{trigger.repository}"
    address = _address(repository)[0]
    return address if address and re.match(r"https://[\w.-]*(?:github|gitlab)", address) else None


def _url(repository: Repository, trigger: Trigger, sha: str) -> str | None:
    forge = _forge(repository, trigger)
    if forge is None:
        return None
    return f"{forge}/-/commit/{sha}" if "gitlab" in forge.split("/")[2] else f"{forge}/commit/{sha}"
