from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from ci_mediagen.errors import AssetError
from ci_mediagen.media.encode import Mp4Writer, to_rgb, write_gif, write_jpeg, write_png
from ci_mediagen.media.probe import media_file, probe, sha256
from ci_mediagen.media.video import Clip
from tests.support.compositor import screenshot


def frame_of(level: int, width: int = 320, height: int = 180) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    for number, plane in enumerate(frame.planes):
        plane.update(bytes([level if number == 0 else 128]) * plane.buffer_size)
    return frame


def write_clip(path: Path, frames: int = 45, fps: int = 30) -> Path:
    """Grey that grows lighter from frame to frame."""
    with Mp4Writer(path, 320, 180, fps) as writer:
        for number in range(frames):
            writer.write(frame_of(40 + 4 * number))
    return path


def test_a_clip_is_what_browsers_and_chats_play(tmp_path: Path) -> None:
    found = probe(write_clip(tmp_path / "clip.mp4"))
    assert (found.codec, found.pixel_format, found.colour_space) == ("h264", "yuv420p", "bt709")
    assert (found.width, found.height, found.fps, found.frames, found.seconds) == (320, 180, 30.0, 45, 1.5)
    assert found.faststart is True


def test_a_clip_whose_index_comes_last_is_told(tmp_path: Path) -> None:
    path = tmp_path / "late.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        container.mux(stream.encode(frame_of(100)))
        container.mux(stream.encode(None))
    assert probe(path).faststart is False


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    assert sha256(write_clip(tmp_path / "a.mp4")) == sha256(write_clip(tmp_path / "b.mp4"))


def test_a_clip_that_fails_midway_leaves_its_exception(tmp_path: Path) -> None:
    def fail() -> None:
        with Mp4Writer(tmp_path / "clip.mp4", 320, 180, 30) as writer:
            writer.write(frame_of(50))
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        fail()


def test_limited_range_is_undone(tmp_path: Path) -> None:
    for level, expected in ((16, 0), (235, 255), (126, 128)):
        assert np.abs(to_rgb(frame_of(level)).astype(int) - expected).max() <= 1


def test_a_preview_keeps_its_budget_by_giving_up_colours_and_frames(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    busy = [chance.integers(0, 255, (90, 160, 3), np.uint8) for _ in range(20)]
    write_gif(tmp_path / "busy.gif", busy, 10, 90_000)
    assert (tmp_path / "busy.gif").stat().st_size <= 90_000
    calm = [np.full((270, 480, 3), 20 + number, np.uint8) for number in range(20)]
    write_gif(tmp_path / "calm.gif", calm, 10, 900_000)
    found = probe(tmp_path / "calm.gif")
    assert (found.width, found.seconds, found.fps) == (480, 2.0, 10.0)
    with Image.open(tmp_path / "calm.gif") as preview:
        assert preview.info["loop"] == 0


def test_pictures_are_written_as_they_are(tmp_path: Path) -> None:
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[:, 40:] = (200, 30, 90)
    write_png(tmp_path / "a.png", pixels)
    write_jpeg(tmp_path / "a.jpg", pixels)
    with Image.open(tmp_path / "a.png") as picture:
        assert (np.asarray(picture) == pixels).all()
    with Image.open(tmp_path / "a.jpg") as picture:
        assert np.abs(np.asarray(picture).astype(int) - pixels).mean() < 2


def test_an_artifacts_entry_is_read_back_from_the_file(tmp_path: Path) -> None:
    entry = media_file(write_clip(tmp_path / "clip.mp4"), "main", "A clip")
    assert (entry.name, entry.media_type, entry.alt, entry.role) == ("clip.mp4", "video/mp4", "A clip", "main")
    assert entry.bytes == (tmp_path / "clip.mp4").stat().st_size
    assert entry.sha256 == sha256(tmp_path / "clip.mp4")
    picture = media_file(screenshot(tmp_path / "shot.png"), "poster", "")
    assert (picture.width, picture.height, picture.seconds, picture.fps) == (1280, 720, None, None)


@pytest.mark.parametrize("name", ["bad.mp4", "bad.png"])
def test_a_file_that_is_no_medium_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nonsense" * 50)
    with pytest.raises(AssetError, match=name):
        probe(tmp_path / name)


def test_a_clip_fills_its_view_frame_by_frame(tmp_path: Path) -> None:
    clip = Clip(write_clip(tmp_path / "clip.mp4"), "clip.mp4", (100, 100))
    assert (clip.width, clip.height, clip.seconds) == (320, 180, 1.5)
    frames = [(begins, planes[0].mean(), planes[0].shape, planes[1].shape) for begins, planes in clip.frames()]
    assert len(frames) == 45
    assert [begins for begins, *_ in frames] == pytest.approx([number / 45 for number in range(45)], abs=1e-6)
    assert {frame[2:] for frame in frames} == {((100, 100), (50, 50))}
    assert frames[0][1] == pytest.approx(40, abs=2)
    assert frames[-1][1] == pytest.approx(216, abs=2)


def test_a_broken_clip_is_an_asset_error(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "clip.mp4")
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(b"\0\0\0\x20ftypisom" + bytes(range(256)) * 20)
    with pytest.raises(AssetError, match=r"noise\.mp4 is not a clip"):
        Clip(noise, "noise.mp4", (100, 100))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    with pytest.raises(AssetError, match=r"cut\.mp4 is broken"):
        for _ in Clip(cut, "cut.mp4", (100, 100)).frames():
            pass
