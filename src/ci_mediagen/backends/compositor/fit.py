"""Text always fits: the largest sizes at which everything lies in its place are searched for by measuring.

A layout gives each size as a range (`fit.headline(112, 48)`); the search walks from what looks best to what shows least:
the headline's size, then the lists' size, then fewer list entries, then a headline cut with an ellipsis. Nothing is drawn
that was not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ci_mediagen.backends.compositor.drawing import Box
from ci_mediagen.backends.compositor.inspection import Area, break_lines, breaks_word, find_text, problems
from ci_mediagen.backends.compositor.texts import Texts
from ci_mediagen.errors import GateError
from ci_mediagen.text.cut import ELLIPSIS, clusters

_STEPS = 12
"""Of the headline's size, between largest and smallest."""
_COMFORT: Mapping[int, int] = {4: 6, 3: 5, 2: 4, 1: 3}
"""Number of list entries -> the step to which the headline may shrink before one of them is left out."""
_BROKEN_STEP = 4
"""The largest step of a headline in which a word has to be broken: larger would only break it more often."""
_DANGLING = " ,;:.-\u2013\u2014\u2026\u060c\u3001\u3002"
"""What an ellipsis does not follow."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a layout sees as `fit`."""

    headline_step: int = _STEPS
    """0: the smallest size."""
    body_step: int = 1
    """1: the largest size of lists; 0: the smallest."""
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Text -> where it was found to break."""
    widths: Mapping[str, int] = field(default_factory=dict)
    """Text -> the most that its lines may take, where less than there is makes them equally long."""

    def headline(self, largest: float, smallest: float) -> float:
        """Pixels; steps look equally large."""
        return _between(largest, smallest, self.headline_step / _STEPS)

    def body(self, largest: float, smallest: float) -> float:
        return _between(largest, smallest, self.body_step)


SMALLEST = Fit(0, 0)


@dataclass(frozen=True, slots=True)
class Fitted:
    texts: Texts
    fit: Fit
    notes: tuple[str, ...] = ()


Measure = Callable[[Texts, Fit], Box]


def fit(texts: Texts, measure: Measure, area: Area) -> Fitted:
    """The texts and sizes that look best of those that fit. Raises GateError where the layout has no room at all."""
    found = _search(texts, measure, area)
    if found is None:
        found = _search(texts.tightened(), measure, area)
        if found is not None:
            found = replace(found, notes=(*found.notes, "shortened names and labels to make room"))
    if found is None:
        barest = texts.tightened().with_bullets(0).with_headline(ELLIPSIS)
        problem = next(problems(measure(barest, SMALLEST), area), "no room for a headline")
        raise GateError(
            f"the layout has no room for its texts: {problem}",
            advice="Give its text blocks more room, or smaller sizes with fit.headline(largest, smallest).",
        )
    return _with_lines(found, measure, area)


def _search(texts: Texts, measure: Measure, area: Area) -> Fitted | None:
    def fits(candidate: Texts, trial: Fit, *, whole_words: bool = True) -> bool:
        page = measure(candidate, trial)
        if next(problems(page, area), None) is not None:
            return False
        return not (whole_words and breaks_word(candidate.headline, page))

    count = len(texts.bullets)
    for shown in range(count, -1, -1):
        candidate = texts.with_bullets(shown)
        notes = (f"left out {count - shown} of {count} list entries to make room",) if shown < count else ()
        lowest = _COMFORT.get(shown, 0)
        for body in (1, 0):
            if fits(candidate, Fit(lowest, body)):
                step = _largest(lowest, _STEPS, lambda step: fits(candidate, Fit(step, body)))  # noqa: B023
                return Fitted(candidate, Fit(step, body), notes)
    bare = texts.with_bullets(0)
    left_out = (f"left out {count} list entries to make room",) if count else ()
    if fits(bare, SMALLEST, whole_words=False):
        step = _largest(0, _BROKEN_STEP, lambda step: fits(bare, Fit(step, 0), whole_words=False))
        return Fitted(bare, Fit(step, 0), left_out)
    pieces = list(clusters(texts.headline))

    def shortened(length: int) -> Texts:
        return bare.with_headline(_cut(pieces, length))

    length = _largest(0, len(pieces) - 1, lambda length: fits(shortened(length), SMALLEST, whole_words=False))
    if length == 0:
        return None
    return Fitted(
        shortened(length), SMALLEST, (f"cut the headline to {length} of its {len(pieces)} characters", *left_out)
    )


def _largest(low: int, high: int, good: Callable[[int], bool]) -> int:
    """The largest number from low to high that is good, where low is taken to be and none above a bad one is."""
    while low < high:
        middle = (low + high + 1) // 2
        if good(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _with_lines(found: Fitted, measure: Measure, area: Area) -> Fitted:
    """With the breaks that the engine chose made fixed: it leaves the space at a break standing, where right-to-left and
    left-to-right words meet in the middle of the line."""
    texts = (found.texts.headline, *found.texts.bullets)
    found = _balanced(found, measure, area)
    for step in range(found.fit.headline_step, max(-1, found.fit.headline_step - 3), -1):
        smaller = replace(found.fit, headline_step=step)  # each line's height is rounded up when it is a box of its own
        page = measure(found.texts, smaller)
        lines = {text: broken for text in texts if len(broken := break_lines(text, page)) > 1}
        fixed = replace(smaller, lines=lines)
        if next(problems(measure(found.texts, fixed), area), None) is None:
            return replace(found, fit=fixed)
    return found


def _balanced(found: Fitted, measure: Measure, area: Area) -> Fitted:
    """With the headline as narrow as it can be without another line: no word is left alone on its last one.

    The engine fills each line, whatever `text-wrap` says (pytakumi 0.1.5).
    """
    headline = found.texts.headline
    page = measure(found.texts, found.fit)
    count, box = len(break_lines(headline, page)), find_text(headline, page)
    if count < 2 or box is None:
        return found
    broken = breaks_word(headline, page)

    def narrowed(width: int) -> Fit:
        return replace(found.fit, widths={headline: width})

    def good(less: int) -> bool:
        trial = measure(found.texts, narrowed(widest - less))
        return (
            len(break_lines(headline, trial)) == count
            and (broken or not breaks_word(headline, trial))
            and next(problems(trial, area), None) is None
        )

    widest = int(box.width)
    less = _largest(0, widest - widest // count, good)
    return replace(found, fit=narrowed(widest - less)) if less else found


def _cut(pieces: list[str], length: int) -> str:
    """The first so many pieces with an ellipsis; not in the middle of a word if one ends near."""
    text = "".join(pieces[:length])
    if length < len(pieces) and pieces[length] != " ":
        head, space, tail = text.rpartition(" ")
        if space and len(tail) <= 12:
            text = head
    return text.rstrip(_DANGLING) + ELLIPSIS


def _between(largest: float, smallest: float, step: float) -> float:
    size: float = smallest * (largest / smallest) ** step
    return round(2 * size) / 2
