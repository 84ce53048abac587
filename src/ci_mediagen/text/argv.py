"""Strangers' words as arguments of a program. Programs are started without a shell, so only two things can go wrong: a
word that the program takes for an option, and one that cannot be an argument at all."""

from __future__ import annotations

from ci_mediagen.errors import UsageError
from ci_mediagen.text.log import log_line

END_OF_OPTIONS = "--end-of-options"
"""git: nothing after it is an option. `--` would say that paths follow, not revisions."""


def operand(text: str, *, what: str = "argument") -> str:
    """The text, if it can stand where a program expects a name or revision.

    Raises UsageError for an empty text, one with a NUL or line break, and one that begins with `-`: also programs that know no
    end-of-options mark are then safe. `what` names the thing in the message.
    """
    if not text:
        raise UsageError(f"the {what} is empty")
    if any(character in text for character in "\0\n\r"):
        raise UsageError(f"the {what} {log_line(text)!r} holds a line break or a NUL")
    if text.startswith("-"):
        raise UsageError(
            f"the {what} {log_line(text)!r} begins with '-'",
            advice="A program could take it for an option. Write it in full.",
        )
    return text


def operands(*texts: str, what: str = "argument") -> list[str]:
    """The end-of-options mark and the texts after it, each checked as `operand` does."""
    return [END_OF_OPTIONS, *(operand(text, what=what) for text in texts)]
