from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.announce.job_summary import CUT, MAX_BYTES, JobSummary, render
from ci_mediagen.errors import OutputError
from ci_mediagen.model.manifest import Told
from ci_mediagen.model.outcome import Failed
from ci_mediagen.text.corpus import CORPUS
from tests.support.announcements import SEED, announcement, card_task, change, picture, published, web_links
from tests.support.markdown import read

OUR_HTML = re.compile(r"</?details>|</?summary>|\s|How it was made")


def test_it_shows_headline_picture_links_files_and_how_it_was_made(tmp_path: Path) -> None:
    source = render(announcement(tmp_path))
    page = read(source)

    assert source.startswith("## Aurora Studio 2.4 - Dark mode, 3x faster search\n")
    assert page.images == ["https://media.acme.dev/promo/card.png"]
    assert (
        "[![Aurora Studio 2.4: dark mode](<https://media.acme.dev/promo/card.png>)](<https://media.acme.dev/promo/promo.mp4>)"
        in source
    )
    assert {"https://media.acme.dev/promo/index.html", "https://github.com/acme/aurora/releases/tag/v2.4.0"} <= set(
        page.links
    )
    for expected in (
        "12 changes, 5 people",
        "3x faster search",
        "promo-preview.gif",
        "preview of promo",
        "1920x1080, 8 s, 12 bytes",
        "made now",
        "release: a release was published",
        f"seed {SEED}",
        "ali-vilab/i2vgen-xl",
        card_task().key,
        "Dark mode everywhere, slow push in",
        "a minor release makes all shapes",
        "Took 12.3 s.",
    ):
        assert expected in page.text
    assert "table_open" in page.kinds


def test_without_a_public_address_it_says_where_the_media_are(tmp_path: Path) -> None:
    page = read(render(announcement(tmp_path, web=False)))
    assert page.images == []
    assert "They are in this run's artifacts" in page.text
    assert all(link.startswith("https://github.com/") for link in page.links)


def test_history_read_in_part_warnings_failures_and_the_outcome_are_said(tmp_path: Path) -> None:
    page = read(
        render(
            announcement(
                tmp_path,
                outcome="partial",
                change=change(complete=False, incomplete_reason="the clone is shallow"),
                warnings=("S3 was slow",),
                outcomes=(Failed("promo", "k", "the encoder ended with 1"),),
            )
        )
    )
    for expected in (
        "Some of it could not be made.",
        "History was not read whole: the clone is shallow",
        "Warning: S3 was slow",
        "promo: failed: the encoder ended with 1",
    ):
        assert expected in page.text


def test_nothing_to_do_says_why(tmp_path: Path) -> None:
    story = announcement(
        tmp_path,
        files=(),
        links=(),
        outcome="nothing",
        reasons=("docs are skipped",),
        title="Aurora Studio",
        bullets=(),
        context="",
        change=None,
    )
    page = read(render(story))
    assert "Nothing to do." in page.text
    assert "docs are skipped" in page.text
    assert "table_open" not in page.kinds


@pytest.mark.parametrize(("private", "shown"), [(True, True), (False, False), (None, False)])
def test_a_secret_address_is_shown_only_where_the_page_is_private(
    tmp_path: Path, private: bool | None, shown: bool
) -> None:
    story = announcement(tmp_path, web=False)
    story = replace(story, links=web_links(story.files, secret=True), change=change(private=private))
    page = read(render(story))
    assert ("https://media.acme.dev/promo/promo.mp4" in page.links) is shown
    assert page.images == []


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_makes_a_link_a_picture_html_or_a_mention(tmp_path: Path, name: str) -> None:
    nasty = CORPUS[name]
    file = published(
        tmp_path, card_task(id=nasty, prompt=nasty, backend=nasty or "x"), nasty, "image/png", picture(), alt=nasty
    )
    story = announcement(
        tmp_path,
        files=(file,),
        title=nasty,
        project=nasty,
        bullets=(nasty, nasty),
        context=nasty,
        reasons=(nasty,),
        template=nasty,
        template_reason=nasty,
        warnings=(nasty,),
        outcomes=(Failed(nasty, "k", nasty),),
        change=change(complete=False, incomplete_reason=nasty, release=None),
        links=(),
    )
    source = render(story)
    page = read(source)

    assert page.links == []
    assert page.images == []
    assert OUR_HTML.sub("", "".join(page.html)) == ""
    assert page.live == []
    assert page.kinds <= {
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "strong_open", "strong_close",
        "blockquote_open", "blockquote_close", "bullet_list_open", "bullet_list_close", "list_item_open",
        "list_item_close", "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close",
        "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close", "html_block", "html_inline",
        "code_inline", "fence", "softbreak",
    }  # fmt: skip
    assert re.findall(r"</?details>", "".join(page.html)) == ["<details>", "</details>"]
    rows = [line for line in source.splitlines() if line.startswith("| ") and "made now" in line]
    assert len(rows) == 1


def test_a_summary_that_is_too_long_is_cut_between_its_parts(tmp_path: Path) -> None:
    prompt = "a fox \U0001f98a " * 300
    files = tuple(
        published(tmp_path, card_task(id=f"card-{number}", prompt=prompt), f"{number}.png", "image/png", b"x")
        for number in range(400)
    )
    source = render(announcement(tmp_path, files=files))

    assert len(source.encode()) <= MAX_BYTES
    assert CUT in source
    assert source.endswith("</details>\n")
    assert read(source).text.count("a fox") % 300 == 0


@pytest.mark.parametrize("room", [0, 10, 100, 200, 400, 800, 1600, 3200])
def test_it_never_exceeds_the_room_there_is(tmp_path: Path, room: int) -> None:
    source = render(announcement(tmp_path), room)
    assert len(source.encode()) <= room
    assert source.count("<details>") == source.count("</details>")


def test_it_is_added_to_what_is_there_within_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("# Tests\nall passed\n")
    assert JobSummary(path).announce(announcement(tmp_path)) == Told("job-summary", "sent")
    assert path.read_text().startswith("# Tests\nall passed\n\n## Aurora Studio 2.4")

    path.write_bytes(b"x" * (MAX_BYTES - 700))
    JobSummary(path).announce(announcement(tmp_path))
    assert path.stat().st_size <= MAX_BYTES
    assert CUT in path.read_text()


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="job summary"):
        JobSummary(tmp_path / "gone" / "summary").announce(announcement(tmp_path))
    assert JobSummary(tmp_path / "gone" / "summary").check()[0].status == "problem"
    assert JobSummary(tmp_path / "summary").check()[0].status == "ok"
