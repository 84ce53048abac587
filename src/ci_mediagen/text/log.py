"""Log lines: what CI systems and terminals take for commands must not come from strangers.

GitHub's runner takes a line for a command if it begins with `::` after white space, or holds `##[` anywhere; it also
ends lines at a lone carriage return. Azure and TeamCity look for `##vso[` and `##teamcity[`; GitLab and Jenkins hide
their marks behind escape characters, as terminals do.
"""

from __future__ import annotations

import re

from ci_mediagen.text.clean import clean, one_line
from ci_mediagen.text.cut import shorten

MAX_LINE = 4000
"""Characters of one log line."""

# .NET compares strings by culture and then skips joiners, so they may stand between the characters of a mark.
_JOINERS = "[\u200c-\u200f]*"
_COLONS = re.compile(rf"^((?:\s|[\u200c-\u200f])*:){_JOINERS}(?=:)")
_HASHES = re.compile(rf"#{_JOINERS}#(?={_JOINERS}[A-Za-z.]*{_JOINERS}\[)")
_IN_JSON = re.compile(rf"#(?={_JOINERS}#)|[\x85\u2028\u2029]")
_PROPERTY = re.compile(r"[a-zA-Z]+")


def log_line(text: str, *, limit: int = MAX_LINE) -> str:
    """One log line, on GitHub, another CI system or a terminal: no command, no control character, no line break.

    Its indentation stays.
    """
    return _disarm(shorten(clean(text).rstrip(), limit))


def log_block(text: str, *, limit: int = MAX_LINE) -> str:
    """Several log lines, each as `log_line` makes it."""
    return "\n".join(log_line(line, limit=limit) for line in clean(text, newlines=True).split("\n"))


def log_json(document: str) -> str:
    """A JSON document that means the same and in which nobody finds a command: one of two hashes is escaped, and so is
    what some readers take for the end of a line."""
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def command(name: str, message: str = "", **properties: str | int) -> str:
    """A workflow command of ours with strangers' words in it: `::warning file=a.py,line=3::...`.

    `message` may have several lines. Raises ValueError for a name or property that is not a word.
    """
    if not re.fullmatch(r"[a-z][a-z-]*", name) or not all(_PROPERTY.fullmatch(key) for key in properties):
        raise ValueError(f"not a workflow command: {name} {sorted(properties)}")
    given = ",".join(f"{key}={_escape_property(str(value))}" for key, value in properties.items())
    return f"::{name}{' ' + given if given else ''}::{_escape_data(message)}"


def _disarm(text: str) -> str:
    return _HASHES.sub("## ", _COLONS.sub(r"\1 ", text))


def _escape_data(text: str) -> str:
    return clean(text, newlines=True).replace("%", "%25").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return one_line(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
