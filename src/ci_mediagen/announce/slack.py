"""Slack by a bot token: one message with its picture, and how it was made in its thread.

What is done in which order, and why (Slack's documentation and issue trackers of its SDKs, read 2026-11):
1. The picture is uploaded to no channel, so that nothing is seen yet. Scope `files:write`.
2. The message refers to it by id. Slack looks at an upload in the background and refuses the message
   (`invalid_blocks`, "invalid slack file") until it has; a refused message was not posted, so it is sent again after a while.
3. If Slack goes on refusing: by the picture's public address, if it has one; then without picture, which is shared in the thread;
   then without blocks. Each only after a plain refusal. Scope `chat:write`.
A message whose fate is not known is never sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ci_mediagen.announce import shown, slack_blocks
from ci_mediagen.announce.interface import Announcement, MaybeTold
from ci_mediagen.errors import CredentialsError, MediagenError
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.manifest import Told
from ci_mediagen.model.progress import Quiet
from ci_mediagen.text import slack

if TYPE_CHECKING:
    from slack_sdk.web import SlackResponse, WebClient

    from ci_mediagen.announce.slack_upload import Upload

API_URL = "https://slack.com/api/"
SCOPES = ("chat:write", "files:write")
MAX_PICTURE = 20 * 1024 * 1024
"""Bytes of a picture that is uploaded."""
UPLOAD_WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts while Slack has not looked at an upload yet."""


