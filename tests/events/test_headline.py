"""Headlines fit for people."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.events.headline import HEADLINE_LIMIT, branch_headline, headline
from ci_mediagen.text.corpus import CORPUS


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("feat: dark mode", "Dark mode"),
        ("feat(ui)!: dark mode", "Dark mode"),
        ("Fix: Crash on start.", "Crash on start"),
        ("fix:crash", "Crash"),
        ("feat(ui): ABC-123 dark mode (#12)", "Dark mode"),
        ("ABC-123: feat: dark mode", "Dark mode"),
        ("[ABC-123] Dark mode", "Dark mode"),
        ("[ABC-123, ABC-124] Dark mode", "Dark mode"),
        ("ABC-123 Dark mode", "Dark mode"),
        ("Dark mode (ABC-123)", "Dark mode"),
        ("Dark mode [ABC-123] (#4)", "Dark mode"),
        ("Dark mode (#12) (#13)", "Dark mode"),
        ("Dark mode (!12)", "Dark mode"),
        ("Dark mode, closes #12", "Dark mode"),
        ("Dark mode (fixes #12, #13)", "Dark mode"),
        ("#12: Dark mode", "Dark mode"),
        (":sparkles: add dark mode", "Add dark mode"),
        (":sparkles: feat(ui): dark mode", "Dark mode"),
        ("✨ feat: dark mode", "Dark mode"),
        ("🎉 We are live", "🎉 We are live"),
        ("Dark mode [skip ci]", "Dark mode"),
        ("feat: dark mode [skip media]", "Dark mode"),
        ("[fix] crash", "Crash"),
        ("chore(deps): bump x from 1 to 2", "Bump x from 1 to 2"),
        ("ui(button): rounder corners", "Rounder corners"),
        # what must stay
        ("UTF-8 file names", "UTF-8 file names"),
        ("SHA-256 everywhere", "SHA-256 everywhere"),
        ("Support GTK (gtk-3)", "Support GTK (gtk-3)"),
        ("README: say what it does", "README: say what it does"),
        ("http://example.com is down", "http://example.com is down"),
        ("iOS support", "iOS support"),
        ("npm 12 is supported", "npm 12 is supported"),
        ("`foo_bar` takes a path", "foo_bar takes a path"),
        ("foo.bar() is faster", "foo.bar() is faster"),
        ("foo_bar is faster", "foo_bar is faster"),
        ("éclair recipes", "éclair recipes"),
        ("wait for it...", "Wait for it..."),
        ("Fix #12", "Fix #12"),
        ("feat:", "Feat:"),
        ("新增深色模式。", "新增深色模式"),
        ("feat(界面): 深色模式 (#3)", "深色模式"),
        ("fix: إصلاح العطل", "إصلاح العطل"),
        ("what's new", "What's new"),
    ],
)
def test_a_title_loses_what_is_for_machines_and_keeps_what_is_for_people(title: str, told: str):
    assert headline(title) == told


@pytest.mark.parametrize(
    ("branch", "told"),
    [
        ("ada/dark-mode", "Dark mode"),
        ("feature/ABC-12-dark_mode", "Dark mode"),
        ("main", "Main"),
        ("fix/123-crash", "Crash"),
        ("---", "---"),
    ],
)
def test_a_branch_name_reads_as_words(branch: str, told: str):
    assert branch_headline(branch) == told


def _is_harmless(text: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


@given(st.text(max_size=300) | st.text(alphabet="feat(): !#123ABC-[]`.:\n ", max_size=60))
def test_any_text_gives_one_harmless_line_that_is_empty_only_if_the_text_shows_nothing(text: str):
    told = headline(text)
    assert _is_harmless(told)
    assert len(told) <= HEADLINE_LIMIT
    assert told or not any(
        character.isprintable() and not character.isspace() and ord(character) < 0x2000 for character in text
    )
    told.encode()


@given(st.text(max_size=200))
def test_any_branch_name_gives_one_harmless_line(text: str):
    assert _is_harmless(branch_headline(text))


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS.keys())
def test_nasty_strings_become_one_harmless_line(text: str):
    told = headline(text)
    assert _is_harmless(told)
    assert "\n" not in told
