"""Mistakes in YAML are told all at once, each with its place and the nearest right word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from pydantic.dataclasses import dataclass

from ci_mediagen.errors import ConfigError
from ci_mediagen.text.marked_yaml import parse
from ci_mediagen.text.validation import STRICT, json_schema, pattern, validated


@dataclass(frozen=True, slots=True, config=STRICT)
class Inner:
    name: str
    level: Annotated[int, Field(ge=1, le=9)] = 1


@dataclass(frozen=True, slots=True, config=STRICT)
class Outer:
    title: str | None = None
    colour: Annotated[str, *pattern("#[0-9]{3}", "three digits after #")] = "#000"
    mode: Literal["fast", "slow"] = "fast"
    flag: bool = False
    seconds: float = 1.0
    words: tuple[str, ...] = ()
    inner: tuple[Inner, ...] = ()
    named: Mapping[Literal["left", "right"], str] = Field(default_factory=dict)
    free: Mapping[str, Any] = Field(default_factory=dict)


def read(text: str) -> Outer:
    return validated(Outer, parse(text, "f.yml", ConfigError), ConfigError)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel: x", "f.yml:1: titel: unknown key; did you mean 'title'?"),
        ("inner: [{name: a, levl: 2}]", "f.yml:1: inner[0].levl: unknown key; did you mean 'level'?"),
        ("inner: [{level: 2}]", "f.yml:1: inner[0].name: is missing"),
        ("inner: [{name: a, level: 10}]", "f.yml:1: inner[0].level: must be at most 9, got 10"),
        ("title: 3", "f.yml:1: title: expected a text, got the number 3: put it in quotes"),
        ("flag: yes", "f.yml:1: flag: expected true or false, got the text 'yes'"),
        ("seconds: fast", "f.yml:1: seconds: expected a number, got the text 'fast'"),
        ("seconds: true", "f.yml:1: seconds: expected a number, got true"),
        ("words: {a: b}", "f.yml:1: words[0]: expected a text, got keys and values"),
        ("mode: fsat", "f.yml:1: mode: 'fsat' is not known here; did you mean 'fast'?"),
        ("mode: [fast]", "f.yml:1: mode: expected one of fast, slow, got a list"),
        ("colour: red", "f.yml:1: colour: 'red' must be three digits after #"),
        ("named: {lefft: x}", "f.yml:1: named.lefft: unknown name; did you mean 'left'?"),
        ("flag:", "f.yml:1: flag: has no value"),
        ("- a", "f.yml:1: expected keys and values, got a list"),
        ("x", "f.yml:1: expected keys and values, got the text 'x'"),
    ],
)  # fmt: skip
def test_each_mistake_names_file_line_key_and_the_right_word(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert refused.value.message == message


def test_all_mistakes_of_a_file_are_told_in_its_order() -> None:
    with pytest.raises(ConfigError) as refused:
        read("mode: quick\nflag: 1\ntitel: x\n")
    lines = refused.value.message.splitlines()
    assert lines[0] == "3 mistakes:"
    assert [line.split(":")[1] for line in lines[1:]] == ["1", "2", "3"]


def test_at_most_ten_mistakes_are_told_and_the_others_counted() -> None:
    with pytest.raises(ConfigError) as refused:
        read("\n".join(f"key{number}: x" for number in range(25)))
    assert refused.value.message.splitlines()[-1].strip() == "and 15 more"
    assert len(refused.value.message.splitlines()) == 12


def test_a_value_of_a_wrong_type_is_repeated_shortened() -> None:
    with pytest.raises(ConfigError) as refused:
        read(f"seconds: {'x' * 500}")
    assert len(refused.value.message) < 150


def test_one_value_stands_for_a_list_of_one() -> None:
    assert read("words: one").words == ("one",)
    assert read("inner: {name: a}").inner == (Inner("a"),)


def test_a_map_with_free_names_takes_anything() -> None:
    assert read("free: {a: [1, {b: 2}]}").free == {"a": [1, {"b": 2}]}


def test_the_schema_allows_one_value_for_a_list() -> None:
    words = json_schema(Outer)["properties"]["words"]
    assert {"type": "string"} in words["anyOf"]
