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
    blocks = [(box.text, _inks(box)) for box in page.walk() if box.runs]
    for number, (text, mine) in enumerate(blocks):
        for other, theirs in blocks[number + 1 :]:
            if any(mine_at.overlaps(other_at) for mine_at in mine for other_at in theirs):
                yield f"{_quoted(text)} lies over {_quoted(other)}"


def break_lines(text: str, page: Box) -> tuple[str, ...]:
    """The text as the engine broke it, wherever it lies on the page; one line where that cannot be told."""
    at = [0, *_breaks(text, page), len(text)]
    return tuple(line for line in (text[start:end].strip(" \u200b") for start, end in itertools.pairwise(at)) if line)


def find_text(text: str, page: Box) -> Box | None:
    """The box that holds exactly this text, whatever order its pieces are drawn in."""
    letters = sorted(text.replace(" ", ""))
    return next((box for box in page.walk() if box.runs and sorted(box.text.replace(" ", "")) == letters), None)


def breaks_word(text: str, page: Box) -> bool:
    """Whether a line of the text ends within a word: Chinese, Japanese and scripts without spaces may break anywhere."""
    return any(_in_word(text[at - 1]) and _in_word(text[at]) for at in _breaks(text, page))


def _inks(box: Box) -> list[Area]:
    """About where the letters of each run are. Fonts of scripts with marks claim more height than lines of them are apart."""
    pitch = box.height / (1 + len(_line_starts(box)))
    return [_ink(run, pitch) for run in box.runs if run.text.strip()]


def _ink(run: Run, pitch: float) -> Area:
    spare = (run.height - min(INK * run.height, max(pitch, 1.0))) / 2
    return Area(run.x, run.y + spare, run.x + run.width - _hanging(run), run.y + run.height - spare)


def _misplaced(box: Box, around: tuple[Box, ...], area: Area) -> Iterator[str]:
    if box.runs:
        shown = _quoted(box.text)
        inks = _inks(box)
        outside = next((at for at in inks if not at.within(area)), None)
        if outside is not None:
            at = f"{outside.left:.0f},{outside.top:.0f} to {outside.right:.0f},{outside.bottom:.0f}"
            yield f"{shown} leaves the safe area ({at})"
        too_wide = any(run.width - _hanging(run) > box.width + TOLERANCE for run in box.runs)
        too_high = any((at.top + at.bottom) / 2 > box.y + box.height for at in inks)
        if too_wide or too_high:
            yield f"{shown} does not fit in its box ({box.width:.0f}x{box.height:.0f})"
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
    """Offsets in the text where lines begin, but for the first."""
    box = find_text(text, page)
    return _line_starts(box) if box is not None and len(box.text) == len(text) else []


def _line_starts(box: Box) -> list[int]:
    """Offsets in a box's text where lines begin, but for the first.

    Runs come line by line, from left to right within each: a run that begins left of the last one's end begins a line. The
    characters of each line are as many of the text's next ones, whatever order they are drawn in.
    """
    found: list[int] = []
    count, end = 0, float("-inf")
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
    return character.isalnum() and (character < "\u0e4f" or "\uac00" <= character <= "\ud7a3")


def _quoted(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= 40 else f"{text[:39]}\u2026")
