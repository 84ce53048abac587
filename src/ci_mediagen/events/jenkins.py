"""News from Jenkins: the variables of the Git and Branch Source plugins. It never tells labels or a body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ci_mediagen.events import clean
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.people import is_bot
from ci_mediagen.events.repository import web_address
from ci_mediagen.model.change import Person, PullRequest

_USUAL_NAMES = ("main", "master", "trunk")


class Jenkins:
    name = "jenkins"

    def detect(self, environ: Mapping[str, str]) -> bool:
        return bool(environ.get("JENKINS_URL") or (environ.get("BUILD_URL") and environ.get("JOB_NAME")))

    def read(self, environ: Mapping[str, str], payload: Path | None, event_name: str | None) -> Trigger:
        def value(name: str) -> str | None:
            return clean.line(environ.get(name, "")) or None

        branch = value("BRANCH_NAME") or (value("GIT_BRANCH") or "").removeprefix("origin/") or None
        address = web_address(environ.get("GIT_URL", ""))
        tag, number = value("TAG_NAME"), value("CHANGE_ID")
        shared = Trigger(
            event="jenkins",
            kind="push",
            head=value("GIT_COMMIT"),
            repository=address[1] if address else None,
            default_branch=branch if value("BRANCH_IS_PRIMARY") == "true" else None,
            on_default_branch=_is_primary(value("BRANCH_NAME"), value("BRANCH_IS_PRIMARY")),
            url=value("BUILD_URL"),
        )
        if number and number.isascii() and number.isdigit():
            author = value("CHANGE_AUTHOR")
            name = value("CHANGE_AUTHOR_DISPLAY_NAME") or author
            pull_request = PullRequest(
                number=int(number[:9]),
                title=value("CHANGE_TITLE") or value("CHANGE_BRANCH") or f"Change {number}",
                author=Person(name, author, is_bot(name, author)) if name else None,
                url=value("CHANGE_URL"),
                base=value("CHANGE_TARGET"),
                head=value("CHANGE_BRANCH"),
                merged=False,
                from_fork=value("CHANGE_FORK") is not None,
            )
            # Jenkins builds change requests while they are open only; what it checks out may be a merge of its own.
            return replace(
                shared,
                kind="merge",
                base=pull_request.base,
                branch=value("CHANGE_BRANCH"),
                pull_request=pull_request,
                url=pull_request.url or shared.url,
                trusted=False,
            )
        if tag:
            return replace(shared, kind="tag", tag=tag)
        return replace(shared, before=value("GIT_PREVIOUS_SUCCESSFUL_COMMIT"), branch=branch)


def _is_primary(branch: str | None, primary: str | None) -> bool | None:
    """Whether it is the primary branch of a multibranch project. None where Jenkins does not tell.

    Jenkins sets BRANCH_IS_PRIMARY or leaves it out, and some branch sources never set it: so a branch with the name of a main
    branch is not taken for another one.
    """
    if primary is not None:
        return primary == "true"
    return None if branch is None or branch in _USUAL_NAMES else False
