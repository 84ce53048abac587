"""The compositor as the engine sees it: what it accepts, what it writes, how it fails."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from ci_mediagen.backends import load
from ci_mediagen.backends.compositor.backend import TASKS, WORKER_IMPORTS, WORKER_MEMORY_BYTES, CompositorBackend
from ci_mediagen.backends.compositor.film import PREVIEW_BYTES
from ci_mediagen.backends.interface import Unsupported
from ci_mediagen.errors import AssetError, GateError, LimitError, TemplateError, UnavailableError
from ci_mediagen.media.encode import to_rgb
from ci_mediagen.media.probe import probe, sha256
from ci_mediagen.model.task import Task, with_key
from ci_mediagen.model.template import SHAPES
from tests.media.test_encode import write_clip
from tests.support.compositor import TEXT, card_task, make, promo_task, rgb, scene, screenshot, task_of

SCENES = (
    scene("title.html", 0.8),
    scene("media.html", 0.9, "scene-1", camera="push-in", transition="slide"),
    scene(None, 0.6, "scene-2", camera="drift", transition="fade"),
    scene("bullets.html", 0.8, transition="wipe", text={"headline": "What is new"}),
    scene("end.html", 0.7, transition="zoom"),
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pictures")
    shot = screenshot(folder / "shot.png")
    return {"scene-1": shot, "scene-2": shot}


@pytest.fixture(scope="module")
def promo(pictures: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("promo")
    return folder, make(promo_task(SCENES, pictures), pictures, folder)


def frames_of(path: Path) -> list[np.ndarray]:  # type: ignore[type-arg]
    with av.open(str(path)) as container:
        return [to_rgb(frame) for frame in container.decode(video=0)]


# --- what it makes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_a_card_is_a_picture_of_its_size_that_shows_its_picture(
    shape: Any, tmp_path: Path, pictures: dict[str, Path]
) -> None:
    files = {"image": pictures["scene-1"]}
    made = make(card_task(files, shape), files, tmp_path / "with")
    make(card_task(shape=shape), None, tmp_path / "without")
    (main,) = made.files
    assert (main.role, main.name, main.media_type, main.alt) == ("main", "card.png", "image/png", "A dark screen")
    assert (main.width, main.height) == SHAPES[shape]
    assert main.sha256 == sha256(tmp_path / "with" / "card.png")
    difference = np.abs(rgb(tmp_path / "with" / "card.png").astype(int) - rgb(tmp_path / "without" / "card.png"))
    assert (difference.max(axis=2) > 30).mean() > 0.1


def test_a_promo_comes_with_its_poster_and_a_small_preview(promo: Any) -> None:
    folder, made = promo
    assert [(file.role, file.name) for file in made.files] == [
        ("main", "promo.mp4"),
        ("poster", "promo-poster.jpg"),
        ("preview", "promo-preview.gif"),
    ]
    clip, poster, preview = made.files
    found = probe(folder / clip.name)
    assert (found.codec, found.pixel_format, found.colour_space, found.faststart) == ("h264", "yuv420p", "bt709", True)
    assert (clip.width, clip.height, clip.fps) == (640, 360, 30.0)
    assert clip.seconds == pytest.approx(3.8, abs=0.04)
    assert found.frames == 114
    assert (poster.width, poster.height, poster.media_type) == (640, 360, "image/jpeg")
    assert (preview.width, preview.media_type) == (480, "image/gif")
    assert preview.bytes <= PREVIEW_BYTES
    assert preview.seconds is not None
    assert preview.seconds <= 6
    assert {file.alt for file in made.files} == {"A dark screen"}
    assert dict(made.versions)["renderer"].startswith("pytakumi ")


def test_each_scene_is_seen_in_its_time(promo: Any) -> None:
    folder, _ = promo
    frames = frames_of(folder / "promo.mp4")
    small = [np.asarray(Image.fromarray(frame).resize((80, 45))).astype(int) for frame in frames]
    settled = [small[number] for number in (22, 48, 66, 90, 112)]
    for first in range(5):
        for second in range(first):
            assert np.abs(settled[first] - settled[second]).mean() > 4, f"scenes {second} and {first} look alike"
    means = [float(frame.mean()) for frame in small]
    assert min(means) > 8, "no frame is black"


def test_texts_arrive_and_then_stand_still(promo: Any) -> None:
    folder, _ = promo
    frames = [frame.astype(int) for frame in frames_of(folder / "promo.mp4")]
    column = np.s_[60:330, 30:420]
    assert np.abs(frames[23][column] - frames[0][column]).mean() > 5
    moving = np.abs(frames[4][column] - frames[3][column]).mean()
    resting = np.abs(frames[23][column] - frames[22][column]).mean()
    assert resting < moving / 8


def test_the_poster_is_a_frame_in_which_everything_has_arrived(promo: Any) -> None:
    folder, _ = promo
    poster = rgb(folder / "promo-poster.jpg").astype(int)
    away = [float(np.abs(frame.astype(int) - poster).mean()) for frame in frames_of(folder / "promo.mp4")]
    nearest = int(np.argmin(away))
    assert away[nearest] < 9
    assert 36 < nearest < 51, "within the scene that shows a picture, its headline arrived"


def test_a_camera_move_is_a_clip_of_its_length(tmp_path: Path, pictures: dict[str, Path]) -> None:
    files = {"image": pictures["scene-1"]}
    task = task_of(
        "image-to-video", files, {"width": 480, "height": 270, "fps": 24, "seconds": 1.5, "camera": "pan-right"}
    )
    made = make(task, files, tmp_path / "clip")
    main = made.files[0]
    assert (main.name, main.width, main.height, main.fps, main.seconds) == ("clip.mp4", 480, 270, 24.0, 1.5)
    frames = frames_of(tmp_path / "clip" / "clip.mp4")
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 5


def test_a_clip_may_be_what_a_scene_shows(tmp_path: Path) -> None:
    files = {"scene-0": write_clip(tmp_path / "model.mp4", frames=24, fps=8)}
    task = promo_task([scene("media.html", 1.0, "scene-0")], files)
    make(task, files, tmp_path / "out")
    levels = [float(frame[250:340, 200:400].mean()) for frame in frames_of(tmp_path / "out" / "promo.mp4")]
    assert levels[-1] > levels[0] + 60
    assert min(np.diff(levels)) > -3


def test_the_same_task_gives_the_same_bytes(tmp_path: Path, promo: Any, pictures: dict[str, Path]) -> None:
    _, first = promo
    again = make(promo_task(SCENES, pictures), pictures, tmp_path / "again")
    assert again == first
    cards = [make(card_task(), None, tmp_path / name).files[0].sha256 for name in ("a", "b")]
    assert cards[0] == cards[1]


def test_what_was_given_up_is_in_the_notes_with_its_scene(tmp_path: Path, pictures: dict[str, Path]) -> None:
    long = {**TEXT, "headline": "全面支持深色模式主题自动跟随系统设置" * 16}
    made = make(card_task(text=long), None, tmp_path / "card")
    assert any(note.startswith("cut the headline to ") for note in made.notes)
    made = make(promo_task([scene("end.html", 0.3), scene("media.html", 0.3)], text=long), None, tmp_path / "promo")
    assert any(note.startswith("scene 2: cut the headline to ") for note in made.notes)


def test_a_security_fix_is_drawn_without_a_hint_of_its_size() -> None:
    from ci_mediagen.backends.compositor.motif import rows

    assert {row.sign for row in rows("security", "any")} == {""}
    assert {row.sign for row in rows("fix", "any")} == {"", "+", "-"}
    assert rows("fix", "one") != rows("fix", "two")


# --- how it fails --------------------------------------------------------------------------------------------------


def test_a_broken_picture_is_named_as_the_repository_knows_it(tmp_path: Path) -> None:
    bad = tmp_path / "shot.png"
    bad.write_text("no picture")
    for task in (
        card_task({"image": bad}),
        promo_task([scene("media.html", 0.3, "scene-0")], {"scene-0": bad}),
        task_of("image-to-video", {"image": bad}, {"width": 480, "height": 270, "fps": 24, "seconds": 1}),
    ):
        with pytest.raises(AssetError, match=r"^shot\.png is a text file"):
            make(
                task,
                {item.name: bad for item in task.inputs if not item.name.startswith("layout:")},
                tmp_path / task.id,
            )


def test_a_mistake_in_a_projects_layout_is_a_template_error(tmp_path: Path) -> None:
    own = tmp_path / "own.html"
    own.write_text("<p>\n{{ text.subtitle }}</p>")
    files = {"layout:own.html": own}
    with pytest.raises(TemplateError, match=r"layout own\.html, line 2"):
        make(card_task(files, layout="own.html"), files, tmp_path / "out")


def test_a_projects_layout_that_overflows_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.html"
    own.write_text(
        '<div style="position:absolute;left:1100px;top:10px;font-size:90px"><span>{{ text.headline }}</span></div>'
    )
    files = {"layout:own.html": own}
    with pytest.raises(GateError, match="no room for its texts"):
        make(card_task(files, layout="own.html"), files, tmp_path / "out")


def test_a_projects_layout_without_layers_moves_as_a_whole(tmp_path: Path, pictures: dict[str, Path]) -> None:
    own = tmp_path / "own.html"
    own.write_text(
        "<style>@keyframes in { from { opacity: 0; } to { opacity: 1; } } .t { animation: in 300ms linear both; }</style>"
        '<div style="display:flex;width:100%;height:100%;background:#102030;padding:200px">'
        '<img src="{{ picture.src }}" style="position:absolute;left:0px;top:540px;width:960px;height:540px">'
        '<span class="t" style="font-size:80px;color:#ffffff">{{ text.headline }}</span></div>'
    )
    files = {"layout:own.html": own, "scene-0": pictures["scene-1"]}
    task = promo_task([scene("own.html", 0.6, "scene-0", camera="push-in")], files)
    make(task, files, tmp_path / "out")
    frames = [frame.astype(int) for frame in frames_of(tmp_path / "out" / "promo.mp4")]
    text, media = np.s_[60:110, 60:400], np.s_[190:350, 10:310]
    assert frames[0][text].max() < 70 < 180 < frames[-1][text].max()
    assert np.abs(frames[-1][media] - frames[0][media]).mean() > 3


def test_a_deadline_and_a_cancel_end_the_making(tmp_path: Path, pictures: dict[str, Path]) -> None:
    task = promo_task(SCENES, pictures)
    with pytest.raises(LimitError, match="deadline"):
        make(task, pictures, tmp_path / "late", seconds=-1)
    seen: list[str] = []
    with pytest.raises(UnavailableError, match="cancelled"):
        make(
            task,
            pictures,
            tmp_path / "cancelled",
            progress=lambda fraction, words: seen.append(words),
            cancel=lambda: "frame 3 of 114" in seen,
        )
    assert seen[-1] == "frame 3 of 114"


def test_progress_only_grows(tmp_path: Path, pictures: dict[str, Path]) -> None:
    told: list[float] = []
    make(
        promo_task(SCENES[:2], pictures),
        pictures,
        tmp_path / "out",
        progress=lambda fraction, words: told.append(fraction),
    )
    assert told == sorted(told)
    assert told[0] == 0
    assert 0.9 < told[-1] <= 1


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "card.png").symlink_to("/dev/full")
    with pytest.raises(UnavailableError, match="disk is full"):
        make(card_task(), None, folder)


# --- what it accepts -----------------------------------------------------------------------------------------------


def test_resolving_decides_the_recipe_and_nothing_else() -> None:
    task = card_task()
    again = CompositorBackend().resolve(replace(task, recipe={}, key="", seed=None))
    assert isinstance(again, Task)
    assert with_key(again, {}).key == task.key
    assert set(task.recipe) == {"compositor", "renderer", "encoder", "opencv", "numpy", "pillow", "fonts"}
    assert all("unknown" not in value for value in task.recipe.values())
    assert len(task.recipe["fonts"]) == 64


@pytest.mark.parametrize(
    ("task", "changed", "reason"),
    [
        ("text-to-image", {}, "does not make text-to-image"),
        ("card", {"width": 100}, "a size of 100x630"),
        ("card", {"width": 1200.5}, "a size of 1200.5x630"),
        ("card", {"layout": "gone.html"}, "its layout 'gone.html' is not among"),
        ("promo", {"width": 1201}, "even"),
        ("promo", {"scenes": []}, "no scenes left"),
        ("promo", {"scenes": [scene("title.html", 0)]}, "scene 1 takes no time"),
        ("promo", {"scenes": [scene(None)]}, "scene 1 has neither layout nor media"),
        ("promo", {"scenes": [scene("title.html", 1, "scene-9")]}, "scene 1 shows 'scene-9'"),
        ("promo", {"scenes": [scene("title.html", 500)]}, "a length of 500 s"),
        ("promo", {"fps": 0, "scenes": [scene("title.html")]}, "0 frames a second"),
        ("image-to-video", {"seconds": 2}, "no picture to move over"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_reason(task: Any, changed: dict[str, Any], reason: str) -> None:
    base = card_task()
    parameters = {**base.parameters, "fps": 30, **changed}
    answer = CompositorBackend().resolve(replace(base, task=task, parameters=parameters))
    assert isinstance(answer, Unsupported)
    assert reason in answer.reason


def test_an_estimate_grows_with_what_is_to_be_made() -> None:
    backend = CompositorBackend()
    card = backend.estimate(card_task()).seconds
    short, long = (backend.estimate(promo_task([scene("end.html", n)], size=(1920, 1080))).seconds for n in (2, 8))
    assert card is not None
    assert short is not None
    assert long is not None
    assert card < short < long
    assert backend.estimate(card_task()).cost == 0


def test_the_doctor_finds_everything_here() -> None:
    findings = CompositorBackend().check()
    assert [finding.status for finding in findings] == ["ok", "ok"]
    assert "pytakumi" in findings[0].detail


def test_planning_loads_no_renderer() -> None:
    program = (
        "import sys; from ci_mediagen.backends import load; b = load('compositor'); b.check();"
        "print([m for m in ('av', 'cv2', 'numpy', 'PIL', 'pytakumi', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
    assert load("compositor").name == "compositor"
    assert "card" in TASKS


IN_A_WORKERS_MEMORY = """
import importlib, pickle, resource, sys
from pathlib import Path
from ci_mediagen.backends.compositor.backend import WORKER_IMPORTS, WORKER_MEMORY_BYTES
for name in WORKER_IMPORTS:
    importlib.import_module(name)
