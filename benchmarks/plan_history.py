"""`ci-mediagen plan` on a long history against a short one: reading costs the size of the range, not of the history."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import TOOL, CommandFailed, Row, cost, paired, verdict
from benchmarks.repositories import environment, history

LIMIT = 1.5
"""Times the CPU on the short history, git's included."""
SHORT = 100
LONG = 10_000
"""Commits."""
RUNS = 7

QUESTIONS = {
    "the last change": (),
    "everything since the last release": ("--range", "{tag}..main"),
}
"""What is planned; the range is the same number of commits in both histories."""


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        environ = environment(Path(folder) / "cache")
        repositories = {commits: history(Path(folder) / str(commits), commits) for commits in (LONG, SHORT)}
        held = []
        for question, arguments in QUESTIONS.items():

            def cpu(commits: int, arguments: tuple[str, ...] = arguments) -> float:
                repo = repositories[commits]
                given = [argument.format(tag=_last_release(repo)) for argument in arguments]
                spent = cost([TOOL, "plan", "--json", *given, "--repo", str(repo)], cwd=repo, environ=environ)
                if not json.loads(spent.output)["tasks"]:
                    raise CommandFailed(f"plan {' '.join(given)} on {commits} commits has no task")
                return spent.cpu

            pair = paired(lambda cpu=cpu: cpu(LONG), lambda cpu=cpu: cpu(SHORT), RUNS)
            rows = [Row(f"plan on {LONG:,} commits", pair.one), Row(f"plan on {SHORT} commits", pair.other)]
            held.append(verdict(f"History: {question}", rows, pair.ratio, LIMIT, "x"))
        return all(held)


def _last_release(repo: Path) -> str:
    return cost(["git", "-C", str(repo), "describe", "--tags", "--abbrev=0"]).output.decode().strip()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
