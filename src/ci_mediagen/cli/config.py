"""`ci-mediagen config`: what is configured, where each value comes from, and what may be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ci_mediagen.cli.screen import answer, answer_json


@click.group("config")
def command() -> None:
    """Show the configuration and where each value comes from."""


@command.command("show")
@click.option("--repo", type=click.Path(path_type=Path), default=".", help="The repository. Default: this folder's.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Configuration file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(repo: Path, config_path: Path | None, as_json: bool) -> int:
    """Every value, the defaults included, and where it was set."""
    from ci_mediagen import pipeline
    from ci_mediagen.model.codec import encode

    values = pipeline.configuration(repo, os.environ, config_path).values()
    if as_json:
        rows = {key: {"value": encode(value), "origin": origin} for key, value, origin in values}
        answer_json(rows)
        return 0
    for key, value, origin in values:
        answer(f"{key}: {json.dumps(encode(value), ensure_ascii=False)}  # {origin}")
    return 0


@command.command("schema")
def schema() -> int:
    """The JSON schema of mediagen.yml, for editors."""
    from ci_mediagen.config import config_schema

    answer_json(config_schema())
    return 0
