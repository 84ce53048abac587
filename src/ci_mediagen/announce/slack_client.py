"""Talking to Slack through slack-sdk: which call may be repeated, and what its failures mean.

Only this file imports slack-sdk, and only when there is something to say: it costs 0.1 s.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryHandler, RetryState
from slack_sdk.web import WebClient
from slack_sdk.webhook import WebhookClient

from ci_mediagen.announce.interface import MaybeTold
from ci_mediagen.clients.http import ATTEMPTS, LONGEST_WAIT, check_address, retry_wait
from ci_mediagen.errors import CredentialsError, MediagenError, ServiceError, UsageError

TIMEOUT = 20
"""Seconds for each call; slack-sdk takes whole ones."""

_CREDENTIALS = frozenset(
    {
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "invalid_token",
        "missing_scope",
        "no_permission",
        "no_service",
        "no_service_id",
        "no_team",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
_LATER = frozenset(
    {
        "fatal_error",
        "internal_error",
        "message_limit_exceeded",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "rollup_error",
        "service_unavailable",
        "team_added_to_org",
    }
)
_BLOCKS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "invalid_attachments", "invalid_payload", "msg_blocks_too_long"}
)
_ADVICE = {
    "channel_not_found": "Check the channel's name or id; a private channel is found only after: /invite @your-bot in it.",
    "not_in_channel": "Invite the bot: write /invite @your-bot in the channel.",
    "is_archived": "Unarchive the channel, or name another.",
    "channel_is_archived": "Unarchive the channel, or name another.",
    "restricted_action": "An administrator restricted who may post there: allow the bot, or name another channel.",
    "not_authed": "Give the bot token (xoxb-...) in SLACK_BOT_TOKEN.",
    "invalid_auth": "Give the app's current bot token (xoxb-...) in SLACK_BOT_TOKEN.",
    "token_revoked": "Reinstall the app and give its new bot token in SLACK_BOT_TOKEN.",
    "account_inactive": "The bot was removed from the workspace: reinstall the app and give its new bot token.",
    "not_allowed_token_type": "Give a bot token (xoxb-...), not a user or app token.",
    "no_service": "The webhook was removed: create a new one and give its address in SLACK_WEBHOOK_URL.",
    "no_team": "The workspace is gone: create a new webhook and give its address in SLACK_WEBHOOK_URL.",
    "invalid_token": "Create a new webhook and give its address in SLACK_WEBHOOK_URL.",
}
_CODE = re.compile(r"[a-z0-9_.]{2,60}")


class Patience(RetryHandler):
    """Repeats a call that Slack put off, waiting as long as it asks within bounds.

    A call that may be repeated (`repeatable`) is also repeated after a fault of Slack's and after a lost connection. One that may
    not, only where Slack cannot have acted on it: 429 and 503, and a connection that was never made.
    """

    def __init__(self, *, repeatable: bool, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(max_retry_count=ATTEMPTS - 1)
        self._repeatable = repeatable
        self._sleep = sleep

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None:
            return never_sent(error) or (self._repeatable and isinstance(error, OSError | HTTPException))
        put_off = response.status_code in (429, 503) or (self._repeatable and response.status_code >= 500)
        return put_off and self._wait(state, response) <= LONGEST_WAIT

    def prepare_for_next_attempt(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        self._sleep(min(self._wait(state, response), LONGEST_WAIT))
        state.next_attempt_requested = True
        state.increment_current_attempt()

    def _wait(self, state: RetryState, response: HttpResponse | None) -> float:
        headers = {name.lower(): values for name, values in (response.headers if response else {}).items()}
        asked = headers.get("retry-after")
        return retry_wait(state.current_attempt + 1, asked[0] if isinstance(asked, list) else asked)


def web_client(token: str, base_url: str, patience: Patience) -> WebClient:
    """Raises ConfigError for an address that a token may not be sent to."""
    address = check_address(base_url, what="the address of Slack's API (SLACK_API_URL)")
    client = WebClient(
        token=token, base_url=address, timeout=TIMEOUT, retry_handlers=[patience], logger=_silent_logger()
    )
    client.proxy = _proxy(address, client.proxy)
    return client


def webhook_client(url: str, patience: Patience) -> WebhookClient:
    """Raises ConfigError for an address that is none, or not encrypted; the message does not hold it."""
    address = check_address(url, what="the address of Slack's webhook (SLACK_WEBHOOK_URL)")
    client = WebhookClient(url=address, timeout=TIMEOUT, retry_handlers=[patience], logger=_silent_logger())
    client.proxy = _proxy(address, client.proxy)
    return client


def refused_blocks(error: Exception) -> bool:
    """Slack refused the blocks, and so did not post."""
    return isinstance(error, SlackApiError) and refusal(error)[1] in _BLOCKS


def refused_upload(error: Exception) -> bool:
    """Slack refused the blocks because of the uploaded file: as a rule it has not looked at it yet."""
    if not isinstance(error, SlackApiError) or not refused_blocks(error):
        return False
    return any("slack_file" in said or "slack file" in said for said in _details(error))


def never_sent(error: Exception | None) -> bool:
    """Whether no byte of the call can have reached Slack: no name, no connection, no trusted certificate."""
    reason = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    return isinstance(reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError)


def explain(error: Exception, *, doing: str, channel: str = "", once: bool = False) -> MediagenError:
    """Our error for one of slack-sdk's or the network's. `doing` completes "Slack ... while"; `once` says that the call must
    not be repeated if it may have had an effect. Holds no token, address or text of the answer."""
    if isinstance(error, SlackApiError):
        return explain_answer(*refusal(error), doing=doing, channel=channel, once=once, needed=_needed(error))
    if isinstance(error, HTTPError):
        return explain_answer(error.code, "", doing=doing, channel=channel, once=once)
    cause = error.reason if isinstance(error, URLError) else error
    kind = type(cause).__name__ if isinstance(cause, BaseException) else type(error).__name__
    if never_sent(error):
        return ServiceError(
            f"Slack could not be reached while {doing} ({kind})", advice="Check the network and run again."
        )
    if once:
        return MaybeTold(
            f"Slack did not answer while {doing} ({kind}): the message may have arrived and is not sent again",
            advice="Look in the channel before you send it again.",
        )
    return ServiceError(f"Slack did not answer while {doing} ({kind})", advice="Run again later.")


def explain_answer(
    status: int, code: str, *, doing: str, channel: str = "", once: bool = False, needed: str = ""
) -> MediagenError:
    """Our error for an answer of Slack's: an HTTP status and the word it gives as error, if any."""
    where = f" {channel}" if channel else ""
    code = code if _CODE.fullmatch(code) else ""
    said = code or f"status {status}"
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return ServiceError(
            f"Slack limits how often it may be called, while {doing}", advice="Run again in some minutes."
        )
    if once and (
        code in ("fatal_error", "internal_error") or (status >= 500 and status != 503) or not (code or status >= 400)
    ):
        return MaybeTold(
            f"Slack failed while {doing} ({said}): the message may have arrived and is not sent again",
            advice="Look in the channel before you send it again.",
        )
    if code in _LATER or status >= 500 or not (code or status >= 400):
        return ServiceError(f"Slack failed while {doing} ({said})", advice="Run again later.")
    if code in _CREDENTIALS or status in (401, 403):
        scope = f"Add the scope {needed} to the app and reinstall it." if needed else ""
        return CredentialsError(
            f"Slack refused the credentials while {doing}: {said}{' ' + needed if needed else ''}",
            advice=scope or _ADVICE.get(code, "Check the app's token and its permissions."),
        )
    return UsageError(
        f"Slack refused while {doing}{where}: {said}",
        advice=_ADVICE.get(code, "Slack's documentation of chat.postMessage explains this word."),
    )


