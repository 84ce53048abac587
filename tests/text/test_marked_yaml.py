"""YAML of people: every value knows its place, every mistake is told with one, and no file can hurt."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_mediagen.errors import ConfigError
from ci_mediagen.text import marked_yaml
from ci_mediagen.text.marked_yaml import Node, dotted, merge, parse


def read(text: str | bytes) -> Node:
    return parse(text, "file.yml", ConfigError)


def refusal(text: str | bytes) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        read(text)
    return refused.value


def test_values_are_plain_and_know_their_line_and_column() -> None:
    tree = read("a: 1\nb:\n  - x\n  - {c: true}\n")
    assert tree.plain() == {"a": 1, "b": ["x", {"c": True}]}
    found = tree.find(("b", 1, "c"))
    assert (found.mark.line, found.mark.column) == (4, 9)
    assert found.key is not None
    assert str(found.key) == "file.yml:4"


def test_finding_a_path_that_does_not_exist_gives_the_nearest_node_above() -> None:
    tree = read("a:\n  b: 1\n")
    assert tree.find(("a", "z")) == tree.find(("a",))
    assert tree.get(("a", "z")) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("2026-11-21", "2026-11-21"), ("1:30", "1:30"), ("012", 12),
        ("1.5", 1.5), ("1e3", 1000.0), ("39e1979e", "39e1979e"), ("~", None), ("", None), ("True", True), ("'1'", "1"),
        ("! 1", "1"), ("!!str 1", "1"), (".nan", ".nan"), ("9" * 40, 1e40),
    ],
)  # fmt: skip
def test_plain_words_mean_what_people_mean(written: str, value: object) -> None:
    assert read(f"a: {written}\n").plain() == {"a": value}


def test_lines_of_a_block_text_are_counted_from_below_its_bar() -> None:
    mark = read("a:\n  b: |\n    one\n    two\n    three\n").find(("a", "b")).mark
    assert [mark.at_line(number).line for number in (1, 2, 3, 9)] == [3, 4, 5, 5]


def test_a_key_that_is_given_twice_is_refused_with_both_lines() -> None:
    error = refusal("a: 1\nb: 2\na: 3\n")
    assert error.message == "file.yml:3: key 'a' is given twice, first on line 1"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1, 2\nb: 3\n", "file.yml:2:"),
        ("a: 'x\n", "file.yml:"),
        ("a:\n\tb: 1\n", "file.yml:2:1"),
        ("a: *nobody\n", "file.yml:1"),
        ("a: &a [*a]\n", "file.yml:1"),
        ("a: !!python/object/apply:os.system [id]\n", "file.yml:1"),
        ("a: !secret x\n", "file.yml:1"),
        ("a: 1\n---\nb: 2\n", "file.yml:2"),
        ("a: {{ change.headline }}\n", "file.yml:1"),
        ("? [a]\n: 1\n", "file.yml:1"),
        (b"a: \xff\n", "file.yml:1"),
        (b"a: 1\nb: \x00\n", "file.yml:"),
        ("a: @x\n", "file.yml:1"),
    ],
)
def test_bad_yaml_is_one_error_that_names_its_place(text: str | bytes, place: str) -> None:
    assert refusal(text).message.startswith(place)


def test_a_tab_and_unquoted_braces_are_explained() -> None:
    assert "spaces" in refusal("a:\n\tb: 1\n").advice
    assert "quotes" in refusal("a: {{ x }}\n").advice


@pytest.mark.parametrize("text", ["accent: #7c5cff\n", "brand:\n  accent: #7c5cff\n", "b: {accent: #7c5cff\n}\n"])
def test_a_colour_without_quotes_is_told_to_be_a_comment(text: str) -> None:
    error = refusal(text)
    assert "#7c5cff is a comment here" in error.message
    assert '"#7c5cff"' in error.advice


@pytest.mark.parametrize("text", ["accent: # none yet\n", "brand: #look\n  accent: x\n", "a:\n  #old\nb: 1\n"])
def test_real_comments_stay_comments(text: str) -> None:
    read(text)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_and_does_not_crash_the_interpreter(opening: str) -> None:
    started = time.monotonic()
    refusal(opening * 40_000)
    assert time.monotonic() - started < 5


def test_aliases_cannot_multiply_without_bound() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases counted" in refusal("\n".join(lines)).message


def test_a_file_that_is_too_large_is_refused() -> None:
    assert "at most" in refusal("a: " + "x" * marked_yaml.MAX_BYTES).message


def test_an_empty_file_is_an_empty_map() -> None:
    assert read("").plain() == {}
    assert read("# nothing\n").plain() in ({}, None)


def test_maps_merge_lists_replace_and_each_value_keeps_its_place() -> None:
    base = parse("a: {x: 1, y: [1, 2]}\nb: 1\n", "base.yml", ConfigError)
    over = parse("\na: {y: [3]}\n", "over.yml", ConfigError)
    merged = merge(base, over)
    assert merged.plain() == {"a": {"x": 1, "y": [3]}, "b": 1}
    assert str(merged.find(("a", "x")).mark) == "base.yml:1"
    assert str(merged.find(("a", "y")).mark) == "over.yml:2"


def test_paths_are_written_with_dots_and_brackets() -> None:
    assert dotted(("shots", 1, "text", "headline")) == "shots[1].text.headline"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab: \n-[]{},#&*!|>'\"%@?\t\\0x~.é\x00\u2028"), max_size=60))
def test_any_text_is_a_tree_or_one_of_our_errors(text: str) -> None:
    with contextlib.suppress(ConfigError):
        for _, node in read(text).walk():
            assert node.mark.line is None or 1 <= node.mark.line <= text.count("\n") + text.count("\u2028") + 2


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_tree_or_one_of_our_errors(data: bytes) -> None:
    with contextlib.suppress(ConfigError):
        read(data)
