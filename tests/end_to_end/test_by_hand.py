"""The main job as a person starts it in a repository: everything is made of the last change, and nobody is told."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ci_mediagen, environment
from tests.support.project import NAME, make_project, screenshot
from tests.support.repos import Repo

FILES = {"card.png", "promo.mp4", "promo-poster.jpg", "promo-preview.gif", "index.html", "manifest.json"}
ARTIFACT = {
    "task", "key", "role", "path", "media_type", "width", "height", "seconds", "sha256", "url", "reused",
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    repo: Repo
    env: dict[str, str]
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def folder(self) -> Path:
        return self.repo.path / "mediagen-out"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of everything, looked at by all tests of this file."""
    folder = tmp_path_factory.mktemp("by-hand")
    repo = make_project(folder / NAME, files={"src/theme.py": "DARK = True\n", "docs/dark-mode.png": screenshot()})
    env = environment(folder)
    done = ci_mediagen("run", "--json", cwd=repo.path, env=env)
    return Run(repo, env, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def again(made: Run) -> Run:
    """The same once more, after what the first left was put aside."""
    shutil.copytree(made.folder, made.repo.path.parent / "first")
    done = ci_mediagen("run", "--json", cwd=made.repo.path, env=made.env)
    return Run(made.repo, made.env, done.stdout, done.stderr)


def test_it_leaves_card_promo_poster_preview_page_and_manifest(made: Run) -> None:
    left = {path.name for path in made.folder.iterdir() if not path.name.startswith(".")}
    assert left == FILES


def test_the_card_is_a_png_of_1200_by_630(made: Run) -> None:
    from PIL import Image

    with Image.open(made.folder / "card.png") as card:
        card.load()
        assert (card.format, card.size) == ("PNG", (1200, 630))
        assert len(card.convert("RGB").resize((120, 63)).getcolors(120 * 63) or ()) > 50, "it shows something"


def test_the_promo_is_h264_that_plays_everywhere_and_starts_at_once(made: Run) -> None:
    import av

    path = made.folder / "promo.mp4"
    with av.open(path) as container:
        (stream,) = container.streams.video
        context = stream.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.width, context.height) == (1920, 1080)
        assert stream.average_rate == 30
        assert container.duration is not None
        seconds = container.duration / av.time_base
        assert 6 <= seconds <= 12
        frames = sum(1 for _ in container.decode(stream))
        assert frames == pytest.approx(seconds * 30, abs=1)
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat"), "the index comes before the pictures"


def test_poster_and_preview_are_pictures_of_their_kind_and_the_preview_is_small(made: Run) -> None:
    from PIL import Image

    with Image.open(made.folder / "promo-poster.jpg") as poster:
        assert (poster.format, poster.size) == ("JPEG", (1920, 1080))
    with Image.open(made.folder / "promo-preview.gif") as preview:
        assert preview.format == "GIF"
        assert preview.width == 480
        assert preview.n_frames > 10
    assert (made.folder / "promo-preview.gif").stat().st_size <= 2_000_000


def test_the_page_shows_all_of_them_and_loads_nothing_from_elsewhere(made: Run) -> None:
    page = (made.folder / "index.html").read_text("utf-8")
    for name in ("card.png", "promo.mp4", "promo-poster.jpg", "manifest.json"):
        assert f'"{name}"' in page
    assert "Dark mode everywhere" in page
    loaded = re.findall(r'(?:\bsrc|<link[^>]*\bhref)="([^"]+)"', page)
    assert not [address for address in loaded if "//" in address]


def test_the_answer_has_the_promised_shape_and_tells_of_the_files_that_are_there(made: Run) -> None:
    document = made.document
    assert {"outcome", "manifest", "artifacts", "reasons"} <= set(document)
    assert document["schema_version"] == 1
    assert document["outcome"] == "ok"
    assert Path(document["manifest"]) == made.folder / "manifest.json"
    assert document["reasons"]
    artifacts = {Path(one["path"]).name: one for one in document["artifacts"]}
    assert set(artifacts) == FILES - {"index.html", "manifest.json"}
    for name, one in artifacts.items():
        assert set(one) == ARTIFACT
        assert one["sha256"] == sha256(made.folder / name)
        assert one["reused"] is False
        assert re.fullmatch("[0-9a-f]{64}", one["key"])
    card, promo = artifacts["card.png"], artifacts["promo.mp4"]
    assert (card["task"], card["role"], card["media_type"]) == ("card", "main", "image/png")
    assert (card["width"], card["height"], card["seconds"]) == (1200, 630, None)
    assert (promo["task"], promo["media_type"], promo["width"], promo["height"]) == ("promo", "video/mp4", 1920, 1080)
    assert 6 <= promo["seconds"] <= 12
    assert {artifacts["promo-poster.jpg"]["role"], artifacts["promo-preview.gif"]["role"]} == {"poster", "preview"}


