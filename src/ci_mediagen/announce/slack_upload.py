"""One picture on its way into a Slack message. Imports slack-sdk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from slack_sdk.web import WebClient

from ci_mediagen.announce import slack_blocks
from ci_mediagen.announce.slack_client import explain
from ci_mediagen.clients.http import ATTEMPTS, retry_wait
from ci_mediagen.errors import MediagenError, OutputError, ServiceError
from ci_mediagen.model.publication import PublishedFile
from ci_mediagen.text import slack

MAX_ALT = 1000
"""Characters of alt text that Slack takes with an upload; a block takes more."""
MAX_NAME = 200


class Upload:
    """A picture uploaded to no channel: nobody sees it until a message refers to it."""

    def __init__(
        self,
        repeating: WebClient,
        once: WebClient,
        file: PublishedFile,
        alt: str,
        sleep: Callable[[float], None],
    ) -> None:
        """`repeating` may repeat a call that had an effect, `once` may not."""
        self._repeating = repeating
        self._once = once
        self._file = file
        self._alt = alt
        self._sleep = sleep
        self._id = ""

    @property
    def image(self) -> slack_blocks.Block:
        """The block that shows it in a message."""
        return slack_blocks.uploaded_image(self._id, self._alt)

    def send(self) -> None:
        """Raises CredentialsError, UsageError (Slack does not take it), ServiceError, OutputError (it cannot be read).

        slack-sdk sends the bytes without any retry, so a lost connection begins the upload again: an unseen file that is there
        twice does no harm.
        """
        content = self._content()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._id = str(self._repeating.files_upload_v2(**content)["files"][0]["id"])
                return
            except Exception as error:  # all of slack-sdk's and the network's, see explain
                told = explain(error, doing="uploading the picture")
                if not isinstance(told, ServiceError) or attempt == ATTEMPTS:
                    raise told from error
            self._sleep(retry_wait(attempt, None))

    def share(self, channel_id: str, ts: str) -> None:
        """Puts the picture into the thread of a message that could not hold it. Raises as `send` does; never repeated."""
        try:
            self._once.files_upload_v2(channel=channel_id, thread_ts=ts, **self._content())
        except MediagenError:
            raise
        except Exception as error:  # all of slack-sdk's and the network's, see explain
            raise explain(error, doing="sharing the picture") from error

    def withdraw(self) -> None:
        """Deletes the upload that nobody sees, if Slack lets us: nothing depends on it."""
        with suppress(Exception):  # tidying up must not hide what happened
            self._repeating.files_delete(file=self._id)

    def _content(self) -> dict[str, Any]:
        name = slack.bare(self._file.name, MAX_NAME) or self._file.media.role
        try:
            data = self._file.path.read_bytes()
        except OSError as error:
            raise OutputError(f"{self._file.name} cannot be read: {error.strerror}") from error
        return {"file": data, "filename": name, "title": name, "alt_txt": slack.bare(self._alt, MAX_ALT)}
