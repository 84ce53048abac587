"""Messages taken apart: conventional commits, merges of the forges, plain words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.events.conventional import asks_to_skip, parse, parse_header, promo_line, promo_vote, split_footers
from ci_mediagen.text.corpus import CORPUS


@pytest.mark.parametrize(
    ("title", "kind", "scope", "breaking", "conventional"),
    [
        ("feat: dark mode", "feat", None, False, True),
        ("feat(ui): dark mode", "feat", "ui", False, True),
        ("feat(ui)!: dark mode", "feat", "ui", True, True),
        ("feat!: dark mode", "feat", None, True, True),
        ("Feature: dark mode", "feat", None, False, True),
        ("FIX(core): x", "fix", "core", False, True),
        ("bugfix: x", "fix", None, False, True),
        ("chore(deps): bump x", "chore", "deps", False, True),
        ("deps: bump x", "deps", None, False, True),
        ("sec: close the hole", "security", None, False, True),
        ("breaking: drop Python 3.9", "feat", None, True, True),
        ("✨ feat: x", "feat", None, False, True),
        (":bug: fix(api): x", "fix", "api", False, True),
        ("ui(button): x", "ui", "button", False, True),
        ("magic(wand)!: x", "magic", "wand", True, True),
        ("feat(): x", "feat", None, False, True),
        ("revert: feat: dark mode", "revert", None, False, True),
        # plain words
        ("Add dark mode", "feat", None, False, False),
        ("Introduces a dark mode", "feat", None, False, False),
        ("Support dark mode", "feat", None, False, False),
        ("Fix crash", "fix", None, False, False),
        ("Fixed a crash", "fix", None, False, False),
        ("Don't crash", "fix", None, False, False),
        ("Bump lodash from 4.17.20 to 4.17.21", "deps", None, False, False),
        ("Update dependency react to v19", "deps", None, False, False),
        ("Upgrade Django to 6.0", "deps", None, False, False),
        ('Revert "Add dark mode"', "revert", None, False, False),
        ("Speed up start", "perf", None, False, False),
        ("Make search 3x faster", "perf", None, False, False),
        ("Reduce memory use", "perf", None, False, False),
        ("Fix typo in README", "docs", None, False, False),
        ("Update README.md", "docs", None, False, False),
        ("Add tests for the parser", "test", None, False, False),
        ("Fix flaky test", "test", None, False, False),
        ("Fix CI", "ci", None, False, False),
        ("Refactor the parser", "refactor", None, False, False),
        ("Release 2.4.0", "chore", None, False, False),
        ("v2.4.0", "chore", None, False, False),
        ("Fix XSS in comments (CVE-2026-1234)", "security", None, False, False),
        ("新增深色模式", "feat", None, False, False),
        ("修复崩溃", "fix", None, False, False),
        ("Dark mode", None, None, False, False),
        ("README: say more", "docs", None, False, False),
        ("http://example.com", None, None, False, False),
        ("fix://example.com", None, None, False, False),
        ("feat", None, None, False, False),
        ("", None, None, False, False),
    ],
)
def test_a_title_has_a_type_as_written_or_as_recognised(
    title: str, kind: str | None, scope: str | None, breaking: bool, conventional: bool
):
    header = parse_header(title)
    assert (header.type, header.scope, header.breaking, header.conventional) == (kind, scope, breaking, conventional)


def test_footers_are_read_also_where_breaking_change_shares_the_block():
    message = parse(
        "feat(api): new paging\n\nThe cursor is opaque now.\n\nNote the example:\n  x: y\n\n"
        "Reviewed-by: Grace Hopper\nBREAKING CHANGE: page numbers are gone,\n use cursors\nRefs #12\n"
        "Co-authored-by: Grace Hopper <grace@example.com>\nco-authored-by: Linus <linus@example.com>\n"
    )
    assert message.breaking
    assert message.footers == (
        ("Reviewed-by", "Grace Hopper"),
        ("BREAKING CHANGE", "page numbers are gone, use cursors"),
        ("Refs", "#12"),
        ("Co-authored-by", "Grace Hopper <grace@example.com>"),
        ("co-authored-by", "Linus <linus@example.com>"),
    )
    assert [one.email for one in message.co_authors] == ["grace@example.com", "linus@example.com"]
    assert message.body == "The cursor is opaque now.\n\nNote the example:\n  x: y"


def test_footers_may_stand_in_several_last_paragraphs():
    body, footers = split_footers("\nWhy.\n\nBREAKING-CHANGE: gone\n\nSigned-off-by: Ada <a@b>\n")
    assert body == "Why."
    assert footers == (("BREAKING CHANGE", "gone"), ("Signed-off-by", "Ada <a@b>"))


def test_breaking_change_in_the_middle_of_a_body_counts_and_in_a_code_block_does_not():
    assert parse("feat: x\n\nBREAKING CHANGE: y\nmore\n\nAnd then some prose.").breaking
    assert not parse("docs: x\n\n```\nBREAKING CHANGE: an example\n```\n\nProse.").breaking
    assert not parse("feat: x\n\nThis is no BREAKING CHANGE: really.").breaking


@pytest.mark.parametrize(
    ("message", "title", "number", "told"),
    [
        ("Merge pull request #12 from ada/dark-mode\n\nfeat: dark mode", "feat: dark mode", 12, "Dark mode"),
        ("Merge pull request #12 from ada/dark-mode\n", "ada/dark-mode", 12, "Dark mode"),
        ("feat: dark mode (#12)\n\n* wip\n* more", "feat: dark mode (#12)", 12, "Dark mode"),
        (
            "Merge branch 'dark' into 'main'\n\nfeat: dark mode\n\nSee merge request acme/aurora!9",
            "feat: dark mode",
            9,
            "Dark mode",
        ),
        ("Merged in dark (pull request #3)\n\nfeat: dark mode", "feat: dark mode", 3, "Dark mode"),
        ("Merged PR 77: feat: dark mode", "feat: dark mode", 77, "Dark mode"),
        ("Merge branch 'feature/dark-mode'", "feature/dark-mode", None, "Dark mode"),
        ("Merge remote-tracking branch 'origin/main' into x", "origin/main", None, "Main"),
        ("Dark mode", "Dark mode", None, "Dark mode"),
    ],
)
def test_merges_of_the_forges_are_told_by_the_pull_request_s_title(
    message: str, title: str, number: int | None, told: str
):
    parsed = parse(message)
    assert (parsed.title, parsed.pull_request, parsed.headline) == (title, number, told)


def test_a_revert_is_known_by_its_body_too():
    assert parse("Take dark mode back\n\nThis reverts commit 0123456789abcdef.").type == "revert"


@pytest.mark.parametrize(
    ("body", "line", "vote"),
    [
        ("promo: Your eyes will thank you", "Your eyes will thank you", None),
        ("Text.\r\n\r\nPromo:  **Dark** mode\r\n", "Dark mode", None),
        ("**promo:** Dark mode", "Dark mode", None),
        ("promo: no", None, False),
        ("Promo: Yes.", None, True),
        ("<!-- promo: write a headline here -->", None, None),
        ("<!-- open comment\npromo: hidden", None, None),
        ("```\npromo: in code\n```", None, None),
        ("promo:", None, None),
        ("no promotion", None, None),
        ("see promo: not at the start", None, None),
    ],
)
def test_a_promo_line_is_read_where_people_see_it(body: str, line: str | None, vote: bool | None):
    assert promo_line(body) == line
    assert promo_vote(body) == vote


def test_skip_media_is_read_in_any_case():
    assert asks_to_skip("feat: x [Skip Media]")
    assert not asks_to_skip("feat: skip media", "")


@given(st.text(max_size=600) | st.text(alphabet="Bf:!()#\n -<>@BREAKINGCHANGEcoauthoredby", max_size=300))
def test_any_message_is_taken_apart_without_an_error_and_without_controls(text: str):
    message = parse(text)
    for part in (message.subject, message.headline, message.scope or "", *(value for _, value in message.footers)):
        assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in part)
        part.encode()
    assert "\n" not in message.subject


@given(st.text(max_size=300))
def test_any_body_has_a_promo_line_or_none(text: str):
    line = promo_line(text)
    assert line is None or line.strip()


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS.keys())
def test_nasty_strings_are_taken_apart(text: str):
    parse(f"feat: {text}\n\n{text}\n\nCo-authored-by: {text}").headline.encode()


@pytest.mark.parametrize(
    "text",
    ["(" * 20_000, "feat" * 20_000, "a(" * 10_000, ":x" * 10_000, "`" * 20_000, "A-1 " * 10_000, " \n" * 20_000,
     "BREAKING CHANGE" * 2000, "<!--" * 5000, "```\n" * 5000, "[" * 20_000, "fix #1 " * 5000, "x: y\n\n" * 5000, "1." * 10_000],
)  # fmt: skip
def test_no_message_is_slow(text: str):
    """Nothing in the patterns is worse than linear, or near it: two seconds are a hundred times what is needed."""
    started = time.process_time()
    parse(text)
    parse(f"x\n\n{text}")
    promo_line(text)
    assert time.process_time() - started < 2
