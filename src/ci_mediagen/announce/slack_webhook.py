"""Slack by an incoming webhook: the same message as with a bot token, less what a webhook cannot do.

A webhook uploads nothing, so the picture is shown only if it has a public address; it learns no message id, so there is no
thread. Its address is the secret: it is in no message.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ci_mediagen.announce import slack_blocks
from ci_mediagen.announce.interface import Announcement
from ci_mediagen.announce.slack import linked_image
from ci_mediagen.clients.http import check_address
from ci_mediagen.errors import ConfigError, CredentialsError
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.manifest import Told

_REFUSED_MESSAGE = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_payload", "invalid_attachments"})
_ACCEPTED = "ok"


class SlackWebhook:
    """Posts to the channel that the webhook was made for."""

    name = "slack-webhook"
    quiet = False

    def __init__(self, url: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Nothing is sent, and slack-sdk not imported, before `announce`."""
        self._url = url.strip()
        self._sleep = sleep

    def announce(self, announcement: Announcement) -> Told:
        """Told.detail is empty: a webhook does not tell the message's id."""
        if announcement.mode == "silent":
            return Told(self.name, "skipped", "this change is not announced")
        if not announcement.files:
            return Told(self.name, "skipped", "there is nothing to see")
        if not self._url:
            raise CredentialsError("there is no Slack webhook", advice="Give its address in SLACK_WEBHOOK_URL.")
        text = slack_blocks.fallback_text(announcement)
        for image in [*filter(None, [linked_image(announcement)]), None]:
            if self._send(text, slack_blocks.message(announcement, image)):
                return Told(self.name, "sent")
        self._send(slack_blocks.text_only(announcement), None)
        return Told(self.name, "sent")

    def check(self) -> Sequence[Finding]:
        """Whether the address looks right: trying it would post a message."""
        if not self._url:
            return (Finding(self.name, "absent", "no webhook", "Give its address in SLACK_WEBHOOK_URL."),)
        try:
            check_address(self._url, what="the address of Slack's webhook (SLACK_WEBHOOK_URL)")
        except ConfigError as error:
            return (Finding(self.name, "problem", error.message, error.advice),)
        return (Finding(self.name, "ok", "an address is given; it is not tried, because that would post a message"),)

    def _send(self, text: str, blocks: list[slack_blocks.Block] | None) -> bool:
        """Sends the message once. False where Slack refused its blocks, and so did not post it; raises as Announcer says."""
        from ci_mediagen.announce.slack_client import Patience, explain, explain_answer, webhook_client

        client = webhook_client(self._url, Patience(repeatable=False, sleep=self._sleep))
        doing = "posting to the webhook"
        try:
            answer = client.send(text=text, blocks=blocks, unfurl_links=False, unfurl_media=False)
        except Exception as error:  # all of slack-sdk's and the network's, see explain
            raise explain(error, doing=doing, once=True) from error
        body = answer.body.strip()
        if answer.status_code == 200 and body == _ACCEPTED:
            return True
        if blocks is not None and answer.status_code == 400 and body in _REFUSED_MESSAGE:
            return False
        raise explain_answer(answer.status_code, body, doing=doing, once=True)
