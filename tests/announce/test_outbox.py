from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.announce import outbox
from ci_mediagen.announce.interface import MaybeTold
from ci_mediagen.errors import OutputError, ServiceError
from ci_mediagen.model.change import Change
from ci_mediagen.model.codec import decode
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.redact import Redactor
from tests.support.announcements import announcement, card_task, change, web_links

DOWN = ServiceError("Slack did not answer")
TOKEN = "xoxb-1234-abcdefghijkl"


def test_it_keeps_what_is_needed_to_tell_it_again(tmp_path: Path) -> None:
    story = announcement(tmp_path)
    path = outbox.keep(tmp_path / "outbox/v1", "slack", story, DOWN, destination="#releases")

    kept = json.loads(path.read_text())
    assert kept["schema_version"] == 1
    assert (kept["announcer"], kept["destination"]) == ("slack", "#releases")
    assert kept["error"] == {"kind": "ServiceError", "message": "Slack did not answer"}
    assert kept["maybe_told"] is False
    told = kept["announcement"]
    assert (told["title"], told["bullets"], told["mode"]) == (story.title, list(story.bullets), "post")
    assert decode(Change, told["change"]) == story.change
    assert told["files"][0]["task"]["key"] == card_task().key
    assert told["files"][0]["media"]["name"] == "card.png"


def test_a_message_that_may_have_arrived_is_marked(tmp_path: Path) -> None:
    path = outbox.keep(tmp_path, "slack", announcement(tmp_path), MaybeTold("no answer"))
    assert json.loads(path.read_text())["maybe_told"] is True


def test_no_secret_and_no_path_of_this_machine_is_kept(tmp_path: Path) -> None:
    story = announcement(tmp_path, reasons=(f"the token is {TOKEN}",), warnings=("https://user:hunter22@acme.dev",))
    links = tuple(
        replace(link, url=f"{link.url}?X-Amz-Signature=abc123", secret=True) for link in web_links(story.files)
    )
    error = ServiceError(f"refused {TOKEN}")
    path = outbox.keep(
        tmp_path / "box",
        "slack",
        replace(story, links=links),
        error,
        redact=Redactor({"SLACK_BOT_TOKEN": TOKEN}).redact,
    )

    text = path.read_text()
    assert TOKEN not in text
    assert "hunter22" not in text
    assert "Signature" not in text
    assert str(tmp_path) not in text


def test_it_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = outbox.keep(tmp_path / "outbox/v1", "slack", announcement(tmp_path), DOWN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_failing_again_keeps_one_and_telling_takes_it_out(tmp_path: Path) -> None:
    folder = tmp_path / "box"
    story = announcement(tmp_path)
    first = outbox.keep(folder, "slack", story, DOWN)
    again = outbox.keep(folder, "slack", replace(story, seconds=99.0, reasons=("another run",)), DOWN)
    other = outbox.keep(folder, "slack-webhook", story, DOWN)
    assert first == again != other
    assert sorted(folder.iterdir()) == sorted([first, other])

    outbox.discard(folder, "slack", story)
    assert list(folder.iterdir()) == [other]
    outbox.discard(folder, "slack", story)


def test_another_change_is_another_entry(tmp_path: Path) -> None:
    folder = tmp_path / "box"
    outbox.keep(folder, "slack", announcement(tmp_path), DOWN)
    outbox.keep(folder, "slack", announcement(tmp_path, change=change(sha="c" * 40)), DOWN)
    outbox.keep(folder, "slack", announcement(tmp_path, change=None), DOWN)
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("name", CORPUS)
def test_every_text_of_the_corpus_can_be_kept(tmp_path: Path, name: str) -> None:
    nasty = CORPUS[name]
    story = announcement(tmp_path, title=nasty, project=nasty, bullets=(nasty,), template=nasty)
    path = outbox.keep(tmp_path / "box", "slack", story, DOWN, destination=nasty)
    kept = json.loads(path.read_text(encoding="utf-8"))["announcement"]["title"]
    assert kept.replace("?", "") == nasty.encode("utf-8", "replace").decode().replace("?", "")


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="could not be kept"):
        outbox.keep(tmp_path / "file" / "v1", "slack", announcement(tmp_path), DOWN)
    outbox.discard(tmp_path / "file" / "v1", "slack", announcement(tmp_path))
