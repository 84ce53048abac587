"""What a person sees on stderr: plain lines, GitHub's groups, a live display; each safe whatever the text says."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator

import pytest

from ci_mediagen.cli import screen as screens
from ci_mediagen.cli.screen import GitHub, Plain, Terminal, answer_json, describe, screen
from ci_mediagen.model.media import Artifact, MediaFile
from ci_mediagen.model.outcome import Failed, Generated, Reused, Skipped
from ci_mediagen.model.progress import Progress
from ci_mediagen.text.corpus import CORPUS

SECRET = "s3cr3t-of-the-customer"
CARD = Artifact("k", (MediaFile("main", "card.png", "image/png", "0" * 64, 81_234, 1200, 630),), 1.24)
CLIP = Artifact("k", (MediaFile("main", "promo.mp4", "video/mp4", "0" * 64, 2_345_678, 1920, 1080, 8.0),), 9.0)


class Screen(io.StringIO):
    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FOO_TOKEN", SECRET)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    screens._redactor.cache_clear()
    yield
    screens._redactor.cache_clear()


def tell(progress: Progress, text: str) -> None:
    """Everything that can be told, with this text in it."""
    with progress.group(text):
        progress.note(text)
        progress.warn(text)
        progress.task_progress("card", 0.5, text)
        progress.task_done(Failed("card", "k", text))


@pytest.mark.parametrize(
    ("environ", "terminal", "kind"),
    [
        ({}, False, Plain),
        ({"TERM": "dumb"}, True, Plain),
        ({"GITHUB_ACTIONS": "true"}, False, GitHub),
        ({"GITHUB_ACTIONS": "true"}, True, GitHub),
        ({"GITHUB_ACTIONS": "false"}, False, Plain),
        ({"TERM": "xterm"}, True, Terminal),
    ],
)
def test_the_display_suits_where_it_is_shown(environ: dict[str, str], terminal: bool, kind: type) -> None:
    with screen(environ, Screen(terminal=terminal)) as progress:
        assert type(progress) is kind


def test_plain_lines_tell_what_was_decided_and_made() -> None:
    stream = Screen()
    with screen({}, stream) as progress:
        with progress.group("Making"):
            progress.note("template: feature")
            progress.task_progress("card", 0.5)
            progress.task_done(Generated("card", "k", CARD))
        progress.warn("history was not read whole")
    assert stream.getvalue().splitlines() == [
        "Making",
        "  template: feature",
        "  card: made in 1.2 s (1200x630, 81 kB)",
        "  warning: history was not read whole",
    ]


def test_github_gets_groups_and_annotations() -> None:
    stream = Screen()
    with screen({"GITHUB_ACTIONS": "true"}, stream) as progress, progress.group("Making"):
        progress.note("a note")
        progress.warn("two\nlines, 100%")
        progress.task_done(Failed("card", "k", "no memory"))
    assert stream.getvalue().splitlines() == [
        "::group::Making",
        "  a note",
        "::warning title=ci-mediagen::two%0Alines, 100%25",
        "  card: FAILED: no memory",
        "::warning title=ci-mediagen::card: no memory",
        "::endgroup::",
    ]


def test_a_group_is_closed_also_where_something_failed() -> None:
    stream = Screen()
    with (
        contextlib.suppress(ZeroDivisionError),
        screen({"GITHUB_ACTIONS": "true"}, stream) as progress,
        progress.group("Making"),
    ):
        raise ZeroDivisionError
    assert stream.getvalue().splitlines() == ["::group::Making", "::endgroup::"]


def test_a_terminal_shows_bars_while_it_runs_and_keeps_only_the_lines() -> None:
    stream = Screen(terminal=True)
    with screen({"TERM": "xterm"}, stream) as progress, progress.group("Making"):
        for done in (0.0, 0.5, 1.0):
            progress.task_progress("card", done)
        progress.task_done(Generated("card", "k", CARD))
        progress.task_done(Failed("promo", "k", "no memory"))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", shown) if line.strip()]
    assert "Making" in lines
    assert "  card: made in 1.2 s (1200x630, 81 kB)" in lines
    assert "  promo: FAILED: no memory" in lines


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Generated("promo", "k", CLIP), "promo: made in 9.0 s (1920x1080, 8.0 s, 2.3 MB)"),
        (Reused("card", "k", CARD), "card: reused (1200x630, 81 kB)"),
        (Skipped("clip", "k", "no backend"), "clip: skipped: no backend"),
        (Failed("clip", "k", "why"), "clip: FAILED: why"),
    ],
)
def test_an_outcome_is_one_line(outcome: Generated | Reused | Skipped | Failed, told: str) -> None:
    assert describe(outcome) == told


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "true"}, {"TERM": "xterm"}], ids=["plain", "github", "tty"])
@pytest.mark.parametrize("name", CORPUS)
def test_no_text_is_a_command_or_moves_the_cursor(name: str, environ: dict[str, str]) -> None:
    stream = Screen(terminal="TERM" in environ)
    with screen(environ, stream) as progress:
        tell(progress, CORPUS[name])
    told = stream.getvalue()
    if "TERM" in environ:
        told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", told)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", told)
    for line in told.splitlines():
        if re.match(r"[\s\u200b-\u200f\u2060\ufeff]*:[\u200c-\u200f]*:", line):
            assert re.match(r"::(group|endgroup|warning title=ci-mediagen)::", line)
        else:
            assert not re.search("#[\u200c-\u200f]*#[\u200c-\u200f]*[A-Za-z.]*\\[", line)


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "true"}, {"TERM": "xterm"}], ids=["plain", "github", "tty"])
def test_no_secret_is_shown(environ: dict[str, str]) -> None:
    stream = Screen(terminal="TERM" in environ)
    with screen(environ, stream) as progress:
        tell(progress, f"the token is {SECRET}, and xoxb-1111-2222-abcdefSECRET")
    assert SECRET not in stream.getvalue()
    assert "abcdefSECRET" not in stream.getvalue()
    assert "***" in stream.getvalue()


@pytest.mark.parametrize("name", CORPUS)
def test_an_answer_for_machines_holds_every_text_and_no_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = CORPUS[name].encode("utf-8", "replace").decode()
    answer_json({"headline": text})
    told = capsys.readouterr().out
    assert json.loads(told) == {"headline": text}
    for line in told.splitlines():
        assert not re.search("#[\u200c-\u200f]*#", line)
        assert not line.lstrip().startswith("::")
