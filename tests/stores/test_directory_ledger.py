"""Claims on keys that die with their holder, and facts that do not."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ci_mediagen.errors import StoreUnavailable
from ci_mediagen.stores.directory_ledger import DirectoryLedger
from tests.support.artifacts import key

ROOT = Path(__file__).parents[2]
KEY = key("a")

HOLD = """
import sys
from pathlib import Path
from ci_mediagen.stores.directory_ledger import DirectoryLedger
from tests.support.artifacts import key
with DirectoryLedger(Path(sys.argv[1])).claim(key("a"), timeout=0) as claim:
    claim.record("job", "provider-17")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def ledger(tmp_path: Path) -> DirectoryLedger:
    return DirectoryLedger(tmp_path / "ledger")


def holder(ledger: DirectoryLedger) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ledger.root.parent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_key_has_one_holder(ledger: DirectoryLedger) -> None:
    with ledger.claim(KEY, timeout=0) as first, ledger.claim(KEY, timeout=0.05) as second:
        assert first is not None
        assert second is None
    with ledger.claim(KEY, timeout=0) as third:
        assert third is not None


def test_keys_do_not_block_each_other(ledger: DirectoryLedger) -> None:
    with ledger.claim(KEY, timeout=0) as first, ledger.claim(key("b"), timeout=0) as second:
        assert first is not None
        assert second is not None


def test_a_claim_and_its_facts_survive_kill_9_but_the_lock_does_not(ledger: DirectoryLedger) -> None:
    process = holder(ledger)
    with ledger.claim(KEY, timeout=0) as claim:
        assert claim is None, "held by a living process"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with ledger.claim(KEY, timeout=0) as claim:
        assert claim is not None
        assert claim.attempts == 1
        assert claim.recorded("job") == "provider-17"
        assert claim.recorded("other") is None


def test_attempts_count_up_until_one_succeeds(ledger: DirectoryLedger) -> None:
    seen = []
    for _ in range(3):
        with ledger.claim(KEY, timeout=0) as claim:
            assert claim is not None
            seen.append(claim.attempts)
    with ledger.claim(KEY, timeout=0) as claim:
        assert claim is not None
        claim.record("job", "1")
        claim.succeeded()
    with ledger.claim(KEY, timeout=0) as claim:
        assert claim is not None
        assert seen == [0, 1, 2]
        assert (claim.attempts, claim.recorded("job")) == (0, None)


def test_a_claim_that_succeeded_leaves_no_file(ledger: DirectoryLedger) -> None:
    with ledger.claim(KEY, timeout=0) as claim:
        assert claim is not None
        claim.succeeded()
    assert list(ledger.root.iterdir()) == []


def test_a_waiting_claimer_gets_the_key_when_its_holder_ends(ledger: DirectoryLedger) -> None:
    process = holder(ledger)
    got: list[bool] = []

    def wait() -> None:
        with ledger.claim(KEY, timeout=20) as claim:
            got.append(claim is not None)

    thread = threading.Thread(target=wait)
    thread.start()
    process.communicate(b"")
    thread.join(20)
    assert got == [True]


def test_under_a_crowd_only_one_holds_at_a_time(ledger: DirectoryLedger) -> None:
    inside, most, rounds = [], [0], [0]

    def work() -> None:
        for _ in range(20):
            with ledger.claim(KEY, timeout=20) as claim:
                assert claim is not None
                inside.append(1)
                most[0] = max(most[0], len(inside))
                rounds[0] += 1
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, rounds) == ([1], [80])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 9, "attempts": 1, "facts": {}}'])
def test_a_damaged_record_is_not_taken_for_none(ledger: DirectoryLedger, text: str) -> None:
    ledger.root.mkdir(parents=True)
    (ledger.root / f"{KEY}.json").write_text(text)
    with pytest.raises(StoreUnavailable, match="damaged") as caught, ledger.claim(KEY, timeout=0):
        pass
    assert f"{KEY}.json" in caught.value.advice


def test_a_ledger_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with (
        pytest.raises(StoreUnavailable, match="cannot write to the ledger"),
        DirectoryLedger(tmp_path / "file").claim(KEY, timeout=0),
    ):
        pass
