"""Every failure below the Slack announcers leaves as one of ours."""

from __future__ import annotations

import http.client
import inspect
import json
import socket
import ssl
import subprocess
import sys
import urllib.error
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import slack_sdk.errors
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.web import SlackResponse, WebClient
from slack_sdk.webhook import WebhookClient

from ci_mediagen.announce.interface import MaybeTold
from ci_mediagen.announce.slack import Slack
from ci_mediagen.announce.slack_client import Patience, explain, web_client
from ci_mediagen.announce.slack_webhook import SlackWebhook
from ci_mediagen.clients.http import ATTEMPTS
from ci_mediagen.errors import CredentialsError, MediagenError, ServiceError, UsageError
from tests.support.announcements import announcement


def _classes(module: Any, root: type[BaseException]) -> list[type[BaseException]]:
    found = {value for _, value in inspect.getmembers(module, inspect.isclass) if issubclass(value, root)}
    return sorted(found, key=lambda kind: kind.__name__)


LIBRARY_ERRORS = [
    *_classes(slack_sdk.errors, slack_sdk.errors.SlackClientError),
    *_classes(urllib.error, OSError),
    *_classes(http.client, http.client.HTTPException),
    *_classes(ssl, OSError),
    *_classes(socket, OSError),
    ConnectionResetError,
    ConnectionRefusedError,
    ConnectionAbortedError,
    BrokenPipeError,
    TimeoutError,
    json.JSONDecodeError,
    UnicodeDecodeError,
    ValueError,
    AttributeError,
    TypeError,
    KeyError,
]


def raised(kind: type[BaseException]) -> BaseException:
    if kind is slack_sdk.errors.SlackApiError:
        return kind("refused", answer({"ok": False, "error": "channel_not_found"}))
    if kind is slack_sdk.errors.SlackTokenRotationError:
        return kind(slack_sdk.errors.SlackApiError("x", {"ok": False}))
    if issubclass(kind, urllib.error.HTTPError):
        return kind("https://slack.example/secret", 500, "down", Message(), None)
    if issubclass(kind, urllib.error.ContentTooShortError):
        return kind("short", b"")
    if kind is json.JSONDecodeError:
        return kind("no JSON", "<html>", 0)
    if kind is UnicodeDecodeError:
        return kind("utf-8", b"\xff", 0, 1, "bad")
    return kind("secret detail")


def answer(data: Any, status: int = 200) -> SlackResponse:
    return SlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers={}, status_code=status
    )


@pytest.mark.parametrize("kind", LIBRARY_ERRORS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
@pytest.mark.parametrize("call", ["chat_postMessage", "files_upload_v2", "auth_test", "send"])
def test_every_library_error_leaves_the_room_as_ours(
    kind: type[BaseException], call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise raised(kind)

    uploaded = answer({"ok": True, "files": [{"id": "F00000001"}]})
    monkeypatch.setattr(WebClient, "files_upload_v2", lambda *_arguments, **_named: uploaded)
    monkeypatch.setattr(WebClient, "files_delete", fail)
    monkeypatch.setattr(WebhookClient if call == "send" else WebClient, call, fail)
    told: list[str] = []
    bot = Slack(
        "xoxb-1-secret", "#releases", base_url="https://slack.example/api/", warn=told.append, sleep=lambda _: None
    )

    if call == "auth_test":
        [finding] = bot.check()
        assert finding.status == "problem"
        told.append(finding.detail)
    elif call == "files_upload_v2":
        monkeypatch.setattr(WebClient, "chat_postMessage", lambda *_a, **_n: answer({"ok": True, "ts": "1.0"}))
        assert bot.announce(announcement(tmp_path)).status == "sent"
        assert len(told) == 1
    else:
        announcer = SlackWebhook("https://slack.example/services/T/B/secret") if call == "send" else bot
        with pytest.raises(MediagenError) as caught:
            announcer.announce(announcement(tmp_path))
        assert isinstance(caught.value, CredentialsError | UsageError | ServiceError)
        assert caught.value.__cause__ is not None
        told.append(str(caught.value))
    assert not any("secret" in text for text in told)


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (urllib.error.URLError(ConnectionRefusedError(111, "refused")), False),
        (urllib.error.URLError(socket.gaierror(-2, "no such name")), False),
        (urllib.error.URLError(ssl.SSLCertVerificationError("self-signed")), False),
        (urllib.error.URLError(TimeoutError("timed out")), True),
        (urllib.error.URLError(ConnectionResetError(104, "reset")), True),
        (http.client.RemoteDisconnected("closed"), True),
        (http.client.IncompleteRead(b"{"), True),
        (TimeoutError("read"), True),
    ],
)
def test_only_a_message_that_may_have_left_may_have_been_told(error: Exception, sent: bool) -> None:
    assert isinstance(explain(error, doing="posting", once=True), MaybeTold) is sent
    assert not isinstance(explain(error, doing="uploading"), MaybeTold)


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (200, "missing_scope", CredentialsError),
        (401, "", CredentialsError),
        (403, "", CredentialsError),
        (404, "no_service", CredentialsError),
        (404, "channel_not_found", UsageError),
        (410, "channel_is_archived", UsageError),
        (413, "", UsageError),
        (429, "", ServiceError),
        (500, "", ServiceError),
        (503, "service_unavailable", ServiceError),
        (200, "", ServiceError),
        (200, "<script>", ServiceError),
    ],
)
def test_an_answer_becomes_the_error_that_says_what_to_do(status: int, word: str, kind: type[MediagenError]) -> None:
    error = slack_sdk.errors.SlackApiError("x", answer({"ok": False, "error": word}, status))
    told = explain(error, doing="posting")
    assert type(told) is kind
    assert told.advice
    assert "<" not in told.message


def request() -> HttpRequest:
    return HttpRequest(method="POST", url="https://slack.example/", headers={})


@pytest.mark.parametrize(
    ("status", "repeatable", "once"),
    [(429, True, True), (503, True, True), (500, True, False), (502, True, False), (404, False, False)],
)
def test_only_what_slack_put_off_is_repeated_when_a_repeat_would_show(
    status: int, repeatable: bool, once: bool
) -> None:
    response = HttpResponse(status_code=status, headers={})
    for allowed, may_repeat in ((repeatable, True), (once, False)):
        patience = Patience(repeatable=may_repeat)
        assert patience.can_retry(state=RetryState(), request=request(), response=response) is allowed


def test_repeats_are_bounded() -> None:
    patience = Patience(repeatable=True)
    state = RetryState(current_attempt=ATTEMPTS - 1)
    assert not patience.can_retry(state=state, request=request(), response=HttpResponse(status_code=429, headers={}))


@pytest.mark.parametrize(
    ("no_proxy", "proxied"), [("", True), ("slack.example", False), ("*", False), (".example", False)]
)
def test_a_proxy_is_used_unless_the_address_is_exempt(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, proxied: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    client = web_client("xoxb-x", "https://slack.example/api/", Patience(repeatable=True))
    assert bool(client.proxy) is proxied


def test_the_sdk_is_not_imported_before_something_is_sent() -> None:
    code = (
        "import sys; from ci_mediagen.announce import slack, slack_webhook, job_summary, step_outputs, outbox, words, plain;"
        "slack.Slack('x', '#y'); slack_webhook.SlackWebhook('https://z');"
        "print(*sorted(set(sys.modules) & {'slack_sdk', 'httpx2', 'urllib.request', 'pydantic'}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "\n", "")
