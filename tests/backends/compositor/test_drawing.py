from __future__ import annotations

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ci_mediagen.backends.compositor.drawing import Page, Size, draw, measure
from ci_mediagen.backends.compositor.fonts import Font, FontBook, brand_fonts, built_in
from ci_mediagen.errors import AssetError, TemplateError

LATIN = built_in()[:1]


def page(html: str, css: str = "", **rest: object) -> Page:
    return Page(html, css, LATIN, **rest)  # type: ignore[arg-type]


def test_pixels_are_premultiplied() -> None:
    pixels = draw(page('<div style="width:100%;height:100%;background:rgba(255,0,0,.5)"></div>'), Size(4, 3))
    assert pixels.shape == (3, 4, 4)
    assert np.abs(pixels[0, 0].astype(int) - (128, 0, 0, 128)).max() <= 1


def test_an_instant_of_an_animation_is_drawn() -> None:
    css = "@keyframes in { from { opacity: 0; } to { opacity: 1; } } .a { animation: in 1000ms linear both; }"
    square = page('<div class="a" style="width:100%;height:100%;background:#fff"></div>', css)
    levels = [int(draw(square, Size(4, 4), time)[0, 0, 3]) for time in (0, 500, 1000, 5000)]
    assert levels[0] == 0
    assert 110 < levels[1] < 145
    assert levels[2:] == [255, 255]


def test_a_scale_enlarges_what_is_laid_out_in_css_pixels() -> None:
    half = page('<div style="width:50px;height:50px;background:#fff"></div>')
    pixels = draw(half, Size(200, 200, 2.0))
    assert pixels[99, 99, 3] == 255
    assert pixels[101, 101, 3] == 0
    assert Size(200, 200, 2.0).css_width == 100


def test_measures_say_where_boxes_and_texts_lie() -> None:
    placed = page('<div style="position:absolute;left:30px;top:20px;font-size:20px"><span>Hello</span></div>')
    box = measure(placed, Size(300, 200))
    found = next(part for part in box.walk() if part.runs)
    assert found.text == "Hello"
    assert (found.x, found.y) == (30, 20)
    assert 40 < found.runs[0].width < 60


def test_the_same_page_gives_the_same_pixels_whatever_was_drawn_before() -> None:
    plain = page('<div style="font-size:30px;color:#fff">Plain words</div>')
    before = draw(plain, Size(300, 60))
    other = "漢字 🚀 שלום"
    draw(Page(f'<div style="font-size:30px">{other}</div>', "", FontBook().needed([other])), Size(300, 60))
    assert np.array_equal(before, draw(plain, Size(300, 60)))


def test_a_page_loads_nothing(tmp_path: Path) -> None:
    """Neither a file nor an address: not from HTML, not from CSS, not from a drawing inside."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    picture = io.BytesIO()
    Image.new("RGB", (40, 40), (255, 255, 255)).save(picture, "PNG")
    local = tmp_path / "white.png"
    local.write_bytes(picture.getvalue())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/a.png"
        drawing = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="40">'
            f'<image href="{local}" width="40" height="40"/><image xlink:href="file://{local}" width="40" height="40"/>'
            f'<image href="{address}" width="40" height="40"/></svg>'
        )
        for source in (str(local), f"file://{local}", address):
            html = f'<img src="{source}" style="width:40px;height:40px"><div class="b" style="width:40px;height:40px"></div>'
            css = f".b {{ background-image: url('{source}'); }}"
            assert not draw(page(html, css), Size(80, 80)).any()
        shown = page('<img src="logo" style="width:40px;height:40px">', images={"logo": drawing.encode()})
        assert not draw(shown, Size(40, 40)).any()
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


def test_a_picture_that_is_none_is_told() -> None:
    with pytest.raises(TemplateError, match="cannot be drawn"):
        draw(page('<img src="x" style="width:9px;height:9px">', images={"x": b"no picture"}), Size(20, 20))


def test_a_brands_font_comes_first_and_a_broken_one_is_told(tmp_path: Path) -> None:
    own = tmp_path / "Brand.ttf"
    own.write_bytes(next(font for font in built_in() if font.family == "Noto Sans Hebrew").path.read_bytes())
    with_brand = FontBook(brand_fonts([own])).needed(["Word"])
    assert [font.family for font in with_brand] == ["brand-0", "Inter"]
    html = '<div style="font-size:40px;color:#fff;display:flex">Word</div>'
    branded = draw(Page(html, "", with_brand), Size(160, 60))
    assert branded.any()
    assert not np.array_equal(branded, draw(page(html), Size(160, 60)))
    broken = tmp_path / "Broken.ttf"
    broken.write_bytes(b"no font")
    with pytest.raises(AssetError, match=r"Broken\.ttf"):
        draw(Page(html, "", (Font("brand-0", broken, "0" * 64, brand=True), *LATIN)), Size(160, 60))
