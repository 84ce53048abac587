"""`ci-mediagen plan`: everything that `run` would decide, and nothing made."""

from __future__ import annotations

import os
from typing import Any

import click

from ci_mediagen.cli.options import job_from, shared_options
from ci_mediagen.cli.screen import answer, answer_json, screen


@click.command("plan")
@shared_options
def command(as_json: bool, **given: Any) -> int:
    """Decide everything and make nothing.

    With --json the whole plan is printed on stdout; `run --plan FILE` carries it out.
    """
    from ci_mediagen import pipeline
    from ci_mediagen.cli.report import describe_plan
    from ci_mediagen.model.plan import to_document

    with screen(os.environ) as progress:
        decision = pipeline.decide(job_from(given, os.environ), progress)
    if as_json:
        answer_json(to_document(decision.plan, decision.stored))
    else:
        for line in describe_plan(decision.plan, decision.stored):
            answer(line)
    pipeline.check_strict(decision)
    return 0
