"""A bucket at S3 or anything that speaks it.

Files lie under content addresses and may be cached for ever; the page and the manifest lie beside them and are small and
short-lived. With a public address links are plain; without one, or for a private repository, they are presigned and expire.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from ci_mediagen.clients.s3 import ObjectHeaders, S3Bucket, S3Service
from ci_mediagen.errors import ConfigError, CredentialsError, MediagenError, PublishError, StoreUnavailable
from ci_mediagen.model.finding import Finding
from ci_mediagen.model.link import Link, LinkRole
from ci_mediagen.model.progress import Progress, Quiet
from ci_mediagen.model.publication import Publication, PublishedFile
from ci_mediagen.publish.gallery import PageLinks, render_gallery
from ci_mediagen.publish.names import PAGE
from ci_mediagen.publish.s3_layout import Layout, lay_out
from ci_mediagen.text.s3_key import DEFAULT_PATTERN, check_prefix, join_url, parse_key_pattern, relative_url
from ci_mediagen.text.web import web_address

WEEK = 7 * 24 * 3600
FOREVER = 365 * 24 * 3600
"""Seconds that a reader may keep what lies under a content address."""
HOUR = 3600
"""Seconds for files whose address does not tell their bytes."""
MINUTE = 60
"""Seconds for the page and the manifest, which change under one address."""
UPLOADS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class S3Target:
    """Which bucket, where, and how its files are reached."""

    bucket: str
    prefix: str = ""
    """Folder in the bucket for all keys."""
    endpoint_url: str | None = None
    """None: AWS, or what AWS_ENDPOINT_URL_S3 says."""
    region: str | None = None
    path_style: bool | None = None
    """None: with an endpoint of one's own."""
    public_url: str | None = None
    """The address under which everybody can read the bucket's root: `https://media.acme.dev`. None: links are presigned."""
    key_pattern: str = DEFAULT_PATTERN
    """See `text.s3_key.FIELDS`."""
    presign_seconds: int = WEEK
    """How long presigned links should live; cut to 7 days and to the credentials' own end."""
    private: bool | None = None
    """True: no public links, and keys that cannot be guessed. None: as the repository is."""


@dataclass(frozen=True, slots=True)
class _Publishing:
    """One publication on its way into the bucket."""

    bucket: S3Bucket
    layout: Layout
    public_url: str
    """Empty: links are presigned."""
    life: timedelta
    """Of presigned links."""
    show_manifest: bool

    def link(self, key: str, role: LinkRole, file: PublishedFile | None = None) -> Link:
        task, task_key = (file.task.id, file.task.key) if file else (None, None)
        if self.public_url:
            return Link(S3Publisher.name, role, join_url(self.public_url, key), task, task_key)
        ends = datetime.now(UTC) + self.life
        url = self.bucket.presigned_url(key, int(self.life.total_seconds()))
        return Link(S3Publisher.name, role, url, task, task_key, ends.isoformat(timespec="seconds"), secret=True)

    def store_file(self, key: str, file: PublishedFile, name: str) -> None:
        def send() -> None:
            _check_bytes(file.path, name, file.media.sha256)
            seconds, suffix = (FOREVER, ", immutable") if self.layout.immutable else (HOUR, "")
            headers = ObjectHeaders(
                media_type=file.media.media_type,
                cache_control=self._cache_control(seconds) + suffix,
                disposition=_inline(name),
                metadata={"sha256": file.media.sha256, "task-key": file.task.key},
            )
            self.bucket.upload(key, file.path, headers)

        self._store(key, file.media.sha256, file.media.bytes, send)

    def store_text(self, key: str, content: bytes, media_type: str) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        headers = ObjectHeaders(media_type, self._cache_control(MINUTE), metadata={"sha256": sha256})
        self._store(key, sha256, len(content), lambda: self.bucket.write(key, content, headers))

    def _store(self, key: str, sha256: str, size: int, send: Callable[[], None]) -> None:
        """Sends an object, unless it is there, and looks whether it arrived."""
        try:
            if self._holds(key, sha256, size):
                return
        except CredentialsError as error:
            send()  # an identity that is wrong altogether is refused here, with the reason
            if not self.public_url:
                raise CredentialsError(
                    f"the identity in use may write to S3 and not read, so links that it signs would not open "
                    f"(bucket {self.bucket.name}, endpoint {self.bucket.endpoint})",
                    advice="Allow it s3:GetObject as well, or give public_url.",
                ) from error
            return
        send()
        if not self._holds(key, sha256, size):
            raise PublishError(
                f"S3 took {key} but does not hold what was sent "
                f"(bucket {self.bucket.name}, endpoint {self.bucket.endpoint})",
                advice="Look whether something rewrites objects or their metadata there, and run again.",
            )

    def _holds(self, key: str, sha256: str, size: int) -> bool:
        found = self.bucket.look(key)
        return found is not None and (found.sha256, found.size) == (sha256, size)

    def _cache_control(self, seconds: int) -> str:
        return f"{'public' if self.public_url else 'private'}, max-age={seconds}"


