from __future__ import annotations

import json
import re

import pytest

from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.log import MAX_LINE, command, log_block, log_json, log_line

IGNORED_BY_DOTNET = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def commands(log: str) -> list[str]:
    """The lines in which GitHub's, Azure's or TeamCity's runner finds a command, read as tolerantly as any of them does."""
    lines = re.split(r"[\r\n\v\f\x85\u2028\u2029]", log)
    found = []
    for line in lines:
        seen = IGNORED_BY_DOTNET.sub("", line).strip()
        if seen.startswith("::") or re.search(r"##[A-Za-z.]*\[", seen):
            found.append(line)
    return found


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_is_a_command_or_moves_the_cursor(name: str) -> None:
    for log in (log_line(CORPUS[name]), log_block(CORPUS[name])):
        assert commands(log) == []
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", log)
    assert "\n" not in log_line(CORPUS[name])
    assert len(log_line(CORPUS[name])) <= MAX_LINE + 2


@pytest.mark.parametrize(
    "text", ["std::vector<int>", "a :: b", "C:\\x", "## heading", "#1 [x]", "  indented", "a # # [b]"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert log_line(text) == text


def test_a_disarmed_command_can_still_be_read() -> None:
    assert log_line("::error::x") == ": :error::x"
    assert log_line("a ##[add-path]/x") == "a ## [add-path]/x"


def test_a_block_keeps_its_lines() -> None:
    assert log_block("a\n  b\r\n::error::c") == "a\n  b\n: :error::c"


def test_json_means_the_same_without_a_command_in_it() -> None:
    for text in ("##[add-mask]x", "#\u200c#[add-mask]x", "###[group]", "\\##[group]", "# one"):
        document = log_json(json.dumps({"a": text}, ensure_ascii=False))
        assert json.loads(document) == {"a": text}
        assert not re.search("#[\u200c-\u200f]*#", document)


def test_a_command_of_ours_carries_any_text() -> None:
    assert command("group", "A title") == "::group::A title"
    assert command("warning", "100% bad\nsecond", title="a,b:c", line=3) == (
        "::warning title=a%2Cb%3Ac,line=3::100%25 bad%0Asecond"
    )
    assert command("endgroup") == "::endgroup::"


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_breaks_out_of_a_command_of_ours(name: str) -> None:
    line = command("warning", CORPUS[name], title=CORPUS[name])
    assert len(line.splitlines()) == 1
    found = re.fullmatch(r"::warning title=([^:,]*)::(.*)", line)
    assert found
    assert not re.search("%(?!25|0A|3A|2C)", line)


@pytest.mark.parametrize("bad", ["", "Error", "a b", "x::y", "a\n"])
def test_a_command_has_a_name_of_ours(bad: str) -> None:
    with pytest.raises(ValueError, match="not a workflow command"):
        command(bad)
    with pytest.raises(ValueError, match="not a workflow command"):
        command("warning", "x", **{"a=b": "c"})