def refusal(error: SlackApiError) -> tuple[int, str]:
    """(HTTP status, error word) of a refusal; the word is empty where the answer is not Slack's."""
    status = getattr(error.response, "status_code", 0)
    code = _data(error).get("error")
    return int(status), code if isinstance(code, str) else ""


def _needed(error: SlackApiError) -> str:
    needed = _data(error).get("needed")
    return needed if isinstance(needed, str) and re.fullmatch(r"[a-z:._,-]{2,80}", needed) else ""


def _details(error: SlackApiError) -> Iterator[str]:
    data = _data(error)
    metadata = data.get("response_metadata")
    for said in (data.get("errors"), metadata.get("messages") if isinstance(metadata, dict) else None):
        if isinstance(said, list):
            yield from (str(one) for one in said)


def _data(error: SlackApiError) -> dict[str, Any]:
    data = getattr(error.response, "data", error.response)
    return data if isinstance(data, dict) else {}


def _proxy(address: str, proxy: str | None) -> str | None:
    """slack-sdk takes a proxy from the environment and overlooks NO_PROXY."""
    return None if proxy and proxy_bypass(urlsplit(address).hostname or "") else proxy


def _silent_logger() -> logging.Logger:
    """slack-sdk logs failures, with addresses, to stderr; at DEBUG also what is sent."""
    logger = logging.Logger("ci_mediagen.slack", level=logging.CRITICAL + 1)
    logger.addHandler(logging.NullHandler())
    return logger
