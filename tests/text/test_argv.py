from __future__ import annotations

import subprocess
import sys

import pytest

from ci_mediagen.errors import UsageError
from ci_mediagen.text.argv import END_OF_OPTIONS, operand, operands
from ci_mediagen.text.corpus import CORPUS


@pytest.mark.parametrize("name", CORPUS)
def test_a_text_of_the_corpus_arrives_as_it_is_or_is_refused(name: str) -> None:
    text = CORPUS[name]
    try:
        arguments = operands(text, what="branch")
    except UsageError as error:
        assert text == "" or text.startswith("-") or any(bad in text for bad in "\0\n\r")
        assert "\x1b" not in error.message
        assert "branch" in error.message
        return
    assert arguments == [END_OF_OPTIONS, text]
    assert not text.startswith("-")


@pytest.mark.parametrize("name", [name for name in CORPUS if not name.startswith("unicode: long")])
def test_what_is_accepted_reaches_a_program_unchanged(name: str) -> None:
    """Only the texts that shells, options or encodings could change are worth a process each."""
    text = CORPUS[name]
    if not name.startswith(("arguments:", "unicode: lone", "templates: shell")):
        return
    try:
        accepted = operand(text)
    except UsageError:
        return
    if "\ud83d" in text:
        with pytest.raises(UnicodeEncodeError):
            accepted.encode("utf-8", "surrogateescape")
        return
    code = "import sys, os; sys.stdout.buffer.write(os.fsencode(sys.argv[1]))"
    ended = subprocess.run([sys.executable, "-c", code, accepted], capture_output=True, timeout=30, check=True)
    assert ended.stdout == accepted.encode("utf-8", "surrogateescape")


def test_a_refusal_says_what_and_why() -> None:
    with pytest.raises(UsageError, match=r"the branch '--upload-pack=x' begins with '-'"):
        operand("--upload-pack=x", what="branch")
    with pytest.raises(UsageError, match="is empty"):
        operand("")
    with pytest.raises(UsageError, match="line break or a NUL"):
        operand("a\0b")
