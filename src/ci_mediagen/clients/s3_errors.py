"""What boto3's errors mean to a person: one of ours, with what to do.

The two tables below are the whole translation: S3's own answers by their code, botocore's exceptions by class name (the
nearest base class that is listed counts). botocore's texts are not repeated: they may hold addresses with a password or a
signature. Names instead of classes keep boto3 out of the imports of those who never publish to S3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ci_mediagen.errors import ConfigError, CredentialsError, MediagenError, PublishError, ServiceError


@dataclass(frozen=True, slots=True)
class Meaning:
    error: type[MediagenError]
    why: str
    advice: str


_KEYS = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN where there is one), or a profile or role."
)
_FRESH = "Get new credentials and run again; under OIDC they live one hour unless the role allows more."
_ALLOW = "Allow the identity in use s3:PutObject and s3:GetObject on the bucket's objects."
_AGAIN = "Run again later: what was made is stored and is not made again."
_REGION = "Set the bucket's region in the configuration or in AWS_REGION."
_BUCKET = "Check the bucket's name, and the endpoint if it is not at AWS; this command creates no buckets."
_SETTINGS = "Check AWS_* variables and the files ~/.aws/config and ~/.aws/credentials."
_REPORT = "Reinstall boto3; if that does not help, report this with the name in brackets."

_UNKNOWN_KEY = Meaning(CredentialsError, "the access key is not known there", _KEYS)
_WRONG_SECRET = Meaning(CredentialsError, "the secret key does not belong to the access key", _KEYS)
_EXPIRED = Meaning(CredentialsError, "the credentials have expired", _FRESH)
_NOT_ALLOWED = Meaning(CredentialsError, "the identity in use is not allowed to", _ALLOW)
_NO_BUCKET = Meaning(PublishError, "there is no such bucket", _BUCKET)
_BAD_NAME = Meaning(PublishError, "that is no name for a bucket or object", _BUCKET)
_OTHER_REGION = Meaning(PublishError, "the bucket is in another region", _REGION)
_TOO_LARGE = Meaning(
    PublishError, "the file is larger than the server takes", "Make the media smaller or raise its limit."
)
_FULL = Meaning(PublishError, "the bucket or account is full", "Make room or raise the quota.")
_BUSY = Meaning(ServiceError, "the server is busy or has a fault of its own", _AGAIN)
_DAMAGED = Meaning(ServiceError, "the bytes were damaged on their way", _AGAIN)
_NO_ANSWER = Meaning(ServiceError, "there is no connection to it", "Check the endpoint and the network. " + _AGAIN)
_TOO_SLOW = Meaning(ServiceError, "it did not answer in time", "Check the endpoint and the network. " + _AGAIN)
_NO_KEYS = Meaning(CredentialsError, "no credentials were found", _KEYS)
_NO_LOGIN = Meaning(CredentialsError, "the credentials could not be fetched", "Log in again (aws sso login). " + _KEYS)
_WRONG_SETTINGS = Meaning(ConfigError, "boto3's settings are wrong", _SETTINGS)
_WRONG_ENDPOINT = Meaning(ConfigError, "the endpoint or region is not one", "Check endpoint and region. " + _SETTINGS)
_BROKEN = Meaning(PublishError, "boto3 could not do it", _REPORT)
_REFUSED = Meaning(PublishError, "the server refused", "See the code in brackets in the server's documentation.")

BY_CODE: Mapping[str, Meaning] = {
    "InvalidAccessKeyId": _UNKNOWN_KEY,
    "InvalidClientTokenId": _UNKNOWN_KEY,
    "UnrecognizedClientException": _UNKNOWN_KEY,
    "SignatureDoesNotMatch": _WRONG_SECRET,
    "InvalidToken": _WRONG_SECRET,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "AccessDenied": _NOT_ALLOWED,
    "AccessDeniedException": _NOT_ALLOWED,
    "AllAccessDisabled": _NOT_ALLOWED,
    "AccountProblem": _NOT_ALLOWED,
    "InvalidObjectState": _NOT_ALLOWED,
    "NotSignedUp": _NOT_ALLOWED,
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _BAD_NAME,
    "KeyTooLongError": _BAD_NAME,
    "InvalidURI": _BAD_NAME,
    "PermanentRedirect": _OTHER_REGION,
    "TemporaryRedirect": _OTHER_REGION,
    "Redirect": _OTHER_REGION,
    "AuthorizationHeaderMalformed": _OTHER_REGION,
    "AuthorizationQueryParametersError": _OTHER_REGION,
    "IllegalLocationConstraintException": _OTHER_REGION,
    "EntityTooLarge": _TOO_LARGE,
    "QuotaExceeded": _FULL,
    "XMinioAdminBucketQuotaExceeded": _FULL,
    "RequestTimeTooSkewed": Meaning(
        PublishError, "this machine's clock is wrong", "Set the clock (NTP) and run again."
    ),
    "SlowDown": _BUSY,
    "InternalError": _BUSY,
    "ServiceUnavailable": _BUSY,
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "TooManyRequests": _BUSY,
    "OperationAborted": _BUSY,
    "RequestTimeout": _TOO_SLOW,
    "RequestTimeoutException": _TOO_SLOW,
    "BadDigest": _DAMAGED,
    "IncompleteBody": _DAMAGED,
    "XAmzContentChecksumMismatch": _DAMAGED,
    "XAmzContentSHA256Mismatch": _DAMAGED,
}
"""S3's answers. A code that is not here counts by its HTTP status."""

