"""Text always fits: the largest sizes at which everything lies in its place are searched for by measuring.

A layout gives each size as a range (`fit.headline(112, 48)`); the search walks from what looks best to what shows least:
the headline's size, then the lists' size, then fewer list entries, then a headline cut with an ellipsis. Nothing is drawn
that was not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ci_mediagen.backends.compositor.drawing import Box, Run
from ci_mediagen.backends.compositor.texts import Texts
from ci_mediagen.errors import GateError
from ci_mediagen.text.cut import ELLIPSIS, clusters

TOLERANCE = 1.0
"""CSS pixels by which a box may lie outside of another: measures are rounded to whole ones."""
INK = 0.72
"""Of a line's height what its letters cover: the rest is room that neighbours may share."""

_STEPS = 12
"""Of the headline's size between largest and smallest."""
_COMFORT: Mapping[int, float] = {4: 0.50, 3: 0.42, 2: 0.34, 1: 0.25}
"""Number of list entries -> how small the headline may get (0 its smallest, 1 its largest) before one is left out."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a layout sees as `fit`."""

    headline_step: float = 1.0
    """1: the largest size; 0: the smallest."""
    body_step: float = 1.0
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Text -> where it was found to break."""

    def headline(self, largest: float, smallest: float) -> float:
        """Pixels, in steps that look equal."""
        return _between(largest, smallest, self.headline_step)

    def body(self, largest: float, smallest: float) -> float:
        return _between(largest, smallest, self.body_step)


@dataclass(frozen=True, slots=True)
class Area:
    """Where text may stand: CSS pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Fitted:
    texts: Texts
    fit: Fit
    notes: tuple[str, ...]


Measure = Callable[[Texts, Fit], Box]


def fit(texts: Texts, measure: Measure, area: Area) -> Fitted:
    """The texts and sizes that look best of those that fit. Raises GateError where a layout has no room at all."""
    for tight in (False, True):
        start = texts.tightened() if tight else texts
        found = _search(start, measure, area)
        if found is not None:
            clamped = ("shortened names and labels to make room",) if tight else ()
            return Fitted(found.texts, _with_lines(found, measure, area), found.notes + clamped)
    last = texts.tightened().with_bullets(0).with_headline(ELLIPSIS)
    problem = next(iter(problems(measure(last, Fit(0.0, 0.0)), area)), "no room")
    raise GateError(
        f"the layout has no room for its texts: {problem}",
        advice="Give the layout's text blocks more room, or smaller sizes with fit.headline(largest, smallest).",
    )


def _search(texts: Texts, measure: Measure, area: Area) -> Fitted | None:
    def fits(candidate: Texts, trial: Fit, *, whole_words: bool) -> bool:
        box = measure(candidate, trial)
        if next(problems(box, area), None) is not None:
            return False
        return not (whole_words and breaks_word(box, candidate.headline))

    count = len(texts.bullets)
    for shown in range(count, -1, -1):
        candidate = texts.with_bullets(shown)
        left_out = (f"left out {count - shown} of {count} list entries to make room",) if shown < count else ()
        floor = _COMFORT.get(shown, 0.0)
        for body, whole_words in ((1.0, True), (0.0, True), *(((0.0, False),) if shown == 0 else ())):
            lowest = 0.0 if shown == 0 and body == 0.0 else floor
            if not fits(candidate, Fit(lowest, body), whole_words=whole_words):
                continue
            low, high = round(lowest * _STEPS), _STEPS
            lowest_step = lowest * _STEPS
            while low < high:
                middle = (low + high + 1) // 2
                if fits(candidate, Fit(middle / _STEPS, body), whole_words=whole_words):
                    low = middle
                else:
                    high = middle - 1
            step = max(low, lowest_step) / _STEPS
            if not fits(candidate, Fit(step, body), whole_words=whole_words):
                step = lowest
            return Fitted(candidate, Fit(step, body), left_out)
    return _clamped(texts.with_bullets(0), count, lambda candidate: fits(candidate, Fit(0.0, 0.0), whole_words=False))


def _clamped(texts: Texts, bullets: int, fits: Callable[[Texts], bool]) -> Fitted | None:
    """The longest beginning of the headline that fits at the smallest size, with an ellipsis."""
    pieces = list(clusters(texts.headline))
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(texts.with_headline(cut(pieces, middle))):
            low = middle
        else:
            high = middle - 1
    shorter = texts.with_headline(cut(pieces, low))
    if low == 0 or not fits(shorter):
        return None
    left_out = (f"left out {bullets} list entries to make room",) if bullets else ()
    return Fitted(shorter, Fit(0.0, 0.0), (f"cut the headline to {low} of {len(pieces)} characters", *left_out))