resource.setrlimit(resource.RLIMIT_AS, (WORKER_MEMORY_BYTES, WORKER_MEMORY_BYTES))
from tests.support.compositor import make, promo_task, scene, screenshot
files = {"scene-0": Path(sys.argv[1])}
size = (int(sys.argv[3]), int(sys.argv[4]))
scenes = [scene("media.html", 0.3, "scene-0", camera="push-in"), scene("media.html", 0.4, "scene-0", transition="zoom")]
made = make(promo_task(scenes, files, size=size, text={"headline": "日本語 🚀", "kind": "feature"}), files, Path(sys.argv[2]))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(made.files[0].width, int(peak.split()[1]) // 1024)
"""


def in_a_workers_memory(picture: Path, folder: Path, size: tuple[int, int]) -> tuple[int, int]:
    """(width of the clip, MiB that were resident) of a promo made under a worker's limits."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_WORKERS_MEMORY, str(picture), str(folder), *map(str, size)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=Path(__file__).parents[3],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "MALLOC_ARENA_MAX": "2",
            "OMP_NUM_THREADS": "1",
        },
    )
    assert done.returncode == 0, done.stderr[-2000:]
    width, resident = done.stdout.split()
    return int(width), int(resident)


def test_a_promo_is_made_within_a_workers_memory(tmp_path: Path, pictures: dict[str, Path]) -> None:
    width, resident = in_a_workers_memory(pictures["scene-1"], tmp_path, (1920, 1080))
    assert width == 1920
    assert resident < 700


@pytest.mark.slow
def test_the_largest_promo_over_the_largest_picture_is_made_within_a_workers_memory(tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    pixels = np.zeros((8600, 11600, 3), np.uint8)
    pixels[::7] = 200
    Image.fromarray(pixels).save(large, compress_level=1)
    assert in_a_workers_memory(large, tmp_path, (3840, 2160))[0] == 3840
    assert WORKER_MEMORY_BYTES < resource.RLIM_INFINITY or WORKER_IMPORTS
