"""Putting artifacts where people find them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ci_mediagen.model.finding import Finding
from ci_mediagen.model.link import Link
from ci_mediagen.model.publication import Publication


class Publisher(Protocol):
    """One kind of place.

    Contract: publishing the same publication twice leaves one of everything; files are there before the page that shows
    them; links work when `publish` returns. Failure: CredentialsError, PublishError (for good), OutputError (a folder that
    cannot be written), ServiceError (worth running again). Secrets are in no message.
    """

    name: str

    def publish(self, publication: Publication) -> tuple[Link, ...]:
        """A link for each file, and one with role `gallery` for the page that shows them all."""
        ...

    def publish_manifest(self, path: Path) -> Link | None:
        """Puts `manifest.json` beside the page of the last `publish`, whose link to it works from then on.

        Called once the run is over: the manifest holds the links that `publish` gave. None where nothing was published
        before, or where it must not be seen (it names files and people; a security fix is not told in public).
        """
        ...

    def check(self) -> Sequence[Finding]:
        """For `doctor`: can it be reached and written, without leaving anything there?"""
        ...
