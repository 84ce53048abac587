"""Patterns of `when`, each matched in bounded time whatever it and the text are."""

from __future__ import annotations

import fnmatch
import functools
import importlib
import re
from collections.abc import Sequence
from typing import Any

MAX_PATTERN = 200
"""Characters of a `message` pattern."""
MAX_LINE = 200
"""Characters of a line that a `message` pattern is searched in; the rest of the line is not looked at."""
MAX_LINES = 20
"""Lines of one change that are searched."""
MAX_COST = 1_000_000
"""Ways in which a pattern may be tried from one place of a line, times its length. Two unbounded repeats are 200 * 200 ways.
The worst pattern within this takes 2 seconds for a whole change (2026-11-21, one core of a cloud machine)."""


def matches(pattern: str, text: str) -> bool:
    """A shell pattern (`*`, `?`, `[a-z]`) against a whole text, upper and lower case being the same."""
    # fnmatch compiles `*` to an atomic group, so that matching takes no more than length times length.
    return fnmatch.fnmatchcase(text.casefold(), pattern.casefold())


def matches_path(pattern: str, path: str) -> bool:
    """A shell pattern against a path: `*` and `?` stay inside one part, `**` spans any number of parts.

    A pattern without `/` matches the file's name in any folder; one that ends with `/` everything below that folder.
    """
    if pattern.endswith("/"):
        pattern += "**"
    if "/" not in pattern:
        pattern = f"**/{pattern}"
    return _parts_match(pattern.removeprefix("/").split("/"), path.split("/"))


def _parts_match(patterns: Sequence[str], parts: Sequence[str]) -> bool:
    """Row by row: which beginnings of the path each beginning of the pattern can stand for."""
    reached = [True] + [False] * len(parts)
    for number, pattern in enumerate(patterns):
        if pattern == "**":
            first = next((at for at, yes in enumerate(reached) if yes), len(reached))
            # At the end it stands for what is inside: `docs/**` is no file called docs.
            first += number == len(patterns) - 1
            reached = [at >= first for at in range(len(reached))]
        else:
            reached = [False] + [reached[at] and fnmatch.fnmatchcase(part, pattern) for at, part in enumerate(parts)]
    return reached[-1]


def matches_message(pattern: str, lines: Sequence[str]) -> bool:
    """A regular expression, upper and lower case being the same, searched in each of the first lines."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return any(compiled.search(line[:MAX_LINE]) for line in lines[:MAX_LINES])


@functools.lru_cache(maxsize=256)
def check_message_pattern(pattern: str) -> str:
    """Why a regular expression is refused; empty if it is fine.

    Python's engine backtracks, so a short pattern can take years. Here the number of ways in which it can be tried from one
    place in a line is counted beforehand and bounded.
    """
    if len(pattern) > MAX_PATTERN:
        return f"is longer than {MAX_PATTERN} characters"
    try:
        re.compile(pattern, re.IGNORECASE)
        # The parser has no public name since Python 3.11; its tree is the only exact answer to what can backtrack.
        parser: Any = importlib.import_module("re._parser")
        ways = _ways(parser.parse(pattern))
    except (re.error, RecursionError, OverflowError) as error:
        return f"is no regular expression: {error}"
    if ways * len(pattern) > MAX_COST:
        return (
            "could take too long: it repeats or chooses in too many ways "
            "(at most two of * or +, and no group repeated; {1,9} is cheaper than +)"
        )
    return ""


def _ways(tree: Any) -> int:
    """At most how many ways a sequence can be tried from one place in a line of MAX_LINE characters."""
    total = 1
    for operation, argument in tree:
        total = min(total * _ways_of(str(operation), argument), MAX_COST + 1)
    return total


def _ways_of(operation: str, argument: Any) -> int:
    if operation in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, repeated = argument
        most = min(int(most), MAX_LINE)
        inner = _ways(repeated)
        single = len(repeated) == 1 and str(repeated[0][0]) in ("LITERAL", "NOT_LITERAL", "IN", "ANY", "CATEGORY")
        if single:
            return most - min(int(least), most) + 1
        # A group repeated: each round may go any of its ways and be of any length.
        rounds = inner * MAX_LINE if most > 1 else inner + 1
        return int(min(rounds ** min(most, 8), MAX_COST + 1))
    if operation == "BRANCH":
        return sum(_ways(branch) for branch in argument[1])
    if operation == "SUBPATTERN":
        return _ways(argument[-1])
    if operation in ("ASSERT", "ASSERT_NOT"):
        return _ways(argument[1])
    if operation == "ATOMIC_GROUP":
        return _ways(argument)
    if operation == "GROUPREF_EXISTS":
        return sum(_ways(branch) for branch in argument[1:] if branch)
    return 1
