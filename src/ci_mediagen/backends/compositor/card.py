"""The task `card`: one picture."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from ci_mediagen.backends.compositor.composition import Composer, Picture
from ci_mediagen.backends.compositor.drawing import Pixels, draw
from ci_mediagen.backends.compositor.kit import Kit
from ci_mediagen.backends.compositor.motion import REST_MS
from ci_mediagen.media.encode import write_png
from ci_mediagen.media.picture import fitted, flattened, open_picture

FILE = "card.png"
IMAGE = "image"
"""Name of the input that is shown."""

_DETAIL = 1.0
"""Pixels of a picture that are kept, to one of the card: more could not be seen."""


def make_card(kit: Kit, folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Writes the card; gives its path and notes. Raises AssetError, TemplateError, GateError."""
    picture, images = _picture(kit)
    composition = Composer(kit.layouts, kit.brand, kit.size, kit.fonts, kit.logo).compose(
        kit.parameters["layout"], kit.text, picture
    )
    pixels = draw(composition.page(images=images), kit.size, REST_MS)
    path = folder / FILE
    write_png(path, _straight(pixels))
    return path, composition.notes


def _picture(kit: Kit) -> tuple[Picture | None, Mapping[str, bytes]]:
    path = kit.inputs.get(IMAGE)
    if path is None:
        return None, {}
    room = (round(kit.size.width * _DETAIL), round(kit.size.height * _DETAIL))
    picture = fitted(flattened(open_picture(path, kit.name_of(IMAGE), largest=room)), (max(room), max(room)))
    encoded = io.BytesIO()
    picture.save(encoded, "PNG", compress_level=0)
    return Picture(IMAGE, *picture.size), {IMAGE: encoded.getvalue()}


def _straight(premultiplied: Pixels) -> Pixels:
    if premultiplied[..., 3].min() == 255:
        return np.ascontiguousarray(premultiplied[..., :3])
    return np.asarray(cv2.cvtColor(premultiplied, cv2.COLOR_mRGBA2RGBA), np.uint8)
