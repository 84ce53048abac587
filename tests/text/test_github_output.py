from __future__ import annotations

from pathlib import Path

import pytest

from ci_mediagen.text.clean import clean
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.github_output import MAX_VALUE, entry
from tests.support.github_files import read_outputs


@pytest.mark.parametrize("name", CORPUS)
def test_every_text_of_the_corpus_comes_back_as_one_output(tmp_path: Path, name: str) -> None:
    path = tmp_path / "output"
    path.write_text(entry("first", CORPUS[name]) + entry("second", "x"), encoding="utf-8")
    assert read_outputs(path) == {"first": clean(CORPUS[name], newlines=True), "second": "x"}


def test_the_delimiter_is_another_each_time() -> None:
    assert entry("a", "x").splitlines()[0] != entry("a", "x").splitlines()[0]


def test_a_value_is_bounded() -> None:
    assert len(entry("a", "x" * (MAX_VALUE + 100))) < MAX_VALUE + 200


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a<<b", "1a", "a\nb", "ä"])
def test_a_name_that_github_refuses_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of an output"):
        entry(name, "x")
