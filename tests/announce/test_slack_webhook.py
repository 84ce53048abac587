"""Slack by an incoming webhook, through the real slack-sdk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.announce.interface import MaybeTold
from ci_mediagen.announce.slack_webhook import SlackWebhook
from ci_mediagen.errors import ConfigError, CredentialsError, MediagenError, ServiceError, UsageError
from ci_mediagen.model.manifest import Told
from ci_mediagen.text.corpus import CORPUS
from tests.support.announcements import announcement, change, web_links
from tests.support.slack_faults import Dropped, Fault, RateLimited, Slow, Status
from tests.support.slack_server import SlackServer


def kinds(message: dict[str, list[dict[str, str]]]) -> list[str]:
    return [block["type"] for block in message["blocks"]]


def test_the_message_is_the_bots_with_the_picture_by_its_public_address(slack: SlackServer, tmp_path: Path) -> None:
    assert SlackWebhook(slack.webhook_url).announce(announcement(tmp_path)) == Told("slack-webhook", "sent")

    [message] = slack.webhook_messages
    assert kinds(message) == ["section", "image", "section", "context", "actions"]
    assert message["blocks"][1]["image_url"] == "https://media.acme.dev/promo/promo-preview.gif"
    assert message["text"] == "Aurora Studio 2.4 - Dark mode, 3x faster search (12 changes, 5 people)"
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)
    assert [call.method for call in slack.calls] == ["webhook"]


@pytest.mark.parametrize(
    "base", ["http://media.acme.dev", "https://127.0.0.1:9000", "https://minio.internal", "https://10.0.0.7"]
)
def test_a_picture_that_slack_cannot_fetch_is_left_out(slack: SlackServer, tmp_path: Path, base: str) -> None:
    story = announcement(tmp_path, web=False)
    SlackWebhook(slack.webhook_url).announce(replace(story, links=web_links(story.files, base)))
    assert kinds(slack.webhook_messages[0]) == ["section", "section", "context", "actions"]


def test_a_secret_address_is_no_picture(slack: SlackServer, tmp_path: Path) -> None:
    story = announcement(tmp_path, web=False)
    SlackWebhook(slack.webhook_url).announce(replace(story, links=web_links(story.files, secret=True)))
    assert "image" not in kinds(slack.webhook_messages[0])


def test_a_picture_that_slack_cannot_load_is_left_out(slack: SlackServer, tmp_path: Path) -> None:
    slack.refuse_links = True
    SlackWebhook(slack.webhook_url).announce(announcement(tmp_path))
    [message] = slack.webhook_messages
    assert "image" not in kinds(message)


def test_a_slack_that_refuses_all_blocks_gets_a_message_without(slack: SlackServer, tmp_path: Path) -> None:
    slack.refuse_blocks = True
    SlackWebhook(slack.webhook_url).announce(announcement(tmp_path))
    [message] = slack.webhook_messages
    assert "blocks" not in message
    assert "|Watch>" in message["text"]


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_mentions_anybody_or_is_refused(slack: SlackServer, tmp_path: Path, name: str) -> None:
    nasty = CORPUS[name]
    partly = change(complete=False, incomplete_reason=nasty)
    SlackWebhook(slack.webhook_url).announce(
        announcement(tmp_path, title=nasty, project=nasty, bullets=(nasty,) * 3, context=nasty, change=partly)
    )
    assert slack.pings == []
    [message] = slack.webhook_messages
    assert "image" in kinds(message)


FAULTS: list[tuple[Fault, type[MediagenError], int]] = [
    (Status(400, "user_not_found"), UsageError, 1),
    (Status(403, "invalid_token"), CredentialsError, 1),
    (Status(403, "action_prohibited"), CredentialsError, 1),
    (Status(404, "no_service"), CredentialsError, 1),
    (Status(404, "channel_not_found"), UsageError, 1),
    (Status(410, "channel_is_archived"), UsageError, 1),
    (Status(500, "rollup_error", after=True), MaybeTold, 1),
    (Status(200, "<html>login</html>"), MaybeTold, 1),
    (Status(503), ServiceError, 3),
    (RateLimited(1), ServiceError, 3),
    (Dropped(after=True), MaybeTold, 1),
    (Dropped(after=False), MaybeTold, 1),
]


@pytest.mark.parametrize(("fault", "kind", "calls"), FAULTS)
def test_each_fault_is_our_error_without_the_address_and_nothing_is_sent_twice(
    slack: SlackServer, tmp_path: Path, fault: Fault, kind: type[MediagenError], calls: int
) -> None:
    slack.fail("webhook", *[fault] * 5)
    with pytest.raises(kind) as caught:
        SlackWebhook(slack.webhook_url, sleep=lambda _: None).announce(announcement(tmp_path))

    assert type(caught.value) is kind
    assert caught.value.advice
    assert len(slack.called("webhook")) == calls
    assert "hookSECRET" not in str(caught.value)


def test_a_call_without_answer_ends_after_its_timeout(
    slack: SlackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci_mediagen.announce.slack_client.TIMEOUT", 1)
    slack.fail("webhook", Slow())
    with pytest.raises(MaybeTold):
        SlackWebhook(slack.webhook_url).announce(announcement(tmp_path))
    assert len(slack.webhook_messages) == 1


def test_a_rate_limit_is_waited_for(slack: SlackServer, tmp_path: Path) -> None:
    slack.fail("webhook", RateLimited(4))
    waits: list[float] = []
    assert SlackWebhook(slack.webhook_url, sleep=waits.append).announce(announcement(tmp_path)).status == "sent"
    assert [int(wait) for wait in waits] == [4]


@pytest.mark.parametrize(
    "url", ["http://hooks.slack.example/services/T/B/hookSECRET", "hookSECRET", "file:///hookSECRET"]
)
def test_an_address_that_is_not_https_is_refused_without_being_shown(tmp_path: Path, url: str) -> None:
    announcer = SlackWebhook(url)
    [finding] = announcer.check()
    with pytest.raises(ConfigError) as caught:
        announcer.announce(announcement(tmp_path))
    assert finding.status == "problem"
    assert "hookSECRET" not in f"{caught.value} {finding}"


@pytest.mark.parametrize("fields", [{"mode": "silent"}, {"files": ()}])
def test_nothing_is_sent_where_nothing_is_to_be_told(
    slack: SlackServer, tmp_path: Path, fields: dict[str, object]
) -> None:
    assert SlackWebhook(slack.webhook_url).announce(announcement(tmp_path, **fields)).status == "skipped"
    assert slack.calls == []


def test_no_address_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="there is no Slack webhook"):
        SlackWebhook("").announce(announcement(tmp_path))
    assert SlackWebhook("").check()[0].status == "absent"


def test_check_sends_nothing(slack: SlackServer) -> None:
    [finding] = SlackWebhook(slack.webhook_url).check()
    assert finding.status == "ok"
    assert slack.calls == []
