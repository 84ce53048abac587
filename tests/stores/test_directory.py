"""The store in a folder: whole entries or none, also with two writers, a killed one, a full disk and flipped bits."""

from __future__ import annotations

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.errors import StoreUnavailable
from ci_mediagen.stores.directory import DirectoryStore
from tests.support.artifacts import artifact, key
from tests.support.processes import wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def entry(store: DirectoryStore, of: str) -> Path:
    return store.root / of[:2] / of


def fresh(store: DirectoryStore) -> DirectoryStore:
    """As another process sees it: nothing verified yet."""
    return DirectoryStore(store.root.parent)


def left_over(store: DirectoryStore) -> list[str]:
    return sorted(path.name for path in (store.root / ".tmp").iterdir())


def test_what_was_put_is_got_with_the_same_bytes(store: DirectoryStore, tmp_path: Path) -> None:
    made = artifact(tmp_path / "work", "a")
    assert store.put(made, tmp_path / "work") == made
    again = fresh(store)
    assert again.get(made.key) == made
    assert again.path(made.key, "out.txt").read_bytes() == b"out.txt of a"
    assert left_over(store) == []


def test_the_layout_is_the_documented_one_and_files_are_read_only(store: DirectoryStore, tmp_path: Path) -> None:
    made = store.put(artifact(tmp_path / "work", "a"), tmp_path / "work")
    folder = tmp_path / "store" / "v1" / made.key[:2] / made.key
    assert sorted(path.name for path in folder.iterdir()) == ["artifact.json", "out.txt", "poster.txt"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}


def test_a_key_that_was_never_written_is_no_error_and_makes_no_folder(store: DirectoryStore) -> None:
    assert store.get(key("never")) is None
    assert store.contains([key("never")]) == frozenset()
    assert not store.root.exists()


def test_contains_names_the_keys_it_has(store: DirectoryStore, tmp_path: Path) -> None:
    made = store.put(artifact(tmp_path / "work", "a"), tmp_path / "work")
    assert store.contains({made.key, key("b")}) == {made.key}


def test_a_second_put_of_a_key_keeps_and_returns_the_first(store: DirectoryStore, tmp_path: Path) -> None:
    first = store.put(artifact(tmp_path / "1", "a"), tmp_path / "1")
    second = replace(artifact(tmp_path / "2", "a", b"other"), seconds_taken=9.0)
    assert fresh(store).put(second, tmp_path / "2") == first
    assert store.path(first.key, "out.txt").read_bytes() == b"out.txt of a"
    assert left_over(store) == []


