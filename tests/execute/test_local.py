"""The executor of one machine: real store, ledger and worker processes; the backend is `tests.support.fake_backend`."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.errors import AssetError, StoreUnavailable
from ci_mediagen.execute.supervisor import Patience
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused, Skipped
from ci_mediagen.model.task import Input, Task, with_key
from ci_mediagen.stores.directory import DirectoryStore
from ci_mediagen.stores.directory_ledger import DirectoryLedger
from tests.support.fake_backend import begun, fake_task
from tests.support.processes import marked, wait_until
from tests.support.run_plan import executor, no_files


class Recorder:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.fractions: list[tuple[str, float]] = []
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def group(self, title: str) -> AbstractContextManager[None]:
        return nullcontext()

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def task_progress(self, task: str, fraction: float, text: str = "") -> None:
        self.fractions.append((task, fraction))

    def task_done(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


class Rig:
    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.log = cache / "log"
        self.store = DirectoryStore(cache / "store")
        self.told = Recorder()

    def task(self, name: str, **fields: Any) -> Task:
        return fake_task(name, **{"log": str(self.log), **fields})

    def run(self, tasks: Sequence[Task], **options: Any) -> dict[str, Outcome]:
        self.told = Recorder()
        outcomes = executor(self.cache, **options).execute(tasks, no_files, self.told)
        assert [outcome.task for outcome in outcomes] == [task.id for task in tasks]
        assert sorted(outcome.task for outcome in self.told.outcomes) == sorted(task.id for task in tasks)
        return {outcome.task: outcome for outcome in outcomes}

    def begun(self) -> list[str]:
        return begun(self.log)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    cache = tmp_path / "cache"
    cache.mkdir()
    yield Rig(cache)
    assert marked(cache) == [], "nothing stays running"
    assert not (cache / "work").exists() or list((cache / "work").iterdir()) == [], "nothing is left to sweep"


def test_tasks_are_made_stored_and_reported_and_the_next_run_reuses_them(rig: Rig) -> None:
    a = rig.task("a")
    tasks = [a, rig.task("b", needs={"image": a})]
    first = rig.run(tasks)
    assert {type(outcome) for outcome in first.values()} == {Generated}
    assert rig.told.fractions == [("a", 0.5), ("b", 0.5)]
    artifact = rig.store.get(tasks[1].key)
    assert artifact is not None
    assert artifact.seconds_taken > 0
    made_from = rig.store.path(tasks[1].key, "out.txt").read_text()
    assert made_from == f"{tasks[1].key}\nimage{a.key}\n", "b read what a wrote"
    second = rig.run(tasks)
    assert {type(outcome) for outcome in second.values()} == {Reused}
    assert rig.begun() == ["a", "b"]


def test_what_is_damaged_in_the_store_is_made_again_and_only_that(rig: Rig) -> None:
    tasks = [rig.task(name) for name in "abc"]
    rig.run(tasks)
    path = rig.store.path(tasks[1].key, "out.txt")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[::-1])
    outcomes = rig.run(tasks)
    assert [outcome.status for outcome in outcomes.values()] == ["reused", "generated", "reused"]
    assert rig.store.path(tasks[1].key, "out.txt").read_text().startswith(tasks[1].key)


def test_a_run_that_reuses_everything_starts_no_process_and_loads_no_machinery(rig: Rig) -> None:
    """A tiny cost: measured in a fresh interpreter, which must not even import what starts workers."""
    tasks = [rig.task(name) for name in "abcdef"]
    rig.run(tasks)
    program = (
        "import sys, json, resource\n"
        "from pathlib import Path\n"
        "from tests.support.run_plan import *\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_utime\n"
        "outcomes = executor(Path(sys.argv[1])).execute(tasks_of(json.loads(sys.argv[2])), no_files, Quiet())\n"
        "assert {outcome.status for outcome in outcomes} == {'reused'}, outcomes\n"
        "assert 'ci_mediagen.execute.crew' not in sys.modules\n"
        "assert 'ci_mediagen.execute.process' not in sys.modules\n"
        "assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime == 0\n"
    )
    spec = "[" + ",".join(f'{{"name": "{task.id}", "log": "{rig.log}"}}' for task in tasks) + "]"
    done = subprocess.run(
        [sys.executable, "-c", program, str(rig.cache), spec], cwd=Path(__file__).parents[2], capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()


def test_workers_are_warm_between_tasks_and_no_more_than_jobs(rig: Rig) -> None:
    rig.run([rig.task(name) for name in "abcdef"], jobs=2)
    pids = {line.split()[1] for line in rig.log.read_text().splitlines()}
    assert len(pids) <= 2


def test_two_workers_work_at_once(rig: Rig) -> None:
    """Each waits for a file that the other's beginning brings about."""
    gate = rig.cache / "gate"
    tasks = [rig.task(name, behaviour="wait", gate=str(gate)) for name in "ab"]
    opener = threading.Thread(target=lambda: (wait_until(lambda: len(rig.begun()) == 2), gate.touch()))
    opener.start()
    outcomes = rig.run(tasks, jobs=2)
    opener.join()
    assert {outcome.status for outcome in outcomes.values()} == {"generated"}


