from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.errors import OutputError, StoreUnavailable
from ci_mediagen.publish.directory import ABANDONED_SECONDS, RECORD, UNFINISHED, DirectoryPublisher
from ci_mediagen.text.corpus import CORPUS
from tests.support.publications import small_publication


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


def visible(folder: Path) -> set[str]:
    return {item.name for item in folder.iterdir() if item.name != RECORD}


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Of each file its identity and time: the same only where it was not written again."""
    return {item.name: (item.stat().st_ino, item.stat().st_mtime_ns) for item in folder.iterdir()}


def test_files_come_under_their_names_with_a_page_and_a_link_for_each(tmp_path: Path, output: Path) -> None:
    publication = small_publication(tmp_path / "store")
    links = DirectoryPublisher(output).publish(publication)
    assert visible(output) == {"card.png", "promo.mp4", "index.html"}
    assert (output / "card.png").read_bytes() == publication.files[0].path.read_bytes()
    assert [(link.role, link.url, link.task) for link in links] == [
        ("main", "card.png", "shot-0"),
        ("main", "promo.mp4", "shot-1"),
        ("gallery", "index.html", None),
    ]
    assert {link.publisher for link in links} == {"directory"}
    assert links[0].key == publication.files[0].task.key


def test_a_second_run_writes_nothing(tmp_path: Path, output: Path) -> None:
    publication = small_publication(tmp_path / "store")
    publisher = DirectoryPublisher(output)
    first = publisher.publish(publication)
    before = snapshot(output)
    assert publisher.publish(publication) == first
    assert snapshot(output) == before


def test_a_second_run_reads_no_media(tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publication = small_publication(tmp_path / "store")
    publisher = DirectoryPublisher(output)
    publisher.publish(publication)
    hashed: list[str] = []
    real = DirectoryPublisher._sha256
    monkeypatch.setattr(DirectoryPublisher, "_sha256", lambda self, name: hashed.append(name) or real(self, name))
    publisher.publish(publication)
    assert hashed == []


def test_copies_may_be_edited_without_touching_the_store(tmp_path: Path, output: Path) -> None:
    publication = small_publication(tmp_path / "store")
    stored = publication.files[0].path
    before = stored.read_bytes()
    DirectoryPublisher(output).publish(publication)
    copy = output / "card.png"
    assert copy.stat().st_ino != stored.stat().st_ino
    with copy.open("r+b") as file:
        file.write(b"EDITED")
    assert stored.read_bytes() == before


def test_a_published_file_that_was_edited_is_put_right(tmp_path: Path, output: Path) -> None:
    publication = small_publication(tmp_path / "store")
    DirectoryPublisher(output).publish(publication)
    (output / "card.png").write_bytes(b"edited")
    DirectoryPublisher(output).publish(publication)
    assert (output / "card.png").read_bytes() == publication.files[0].path.read_bytes()


def test_what_is_not_published_any_more_goes_and_what_is_not_ours_stays(tmp_path: Path, output: Path) -> None:
    publisher = DirectoryPublisher(output)
    publisher.publish(small_publication(tmp_path / "a", names=("card.png", "old.png", "edited.png")))
    (output / "notes.txt").write_text("mine")
    (output / "edited.png").write_bytes(b"retouched by hand")
    publisher.publish(small_publication(tmp_path / "b", names=("card.png",)))
    assert visible(output) == {"card.png", "edited.png", "index.html", "notes.txt"}
    assert (output / "edited.png").read_bytes() == b"retouched by hand"


def test_a_list_that_a_stranger_wrote_removes_nothing_outside_and_nothing_that_is_not_ours(
    tmp_path: Path, output: Path
) -> None:
    output.mkdir()
    secret = tmp_path / "secret"
    secret.write_bytes(b"precious")
    (output / "mine.png").write_bytes(b"mine")
    (output / "link.png").symlink_to(secret)
    sha256 = hashlib.sha256(b"precious").hexdigest()
    names = ["../secret", str(secret), "link.png", "mine.png", "", ".", "..", RECORD]
    record = {"schema_version": 1, "files": {name: {"sha256": sha256, "mtime_ns": 1} for name in names}}
    (output / RECORD).write_text(json.dumps(record))
    DirectoryPublisher(output).publish(small_publication(tmp_path / "store"))
    assert secret.read_bytes() == b"precious"
    assert (output / "mine.png").read_bytes() == b"mine"
    assert (output / "link.png").is_symlink()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"schema_version": 1}', '{"schema_version": 2, "files": {}}', '{"files": 3}', "[" * 100_000],
)
def test_a_broken_list_counts_as_none(tmp_path: Path, output: Path, text: str) -> None:
    output.mkdir()
    (output / RECORD).write_text(text)
    DirectoryPublisher(output).publish(small_publication(tmp_path / "store"))
    assert visible(output) == {"card.png", "promo.mp4", "index.html"}


@pytest.mark.parametrize("name", ["index.html", "card.png"])
def test_a_file_of_somebody_else_is_never_replaced(tmp_path: Path, output: Path, name: str) -> None:
    output.mkdir()
    (output / name).write_text("my own work")
    with pytest.raises(OutputError, match="was there before"):
        DirectoryPublisher(output).publish(small_publication(tmp_path / "store"))
    assert (output / name).read_text() == "my own work"
    assert visible(output) == {name}


def test_a_folder_that_lost_its_list_is_known_by_its_page(tmp_path: Path, output: Path) -> None:
    """Artifact uploads leave hidden files out."""
    DirectoryPublisher(output).publish(small_publication(tmp_path / "a"))
    (output / RECORD).unlink()
    publication = small_publication(tmp_path / "b", names=("card.png",), headline="Something else")
    (tmp_path / "b" / "stored-0").chmod(0o644)
    (tmp_path / "b" / "stored-0").write_bytes(b"other bytes")
    media = replace(publication.files[0].media, sha256=hashlib.sha256(b"other bytes").hexdigest(), bytes=11)
    DirectoryPublisher(output).publish(replace(publication, files=(replace(publication.files[0], media=media),)))
    assert (output / "card.png").read_bytes() == b"other bytes"
    assert "Something else" in (output / "index.html").read_text("utf-8")


def test_a_run_that_was_killed_half_way_is_finished_by_the_next(tmp_path: Path, output: Path) -> None:
    publication = small_publication(tmp_path / "store")
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from ci_mediagen.publish.directory import DirectoryPublisher\n"
        "from tests.support.publications import small_publication\n"
        "real = DirectoryPublisher._copy\n"
        "def copy(self, source, name, sha256):\n"
        "    if name == 'promo.mp4':\n"
        "        descriptor = os.open(self.output / '.ci-mediagen-unfinished-1-x', os.O_CREAT | os.O_WRONLY)\n"
        "        os.kill(os.getpid(), 9)\n"
        "    real(self, source, name, sha256)\n"
        "DirectoryPublisher._copy = copy\n"
        "DirectoryPublisher(Path(sys.argv[1])).publish(small_publication(Path(sys.argv[2])))\n"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", program, output, tmp_path / "again"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert killed.returncode == -9
    assert "promo.mp4" not in visible(output)
    long_ago = (output / f"{UNFINISHED}1-x").stat().st_mtime - ABANDONED_SECONDS - 1
    os.utime(output / f"{UNFINISHED}1-x", (long_ago, long_ago))
    DirectoryPublisher(output).publish(publication)
    assert visible(output) == {"card.png", "promo.mp4", "index.html"}


def test_an_output_that_is_a_file_a_link_or_below_a_file_is_refused(tmp_path: Path) -> None:
    publication = small_publication(tmp_path / "store")
    (tmp_path / "file").write_text("x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("file", "file/below", "link", "dangling"):
        with pytest.raises(OutputError) as caught:
            DirectoryPublisher(tmp_path / name).publish(publication)
        assert name in str(caught.value)
        assert DirectoryPublisher(tmp_path / name).check()[0].status == "problem"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_under_a_published_name_is_refused_and_its_target_untouched(tmp_path: Path, output: Path) -> None:
    output.mkdir()
    target = tmp_path / "authorized_keys"
    target.write_text("keys")
    (output / "card.png").symlink_to(target)
    with pytest.raises(OutputError):
        DirectoryPublisher(output).publish(small_publication(tmp_path / "store"))
    assert target.read_text() == "keys"


def test_a_link_under_the_name_of_an_earlier_file_is_replaced_not_followed(tmp_path: Path, output: Path) -> None:
    publication = small_publication(tmp_path / "store")
    DirectoryPublisher(output).publish(publication)
    target = tmp_path / "authorized_keys"
    target.write_text("keys")
    (output / "card.png").unlink()
    (output / "card.png").symlink_to(target)
    DirectoryPublisher(output).publish(publication)
    assert target.read_text() == "keys"
    assert not (output / "card.png").is_symlink()


def test_a_folder_under_a_published_name_is_refused(tmp_path: Path, output: Path) -> None:
    publication = small_publication(tmp_path / "store")
    DirectoryPublisher(output).publish(publication)
    (output / "card.png").unlink()
    (output / "card.png").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        DirectoryPublisher(output).publish(publication)


def test_a_folder_that_may_not_be_written_is_an_output_error(tmp_path: Path) -> None:
    """As another user: nothing is forbidden to root."""
    publication = small_publication(tmp_path / "store")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        output.chmod(0o555)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                if os.geteuid() == 0:
                    os.setresuid(65534, 65534, 65534)
                assert DirectoryPublisher(output).check()[0].status == "problem"
                DirectoryPublisher(output).publish(publication)
            except OutputError as error:
                code = 0 if "cannot be written: Permission denied" in error.message else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert list(output.iterdir()) == []
        output.chmod(0o755)


def test_a_full_disk_is_a_reason_to_run_again_and_leaves_no_half_file(tmp_path: Path) -> None:
    """A tmpfs of 64 KiB in a mount namespace of its own."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ci_mediagen.errors import UnavailableError\n"
        "from ci_mediagen.publish.directory import DirectoryPublisher\n"
        "from tests.support.publications import publication, published, task\n"
        "big = Path(sys.argv[2]); big.write_bytes(b'x' * 1_000_000)\n"
        "try:\n"
        "    DirectoryPublisher(Path(sys.argv[1])).publish(publication([published(big, task('a'), 'image/png')]))\n"
        "except UnavailableError as error:\n"
        "    print(error); print(sorted(item.name for item in Path(sys.argv[1]).iterdir()))\n"
    )
    small = tmp_path / "small"
    small.mkdir()
    root = Path(__file__).parents[2]
    shell = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" -c "$3" "$1" "$4"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", shell, "sh", small, sys.executable, program, tmp_path / "big"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no mount namespaces for this user: {done.stderr}")
    assert "No space left on device" in done.stdout
    assert "Make room" in done.stdout
    assert f"['{RECORD}']" in done.stdout