def put_many(root: Path, work: Path, start: object, results: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    for number in range(10):
        made = artifact(work / str(number), f"race {number}")
        made = replace(made, seconds_taken=float(os.getpid()))
        results.put((number, DirectoryStore(root).put(made, work / str(number)).seconds_taken))  # type: ignore[attr-defined]


def test_of_racing_writers_one_wins_and_both_are_told_the_same(store: DirectoryStore, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    writers = [
        context.Process(target=put_many, args=(store.root.parent, tmp_path / name, start, results)) for name in "ab"
    ]
    for writer in writers:
        writer.start()
    told: dict[int, set[float]] = {}
    for _ in range(20):
        number, winner = results.get(timeout=30)
        told.setdefault(number, set()).add(winner)
    for writer in writers:
        writer.join(30)
    assert [len(winners) for winners in told.values()] == [1] * 10
    assert left_over(store) == []


@pytest.mark.parametrize("name", ["out.txt", "poster.txt", "artifact.json"])
def test_a_flipped_bit_is_found_and_the_entry_counts_as_never_written(
    store: DirectoryStore, tmp_path: Path, name: str
) -> None:
    made = store.put(artifact(tmp_path / "work", "a"), tmp_path / "work")
    path = entry(store, made.key) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    again = fresh(store)
    assert again.get(made.key) is None
    assert again.contains([made.key]) == frozenset()
    assert again.put(made, tmp_path / "work") == made
    assert again.path(made.key, "out.txt").read_bytes() == b"out.txt of a"
    assert left_over(store) == []


def test_damage_after_the_first_read_in_this_process_is_found_too(store: DirectoryStore, tmp_path: Path) -> None:
    made = store.put(artifact(tmp_path / "work", "a"), tmp_path / "work")
    path = store.path(made.key, "out.txt")
    path.chmod(0o644)
    path.write_bytes(b"OUT.txt of a")
    with pytest.raises(StoreUnavailable, match="no longer in the store"):
        store.path(made.key, "out.txt")


@pytest.mark.parametrize(
    "damage",
    ["truncate", "remove file", "remove description", "link", "empty description", "other key", "name escapes"],
)
def test_every_kind_of_damage_counts_as_never_written(store: DirectoryStore, tmp_path: Path, damage: str) -> None:
    made = store.put(artifact(tmp_path / "work", "a"), tmp_path / "work")
    folder = entry(store, made.key)
    out, description = folder / "out.txt", folder / "artifact.json"
    match damage:
        case "truncate":
            os.truncate(out, 3)
        case "remove file":
            out.unlink()
        case "remove description":
            description.unlink()
        case "link":
            out.rename(tmp_path / "elsewhere")
            out.symlink_to(tmp_path / "elsewhere")
        case "empty description":
            description.unlink()
            description.write_bytes(b"")
        case "other key":
            other = store.put(artifact(tmp_path / "work2", "b"), tmp_path / "work2")
            description.unlink()
            description.write_bytes((entry(store, other.key) / "artifact.json").read_bytes())
        case "name escapes":
            from ci_mediagen.stores import directory

            evil = replace(made, files=(replace(made.files[0], name="../../../../elsewhere"),))
            description.unlink()
            description.write_bytes(directory._describe(evil))
    again = fresh(store)
    assert again.get(made.key) is None
    assert not folder.exists()
    assert again.put(made, tmp_path / "work") == made


def test_files_that_are_not_what_was_promised_are_not_stored(store: DirectoryStore, tmp_path: Path) -> None:
    made = artifact(tmp_path / "work", "a")
    (tmp_path / "work" / "poster.txt").write_bytes(b"changed meanwhile")
    with pytest.raises(StoreUnavailable, match=r"poster\.txt changed"):
        store.put(made, tmp_path / "work")
    assert store.contains([made.key]) == frozenset()
    assert left_over(store) == []


@pytest.mark.parametrize("name", ["../out.txt", "/etc/passwd", ".hidden", "artifact.json", "", "a/b", "a\nb"])
def test_a_name_that_is_not_a_plain_file_name_is_refused(store: DirectoryStore, tmp_path: Path, name: str) -> None:
    made = artifact(tmp_path / "work", "a")
    with pytest.raises(ValueError, match="not a name"):
        store.put(replace(made, files=(replace(made.files[0], name=name),)), tmp_path / "work")


@pytest.mark.parametrize("bad", ["", "../../etc", "A" * 64, "0" * 63])
def test_a_key_that_is_none_reaches_no_path(store: DirectoryStore, bad: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        store.get(bad)


PUT_AND_WAIT = """
import os, sys
from pathlib import Path
from ci_mediagen.stores import directory
from ci_mediagen.stores.directory import DirectoryStore
from tests.support.artifacts import artifact
work = Path(sys.argv[2])
def stop_here(self, artifact, scratch):
    print("written", flush=True)
    sys.stdin.read()
DirectoryStore._settle = stop_here
DirectoryStore(Path(sys.argv[1])).put(artifact(work, "a"), work)
"""


def test_what_a_killed_writer_left_is_never_seen_and_is_removed_by_the_next_put(
    store: DirectoryStore, tmp_path: Path
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", PUT_AND_WAIT, str(store.root.parent), str(tmp_path / "work")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert writer.stdout is not None
    assert writer.stdin is not None
    assert writer.stdout.readline() == b"written\n"
    assert store.get(key("a")) is None, "not yet renamed into place"
    store.put(artifact(tmp_path / "b", "b"), tmp_path / "b")
    assert len(left_over(store)) == 2, "a living writer's folder and its lock are left alone"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdin.close()
    writer.stdout.close()
    assert store.get(key("a")) is None
    store.put(artifact(tmp_path / "c", "c"), tmp_path / "c")
    assert left_over(store) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs root to mount a small disk (run as root, in a privileged container): {mounted.stderr}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_a_full_disk_is_said_plainly_and_leaves_no_part_of_an_entry(small_disk: Path, tmp_path: Path) -> None:
    store = DirectoryStore(small_disk)
    small = store.put(artifact(tmp_path / "small-one", "small"), tmp_path / "small-one")
    large = artifact(tmp_path / "large", "large", b"x" * 700_000)
    with pytest.raises(StoreUnavailable, match="the disk is full") as caught:
        store.put(large, tmp_path / "large")
    assert caught.value.exit_code == 75
    assert "CI_MEDIAGEN_CACHE" in caught.value.advice
    assert store.get(large.key) is None
    assert fresh(store).get(small.key) == small, "what was stored stays"
    assert left_over(store) == []
    fits = artifact(tmp_path / "fits", "fits", b"x" * 300_000)
    assert store.put(fits, tmp_path / "fits") == fits, "the space was given back"


READ_ONLY = """
import os, sys
from pathlib import Path
from ci_mediagen.errors import StoreUnavailable
from ci_mediagen.stores.directory import DirectoryStore
from tests.support.artifacts import artifact, key
os.setuid(65534)
store = DirectoryStore(Path(sys.argv[1]))
print(store.get(key("a")) is not None, store.get(key("damaged")))
try:
    store.put(artifact(Path(sys.argv[2]), "b"), Path(sys.argv[2]))
except StoreUnavailable as error:
    print(error.exit_code, error)
print(store.check()[0].status)
"""


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """One that other users may enter: pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user: run as root")
def test_a_store_that_may_only_be_read_is_read_and_a_put_says_what_to_do(public_folder: Path) -> None:
    store = DirectoryStore(public_folder / "store")
    for name in ("a", "damaged"):
        store.put(artifact(public_folder / name, name), public_folder / name)
    os.truncate(entry(store, key("damaged")) / "out.txt", 1)
    work = public_folder / "open"
    work.mkdir()
    work.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(store.root.parent), str(work)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "True None"
    assert lines[1].startswith("75 cannot write to the store: permission denied"), lines
    assert str(store.root) in lines[2]
    assert lines[-1] == "problem"


def test_threads_of_one_process_may_share_a_store(store: DirectoryStore, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(5):
                folder = tmp_path / name / str(number)
                store.put(artifact(folder, f"t{number}"), folder)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.contains({key(f"t{number}") for number in range(5)})) == 5
    wait_until(lambda: left_over(store) == [])


def test_check_finds_room_to_write(store: DirectoryStore) -> None:
    (finding,) = store.check()
    assert finding.status in ("ok", "warning")
    assert "GiB free" in finding.detail
    assert not store.root.exists(), "looking leaves nothing"
