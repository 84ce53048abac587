"""Tasks for the compositor, with the shipped layouts and small pictures made by code."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

import ci_mediagen
from ci_mediagen.backends.compositor.backend import CompositorBackend
from ci_mediagen.backends.compositor.composition import Composer, Composition, Picture, Scene, size_of
from ci_mediagen.backends.compositor.drawing import Pixels
from ci_mediagen.backends.compositor.layouts import Layouts
from ci_mediagen.backends.interface import Made, Unsupported
from ci_mediagen.model.task import Input, Task, TaskName, with_key
from ci_mediagen.model.template import SHAPES, Shape

BASE = Path(ci_mediagen.__file__).parent / "templates" / "_base"
LAYOUT_FILES = {f"layout:{path.name}": path for path in sorted(BASE.iterdir()) if path.suffix in (".html", ".css")}
SCENE_LAYOUTS = ("title.html", "media.html", "bullets.html", "end.html")
LAYOUTS = ("card.html", *SCENE_LAYOUTS)

KINDS = (
    "feature", "fix", "performance", "security", "docs", "dependency", "breaking", "release", "digest", "default",
)  # fmt: skip

BRAND = {"project": "Aurora Studio", "accent": "#7c5cff", "accent_2": "#22d3ee", "website": "aurora.dev"}
TEXT: Mapping[str, Any] = {
    "project": "Aurora Studio",
    "kicker": "New feature",
    "headline": "Dark mode everywhere",
    "bullets": ["Themes follow the system", "Every chart has a dark palette", "Exports keep their colours"],
    "version": "2.4.0",
    "people": "12 changes, 5 people",
    "authors": [{"name": "Mira Tan", "initials": "MT"}, {"name": "Li Wei", "initials": "LW"}],
    "website": "aurora.dev",
    "tag": "",
    "kind": "feature",
    "lang": "en",
    "dir": "ltr",
}

HEADLINES: Mapping[str, str] = {
    "one letter": "X",
    "short": "Dark mode",
    "usual": "Renders three times faster with the new camera engine 🚀",
    "300 letters": (
        "Automatically resume interrupted uploads, deduplicate retried jobs, and show one progress bar for everything "
        "that is happening across every region, with audit logs that name who approved what, when and why, plus a guided "
        "migration for the old API, new documents, three runnable examples, and a dark mode."
    )[:300],
    "one word of 80": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "address": "https://github.com/example/project/releases/tag/v2.4.0-rc.1+build.20261121?query=parameter&z=1",
    "widest letters": "W" * 300,
    "chinese": "全面支持深色模式，主题自动跟随系统设置并支持自定义配色方案",
    "chinese, 300": "全面支持深色模式主题自动跟随系统设置" * 16,
    "japanese": "新しいカメラエンジンでレンダリングが3倍高速になりました 🚀",
    "korean": "새로운 카메라 엔진으로 렌더링이 세 배 빨라졌습니다",
    "arabic": "الوضع الداكن في كل مكان مع سمات تتبع إعدادات نظامك (Dark mode) في v2.4!",
    "arabic, 300": "الوضع الداكن في كل مكان مع سمات تتبع إعدادات نظامك " * 5,
    "hebrew": "מצב כהה בכל מקום, עם ערכות נושא שעוקבות אחר המערכת",
    "devanagari": "हर जगह डार्क मोड, सिस्टम के साथ चलने वाली थीम",
    "thai": "โหมดมืดทุกที่พร้อมธีมที่ปรับตามระบบของคุณโดยอัตโนมัติทุกครั้ง",
    "tamil": "எல்லா இடங்களிலும் இருண்ட பயன்முறை வசதி",
    "burmese": "မြန်မာဘာသာ စာသားအတွက် အမှောင်မုဒ်",
    "vietnamese": "Chế độ tối ở mọi nơi, với chủ đề đi theo hệ thống của bạn",
    "greek and russian": "Σκούρα λειτουργία παντού и тёмная тема везде",
    "emoji": "🎉👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿👍🏽❤️1️⃣ Party 🚀✨🔥 time",
    "emoji only": "🚀" * 300,
    "stacked marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "without glyphs": "𝕳𝖊𝖑𝖑𝖔 𓀀 བོད world",
    "only without glyphs": "𓀀𓀁𓀂 བོད",
    "markup": "<script>alert(1)</script> </style><b>&amp; {{ 7 * 7 }} {% raw %}",
    "turned around": "safe \u202eevil\u202c \u2067text\u2069 \u200f\u200b\u200b\u200bend",
    "empty": "",
}


def composed(
    layout: str = "card.html",
    shape: Shape = "og",
    picture: tuple[int, int] | None = None,
    brand: Mapping[str, Any] = BRAND,
    scene: Scene | None = None,
    **text: Any,
) -> Composition:
    """A shipped layout with these texts, fitted."""
    shown = Picture("image", *picture) if picture else None
    composer = Composer(Layouts(LAYOUT_FILES), brand, size_of(*SHAPES[shape]))
    return composer.compose(layout, {**TEXT, **text}, shown, scene)


def task_of(
    task: TaskName,
    files: Mapping[str, Path],
    parameters: Mapping[str, Any],
    layouts: Mapping[str, Path] = LAYOUT_FILES,
) -> Task:
    """A task over these input files, resolved and keyed."""
    inputs = tuple(
        Input(name, hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
        for name, path in {**(layouts if task != "image-to-video" else {}), **files}.items()
    )
    bare = Task(
        id=task, task=task, backend="compositor", inputs=inputs, parameters=dict(parameters), alt="A dark screen"
    )
    resolved = CompositorBackend().resolve(bare)
    assert not isinstance(resolved, Unsupported), resolved.reason
    return with_key(resolved, {})


def card_task(files: Mapping[str, Path] | None = None, shape: Shape = "og", **parameters: Any) -> Task:
    width, height = SHAPES[shape]
    decided = {"width": width, "height": height, "layout": "card.html", "text": TEXT, "brand": BRAND, **parameters}
    return task_of("card", files or {}, decided)


def scene(layout: str | None, seconds: float = 0.5, media: str | None = None, **rest: Any) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "layout": layout,
        "media": media,
        "camera": "hold",
        "transition": "cut",
        "text": {},
        **rest,
    }


def promo_task(
    scenes: Sequence[Mapping[str, Any]],
    files: Mapping[str, Path] | None = None,
    size: tuple[int, int] = (640, 360),
    **rest: Any,
) -> Task:
    decided = {
        "width": size[0],
        "height": size[1],
        "fps": 30,
        "scenes": [dict(one) for one in scenes],
        "text": TEXT,
        "brand": BRAND,
        **rest,
    }
    return task_of("promo", files or {}, decided)


def make(task: Task, files: Mapping[str, Path] | None, folder: Path, **reins: Any) -> Made:
    folder.mkdir(exist_ok=True)
    return CompositorBackend().make(
        task,
        {**LAYOUT_FILES, **(files or {})},
        folder,
        reins.get("progress", lambda fraction, words: None),
        time.monotonic() + reins.get("seconds", 300),
        reins.get("cancel", lambda: False),
    )


def screenshot(path: Path, size: tuple[int, int] = (1280, 720), mode: str = "RGB") -> Path:
    """A picture with lines, blocks and a gradient, as screenshots have, that differs from place to place."""
    width, height = size
    across = np.linspace(0, 255, width, dtype=np.uint8)[None, :].repeat(height, 0)
    down = np.linspace(40, 200, height, dtype=np.uint8)[:, None].repeat(width, 1)
    picture = Image.fromarray(np.stack([across // 3, down // 2, 255 - across // 2], axis=2))
    pen = ImageDraw.Draw(picture)
    chance = np.random.default_rng(7)
    for row in range(12, height - 8, 14):
        x = 20
        while x < width - 60:
            length = int(chance.integers(10, 90))
            pen.rectangle((x, row, x + length, row + 6), fill=tuple(int(v) for v in chance.integers(90, 255, 3)))
            x += length + int(chance.integers(6, 40))
    picture.convert(mode).save(path)
    return path


def rgb(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
