"""The key holds what decides the pixels, all of it and nothing else."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from ci_mediagen.model.task import Input, ModelRef, Task, with_key

TASK = Task(
    id="card",
    task="card",
    backend="compositor",
    prompt="p",
    negative_prompt="n",
    inputs=(Input("image", "a" * 64, "docs/a.png"),),
    seed=7,
    model=ModelRef("m", "r"),
    parameters={"width": 1},
    recipe={"version": "1"},
    alt="alt",
    shot="card",
    shape="og",
    fallback="other",
)

DECIDES = {
    "task": "promo",
    "backend": "diffusers",
    "prompt": "q",
    "negative_prompt": None,
    "inputs": (Input("image", "b" * 64, "docs/a.png"),),
    "seed": 8,
    "model": ModelRef("m", "s"),
    "parameters": {"width": 2},
    "recipe": {"version": "2"},
}
DOES_NOT = {
    "id": "else",
    "alt": "else",
    "shot": "else",
    "shape": "square",
    "fallback": None,
    "only_as_fallback": True,
    "key": "else",
}


def key(task: Task, **keys: str) -> str:
    return with_key(task, keys).key


def test_every_field_is_known_to_decide_or_not_to() -> None:
    assert DECIDES.keys() | DOES_NOT.keys() == {field.name for field in dataclasses.fields(Task)}


@pytest.mark.parametrize("field", DECIDES)
def test_what_reaches_the_pixels_changes_the_key(field: str) -> None:
    assert key(replace(TASK, **{field: DECIDES[field]})) != key(TASK)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", DOES_NOT)
def test_what_does_not_reach_the_pixels_leaves_the_key(field: str) -> None:
    assert key(replace(TASK, **{field: DOES_NOT[field]})) == key(TASK)  # type: ignore[arg-type]


def test_a_file_is_known_by_its_bytes_and_not_by_its_place() -> None:
    moved = replace(TASK, inputs=(Input("image", "a" * 64, "else/b.png"),))
    assert key(moved) == key(TASK)


def test_the_key_of_an_input_task_is_in_the_key() -> None:
    chained = replace(TASK, inputs=(Input("image", task="clip"),))
    assert chained.depends_on == ("clip",)
    assert key(chained, clip="1") != key(chained, clip="2")
    assert key(replace(chained, inputs=(Input("image", task="clip", role="poster"),)), clip="1") != key(
        chained, clip="1"
    )
    with pytest.raises(KeyError):
        key(chained)


def test_a_seed_that_is_not_given_is_derived_and_stable() -> None:
    first = with_key(replace(TASK, seed=None), {})
    again = with_key(replace(TASK, seed=None), {})
    other = with_key(replace(TASK, seed=None, prompt="q"), {})
    assert first.seed == again.seed
    assert first.seed is not None
    assert 0 <= first.seed < 2**31
    assert other.seed != first.seed
    assert with_key(first, {}).key == first.key, "a task read back from a plan keeps its key"
