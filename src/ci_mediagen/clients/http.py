"""HTTP as this project does it: a timeout always, bounded retries where a repeat does no harm, no secret in a message.

check_address   https, or plain http to this machine; what a token may be sent to
Http            a client of one service whose failures are ours
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ci_mediagen.errors import ConfigError, CredentialsError, ServiceError, UsageError
from ci_mediagen.text.web import is_loopback, web_address

if TYPE_CHECKING:
    import httpx2

TIMEOUT = 15.0
"""Seconds for each of connecting, sending and waiting for an answer."""
ATTEMPTS = 3
FIRST_WAIT = 0.5
"""Seconds before the second attempt; doubled for each further one, then jittered."""
LONGEST_WAIT = 30.0
"""Seconds. A service that asks for more patience is down for this run."""

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
WORTH_RETRYING = frozenset({429, 500, 502, 503, 504})


def check_address(url: str, *, what: str) -> str:
    """The address, if secrets may be sent to it: https, or http to this machine. Raises ConfigError, without the address:
    it may itself be a secret. `what` names the setting it came from."""
    address = web_address(url)
    if address is None:
        raise ConfigError(f"{what} is not a web address", advice="Give an address that begins with https://.")
    parts = urlsplit(address)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ConfigError(f"{what} is not encrypted", advice="Secrets are only sent to https addresses: use https://.")
    return address


def retry_wait(attempt: int, retry_after: str | None) -> float:
    """Seconds to wait after attempt number `attempt` (from 1) failed: what the service asks for, else a jittered backoff."""
    jitter = random.random()  # noqa: S311 - spreads load, decides nothing
    if retry_after and re.fullmatch(r"\d{1,9}(?:\.\d+)?", retry_after.strip()):
        return float(retry_after) + jitter * 0.5
    return float(FIRST_WAIT * 2 ** (attempt - 1) * (0.5 + jitter))


class Http:
    """A client of one service. Addresses are relative to `base_url`; redirects are not followed.

    Failure: CredentialsError (401, 403), UsageError (other refusals), ServiceError (no answer, 429 or 5xx after all attempts).
    Messages name the service and the status, never an address' query, a header or a body.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
        connect_timeout: float | None = None,
        attempts: int = ATTEMPTS,
        longest_wait: float = LONGEST_WAIT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`service` is its name for people; timeouts and waits are in seconds. `connect_timeout` is for connecting alone, and a
        service that asks for more than `longest_wait` of patience is not asked again.

        Raises ConfigError for an address that secrets may not be sent to.
        """
        import httpx2

        self._service = service
        self._sleep = sleep
        self._attempts, self._longest_wait = attempts, longest_wait
        self._client = httpx2.Client(
            base_url=check_address(base_url, what=f"the address of {service}"),
            headers=dict(headers or {}),
            timeout=httpx2.Timeout(timeout, connect=timeout if connect_timeout is None else connect_timeout),
            follow_redirects=False,
        )

    def __enter__(self) -> Http:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def request(self, method: str, path: str, **content: Any) -> httpx2.Response:
        """The answer, its body read, with a status of 2xx or 3xx. `content` is what httpx2 takes: `params`, `json`, `headers`."""
        attempts = self._attempts if method in IDEMPOTENT else 1
        for attempt in range(1, attempts + 1):
            response, failure = self._try(method, path, content)
            if response is not None and response.status_code not in WORTH_RETRYING:
                return self._accepted(response)
            wait = retry_wait(attempt, response.headers.get("retry-after") if response is not None else None)
            if attempt == attempts or wait > self._longest_wait:
                break
            self._sleep(wait)
        said = f"answered {response.status_code}" if response is not None else f"did not answer ({_kind(failure)})"
        raise ServiceError(f"{self._service} {said}", advice="Run again later.") from failure

    def _try(
        self, method: str, path: str, content: Mapping[str, Any]
    ) -> tuple[httpx2.Response | None, Exception | None]:
        import httpx2

        try:
            return self._client.request(method, path, **content), None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError) as error:
            return None, error

    def _accepted(self, response: httpx2.Response) -> httpx2.Response:
        status = response.status_code
        if status in (401, 403):
            raise CredentialsError(
                f"{self._service} refused the credentials ({status})",
                advice="Check that the token is current and may do this.",
            )
        if status >= 400:
            raise UsageError(f"{self._service} refused the request ({status})")
        return response


def _kind(error: Exception | None) -> str:
    cause = error.__cause__ or error if error else None
    return type(cause).__name__ if cause else "no reason given"
