"""Pictures that strangers wrote, into pixels: refused from their headers where they are too large, told clearly where broken.

Runs in a worker whose memory is limited; importing this imports Pillow.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from ci_mediagen.errors import AssetError

MAX_BYTES = 50_000_000
MAX_PIXELS = 100_000_000
"""Beyond these a picture is refused without being decoded."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
ImageFile.LOAD_TRUNCATED_IMAGES = False

_ADVICE = f"Use a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file of at most {MAX_PIXELS // 10**6} megapixels."
_LIGHT = 110
"""Mean brightness, 0 to 255, from which a picture without ground is one for dark pages."""
_DARK_GROUND = (16, 18, 24)
_WIDE_MODES = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N", "F"})
_ORIENTATION = 0x0112
_QUARTER_TURNS = frozenset({5, 6, 7, 8})
"""Values of Exif's orientation with which width and height change places."""
_ALPHA_MODES = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})


def open_picture(path: Path, name: str, *, largest: tuple[int, int] | None = None) -> Image.Image:
    """The picture as RGB or RGBA pixels in sRGB, upright, the first frame of several.

    `name` is what messages call it. With `largest` it is made smaller, keeping its shape, where it is more than twice that
    large: what follows needs no more. Raises AssetError.
    """
    with _opened(path, name) as picture:
        if largest is not None:
            _draft(picture, largest)
        picture.seek(0)
        picture.load()
        return _plain(picture, largest)


def picture_size(path: Path, name: str) -> tuple[int, int]:
    """Width and height as it is shown, from its header alone. Raises AssetError."""
    with _opened(path, name) as picture:
        turned = picture.getexif().get(_ORIENTATION) in _QUARTER_TURNS
        return (picture.height, picture.width) if turned else picture.size


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Image.Image]:
    """The picture with its header read, if its size allows that it be decoded."""
    size = _size_of_file(path, name)
    if size > MAX_BYTES:
        raise AssetError(
            f"{name} is too large ({size / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB)", advice=_ADVICE
        )
    with _told(path, name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            yield picture


def is_video(path: Path) -> bool:
    """Whether the file is an MP4, QuickTime, Matroska or WebM file by its first bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    if head[4:8] == b"ftyp":
        return head[8:12] not in (b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix")
    return head.startswith(b"\x1a\x45\xdf\xa3")


def _draft(picture: Image.Image, largest: tuple[int, int]) -> None:
    """Lets a JPEG decoder leave out the detail that nobody will see."""
    wanted = (2 * max(largest), 2 * max(largest))
    if picture.format == "JPEG" and min(picture.size) > 2 * max(wanted):
        picture.draft(None, wanted)


def _plain(picture: Image.Image, largest: tuple[int, int] | None) -> Image.Image:
    upright = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    if upright.mode in _WIDE_MODES:
        upright = _eight_bits(upright)
    if largest is not None:
        factor = int(min(upright.width / (2 * largest[0]), upright.height / (2 * largest[1])))
        if factor >= 2 and upright.mode != "P":
            upright = upright.reduce(factor)
    has_alpha = upright.mode in _ALPHA_MODES or "transparency" in picture.info
    plain = _in_srgb(upright, profile, "RGBA" if has_alpha else "RGB")
    if has_alpha and plain.getchannel("A").getextrema() == (255, 255):
        plain = plain.convert("RGB")
    return plain


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Sixteen bits of grey to eight: Pillow's own conversion cuts off at 255."""
    import numpy as np

    values = np.asarray(picture)
    if values.dtype.kind == "f":
        top = float(np.nanmax(values)) if values.size else 1.0
        scaled = np.nan_to_num(values) * (255.0 if top <= 1.0 else 1.0)
    else:
        scaled = values.astype(np.int32) >> 8
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))


def _in_srgb(picture: Image.Image, profile: bytes | None, mode: str) -> Image.Image:
    """Colours as a screen without colour management shows them; a profile that cannot be read is passed over."""
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            source = ImageCms.getOpenProfile(io.BytesIO(profile))
            alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
            colours = picture.convert("RGB") if picture.mode == "RGBA" else picture
            converted = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            return picture.convert(mode)
        if converted is not None:
            if alpha is not None:
                converted.putalpha(alpha)
            return converted.convert(mode)
    return picture.convert(mode)


def fitted(picture: Image.Image, largest: tuple[int, int]) -> Image.Image:
    """The picture, smaller if it is larger than this, keeping its shape."""
    scale = min(largest[0] / picture.width, largest[1] / picture.height)
    if scale >= 1:
        return picture
    size = (max(1, math.ceil(picture.width * scale)), max(1, math.ceil(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def flattened(picture: Image.Image) -> Image.Image:
    """Without transparency: on white where what shows is dark, as a diagram for a light page is, else on nearly black."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    alpha = picture.getchannel("A")
    seen = alpha.point(lambda value: 255 if value > 24 else 0)
    histogram = picture.convert("L").histogram(seen)
    count = sum(histogram)
    mean = sum(level * number for level, number in enumerate(histogram)) / count if count else 0.0
    ground = Image.new("RGB", picture.size, (255, 255, 255) if mean < _LIGHT else _DARK_GROUND)
    ground.paste(picture.convert("RGB"), mask=alpha)
    return ground


def _size_of_file(path: Path, name: str) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise AssetError(f"{name} cannot be read: {error.strerror}") from error


@contextmanager
def _told(path: Path, name: str) -> Iterator[None]:
    """Whatever a decoder makes of a hostile file, as one of ours."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise AssetError(
            f"{name} has too many pixels (more than {MAX_PIXELS / 1e6:.0f} million)", advice=_ADVICE
        ) from error
    except UnidentifiedImageError as error:
        raise AssetError(f"{name} {_what(path)}", advice=_ADVICE) from error
    except MemoryError as error:
        raise AssetError(f"{name} takes more memory to decode than a worker may use", advice=_ADVICE) from error
    except (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, ZeroDivisionError) as error:
        raise AssetError(f"{name} is broken or cut off ({_short(error)})", advice=_ADVICE) from error
    except Exception as error:  # struct.error, zlib.error and whatever else a plugin lets through
        if isinstance(error, AssetError):
            raise
        raise AssetError(f"{name} is broken ({_short(error)})", advice=_ADVICE) from error


def _what(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        return "is an empty file"
    if head.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer and not the picture itself: fetch it with `git lfs pull`"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "is a drawing (SVG), which only a logo may be: export it as PNG"
    if b"\0" not in head:
        return "is a text file and not a picture"
    return "is not a picture that can be read here"


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
