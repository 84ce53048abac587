"""A run that ends before its end: the next one finishes, makes only what was missing, and nothing stays behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ci_mediagen, environment, start
from tests.support.processes import marked, wait_until
from tests.support.project import NAME, make_project
from tests.support.repos import Repo

SOON = 10.0
"""Seconds in which a run that was told to end has to be gone, on a busy machine."""

TEMPLATE = """
name: feature
when: {type: feat}
priority: 90
shots:
  - {id: one, task: card, layout: card.html, shapes: [og], seed: 1}
  - {id: two, task: card, layout: card.html, shapes: [og], seed: 2}
  - {id: three, task: card, layout: card.html, shapes: [square], seed: 3}
  - id: clip
    task: promo
    shapes: [wide]
    scenes: [{layout: title.html, seconds: 2}]
"""
SHOTS = {"one", "two", "three", "clip"}


@dataclass(frozen=True)
class Place:
    repo: Repo
    env: dict[str, str]

    @property
    def cache(self) -> Path:
        return Path(self.env["CI_MEDIAGEN_CACHE"])

    @property
    def stored(self) -> dict[str, int]:
        """Whole artifacts by key, with when they were written."""
        found = (self.cache / "store" / "v1").glob("[0-9a-f][0-9a-f]/*/artifact.json")
        return {path.parent.name: path.stat().st_mtime_ns for path in found}

    @property
    def workers(self) -> list[int]:
        """Pids of the run's workers; git's processes come and go before them."""
        return [pid for pid in marked(self.cache) if b"ci_mediagen.worker" in command_line(pid)]

    @property
    def manifest(self) -> Any:
        return json.loads((self.repo.path / "mediagen-out" / "manifest.json").read_text("utf-8"))


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


def place_in(folder: Path) -> Place:
    repo = make_project(folder / NAME)
    repo.write({".mediagen/templates/feature/template.yml": TEMPLATE})
    return Place(repo, environment(folder))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = place_in(tmp_path)
    yield place
    assert not marked(place.cache), "no process of the run is left"


@pytest.fixture(scope="module")
def whole_seconds(tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long an undisturbed run takes on this machine."""
    place = place_in(tmp_path_factory.mktemp("undisturbed"))
    begun = time.monotonic()
    ci_mediagen("run", cwd=place.repo.path, env=place.env)
    return time.monotonic() - begun


def kill_and_run_again(place: Place, after: float) -> None:
    """Kills the command's process and nothing else: its workers have to notice by themselves."""
    process = start(["run"], place.repo.path, place.env)
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    wait_until(lambda: not marked(place.cache), "the workers of a killed run are gone")
    before = place.stored
    done = ci_mediagen("run", "--json", cwd=place.repo.path, env=place.env)
    document = json.loads(done.stdout)
    assert document["outcome"] == "ok"
    assert {one["task"] for one in document["artifacts"]} == SHOTS
    for one in document["artifacts"]:
        assert one["reused"] == (one["key"] in before), "what was there is not made again, and the rest is"
    assert before.items() <= place.stored.items(), "what was there is as it was"
    folder = place.repo.path / "mediagen-out"
    for one in document["artifacts"]:
        assert Path(one["path"]).stat().st_size > 0
    assert not [path for path in folder.iterdir() if "unfinished" in path.name]


@pytest.mark.parametrize("part", [0.15, 0.5, 0.85])
def test_killed_at_some_moment_it_finishes_next_time(place: Place, whole_seconds: float, part: float) -> None:
    kill_and_run_again(place, whole_seconds * part)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_killed_at_any_moment_it_finishes_next_time(place: Place, whole_seconds: float, seed: int) -> None:
    kill_and_run_again(place, random.Random(seed).uniform(0, whole_seconds * 1.1))


@pytest.mark.slow
def test_killed_again_and_again_it_gets_done_bit_by_bit(place: Place, whole_seconds: float) -> None:
    for number in range(6):
        process = start(["run"], place.repo.path, place.env)
        try:
            process.communicate(timeout=whole_seconds * (0.3 + number / 10))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    kill_and_run_again(place, whole_seconds * 0.2)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_told_to_end_it_ends_soon_writes_its_manifest_and_leaves_no_process(
    place: Place, number: signal.Signals, code: int
) -> None:
    process = start(["run"], place.repo.path, place.env)
    wait_until(lambda: bool(place.workers), "a worker runs", 30)
    begun = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < SOON
    assert process.returncode == code
    assert "Interrupted. What was made is stored: run again to finish." in err
    assert "Traceback" not in err
    assert not marked(place.cache)
    assert "interrupted" in place.manifest["reasons"][0]
    assert place.manifest["outcome"] in ("failed", "partial")
    ci_mediagen("run", cwd=place.repo.path, env=place.env)
    assert place.manifest["outcome"] == "ok"


def test_ctrl_c_reaches_the_whole_group_and_ends_it_all_the_same(place: Place) -> None:
    """A terminal signals every process of the foreground group, not only the command."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ci_mediagen", "run"],
        cwd=place.repo.path,
        env=place.env,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: bool(place.workers), "a worker runs", 30)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=SOON)
    assert process.returncode == 130
    assert err.count("Interrupted.") == 1


def test_two_at_once_make_everything_once(place: Place) -> None:
    processes = [start(["run", "--json"], place.repo.path, place.env) for _ in range(2)]
    answers = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        answers.append(json.loads(out))
    made = [
        one["key"] for answer in answers for one in answer["artifacts"] if not one["reused"] and one["role"] == "main"
    ]
    assert len(made) == len(set(made)) == len(SHOTS)
