"""How long a page moves: a layer that stands still is drawn once."""

from __future__ import annotations

import re

REST_MS = 60_000
"""An instant when every animation that ends has ended."""

_DECLARATION = re.compile(r"animation(-delay|-duration|-iteration-count)?\s*:\s*([^;}\"']+)", re.IGNORECASE)
_TIME = re.compile(r"(?<![\w.#-])(\d*\.?\d+)(ms|s)\b", re.IGNORECASE)
_PLAIN_CURVES = re.compile(r"(?:cubic-bezier|steps)\([^()]*\)", re.IGNORECASE)


def settled_ms(html: str, css: str) -> int | None:
    """The instant from which the page's CSS animations stand still: 0 where nothing moves, None where it never ends, or
    where it cannot be told (`calc`, `var`).

    An upper bound: the longest duration and the longest delay of any rule, taken together.
    """
    duration = delay = 0.0
    for part, value in _DECLARATION.findall(f"{css}\n{html}"):
        value = _PLAIN_CURVES.sub("", value)
        if "infinite" in value or "(" in value:
            return None
        times = [float(number) * (1 if unit.lower() == "ms" else 1000) for number, unit in _TIME.findall(value)]
        if part == "-iteration-count" or (not part and re.search(r"(?<![\w.-])\d+(?![\w.])", value)):
            return None
        if part == "-delay":
            delay = max([delay, *times])
        elif part == "-duration":
            duration = max([duration, *times])
        else:
            for one in value.split(","):
                found = [float(number) * (1 if unit.lower() == "ms" else 1000) for number, unit in _TIME.findall(one)]
                duration = max([duration, *found[:1]])
                delay = max([delay, *found[1:2]])
    return round(duration + delay) if duration else 0