def test_a_task_goes_to_the_worker_that_has_its_backend_loaded(rig: Rig) -> None:
    tasks = [rig.task(name, backend=backend) for name, backend in zip("abcd", ["fake", "other"] * 2, strict=True)]
    rig.run(tasks, jobs=1)
    assert rig.begun() == ["a", "c", "b", "d"]
    pids = [line.split()[1] for line in rig.log.read_text().splitlines()]
    assert len(set(pids)) == 2


def test_a_failure_has_its_reason_code_and_advice_and_the_rest_stands(rig: Rig) -> None:
    bad = rig.task("bad", behaviour="refuse-picture")
    outcomes = rig.run([bad, rig.task("after", needs={"image": bad}), rig.task("good")])
    failed, after, good = outcomes.values()
    assert isinstance(failed, Failed)
    assert (failed.exit_code, failed.attempts) == (2, 1)
    assert failed.reason == "logo.png of logo.png is not a picture", "no absolute path goes into the manifest"
    assert any("Use a PNG." in warning for warning in rig.told.warnings)
    assert isinstance(after, Skipped)
    assert after.reason == "needs bad, which failed: logo.png of logo.png is not a picture"
    assert isinstance(good, Generated)


def test_the_fallback_is_made_when_the_first_fails_and_only_then(rig: Rig) -> None:
    drift = rig.task("drift", only_as_fallback=True)
    outcomes = rig.run([rig.task("clip", behaviour="refuse-picture", fallback="drift"), drift])
    assert [outcome.status for outcome in outcomes.values()] == ["failed", "generated"]
    outcomes = rig.run([rig.task("fine", fallback="drift"), drift])
    assert outcomes["drift"] == Skipped("drift", drift.key, "only as a fallback")


def test_a_task_that_kills_its_worker_twice_has_failed_and_the_rest_goes_on(rig: Rig) -> None:
    outcomes = rig.run([rig.task("killer", behaviour="kill"), rig.task("a"), rig.task("b")], jobs=1)
    killer = outcomes["killer"]
    assert isinstance(killer, Failed)
    assert (killer.exit_code, killer.attempts) == (4, 2)
    assert "SIGKILL" in killer.reason
    assert "about to die" in killer.reason
    assert rig.begun() == ["killer", "killer", "a", "b"]
    assert {outcomes["a"].status, outcomes["b"].status} == {"generated"}


def test_a_worker_that_dies_once_is_forgiven(rig: Rig) -> None:
    outcomes = rig.run([rig.task("shaky", behaviour="kill-once", mark=str(rig.cache / "mark"))])
    assert isinstance(outcomes["shaky"], Generated)
    assert any("trying again" in note for note in rig.told.notes)


