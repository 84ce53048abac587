"""News from GitLab CI: its predefined variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ci_mediagen.events import clean
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.people import is_bot
from ci_mediagen.model.change import ChangeKind, Person, PullRequest

_ON_REQUEST = ("web", "api", "chat", "webide", "trigger", "pipeline", "parent_pipeline")
"""Pipelines that somebody or something asked for, without a push."""


class GitLab:
    name = "gitlab"

    def detect(self, environ: Mapping[str, str]) -> bool:
        return environ.get("GITLAB_CI") == "true"

    def read(self, environ: Mapping[str, str], payload: Path | None, event_name: str | None) -> Trigger:
        def value(name: str) -> str | None:
            return clean.line(environ.get(name, "")) or None

        login = value("GITLAB_USER_LOGIN")
        name = value("GITLAB_USER_NAME") or login
        visibility, project = value("CI_PROJECT_VISIBILITY"), value("CI_PROJECT_URL")
        head = value("CI_COMMIT_SHA")
        before = value("CI_COMMIT_BEFORE_SHA")
        shared = Trigger(
            event="gitlab",
            kind="push",
            head=head,
            repository=value("CI_PROJECT_PATH"),
            private=None if visibility is None else visibility != "public",
            actor=Person(name, login, is_bot(name, login)) if name else None,
            default_branch=value("CI_DEFAULT_BRANCH"),
        )
        source = value("CI_PIPELINE_SOURCE") or "push"
        number = value("CI_MERGE_REQUEST_IID")
        if number and number.isascii() and number.isdigit():
            pull_request = _merge_request(environ, int(number[:9]), value("CI_MERGE_REQUEST_TITLE"))
            train = value("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train"
            return replace(
                shared,
                kind="merge-queue" if train else "merge",
                base=value("CI_MERGE_REQUEST_DIFF_BASE_SHA") or pull_request.base,
                branch=pull_request.head,
                pull_request=pull_request,
                url=pull_request.url,
                trusted=False,
            )
        if tag := value("CI_COMMIT_TAG"):
            url = f"{project}/-/tags/{tag}" if project else None
            return replace(shared, kind="tag", tag=tag, url=url)
        kind: ChangeKind = "digest" if source == "schedule" else "manual" if source in _ON_REQUEST else "push"
        unknown = before is None or re.fullmatch(r"0{40,64}", before) is not None
        return replace(
            shared,
            kind=kind,
            before=None if unknown else before,
            branch=value("CI_COMMIT_BRANCH") or value("CI_COMMIT_REF_NAME"),
            url=f"{project}/-/commit/{head}" if project and head else None,
        )


def _merge_request(environ: Mapping[str, str], number: int, title: str | None) -> PullRequest:
    target, source = environ.get("CI_MERGE_REQUEST_PROJECT_PATH"), environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH")
    project = clean.line(environ.get("CI_MERGE_REQUEST_PROJECT_URL") or environ.get("CI_PROJECT_URL") or "")
    labels = clean.line(environ.get("CI_MERGE_REQUEST_LABELS", ""), 4000).split(",")
    login = clean.line(environ.get("GITLAB_USER_LOGIN", "")) or None
    author = Person(clean.line(environ.get("GITLAB_USER_NAME", "")) or login, login, is_bot(login)) if login else None
    return PullRequest(
        number=number,
        title=title or f"Merge request {number}",
        body=clean.block(environ.get("CI_MERGE_REQUEST_DESCRIPTION", "")),
        labels=tuple(label.strip() for label in labels if label.strip()),
        author=author,
        url=f"{project}/-/merge_requests/{number}" if project else None,
        base=clean.line(environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")) or None,
        head=clean.line(environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "")) or None,
        merged=False,
        from_fork=bool(target and source and target != source),
    )
