"""What a measured layout does to its texts: where they break into lines, and what is wrong with where they lie."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from ci_mediagen.backends.compositor.drawing import Box, Run

TOLERANCE = 1.0
"""CSS pixels by which a box may lie outside of another: measures are rounded to whole ones."""
INK = 0.72
"""Of a line's height what its letters cover: the rest is room that neighbours may share."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where text may stand: CSS pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Area) -> bool:
        return (
            min(self.right, other.right) - max(self.left, other.left) > TOLERANCE
            and min(self.bottom, other.bottom) - max(self.top, other.top) > TOLERANCE
        )

    def within(self, outer: Area) -> bool:
        return (
            self.left >= outer.left - TOLERANCE
            and self.top >= outer.top - TOLERANCE
            and self.right <= outer.right + TOLERANCE
            and self.bottom <= outer.bottom + TOLERANCE
        )


def problems(page: Box, area: Area) -> Iterator[str]:
    """Texts that are cut, lie outside of the safe area or of the boxes around them, or over each other."""
    yield from _misplaced(page, (), area)
    blocks = [(box.text, [ink(run) for run in box.runs if run.text.strip()]) for box in page.walk() if box.runs]
    for number, (text, mine) in enumerate(blocks):
        for other, theirs in blocks[number + 1 :]:
            if any(mine_at.overlaps(other_at) for mine_at in mine for other_at in theirs):
                yield f"{_quoted(text)} lies over {_quoted(other)}"


def break_lines(text: str, page: Box) -> tuple[str, ...]:
    """The text as the engine broke it, wherever it lies on the page; one line where that cannot be told."""
    at = [0, *_breaks(text, page), len(text)]
    return tuple(line for line in (text[start:end].strip() for start, end in itertools.pairwise(at)) if line)


def breaks_word(text: str, page: Box) -> bool:
    """Whether a line of the text ends within a word, in scripts that put spaces between words."""
    return any(_in_word(text[at - 1]) and _in_word(text[at]) for at in _breaks(text, page))


def ink(run: Run) -> Area:
    """About where a run's letters are."""
    spare = (1 - INK) / 2 * run.height
    return Area(run.x, run.y + spare, run.x + run.width - _hanging(run), run.y + run.height - spare)


def _misplaced(box: Box, around: tuple[Box, ...], area: Area) -> Iterator[str]:
    if box.runs:
        shown = _quoted(box.text)
        for run in box.runs:
            at = ink(run)
            if run.text.strip() and not at.within(area):
                yield f"{shown} leaves the safe area ({at.left:.0f},{at.top:.0f} to {at.right:.0f},{at.bottom:.0f})"
                break
            too_wide = run.width - _hanging(run) > box.width + TOLERANCE
            if too_wide or at.bottom > box.y + box.height + (1 - INK) * run.height + TOLERANCE:
                yield f"{shown} does not fit in its box ({box.width:.0f}x{box.height:.0f})"
                break
        mine = _bounds(box)
        for parent in around:
            if not mine.within(_bounds(parent)):
                yield f"{shown} leaves the box around it ({parent.width:.0f}x{parent.height:.0f})"
                break
    for child in box.children:
        yield from _misplaced(child, (*around, box), area)


def _bounds(box: Box) -> Area:
    return Area(box.x, box.y, box.x + box.width, box.y + box.height)


def _breaks(text: str, page: Box) -> list[int]:
    """Offsets in the text where lines begin, but for the first.

    Runs come line by line, from left to right within each: a run that begins left of the last one's end begins a line. The
    characters of each line are as many of the text's next ones, whatever order they are drawn in.
    """
    letters = sorted(text.replace(" ", ""))
    box = next((box for box in page.walk() if box.runs and sorted(box.text.replace(" ", "")) == letters), None)
    if box is None or len(box.text) != len(text):
        return []
    found, count, end = [], 0, float("-inf")
    for run in box.runs:
        if count and run.x < end - TOLERANCE:
            found.append(count)
        count += len(run.text)
        end = run.x + run.width
    return found


def _hanging(run: Run) -> float:
    """Width of the spaces at a run's end, which may hang over its line's."""
    spaces = len(run.text) - len(run.text.rstrip(" "))
    return spaces * run.width / len(run.text) if spaces else 0.0


def _in_word(character: str) -> bool:
    return character.isalnum() and character < "\u0e00"


def _quoted(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= 40 else f"{text[:39]}\u2026")