class Slack:
    """Posts to one channel. The thread and the picture are extras: if they fail, the message stands and `warn` hears of it."""

    name = "slack"
    quiet = False

    def __init__(
        self,
        token: str,
        channel: str,
        *,
        base_url: str = API_URL,
        warn: Callable[[str], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`channel` is an id or `#name`. Nothing is sent, and slack-sdk not imported, before `announce` or `check`."""
        self._token = token.strip()
        self._channel = channel
        self._base_url = base_url
        self._warn = warn or Quiet().warn
        self._sleep = sleep

    def announce(self, announcement: Announcement) -> Told:
        """Told.detail is the message's `ts`."""
        if announcement.mode == "silent":
            return Told(self.name, "skipped", "this change is not announced")
        if not announcement.files:
            return Told(self.name, "skipped", "there is nothing to see")
        upload = self._upload(announcement)
        try:
            posted, image = self._post(announcement, upload)
        except MediagenError as error:
            if upload and not isinstance(error, MaybeTold):
                upload.withdraw()
            raise
        ts = str(posted["ts"])
        channel_id = str(posted.get("channel") or self._channel)
        if upload and image != upload.image:
            self._share_instead(upload, image, channel_id, ts)
        if announcement.mode == "post":
            self._tell_details(announcement, channel_id, ts)
        return Told(self.name, "sent", ts)

    def check(self) -> Sequence[Finding]:
        from ci_mediagen.announce.slack_client import explain

        if not self._token:
            return (Finding(self.name, "absent", "no bot token", "Give the app's bot token in SLACK_BOT_TOKEN."),)
        try:
            answer = self._client(repeatable=True).auth_test()
        except MediagenError as error:
            return (Finding(self.name, "problem", error.message, error.advice),)
        except Exception as error:  # all of slack-sdk's, see explain
            told = explain(error, doing="checking the token")
            return (Finding(self.name, "problem", told.message, told.advice),)
        headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()}
        missing = [scope for scope in SCOPES if granted and scope not in granted]
        who = slack.bare(f"{answer.get('user', 'the bot')} in {answer.get('team', 'the workspace')}", 200)
        if missing:
            needed = " and ".join(missing)
            return (
                Finding(self.name, "problem", f"{who} lacks {needed}", f"Add {needed} to the app and reinstall it."),
            )
        return (Finding(self.name, "ok", f"posts as {who} to {self._channel}"),)

    def _client(self, *, repeatable: bool) -> WebClient:
        from ci_mediagen.announce.slack_client import Patience, web_client

        if not self._token:
            raise CredentialsError("there is no Slack token", advice="Give the app's bot token in SLACK_BOT_TOKEN.")
        return web_client(self._token, self._base_url, Patience(repeatable=repeatable, sleep=self._sleep))

    def _upload(self, announcement: Announcement) -> Upload | None:
        """The picture, uploaded; None where there is none or Slack does not take it, which `warn` hears.

        Raises CredentialsError: the message would fail as well.
        """
        from ci_mediagen.announce.slack_upload import Upload

        file = shown.preview(announcement, max_bytes=MAX_PICTURE)
        if file is None:
            return None
        upload = Upload(
            self._client(repeatable=True),
            self._client(repeatable=False),
            file,
            shown.alt(announcement, file),
            self._sleep,
        )
        try:
            upload.send()
        except CredentialsError:
            raise
        except MediagenError as error:
            self._warn(f"the picture could not be uploaded to Slack: {error.message}")
            return None
        return upload

    def _post(
        self, announcement: Announcement, upload: Upload | None
    ) -> tuple[SlackResponse, slack_blocks.Block | None]:
        """The answer to the message that was posted, and the picture in it."""
        from ci_mediagen.announce.slack_client import refused_blocks, refused_upload

        pictures = [upload.image if upload else None, linked_image(announcement)]
        for image in [*filter(None, pictures), None]:
            waits = iter(UPLOAD_WAITS)
            while True:
                try:
                    return self._send(announcement, slack_blocks.message(announcement, image)), image
                except _Refused as refused:
                    if not refused_blocks(refused.error):
                        raise refused.told from refused.error
                    wait = next(waits, None) if refused_upload(refused.error) else None
                    if wait is None:
                        break
                    self._sleep(wait)
        try:
            return self._send(announcement, None), None
        except _Refused as refused:
            raise refused.told from refused.error

    def _send(self, announcement: Announcement, blocks: list[slack_blocks.Block] | None) -> SlackResponse:
        """Sends the message once. Raises _Refused where Slack did not post it, MaybeTold where that is not known."""
        text = slack_blocks.fallback_text(announcement) if blocks else slack_blocks.text_only(announcement)
        return self._call(f"posting to {self._channel}", channel=self._channel, text=text, blocks=blocks)

    def _call(self, doing: str, **message: Any) -> SlackResponse:
        from ci_mediagen.announce.slack_client import explain

        client = self._client(repeatable=False)
        try:
            return client.chat_postMessage(
                parse="none", link_names=False, unfurl_links=False, unfurl_media=False, **message
            )
        except Exception as error:  # all of slack-sdk's and the network's, see explain
            told = explain(error, doing=doing, once=True)
            if isinstance(told, MaybeTold):
                raise told from error
            raise _Refused(error, told) from error

    def _share_instead(self, upload: Upload, image: slack_blocks.Block | None, channel_id: str, ts: str) -> None:
        """The message stands without the upload: it goes into the thread if the message has no picture at all."""
        if image is None:
            try:
                upload.share(channel_id, ts)
            except MediagenError as error:
                self._warn(f"the Slack message has no picture: {error.message}")
        upload.withdraw()

    def _tell_details(self, announcement: Announcement, channel_id: str, ts: str) -> None:
        blocks = slack_blocks.details(announcement)
        if not blocks:
            return
        try:
            self._call("adding the details", channel=channel_id, thread_ts=ts, text="How it was made", blocks=blocks)
        except _Refused as refused:
            self._warn(f"the Slack message has no details in its thread: {refused.told.message}")
        except MaybeTold as error:
            self._warn(f"the Slack message may have no details in its thread: {error.message}")


class _Refused(Exception):
    """Slack did not post the message."""

    def __init__(self, error: Exception, told: MediagenError) -> None:
        super().__init__(told.message)
        self.error = error
        self.told = told


def linked_image(announcement: Announcement) -> slack_blocks.Block | None:
    """The picture by its public address, if it has one."""
    file = shown.preview(announcement, max_bytes=MAX_PICTURE)
    url = shown.public_url(shown.file_links(announcement, file)) if file else None
    return slack_blocks.linked_image(url, shown.alt(announcement, file)) if file and url else None
