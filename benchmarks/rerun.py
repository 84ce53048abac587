"""A run in which everything is reused, published to a directory, over the interpreter's own start."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import PYTHON, TOOL, CommandFailed, Row, cost, paired, verdict
from benchmarks.repositories import environment, history

LIMIT = 0.6
"""Seconds of CPU more than the interpreter's start, children counted."""
RUNS = 9
COMMITS = 100


def main() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        repo = history(Path(folder) / "repository", COMMITS)
        environ = environment(Path(folder) / "cache")
        output = Path(folder) / "media"
        command = [TOOL, "run", "--json", "--repo", str(repo), "--output", str(output)]
        cost(command, cwd=repo, environ=environ)

        def again() -> float:
            spent = cost(command, cwd=repo, environ=environ)
            artifacts = json.loads(spent.output)["artifacts"]
            made = sorted({artifact["task"] for artifact in artifacts if not artifact["reused"]})
            if made or not artifacts:
                raise CommandFailed(f"the second run made again: {', '.join(made) or 'nothing, and reused nothing'}")
            return spent.cpu

        pair = paired(again, lambda: cost([PYTHON, "-c", "pass"]).cpu, RUNS)
    rows = [Row("ci-mediagen run, all reused", pair.one), Row('python -c "pass"', pair.other)]
    return verdict("Again", rows, pair.difference, LIMIT, " s")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
