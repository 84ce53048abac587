"""News from GitHub Actions: the event's payload, as GitHub documents it for webhooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ci_mediagen.errors import EventError
from ci_mediagen.events import clean, conventional
from ci_mediagen.events.fields import Fields
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.people import is_bot
from ci_mediagen.model.change import Person, PullRequest, Release
from ci_mediagen.text.web import web_address

_ZEROS = re.compile(r"0{40,64}")
_QUEUE_NUMBER = re.compile(r"/pr-(?P<number>\d{1,9})-[0-9a-f]{7,64}$")

_GUESSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pull_request", ("pull_request", "number")),
    ("pull_request", ("pull_request", "action")),
    ("release", ("release",)),
    ("merge_group", ("merge_group",)),
    ("push", ("ref", "before", "after")),
    ("create", ("ref", "ref_type", "master_branch")),
    ("delete", ("ref", "ref_type", "pusher_type")),
    ("workflow_dispatch", ("workflow", "inputs")),
    ("workflow_dispatch", ("workflow", "ref")),
    ("schedule", ("schedule",)),
)
"""Kinds by the fields that only they have, where nobody named the kind."""

_FOREIGN = (
    "issue",
    "comment",
    "review",
    "discussion",
    "check_run",
    "check_suite",
    "workflow_run",
    "deployment",
    "alert",
)


class GitHub:
    name = "github"

    def detect(self, environ: Mapping[str, str]) -> bool:
        return environ.get("GITHUB_ACTIONS") == "true" or bool(environ.get("GITHUB_EVENT_PATH"))

    def read(self, environ: Mapping[str, str], payload: Path | None, event_name: str | None) -> Trigger:
        if payload is None:
            given = environ.get("GITHUB_EVENT_PATH")
            if not given:
                raise EventError(
                    "GITHUB_ACTIONS is set, but GITHUB_EVENT_PATH names no payload",
                    advice="Give the payload with --event, or unset GITHUB_ACTIONS to run by hand.",
                )
            payload = Path(given)
            event_name = event_name or environ.get("GITHUB_EVENT_NAME")
        fields = Fields.read(payload)
        kind = event_name or _guess(fields)
        reader = _READERS.get(kind)
        if reader is None:
            fields.fail(
                f"a GitHub event of the kind {clean.line(kind, 60)} says nothing about a change",
                f"Run on one of: {', '.join(sorted(set(_READERS) - {'delete', 'pull_request_target'}))}.",
            )
        return replace(reader(fields, environ), event=f"github:{kind}")


def _guess(fields: Fields) -> str:
    other = next((name for name in _FOREIGN if fields.has(name)), None)
    kind = next((kind for kind, names in _GUESSES if all(map(fields.has, names))), None)
    if kind is not None and other is None:
        return kind
    if other is not None:
        fields.fail(
            f"this is the payload of an event of another kind (it has a field {other!r}), which says nothing about a change",
            "Give the payload of a pull_request, push, release or merge_group event.",
        )
    names = ", ".join(fields.names()[:8]) or "none"
    return fields.fail(
        f"this looks like no event of GitHub that is known here (its fields: {names})",
        "Name its kind with --event-name, for example --event-name push.",
    )


def _pull_request(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    told = fields.object("pull_request")
    number = told.maybe_number("number") or fields.number("number")
    base, head = told.maybe_object("base"), told.maybe_object("head")
    merged = told.flag("merged")
    closed = fields.maybe_text("action") == "closed" or told.maybe_text("state") == "closed"
    repository = fields.maybe_object("repository").maybe_text("full_name")
    pull_request = read_pull_request(told, number, repository, merged=merged)
    trigger = replace(
        _common(fields, environ),
        kind="merge",
        head=(told.text("merge_commit_sha") if merged else head.maybe_text("sha") or None),
        base=base.maybe_text("sha") or None,
        branch=pull_request.base if merged else pull_request.head,
        pull_request=pull_request,
        pull_request_head=head.maybe_text("sha") or None,
        pull_request_commits=told.maybe_number("commits"),
        url=pull_request.url,
        trusted=merged,
    )
    if closed and not merged:
        return replace(trigger, nothing=f"pull request {number} was closed without a merge")
    return trigger


def read_pull_request(told: Fields, number: int, repository: str, *, merged: bool) -> PullRequest:
    """A pull request as payloads and the API write it. `repository` is the one that it was made to."""
    head = told.maybe_object("head")
    origin = head.maybe_object("repo").maybe_text("full_name")
    return PullRequest(
        number=number,
        title=told.text("title"),
        body=told.block("body"),
        labels=tuple(label for one in told.objects("labels") if (label := one.maybe_text("name"))),
        author=_account(told.maybe_object("user")),
        url=web_address(told.maybe_text("html_url")),
        base=told.maybe_object("base").maybe_text("ref") or None,
        head=head.maybe_text("ref") or None,
        merged=merged,
        from_fork=bool(repository and origin.lower() != repository.lower()),
    )


def _push(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    ref = fields.text("ref")
    head_commit = fields.maybe_object("head_commit")
    after, before = fields.text("after"), fields.maybe_text("before")
    trigger = replace(
        _common(fields, environ),
        kind="push",
        head=None if _ZEROS.fullmatch(after) else after,
        before=None if not before or _ZEROS.fullmatch(before) else before,
        new_branch=fields.flag("created") or _ZEROS.fullmatch(before) is not None,
        logins=_logins([head_commit, *fields.objects("commits")]),
        url=web_address(fields.maybe_text("compare")) or web_address(head_commit.maybe_text("url")),
    )
    if ref.startswith("refs/tags/"):
        tag = ref.removeprefix("refs/tags/")
        if fields.flag("deleted"):
            return replace(trigger, nothing=f"the tag {tag} was deleted")
        return _tag(replace(trigger, before=None, new_branch=False), tag)
    branch = ref.removeprefix("refs/heads/")
    if fields.flag("deleted") or _ZEROS.fullmatch(after):
        return replace(trigger, branch=branch, nothing=f"the branch {branch} was deleted")
    return replace(trigger, branch=branch)


def _release(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    told = fields.object("release")
    action, tag = fields.maybe_text("action") or "published", told.text("tag_name")
    release = Release(
        tag=tag,
        version="",
        name=told.maybe_text("name"),
        body=told.block("body"),
        prerelease=told.flag("prerelease"),
        draft=told.flag("draft"),
        url=web_address(told.maybe_text("html_url")),
    )
    trigger = replace(
        _common(fields, environ),
        kind="release",
        tag=tag,
        head=told.maybe_text("target_commitish") or None,
        release=release,
        url=release.url,
    )
    if action not in ("published", "released", "prereleased", "created"):
        return replace(trigger, nothing=f"release {tag} was {action}, not published")
    return trigger


def _merge_group(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    told = fields.object("merge_group")
    head_ref = told.maybe_text("head_ref")
    match = _QUEUE_NUMBER.search(head_ref)
    head_commit = told.maybe_object("head_commit")
    pull_request = None
    if match and head_commit.maybe_text("message"):
        title = conventional.parse(head_commit.block("message")).title
        pull_request = PullRequest(int(match["number"]), title, merged=False, base=_branch(told.maybe_text("base_ref")))
    trigger = replace(
        _common(fields, environ),
        kind="merge-queue",
        head=told.text("head_sha"),
        base=told.text("base_sha"),
        branch=_branch(told.maybe_text("base_ref")),
        pull_request=pull_request,
        trusted=False,
    )
    if fields.maybe_text("action") == "destroyed":
        return replace(trigger, nothing="the merge group was dissolved")
    return trigger


def _create(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    ref, kind = fields.text("ref"), fields.text("ref_type")
    trigger = _common(fields, environ)
    if kind != "tag":
        return replace(trigger, branch=ref, nothing=f"the branch {ref} was created, and nothing in it changed")
    return _tag(replace(trigger, head=environ.get("GITHUB_SHA") or None), ref)


def _delete(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    return replace(_common(fields, environ), nothing=f"the {fields.text('ref_type')} {fields.text('ref')} was deleted")


def _dispatch(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    ref = fields.maybe_text("ref") or environ.get("GITHUB_REF", "")
    trigger = replace(_common(fields, environ), kind="manual", head=environ.get("GITHUB_SHA") or None)
    if ref.startswith("refs/tags/"):
        return replace(trigger, tag=ref.removeprefix("refs/tags/"))
    return replace(trigger, branch=_branch(ref))


def _schedule(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    ref = environ.get("GITHUB_REF", "")
    return replace(_common(fields, environ), kind="digest", head=environ.get("GITHUB_SHA") or None, branch=_branch(ref))


_READERS: Mapping[str, Callable[[Fields, Mapping[str, str]], Trigger]] = {
    "pull_request": _pull_request,
    "pull_request_target": _pull_request,
    "push": _push,
    "release": _release,
    "merge_group": _merge_group,
    "create": _create,
    "delete": _delete,
    "workflow_dispatch": _dispatch,
    "repository_dispatch": _dispatch,
    "schedule": _schedule,
}


def _common(fields: Fields, environ: Mapping[str, str]) -> Trigger:
    """What every event tells: the repository and who did it."""
    repository = fields.maybe_object("repository")
    return Trigger(
        event="github",
        kind="push",
        repository=repository.maybe_text("full_name") or environ.get("GITHUB_REPOSITORY") or None,
        private=repository.flag("private") if repository.has("private") else None,
        default_branch=repository.maybe_text("default_branch") or None,
        actor=_account(fields.maybe_object("sender")) or _named(environ.get("GITHUB_ACTOR")),
    )


def _tag(trigger: Trigger, tag: str) -> Trigger:
    server = f"https://github.com/{trigger.repository}" if trigger.repository else None
    return replace(trigger, kind="tag", tag=tag, url=f"{server}/releases/tag/{tag}" if server else None)


def _account(fields: Fields) -> Person | None:
    login = fields.maybe_text("login")
    if not login:
        return None
    return Person(
        name=fields.maybe_text("name") or login, login=login, bot=fields.maybe_text("type") == "Bot" or is_bot(login)
    )


def _named(login: str | None) -> Person | None:
    return Person(name=login, login=login, bot=is_bot(login)) if login else None


def _logins(commits: list[Fields]) -> tuple[tuple[str, str], ...]:
    """Which account an address belongs to, as a push tells for its commits."""
    found: dict[str, str] = {}
    for commit in commits:
        author = commit.maybe_object("author")
        email, login = author.maybe_text("email").lower(), author.maybe_text("username")
        if email and login:
            found[email] = login
    return tuple(found.items())


def _branch(ref: str) -> str | None:
    return ref.removeprefix("refs/heads/") or None
