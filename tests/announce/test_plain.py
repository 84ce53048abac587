from __future__ import annotations

from pathlib import Path

import pytest

from ci_mediagen.announce.plain import Plain, lines
from ci_mediagen.model.manifest import Told
from ci_mediagen.text.corpus import CORPUS
from tests.support.announcements import announcement, change


def test_it_tells_headline_bullets_context_and_links(tmp_path: Path) -> None:
    written: list[str] = []
    assert Plain(written.append).announce(announcement(tmp_path)) == Told("plain", "sent")
    assert written == [
        "Aurora Studio 2.4 - Dark mode, 3x faster search",
        "  - Dark mode",
        "  - 3x faster search",
        "  - Export to CSV",
        "  12 changes, 5 people",
        "  Watch: https://media.acme.dev/promo/promo.mp4",
        "  Release notes: https://github.com/acme/aurora/releases/tag/v2.4.0",
        "  Gallery: https://media.acme.dev/promo/index.html",
    ]
    assert Plain(written.append).check() == ()


def test_it_says_why_history_is_not_whole_and_why_nothing_was_made(tmp_path: Path) -> None:
    partly = change(complete=False, incomplete_reason="the clone is shallow", release=None)
    told = lines(announcement(tmp_path, files=(), links=(), change=partly, reasons=("docs are skipped",)))
    assert "  history was not read whole: the clone is shallow" in told
    assert told[-1] == "  docs are skipped"


def test_a_reason_that_the_context_gives_is_not_said_twice(tmp_path: Path) -> None:
    partly = change(complete=False, incomplete_reason="the clone is shallow")
    told = lines(announcement(tmp_path, change=partly, context="at least 1 change (the clone is shallow)"))
    assert sum("shallow" in line for line in told) == 1
    unexplained = lines(announcement(tmp_path, change=change(complete=False), context=""))
    assert "  history was not read whole: part of it is missing" in unexplained


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_is_a_command_of_a_log(tmp_path: Path, name: str) -> None:
    nasty = CORPUS[name]
    partly = change(complete=False, incomplete_reason=nasty)
    for line in lines(
        announcement(
            tmp_path,
            title=nasty,
            project=nasty,
            bullets=(nasty,),
            context=nasty,
            files=(),
            reasons=(nasty,),
            change=partly,
        )
    ):
        assert len(line.splitlines()) <= 1
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "\x1b" not in line
