"""Time spans, dates and revisions."""

from __future__ import annotations

import pytest

from ci_mediagen.events.since import parse_since

NOW = 1_795_248_000.0


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        ("7d", 7 * 86_400, "7 days"),
        ("1d", 86_400, "1 day"),
        ("2w", 14 * 86_400, "2 weeks"),
        ("12H", 43_200, "12 hours"),
        ("3m", 90 * 86_400, "3 months"),
    ],
)
def test_a_span_ends_now(text: str, seconds: int, words: str):
    found = parse_since(text, NOW)
    assert (found.instant, found.revision, found.words, found.spans) == (NOW - seconds, None, words, True)


def test_a_date_is_utc_unless_it_says_otherwise():
    assert parse_since("2026-11-14", NOW).instant == 1_794_614_400
    assert parse_since("2026-11-14T08:00:00+08:00", NOW).instant == 1_794_614_400
    assert parse_since("2026-11-14", NOW).words == "14 November 2026"
    assert not parse_since("2026-11-14", NOW).spans


@pytest.mark.parametrize("text", ["v2.3.0", "0d", "-7d", "7x", "2026-13-40", "HEAD~3", ""])
def test_anything_else_is_a_revision(text: str):
    found = parse_since(text, NOW)
    assert (found.instant, found.revision, found.spans) == (None, text, False)
