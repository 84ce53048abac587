from __future__ import annotations

import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ci_mediagen.clients.s3 import (
    MAX_PRESIGN,
    MULTIPART_BYTES,
    SESSION_PRESIGN,
    ObjectHeaders,
    S3Bucket,
    S3Service,
)
from ci_mediagen.errors import ConfigError, CredentialsError, PublishError, ServiceError
from tests.support.s3_server import S3Server, closed_port

HEADERS = ObjectHeaders("image/png", "private, max-age=60", 'inline; filename="a.png"', {"sha256": "ab"})


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Bucket:
    s3_server.use(monkeypatch, s3_server.admin)
    return S3Bucket(S3Service(s3_server.url), s3_server.private_bucket)


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def open_as_admin(s3_server: S3Server, name: str) -> S3Bucket:
    return S3Bucket(S3Service(s3_server.url), name)


def test_what_is_written_is_found_with_its_headers(bucket: S3Bucket, s3_server: S3Server) -> None:
    assert bucket.look("written.png") is None
    bucket.write("written.png", b"12345", HEADERS)
    found = bucket.look("written.png")
    assert found is not None
    assert (found.size, found.sha256, found.media_type) == (5, "ab", "image/png")
    raw = s3_server.client().head_object(Bucket=bucket.name, Key="written.png")
    assert raw["CacheControl"] == "private, max-age=60"
    assert raw["ContentDisposition"] == 'inline; filename="a.png"'