def cut(pieces: list[str], count: int) -> str:
    """The first pieces with an ellipsis, not in the middle of a word if one ends near."""
    text = "".join(pieces[:count])
    if count < len(pieces) and pieces[count] != " ":
        head, space, tail = text.rpartition(" ")
        if space and len(tail) <= max(12, count // 8):
            text = head
    return text.rstrip(" ,;:.-\u2013\u2014\u2026\u060c\u3001\u3002") + ELLIPSIS


def _between(largest: float, smallest: float, step: float) -> float:
    size: float = smallest * (largest / smallest) ** step
    return round(2 * size) / 2


# --- what is wrong with a layout -----------------------------------------------------------------------------------


def problems(page: Box, area: Area) -> Iterator[str]:
    """Texts that are cut, lie outside of the safe area or of their boxes, or over each other."""
    placed: list[tuple[str, tuple[float, float, float, float]]] = []
    yield from _outside(page, (), area)
    for box in page.walk():
        if box.runs:
            placed += [(box.text, _ink(run)) for run in box.runs if run.text.strip()]
    yield from _overlapping(page)


def _outside(box: Box, around: tuple[Box, ...], area: Area) -> Iterator[str]:
    if box.runs:
        shown = box.text.strip()[:40]
        for run in box.runs:
            left, top, right, bottom = _ink(run)
            if run.text.strip() and not (
                area.left - TOLERANCE <= left
                and right <= area.right + TOLERANCE
                and area.top - TOLERANCE <= top
                and bottom <= area.bottom + TOLERANCE
            ):
                yield f"{shown!r} leaves the safe area ({left:.0f},{top:.0f} to {right:.0f},{bottom:.0f})"
                break
            if run.width - _trailing(run) > box.width + TOLERANCE or bottom > box.y + box.height + TOLERANCE + (
                (1 - INK) * run.height
            ):
                yield f"{shown!r} does not fit in its box ({box.width:.0f}x{box.height:.0f})"
                break
        for parent in around:
            if not _inside(box, parent):
                yield f"{shown!r} leaves the box around it ({parent.width:.0f}x{parent.height:.0f})"
                break
    for child in box.children:
        yield from _outside(child, (*around, box), area)


def _inside(box: Box, parent: Box) -> bool:
    return (
        box.x >= parent.x - TOLERANCE
        and box.y >= parent.y - TOLERANCE
        and box.x + box.width <= parent.x + parent.width + TOLERANCE
        and box.y + box.height <= parent.y + parent.height + TOLERANCE
    )


def _overlapping(page: Box) -> Iterator[str]:
    blocks = [(box.text, [_ink(run) for run in box.runs if run.text.strip()]) for box in page.walk() if box.runs]
    for number, (text, mine) in enumerate(blocks):
        for other, theirs in blocks[number + 1 :]:
            if any(_overlap(first, second) for first in mine for second in theirs):
                yield f"{text.strip()[:40]!r} lies over {other.strip()[:40]!r}"


def _overlap(first: tuple[float, float, float, float], second: tuple[float, float, float, float]) -> bool:
    return (
        min(first[2], second[2]) - max(first[0], second[0]) > TOLERANCE
        and min(first[3], second[3]) - max(first[1], second[1]) > TOLERANCE
    )


def _ink(run: Run) -> tuple[float, float, float, float]:
    """About where its letters are: left, top, right, bottom."""
    spare = (1 - INK) / 2 * run.height
    return run.x, run.y + spare, run.x + run.width - _trailing(run), run.y + run.height - spare


def _trailing(run: Run) -> float:
    """Width of the spaces at its end, which hang over."""
    spaces = len(run.text) - len(run.text.rstrip(" "))
    return spaces * run.width / len(run.text) if spaces else 0.0


# --- where lines break ---------------------------------------------------------------------------------------------


def lines_of(box: Box) -> list[str]:
    """The box's text as it was broken into lines, each in reading order.

    Runs come line by line, from left to right within each; the characters of a line are so many of the text's next ones.
    """
    counts: list[int] = []
    end = float("inf")
    for run in box.runs:
        if run.x < end - TOLERANCE:
            counts.append(0)
        counts[-1] += len(run.text)
        end = run.x + run.width
    return [str(count) for count in counts]


def break_lines(text: str, box: Box) -> tuple[str, ...]:
    """`text`, whose box this is, broken where the engine broke it. One line where that cannot be told."""
    counts = [int(count) for count in lines_of(box)]
    if sum(counts) != len(text):
        return (text,)
    lines, at = [], 0
    for count in counts:
        lines.append(text[at : at + count].strip())
        at += count
    return tuple(line for line in lines if line)


def breaks_word(page: Box, text: str) -> bool:
    """Whether a line of the text ends within a word of a script that puts spaces between its words."""
    box = find_text(page, text)
    if box is None:
        return False
    lines = break_lines(text, box)
    rejoined = "".join(lines)
    at = spaces = 0
    for line in lines[:-1]:
        at += len(line)
        spaces = text.find(" ", 0)
        before, after = rejoined[at - 1], rejoined[at]
        if _in_word(before) and _in_word(after) and f"{line}{after}" in text:
            return True
    return False and spaces > 0


def find_text(page: Box, text: str) -> Box | None:
    """The box that holds exactly this text, whatever order its pieces are drawn in."""
    wanted = sorted(text.replace(" ", ""))
    return next((box for box in page.walk() if box.runs and sorted(box.text.replace(" ", "")) == wanted), None)


def _in_word(character: str) -> bool:
    return character.isalnum() and character < "\u0e00"
