from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.announce.step_outputs import StepOutputs, outputs
from ci_mediagen.errors import OutputError
from ci_mediagen.model.manifest import Told
from ci_mediagen.text.corpus import CORPUS
from tests.support.announcements import announcement, card_file, card_task, picture, published, web_links
from tests.support.github_files import read_outputs

NAMES = [
    "generated",
    "reason",
    "template",
    "manifest-path",
    "manifest-url",
    "gallery-url",
    "images",
    "videos",
    "primary-image-url",
    "primary-video-url",
    "poster-url",
    "slack-ts",
    "cost",
    "duration-seconds",
    "reused",
]


def test_every_promised_output_is_set(tmp_path: Path) -> None:
    story = announcement(tmp_path, told=(Told("job-summary", "sent"), Told("slack", "sent", "1795000000.000001")))
    path = tmp_path / "output"
    assert StepOutputs(path).announce(story) == Told("step-outputs", "sent")

    found = read_outputs(path)
    assert list(found) == NAMES
    base = "https://media.acme.dev/promo"
    assert found == {
        "generated": "true",
        "reason": "a minor release makes all shapes",
        "template": "release",
        "manifest-path": str(tmp_path / "out/manifest.json"),
        "manifest-url": f"{base}/manifest.json",
        "gallery-url": f"{base}/index.html",
        "images": json.dumps([f"{base}/card.png"]),
        "videos": json.dumps([f"{base}/promo.mp4"]),
        "primary-image-url": f"{base}/card.png",
        "primary-video-url": f"{base}/promo.mp4",
        "poster-url": f"{base}/promo-poster.jpg",
        "slack-ts": "1795000000.000001",
        "cost": "0",
        "duration-seconds": "12.3",
        "reused": "false",
    }


def test_without_addresses_media_are_given_by_path(tmp_path: Path) -> None:
    found = outputs(announcement(tmp_path, web=False))
    assert json.loads(found["images"]) == [str(tmp_path / "out/card.png")]
    assert json.loads(found["videos"]) == [str(tmp_path / "out/promo.mp4")]
    assert (found["primary-image-url"], found["gallery-url"], found["manifest-url"]) == ("", "", "")


def test_a_file_that_was_published_nowhere_is_given_where_it_lies(tmp_path: Path) -> None:
    file = card_file(tmp_path)
    found = outputs(announcement(tmp_path, web=False, files=(file,), links=()))
    assert json.loads(found["images"]) == [str(file.path)]


def test_a_presigned_address_is_given_whole_because_later_steps_need_it(tmp_path: Path) -> None:
    story = announcement(tmp_path, web=False)
    links = tuple(replace(link, url=f"{link.url}?X-Amz-Signature=abc", secret=True) for link in web_links(story.files))
    assert outputs(replace(story, links=links))["primary-image-url"].endswith("?X-Amz-Signature=abc")


def test_nothing_to_do_is_generated_false_with_the_reason(tmp_path: Path) -> None:
    story = announcement(
        tmp_path,
        files=(),
        links=(),
        outcome="nothing",
        reasons=("docs are skipped",),
        template=None,
        manifest_path=None,
    )
    found = outputs(story)
    assert (found["generated"], found["reason"], found["reused"]) == ("false", "docs are skipped", "false")
    assert (found["images"], found["videos"], found["template"], found["manifest-path"]) == ("[]", "[]", "", "")


@pytest.mark.parametrize(
    ("first", "second", "reused"), [(True, True, "true"), (True, False, "false"), (False, False, "false")]
)
def test_reused_means_that_nothing_had_to_be_made(tmp_path: Path, first: bool, second: bool, reused: str) -> None:
    files = (card_file(tmp_path, reused=first), replace(card_file(tmp_path, reused=second), name="b.png"))
    assert outputs(announcement(tmp_path, files=files))["reused"] == reused


def test_a_message_that_was_not_sent_has_no_ts(tmp_path: Path) -> None:
    told = (Told("slack", "failed", "Slack refused"), Told("slack-webhook", "sent", "x"))
    assert outputs(announcement(tmp_path, told=told))["slack-ts"] == ""


def test_what_other_programs_wrote_stays(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("earlier=1\nopen=2")
    StepOutputs(path).announce(announcement(tmp_path))
    found = read_outputs(path)
    assert (found["earlier"], found["open"], found["generated"]) == ("1", "2", "true")


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_forges_an_output(tmp_path: Path, name: str) -> None:
    nasty = CORPUS[name]
    file = published(tmp_path, card_task(id=nasty), nasty, "image/png", picture())
    story = announcement(
        tmp_path,
        files=(file,),
        reasons=(nasty, nasty),
        template=nasty,
        title=nasty,
        told=(Told("slack", "sent", nasty),),
        manifest_path=tmp_path / "out" / "m.json",
    )
    path = tmp_path / "output"
    StepOutputs(path).announce(story)

    found = read_outputs(path)
    assert list(found) == NAMES
    assert found["generated"] == "true"
    assert len(json.loads(found["images"])) == 1


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="step outputs"):
        StepOutputs(tmp_path / "gone" / "output").announce(announcement(tmp_path))
    assert StepOutputs(tmp_path / "gone" / "output").check()[0].status == "problem"
    assert StepOutputs(tmp_path / "output").check()[0].status == "ok"