def test_a_stored_file_that_is_gone_or_damaged_is_told_and_not_published(tmp_path: Path, output: Path) -> None:
    publication = small_publication(tmp_path / "store")
    stored = publication.files[0].path
    stored.chmod(0o644)
    stored.write_bytes(b"damaged")
    with pytest.raises(StoreUnavailable, match="is not the one that was made"):
        DirectoryPublisher(output).publish(publication)
    stored.unlink()
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        DirectoryPublisher(output).publish(publication)
    assert visible(output) == set()


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_a_file_of_any_name_comes_under_one_safe_name(tmp_path: Path, output: Path, text: str) -> None:
    links = DirectoryPublisher(output).publish(small_publication(tmp_path / "store", names=(text,)))
    assert visible(output) == {links[0].url, "index.html"}
    assert {item.name for item in tmp_path.iterdir()} == {"store", "out"}


def test_names_that_become_one_stay_two_and_none_takes_the_page_s(tmp_path: Path, output: Path) -> None:
    names = ("a/b.png", "a:b.png", "A-B.PNG", "index.html", "MANIFEST.json")
    links = DirectoryPublisher(output).publish(small_publication(tmp_path / "store", names=names))
    urls = [link.url for link in links]
    assert len({url.casefold() for url in urls}) == len(names) + 1
    assert urls[-1] == "index.html"
    assert "manifest.json" not in {url.casefold() for url in urls}


def test_a_manifest_from_elsewhere_is_copied_and_our_own_is_left(tmp_path: Path, output: Path) -> None:
    publisher = DirectoryPublisher(output)
    publisher.publish(small_publication(tmp_path / "store"))
    (tmp_path / "manifest.json").write_text("{}")
    link = publisher.publish_manifest(tmp_path / "manifest.json")
    assert (link.role, link.url) == ("manifest", "manifest.json")
    assert (output / "manifest.json").read_text() == "{}"
    before = (output / "manifest.json").stat().st_ino
    publisher.publish_manifest(output / "manifest.json")
    assert (output / "manifest.json").stat().st_ino == before


def test_the_check_writes_nothing(tmp_path: Path) -> None:
    assert DirectoryPublisher(tmp_path / "a" / "b").check()[0].status == "ok"
    assert list(tmp_path.iterdir()) == []