def test_what_may_go_better_the_next_time_is_tried_twice(rig: Rig) -> None:
    failed = rig.run([rig.task("moon", behaviour="never-available")])["moon"]
    assert isinstance(failed, Failed)
    assert (failed.exit_code, failed.attempts, failed.reason) == (75, 2, "the moon is not up")


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("hash", "are not those that the backend said"),
        ("size", "has 10 bytes, the backend said 11"),
        ("escape", "a name that is not allowed"),
        ("description", "a name that is not allowed"),
        ("link", "did not write link.txt"),
        ("pipe", "pipe.txt has 0 bytes"),
        ("nothing", "no main file"),
        ("missing", "did not write missing.txt"),
        ("role", "role twice"),
    ],
)
def test_a_worker_that_lies_about_its_files_stores_nothing(rig: Rig, lie: str, reason: str) -> None:
    task = rig.task("liar", behaviour="lie", lie=lie)
    failed = rig.run([task])["liar"]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 1
    assert reason in failed.reason
    assert rig.store.get(task.key) is None


def test_a_task_over_its_time_fails_with_the_code_of_a_limit(rig: Rig) -> None:
    started = time.monotonic()
    outcomes = rig.run([rig.task("slow", behaviour="wait", gate="/nowhere"), rig.task("a")], task_timeout=1.0)
    assert time.monotonic() - started < 10
    assert isinstance(outcomes["slow"], Failed)
    assert outcomes["slow"].exit_code == 6
    assert isinstance(outcomes["a"], Generated)


def test_at_the_runs_deadline_what_is_left_fails_and_what_is_made_stays(rig: Rig) -> None:
    tasks = [rig.task("quick"), rig.task("slow", behaviour="hang"), rig.task("late")]
    patience = Patience(cancel_seconds=0.2)
    outcomes = rig.run(tasks, jobs=1, deadline=time.monotonic() + 2, patience=patience)
    assert [outcome.status for outcome in outcomes.values()] == ["generated", "failed", "failed"]
    assert all(outcome.exit_code == 6 for outcome in outcomes.values() if isinstance(outcome, Failed))
    assert "before it was begun" in outcomes["late"].reason
    assert rig.run([tasks[0]])["quick"].status == "reused"


def test_a_deadline_that_has_passed_still_reuses(rig: Rig) -> None:
    rig.run([rig.task("a")])
    outcomes = rig.run([rig.task("a"), rig.task("b")], deadline=time.monotonic() - 1)
    assert [outcome.status for outcome in outcomes.values()] == ["reused", "failed"]


def test_a_key_that_another_run_makes_is_waited_for_and_reused(rig: Rig) -> None:
    gate = rig.cache / "gate"
    task = rig.task("a", behaviour="wait", gate=str(gate))
    first: dict[str, Outcome] = {}
    other = Rig(rig.cache)
    thread = threading.Thread(target=lambda: first.update(other.run([task])))
    thread.start()
    wait_until(lambda: rig.begun() == ["a"])
    opener = threading.Thread(target=lambda: (wait_until(lambda: bool(rig.told.notes)), gate.touch()))
    opener.start()
    outcomes = rig.run([task, rig.task("b")])
    opener.join()
    thread.join()
    assert isinstance(first["a"], Generated)
    assert isinstance(outcomes["a"], Reused)
    assert isinstance(outcomes["b"], Generated), "it does something else meanwhile"
    assert sorted(rig.begun()) == ["a", "b"]


def test_a_key_that_another_run_makes_for_too_long_fails_as_unavailable(rig: Rig) -> None:
    task = rig.task("a")
    with DirectoryLedger(rig.cache / "ledger").claim(task.key, timeout=0):
        outcomes = rig.run([task, rig.task("b")], claim_timeout=0.5)
    assert isinstance(outcomes["a"], Failed)
    assert outcomes["a"].exit_code == 75
    assert "another run has been making it" in outcomes["a"].reason
    assert isinstance(outcomes["b"], Generated)


def test_an_unknown_backend_is_the_fault_of_the_plan(rig: Rig) -> None:
    outcomes = rig.run([rig.task("a", backend="os:system"), rig.task("b")])
    assert isinstance(outcomes["a"], Failed)
    assert (outcomes["a"].exit_code, outcomes["a"].reason) == (2, "no backend is called 'os:system'")
    assert isinstance(outcomes["b"], Generated)


