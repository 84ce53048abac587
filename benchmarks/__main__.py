"""All benchmarks, one after the other; ends with 1 when one is over its limit."""

import sys

from benchmarks import plan_history, rerun, startup

# All of them run, whatever the first ones say.
held = [benchmark.main() for benchmark in (startup, plan_history, rerun)]
sys.exit(0 if all(held) else 1)
