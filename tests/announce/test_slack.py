"""Slack by a bot token, through the real slack-sdk, against a server that refuses what Slack refuses."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.announce.interface import Announcement, MaybeTold
from ci_mediagen.announce.slack import UPLOAD_WAITS, Slack
from ci_mediagen.errors import ConfigError, CredentialsError, MediagenError, ServiceError, UsageError
from ci_mediagen.model.manifest import Told
from ci_mediagen.model.outcome import Failed, Skipped
from ci_mediagen.text.corpus import CORPUS
from tests.support.announcements import (
    CARD_ALT,
    SEED,
    announcement,
    card_file,
    card_task,
    change,
    picture,
    promo_files,
    published,
    web_links,
)
from tests.support.slack_blocks import text_objects, walk
from tests.support.slack_faults import Dropped, Fault, Garbled, RateLimited, Refused, Slow, Status
from tests.support.slack_server import SlackServer

pytestmark = pytest.mark.usefixtures("slack")


class Bot:
    """An announcer whose waits are recorded, not waited."""

    def __init__(self, server: SlackServer, channel: str = "#releases", token: str | None = None) -> None:
        self.waits: list[float] = []
        self.warnings: list[str] = []
        self.slack = Slack(
            server.token if token is None else token,
            channel,
            base_url=server.url,
            warn=self.warnings.append,
            sleep=self.waits.append,
        )

    def announce(self, what: Announcement) -> Told:
        return self.slack.announce(what)


def kinds(blocks: list[dict[str, object]]) -> list[object]:
    return [block["type"] for block in blocks]


def test_a_post_shows_headline_picture_bullets_context_and_buttons(slack: SlackServer, tmp_path: Path) -> None:
    told = Bot(slack).announce(announcement(tmp_path))

    main = slack.messages[0]
    assert kinds(main.blocks) == ["section", "image", "section", "context", "actions"]
    assert main.blocks[0]["text"]["text"] == "*Aurora Studio 2.4 - Dark mode, 3x faster search*"
    assert main.blocks[2]["text"]["text"] == "• Dark mode\n• 3x faster search\n• Export to CSV"
    assert main.blocks[3]["elements"][0]["text"] == "12 changes, 5 people"
    assert {button["text"]["text"]: button["url"] for button in main.blocks[4]["elements"]} == {
        "Watch": "https://media.acme.dev/promo/promo.mp4",
        "Release notes": "https://github.com/acme/aurora/releases/tag/v2.4.0",
        "Gallery": "https://media.acme.dev/promo/index.html",
    }
    assert main.channel == "C00000001"
    assert main.text == "Aurora Studio 2.4 - Dark mode, 3x faster search (12 changes, 5 people)"
    assert told == Told("slack", "sent", main.ts)


def test_the_preview_is_uploaded_unseen_with_its_alt_text_and_shown_by_id(slack: SlackServer, tmp_path: Path) -> None:
    Bot(slack).announce(announcement(tmp_path))

    [file] = slack.files.values()
    assert (file.name, file.alt, file.data) == ("promo-preview.gif", "The promo, moving", picture("GIF"))
    assert file.shared == []
    assert slack.messages[0].blocks[1] == {
        "type": "image",
        "slack_file": {"id": file.id},
        "alt_text": "The promo, moving",
    }
    order = [call.method for call in slack.calls]
    assert order == [
        "files.getUploadURLExternal",
        "upload",
        "files.completeUploadExternal",
        "chat.postMessage",
        "chat.postMessage",
    ]


def test_without_a_clip_the_card_is_shown(slack: SlackServer, tmp_path: Path) -> None:
    Bot(slack).announce(announcement(tmp_path, files=(card_file(tmp_path),)))

    assert slack.messages[0].blocks[1]["alt_text"] == CARD_ALT
    assert [button["text"]["text"] for button in slack.messages[0].blocks[-1]["elements"]] == [
        "Release notes",
        "Gallery",
    ]


def test_the_thread_tells_template_seed_model_reason_and_prompt(slack: SlackServer, tmp_path: Path) -> None:
    story = announcement(tmp_path)
    story = replace(
        story,
        outcomes=(
            *story.outcomes,
            Skipped("clip", "", "no GPU on this machine"),
            Failed("card-square", "k", "the text does not fit"),
        ),
    )
    Bot(slack).announce(story)

    main, thread = slack.messages
    assert thread.thread_ts == main.ts
    said = "\n".join(walk(thread.blocks))
    for expected in (
        "Template `release`: a release was published",
        "a minor release makes all shapes",
        f"seed {SEED}",
        "model ali-vilab/i2vgen-xl@39e1979ea27b",
        "`Dark mode everywhere, slow push in`",
        card_task().key[:12],
        "*clip*: skipped: no GPU on this machine",
        "*card-square*: failed: the text does not fit",
    ):
        assert expected in said


def test_a_short_message_is_one_line_picture_and_buttons(slack: SlackServer, tmp_path: Path) -> None:
    Bot(slack).announce(announcement(tmp_path, mode="short"))

    [main] = slack.messages
    assert kinds(main.blocks) == ["section", "image", "actions"]


def test_history_read_in_part_is_said_also_in_a_short_message(slack: SlackServer, tmp_path: Path) -> None:
    partly = change(complete=False, incomplete_reason="the clone is shallow")
    Bot(slack).announce(
        announcement(tmp_path, mode="short", change=partly, context="at least 1 change (the clone is shallow)")
    )

    assert slack.messages[0].blocks[2]["elements"][0]["text"] == "at least 1 change (the clone is shallow)"


def test_a_directory_link_is_no_button(slack: SlackServer, tmp_path: Path) -> None:
    Bot(slack).announce(announcement(tmp_path, web=False, change=change(release=None)))

    assert "actions" not in kinds(slack.messages[0].blocks)


def test_nothing_is_sent_when_the_change_is_silent(slack: SlackServer, tmp_path: Path) -> None:
    assert Bot(slack).announce(announcement(tmp_path, mode="silent")).status == "skipped"
    assert slack.calls == []


def test_nothing_is_sent_when_there_is_nothing_to_see(slack: SlackServer, tmp_path: Path) -> None:
    assert Bot(slack).announce(announcement(tmp_path, files=())).status == "skipped"
    assert slack.calls == []


def test_names_are_not_linked_and_addresses_not_unfurled(slack: SlackServer, tmp_path: Path) -> None:
    Bot(slack).announce(announcement(tmp_path))

    for message in slack.messages:
        sent = message.arguments
        assert (sent["parse"], sent["link_names"], sent["unfurl_links"], sent["unfurl_media"]) == (
            "none",
            False,
            False,
            False,
        )


def test_slack_looks_for_no_addresses_or_names_in_our_texts(slack: SlackServer, tmp_path: Path) -> None:
    Bot(slack).announce(announcement(tmp_path))

    objects = [
        found for message in slack.messages for found in text_objects(message.blocks) if found["type"] == "mrkdwn"
    ]
    assert len(objects) >= 4
    assert all(found["verbatim"] is True for found in objects)


# What strangers write


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_mentions_anybody_or_is_refused(slack: SlackServer, tmp_path: Path, name: str) -> None:
    nasty = CORPUS[name]
    task = card_task(prompt=nasty)
    file = published(tmp_path, task, nasty or "x", "image/png", picture(), alt=nasty)
    bot = Bot(slack)
    bot.announce(
        replace(
            announcement(tmp_path, files=(file,)),
            project=nasty,
            title=nasty,
            bullets=(nasty, nasty, nasty),
            context=nasty,
            reasons=(nasty,) * 80,
            template=nasty,
            template_reason=nasty,
            outcomes=(Failed(nasty, "k", nasty),),
            change=change(complete=False, incomplete_reason=nasty),
        )
    )

    assert slack.pings == []
    assert bot.warnings == []
    assert [call.answered for call in slack.calls] == ["ok", slack.calls[1].answered, "ok", "ok", "ok"]
    # Not only posted by the last resort: with its blocks, and its picture in them.
    assert all(message.blocks for message in slack.messages)
    assert "image" in kinds(slack.messages[0].blocks)


def test_long_texts_end_with_an_ellipsis_between_characters(slack: SlackServer, tmp_path: Path) -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    Bot(slack).announce(announcement(tmp_path, title=family * 2000, bullets=("&" * 5000,)))

    headline = slack.messages[0].blocks[0]["text"]["text"]
    assert re.fullmatch(rf"\*(?:{family})+…\*", headline)
    assert re.fullmatch("• (?:&amp;)+…", slack.messages[0].blocks[2]["text"]["text"])


def test_a_link_that_is_no_web_address_is_no_button(slack: SlackServer, tmp_path: Path) -> None:
    story = announcement(tmp_path, web=False)
    links = [
        replace(link, url=bad)
        for link, bad in zip(
            story.links,
            ("javascript:alert(1)", "data:x", "https://a b", "file:///etc/passwd", "https://u:p@h/"),
            strict=False,
        )
    ]
    Bot(slack).announce(replace(story, links=tuple(links), change=change(release=None, url="ftp://x")))

    assert "actions" not in kinds(slack.messages[0].blocks)


# What Slack does


@pytest.mark.parametrize("refusals", range(len(UPLOAD_WAITS) + 1))
def test_a_message_is_sent_again_while_slack_has_not_looked_at_the_upload(tmp_path: Path, refusals: int) -> None:
    with SlackServer(unready=refusals) as slack:
        bot = Bot(slack)
        bot.announce(announcement(tmp_path, mode="short"))

        [message] = slack.messages
        assert message.blocks[1]["slack_file"]
        assert bot.waits == list(UPLOAD_WAITS[:refusals])


def test_a_picture_that_slack_refuses_is_shown_by_its_public_address(slack: SlackServer, tmp_path: Path) -> None:
    slack.refuse_pictures = True
    Bot(slack).announce(announcement(tmp_path, mode="short"))

    [message] = slack.messages
    assert message.blocks[1]["image_url"] == "https://media.acme.dev/promo/promo-preview.gif"
    assert all(file.deleted for file in slack.files.values())


@pytest.mark.parametrize("web", [True, False])
def test_a_picture_that_no_block_may_hold_is_shared_in_the_thread(
    slack: SlackServer, tmp_path: Path, web: bool
) -> None:
    slack.refuse_pictures = slack.refuse_links = True
    bot = Bot(slack)
    told = bot.announce(announcement(tmp_path, mode="short", web=web))

    [message] = slack.messages
    assert "image" not in kinds(message.blocks)
    first, second = slack.files.values()
    assert first.deleted
    assert second.shared == [("C00000001", told.detail)]
    assert bot.warnings == []


def test_a_slack_that_refuses_all_blocks_gets_a_message_without(slack: SlackServer, tmp_path: Path) -> None:
    slack.refuse_blocks = True
    Bot(slack).announce(announcement(tmp_path, mode="short"))

    [message] = slack.messages
    assert message.blocks == []
    assert message.text.splitlines()[0] == "*Aurora Studio 2.4 - Dark mode, 3x faster search*"
    assert "<https://media.acme.dev/promo/promo.mp4|Watch>" in message.text
    assert slack.pings == []


def test_a_presigned_address_is_a_button_but_no_picture(slack: SlackServer, tmp_path: Path) -> None:
    slack.refuse_pictures = True
    story = announcement(tmp_path, mode="short", web=False)
    secret = web_links(story.files, "https://bucket.acme.dev", secret=True)
    Bot(slack).announce(replace(story, links=(*secret, *story.links)))

    [message] = slack.messages
    assert kinds(message.blocks) == ["section", "actions"]


def test_rate_limits_are_waited_for_as_long_as_slack_asks(slack: SlackServer, tmp_path: Path) -> None:
    slack.fail("chat.postMessage", RateLimited(3))
    slack.fail("files.getUploadURLExternal", RateLimited(2))
    bot = Bot(slack)
    bot.announce(announcement(tmp_path, mode="short"))

    assert len(slack.messages) == 1
    assert [int(wait) for wait in bot.waits] == [2, 3]


def test_a_rate_limit_longer_than_our_patience_is_a_service_error(slack: SlackServer, tmp_path: Path) -> None:
    slack.fail("chat.postMessage", RateLimited(3600))
    bot = Bot(slack)
    with pytest.raises(ServiceError, match="limits"):
        bot.announce(announcement(tmp_path))
    assert bot.waits == []
    assert slack.messages == []


@pytest.mark.parametrize("fault", [Status(500), Status(502), Dropped(after=False), Dropped(after=True)])
@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
def test_an_upload_is_repeated_after_a_fault(slack: SlackServer, tmp_path: Path, fault: Fault, step: str) -> None:
    slack.fail(step, fault)
    bot = Bot(slack)
    bot.announce(announcement(tmp_path, mode="short"))

    [message] = slack.messages
    assert message.blocks[1]["slack_file"]
    assert len(bot.waits) == 1


def test_a_message_without_its_upload_is_better_than_none(slack: SlackServer, tmp_path: Path) -> None:
    slack.fail("files.getUploadURLExternal", Refused("storage_limit_reached"))
    bot = Bot(slack)
    bot.announce(announcement(tmp_path, mode="short"))

    assert slack.messages[0].blocks[1]["image_url"]
    assert bot.warnings == [
        "the picture could not be uploaded to Slack: Slack refused while uploading the picture: storage_limit_reached"
    ]


def test_a_refused_connection_is_tried_again_and_then_a_service_error(tmp_path: Path) -> None:
    with SlackServer() as gone:
        bot = Bot(gone)
    with pytest.raises(ServiceError, match="could not be reached while posting"):
        bot.announce(announcement(tmp_path, files=(published(tmp_path, card_task(), "x.webp", "image/webp", b"x"),)))
    assert len(bot.waits) == 2


AMBIGUOUS = [
    Dropped(after=True),
    Dropped(after=False),
    Status(500, after=True),
    Status(502),
    Status(504, after=True),
    Garbled("<html>welcome to this network</html>"),
    Garbled("{"),
    Garbled(""),
    Garbled("[1]"),
    Garbled("null"),
    Garbled('{"ok": '),
    Refused("internal_error"),
    Refused("fatal_error"),
]


@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_message_that_may_have_arrived_is_never_sent_again(slack: SlackServer, tmp_path: Path, fault: Fault) -> None:
    slack.fail("chat.postMessage", fault)
    with pytest.raises(MaybeTold) as caught:
        Bot(slack).announce(announcement(tmp_path))

    assert len(slack.called("chat.postMessage")) == 1
    assert "may have arrived" in caught.value.message
    assert not any(file.deleted for file in slack.files.values())


def test_a_call_without_answer_ends_after_its_timeout_and_is_not_sent_again(
    slack: SlackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci_mediagen.announce.slack_client.TIMEOUT", 1)
    slack.fail("chat.postMessage", Slow())
    with pytest.raises(MaybeTold):
        Bot(slack).announce(announcement(tmp_path))
    assert len(slack.messages) == 1


REFUSED = {
    "invalid_auth": CredentialsError,
    "not_authed": CredentialsError,
    "token_revoked": CredentialsError,
    "account_inactive": CredentialsError,
    "missing_scope": CredentialsError,
    "channel_not_found": UsageError,
    "not_in_channel": UsageError,
    "is_archived": UsageError,
    "restricted_action": UsageError,
    "a_word_of_next_year": UsageError,
    "ratelimited": ServiceError,
    "service_unavailable": ServiceError,
}


@pytest.mark.parametrize("word", REFUSED)
def test_a_refusal_is_our_error_with_advice_and_the_upload_is_taken_back(
    slack: SlackServer, tmp_path: Path, word: str
) -> None:
    slack.fail("chat.postMessage", Refused(word))
    with pytest.raises(REFUSED[word]) as caught:
        Bot(slack).announce(announcement(tmp_path))

    assert not isinstance(caught.value, MaybeTold)
    assert caught.value.advice
    assert len(slack.called("chat.postMessage")) == 1
    assert all(file.deleted for file in slack.files.values())


def test_an_unknown_channel_is_named_and_the_bot_to_be_invited(slack: SlackServer, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Bot(slack, "#elsewhere").announce(announcement(tmp_path))
    assert "#elsewhere" in caught.value.message
    assert "/invite @" in caught.value.advice


def test_a_missing_scope_is_named(tmp_path: Path) -> None:
    with SlackServer(scopes="chat:write") as slack, pytest.raises(CredentialsError) as caught:
        Bot(slack).announce(announcement(tmp_path))
    assert "files:write" in caught.value.advice


def test_no_token_is_one_clear_line(slack: SlackServer, tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="there is no Slack token") as caught:
        Bot(slack, token="  ").announce(announcement(tmp_path))
    assert "SLACK_BOT_TOKEN" in caught.value.advice


def test_the_token_is_only_sent_to_https_or_this_machine(tmp_path: Path) -> None:
    announcer = Slack("xoxb-secret-secret", "#releases", base_url="http://slack.example/api/")
    with pytest.raises(ConfigError, match="not encrypted"):
        announcer.announce(announcement(tmp_path))


@pytest.mark.parametrize(
    "method", ["chat.postMessage", "files.getUploadURLExternal", "upload", "files.completeUploadExternal"]
)
@pytest.mark.parametrize(
    "fault",
    [Refused("invalid_auth"), Status(403), Status(500), Dropped(after=False), Garbled("<html>"), RateLimited(9999)],
)
def test_no_failure_shows_the_token(slack: SlackServer, tmp_path: Path, method: str, fault: Fault) -> None:
    slack.fail(method, *[fault] * 9)
    bot = Bot(slack)
    shown = list(bot.warnings)
    try:
        bot.announce(announcement(tmp_path))
    except MediagenError as error:
        shown += [str(error), repr(error)]
    shown += bot.warnings
    assert shown or method == "upload"  # what answers an upload is not looked at
    assert not any(slack.token in text or "127.0.0.1" in text for text in shown)


def test_nothing_is_logged_by_the_sdk(
    slack: SlackServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    slack.fail("chat.postMessage", Dropped(after=False))
    with caplog.at_level("DEBUG"), pytest.raises(MaybeTold):
        Bot(slack).announce(announcement(tmp_path))
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


def test_a_message_stands_when_its_details_fail(slack: SlackServer, tmp_path: Path) -> None:
    bot = Bot(slack)
    slack.not_joined = {"C00000001"}
    told = bot.announce(announcement(tmp_path))

    assert told == Told("slack", "sent", slack.messages[0].ts)
    assert len(bot.warnings) == 1
    assert "no details" in bot.warnings[0]


# doctor


def test_check_names_the_bot_and_the_channel(slack: SlackServer) -> None:
    [finding] = Bot(slack).slack.check()
    assert (finding.status, finding.detail) == ("ok", "posts as mediagen in Aurora ‹Labs› to #releases")
    assert [call.method for call in slack.calls] == ["auth.test"]


def test_check_names_missing_scopes() -> None:
    with SlackServer(scopes="chat:write") as slack:
        [finding] = Bot(slack).slack.check()
    assert finding.status == "problem"
    assert "files:write" in finding.fix


def test_check_tells_a_wrong_token_from_none(slack: SlackServer) -> None:
    [wrong] = Bot(slack, token="xoxb-wrong").slack.check()
    [none] = Bot(slack, token="").slack.check()
    assert (wrong.status, none.status) == ("problem", "absent")
    assert wrong.fix
    assert none.fix


def test_promo_files_fit_the_pictures_that_slack_shows(tmp_path: Path) -> None:
    """The builder's files are what Slack takes; else the tests above would prove little."""
    assert [file.media.media_type for file in promo_files(tmp_path)] == ["video/mp4", "image/jpeg", "image/gif"]
