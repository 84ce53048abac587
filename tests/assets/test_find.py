"""Which pictures are offered, in which order, with which reason; and what is refused."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from ci_mediagen.assets.find import MAX_LOOKED_AT, MAX_OFFERED, NO_PICTURE, find_assets
from ci_mediagen.errors import AssetError
from ci_mediagen.model.change import Package
from ci_mediagen.text.corpus import CORPUS
from tests.assets.test_picture import encoded, png_header


def paths(assets):
    return [asset.path for asset in assets.found]


# The order


def test_a_repository_without_pictures_gets_a_drawn_background(repo, change):
    assets = find_assets(repo, change(), {})
    assert assets.found == ()
    assert assets.best is None
    assert assets.reason == NO_PICTURE


def test_the_changes_own_pictures_come_first_then_configured_then_docs_then_readme(repo, change, picture, track):
    picture("site/new.png", colour=(1, 0, 0))
    picture("media/hero.png", colour=(2, 0, 0))
    picture("docs/guide.png", colour=(3, 0, 0))
    picture("media/shown.png", colour=(4, 0, 0))
    (repo / "README.md").write_text("# Aurora\n\n![the app](media/shown.png)\n")
    track("README.md")
    assets = find_assets(repo, change(added=("site/new.png",)), {"hero": "media/hero.png"})
    assert paths(assets) == ["site/new.png", "media/hero.png", "docs/guide.png", "media/shown.png"]
    assert [asset.origin for asset in assets.found] == ["diff", "configured", "docs", "readme"]
    assert [asset.name for asset in assets.found] == ["diff[0]", "hero", "docs[0]", "readme[0]"]
    assert assets.reason == "site/new.png, 1280x720: added by this change (best of 4)"


def test_an_asset_says_what_the_file_is(repo, change, picture):
    path = picture("docs/a.webp", size=(800, 600))
    (asset,) = find_assets(repo, change(), {}).found
    assert (asset.width, asset.height, asset.media_type) == (800, 600, "image/webp")
    assert asset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_removed_pictures_and_pictures_that_are_not_there_are_not_offered(repo, change, picture):
    assets = find_assets(repo, change(added=("gone.png",)), {})
    assert assets.found == ()
    assert assets.rejected == ("gone.png: does not exist",)


def test_a_configured_picture_that_the_change_touches_comes_first_under_its_name(repo, change, picture):
    picture("docs/one.png", colour=(1, 1, 1))
    picture("docs/hero.png", colour=(2, 2, 2))
    picture("docs/new.png", colour=(3, 3, 3))
    configured = {"other": "docs/one.png", "hero": "docs/hero.png"}
    assets = find_assets(repo, change(added=("docs/new.png",), modified=("docs/hero.png",)), configured)
    assert [asset.name for asset in assets.found] == ["hero", "diff[0]", "other"]
    assert "changed by this change and configured as hero" in assets.reason


def test_a_security_change_shows_none_of_its_own_pictures(repo, change, picture):
    picture("docs/exploit.png", colour=(9, 9, 9))
    picture("docs/hero.png")
    assets = find_assets(repo, change(added=("docs/exploit.png",), security=True), {"proof": "docs/exploit.png"})
    assert paths(assets) == ["docs/hero.png"]
    assert assets.rejected == ("docs/exploit.png: a security change shows none of its own pictures",)


def test_screenshots_come_before_diagrams_and_small_signs_are_left_out(repo, change, picture):
    for number, name in enumerate(["architecture", "dashboard-screenshot", "intro", "app-icon", "logo", "icon-picker"]):
        picture(f"docs/img/{name}.png", colour=(number, 0, 0))
    assets = find_assets(repo, change(), {})
    assert paths(assets) == [
        "docs/img/dashboard-screenshot.png",
        "docs/img/icon-picker.png",
        "docs/img/intro.png",
        "docs/img/architecture.png",
    ]
    assert [line.partition(":")[0] for line in assets.rejected] == ["docs/img/app-icon.png", "docs/img/logo.png"]


def test_a_picture_of_what_changed_comes_before_others(repo, change, picture):
    picture("docs/billing.png", colour=(1, 0, 0))
    picture("docs/timeline.png", colour=(2, 0, 0))
    assert paths(find_assets(repo, change(headline="Zoom into the timeline"), {}))[0] == "docs/timeline.png"
    assert paths(find_assets(repo, change(scope="billing"), {}))[0] == "docs/billing.png"


def test_large_landscape_pictures_come_before_banners_and_icons(repo, change, picture):
    picture("docs/a.png", size=(512, 512))
    picture("docs/b.png", size=(2000, 410))
    picture("docs/c.png", size=(1920, 1080))
    assert paths(find_assets(repo, change(), {}))[0] == "docs/c.png"


@pytest.mark.parametrize(("size", "offered"), [((400, 400), True), ((399, 2000), False), ((2000, 399), False)])
def test_anything_under_400_px_on_its_shorter_side_is_left_out(repo, change, picture, size, offered):
    picture("docs/a.png", size=size)
    assets = find_assets(repo, change(), {})
    assert bool(assets.found) is offered
    assert offered or assets.rejected == (f"docs/a.png: under 400 px ({size[0]}x{size[1]})",)


def test_a_small_configured_picture_is_taken_as_asked(repo, change, picture):
    picture("docs/tiny.png", size=(120, 80))
    assert [asset.name for asset in find_assets(repo, change(), {"hero": "docs/tiny.png"}).found] == ["hero"]


def test_the_same_picture_under_two_names_is_offered_once(repo, change, picture):
    picture("docs/a.png")
    picture("docs/b.png")
    assert paths(find_assets(repo, change(), {})) == ["docs/a.png"]


def test_untracked_pictures_are_not_found_but_may_be_configured(repo, change, picture):
    picture("docs/_build/page.png", track=False)
    assert find_assets(repo, change(), {}).found == ()
    assert paths(find_assets(repo, change(), {"hero": "docs/_build/page.png"})) == ["docs/_build/page.png"]


def test_pictures_of_tests_are_not_the_products(repo, change, picture):
    picture("tests/fixtures/cat.png")
    assets = find_assets(repo, change(added=("tests/fixtures/cat.png",)), {})
    assert assets.found == ()
    assert "tests/" in assets.rejected[0]


def test_a_package_of_a_monorepo_has_its_own_docs_and_readme(repo, change, picture, track):
    picture("packages/web/docs/a.png", colour=(1, 0, 0))
    picture("packages/web/media/b.png", colour=(2, 0, 0))
    (repo / "packages/web/README.md").write_text("![b](media/b.png)")
    package = Package("web", "Aurora Web", ("packages/web/**",))
    assert paths(find_assets(repo, change(packages=(package,)), {})) == [
        "packages/web/docs/a.png",
        "packages/web/media/b.png",
    ]


def test_a_folder_that_is_no_git_repository_is_walked(tmp_path, change):
    (tmp_path / "Docs" / "node_modules").mkdir(parents=True)
    Image.new("RGB", (800, 600)).save(tmp_path / "Docs" / "a.png")
    Image.new("RGB", (900, 600)).save(tmp_path / "Docs" / "node_modules" / "b.png")
    assert paths(find_assets(tmp_path, change(), {})) == ["Docs/a.png"]


# README


def test_the_readme_is_read_in_markdown_html_and_by_reference(repo, change, picture):
    for number, name in enumerate(["a", "b c", "d", "e", "f", "g"]):
        picture(f"media/{name}.png", colour=(number, 50, 0))
    (repo / "README.md").write_text(
        "[![A](media/a.png 'title')](https://x.dev)\n"
        "![b](<media/b c.png>)\n"
        '<p align=center><img width="80%" src="./media/d.png?raw=true"></p>\n'
        '<picture><source media="(x)" srcset="media/e.png 2x, media/e3.png 3x"></picture>\n'
        "![F][pic]\n\n[pic]: /media/f.png\n"
        "![g](https://github.com/acme/aurora/blob/main/media/g.png?raw=true)\n"
    )
    assets = find_assets(repo, change(repository="acme/aurora"), {})
    assert sorted(paths(assets)) == [f"media/{name}.png" for name in ("a", "b c", "d", "e", "f", "g")]


def test_badges_remote_pictures_code_and_links_out_are_not_taken_from_the_readme(repo, change, picture):
    picture("media/build-badge.png")
    picture("media/example.png", colour=(7, 7, 7))
    Image.new("RGB", (800, 800)).save(repo.parent / "outside.png")
    (repo / "README.md").write_text(
        "![ci](https://img.shields.io/badge/build-passing.png) ![b](media/build-badge.png)\n"
        "![o](../outside.png) ![d](data:image/png;base64,AAAA)\n"
        "```md\n![x](media/example.png)\n```\n"
    )
    assets = find_assets(repo, change(), {})
    assert assets.found == ()
    assert assets.rejected == (
        "https://img.shields.io/badge/build-passing.png: shown in README.md, but remote",
        "media/build-badge.png: is by its name no view of the product (badge)",
    )


def test_what_the_readme_shows_is_the_best_of_docs(repo, change, picture):
    picture("docs/a.png", colour=(1, 0, 0))
    picture("docs/z.png", colour=(2, 0, 0))
    (repo / "README.md").write_text("![z](docs/z.png)")
    assert find_assets(repo, change(), {}).reason.startswith("docs/z.png, 1280x720: in docs/ and shown in the README")


@pytest.mark.parametrize(
    "piece", ["![", "[![a](", "<img ", "<img src=", "![a][", "[a]: ", "```\n", "~~~", ".. image:: ", "<"]
)
def test_a_readme_made_to_waste_time_wastes_none(repo, change, piece):
    (repo / "README.md").write_text(piece * 60_000)
    begun = time.process_time()
    find_assets(repo, change(), {})
    assert time.process_time() - begun < 2.0


# What is configured


def test_a_pattern_gives_numbered_assets_in_natural_order(repo, change, picture):
    for number in (10, 2, 1):
        picture(f"docs/screens/s{number}.png", colour=(number, 0, 0))
    assets = find_assets(repo, change(), {"shots": "docs/screens/*.png"})
    assert [(asset.name, asset.path) for asset in assets.found] == [
        ("shots[0]", "docs/screens/s1.png"),
        ("shots[1]", "docs/screens/s2.png"),
        ("shots[2]", "docs/screens/s10.png"),
    ]
    assert assets.get("shots[1]").path == "docs/screens/s2.png"


def test_a_list_of_paths_keeps_its_order(repo, change, picture):
    picture("b.png", colour=(1, 0, 0))
    picture("a.png", colour=(2, 0, 0))
    assets = find_assets(repo, change(), {"shots": ("b.png", "a.png")})
    assert [(asset.name, asset.path) for asset in assets.found] == [("shots[0]", "b.png"), ("shots[1]", "a.png")]


@pytest.mark.parametrize("given", ["a.png", ("a.png",)])
def test_one_path_is_one_asset_and_a_pattern_is_numbered_even_if_it_finds_one(repo, change, picture, given):
    picture("a.png")
    assert [asset.name for asset in find_assets(repo, change(), {"hero": given}).found] == ["hero"]
    assert [asset.name for asset in find_assets(repo, change(), {"hero": "a*.png"}).found] == ["hero[0]"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("art/**/*.png", ["art/a.png", "art/deep/er/c.png", "art/deep/b.png"]),
        ("art/**", ["art/a.png", "art/deep/er/c.png", "art/deep/b.png"]),
        ("art/*/?.png", ["art/deep/b.png"]),
        ("art/[!b-z].png", ["art/a.png"]),
        ("./art/a*", ["art/a.png"]),
        ("**/c.png", ["art/deep/er/c.png"]),
    ],
)
def test_patterns_are_those_of_the_shell(repo, change, picture, pattern, found):
    for number, path in enumerate(["art/a.png", "art/deep/b.png", "art/deep/er/c.png", "art/node_modules/d.png"]):
        picture(path, colour=(number, 0, 0))
    (repo / "art" / "notes.txt").write_text("no picture")
    assert sorted(paths(find_assets(repo, change(), {"x": pattern}))) == sorted(found)


def test_a_name_that_holds_brackets_is_found_as_it_is(repo, change, picture):
    picture("docs/shot[1].png")
    assert [asset.name for asset in find_assets(repo, change(), {"hero": "docs/shot[1].png"}).found] == ["hero"]


def refusal(repo: Path, change, given) -> str:
    with pytest.raises(AssetError) as caught:
        find_assets(repo, change(), {"hero": given}, source="config/mediagen.yml")
    assert caught.value.exit_code == 2
    assert caught.value.advice
    assert caught.value.message.startswith("assets.hero in config/mediagen.yml: ")
    return caught.value.message.removeprefix("assets.hero in config/mediagen.yml: ")


def test_a_missing_picture_is_an_error_that_names_the_nearest(repo, change, picture):
    picture("docs/thumbnail.png")
    assert refusal(repo, change, "docs/thumbnial.png") == (
        "docs/thumbnial.png does not exist; did you mean 'docs/thumbnail.png'?"
    )
    assert refusal(repo, change, "thumbnail.png") == "thumbnail.png does not exist; there is docs/thumbnail.png"


def test_a_pattern_that_finds_nothing_is_an_error(repo, change, picture):
    picture("docs/a.png")
    assert refusal(repo, change, "docs/screens/*.png") == "no picture matches 'docs/screens/*.png'"
    assert refusal(repo, change, ["docs/a.png", "nowhere/**"]) == "no picture matches 'nowhere/**'"


def make_text(path: Path) -> None:
    path.write_text("These are notes.\n" * 9)


def make_truncated(path: Path) -> None:
    data = encoded("JPEG", size=(800, 600))
    path.write_bytes(data[: len(data) // 2])


def make_bomb(path: Path) -> None:
    path.write_bytes(png_header(60_000, 60_000))


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.write(png_header(800, 800))
        file.truncate(6_000_000_000)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link_out(path: Path) -> None:
    outside = path.parents[2] / "secret.png"
    Image.new("RGB", (900, 900)).save(outside)
    path.symlink_to(outside)


def make_link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def make_dangling_link(path: Path) -> None:
    path.symlink_to("nothing.png")


BROKEN = [
    (make_text, "is a text file and not a picture"),
    (make_truncated, "is broken or cut off before its end"),
    (make_bomb, "is too large (60000x60000 pixels; at most 100 megapixels)"),
    (make_huge, "is too large (6,000 MB; at most 50 MB)"),
    (make_pipe, "is a pipe, socket or device and not a file"),
    (make_folder, "is a folder"),
    (make_link_out, "lies outside of the repository"),
    (make_link_to_device, "lies outside of the repository"),
    (make_link_to_itself, "is a symbolic link that leads to itself"),
    (make_dangling_link, "is a symbolic link that leads nowhere"),
]


@pytest.mark.parametrize(("make", "reason"), BROKEN)
def test_a_configured_file_that_is_no_whole_picture_is_an_error(repo, change, make, reason):
    (repo / "docs").mkdir()
    make(repo / "docs" / "hero.png")
    begun = time.process_time()
    assert refusal(repo, change, "docs/hero.png") == f"docs/hero.png {reason}"
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(("make", "reason"), BROKEN)
def test_a_found_file_that_is_no_whole_picture_is_left_with_its_reason(repo, change, picture, make, reason):
    picture("docs/good.png")
    make(repo / "docs" / "hero.png")
    assets = find_assets(repo, change(added=("docs/hero.png",)), {})
    assert paths(assets) == ["docs/good.png"]
    assert assets.rejected == (f"docs/hero.png: {reason}",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("../secret.png", "lies outside of the repository"),
        ("/etc/hostname", "is an absolute path"),
        (".git/config", "lies in .git"),
        ("../*.png", "leads out of the repository"),
        ("docs/\0.png", "docs/\\x00.png does not exist"),
        ("x" * 5000 + ".png", "cannot be read"),
    ],
)
def test_a_configured_path_stays_in_the_repository(repo, change, given, words):
    Image.new("RGB", (900, 900)).save(repo.parent / "secret.png")
    assert words in refusal(repo, change, given)


def test_a_file_that_may_not_be_read_is_an_error(change):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Image.new("RGB", (900, 900)).save(Path(folder) / "hero.png")
        (Path(folder) / "hero.png").chmod(0)
        with as_an_ordinary_user():
            assert refusal(Path(folder), change, "hero.png") == "hero.png cannot be read (permission denied)"


@contextmanager
def as_an_ordinary_user():
    """Root reads everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_links_out_of_the_repository_is_not_followed(repo, change):
    outside = repo.parent / "outside"
    outside.mkdir()
    Image.new("RGB", (900, 900)).save(outside / "a.png")
    (repo / "docs").symlink_to(outside)
    assert "outside of the repository" in refusal(repo, change, "docs/a.png")
    assert "outside of the repository" in refusal(repo, change, "docs/*.png")
    assert find_assets(repo, change(added=("docs/a.png",)), {}).found == ()


