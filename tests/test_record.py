from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_mediagen.errors import CredentialsError, OutputError, PublishError
from ci_mediagen.model.codec import decode
from ci_mediagen.model.link import Link
from ci_mediagen.model.manifest import Manifest
from ci_mediagen.model.media import Artifact, MediaFile
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused, Unknown
from ci_mediagen.record import Record

ARTIFACT = Artifact("k", (MediaFile("main", "a.png", "image/png", "0" * 64, 1),))
MADE = Generated("a", "k", ARTIFACT)


@pytest.mark.parametrize(
    ("outcomes", "ends", "code"),
    [
        ((MADE, Reused("b", "k", ARTIFACT)), "ok", 0),
        ((MADE, Failed("b", "k", "why")), "partial", 3),
        ((Failed("b", "k", "why"),), "failed", 4),
        ((MADE, Failed("b", "k", "too slow", exit_code=6)), "partial", 6),
        ((Failed("b", "k", "disk full", exit_code=75),), "failed", 75),
        ((Failed("b", "k", "disk full", exit_code=75), Failed("c", "k", "broken", exit_code=2)), "failed", 4),
        ((MADE, Unknown("b", "k", "sent, no answer")), "partial", 3),
    ],
)
def test_outcomes_come_to_one_word_and_one_exit_code(outcomes: tuple[Outcome, ...], ends: str, code: int) -> None:
    record = Record(outcomes=outcomes)
    assert (record.outcome, record.exit_code) == (ends, code)


def test_of_several_errors_the_published_order_decides() -> None:
    record = Record(outcomes=(MADE,), errors=[PublishError("no bucket"), CredentialsError("no key")])
    assert record.exit_code == 7
    assert record.reasons[:2] == ("no bucket", "no key")


def test_a_manifest_holds_no_presigned_query_and_reads_back(tmp_path: Path) -> None:
    link = Link("s3", "main", "https://s3.example/a.png?X-Amz-Signature=abc", secret=True)
    path = Record(outcomes=(MADE,), links=(link,)).write(tmp_path)
    text = path.read_text("utf-8")
    assert "Signature" not in text
    assert decode(Manifest, json.loads(text)).links[0].url == "https://s3.example/a.png"
    assert [item.name for item in tmp_path.iterdir()] == ["manifest.json"]


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"manifest\.json cannot be written"):
        Record().write(tmp_path / "file")
