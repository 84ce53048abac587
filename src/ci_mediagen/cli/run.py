"""`ci-mediagen run`: the main job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ci_mediagen.cli.options import job_from, shared_options
from ci_mediagen.cli.screen import answer_json, say, screen
from ci_mediagen.errors import UsageError

DECIDED = {
    "range_": "--range",
    "since": "--since",
    "package": "--package",
    "template": "--template",
    "significance": "--significance",
    "announce": "--announce",
}
"""What a plan file has decided already: given beside it, these could only be ignored."""


@click.command("run")
@shared_options
@click.option(
    "--plan", "plan_file", type=click.Path(path_type=Path), help="Carry out a plan that `plan --json` printed."
)
@click.option("--require-notify/--no-require-notify", default=None, help="A message that cannot be sent is a failure.")
def command(as_json: bool, **given: Any) -> int:
    """Make, publish and announce media for what happened.

    Started by hand, it makes everything for the last change of the repository and announces nowhere.
    """
    from ci_mediagen import pipeline
    from ci_mediagen.cli.report import describe_result, run_document

    if given["plan_file"] and (decided := [option for name, option in DECIDED.items() if given[name]]):
        raise UsageError(
            f"{decided[0]} cannot be given with --plan: the plan has decided that",
            advice=f"Give it to `ci-mediagen plan --json {decided[0]} ... > plan.json`.",
        )

    with screen(os.environ) as progress:
        result = pipeline.run(job_from(given, os.environ), progress)
    if as_json:
        answer_json(run_document(result))
    for line in describe_result(result):
        say(line)
    return result.exit_code
