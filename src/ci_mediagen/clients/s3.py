"""S3 and everything that speaks it, through boto3: one bucket, a few verbs, errors of ours.

Credentials come from where boto3 finds them (environment, profile, role). boto3 is imported when a bucket is opened.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ci_mediagen import __version__
from ci_mediagen.clients.s3_errors import s3_errors, translated
from ci_mediagen.errors import ConfigError
from ci_mediagen.text.web import is_loopback, web_address

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS = 10
READ_SECONDS = 60
ATTEMPTS = 4
"""Of one request, the first included; boto3's standard mode waits up to 1, 2 and 4 s between them."""
MULTIPART_BYTES = 16 * 1024 * 1024
"""Files from this size on go up in parts of this size."""
PARTS_AT_ONCE = 4

MAX_PRESIGN = timedelta(days=7)
"""The longest that a version 4 signature may live; servers refuse longer ones, boto3 signs them without complaint."""
SESSION_PRESIGN = timedelta(hours=1)
"""How long a link is promised to live that was signed with a session token whose end is not known: roles taken through
OIDC end after an hour by default, and the link ends with them."""

_ADDRESSING: Mapping[bool | None, Literal["path", "virtual", "auto"]] = {True: "path", False: "virtual", None: "auto"}


@dataclass(frozen=True, slots=True)
class S3Service:
    """Where S3 is spoken."""

    endpoint_url: str | None = None
    """None: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, else AWS itself."""
    region: str | None = None
    """None: as boto3 finds it, or AWS_REGION, else us-east-1."""
    path_style: bool | None = None
    """`endpoint/bucket/key` instead of `bucket.endpoint/key`. None: with an endpoint of one's own."""

    @property
    def own_endpoint(self) -> str | None:
        """The address that is not AWS. Raises ConfigError where it is not one."""
        url = self.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        if not url:
            return None
        parts = urlsplit(address) if (address := web_address(url)) else None
        if parts is None or parts.query or parts.fragment:
            raise ConfigError(
                "the S3 endpoint is not a web address",
                advice="Write it as https://HOST or https://HOST:PORT, without user, password or query.",
            )
        return address


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What the server says of an object."""

    size: int
    sha256: str
    """From our own metadata; "" for an object that somebody else put there."""
    media_type: str


@dataclass(frozen=True, slots=True)
class ObjectHeaders:
    """What an object is served with."""

    media_type: str
    cache_control: str
    disposition: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """ASCII."""


@dataclass(frozen=True, slots=True)
class PresignLife:
    """How long a presigned link can live."""

    seconds: int
    shortened: str = ""
    """Why it is shorter than was asked for; empty where it is not."""


class S3Bucket:
    """One bucket. May be used from several threads.

    Failure: CredentialsError, PublishError, ServiceError, ConfigError, each naming bucket and endpoint and no secret.
    """

    def __init__(self, service: S3Service, bucket: str, *, attempts: int = ATTEMPTS) -> None:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        self.name = bucket
        self.endpoint = service.own_endpoint or "AWS"
        own = service.own_endpoint
        settings: dict[str, Any] = {}
        if own:
            # The newer checksums travel in a trailer that Cloudflare R2, Backblaze B2 and older MinIO refuse.
            settings["request_checksum_calculation"] = "when_required"
            settings["response_checksum_validation"] = "when_required"
        if own and is_loopback(urlsplit(own).hostname or ""):
            settings["proxies"] = {}
        path_style = (bool(own) or None) if service.path_style is None else service.path_style
        try:
            session = boto3.session.Session()
            self._credentials = session.get_credentials()
            self._client: S3Client = session.client(
                "s3",
                endpoint_url=own,
                region_name=service.region or session.region_name or os.environ.get("AWS_REGION") or "us-east-1",
                config=Config(
                    signature_version="s3v4",
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=READ_SECONDS,
                    retries={"mode": "standard", "total_max_attempts": attempts},
                    s3={"addressing_style": _ADDRESSING[path_style]},
                    user_agent_extra=f"ci-mediagen/{__version__}",
                    **settings,
                ),
            )
        except BotoCoreError as error:
            raise translated(error, "be reached", bucket, self.endpoint) from None
        except ValueError as error:  # how botocore says that an address is none
            raise ConfigError(
                f"S3 could not be reached: the endpoint or region is not one (bucket {bucket}, endpoint {self.endpoint})",
                advice="Check endpoint and region.",
            ) from error
        if own:
            # Without those checksums the server would not notice damage, so it gets the one that all of them know.
            for operation in ("PutObject", "UploadPart"):
                self._client.meta.events.register(f"before-call.s3.{operation}", _add_content_md5)

    def reach(self) -> None:
        """Raises PublishError where there is no such bucket, CredentialsError where we may not know."""
        with s3_errors("find the bucket", self.name, self.endpoint):
            self._client.head_bucket(Bucket=self.name)

    def list_one(self) -> None:
        """Asks for a listing and drops it: unlike `reach`, its refusal says which credential is wrong."""
        with s3_errors("list the bucket", self.name, self.endpoint):
            self._client.list_objects_v2(Bucket=self.name, MaxKeys=1)

    def look(self, key: str) -> StoredObject | None:
        """What lies under the key; None where nothing does. CredentialsError where we may not know."""
        from botocore.exceptions import ClientError

        with s3_errors(f"look at {key}", self.name, self.endpoint):
            try:
                found = self._client.head_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                    return None
                raise
        return StoredObject(
            size=found["ContentLength"],
            sha256=found.get("Metadata", {}).get("sha256", ""),
            media_type=found.get("ContentType", ""),
        )

    def upload(self, key: str, path: Path, headers: ObjectHeaders) -> None:
        """Stores a local file, in parts where it is large. A key that is there already is replaced at once or not at all."""
        from boto3.s3.transfer import TransferConfig

        with s3_errors(f"store {key}", self.name, self.endpoint):
            self._client.upload_file(
                str(path),
                self.name,
                key,
                ExtraArgs=_arguments(headers),
                Config=TransferConfig(
                    multipart_threshold=MULTIPART_BYTES,
                    multipart_chunksize=MULTIPART_BYTES,
                    max_concurrency=PARTS_AT_ONCE,
                    preferred_transfer_client="classic",  # the CRT client ignores endpoint_url
                ),
            )

    def write(self, key: str, content: bytes, headers: ObjectHeaders) -> None:
        """Stores a few bytes."""
        with s3_errors(f"store {key}", self.name, self.endpoint):
            self._client.put_object(Bucket=self.name, Key=key, Body=content, **_arguments(headers))

    def presigned_url(self, key: str, seconds: int) -> str:
        """An address with which everybody can read the object until it expires; see `presign_life`. Asks no server."""
        with s3_errors(f"sign a link to {key}", self.name, self.endpoint):
            return self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=seconds
            )

    def presign_life(self, wanted: timedelta) -> PresignLife:
        """How long of what is wanted the server and the credentials allow."""
        life, why = wanted, ""
        if life > MAX_PRESIGN:
            life, why = MAX_PRESIGN, "S3 signs links for at most 7 days"
        with s3_errors("read the credentials", self.name, self.endpoint):
            token = self._credentials.get_frozen_credentials().token if self._credentials else None
        if token:
            end = getattr(self._credentials, "_expiry_time", None)  # botocore has no public name for it
            left = end - datetime.now(UTC) if isinstance(end, datetime) else SESSION_PRESIGN
            if left < life:
                life, why = left, "a link ends with the session whose token signed it"
        return PresignLife(max(1, int(life.total_seconds())), why)


def _arguments(headers: ObjectHeaders) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "ContentType": headers.media_type,
        "CacheControl": headers.cache_control,
        "Metadata": dict(headers.metadata),
    }
    return arguments | ({"ContentDisposition": headers.disposition} if headers.disposition else {})


def _add_content_md5(params: dict[str, Any], **_: object) -> None:
    """Before a request with a body is signed: the MD5 that the server compares with what arrives."""
    body = params.get("body")
    digest = hashlib.md5(usedforsecurity=False)
    if isinstance(body, bytes | bytearray):
        digest.update(body)
    elif body is not None and hasattr(body, "seek"):
        start = body.tell()
        while piece := body.read(1024 * 1024):
            digest.update(piece)
        body.seek(start)
    else:
        return
    params["headers"]["Content-MD5"] = base64.b64encode(digest.digest()).decode("ascii")