def test_a_large_file_goes_up_in_parts_and_arrives_whole(bucket: S3Bucket, s3_server: S3Server, tmp_path: Path) -> None:
    path = tmp_path / "promo.mp4"
    content = bytes(range(256)) * (MULTIPART_BYTES // 256 + 5000)
    path.write_bytes(content)
    bucket.upload("promo.mp4", path, HEADERS)
    stored = s3_server.client().get_object(Bucket=bucket.name, Key="promo.mp4")
    assert stored["Body"].read() == content
    assert stored["ETag"].strip('"').endswith("-2")
    assert stored["Metadata"]["sha256"] == "ab"


@pytest.mark.parametrize("size", [10, MULTIPART_BYTES + 1], ids=["at once", "in parts"])
def test_bytes_that_are_damaged_on_their_way_are_refused_by_the_server(
    bucket: S3Bucket, tmp_path: Path, size: int
) -> None:
    """The server compares what arrives with the Content-MD5 that we send."""
    path = tmp_path / "a.png"
    path.write_bytes(b"x" * size)

    def damage(params: dict[str, dict[str, str]], **_: object) -> None:
        assert params["headers"]["Content-MD5"]
        params["headers"]["Content-MD5"] = "XrY7u+Ae7tCTyyK7j1rNww=="

    for operation in ("PutObject", "UploadPart"):
        bucket._client.meta.events.register_last(f"before-call.s3.{operation}", damage)
    with pytest.raises(ServiceError, match="damaged"):
        bucket.upload(f"damaged-{size}.png", path, HEADERS)
    assert bucket.look(f"damaged-{size}.png") is None


def test_a_presigned_link_opens_without_credentials_and_not_after_its_end(bucket: S3Bucket) -> None:
    bucket.write("a b/深.png", b"12345", HEADERS)
    with urllib.request.urlopen(bucket.presigned_url("a b/深.png", 60), timeout=10) as answer:
        assert answer.read() == b"12345"
        assert answer.headers["Content-Type"] == "image/png"
    short = bucket.presigned_url("a b/深.png", 1)
    deadline = time.monotonic() + 15
    while (status := status_of(short)) == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert status == 403


def test_a_link_to_one_object_does_not_open_another(bucket: S3Bucket) -> None:
    bucket.write("a.png", b"1", HEADERS)
    bucket.write("b.png", b"2", HEADERS)
    assert status_of(bucket.presigned_url("a.png", 60)) == 200
    assert status_of(bucket.presigned_url("a.png", 60).replace("a.png", "b.png")) == 403


def test_a_link_lives_as_long_as_server_and_session_allow(
    bucket: S3Bucket, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bucket.presign_life(timedelta(hours=2)).seconds == 7200
    assert not bucket.presign_life(timedelta(days=7)).shortened
    clamped = bucket.presign_life(timedelta(days=30))
    assert (clamped.seconds, "7 days" in clamped.shortened) == (MAX_PRESIGN.total_seconds(), True)

    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session")
    of_session = open_as_admin(s3_server, bucket.name).presign_life(timedelta(days=7))
    assert (of_session.seconds, "session" in of_session.shortened) == (SESSION_PRESIGN.total_seconds(), True)
    assert not open_as_admin(s3_server, bucket.name).presign_life(timedelta(minutes=5)).shortened

    end = datetime.now(UTC) + timedelta(hours=3)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", end.isoformat())
    known = open_as_admin(s3_server, bucket.name).presign_life(timedelta(days=7))
    assert 10_000 < known.seconds <= 10_800


def test_a_missing_bucket_is_told_by_name(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    s3_server.use(monkeypatch, s3_server.admin)
    missing = open_as_admin(s3_server, "no-such-bucket")
    with pytest.raises(PublishError, match=r"no such bucket .*no-such-bucket.*127\.0\.0\.1"):
        missing.reach()
    with pytest.raises(PublishError, match="no such bucket"):
        missing.write("a.png", b"", HEADERS)


@pytest.mark.parametrize("name", ["a b", "", "x" * 70 + "/../y", "深"])
def test_what_is_no_bucket_s_name_is_a_publish_error(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    s3_server.use(monkeypatch, s3_server.admin)
    with pytest.raises(PublishError):
        open_as_admin(s3_server, name).reach()


def test_wrong_missing_and_weak_credentials_are_told_apart(
    bucket: S3Bucket, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_server.use(monkeypatch, None)
    with pytest.raises(CredentialsError, match="no credentials were found"):
        open_as_admin(s3_server, bucket.name).list_one()
    s3_server.use(monkeypatch, s3_server.admin)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    with pytest.raises(CredentialsError, match="secret key does not belong") as caught:
        open_as_admin(s3_server, bucket.name).list_one()
    assert "not-the-secret" not in str(caught.value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOSUCHKEY0000000")
    with pytest.raises(CredentialsError, match="access key is not known"):
        open_as_admin(s3_server, bucket.name).list_one()
    s3_server.use(monkeypatch, s3_server.reader)
    with pytest.raises(CredentialsError, match="not allowed") as caught:
        open_as_admin(s3_server, bucket.name).write("a.png", b"", HEADERS)
    assert "s3:PutObject" in caught.value.advice
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(CredentialsError, match="no such AWS profile"):
        open_as_admin(s3_server, bucket.name)


def test_a_server_that_is_down_is_a_service_error_within_seconds(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_server.use(monkeypatch, s3_server.admin)
    url = f"http://127.0.0.1:{closed_port()}"
    begun = time.monotonic()
    with pytest.raises(ServiceError, match="no connection") as caught:
        S3Bucket(S3Service(url), "acme-media").reach()
    assert time.monotonic() - begun < 10
    assert url in caught.value.message


def test_a_proxy_does_not_stand_before_this_machine(
    bucket: S3Bucket, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    open_as_admin(s3_server, bucket.name).reach()


def test_the_endpoint_may_come_from_the_environment(
    bucket: S3Bucket, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server.url)
    found = S3Bucket(S3Service(), bucket.name)
    found.reach()
    assert found.endpoint == s3_server.url


@pytest.mark.parametrize(
    "url", ["127.0.0.1:9000", "ftp://x", "https://user:hunter2@s3.example", "https://s3.example/?x=1", "https://"]
)
def test_an_endpoint_that_is_none_is_a_config_error_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        S3Bucket(S3Service(url), "b")
    assert "hunter2" not in str(caught.value)


def test_aws_gets_its_own_checksums_and_others_do_not(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    s3_server.use(monkeypatch, s3_server.admin)
    aws = S3Bucket(S3Service(region="eu-central-1"), "acme-media")._client.meta
    assert aws.config.request_checksum_calculation == "when_supported"  # type: ignore[attr-defined]
    assert aws.region_name == "eu-central-1"
    own = open_as_admin(s3_server, "acme-media")._client.meta
    assert own.config.request_checksum_calculation == "when_required"  # type: ignore[attr-defined]
    assert own.config.s3["addressing_style"] == "path"  # type: ignore[index]
