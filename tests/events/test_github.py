"""GitHub's payloads say what they say, and what says nothing about a change is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci_mediagen.errors import EventError
from ci_mediagen.events.read import read_trigger
from tests.support.payloads import PAYLOADS, payload, payload_file

A, B, C = "a" * 40, "b" * 40, "c" * 40


def trigger(name: str, **environ: str):
    return read_trigger(environ, PAYLOADS / f"{name}.json")


def test_a_merged_pull_request_tells_everything_about_itself():
    found = trigger("pull_request_merged")
    assert (found.event, found.kind, found.head, found.base) == ("github:pull_request", "merge", A, C)
    assert found.pull_request is not None
    assert found.pull_request.number == 12
    assert found.pull_request.title == "feat(ui): ABC-7 dark mode (#12)"
    assert found.pull_request.labels == ("enhancement", "promo:yes")
    assert found.pull_request.author is not None
    assert found.pull_request.author.login == "ada"
    assert found.pull_request.url == "https://github.com/acme/aurora/pull/12"
    assert found.pull_request.merged
    assert not found.pull_request.from_fork
    assert (found.repository, found.private, found.trusted, found.nothing) == ("acme/aurora", False, True, None)
    assert found.actor is not None
    assert found.actor.login == "grace"


def test_a_pull_request_closed_without_a_merge_is_nothing_to_do():
    assert trigger("pull_request_closed").nothing == "pull request 12 was closed without a merge"


def test_an_open_pull_request_from_a_fork_is_not_trusted():
    found = trigger("pull_request_opened")
    assert not found.trusted
    assert found.pull_request is not None
    assert found.pull_request.from_fork
    assert not found.pull_request.merged
    assert found.nothing is None
    assert found.head == B


def test_a_bot_is_known_by_its_account():
    found = trigger("pull_request_bot")
    assert found.pull_request is not None
    assert found.pull_request.author is not None
    assert found.pull_request.author.bot


def test_a_push_tells_where_it_began_and_who_its_authors_are():
    found = trigger("push")
    assert (found.kind, found.before, found.head, found.branch) == ("push", C, A, "main")
    assert dict(found.logins) == {"ada@example.com": "ada", "grace@example.com": "ghopper"}
    assert found.private is True
    assert not found.new_branch


def test_a_push_that_makes_a_branch_has_no_before():
    found = trigger("push_new_branch")
    assert (found.before, found.new_branch, found.default_branch, found.branch) == (None, True, "main", "topic")


def test_a_deleted_branch_is_nothing_to_do():
    assert trigger("push_deleted").nothing == "the branch topic was deleted"


@pytest.mark.parametrize("name", ["push_tag", "create_tag"])
def test_a_pushed_tag_is_a_tag(name: str):
    found = trigger(name)
    assert (found.kind, found.tag, found.before) == ("tag", "v2.4.0", None)
    assert found.url == "https://github.com/acme/aurora/releases/tag/v2.4.0"


def test_a_release_tells_its_tag_notes_and_page():
    found = trigger("release_published")
    assert (found.kind, found.tag, found.head) == ("release", "v2.4.0", "main")
    assert found.release is not None
    assert found.release.name == "v2.4.0 - Dark mode"
    assert found.release.body == "## What changed\n* Dark mode"
    assert found.url == "https://github.com/acme/aurora/releases/tag/v2.4.0"


def test_a_deleted_release_is_nothing_to_do():
    assert trigger("release_deleted").nothing == "release v2.4.0 was deleted, not published"


def test_a_merge_group_is_not_trusted_and_names_its_pull_request():
    found = trigger("merge_group")
    assert (found.kind, found.head, found.base, found.branch) == ("merge-queue", A, C, "main")
    assert not found.trusted
    assert found.pull_request is not None
    assert (found.pull_request.number, found.pull_request.title) == (104, "feat: dark mode")


def test_a_run_on_request_is_manual_and_a_schedule_is_a_digest(tmp_path: Path):
    file = payload_file(tmp_path, "workflow_dispatch")
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_EVENT_NAME": "workflow_dispatch",
        "GITHUB_SHA": A,
    }
    found = read_trigger(environ)
    assert (found.kind, found.head, found.branch, found.by_hand) == ("manual", A, "main", False)
    assert trigger("schedule").kind == "digest"


def test_the_runner_s_variables_are_the_default_and_do_not_leak_into_another_payload(tmp_path: Path):
    environ = {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(PAYLOADS / "push.json"),
        "GITHUB_SHA": B, "GITHUB_ACTOR": "somebody",
    }  # fmt: skip
    assert read_trigger(environ).event == "github:push"
    other = read_trigger(environ, payload_file(tmp_path, "create_tag"))
    assert (other.event, other.head) == ("github:create", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "the event is empty"),
        (b"   \n", "the event is empty"),
        (b"hello", "not JSON: Expecting value at line 1, column 1"),
        (b'{"action": "closed", "pull_request": {"num', "it ends too early; was it cut off?"),
        (b'{"action": "closed", ', "it ends too early; was it cut off?"),
        (b"[1, 2]", "expected an object with the event, found an array"),
        (b"\xff\xfe{\x00", "not UTF-8 text at byte 0"),
        (b"[" * 200_000, "not JSON"),
        (b'{"number": ' + b"9" * 10_000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_event_is_refused_with_the_file_and_the_reason(tmp_path: Path, text: bytes, said: str):
    file = tmp_path / "event.json"
    file.write_bytes(text)
    with pytest.raises(EventError) as caught:
        read_trigger({}, file)
    assert str(file) in caught.value.message
    assert said in caught.value.message


def test_a_truncated_real_payload_is_refused(tmp_path: Path):
    whole = (PAYLOADS / "pull_request_merged.json").read_bytes()
    for end in range(1, len(whole) - 2, 97):
        file = tmp_path / "event.json"
        file.write_bytes(whole[:end])
        with pytest.raises(EventError, match="it ends too early"):
            read_trigger({}, file)


def test_a_missing_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(EventError, match=r"gone\.json: the event cannot be read: No such file"):
        read_trigger({}, tmp_path / "gone.json")
    with pytest.raises(EventError, match="the event cannot be read: Is a directory"):
        read_trigger({}, tmp_path)


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        ("pull_request__title", None, "pull_request.title is missing"),
        ("pull_request__title", 3, "pull_request.title: expected a text, found a number"),
        ("pull_request__title", " \u0007 ", "pull_request.title is empty"),
        ("pull_request__merge_commit_sha", None, "pull_request.merge_commit_sha is missing"),
        ("pull_request__merged", "yes", "pull_request.merged: expected true or false, found a text"),
        ("pull_request__labels", {"a": 1}, "pull_request.labels: expected an array, found an object"),
        ("pull_request__number", True, "pull_request.number is True"),
        ("pull_request__number", -4, "pull_request.number is -4"),
        ("pull_request__user", "ada", "pull_request.user: expected an object, found a text"),
        ("repository", [], "repository: expected an object, found an array"),
    ],
)
def test_a_wrong_field_is_named_with_its_place(tmp_path: Path, way: str, value: object, said: str):
    file = payload_file(tmp_path, "pull_request_merged", **{way: value})
    with pytest.raises(EventError) as caught:
        read_trigger({}, file)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("name", "said"), [("issues", "it has a field 'issue'"), ("issue_comment", "it has a field 'issue'")]
)
def test_an_event_about_something_else_is_refused(name: str, said: str):
    with pytest.raises(EventError, match=said):
        trigger(name)


def test_an_event_kind_that_says_nothing_is_named():
    with pytest.raises(EventError, match="kind issues says nothing about a change") as caught:
        read_trigger({}, PAYLOADS / "issues.json", "issues")
    assert "pull_request" in caught.value.advice


def test_a_kind_that_does_not_fit_the_payload_is_refused():
    with pytest.raises(EventError, match="release is missing"):
        read_trigger({}, PAYLOADS / "push.json", "release")


def test_an_unknown_payload_tells_its_fields(tmp_path: Path):
    file = tmp_path / "event.json"
    file.write_text('{"zen": "Design for failure.", "hook_id": 1}')
    with pytest.raises(EventError, match=r"no event of GitHub that is known here \(its fields: zen, hook_id\)"):
        read_trigger({}, file)


def test_every_kind_that_is_read_is_also_guessed():
    for file in PAYLOADS.glob("*.json"):
        if file.stem.startswith("issue"):
            continue
        assert file.stem.startswith(read_trigger({}, file).event.removeprefix("github:"))


def test_lone_surrogates_and_controls_in_a_payload_do_not_survive(tmp_path: Path):
    data = payload("pull_request_merged")
    data["pull_request"]["title"] = "x\ud800 \u0000\u001b[31mred\n::error::y"
    file = tmp_path / "event.json"
    file.write_text(json.dumps(data))
    found = read_trigger({}, file)
    assert found.pull_request is not None
    assert found.pull_request.title == "x\ufffd red ::error::y"
    found.pull_request.title.encode()


def test_an_actions_run_without_a_payload_says_which_variable_is_missing():
    with pytest.raises(EventError, match="GITHUB_EVENT_PATH"):
        read_trigger({"GITHUB_ACTIONS": "true"})


def test_an_address_that_is_none_of_the_web_is_left_out(tmp_path: Path):
    told = json.loads((PAYLOADS / "pull_request_merged.json").read_text())
    told["pull_request"]["html_url"] = "javascript:alert(1)"
    file = tmp_path / "event.json"
    file.write_text(json.dumps(told))
    found = read_trigger({}, file)
    assert found.pull_request is not None
    assert (found.pull_request.url, found.url) == (None, None)
