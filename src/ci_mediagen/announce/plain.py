"""Plain text, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ci_mediagen.announce import shown
from ci_mediagen.announce.interface import Announcement
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.manifest import Told
from ci_mediagen.text.log import log_line


class Plain:
    """Hands over lines one at a time; whoever owns the terminal or log writes them."""

    name = "plain"
    quiet = True

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def announce(self, announcement: Announcement) -> Told:
        for line in lines(announcement):
            self._write(line)
        return Told(self.name, "sent")

    def check(self) -> Sequence[Finding]:
        return ()


def lines(announcement: Announcement) -> tuple[str, ...]:
    """The message as lines of a log, encoded for one."""
    told = [shown.headline(announcement)]
    told += [f"  - {bullet}" for bullet in announcement.bullets]
    told += [f"  {announcement.context}"] if announcement.context else []
    incomplete = shown.incomplete(announcement)
    told += [f"  history was not read whole: {incomplete}"] if incomplete else []
    told += [f"  {action.label}: {action.url}" for action in shown.actions(announcement)]
    if not announcement.files:
        told += [f"  {reason}" for reason in announcement.reasons]
    return tuple(log_line(line) for line in told)
