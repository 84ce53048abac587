"""How one scene gives way to the next: both run on while it lasts. None flashes."""

from __future__ import annotations

import cv2
import numpy as np

from ci_mediagen.backends.compositor.planes import Planes
from ci_mediagen.model.template import Transition

SECONDS: dict[Transition, float] = {"cut": 0.0, "fade": 0.45, "slide": 0.6, "wipe": 0.6, "zoom": 0.5}

_FEATHER = 0.10
"""Of the width: the soft edge of a wipe."""
_ZOOM_OUT = 1.10
_ZOOM_IN = 0.92
_WARP = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR


def mix(
    kind: Transition, progress: float, before: Planes, after: Planes, out: Planes, *, mirrored: bool = False
) -> None:
    """Fills `out` with the picture at `progress` (0: only `before`, 1: only `after`); all three have one size.

    `mirrored`: slides and wipes go from left to right, as right-to-left scripts are read.
    """
    if kind == "fade":
        _blend(_eased(progress), before, after, out)
    elif kind == "zoom":
        eased = _eased(progress)
        _blend(
            eased,
            _zoomed(before, 1 + (_ZOOM_OUT - 1) * eased),
            _zoomed(after, _ZOOM_IN + (1 - _ZOOM_IN) * eased) if eased < 1 else after,
            out,
        )
    elif kind == "slide":
        _slide(_eased(progress), before, after, out, mirrored)
    elif kind == "wipe":
        _wipe(_eased(progress), before, after, out, mirrored)
    else:
        (after if progress > 0 else before).copy_to(out)


def _eased(progress: float) -> float:
    return 4 * progress**3 if progress < 0.5 else 1 - (2 - 2 * progress) ** 3 / 2


def _blend(share: float, before: Planes, after: Planes, out: Planes) -> None:
    for first, second, target in zip(before, after, out, strict=True):
        cv2.addWeighted(first, 1 - share, second, share, 0, dst=target)


def _zoomed(planes: Planes, factor: float) -> Planes:
    """Grown around its middle; where it shrinks its edge is continued."""
    parts = []
    for plane in planes:
        height, width = plane.shape
        matrix = np.array(
            [
                [1 / factor, 0, (width - 1) / 2 * (1 - 1 / factor)],
                [0, 1 / factor, (height - 1) / 2 * (1 - 1 / factor)],
            ]
        )
        warped = cv2.warpAffine(plane, matrix, (width, height), flags=_WARP, borderMode=cv2.BORDER_REPLICATE)
        parts.append(np.asarray(warped, np.uint8))
    return Planes(*parts)


def _slide(share: float, before: Planes, after: Planes, out: Planes, mirrored: bool) -> None:
    width = out.width
    moved = 2 * round(share * width / 2)
    first, second = (after, before) if mirrored else (before, after)
    cut = width - moved if mirrored else moved
    for left, right, target, half in zip(first, second, out, (1, 2, 2), strict=True):
        at, edge = cut // half, width // half
        target[:, : edge - at] = left[:, at:]
        target[:, edge - at :] = right[:, :at]


def _wipe(share: float, before: Planes, after: Planes, out: Planes, mirrored: bool) -> None:
    for first, second, target in zip(before, after, out, strict=True):
        width = target.shape[1]
        feather = _FEATHER * width
        edge = share * (width + feather)
        columns = np.arange(width, dtype=np.float32)
        if mirrored:
            columns = columns[::-1]
        shares = np.clip((edge - columns) / feather, 0, 1)
        weights = np.rint(255 * shares * shares * (3 - 2 * shares)).astype(np.uint8)[None, :].repeat(target.shape[0], 0)
        shown = cv2.multiply(second, weights, scale=1 / 255)
        cv2.multiply(first, cv2.bitwise_not(weights), dst=target, scale=1 / 255)
        cv2.add(target, shown, dst=target)
