"""The encoder for one sink: the prompt of a model. Its words come from strangers and go to a text encoder or an API."""

from __future__ import annotations

from ci_mediagen.text.clean import one_line
from ci_mediagen.text.cut import clusters

MAX_PROMPT_CHARACTERS = 2000
"""Far above what text encoders read (77 to 512 tokens), far below what an API would charge for."""


def prompt(text: str) -> str:
    """The text on one line: control and hidden characters out, spaces collapsed, at most MAX_PROMPT_CHARACTERS, cut
    between whole characters."""
    line = one_line(text)
    if len(line) <= MAX_PROMPT_CHARACTERS:
        return line
    kept, room = [], MAX_PROMPT_CHARACTERS
    for cluster in clusters(line[: MAX_PROMPT_CHARACTERS + 1]):
        room -= len(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept).rstrip()
