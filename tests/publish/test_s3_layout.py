from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.model.change import Package, PullRequest, Release
from ci_mediagen.model.publication import Publication
from ci_mediagen.publish.s3_layout import UNGUESSABLE, Layout, lay_out, slug
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.s3_key import DEFAULT_PATTERN, parse_key_pattern
from tests.support.publications import CHANGE, small_publication


def laid(publication: Publication, pattern: str = DEFAULT_PATTERN, prefix: str = "", private: bool = False) -> Layout:
    return lay_out(publication, parse_key_pattern(pattern), prefix, private=private)


@pytest.fixture
def shown(tmp_path: Path) -> Publication:
    return small_publication(tmp_path)


def test_files_lie_by_their_bytes_beside_the_page_of_their_change(shown: Publication) -> None:
    layout = laid(shown, prefix="promo")
    sha12 = shown.files[0].media.sha256[:12]
    assert layout.keys[0] == f"promo/aurora-studio/v2.4.0/{sha12}/card.png"
    assert layout.page == "promo/aurora-studio/v2.4.0/index.html"
    assert layout.manifest == "promo/aurora-studio/v2.4.0/manifest.json"
    assert layout.immutable


def test_the_page_has_a_folder_for_each_change_whatever_the_pattern(shown: Publication) -> None:
    assert laid(shown, "{project}/{key12}/{name}").page == "aurora-studio/v2.4.0/index.html"
    assert laid(shown, "{name}").page == "v2.4.0/index.html"
    assert laid(shown, "media/{slug}/{project}/{name}").page == "media/v2.4.0/aurora-studio/index.html"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "v2.4.0"),
        ({"release": Release("web@2.4.0", "2.4.0")}, "web@2.4.0"),
        ({"release": None}, "pr-412"),
        ({"release": None, "pull_request": PullRequest(12, "x")}, "pr-12"),
        ({"release": None, "pull_request": None}, "4f1c2b7d9e0a"),
    ],
)
def test_a_change_is_named_by_its_release_its_pull_request_or_its_commit(change: dict[str, Any], expected: str) -> None:
    assert slug(replace(CHANGE, **change)) == expected


def test_a_package_stands_in_the_key_where_there_is_exactly_one(shown: Publication) -> None:
    pattern = "{project}/{package}/{slug}/{name}"
    web, api = Package("web", "Web", ("web/",)), Package("api", "API", ("api/",))
    assert laid(shown, pattern).keys[0] == "aurora-studio/v2.4.0/card.png"
    one = replace(shown, change=replace(shown.change, packages=(web,)))
    assert laid(one, pattern).keys[0] == "aurora-studio/web/v2.4.0/card.png"
    two = replace(shown, change=replace(shown.change, packages=(web, api)))
    assert laid(two, pattern).keys[0] == "aurora-studio/v2.4.0/card.png"


@pytest.mark.parametrize(
    "pattern", [DEFAULT_PATTERN, "{name}", "{project}/{key12}/{name}", "{project}/{sha256}/{name}"]
)
def test_a_private_layout_has_no_address_that_can_be_guessed(shown: Publication, pattern: str) -> None:
    layout = laid(shown, pattern, "promo", private=True)
    for key, file in zip(layout.keys, shown.files, strict=True):
        assert file.media.sha256[:UNGUESSABLE] in key
    folder = layout.page.split("/")[-2]
    assert len(folder) == UNGUESSABLE
    assert int(folder, 16) >= 0
    assert layout.manifest.split("/")[-2] == folder
    assert layout.immutable


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_hostile_names_stay_components_of_their_own(shown: Publication, text: str) -> None:
    change = replace(CHANGE, release=Release(text, text), packages=(Package(text, text, ()),))
    hostile = replace(shown, project=text, change=change, files=tuple(replace(file, name=text) for file in shown.files))
    layout = laid(hostile, "{project}/{slug}/{package}/{sha12}/{name}", "promo")
    assert len(set(layout.keys)) == len(layout.keys)
    for key in (*layout.keys, layout.page, layout.manifest):
        assert key.startswith("promo/")
        assert key.isascii()
        assert not set(key) & set(" ?#%&\\+*'\"<>|")
        assert all(component.strip(".") for component in key.split("/"))
    assert all(key.count("/") == 5 for key in layout.keys)
    assert layout.page.count("/") == 4
