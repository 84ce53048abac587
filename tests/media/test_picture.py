from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from ci_mediagen.errors import AssetError
from ci_mediagen.media.picture import MAX_BYTES, flattened, is_video, open_picture, picture_size
from tests.support.compositor import screenshot


def png_header(width: int, height: int) -> bytes:
    """A PNG file that promises so many pixels and holds a handful of bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0" * 5000)) + chunk(b"IEND", b"")
    )


BROKEN = {
    "a text file": (b"this is no picture\n", "text file"),
    "nothing": (b"", "empty"),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    "a drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "drawing"),
    "a decompression bomb": (png_header(60_000, 60_000), "too many pixels"),
    "a bomb of one row": (png_header(2_000_000_000, 1), "too many pixels|broken"),
    "rows that are missing": (png_header(400, 400), "broken or cut off"),
    "noise": (bytes(range(256)) * 8, "not a picture"),
    "a TIFF header": (b"II*\0" + b"\0" * 40, "not a picture"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, name: str) -> None:
    data, reason = BROKEN[name]
    path = tmp_path / "shot.png"
    path.write_bytes(data)
    with pytest.raises(AssetError, match=f"(?s)^docs/shot.png.*({reason})") as caught:
        open_picture(path, "docs/shot.png")
    assert caught.value.advice
    assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".gif"])
def test_a_truncated_picture_is_refused(tmp_path: Path, suffix: str) -> None:
    whole = screenshot(tmp_path / f"whole{suffix}")
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(AssetError, match="broken or cut off"):
        open_picture(cut, "cut")


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        file.write(png_header(10, 10))
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(AssetError, match="too large"):
        open_picture(path, "big.png")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"gone\.png cannot be read"):
        open_picture(tmp_path / "gone.png", "gone.png")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_kind_of_pixel_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("shot.jpg" if mode == "CMYK" else "shot.png")
    Image.new("RGB", (40, 30), (200, 40, 40)).convert(mode).save(path)
    picture = open_picture(path, "shot")
    assert picture.mode == "RGB"
    assert picture.size == (40, 30)
    if mode in ("RGB", "RGBA", "CMYK"):
        red, green, blue = picture.getpixel((20, 15))  # type: ignore[misc]
        assert red > 150 > 90 > max(green, blue)


def test_sixteen_bits_keep_their_brightness(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.fromarray(np.full((20, 20), 0x8000, np.uint16)).save(path)
    assert open_picture(path, "grey").getpixel((3, 3)) == (128, 128, 128)


def test_transparency_of_a_palette_stays(tmp_path: Path) -> None:
    path = tmp_path / "palette.png"
    picture = Image.new("P", (20, 20), 0)
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.paste(1, (0, 0, 10, 20))
    picture.save(path, transparency=0)
    opened = open_picture(path, "palette")
    assert opened.mode == "RGBA"
    assert opened.getpixel((15, 5)) == (255, 0, 0, 0)
    assert opened.getpixel((5, 5)) == (0, 255, 0, 255)


def test_a_photograph_stands_upright(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    picture = Image.new("RGB", (60, 20), (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    picture.save(path, exif=exif, quality=95)
    upright = open_picture(path, "photo")
    assert upright.size == picture_size(path, "photo") == (20, 60)
    red, _, blue = upright.getpixel((10, 5))  # type: ignore[misc]
    assert red > 200 > 60 > blue


def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (30, 30), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    assert open_picture(path, "moving").convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_a_colour_profile_is_converted_and_a_broken_one_passed_over(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    picture = Image.new("RGB", (10, 10), (10, 200, 30))
    picture.save(good, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    picture.save(bad, icc_profile=b"not a profile")
    for path in (good, bad):
        green = open_picture(path, "shot").getpixel((5, 5))
        assert np.abs(np.array(green) - (10, 200, 30)).max() <= 2


def test_a_large_picture_is_read_no_larger_than_is_needed(tmp_path: Path) -> None:
    path = screenshot(tmp_path / "large.jpg", (4000, 2000))
    picture = open_picture(path, "large", largest=(400, 200))
    assert 800 <= picture.width < 4000
    assert picture.width / picture.height == pytest.approx(2, abs=0.02)


def test_a_picture_without_ground_gets_one_that_it_shows_on() -> None:
    for ink, lighter in (((20, 20, 20, 255), True), ((240, 240, 240, 255), False)):
        picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
        picture.paste(ink, (10, 10, 30, 30))
        ground = flattened(picture).getpixel((2, 2))
        assert (min(ground) > 200) is lighter  # type: ignore[type-var, arg-type]


def test_clips_are_told_from_pictures_by_their_bytes(tmp_path: Path) -> None:
    clip, avif, webm = tmp_path / "a.png", tmp_path / "b.mp4", tmp_path / "c"
    clip.write_bytes(b"\0\0\0\x20ftypisom" + b"\0" * 20)
    webm.write_bytes(b"\x1a\x45\xdf\xa3" + b"\0" * 20)
    data = io.BytesIO()
    Image.new("RGB", (20, 20)).save(data, "AVIF")
    avif.write_bytes(data.getvalue())
    assert [is_video(path) for path in (clip, avif, webm, tmp_path / "gone")] == [True, False, True, False]
    assert picture_size(avif, "b") == (20, 20)