BY_STATUS: Mapping[int, Meaning] = {
    301: _OTHER_REGION,
    307: _OTHER_REGION,
    401: _NOT_ALLOWED,
    403: _NOT_ALLOWED,
    404: _NO_BUCKET,
    408: _TOO_SLOW,
    413: _TOO_LARGE,
    429: _BUSY,
}
"""Where an answer has no code: those to HEAD have none. 5xx is `_BUSY`, everything else `_REFUSED`."""

BY_CLASS: Mapping[str, Meaning] = {
    # Credentials: missing, not to be had, not renewable.
    "NoCredentialsError": _NO_KEYS,
    "PartialCredentialsError": Meaning(CredentialsError, "the credentials are incomplete", _KEYS),
    "CredentialRetrievalError": _NO_LOGIN,
    "UnknownCredentialError": _NO_LOGIN,
    "MetadataRetrievalError": _NO_LOGIN,
    "NoAuthTokenError": _NO_LOGIN,
    "TokenRetrievalError": _NO_LOGIN,
    "UnknownTokenProviderError": _NO_LOGIN,
    "RefreshWithMFAUnsupportedError": _NO_LOGIN,
    "SSOError": _NO_LOGIN,
    "LoginError": _NO_LOGIN,
    "InfiniteLoopConfigError": _NO_LOGIN,
    "ProfileNotFound": Meaning(
        CredentialsError, "there is no such AWS profile", "Check AWS_PROFILE and ~/.aws/config."
    ),
    # The network.
    "HTTPClientError": _NO_ANSWER,
    "ConnectionError": _NO_ANSWER,
    "ConnectTimeoutError": _TOO_SLOW,
    "ReadTimeoutError": _TOO_SLOW,
    "ProxyConnectionError": Meaning(ServiceError, "the proxy does not answer", "Check HTTPS_PROXY and NO_PROXY."),
    "InvalidProxiesConfigError": _WRONG_SETTINGS,
    "SSLError": Meaning(
        PublishError, "its certificate is not trusted", "Set AWS_CA_BUNDLE to the CA's certificate file."
    ),
    "IncompleteReadError": _DAMAGED,
    "ResponseStreamingError": _DAMAGED,
    "ChecksumError": _DAMAGED,
    "FlexibleChecksumError": _DAMAGED,
    "CapacityNotAvailableError": _BUSY,
    # Settings of boto3.
    "ConfigNotFound": _WRONG_SETTINGS,
    "ConfigParseError": _WRONG_SETTINGS,
    "InvalidChecksumConfigError": _WRONG_SETTINGS,
    "InvalidConfigError": _WRONG_SETTINGS,
    "InvalidDefaultsMode": _WRONG_SETTINGS,
    "InvalidIMDSEndpointError": _WRONG_SETTINGS,
    "InvalidIMDSEndpointModeError": _WRONG_SETTINGS,
    "InvalidMaxRetryAttemptsError": _WRONG_SETTINGS,
    "InvalidRetryConfigurationError": _WRONG_SETTINGS,
    "InvalidRetryModeError": _WRONG_SETTINGS,
    "InvalidS3AddressingStyleError": _WRONG_SETTINGS,
    "InvalidS3UsEast1RegionalEndpointConfigError": _WRONG_SETTINGS,
    "InvalidSTSRegionalEndpointsConfigError": _WRONG_SETTINGS,
    "InvalidEndpointDiscoveryConfigurationError": _WRONG_SETTINGS,
    "InvalidEndpointConfigurationError": _WRONG_ENDPOINT,
    "BaseEndpointResolverError": _WRONG_ENDPOINT,
    "EndpointProviderError": _WRONG_ENDPOINT,
    "EndpointVariantError": _WRONG_ENDPOINT,
    "UnknownEndpointError": _WRONG_ENDPOINT,
    "UnknownFIPSEndpointError": _WRONG_ENDPOINT,
    "InvalidDNSNameError": _BAD_NAME,
    "InvalidHostLabelError": _WRONG_ENDPOINT,
    "InvalidRegionError": _WRONG_ENDPOINT,
    "NoRegionError": _WRONG_ENDPOINT,
    "ServiceNotInRegionError": _WRONG_ENDPOINT,
    "UnknownRegionError": _WRONG_ENDPOINT,
    "UnknownSignatureVersionError": _WRONG_SETTINGS,
    "UnsupportedSignatureVersionError": _WRONG_SETTINGS,
    "UnsupportedOutpostResourceError": _BAD_NAME,
    "UnsupportedS3AccesspointConfigurationError": _WRONG_SETTINGS,
    "UnsupportedS3ArnError": _BAD_NAME,
    "UnsupportedS3ConfigurationError": _WRONG_SETTINGS,
    "UnsupportedS3ControlArnError": _BAD_NAME,
    "UnsupportedS3ControlConfigurationError": _WRONG_SETTINGS,
    # What was asked for.
    "ParamValidationError": _BAD_NAME,
    "ValidationError": _BAD_NAME,
    # The rest: boto3 as installed, or as we call it.
    "BotoCoreError": _BROKEN,
    "Boto3Error": _BROKEN,
}
"""botocore's and boto3's exceptions other than ClientError."""


