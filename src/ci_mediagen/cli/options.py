"""The options that `run` and `plan` share, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ci_mediagen.pipeline import Job

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--repo", type=click.Path(path_type=Path), default=".", help="The repository. Default: this folder's."
    ),
    click.option("--config", type=click.Path(path_type=Path), help="Configuration file. Default: mediagen.yml there."),
    click.option(
        "--event",
        type=click.Path(path_type=Path),
        help="Event payload (JSON). Default: GITHUB_EVENT_PATH; without one, what the CI system's variables say.",
    ),
    click.option("--event-name", help="Kind of the event. Default: GITHUB_EVENT_NAME."),
    click.option("--range", "range_", metavar="A..B", help="The commits to tell of, whatever the event says."),
    click.option("--since", metavar="7d|TAG", help="Tell of everything since then as one digest."),
    click.option("--package", help="Tell only of this package of a monorepo."),
    click.option("--template", help="Use this template, whatever its `when` says."),
    click.option(
        "--significance",
        type=click.Choice(["auto", "card", "full"]),
        help="How much to make. Default: auto, decided from the change.",
    ),
    click.option("--only", metavar="SHOT", multiple=True, help="Make only this shot, and what it needs. Repeatable."),
    click.option("--output", type=click.Path(path_type=Path), help="Folder for what is made. Default: mediagen-out."),
    click.option("--strict/--no-strict", default=None, help="Nothing to do becomes an error (exit 2)."),
    click.option(
        "--on-failure",
        type=click.Choice(["fail", "warn"]),
        help="warn: a failure to make or publish is a warning and the exit code 0. Default: fail.",
    ),
    click.option("--announce", is_flag=True, help="Announce although this was started by hand."),
    click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON on stdout."),
)


def shared_options(command: F) -> F:
    """Adds the options of `run` and `plan` in the order in which the documentation lists them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def job_from(given: Mapping[str, Any], environ: Mapping[str, str]) -> Job:
    """The job that the options describe. What configuration may say too goes into `flags`, under its key."""
    from ci_mediagen.pipeline import Job

    flags = {name: given.get(name) for name in ("output", "strict", "on_failure", "significance", "require_notify")}
    return Job(
        repo=given["repo"],
        environ=environ,
        config_path=given["config"],
        event=given["event"],
        event_name=given["event_name"],
        range=given["range_"],
        since=given["since"],
        package=given["package"],
        template=given["template"],
        only=tuple(given["only"]),
        announce=bool(given.get("announce")),
        # A path on the command line is relative to where that was typed, one in mediagen.yml to the repository.
        flags={
            name: str(value.absolute()) if isinstance(value, Path) else value
            for name, value in flags.items()
            if value is not None
        },
        plan_file=given.get("plan_file"),
    )
