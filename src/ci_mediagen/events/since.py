"""`--since`: a time span, a date, or a revision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_UNITS = {"h": 3600, "d": 86_400, "w": 7 * 86_400, "m": 30 * 86_400, "y": 365 * 86_400}
_WORDS = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
_SPAN = re.compile(r"(?P<count>[1-9]\d{0,3})\s?(?P<unit>[hdwmy])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Since:
    """Either an instant or a revision, and how to say it: `7 days`, `14 November 2026`, `v2.3.0`."""

    instant: float | None
    """Seconds since the epoch."""
    revision: str | None
    words: str

    @property
    def spans(self) -> bool:
        """It is a span that ends now: `in 7 days`, not `since v2.3.0`."""
        return self.words[:1].isdigit() and self.revision is None and not self.words.endswith(tuple("0123456789"))


def parse_since(text: str, now: float) -> Since:
    """`7d`, `2w`, `12h`, `3m` (30 days each), `1y`; `2026-11-14`, `2026-11-14T08:00Z`; else a tag or revision.

    A date without a zone is UTC. Never raises: whether a revision exists is for the repository to say.
    """
    text = text.strip()
    if match := _SPAN.fullmatch(text):
        count, unit = int(match["count"]), match["unit"].lower()
        return Since(now - count * _UNITS[unit], None, f"{count} {_WORDS[unit]}{'s' if count > 1 else ''}")
    if re.match(r"\d{4}-\d{2}-\d{2}", text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return Since(None, text, text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Since(moment.timestamp(), None, f"{moment.day} {moment:%B %Y}")
    return Since(None, text, text)
