"""Writes docs/images/: a contact sheet of what each shipped template makes, and the card that stands in the README.

    python tools/contact_sheets.py [NAME...]

A sheet shows the cards above, and below frames of the promo in its order, with their seconds. Look at each at full size before
committing it; what is wrong with it goes into docs/gallery.md.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"

FRAMES = 8
FRAME_WIDTH = 480
CARD_HEIGHT = 300
GAP = 12
LABEL = 22
PAPER, INK = (24, 24, 30), (210, 210, 220)
QUALITY = 85


def main(names: Sequence[str]) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        command = [sys.executable, "-m", "ci_mediagen", "templates", "test", *names, "--output", str(output)]
        subprocess.run(command, cwd=ROOT, check=True)
        for template in sorted(path for path in output.iterdir() if path.is_dir()):
            write_sheet(template, IMAGES / f"template-{template.name}.jpg")
        if not names:
            demo = output / "demo"
            command = [sys.executable, "-m", "ci_mediagen", "run", "--output", str(demo)]
            subprocess.run(command, cwd=ROOT, check=True)
            write_sheet(demo, IMAGES / "demo.jpg")
            (IMAGES / "release-card.png").write_bytes((output / "release" / "card-og.png").read_bytes())


def write_sheet(folder: Path, target: Path) -> None:
    """Raises FileNotFoundError where a template made neither a card nor a promo."""
    cards = [Image.open(path).convert("RGB") for path in sorted(folder.glob("card*.png"))]
    rows = [[(scaled(card, height=CARD_HEIGHT), f"{card.width}x{card.height}") for card in cards]]
    for clip in sorted(folder.glob("*.mp4")):
        frames = [(scaled(frame, width=FRAME_WIDTH), f"{at:.1f} s") for at, frame in spread(clip)]
        rows += [frames[first : first + FRAMES // 2] for first in range(0, len(frames), FRAMES // 2)]
    rows = [row for row in rows if row]
    if not rows:
        raise FileNotFoundError(f"{folder} has neither cards nor videos")
    width = max(sum(image.width + GAP for image, _ in row) for row in rows) + GAP
    height = sum(max(image.height for image, _ in row) + LABEL + GAP for row in rows) + GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    y = GAP
    for row in rows:
        x = GAP
        for image, label in row:
            sheet.paste(image, (x, y))
            draw.text((x, y + image.height + 3), label, INK, font)
            x += image.width + GAP
        y += max(image.height for image, _ in row) + LABEL + GAP
    sheet.save(target, quality=QUALITY, optimize=True)
    print(f"{target.relative_to(ROOT)}: {sheet.width}x{sheet.height}, {target.stat().st_size / 1e3:.0f} kB")


def spread(clip: Path) -> list[tuple[float, Image.Image]]:
    """FRAMES frames over the whole clip, each in the middle of its share, with the seconds at which it is shown."""
    with av.open(str(clip)) as container:
        frames = [(frame.time or 0.0, frame.to_image()) for frame in container.decode(video=0)]
    step = len(frames) / FRAMES
    return [frames[int((number + 0.5) * step)] for number in range(FRAMES)]


def scaled(image: Image.Image, *, width: int = 0, height: int = 0) -> Image.Image:
    ratio = width / image.width if width else height / image.height
    return image.resize((round(image.width * ratio), round(image.height * ratio)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main(sys.argv[1:])
