"""Patterns of `when`: what they match, and that none of them can take long."""

from __future__ import annotations

import time

import pytest

from ci_mediagen.templating.match import MAX_LINE, check_message_pattern, matches, matches_message, matches_path


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("docs/**", "docs/a/b.md", True),
        ("docs/**", "docs", False),
        ("docs/**", "src/docs/a.md", False),
        ("docs/", "docs/a.md", True),
        ("*.md", "README.md", True),
        ("*.md", "a/b/c.md", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/a/b.py", False),
        ("src/**/*.py", "src/b.py", True),
        ("src/**/*.py", "src/a/b/c.py", True),
        ("**/tests/**", "a/tests/b", True),
        ("**/tests/**", "tests/b", True),
        ("**", "anything/at/all", True),
        ("a?c/[xy].txt", "abc/x.txt", True),
        ("a?c/[xy].txt", "abc/z.txt", False),
        ("Docs/**", "docs/a", False),
    ],
)
def test_path_patterns(pattern: str, path: str, expected: bool) -> None:
    assert matches_path(pattern, path) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [("release/*", "release/2.4", True), ("Bug", "bug", True), ("web@*", "web@2.4.0", True), ("fix", "prefix", False)],
)
def test_other_patterns_ignore_case_and_match_the_whole_text(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize("pattern", ["*a" * 60 + "b", "**/" * 60 + "b", "[a-z]*" * 60 + "b"])
def test_shell_patterns_do_not_blow_up(pattern: str) -> None:
    started = time.process_time()
    matches(pattern, "a" * 5000)
    matches_path(pattern, "a/" * 1000 + "a" * 1000)
    assert time.process_time() - started < 2


GOOD = [
    r"^feat\(.*\):.*dark",
    r"\bdark mode\b",
    r"(feat|fix)(\(.*\))?!?:",
    r"^v\d{1,4}\.\d+$",
    r"a{2,5}b?",
    r"(?:one|two) three",
]
CATASTROPHIC = [
    r"(a+)+$", r"(a*)*$", r"(a|a)*b", r"(a|ab)*c", r"(?:a?){30}b", r"a?" * 40 + "b", r".*.*.*.*b", r"(.*)(.*)(.*)b",
    r"([a-z]+ ?)+$", r"(?=(a+)+)b", r"((a|b|c|d)+)+!", r"^(\w+\s?)*$", r"(x+x+)+y",
]  # fmt: skip


@pytest.mark.parametrize("pattern", GOOD)
def test_ordinary_message_patterns_are_accepted(pattern: str) -> None:
    assert check_message_pattern(pattern) == ""


@pytest.mark.parametrize("pattern", CATASTROPHIC)
def test_patterns_that_could_take_years_are_refused(pattern: str) -> None:
    assert "too long" in check_message_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "(?P<x", "*a", "a" * 500, "(" * 150 + ")" * 150])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    refusal = check_message_pattern(pattern)
    assert refusal or len(pattern) > 200 or "(" * 150 in pattern


@pytest.mark.parametrize(
    "pattern", [r".*.*aaaaaab", r"a{0,199}a{0,199}(b|c)", "a?" * 13 + "b", r"(?:a*)?(?:a*)?b", *GOOD]
)
def test_every_accepted_pattern_ends_soon_on_the_worst_text(pattern: str) -> None:
    assert check_message_pattern(pattern) == ""
    started = time.process_time()
    matches_message(pattern, ["a" * 10_000] * 1000)
    assert time.process_time() - started < 5


def test_messages_are_searched_line_by_line_within_their_first_part() -> None:
    assert matches_message("dark$", ["nothing", "it is Dark"])
    assert not matches_message("dark", ["x" * MAX_LINE + "dark"])
