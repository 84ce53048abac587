"""`run`: which job its options describe, and what it answers to people and to machines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen import pipeline
from ci_mediagen.cli.main import exit_code
from ci_mediagen.cli.report import describe_result, run_document
from ci_mediagen.errors import CredentialsError, MediagenError
from ci_mediagen.model.link import Link
from ci_mediagen.model.manifest import Manifest
from ci_mediagen.model.media import Artifact, MediaFile
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused
from ci_mediagen.pipeline import Job, Result
from tests.support.announcements import card_file

ARTIFACT = Artifact("k", (MediaFile("main", "card.png", "image/png", "0" * 64, 1),))


def result(folder: Path, **fields: Any) -> Result:
    """A run that made one card."""
    card = card_file(folder)
    manifest = Manifest(
        version="1", outcome="ok", reasons=("run by hand",), started_at="", seconds=1.25, change=None, template=None,
        brand=None, assets=(), tasks=(card.task,), outcomes=(Generated("card", "k", ARTIFACT),), announce=None,
        links=(
            Link("s3", "main", "https://media.acme.dev/card.png", "card", "k"),
            Link("directory", "main", "card.png", "card", "k"),
            Link("directory", "gallery", "index.html"),
        ),
    )  # fmt: skip
    base = Result(manifest, folder / "out" / "manifest.json", folder / "out", (card,), (), 0, 0)
    told = {name: value for name, value in fields.items() if name in Manifest.__dataclass_fields__}
    rest = {name: value for name, value in fields.items() if name not in told}
    return replace(base, manifest=replace(manifest, **told), **rest)


def test_the_answer_for_machines_tells_each_file_with_its_path_and_address(tmp_path: Path) -> None:
    document = run_document(result(tmp_path))
    assert document["schema_version"] == 1
    assert (document["outcome"], document["exit_code"], document["reasons"]) == ("ok", 0, ["run by hand"])
    assert document["manifest"] == str(tmp_path / "out" / "manifest.json")
    (artifact,) = document["artifacts"]
    assert artifact["path"] == str(tmp_path / "out" / "card.png")
    assert artifact["url"] == "https://media.acme.dev/card.png"
    assert (artifact["task"], artifact["role"], artifact["media_type"]) == ("card", "main", "image/png")
    json.dumps(document)


def test_a_file_that_is_only_in_a_folder_has_a_path_and_no_address(tmp_path: Path) -> None:
    document = run_document(result(tmp_path, links=(Link("directory", "main", "card.png", "card", "k"),)))
    assert document["artifacts"][0]["url"] is None


def test_a_file_that_could_not_be_copied_into_the_output_folder_is_where_it_lies(tmp_path: Path) -> None:
    ended = result(tmp_path, links=(Link("s3", "main", "https://media.acme.dev/card.png", "card", "k"),))
    assert run_document(ended)["artifacts"][0]["path"] == str(ended.files[0].path)
    assert list(describe_result(ended)) == []


def test_a_manifest_that_could_not_be_written_is_none(tmp_path: Path) -> None:
    assert run_document(result(tmp_path, manifest_path=None))["manifest"] is None


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, ["1 file in {out} in 1.2 s", "See them all: {out}/index.html"]),
        (
            {"outcomes": (Reused("card", "k", ARTIFACT), Generated("promo", "k", ARTIFACT))},
            ["1 file in {out} in 1.2 s, 1 of 2 reused", "See them all: {out}/index.html"],
        ),
        (
            {
                "links": (
                    Link("s3", "gallery", "https://media.acme.dev/index.html"),
                    Link("directory", "main", "card.png", "card", "k"),
                )
            },
            ["1 file in {out} in 1.2 s", "See them all: https://media.acme.dev/index.html"],
        ),
        ({"outcome": "nothing", "reasons": ("a revert",), "files": ()}, ["Nothing to do: a revert"]),
        (
            {
                "outcome": "failed",
                "reasons": ("card: no memory",),
                "outcomes": (Failed("card", "k", "no memory"),),
                "files": (),
            },
            ["Failed:", "  card: no memory"],
        ),
        (
            {
                "outcome": "partial",
                "reasons": ("no key",),
                "errors": (CredentialsError("no key", advice="Set it."),),
                "forgiven": 7,
            },
            [
                "Partial:",
                "  no key",
                "  Set it.",
                "1 file in {out} in 1.2 s",
                "See them all: {out}/index.html",
                "Warning: exit code 7 is 0 because of on-failure: warn.",
            ],
        ),
    ],
)
def test_the_last_lines_for_a_person(tmp_path: Path, fields: dict[str, Any], told: list[str]) -> None:
    lines = list(describe_result(result(tmp_path, **fields)))
    assert lines == [line.format(out=tmp_path / "out") for line in told]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Job]:
    """The jobs that `run` and `plan` would start."""
    jobs: list[Job] = []

    def note(job: Job, _progress: object) -> Result:
        jobs.append(job)
        raise MediagenError("noted")

    monkeypatch.setattr(pipeline, "run", note)
    monkeypatch.setattr(pipeline, "decide", note)
    monkeypatch.chdir(tmp_path)
    return jobs


def test_without_options_the_folder_is_the_repository_and_nothing_is_overridden(asked: list[Job]) -> None:
    exit_code(["run"])
    (job,) = asked
    assert (job.repo, job.config_path, job.event, job.range, job.since) == (Path(), None, None, None, None)
    assert (job.only, job.announce, job.flags, job.plan_file) == ((), False, {}, None)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_each_option_reaches_the_job(asked: list[Job], tmp_path: Path, command: str) -> None:
    options = (
        "--repo r --config c.yml --event e.json --event-name push --range A..B --since 7d --package web --template fix "
        "--significance card --only card --only promo --output out --strict --on-failure warn --announce"
    )
    exit_code([command, *options.split()])
    (job,) = asked
    assert (job.repo, job.config_path, job.event) == (Path("r"), Path("c.yml"), Path("e.json"))
    assert (job.event_name, job.range, job.since, job.package) == ("push", "A..B", "7d", "web")
    assert (job.template, job.only, job.announce) == ("fix", ("card", "promo"), True)
    assert job.flags == {
        "output": str(tmp_path / "out"),
        "strict": True,
        "on_failure": "warn",
        "significance": "card",
    }


def test_the_options_of_run_alone(asked: list[Job]) -> None:
    exit_code(["run", "--plan", "plan.json", "--require-notify"])
    (job,) = asked
    assert (job.plan_file, job.flags) == (Path("plan.json"), {"require_notify": True})
    for option in (["--plan", "plan.json"], ["--require-notify"]):
        assert exit_code(["plan", *option]) == 2


@pytest.mark.parametrize(
    "option", ["--range A..B", "--since 7d", "--package web", "--template fix", "--significance card", "--announce"]
)
def test_what_a_plan_has_decided_cannot_be_given_beside_it(
    asked: list[Job], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["run", "--plan", "plan.json", *option.split()]) == 2
    assert asked == []
    assert f"{option.split()[0]} cannot be given with --plan" in capsys.readouterr().err


def test_the_exit_code_is_that_of_the_result_and_stdout_holds_the_answer_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes: tuple[Outcome, ...] = (Failed("card", "k", "no memory"),)
    ended = result(tmp_path, outcome="failed", outcomes=outcomes, files=(), exit_code=4)
    monkeypatch.setattr(pipeline, "run", lambda *_: ended)
    assert exit_code(["run", "--json"]) == 4
    captured = capsys.readouterr()
    assert json.loads(captured.out)["exit_code"] == 4
    assert "Failed:" in captured.err
    assert exit_code(["run"]) == 4
    assert capsys.readouterr().out == ""