@contextmanager
def s3_errors(doing: str, bucket: str, endpoint: str) -> Iterator[None]:
    """Turns what boto3 raises into one of ours that names the bucket and the endpoint.

    `doing` ends the sentence "S3 could not ...": `store card.png`. `endpoint` is as it may be shown (no user part).
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError, UndefinedModelAttributeError
    from s3transfer.exceptions import RetriesExceededError

    try:
        yield
    except (BotoCoreError, ClientError, UndefinedModelAttributeError, Boto3Error, RetriesExceededError) as error:
        raise translated(error, doing, bucket, endpoint) from None


def translated(error: Exception, doing: str, bucket: str, endpoint: str) -> MediagenError:
    """The error of ours for one of boto3's. `from None` belongs to it: the chain would show boto3's own text."""
    meaning, code = _meaning(error)
    return meaning.error(
        f"S3 could not {doing}: {meaning.why} [{code}] (bucket {bucket}, endpoint {endpoint})", advice=meaning.advice
    )


def _meaning(error: Exception) -> tuple[Meaning, str]:
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import ClientError

    if isinstance(error, S3UploadFailedError):  # boto3 says only in text what S3 answered; the answer is its context
        inner = error.__cause__ or error.__context__
        if isinstance(inner, Exception) and inner is not error:
            return _meaning(inner)
    if isinstance(error, ClientError):
        return _answer(error.response)
    for kind in type(error).__mro__:
        if kind.__name__ in BY_CLASS:
            return BY_CLASS[kind.__name__], type(error).__name__
    return _BROKEN, type(error).__name__


def _answer(response: object) -> tuple[Meaning, str]:
    fields = response if isinstance(response, Mapping) else {}
    code = str((fields.get("Error") or {}).get("Code") or "")
    status = (fields.get("ResponseMetadata") or {}).get("HTTPStatusCode")
    if code in BY_CODE:
        return BY_CODE[code], code
    if status is None and code.isdecimal():
        status = int(code)
    shown = code if code and len(code) <= 80 and code.isascii() and code.isalnum() else f"HTTP {status or 'error'}"
    if not isinstance(status, int):
        return _REFUSED, shown
    return BY_STATUS.get(status, _BUSY if status >= 500 else _REFUSED), shown
