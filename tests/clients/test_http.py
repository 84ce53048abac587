"""The HTTP client against real servers on loopback that answer as they are told."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from ci_mediagen.clients.http import (
    ATTEMPTS,
    FIRST_WAIT,
    LONGEST_WAIT,
    WORTH_RETRYING,
    Http,
    check_address,
    retry_wait,
)
from ci_mediagen.errors import ConfigError, CredentialsError, MediagenError, ServiceError, UsageError

DROP = 0
"""Instead of a status: the connection is closed without an answer."""


class Scripted:
    """Answers in order; the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = [(200, {})]
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None: ...

            def do_GET(self) -> None:
                server.seen.append(
                    (self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
                )
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                if status == DROP:
                    self.close_connection = True
                    return
                body = json.dumps({"status": status}).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_DELETE = do_GET

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/api/"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    scripted = Scripted()
    yield scripted
    scripted.close()


def client(server: Scripted, waits: list[float] | None = None, **options: object) -> Http:
    sleep = (waits if waits is not None else []).append
    return Http("the service", server.url, headers={"Authorization": "Bearer topsecret"}, sleep=sleep, **options)  # type: ignore[arg-type]


def test_an_answer_is_given_with_our_headers_sent(server: Scripted) -> None:
    with client(server) as http:
        assert http.request("GET", "things", params={"a": "b c"}).json() == {"status": 200}
    [(method, path, headers)] = server.seen
    assert (method, path, headers["authorization"]) == ("GET", "/api/things?a=b+c", "Bearer topsecret")


@pytest.mark.parametrize("status", sorted(WORTH_RETRYING | {DROP}))
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_call_that_may_be_repeated_is(server: Scripted, status: int, method: str) -> None:
    server.answers = [(status, {}), (status, {}), (200, {})]
    waits: list[float] = []
    with client(server, waits) as http:
        assert http.request(method, "x").status_code == 200
    assert len(server.seen) == 3
    assert len(waits) == 2
    assert all(0 < wait <= FIRST_WAIT * 3 for wait in waits)


@pytest.mark.parametrize("status", [500, 503, 429, DROP])
def test_a_call_that_may_not_be_repeated_is_not(server: Scripted, status: int) -> None:
    server.answers = [(status, {})]
    with client(server) as http, pytest.raises(ServiceError):
        http.request("POST", "x", json={})
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [500, 429, DROP])
def test_repeats_are_bounded(server: Scripted, status: int) -> None:
    server.answers = [(status, {})]
    with client(server) as http, pytest.raises(ServiceError, match="the service"):
        http.request("GET", "x")
    assert len(server.seen) == ATTEMPTS


def test_it_waits_as_long_as_it_is_asked(server: Scripted) -> None:
    server.answers = [(429, {"Retry-After": "7"}), (200, {})]
    waits: list[float] = []
    with client(server, waits) as http:
        http.request("GET", "x")
    assert [int(wait) for wait in waits] == [7]


def test_it_does_not_wait_longer_than_its_patience(server: Scripted) -> None:
    server.answers = [(429, {"Retry-After": "3600"})]
    waits: list[float] = []
    with client(server, waits) as http, pytest.raises(ServiceError):
        http.request("GET", "x")
    assert waits == []


def test_attempts_and_patience_are_those_that_were_given(server: Scripted) -> None:
    server.answers = [(503, {"Retry-After": "1"})]
    waits: list[float] = []
    with client(server, waits, attempts=2, longest_wait=2.0) as http, pytest.raises(ServiceError):
        http.request("GET", "x")
    assert (len(server.seen), len(waits)) == (2, 1)
    with client(server, waits, attempts=2, longest_wait=0.5) as http, pytest.raises(ServiceError):
        http.request("GET", "x")
    assert (len(server.seen), len(waits)) == (3, 1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, CredentialsError), (403, CredentialsError), (404, UsageError), (422, UsageError), (501, UsageError)],
)
def test_a_refusal_is_our_error_at_once_and_without_secrets(
    server: Scripted, status: int, kind: type[MediagenError]
) -> None:
    server.answers = [(status, {})]
    with client(server) as http, pytest.raises(kind) as caught:
        http.request("GET", "x?token=topsecret")
    assert len(server.seen) == 1
    assert "topsecret" not in str(caught.value)


def test_a_redirect_is_not_followed_because_it_would_carry_the_secret_away(server: Scripted) -> None:
    server.answers = [(302, {"Location": "https://evil.example/"})]
    with client(server) as http:
        assert http.request("GET", "x").status_code == 302
    assert len(server.seen) == 1


def test_a_service_that_never_answers_is_left_after_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        http = Http("the service", f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.1, sleep=lambda _: None)
        with http, pytest.raises(ServiceError, match="did not answer"):
            http.request("GET", "x")


def httpx_errors() -> list[type[Exception]]:
    found = {httpx2.InvalidURL, OSError, TimeoutError}
    waiting: list[type[Exception]] = [httpx2.HTTPError, httpx2.StreamError]
    while waiting:
        kind = waiting.pop()
        found.add(kind)
        waiting += kind.__subclasses__()
    return sorted(
        (kind for kind in found if kind.__module__.startswith(("httpx2", "builtins"))), key=lambda kind: kind.__name__
    )


@pytest.mark.parametrize("kind", httpx_errors(), ids=lambda kind: kind.__name__)
def test_every_library_error_leaves_as_ours(
    server: Scripted, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        try:
            raise kind("topsecret")
        except TypeError:
            if kind is httpx2.HTTPStatusError:
                request = httpx2.Request("GET", server.url)
                raise kind("topsecret", request=request, response=httpx2.Response(500)) from None  # type: ignore[call-arg]
            raise kind() from None

    with client(server) as http:
        monkeypatch.setattr(httpx2.Client, "request", fail)
        with pytest.raises(ServiceError) as caught:
            http.request("GET", "x")
    assert "topsecret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://api.example", "http://localhost:9000", "http://127.0.0.1/", "http://[::1]:8080/"]
)
def test_secrets_may_go_to_https_and_to_this_machine(url: str) -> None:
    assert check_address(url, what="the address") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example/SECRET",
        "ftp://api.example/SECRET",
        "SECRET",
        "",
        "https://u:SECRET@api.example/",
        "http://127.0.0.1.evil.example/SECRET",
    ],
)
def test_secrets_go_nowhere_else_and_the_address_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="the address") as caught:
        check_address(url, what="the address")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("asked", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", None])
def test_what_is_no_number_of_seconds_is_not_waited_for(asked: str | None) -> None:
    assert 0 < retry_wait(1, asked) <= FIRST_WAIT * 1.5 < LONGEST_WAIT