def test_stdout_is_the_answer_and_stderr_tells_a_person_what_was_decided_and_why(made: Run) -> None:
    assert made.out.startswith("{")
    for words in ("Dark mode everywhere", "significance: full (run by hand", "template: feature", "docs/dark-mode.png"):
        assert words in made.err
    assert "{" not in made.err.splitlines()[0]


def test_the_manifest_fits_its_published_schema(made: Run) -> None:
    from pydantic import TypeAdapter

    from ci_mediagen.model.manifest import Manifest

    text = (made.folder / "manifest.json").read_text("utf-8")
    manifest = TypeAdapter(Manifest).validate_json(text, extra="forbid")
    assert manifest.outcome == "ok"
    assert {task.id for task in manifest.tasks} == {"card", "promo"}
    assert all(task.key and task.seed is not None for task in manifest.tasks)
    assert {outcome.status for outcome in manifest.outcomes} == {"generated"}
    assert set(manifest.timings) >= {"events", "plan", "execute", "publish", "announce"}
    assert {"python", "ci-mediagen"} < set(manifest.versions)
    assert {link.role for link in manifest.links} == {"main", "poster", "preview", "gallery", "manifest"}


def test_the_manifest_holds_no_path_and_no_name_of_this_machine(made: Run) -> None:
    text = (made.folder / "manifest.json").read_text("utf-8")
    for known in (str(made.repo.path), made.env["HOME"], sys.prefix, str(Path.cwd()), socket.gethostname()):
        assert known not in text
    absolute = re.findall(r'"(/[^"]*)"', text)
    assert not absolute


def test_nobody_is_told_of_what_was_started_by_hand(made: Run) -> None:
    manifest = json.loads((made.folder / "manifest.json").read_text("utf-8"))
    assert manifest["announce"]["mode"] == "silent"
    assert {told["announcer"] for told in manifest["told"]} == {"plain"}


def test_a_second_run_makes_nothing_again(made: Run, again: Run) -> None:
    assert [one["reused"] for one in again.document["artifacts"]] == [True] * len(made.document["artifacts"])
    assert again.document["outcome"] == "ok"
    manifest = json.loads((again.folder / "manifest.json").read_text("utf-8"))
    assert {outcome["status"] for outcome in manifest["outcomes"]} == {"reused"}
    first = made.repo.path.parent / "first"
    for name in FILES - {"index.html", "manifest.json"}:
        assert (first / name).read_bytes() == (again.folder / name).read_bytes()
    assert "2 of 2 reused" in again.err


def test_a_second_run_starts_no_worker(made: Run, again: Run, tmp_path: Path) -> None:
    """Told by the kernel, where strace is at hand; else by the store, in which nothing was written."""
    before = {path: path.stat().st_mtime_ns for path in (Path(made.env["CI_MEDIAGEN_CACHE"]) / "store").rglob("*")}
    program = (
        "import subprocess, sys\n"
        "started, real = [], subprocess.Popen.__init__\n"
        "def init(self, command, *rest, **options):\n"
        "    started.append(list(map(str, command)))\n"
        "    real(self, command, *rest, **options)\n"
        "subprocess.Popen.__init__ = init\n"
        "from ci_mediagen.cli.main import exit_code\n"
        "code = exit_code(['run'])\n"
        "assert not [c for c in started if 'ci_mediagen.worker' in c], started\n"
        "assert not {'av', 'cv2', 'pytakumi', 'boto3', 'slack_sdk'} & set(sys.modules)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=made.repo.path, env=made.env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    after = {path: path.stat().st_mtime_ns for path in (Path(made.env["CI_MEDIAGEN_CACHE"]) / "store").rglob("*")}
    assert {path: at for path, at in after.items() if path.is_file()} == {
        path: at for path, at in before.items() if path.is_file()
    }


def sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
