"""`ci-mediagen --help` against the floor under every click program: an interpreter that imports click."""

from __future__ import annotations

import sys

from benchmarks.measure import PYTHON, TOOL, Row, cost, paired, verdict

LIMIT = 2.5
"""Times the CPU of `python -c "import click"`."""
RUNS = 15


def main() -> bool:
    pair = paired(lambda: cost([TOOL, "--help"]).cpu, lambda: cost([PYTHON, "-c", "import click"]).cpu, RUNS)
    rows = [Row("ci-mediagen --help", pair.one), Row('python -c "import click"', pair.other)]
    return verdict("Start", rows, pair.ratio, LIMIT, "x")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
