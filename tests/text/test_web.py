from __future__ import annotations

import pytest

from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.web import MAX_URL, is_loopback, is_public, web_address


@pytest.mark.parametrize(
    "url",
    [
        "https://a.dev",
        "http://localhost:9000/x",
        "https://a.dev/p%20q?x=1&y=2#z",
        "https://[::1]:8080/",
        "HTTPS://A.DEV/",
    ],
)
def test_a_web_address_stays(url: str) -> None:
    assert web_address(url) == url


def test_what_is_not_ascii_is_encoded() -> None:
    assert web_address("https://a.dev/ü|<>\"'`") == "https://a.dev/%C3%BC%7C%3C%3E%22'%60"


@pytest.mark.parametrize(
    "url",
    [
        "",
        None,
        "a.png",
        "//a.dev",
        "javascript:alert(1)",
        "file:///x",
        "ftp://a.dev",
        "https://",
        "https:///x",
        "https://a b",
        "https://a.dev/\n",
        "https://u@a.dev",
        "https://u:p@a.dev",
        "https://a.dev\\@b.dev",
        "https://a.dev:99999999/",
        "https://[::1",
        "https://a.dev/" + "x" * MAX_URL,
    ],
)
def test_what_is_none_is_refused(url: str | None) -> None:
    assert web_address(url) is None


@pytest.mark.parametrize("name", CORPUS)
def test_no_text_of_the_corpus_is_an_address_and_as_a_path_it_breaks_none(name: str) -> None:
    assert web_address(CORPUS[name]) is None
    address = web_address(f"https://good.example/{CORPUS[name]}")
    if address is not None:
        assert address.isascii()
        assert address.startswith("https://good.example/")
        assert not set(address) & set('<>"\\ `|^{}\n')


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.8.7", "::1", "[::1]", "LOCALHOST", "a.localhost"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "128.0.0.1", ""])
def test_others_are_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://media.acme.dev/x.png", True),
        ("https://acme-media.s3.amazonaws.com/x", True),
        ("https://93.184.216.34/x", True),
        ("http://media.acme.dev/x.png", False),
        ("https://localhost/x", False),
        ("https://10.1.2.3/x", False),
        ("https://192.168.1.2/x", False),
        ("https://172.20.1.2/x", False),
        ("https://172.32.1.2/x", True),
        ("https://169.254.169.254/x", False),
        ("https://minio/x", False),
        ("https://minio.internal/x", False),
        ("https://[fd00::1]/x", False),
        ("https://[fe80::1]/x", False),
        ("card.png", False),
    ],
)
def test_public_is_what_a_reader_elsewhere_can_open(url: str, public: bool) -> None:
    assert is_public(url) is public
