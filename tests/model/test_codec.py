from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from ci_mediagen.model.change import ChangedFile
from ci_mediagen.model.codec import canonical, decode, encode
from ci_mediagen.model.media import Artifact, MediaFile
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Skipped
from ci_mediagen.model.task import Input, ModelRef, Task

ARTIFACT = Artifact(
    key="ab" * 32,
    files=(MediaFile("main", "card.png", "image/png", "cd" * 32, 12, 1200, 630, alt="日本語 🚀"),),
)


@dataclass(frozen=True, slots=True)
class Holder:
    outcomes: tuple[Outcome, ...]


@pytest.mark.parametrize(
    "value",
    [
        ARTIFACT,
        Task(id="a", task="card", backend="compositor", parameters={"x": [1, {"y": None}]}, model=ModelRef("m")),
        Holder((Generated("a", "k", ARTIFACT), Skipped("b", "", "why"), Failed("c", "k", "why", 6))),
        ChangedFile("a b", "renamed", None, 3, "old"),
    ],
)
def test_what_was_encoded_decodes_to_the_same(value: object) -> None:
    assert decode(type(value), json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"name": 3}, "$.name: expected str, got int"),
        ({"name": "a", "other": 1}, "$: unknown 'other'"),
        ({}, "$: missing 'name'"),
        ({"name": "a", "role": "boss"}, "$.role: 'boss' is none of"),
        ([], "$: expected an object, got list"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(data: object, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        decode(Input, data)
    assert says in str(caught.value)


def test_one_value_has_one_canonical_spelling() -> None:
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
    with pytest.raises(ValueError):
        canonical({"a": float("nan")})
