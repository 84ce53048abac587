from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.redact import MASK, Redactor

SECRET = 'p@ss/w+rd="x" ünï&?'
ENVIRON = {"MY_TOKEN": SECRET, "PATH": "/usr/bin:/bin", "HOME": "/home/someone"}


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_TOKEN",
        "aws_secret_access_key",
        "DB_PASSWORD",
        "API_KEY",
        "SLACK_WEBHOOK_URL",
        "GCP_CREDENTIALS",
        "NPM_AUTH",
        "GH_PAT",
        "SENTRY_DSN",
    ],
)
def test_values_of_secret_looking_variables_are_masked(name: str) -> None:
    assert Redactor({name: "hunter2hunter2"}).redact("it is hunter2hunter2!") == f"it is {MASK}!"


def test_values_of_other_variables_stay() -> None:
    text = "/home/someone uses /usr/bin:/bin"
    assert Redactor(ENVIRON).redact(text) == text
    assert Redactor({"SSH_AUTH_SOCK": "/run/agent.sock"}).redact("/run/agent.sock") == "/run/agent.sock"


@pytest.mark.parametrize("short", ["", "a", "12345", "     "])
def test_a_value_that_is_no_secret_masks_nothing(short: str) -> None:
    assert Redactor({"MY_TOKEN": short}).redact("a 12345      text") == "a 12345      text"


SPELLINGS = {
    "as it is": SECRET,
    "quoted": quote(SECRET, safe=""),
    "quoted but slashes": quote(SECRET),
    "form": quote_plus(SECRET),
    "json": json.dumps(SECRET)[1:-1],
    "json unicode": json.dumps(SECRET, ensure_ascii=False)[1:-1],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_masked(spelling: str) -> None:
    assert Redactor(ENVIRON).redact(f"a {SPELLINGS[spelling]} b") == f"a {MASK} b"


@pytest.mark.parametrize("before", ["", "u:", "user:", "x-token:", "abcd"])
@pytest.mark.parametrize("after", ["", "z", "zz", "zzz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_masked_whatever_stands_around_it(before: str, after: str, encode: object) -> None:
    spelled = encode(f"{before}{SECRET}{after}".encode()).decode()  # type: ignore[operator]
    masked = Redactor(ENVIRON).redact(f"Basic {spelled}")
    assert MASK in masked
    # What is left does not give more than the characters that share a group of three bytes with their neighbours.
    assert len(masked) - len("Basic ***") <= len(encode((before + after).encode())) + 8  # type: ignore[operator]


def test_each_line_of_a_private_key_is_masked() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"
    assert Redactor({"SIGNING_KEY": key}).redact("line MIIEvQIBADANBgkq.") == f"line {MASK}."


def test_a_longer_secret_is_masked_before_one_inside_it() -> None:
    assert Redactor({"A_TOKEN": "abcdef", "B_TOKEN": "abcdefghijkl"}).redact("abcdefghijkl") == MASK


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("token xoxb-123456-abcdef here", "token *** here"),
        ("ghp_" + "a1B2" * 9, "***"),
        ("github_pat_" + "a1B2_" * 6, "***"),
        ("https://hooks.slack.com/services/T0001/B0002/abcDEF123", "https://hooks.slack.com/services/***"),
        ("https://user:hunter2@host/x", "https://***@host/x"),
        ("https://0123456789abcdef0123@github.com/x", "https://***@github.com/x"),
        (
            "https://b/x?X-Amz-Signature=abc&X-Amz-Credential=AK%2Fus",
            "https://b/x?X-Amz-Signature=***&X-Amz-Credential=***",
        ),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
    ],
)
def test_what_is_plainly_a_credential_is_masked_without_its_variable(text: str, masked: str) -> None:
    assert Redactor().redact(text) == masked


@pytest.mark.parametrize("name", CORPUS)
def test_texts_without_secrets_stay(name: str) -> None:
    assert Redactor(ENVIRON).redact(CORPUS[name]) == CORPUS[name]


@pytest.mark.parametrize("name", CORPUS)
def test_any_text_can_be_a_secret(name: str) -> None:
    secret = CORPUS[name]
    if len(secret.strip()) < 6:
        return
    assert secret.strip() not in Redactor({"X_TOKEN": secret}).redact(f"[{secret}]")
