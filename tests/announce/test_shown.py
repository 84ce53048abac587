"""Which picture, clip and links of a run a reader is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.announce import shown
from ci_mediagen.model.change import PullRequest
from ci_mediagen.model.link import Link
from tests.support.announcements import announcement, card_file, card_task, change, picture, promo_files, published

SECRET = Link("s3", "main", "https://bucket/x?X-Amz-Signature=a", secret=True)
OPEN = Link("s3", "main", "https://media.acme.dev/x")
OTHER = Link("s3", "main", "https://mirror.acme.dev/x")
LOCAL = Link("directory", "main", "x")


@pytest.mark.parametrize(
    ("links", "best"), [([SECRET, LOCAL, OPEN, OTHER], OPEN), ([LOCAL, SECRET], SECRET), ([LOCAL], None), ([], None)]
)
def test_the_best_link_opens_in_a_browser_and_is_no_secret_if_it_can_be(links: list[Link], best: Link | None) -> None:
    assert shown.web_link(links) == best


def test_only_what_anyone_may_see_is_public() -> None:
    assert shown.public_url([SECRET, LOCAL, replace(OPEN, url="http://media.acme.dev/x"), OTHER]) == OTHER.url
    assert shown.public_url([SECRET, LOCAL]) is None


def test_a_preview_is_the_moving_one_then_the_poster_then_the_card(tmp_path: Path) -> None:
    card, promo = card_file(tmp_path), promo_files(tmp_path)
    clip, poster, moving = promo
    for files, best in (
        ((card, *promo), moving),
        ((card, clip, poster), poster),
        ((card, clip), card),
        ((clip,), None),
    ):
        assert shown.preview(announcement(tmp_path, files=files), max_bytes=10**6) == best


def test_a_preview_that_is_too_large_is_passed_over(tmp_path: Path) -> None:
    large = published(tmp_path, card_task(), "card.png", "image/png", picture())
    assert shown.preview(announcement(tmp_path, files=(large,)), max_bytes=large.media.bytes - 1) is None


def test_a_wide_card_is_shown_before_a_square_one(tmp_path: Path) -> None:
    wide = card_file(tmp_path)
    square = replace(wide, name="card-square.png", media=replace(wide.media, width=1080, height=1080))
    assert shown.card(announcement(tmp_path, files=(square, wide))) == wide
    assert shown.card(announcement(tmp_path, files=(square,))) == square


def test_a_merge_links_its_pull_request_and_a_push_its_changes(tmp_path: Path) -> None:
    request = PullRequest(7, "Dark mode", url="https://github.com/acme/aurora/pull/7")
    merge = change(release=None, pull_request=request, url="https://github.com/acme/aurora/compare/a...b")
    assert shown.actions(announcement(tmp_path, web=False, change=merge)) == (("Pull request", request.url),)
    push = replace(merge, pull_request=None)
    assert shown.actions(announcement(tmp_path, web=False, change=push)) == (("Changes", merge.url),)
    assert shown.actions(announcement(tmp_path, web=False, change=None)) == ()


@pytest.mark.parametrize(
    ("title", "project", "headline"), [("T", "P", "T"), (" \x1b[0m", "P", "P"), ("", "", "New media")]
)
def test_there_is_always_a_headline(tmp_path: Path, title: str, project: str, headline: str) -> None:
    assert shown.headline(announcement(tmp_path, title=title, project=project)) == headline


def test_there_is_always_alt_text(tmp_path: Path) -> None:
    file = published(tmp_path, card_task(alt="of the task"), "card.png", "image/png", picture())
    assert shown.alt(announcement(tmp_path), file) == "of the task"
    bare = replace(file, task=card_task())
    assert shown.alt(announcement(tmp_path, title="T"), bare) == "T"
