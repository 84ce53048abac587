from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ci_mediagen.announce.interface import MaybeTold
from ci_mediagen.announce.slack_alert import SlackAlert
from ci_mediagen.errors import CredentialsError
from ci_mediagen.model.manifest import Told
from ci_mediagen.text.corpus import CORPUS
from tests.support.announcements import announcement
from tests.support.slack_faults import Dropped
from tests.support.slack_server import SlackServer


def bot(server: SlackServer, token: str | None = None) -> SlackAlert:
    return SlackAlert(token or server.token, "#alerts", base_url=server.url, sleep=lambda _: None)


@pytest.mark.parametrize("outcome", ["ok", "nothing"])
def test_a_run_that_went_well_alerts_nobody(slack: SlackServer, tmp_path: Path, outcome: str) -> None:
    told = bot(slack).announce(replace(announcement(tmp_path), outcome=outcome))  # type: ignore[arg-type]
    assert told == Told("slack-alerts", "skipped", "nothing went wrong")
    assert slack.called("chat.postMessage") == []


def test_a_failure_is_told_with_its_reasons_whatever_the_mode(slack: SlackServer, tmp_path: Path) -> None:
    failed = replace(announcement(tmp_path), outcome="failed", mode="silent", reasons=("promo: disk full", "x"))
    told = bot(slack).announce(failed)
    assert told.status == "sent"
    (call,) = slack.called("chat.postMessage")
    text = call.arguments["text"]
    assert text.startswith("*Media failed: ")
    assert "\u2022 promo: disk full" in text


def test_strangers_words_ping_nobody(slack: SlackServer, tmp_path: Path) -> None:
    for text in CORPUS:
        bot(slack).announce(replace(announcement(tmp_path), outcome="partial", title=text, reasons=(text,)))
    assert slack.pings == []


def test_a_lost_connection_is_not_sent_again(slack: SlackServer, tmp_path: Path) -> None:
    slack.fail("chat.postMessage", Dropped(after=True))
    with pytest.raises(MaybeTold):
        bot(slack).announce(replace(announcement(tmp_path), outcome="failed"))
    assert len(slack.called("chat.postMessage")) == 1


def test_a_wrong_token_is_a_credentials_error_without_the_token(slack: SlackServer, tmp_path: Path) -> None:
    with pytest.raises(CredentialsError) as caught:
        bot(slack, token="xoxb-wrong-secret").announce(replace(announcement(tmp_path), outcome="failed"))
    assert "wrong-secret" not in str(caught.value)
