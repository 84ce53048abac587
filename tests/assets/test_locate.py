"""An input's file is given only if it is the file that was planned with."""

from __future__ import annotations

import hashlib
import os

import pytest

from ci_mediagen.assets.locate import digest, locator
from ci_mediagen.errors import AssetError, PlanError
from ci_mediagen.model.task import Input


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_gives_a_file_of_the_repository(repo):
    (repo / "docs").mkdir()
    (repo / "docs" / "a.png").write_bytes(b"pixels")
    path = locator(repo)(Input("image", sha256(b"pixels"), "docs/a.png"))
    assert path.read_bytes() == b"pixels"


def test_gives_a_file_of_the_installed_package(repo):
    found = digest(repo)("package:errors.py")
    path = locator(repo)(Input("layout:x", found, "package:errors.py"))
    assert path.name == "errors.py"
    assert sha256(path.read_bytes()) == found


def test_a_file_that_changed_since_the_plan_is_refused_with_both_hashes(repo):
    (repo / "a.png").write_bytes(b"now")
    with pytest.raises(AssetError) as caught:
        locator(repo)(Input("image", sha256(b"then"), "a.png"))
    assert caught.value.message == (
        f"a.png has changed since the plan: {sha256(b'then')[:12]} then, {sha256(b'now')[:12]} now"
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("gone.png", "does not exist"),
        ("../secret", "lies outside of the repository"),
        ("link", "lies outside of the repository"),
        ("pipe", "is a pipe"),
        ("folder", "is a folder"),
        ("/etc/hostname", "is an absolute path"),
        ("package:../../secret", "outside|does not exist"),
        (".git/config", r"lies in \.git"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(repo, path, reason):
    (repo.parent / "secret").write_bytes(b"s")
    (repo / "link").symlink_to("../secret")
    (repo / "folder").mkdir()
    os.mkfifo(repo / "pipe")
    for function in (lambda: locator(repo)(Input("image", sha256(b"s"), path)), lambda: digest(repo)(path)):
        with pytest.raises(AssetError, match=reason):
            function()


def test_an_input_without_a_file_is_a_broken_plan(repo):
    with pytest.raises(PlanError):
        locator(repo)(Input("image", "0" * 64))
