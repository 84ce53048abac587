from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ci_mediagen.backends.compositor.logo import load_logo, placed
from ci_mediagen.errors import AssetError

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 200 100">{}</svg>'
)


def svg(path: Path, body: str) -> Path:
    path.write_text(SVG.format(body))
    return path


def test_a_drawing_is_drawn_and_its_margin_cut_off(tmp_path: Path) -> None:
    logo = load_logo(svg(tmp_path / "logo.svg", '<rect x="50" y="25" width="100" height="50" fill="#7c5cff"/>'))
    assert logo.width / logo.height == pytest.approx(2, abs=0.05)
    assert not logo.plate
    with Image.open(io.BytesIO(logo.data)) as picture:
        red, green, blue, alpha = picture.convert("RGBA").getpixel((picture.width // 2, picture.height // 2))  # type: ignore[misc]
    assert np.abs(np.array([red, green, blue, alpha]) - (0x7C, 0x5C, 0xFF, 255)).max() <= 1


def test_a_dark_logo_gets_a_plate_and_a_light_one_none(tmp_path: Path) -> None:
    for name, colour, plate in (("dark.svg", "#111", True), ("light.svg", "#eee", False)):
        logo = load_logo(svg(tmp_path / name, f'<circle cx="100" cy="50" r="40" fill="{colour}"/>'))
        assert logo.plate is plate


def test_a_dark_square_that_covers_everything_stands_on_its_own(tmp_path: Path) -> None:
    path = tmp_path / "icon.png"
    picture = Image.new("RGB", (128, 128), (10, 10, 10))
    ImageDraw.Draw(picture).ellipse((40, 40, 88, 88), fill=(255, 200, 0))
    picture.save(path)
    assert not load_logo(path).plate


@pytest.mark.parametrize(
    "body",
    [
        '<image href="file:///etc/passwd" width="9" height="9"/>',
        '<image xlink:href="https://evil.example/a.png" width="9" height="9"/>',
        "<style>@import 'https://evil.example/a.css';</style>",
        "<script>alert(1)</script>",
        "<foreignObject><p>hi</p></foreignObject>",
    ],
)
def test_a_drawing_that_reaches_out_is_refused(tmp_path: Path, body: str) -> None:
    with pytest.raises(AssetError, match="refers to something outside of itself") as caught:
        load_logo(svg(tmp_path / "logo.svg", body))
    assert "PNG" in caught.value.advice


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaa">]><svg>&a;</svg>', "outside of itself"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><g></svg>", "cannot be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'></svg>", "shows nothing|cannot be read"),
        (b"<svg>" + b"<!-- -->" * 200_000, "at most"),
        (b"<svg>" + b"<use href='#a'/>" * 3000 + b"</svg>", "too often"),
        (b"\x89PNG\r\n\x1a\n broken", "broken|not a picture"),
    ],
)
def test_a_logo_that_cannot_be_drawn_is_told(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "logo.svg"
    path.write_bytes(data)
    with pytest.raises(AssetError, match=reason):
        load_logo(path, "the logo docs/logo.svg")


def test_a_wide_logo_keeps_its_shape_within_its_room(tmp_path: Path) -> None:
    square = load_logo(svg(tmp_path / "a.svg", '<rect x="50" y="0" width="100" height="100" fill="#fff"/>'))
    wide = load_logo(svg(tmp_path / "b.svg", '<rect x="0" y="45" width="200" height="10" fill="#fff"/>'))
    assert placed(square, 46, 190) == (46, 46)
    width, height = placed(wide, 46, 190)
    assert width == 190
    assert height == pytest.approx(9.5, abs=1)
