"""Slack's channel for failures: one plain message where a run did not make or publish everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ci_mediagen.announce import shown
from ci_mediagen.announce.interface import Announcement
from ci_mediagen.announce.slack import API_URL
from ci_mediagen.errors import MediagenError
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.manifest import Told
from ci_mediagen.text import slack

MAX_REASONS = 5
MAX_REASON = 500
"""Characters of one reason."""


class SlackAlert:
    """Tells whoever looks after the pipeline, whatever the volume of announcements."""

    name = "slack-alerts"
    quiet = True

    def __init__(
        self, token: str, channel: str, *, base_url: str = API_URL, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._token = token.strip()
        self._channel = channel
        self._base_url = base_url
        self._sleep = sleep

    def announce(self, announcement: Announcement) -> Told:
        """Told.detail is the message's `ts`. Raises CredentialsError, UsageError, ServiceError (MaybeTold)."""
        from ci_mediagen.announce.slack_client import Patience, explain, web_client

        if announcement.outcome in ("ok", "nothing"):
            return Told(self.name, "skipped", "nothing went wrong")
        client = web_client(self._token, self._base_url, Patience(repeatable=False, sleep=self._sleep))
        try:
            answer = client.chat_postMessage(
                channel=self._channel,
                text=alert(announcement),
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
            )
        except MediagenError:
            raise
        except Exception as error:  # all of slack-sdk's and the network's, see explain
            raise explain(error, doing=f"posting to {self._channel}", once=True) from error
        return Told(self.name, "sent", str(answer["ts"]))

    def check(self) -> Sequence[Finding]:
        return ()  # the same token as the announcements'


def alert(announcement: Announcement) -> str:
    """The message: what ended how, and why. No mention, no secret."""
    lines = [slack.bold(f"Media {announcement.outcome}: {shown.headline(announcement)}")]
    lines += [f"\u2022 {slack.mrkdwn(reason, MAX_REASON)}" for reason in announcement.reasons[:MAX_REASONS]]
    change = announcement.change
    if change and change.url:
        lines.append(slack.link("The change", change.url, slack.MAX_SECTION))
    return "\n".join(lines)