def test_a_link_within_the_repository_is_followed(repo, change, picture):
    picture("docs/a.png")
    (repo / "hero.png").symlink_to("docs/a.png")
    assert paths(find_assets(repo, change(), {"hero": "hero.png"})) == ["hero.png"]


def test_a_cmyk_photograph_is_a_picture(repo, change, picture):
    picture("docs/print.jpg", mode="CMYK", colour=(10, 20, 30, 40))
    assert paths(find_assets(repo, change(), {})) == ["docs/print.jpg"]


# Names that strangers chose


def test_names_with_emoji_spaces_and_line_breaks_are_found_and_told_on_one_line(repo, change, picture):
    picture("docs/\N{ROCKET} launch ::error::.png", colour=(1, 0, 0))
    picture("docs/two\nlines\x1b[31m.png", colour=(2, 0, 0))
    (repo / "docs" / "bad\n.png").write_text("text, not a picture")
    subprocess.run(["git", "-C", repo, "add", "docs"], check=True)
    assets = find_assets(repo, change(), {})
    assert set(paths(assets)) == {"docs/\N{ROCKET} launch ::error::.png", "docs/two\nlines\x1b[31m.png"}
    assert assets.rejected == ("docs/bad\\n.png: is a text file and not a picture",)
    assert "\n" not in assets.reason
    assert "\x1b" not in assets.reason
    assert "\n" not in refusal(repo, change, "docs/no\nsuch.png")


