"""How well a picture would show a change, told from its name and size alone."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterable

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif"})

LANDSCAPE = (1.2, 2.4)
"""Width over height of what fills a screen well."""

EXTREME = (0.4, 3.5)
"""Beyond these a picture is a banner or a strip, of which little would be seen."""

_SHOWS_THE_PRODUCT = frozenset(
    {"screenshot", "screenshots", "screen", "screens", "hero", "demo", "preview", "showcase", "dashboard", "overview",
     "ui", "app", "home", "main", "feature", "features"}
)  # fmt: skip
_EXPLAINS = frozenset(
    {"diagram", "diagrams", "architecture", "arch", "flow", "flowchart", "chart", "graph", "uml", "erd", "sequence",
     "schema", "plot", "benchmark", "benchmarks", "topology", "roadmap", "banner", "cover", "social", "og", "card",
     "thumbnail", "thumb"}
)  # fmt: skip
_SMALL_SIGNS = frozenset(
    {"icon", "icons", "favicon", "logo", "logos", "logotype", "wordmark", "badge", "badges", "shield", "shields", "avatar",
     "avatars", "sprite", "sprites", "emoji", "emojis", "flag", "flags", "spinner", "loader", "placeholder", "qr",
     "qrcode", "sponsor", "sponsors", "button", "buttons", "bullet", "arrow", "arrows"}
)  # fmt: skip
_MADE_OF_PICTURES = (("contact", "sheet"), ("contact", "sheets"))
_VARIANTS = frozenset(
    {"dark", "light", "white", "black", "color", "colour", "mono", "small", "large", "big", "horizontal", "vertical",
     "square", "round", "full", "new", "old", "final", "transparent", "touch"}
)  # fmt: skip
_NOT_SHOWN = frozenset(
    {"test", "tests", "testing", "__tests__", "spec", "fixtures", "testdata", "test_data", "__snapshots__",
     "__image_snapshots__"}
)  # fmt: skip

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_A-Za-z]+")
_SIZES = re.compile(r"\d+(?:x\d+|px)?|@\d+x", re.IGNORECASE)


def is_picture_name(path: str) -> bool:
    return posixpath.splitext(path)[1].lower() in PICTURE_SUFFIXES


def words(text: str) -> list[str]:
    """The words of a name: `DarkMode-hero_2x.png` has dark, mode, hero."""
    return [word.lower() for word in _WORD.findall(_SIZES.sub(" ", text[:300]))]


def unsuited(path: str) -> str | None:
    """Why a picture of this name is not offered unless it is configured; None where it may be."""
    folders = [folder.lower() for folder in path.split("/")[:-1]]
    outcast = next((folder for folder in folders if folder in _NOT_SHOWN), None)
    if outcast:
        return f"lies in {outcast}/, with what tests read"
    name = words(posixpath.splitext(posixpath.basename(path))[0])
    if any(tuple(name[i : i + 2]) in _MADE_OF_PICTURES for i in range(len(name))):
        return "is a sheet of pictures"
    telling = [word for word in name if word not in _VARIANTS]
    # The last word says what it is: `icon-picker` is a screenshot, `app-icon` an icon.
    sign = telling[-1] if telling and telling[-1] in _SMALL_SIGNS else None
    sign = sign or next((folder for folder in folders if folder in _SMALL_SIGNS), None)
    return f"is by its name no view of the product ({sign})" if sign else None


def name_score(path: str, topic: frozenset[str]) -> float:
    """Higher is better; what can be said before the file is opened. `topic` holds the words of the change."""
    name = words(posixpath.splitext(posixpath.basename(path))[0])
    folders = [word for folder in path.split("/")[:-1] for word in words(folder)]
    score = 3.0 if _SHOWS_THE_PRODUCT.intersection(name) else 0.0
    score += 1.5 if _SHOWS_THE_PRODUCT.intersection(folders) else 0.0
    score -= 3.0 if _EXPLAINS.intersection(name) else 0.0
    score -= 1.5 if _EXPLAINS.intersection(folders) else 0.0
    score += min(3.0, 1.5 * len(topic.intersection([*name, *folders])))
    # The first frame of a screen recording is often an empty terminal.
    score -= 1.5 if path.lower().endswith(".gif") else 0.0
    return score


def size_score(width: int, height: int) -> float:
    ratio = width / height
    score = 0.5 * math.log2(min(width * height, 4_000_000) / (400 * 400))
    score += 1.0 if LANDSCAPE[0] <= ratio <= LANDSCAPE[1] else 0.0
    score -= 2.0 if not EXTREME[0] <= ratio <= EXTREME[1] else 0.0
    # Squares of a power of two are icons whatever they are called.
    score -= 2.0 if width == height and width & (width - 1) == 0 else 0.0
    return score


def topic_words(texts: Iterable[str]) -> frozenset[str]:
    """The words of a change that may name a picture: those of four letters or more, or of another script."""
    return frozenset(word for text in texts for word in words(text) if len(word) >= 4 or not word.isascii())