def test_files_come_from_locate_and_its_refusal_fails_the_task(rig: Rig) -> None:
    good = rig.cache / "good.png"
    good.write_text("good")
    tasks = [
        with_key(Task(name, "card", "fake", inputs=(Input("image", sha256="0" * 64, path=name),)), {})
        for name in ("good.png", "gone.png")
    ]
    tasks[1] = with_key(
        Task("gone.png", "card", "fake", inputs=(Input("image", sha256="1" * 64, path="gone.png"),)), {}
    )

    def locate(item: Input) -> Path:
        if item.path == "good.png":
            return good
        raise AssetError(f"{item.path} is gone", advice="Put it back.")

    outcomes = executor(rig.cache).execute(tasks, locate, rig.told)
    assert [outcome.status for outcome in outcomes] == ["generated", "failed"]
    assert outcomes[1].reason == "gone.png is gone"
    assert rig.store.path(tasks[0].key, "out.txt").read_text().endswith("imagegood")


def test_an_input_whose_role_the_other_task_did_not_make_fails(rig: Rig) -> None:
    a = rig.task("a")
    b = with_key(Task("b", "card", "fake", inputs=(Input("image", task="a", role="captions"),)), {"a": a.key})
    failed = rig.run([a, b])["b"]
    assert isinstance(failed, Failed)
    assert failed.reason == "input 'image' is the captions of a, which has none"


def test_twins_are_made_once(rig: Rig) -> None:
    a = rig.task("a")
    twin = Task(**{**{name: getattr(a, name) for name in Task.__dataclass_fields__}, "id": "twin"})
    outcomes = rig.run([a, twin])
    assert [outcome.status for outcome in outcomes.values()] == ["generated", "reused"]
    assert rig.begun() == ["a"]
    assert [outcome.status for outcome in rig.run([a, twin]).values()] == ["reused", "reused"]


def test_a_bug_in_the_runs_own_progress_ends_it_and_leaves_nothing_running(rig: Rig) -> None:
    class Broken(Recorder):
        def task_progress(self, task: str, fraction: float, text: str = "") -> None:
            raise ZeroDivisionError

    tasks = [rig.task("a"), rig.task("b", behaviour="hang")]
    with pytest.raises(ZeroDivisionError):
        executor(rig.cache).execute(tasks, no_files, Broken())


def test_a_store_that_cannot_be_written_fails_tasks_and_says_what_to_do(rig: Rig) -> None:
    (rig.cache / "store").mkdir()
    (rig.cache / "store" / "v1").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        rig.store.put(rig_artifact(rig), rig.cache / "x")
    failed = rig.run([rig.task("a")])["a"]
    assert isinstance(failed, Failed)
    assert failed.exit_code == 75
    assert str(rig.cache) not in failed.reason
    assert any(str(rig.cache) in warning for warning in rig.told.warnings)


def test_without_a_place_to_work_the_rest_fails_and_what_is_stored_is_reused(rig: Rig) -> None:
    rig.run([rig.task("a")])
    (rig.cache / "work").rmdir()
    (rig.cache / "work").write_text("in the way")
    outcomes = rig.run([rig.task("a"), rig.task("b")])
    (rig.cache / "work").unlink()
    assert isinstance(outcomes["a"], Reused)
    assert isinstance(outcomes["b"], Failed)
    assert outcomes["b"].exit_code == 75
    assert any("CI_MEDIAGEN_CACHE" in warning for warning in rig.told.warnings)


def rig_artifact(rig: Rig) -> Any:
    from tests.support.artifacts import artifact

    return artifact(rig.cache / "x", "x")


def test_the_full_disk_fails_what_does_not_fit_and_keeps_what_does(tmp_path: Path) -> None:
    cache = tmp_path / "small"
    cache.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(cache)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs root to mount a small disk (run as root, in a privileged container): {mounted.stderr}")
    try:
        rig = Rig(cache)
        outcomes = rig.run([rig.task("small"), rig.task("large", behaviour="write-much"), rig.task("small2")], jobs=1)
        assert [outcome.status for outcome in outcomes.values()] == ["generated", "failed", "generated"]
        large = outcomes["large"]
        assert isinstance(large, Failed)
        assert (large.exit_code, "the disk is full" in large.reason) == (75, True)
        assert {path.name for path in (rig.store.root / ".tmp").iterdir()} == set()
        assert marked(cache) == []
    finally:
        subprocess.run(["umount", "-l", str(cache)], check=True)
        assert list(cache.iterdir()) == []
