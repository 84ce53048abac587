"""What follows for the other tasks when one ends: nothing runs here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ci_mediagen.errors import PlanError
from ci_mediagen.execute.engine import ONLY_AS_FALLBACK, Schedule, without_folders
from ci_mediagen.model.media import Artifact
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused, Skipped, Unknown
from ci_mediagen.model.task import Input, Task


def task(name: str, *needs: str, **fields: Any) -> Task:
    inputs = tuple(Input(f"in-{need}", task=need) for need in needs)
    return Task(**{"id": name, "task": "card", "backend": "fake", "inputs": inputs, "key": f"key of {name}", **fields})


def made(name: str) -> Generated:
    return Generated(name, f"key of {name}", Artifact(f"key of {name}", ()))


def failed(name: str) -> Failed:
    return Failed(name, f"key of {name}", "it broke", 4)


def ids(tasks: list[Task]) -> list[str]:
    return [task.id for task in tasks]


def statuses(schedule: Schedule) -> dict[str, str]:
    return {outcome.task: outcome.status for outcome in schedule.outcomes}


def test_a_task_is_ready_when_those_it_needs_are_made() -> None:
    schedule = Schedule([task("a"), task("b", "a"), task("c", "a", "b")])
    assert ids(schedule.ready([])) == ["a"]
    assert ids(schedule.ready(["a"])) == []
    schedule.settle(made("a"))
    assert ids(schedule.ready([])) == ["b"]
    schedule.settle(Reused("b", "key of b", Artifact("key of b", ())))
    assert ids(schedule.ready([])) == ["c"]
    schedule.settle(made("c"))
    assert schedule.done


def test_a_plan_in_any_order_works_and_outcomes_come_in_its_order() -> None:
    schedule = Schedule([task("b", "a"), task("a")])
    assert ids(schedule.ready([])) == ["a"]
    schedule.settle(made("a"))
    schedule.settle(made("b"))
    assert [outcome.task for outcome in schedule.outcomes] == ["b", "a"]


def test_a_failure_skips_what_needs_it_naming_it_and_leaves_the_rest() -> None:
    schedule = Schedule([task("a"), task("b", "a"), task("c", "b"), task("d")])
    settled = schedule.settle(failed("a"))
    assert [outcome.task for outcome in settled] == ["a", "b", "c"]
    assert [outcome.reason for outcome in settled] == [
        "it broke",
        "needs a, which failed: it broke",
        "needs b, which was skipped: needs a, which failed: it broke",
    ]
    assert ids(schedule.ready([])) == ["d"]


def test_a_task_of_unknown_fate_skips_what_needs_it() -> None:
    schedule = Schedule([task("a"), task("b", "a")])
    schedule.settle(Unknown("a", "key of a", "no answer"))
    assert statuses(schedule) == {"a": "unknown", "b": "skipped"}


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_fallback_is_made_only_when_the_first_has_failed(succeeds: bool) -> None:
    schedule = Schedule([task("clip", fallback="drift"), task("drift", only_as_fallback=True), task("card")])
    assert schedule.start() == []
    assert ids(schedule.ready([])) == ["clip", "card"]
    settled = schedule.settle(made("clip") if succeeds else failed("clip"))
    if succeeds:
        assert settled[1:] == [Skipped("drift", "key of drift", ONLY_AS_FALLBACK)]
    else:
        assert ids(schedule.ready([])) == ["drift", "card"]


def test_a_fallback_is_made_when_the_first_was_skipped_for_what_it_needs() -> None:
    schedule = Schedule([task("text"), task("clip", "text", fallback="drift"), task("drift", only_as_fallback=True)])
    schedule.settle(failed("text"))
    assert ids(schedule.ready([])) == ["drift"]


def test_fallbacks_follow_one_another() -> None:
    schedule = Schedule(
        [
            task("a", fallback="b"),
            task("b", fallback="c", only_as_fallback=True),
            task("c", only_as_fallback=True),
        ]
    )
    schedule.settle(failed("a"))
    schedule.settle(failed("b"))
    assert ids(schedule.ready([])) == ["c"]
    schedule.settle(made("c"))
    assert statuses(schedule) == {"a": "failed", "b": "failed", "c": "generated"}


def test_an_unneeded_chain_of_fallbacks_and_its_dependants_are_skipped() -> None:
    schedule = Schedule(
        [
            task("a", fallback="b"),
            task("b", fallback="c", only_as_fallback=True),
            task("c", only_as_fallback=True),
            task("d", "c"),
        ]
    )
    schedule.settle(made("a"))
    # Nothing failed: b was not needed, so c is not either, though b's outcome is Skipped.
    assert statuses(schedule) == {"a": "generated", "b": "skipped", "c": "skipped", "d": "skipped"}


def test_one_fallback_may_serve_two_tasks() -> None:
    schedule = Schedule([task("a", fallback="f"), task("b", fallback="f"), task("f", only_as_fallback=True)])
    schedule.settle(made("a"))
    assert not schedule.done, "b may still call for it"
    schedule.settle(failed("b"))
    assert ids(schedule.ready([])) == ["f"]


def test_a_fallback_that_nobody_names_is_skipped_at_once() -> None:
    schedule = Schedule([task("f", only_as_fallback=True)])
    assert schedule.start() == [Skipped("f", "key of f", ONLY_AS_FALLBACK)]
    assert schedule.done


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        (made("a"), "reused", "the same as a"),
        (replace(failed("a"), key="key of a"), "failed", "the same as a: it broke"),
    ],
)
def test_tasks_with_one_key_are_worked_on_once(outcome: Outcome, status: str, reason: str) -> None:
    schedule = Schedule([task("a"), task("twin", key="key of a")])
    assert ids(schedule.ready([])) == ["a"]
    assert ids(schedule.ready(["a"])) == []
    schedule.settle(outcome)
    twin = schedule.outcomes[1]
    assert (twin.task, twin.status, twin.reason) == ("twin", status, reason)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([task("a"), task("a")], "two tasks are called 'a'"),
        ([task("a", "b")], "names 'b', which is not in the plan"),
        ([task("a", fallback="b")], "names 'b', which is not in the plan"),
        ([task("a", "b"), task("b", "a")], "wait for each other: a, b"),
        ([task("a", "a")], "wait for each other: a"),
        ([task("a", "f", fallback="f"), task("f", only_as_fallback=True)], "wait for each other: a, f"),
        ([task("a", key="")], "has no key"),
    ],
)
def test_tasks_that_do_not_fit_together_are_refused(tasks: list[Task], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        Schedule(tasks)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot read /home/ann/project/docs/logo.png: gone", "cannot read logo.png: gone"),
        ("see https://acme.dev/a/b and docs/logo.png", "see https://acme.dev/a/b and docs/logo.png"),
        ("'/tmp/x/y.png' and (/a/b)", "'y.png' and (b)"),
    ],
)
def test_reasons_hold_no_absolute_path(text: str, shown: str) -> None:
    assert without_folders(text) == shown
