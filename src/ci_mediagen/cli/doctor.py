"""`ci-mediagen doctor`: is everything here that a run needs?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ci_mediagen.cli.screen import answer, answer_json, safe, screen
from ci_mediagen.model.finding import Finding

if TYPE_CHECKING:
    from ci_mediagen.assembly import Place
    from ci_mediagen.doctor import Group
    from ci_mediagen.model.progress import Progress

SCHEMA_VERSION = 1

_MARKS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM", "absent": "-"}


@click.command("doctor")
@click.option("--repo", type=click.Path(path_type=Path), default=".", help="The repository. Default: this folder's.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Configuration file.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON on stdout.")
def command(repo: Path, config_path: Path | None, as_json: bool) -> int:
    """Check everything that a run needs, each finding with its fix.

    It asks S3 and Slack if they are configured, and posts and leaves nothing there. The exit code is 0 where nothing has to
    be done, 2 for a problem of this machine or the configuration, 7 for one of a service.
    """
    from ci_mediagen import doctor

    with screen(os.environ) as progress:
        health = doctor.examine(_groups(repo, config_path, os.environ, progress))
    if as_json:
        findings = [{name: safe(getattr(one, name)) for name in Finding.__slots__} for one in health.findings]
        document = {"schema_version": SCHEMA_VERSION, "ok": health.exit_code == 0, "findings": findings}
        answer_json(document)
    else:
        for finding in health.findings:
            answer(f"{_MARKS[finding.status]:<8} {finding.name:<12} {finding.detail}")
            if finding.fix:
                answer(f"{'':<21} -> {finding.fix}")
    return health.exit_code


def _groups(repo: Path, config_path: Path | None, environ: Mapping[str, str], progress: Progress) -> Sequence[Group]:
    """What is looked at: this machine, and what the configuration names. A configuration that is wrong is a finding too."""
    import tempfile

    from ci_mediagen import assembly
    from ci_mediagen.config import cache_root
    from ci_mediagen.doctor import failed, this_machine
    from ci_mediagen.errors import MediagenError, RepositoryError
    from ci_mediagen.pipeline import BY_HAND

    folders = [("cache", cache_root(environ)), ("temporary", Path(tempfile.gettempdir()))]
    try:
        place = assembly.open_place(repo, environ, BY_HAND, config_path, {})
    except RepositoryError:
        return this_machine(repo, folders)  # which finds it too
    except MediagenError as error:
        return (*this_machine(repo, folders), failed("config", error))
    machine = this_machine(place.repo, [("output", place.output), *folders])
    return (*machine, *_configured(place, progress))


def _configured(place: Place, progress: Progress) -> Iterator[Group]:
    from ci_mediagen import assembly, backends
    from ci_mediagen.doctor import REMOTE_PROBLEM, Group

    for name in backends.BACKENDS:
        yield Group(name, lambda name=name: backends.load(name).check())  # type: ignore[misc]
    if place.config.store:
        yield Group("store", lambda: assembly.store_of(place).check())
    yield Group("publish", lambda: _publishers(place, progress), REMOTE_PROBLEM)
    yield Group("slack", lambda: _slack(place), REMOTE_PROBLEM)


def _publishers(place: Place, progress: Progress) -> Sequence[Finding]:
    from ci_mediagen import assembly

    _output, *others = assembly.publishers_for(place, progress)
    return [finding for publisher in others for finding in publisher.check()]


def _slack(place: Place) -> Sequence[Finding]:
    from ci_mediagen import assembly

    warnings: list[str] = []
    announcers = assembly.slack_for(place.config, place.environ, warnings.append)
    if announcers:
        return [finding for announcer in announcers for finding in announcer.check()]
    if warnings:
        fix = "Give the app's bot token in SLACK_BOT_TOKEN, or a webhook's address in SLACK_WEBHOOK_URL."
        return [Finding("slack", "warning", warning, fix) for warning in warnings]
    if place.environ.get("SLACK_BOT_TOKEN"):
        fix = 'Name one in mediagen.yml: announce: {slack: {channel: "#releases"}}'
        return [Finding("slack", "warning", "there is a bot token, but no channel is configured", fix)]
    return [Finding("slack", "absent", "not configured: nobody is told in Slack")]
