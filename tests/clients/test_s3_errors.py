from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest
from boto3.exceptions import Boto3Error, S3UploadFailedError
from botocore.exceptions import ClientError

from ci_mediagen.clients import s3_errors
from ci_mediagen.clients.s3_errors import BY_CLASS, BY_CODE, BY_STATUS, translated
from ci_mediagen.clients.s3_errors import s3_errors as mapped
from ci_mediagen.errors import ConfigError, CredentialsError, MediagenError, PublishError, ServiceError

SECRET = "hunter2-signature"
EXCEPTIONS = sorted(
    (
        kind
        for _, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == "botocore.exceptions" and not issubclass(kind, Warning)
    ),
    key=lambda kind: kind.__name__,
)


class Anything(dict[str, Any]):
    """Fills every field of an exception's format string with the secret."""

    def __missing__(self, key: str) -> str:
        return SECRET


def raised(kind: type[Exception]) -> Exception:
    if issubclass(kind, ClientError):
        return kind(
            {"Error": {"Code": SECRET, "Message": SECRET}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "PutObject"
        )
    error = kind.__new__(kind)
    text = getattr(kind, "fmt", "{error}").format_map(Anything())
    Exception.__init__(error, text)
    return error


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: kind.__name__)
def test_every_exception_of_botocore_becomes_one_of_ours(kind: type[Exception]) -> None:
    """It names bucket and endpoint and what to do, and repeats nothing of botocore's own text."""
    with pytest.raises(MediagenError) as caught, mapped("store card.png", "acme-media", "https://s3.example"):
        raise raised(kind)
    assert type(caught.value) in (ConfigError, CredentialsError, PublishError, ServiceError)
    for words in ("store card.png", "acme-media", "https://s3.example"):
        assert words in caught.value.message
    assert caught.value.advice
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: kind.__name__)
def test_each_exception_is_of_the_kind_that_its_name_tells(kind: type[Exception]) -> None:
    """A new botocore may bring new classes: those that plainly are about credentials or the network must be listed."""
    error = translated(raised(kind), "store card.png", "acme-media", "https://s3.example")
    name = kind.__name__
    if any(word in name for word in ("Credential", "Token", "SSO", "Login", "Profile", "MFA")):
        assert isinstance(error, CredentialsError)
    elif any(word in name for word in ("Connect", "Timeout", "Proxy", "Streaming", "IncompleteRead")) and (
        "Config" not in name
    ):
        assert isinstance(error, ServiceError)
    elif "Endpoint" in name or "Region" in name or "Config" in name:
        assert isinstance(error, ConfigError | PublishError | CredentialsError)
        assert error.message != f"S3 could not store card.png: boto3 could not do it [{name}]"


def test_no_name_in_the_table_is_misspelt() -> None:
    known = {kind.__name__ for kind in EXCEPTIONS} | {"Boto3Error"}
    assert set(BY_CLASS) <= known
    assert issubclass(S3UploadFailedError, Boto3Error)


def answer(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": SECRET}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject"
    )  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("InvalidAccessKeyId", 403, CredentialsError),
        ("SignatureDoesNotMatch", 403, CredentialsError),
        ("AccessDenied", 403, CredentialsError),
        ("ExpiredToken", 400, CredentialsError),
        ("403", 403, CredentialsError),
        ("401", 401, CredentialsError),
        ("NoSuchBucket", 404, PublishError),
        ("404", 404, PublishError),
        ("InvalidBucketName", 400, PublishError),
        ("AuthorizationHeaderMalformed", 400, PublishError),
        ("RequestTimeTooSkewed", 403, PublishError),
        ("SomethingNew", 400, PublishError),
        ("SomethingNew", 403, CredentialsError),
        ("SlowDown", 503, ServiceError),
        ("InternalError", 500, ServiceError),
        ("SomethingNew", 507, ServiceError),
        ("429", 429, ServiceError),
        ("BadDigest", 400, ServiceError),
        ("../;rm", 418, PublishError),
    ],
)
def test_an_answer_of_s3_counts_by_its_code_then_by_its_status(
    code: str, status: int, kind: type[MediagenError]
) -> None:
    error = translated(answer(code, status), "store x", "b", "e")
    assert type(error) is kind
    assert SECRET not in str(error)
    assert "../;rm" not in str(error)


def test_an_answer_without_shape_is_still_ours() -> None:
    for response in ({}, {"Error": None}, {"Error": {"Code": None}, "ResponseMetadata": None}):
        bare = answer("x", 400)
        bare.response = response  # type: ignore[assignment]
        assert isinstance(translated(bare, "store x", "b", "e"), PublishError)


def test_a_failed_upload_counts_by_what_s3_answered() -> None:
    """boto3 says so only in text; the answer itself is the context of its exception."""

    def failed_upload() -> None:
        try:
            raise answer("AccessDenied", 403)
        except ClientError as error:
            raise S3UploadFailedError(f"Failed to upload: {error}")  # noqa: B904 - as boto3 does it

    with pytest.raises(CredentialsError), mapped("store x", "b", "e"):
        failed_upload()


def meanings() -> Iterator[s3_errors.Meaning]:
    for table in (BY_CODE, BY_STATUS, BY_CLASS):
        yield from table.values()


def test_every_meaning_tells_why_and_what_to_do() -> None:
    assert all(meaning.why and meaning.advice.endswith(".") for meaning in meanings())
