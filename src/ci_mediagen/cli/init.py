"""`ci-mediagen init`: the files that a repository needs, never over one that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ci_mediagen.cli.screen import answer, say

if TYPE_CHECKING:
    from ci_mediagen.scaffold import Written


@click.command("init")
@click.option("--repo", type=click.Path(path_type=Path), default=".", help="The repository. Default: this folder's.")
@click.option(
    "--ci",
    type=click.Choice(["github", "jenkins", "gitlab"]),
    help="The CI system to write a job for. Default: the one that the repository uses.",
)
def command(repo: Path, ci: Literal["github", "jenkins", "gitlab"] | None) -> int:
    """Write mediagen.yml and a workflow for this repository.

    A file that exists is kept, and what would have been written is shown.
    """
    from ci_mediagen import scaffold

    top, proposed = scaffold.propose(repo, ci)
    results = scaffold.write(top, proposed)
    for result in results:
        answer(_described(result))
    for result in results:
        if result.status == "kept":
            say(f"\nIn {result.file.path} there would have been:\n")
            say("\n".join(f"    {line}".rstrip() for line in result.file.content.splitlines()))
    if any(result.status == "written" for result in results):
        for system, path in scaffold.JOB_FILES.items():
            if any(result.file.path == path for result in results):
                say(scaffold.NEXT_STEPS[system])
        say("Keep mediagen-out/ out of git (.gitignore). Try it here: ci-mediagen plan")
    return 0


def _described(result: Written) -> str:
    words = {
        "written": f"wrote {result.file.path} ({result.file.why})",
        "kept": f"kept {result.file.path}: it exists, and nothing is overwritten",
        "same": f"kept {result.file.path}: it is as it would be written",
    }
    return words[result.status]
