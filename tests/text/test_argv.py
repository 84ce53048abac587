from __future__ import annotations

import re
import subprocess
import sys

import pytest

from ci_mediagen.errors import UsageError
from ci_mediagen.text.argv import END_OF_OPTIONS, operand, operands
from ci_mediagen.text.corpus import CORPUS

REFUSED = {name for name, text in CORPUS.items() if text == "" or text.startswith("-") or re.search("[\0\n\r]", text)}
CHANGED_BY_SHELLS = [
    name
    for name in CORPUS
    if name.startswith(("arguments:", "templates: shell", "unicode: hi")) and name not in REFUSED
]


@pytest.mark.parametrize("name", sorted(set(CORPUS) - REFUSED))
def test_a_text_that_can_be_an_operand_stays_as_it_is(name: str) -> None:
    assert operands(CORPUS[name]) == [END_OF_OPTIONS, CORPUS[name]]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_text_that_cannot_be_an_operand_is_refused_in_readable_words(name: str) -> None:
    with pytest.raises(UsageError, match="the branch ") as caught:
        operands("main", CORPUS[name], what="branch")
    assert not re.search("[\x00-\x1f]", caught.value.message)


@pytest.mark.parametrize("name", CHANGED_BY_SHELLS)
def test_what_is_accepted_reaches_a_program_unchanged(name: str) -> None:
    code = "import os, sys; sys.stdout.buffer.write(os.fsencode(sys.argv[1]))"
    ended = subprocess.run(
        [sys.executable, "-c", code, operand(CORPUS[name])], capture_output=True, timeout=30, check=True
    )
    assert ended.stdout == CORPUS[name].encode()


def test_a_refusal_says_what_and_why() -> None:
    with pytest.raises(UsageError, match=r"the branch '--upload-pack=x' begins with '-'"):
        operand("--upload-pack=x", what="branch")
    with pytest.raises(UsageError, match="is empty"):
        operand("")
    with pytest.raises(UsageError, match="line break or a NUL"):
        operand("a\0b")