def test_names_from_the_corpus_of_nasty_strings_do_no_harm(repo, change):
    (repo / "docs").mkdir()
    added = []
    for number, text in enumerate(CORPUS.values()):
        name = f"{text.replace('/', '_').replace(chr(0), '')[:50]}{number}.png"
        try:
            Image.new("RGB", (400 + number, 400)).save(repo / "docs" / name, "PNG")
        except (OSError, UnicodeEncodeError):
            continue  # no name that a file can have
        added.append(f"docs/{name}")
    subprocess.run(["git", "-C", repo, "add", "docs"], check=True)
    assets = find_assets(repo, change(added=tuple(added), headline="\n".join(CORPUS.values())), {})
    assert len(assets.found) == MAX_OFFERED
    assert all(line.isprintable() for line in (assets.reason, *assets.rejected))


def test_a_name_that_is_not_utf8_is_left_out(repo, change):
    (repo / "docs").mkdir()
    Image.new("RGB", (800, 600)).save(repo / "docs" / "a.png")
    (repo / "docs" / "a.png").rename(os.fsdecode(os.fsencode(repo) + b"/docs/caf\xe9.png"))
    subprocess.run(["git", "-C", repo, "add", "docs"], check=True)
    assets = find_assets(repo, change(), {})
    assert assets.found == ()
    assert assets.rejected == ("docs/caf\\udce9.png: has a name that is not UTF-8",)
    assert refusal(repo, change, "docs/*.png") == "no picture matches 'docs/*.png'"


