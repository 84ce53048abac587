"""A picture's header is read as the decoders read it, and nothing in it makes us fail in another way than by saying so."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ci_mediagen.assets.files import RefusedFile
from ci_mediagen.assets.picture import check_whole, read_header

KINDS = [
    ("PNG", "RGB", {}, "image/png"),
    ("PNG", "RGBA", {}, "image/png"),
    ("PNG", "P", {}, "image/png"),
    ("PNG", "I;16", {}, "image/png"),
    ("JPEG", "RGB", {}, "image/jpeg"),
    ("JPEG", "RGB", {"progressive": True}, "image/jpeg"),
    ("JPEG", "CMYK", {}, "image/jpeg"),
    ("JPEG", "L", {}, "image/jpeg"),
    ("WEBP", "RGB", {}, "image/webp"),
    ("WEBP", "RGBA", {"lossless": True}, "image/webp"),
    ("WEBP", "RGBA", {"exact": True, "exif": b"Exif\0\0"}, "image/webp"),
    ("GIF", "P", {}, "image/gif"),
    ("AVIF", "RGB", {"speed": 10}, "image/avif"),
]


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (413, 257), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 60).convert("L").convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def read_whole(data: bytes) -> None:
    check_whole(data, read_header(io.BytesIO(data)).media_type)


def png_header(width: int, height: int) -> bytes:
    ihdr = struct.pack(">4sIIBBBBB", b"IHDR", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + ihdr + struct.pack(">I", zlib.crc32(ihdr))


@pytest.mark.parametrize(("kind", "mode", "options", "media_type"), KINDS)
def test_reads_what_the_decoder_reads(kind, mode, options, media_type):
    data = encoded(kind, mode, **options)
    picture = read_header(io.BytesIO(data))
    assert (picture.width, picture.height, picture.media_type) == (413, 257, media_type)
    check_whole(data, picture.media_type)


@pytest.mark.parametrize(("kind", "mode", "options", "media_type"), KINDS)
def test_finds_a_picture_that_was_cut_off(kind, mode, options, media_type):
    data = encoded(kind, mode, **options)
    for kept in (len(data) - 2, len(data) * 2 // 3, len(data) // 3):
        with pytest.raises(RefusedFile, match=r"cut off|broken"):
            read_whole(data[:kept])


def test_a_thumbnail_in_the_exif_data_does_not_hide_that_a_jpeg_is_cut_off():
    thumbnail = encoded("JPEG", size=(32, 32))
    data = encoded("JPEG")
    app1 = b"Exif\0\0" + thumbnail
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(app1) + 2) + app1 + data[2:]
    check_whole(data, "image/jpeg")
    with pytest.raises(RefusedFile):
        check_whole(data[:-2], "image/jpeg")


def test_what_follows_the_end_of_a_picture_is_no_fault_of_it():
    for kind, media_type in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")):
        check_whole(encoded(kind) + b"a motion photo's clip" * 100, media_type)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photograph_is_measured_as_it_is_shown(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_header(io.BytesIO(encoded("JPEG", exif=exif)))
    assert (picture.width, picture.height) == ((257, 413) if orientation in (6, 8) else (413, 257))


def test_a_tall_avif_with_a_large_header_is_read():
    data = encoded("AVIF", size=(64, 900), speed=10, icc_profile=b"x" * 5000)
    assert (read_header(io.BytesIO(data)).width, read_header(io.BytesIO(data)).height) == (64, 900)


def test_refuses_a_decompression_bomb_from_its_header():
    with pytest.raises(RefusedFile, match=r"too large \(60000x60000 pixels; at most 100 megapixels\)"):
        read_header(io.BytesIO(png_header(60_000, 60_000)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"Just some notes, saved under the wrong name.\n", "is a text file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b'<?xml version="1.0"?><svg/>', "SVG"),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "web page"),
        (b"BM" + bytes(60), "BMP"),
        (b"\0" * 64, "is not PNG"),
        (png_header(0, 10), "no pixels"),
        (b"\xff\xd8\xff\xd9", "broken|cut off"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (b"GIF89a", "cut off"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "broken"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "MP4"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "no size"),
    ],
)
def test_says_what_a_file_is_that_is_no_picture(data, words):
    with pytest.raises(RefusedFile, match=words):
        read_header(io.BytesIO(data))


SEEDS = [encoded(kind, mode, **options) for kind, mode, options, _ in KINDS]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=8), st.integers(0)
)
def test_any_bytes_are_a_picture_or_refused(seed, changes, end):
    data = bytearray(seed)
    for place, value in changes:
        data[place % len(data)] = value
    data = bytes(data[: end % (len(data) + 1)])
    try:
        picture = read_header(io.BytesIO(data))
        assert picture.width * picture.height > 0
        check_whole(data, picture.media_type)
    except RefusedFile:
        pass
