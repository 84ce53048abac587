"""Runs that are killed, interrupted, or run beside each other, as real processes: nothing is lost, made twice or left over."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.stores.directory import DirectoryStore
from ci_mediagen.stores.directory_ledger import DirectoryLedger
from tests.support import fake_backend
from tests.support.artifacts import artifact
from tests.support.fake_backend import begun
from tests.support.processes import in_session, marked, wait_until
from tests.support.run_plan import tasks_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

END_SECONDS = 10.0
"""In which an interrupted run must have ended."""


class Run:
    """A process that executes a plan in the folder `cache`."""

    def __init__(self, cache: Path, tasks: list[dict[str, Any]], **options: Any) -> None:
        self.cache = cache
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.support.run_plan",
                str(cache),
                json.dumps({"tasks": tasks, "options": options}),
            ],
            cwd=fake_backend.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def statuses(self) -> dict[str, str]:
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        told: dict[str, str] = json.loads(out.splitlines()[-1])
        return told

    def end(self, number: int) -> tuple[str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return out, err


def plan(cache: Path, count: int = 6) -> list[dict[str, Any]]:
    """Tasks with files of some size, every third of which needs the one before."""
    log = str(cache / "log")
    return [
        {
            "name": f"t{i}",
            "behaviour": "write",
            "log": log,
            "filler": "x" * 1000,
            "needs": [f"t{i - 1}"] if i % 3 == 2 else [],
        }
        for i in range(count)
    ]


def keys(tasks: list[dict[str, Any]]) -> dict[str, str]:
    return {task.id: task.key for task in tasks_of(tasks)}


def stored(cache: Path, tasks: list[dict[str, Any]]) -> set[str]:
    """Ids of the tasks in the store; holds that every entry that can be seen there is whole."""
    store = DirectoryStore(cache / "store")
    named = keys(tasks)
    seen = list(store.root.glob("??/*"))
    for path in seen:
        artifact = store.get(path.name)
        assert artifact is not None, f"a partial entry was visible: {path}"
        assert {file.name for file in path.iterdir()} == {"artifact.json", *(media.name for media in artifact.files)}
    assert {path.name for path in seen} <= set(named.values())
    return {name for name, key in named.items() if store.contains([key])}


def assert_swept(cache: Path) -> None:
    wait_until(lambda: marked(cache) == [], "the end of every worker")
    assert list((cache / "work").iterdir()) == []
    store = DirectoryStore(cache / "store")
    store.put(artifact(cache / "other", "other"), cache / "other")
    assert list((store.root / ".tmp").iterdir()) == [], "swept by the next put at the latest"
    ledger = DirectoryLedger(cache / "ledger")
    for path in ledger.root.iterdir():  # of a run that was killed between storing and saying so: harmless, and free
        with ledger.claim(path.name.partition(".")[0], timeout=0) as claim:
            assert claim is not None


def kill_and_run_again(tmp_path: Path, moments: list[float]) -> None:
    """Kills a run at each of these moments (fractions of an undisturbed run's time) and runs it again."""
    reference = tmp_path / "reference"
    reference.mkdir()
    started = time.monotonic()
    Run(reference, plan(reference)).statuses()
    whole = time.monotonic() - started
    interrupted = 0
    for number, moment in enumerate(moments):
        cache = tmp_path / f"cache-{number}"
        cache.mkdir()
        tasks = plan(cache)
        run = Run(cache, tasks)
        time.sleep(whole * moment)  # the moment is the point: whatever it hits must be survived
        out, _ = run.end(signal.SIGKILL)
        wait_until(lambda cache=cache: marked(cache) == [], "the end of the killed run's workers")
        had, log = stored(cache, tasks), begun(cache / "log")
        reported = {line.split()[1] for line in out.splitlines() if line.startswith("done ")}
        assert reported <= had, "what was reported was stored before"
        interrupted += len(had) < len(tasks)
        statuses = Run(cache, tasks).statuses()
        assert {name for name, status in statuses.items() if status == "reused"} == had
        assert {name for name, status in statuses.items() if status == "generated"} == set(statuses) - had
        assert sorted(begun(cache / "log")[len(log) :]) == sorted(set(statuses) - had), "only what was missing, once"
        assert stored(cache, tasks) == set(statuses)
        assert_swept(cache)
    assert interrupted, "at least one kill came before the end"


def test_a_run_killed_at_any_moment_finishes_when_run_again(tmp_path: Path) -> None:
    kill_and_run_again(tmp_path, [0.5, 0.65, 0.8])


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_finishes_when_run_again(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    kill_and_run_again(tmp_path, [chance.uniform(0.2, 1.0) for _ in range(20)])


def test_a_run_killed_again_and_again_gets_there(tmp_path: Path) -> None:
    """Each life gets a little further: the kill comes as soon as one more task was reported."""
    tasks = plan(tmp_path)
    for _ in range(3):
        run = Run(tmp_path, tasks, jobs=1)
        had = stored(tmp_path, tasks)
        wait_until(lambda had=had: len(stored(tmp_path, tasks)) > len(had))
        run.end(signal.SIGKILL)
    assert set(Run(tmp_path, tasks).statuses().values()) <= {"reused", "generated"}
    assert stored(tmp_path, tasks) == {task["name"] for task in tasks}
    assert_swept(tmp_path)


def test_two_runs_of_one_plan_at_once_make_each_key_once(tmp_path: Path) -> None:
    tasks = plan(tmp_path, 12)
    runs = [Run(tmp_path, tasks), Run(tmp_path, tasks)]
    told = [run.statuses() for run in runs]
    assert sorted(begun(tmp_path / "log")) == sorted(task["name"] for task in tasks)
    for name in (task["name"] for task in tasks):
        assert sorted(one[name] for one in told) in (["generated", "reused"], ["reused", "reused"])
    assert_swept(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("behaviour", ["wait", "hang", "hold-the-interpreter"])
def test_an_interrupted_run_ends_in_seconds_and_leaves_nothing_running(
    tmp_path: Path, number: signal.Signals, behaviour: str
) -> None:
    log = tmp_path / "log"
    tasks: list[dict[str, Any]] = [{"name": "first", "log": str(log)}]
    tasks += [
        {"name": name, "behaviour": behaviour, "gate": str(tmp_path / "never"), "log": str(log)} for name in ("a", "b")
    ]
    run = Run(tmp_path, tasks)
    wait_until(lambda: len(begun(log)) == 3 and stored(tmp_path, tasks[:1]) == {"first"})
    workers = {int(line.split()[1]) for line in log.read_text().splitlines()}
    started = time.monotonic()
    run.end(number)
    assert time.monotonic() - started < END_SECONDS
    assert run.process.returncode != 0
    assert [in_session(worker) for worker in workers] == [[]] * len(workers)
    assert marked(tmp_path) == []
    assert list((tmp_path / "work").iterdir()) == []
    assert stored(tmp_path, tasks[:1]) == {"first"}, "what was made stays"
    assert {path.name for path in (tmp_path / "ledger" / "v1").iterdir()} == {
        f"{key}.json" for name, key in keys(tasks).items() if name != "first"
    }
