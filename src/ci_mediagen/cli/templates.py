"""`ci-mediagen templates`: which there are, what one says, and what it makes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ci_mediagen.cli.screen import answer, answer_json, say, screen

F = TypeVar("F", bound=Callable[..., Any])


@click.group("templates")
def command() -> None:
    """List, show and test templates."""


def _repo_option(function: F) -> F:
    help_text = "The repository whose own templates count too. Default: this folder's."
    return click.option("--repo", type=click.Path(path_type=Path), default=".", help=help_text)(function)


@command.command("list")
@_repo_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(repo: Path, as_json: bool) -> int:
    """Every template: its name, priority, what it makes, and where it comes from."""
    from ci_mediagen import pipeline

    templates = pipeline.templates(repo, os.environ)
    if as_json:
        rows = [
            {
                "name": template.name,
                "priority": template.priority,
                "description": template.description,
                "shots": [shot.id for shot in template.shots],
                "source": template.source,
            }
            for template in templates
        ]
        answer_json(rows)
        return 0
    width = max(len(template.name) for template in templates)
    for template in templates:
        shots = ", ".join(shot.id for shot in template.shots)
        line = f"{template.name:{width}}  {template.priority:4}  {template.description} ({shots}; {template.source})"
        answer(line)
    return 0


@command.command("show")
@click.argument("name")
@_repo_option
def show(name: str, repo: Path) -> int:
    """One template as it is after `extends`, as JSON."""
    from ci_mediagen import pipeline
    from ci_mediagen.model.codec import encode

    answer_json(encode(pipeline.template(repo, os.environ, name)))
    return 0


@command.command("test")
@click.argument("names", nargs=-1)
@_repo_option
@click.option("--output", type=click.Path(path_type=Path), help="Folder. Default: mediagen-out/templates.")
@click.option("--only", metavar="SHOT", multiple=True, help="Make only this shot. Repeatable.")
@click.option("--check", is_flag=True, help="Fill in and plan, and make nothing.")
def test(names: tuple[str, ...], repo: Path, output: Path | None, only: tuple[str, ...], check: bool) -> int:
    """Make what a template makes, from a made-up change. Without NAMES, all of them.

    Each template gets a folder with its media and a page that shows them.
    """
    from ci_mediagen import pipeline

    with screen(os.environ) as progress:
        tested = pipeline.test_templates(
            repo, os.environ, names, output=output, only=only, make=not check, progress=progress
        )
    for name, page in tested.items():
        answer(name if check else f"{name}: {page}")
    say("1 template is right." if len(tested) == 1 else f"{len(tested)} templates are right.")
    return 0