def test_discovered_pictures_leave_configured_names_alone(repo, change, picture):
    picture("a.png", colour=(1, 0, 0))
    picture("b.png", colour=(2, 0, 0))
    assets = find_assets(repo, change(added=("b.png",)), {"diff": ["a*.png"]})
    assert assets.get("diff[0]").path == "a.png"


# Bounds


def test_a_hundred_pictures_are_not_all_offered(repo, change, picture):
    for number in range(30):
        picture(f"docs/p{number}.png", colour=(number, 0, 0), track=False)
    subprocess.run(["git", "-C", repo, "add", "docs"], check=True)
    assert len(find_assets(repo, change(), {}).found) == MAX_OFFERED


def test_no_more_files_are_opened_than_the_limit_and_it_is_said(repo, change, picture):
    original = picture("docs/p0.png", size=(64, 64))
    for number in range(1, MAX_LOOKED_AT + 20):
        os.link(original, original.with_name(f"p{number}.png"))
    subprocess.run(["git", "-C", repo, "add", "docs"], check=True)
    assets = find_assets(repo, change(), {})
    assert assets.found == ()
    assert len(assets.rejected) == 31
    assert assets.rejected[-1] == f"and {MAX_LOOKED_AT + 20 - 30} more"


def test_the_choice_is_the_same_each_time(repo, change, picture):
    for number in range(8):
        picture(f"docs/{number}.png", colour=(number, 0, 0))
    first = find_assets(repo, change(), {})
    assert all(find_assets(repo, change(), {}) == first for _ in range(3))


def test_a_normal_repository_costs_little(repo, change):
    (repo / "docs").mkdir()
    data = encoded("PNG", size=(1280, 720))
    for number in range(40):
        (repo / "docs" / f"{number}.png").write_bytes(data + bytes([number]))
    subprocess.run(["git", "-C", repo, "add", "docs"], check=True)
    find_assets(repo, change(), {})
    costs = []
    for _ in range(5):
        begun = time.process_time()
        assert len(find_assets(repo, change(), {}).found) == MAX_OFFERED
        costs.append(time.process_time() - begun)
    assert min(costs) < 0.05
