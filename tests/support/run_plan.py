"""Executes fake tasks in a process of its own, to be killed: `python -m tests.support.run_plan FOLDER SPEC`.

SPEC is JSON: `tasks` (a list of arguments of `fake_task`, `needs` naming earlier ones), and options of LocalExecutor. Prints
`done` for each outcome as it comes, then the outcomes as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ci_mediagen.execute.local import LocalExecutor
from ci_mediagen.model.outcome import Outcome
from ci_mediagen.model.progress import Quiet
from ci_mediagen.model.task import Input, Task
from ci_mediagen.stores.directory import DirectoryStore
from ci_mediagen.stores.directory_ledger import DirectoryLedger
from tests.support import confined_backend, fake_backend
from tests.support.fake_backend import fake_task

BACKENDS = {"fake": fake_backend.ENTRY, "other": fake_backend.ENTRY, "confined": confined_backend.ENTRY}


def tasks_of(specs: Sequence[dict[str, Any]]) -> list[Task]:
    made: dict[str, Task] = {}
    for spec in specs:
        needs = {f"in-{name}": made[name] for name in spec.get("needs", ())}
        made[spec["name"]] = fake_task(needs=needs, **{name: value for name, value in spec.items() if name != "needs"})
    return list(made.values())


def executor(cache: Path, **options: Any) -> LocalExecutor:
    return LocalExecutor(
        DirectoryStore(cache / "store"),
        DirectoryLedger(cache / "ledger"),
        scratch=cache / "work",
        **{"backends": BACKENDS, "environ": fake_backend.environ(cache), "jobs": 2, **options},
    )


def no_files(item: Input) -> Path:
    raise AssertionError(f"{item.name} is not a file")


class Told(Quiet):
    def task_done(self, outcome: Outcome) -> None:
        print("done", outcome.task, flush=True)


def main() -> None:
    cache, spec = Path(sys.argv[1]), json.loads(sys.argv[2])
    outcomes = executor(cache, **spec.get("options", {})).execute(tasks_of(spec["tasks"]), no_files, Told())
    print(json.dumps({outcome.task: outcome.status for outcome in outcomes}), flush=True)


if __name__ == "__main__":
    main()