class S3Publisher:
    """Puts files, then the page that shows them, into a bucket. What is there already is not sent again.

    After an upload the object is looked at: its length and our SHA-256 in its metadata must be what was sent.
    """

    name = "s3"

    def __init__(self, target: S3Target, *, progress: Progress | None = None) -> None:
        """Raises ConfigError for a target that cannot be right."""
        self.target = target
        self._prefix = check_prefix(target.prefix)
        self._pattern = parse_key_pattern(target.key_pattern)
        self._public_url = _checked_public_url(target.public_url)
        self._progress: Progress = progress or Quiet()
        self._published: _Publishing | None = None
        if target.presign_seconds < 1:
            raise ConfigError("presigned links must live at least one second", advice="Set presign_seconds to 604800.")

    def publish(self, publication: Publication) -> tuple[Link, ...]:
        publishing = self._begin(publication)
        layout = publishing.layout
        with ThreadPoolExecutor(UPLOADS_AT_ONCE, thread_name_prefix="s3") as pool:
            uploads = [
                pool.submit(publishing.store_file, *each)
                for each in zip(layout.keys, publication.files, layout.names, strict=True)
            ]
            try:
                for upload in uploads:
                    upload.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        links = [
            publishing.link(key, file.media.role, file)
            for key, file in zip(layout.keys, publication.files, strict=True)
        ]
        page = render_gallery(publication, _page_links(publishing, links))
        publishing.store_text(layout.page, page.encode("utf-8"), "text/html; charset=utf-8")
        self._published = publishing
        return (*links, publishing.link(layout.page, "gallery"))

    def publish_manifest(self, path: Path) -> Link | None:
        if self._published is None or not self._published.show_manifest:
            return None
        try:
            content = path.read_bytes()
        except OSError as error:
            raise PublishError(
                f"{path.name} cannot be read: {error.strerror}",
                advice="Run again with an output folder that can be read.",
            ) from error
        key = self._published.layout.manifest
        self._published.store_text(key, content, "application/json")
        return self._published.link(key, "manifest")

    def check(self) -> Sequence[Finding]:
        try:
            bucket = self._open(attempts=2)
            try:
                bucket.reach()
            except CredentialsError:
                bucket.list_one()  # says which credential is wrong
            life = bucket.presign_life(timedelta(seconds=self.target.presign_seconds))
            bucket.presigned_url(PAGE, life.seconds)
        except MediagenError as error:
            return [Finding("s3", "problem", error.message, error.advice)]
        links = f"links under {self._public_url}" if self._public_url else f"links live {_span(life.seconds)}"
        short = f" ({life.shortened})" if life.shortened and not self._public_url else ""
        return [Finding("s3", "ok", f"bucket {bucket.name} at {bucket.endpoint} answers; {links}{short}")]

    def _begin(self, publication: Publication) -> _Publishing:
        private = publication.change.private is True if self.target.private is None else self.target.private
        public_url = "" if private else self._public_url
        layout = lay_out(publication, self._pattern, self._prefix, private=private)
        bucket = self._open()
        with suppress(CredentialsError):  # who may only write may not ask; what comes next tells who may nothing
            bucket.reach()
        life = bucket.presign_life(timedelta(seconds=self.target.presign_seconds))
        if private and self._public_url:
            self._progress.note("the repository is private: S3 links are presigned, not public")
        if life.shortened and not public_url:
            self._progress.note(f"S3 links live {_span(life.seconds)}: {life.shortened}")
        # It names files and commits: of a security fix the public sees only what the media tell.
        show_manifest = not (public_url and publication.change.security)
        return _Publishing(bucket, layout, public_url, timedelta(seconds=life.seconds), show_manifest)

    def _open(self, **options: int) -> S3Bucket:
        target = self.target
        return S3Bucket(S3Service(target.endpoint_url, target.region, target.path_style), target.bucket, **options)


def _page_links(publishing: _Publishing, links: Sequence[Link]) -> PageLinks:
    """Relative where everybody may read, so that the page works under any host; else each address with its signature."""
    layout = publishing.layout
    if publishing.public_url:
        return PageLinks(
            names=layout.names,
            files=tuple(relative_url(layout.page, key) for key in layout.keys),
            manifest=relative_url(layout.page, layout.manifest) if publishing.show_manifest else "",
            page=join_url(publishing.public_url, layout.page),
        )
    manifest = publishing.link(layout.manifest, "manifest")
    return PageLinks(
        names=layout.names,
        files=tuple(link.url for link in links),
        manifest=manifest.url if publishing.show_manifest else "",
        expires_at=min([manifest.expires_at or "", *(link.expires_at or "" for link in links)]),
    )


def _check_bytes(path: Path, name: str, sha256: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreUnavailable(
            f"the stored file of {name} cannot be read: {error.strerror}", advice="Run again: it is then made again."
        ) from error
    if found != sha256:
        raise StoreUnavailable(
            f"the stored file of {name} is not the one that was made",
            advice="Run again: what is damaged in the store is made again.",
        )


def _inline(name: str) -> str:
    """Shown in the browser; saved under this name."""
    plain = name.encode("ascii", "replace").decode("ascii").replace("?", "_").replace('"', "_").replace("\\", "_")
    encoded = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'inline; filename="{plain}"{encoded}'


def _span(seconds: int) -> str:
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds} s"


def _checked_public_url(url: str | None) -> str:
    if not url:
        return ""
    address = web_address(url)
    parts = urlsplit(address) if address else None
    if address is None or parts is None or parts.query or parts.fragment:
        raise ConfigError(
            f"public_url {url[:200]!r} is no address of a bucket",
            advice="Write the address under which everybody can read the bucket's root: https://media.example.org",
        )
    return address
