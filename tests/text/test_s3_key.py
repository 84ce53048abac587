from __future__ import annotations

import re
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.errors import ConfigError
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.s3_key import (
    DEFAULT_PATTERN,
    FIELDS,
    MAX_PART,
    check_prefix,
    join_url,
    key_part,
    parse_key_pattern,
    relative_url,
)

PLAIN = re.compile(r"[A-Za-z0-9_@-][A-Za-z0-9._@-]*")
SHA = "0123456789abcdef" * 4
VALUES = {
    "project": "aurora-studio",
    "slug": "v2.4.0",
    "package": "",
    "name": "card.png",
    "key": SHA,
    "key12": SHA[:12],
    "sha256": SHA[::-1],
    "sha12": SHA[::-1][:12],
}


@given(st.one_of(st.text(max_size=200), st.sampled_from(list(CORPUS.values()))))
def test_any_text_becomes_one_plain_component(text: str) -> None:
    part = key_part(text)
    assert PLAIN.fullmatch(part)
    assert len(part) <= MAX_PART


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("aurora-studio", "aurora-studio"),
        ("Aurora Studio", "Aurora-Studio"),
        ("v2.4.0", "v2.4.0"),
        ("web@2.4.0", "web@2.4.0"),
        ("", "unnamed"),
        ("..", "unnamed"),
    ],
)
def test_plain_texts_stay_readable(text: str, part: str) -> None:
    assert key_part(text).startswith(part)


def test_texts_that_lose_different_characters_stay_different() -> None:
    texts = ["a/b", "a?b", "a#b", "a%2fb", "../a/b", "极光", "曙光", "🚀", "🚒", "a" * 200, "a" * 201]
    assert len({key_part(text) for text in texts}) == len(texts)


def test_the_default_pattern_puts_files_by_content_under_the_page() -> None:
    pattern = parse_key_pattern(DEFAULT_PATTERN)
    assert pattern.fill(VALUES) == "aurora-studio/v2.4.0/fedcba987654/card.png"
    assert pattern.fill(VALUES, folder_only=True) == "aurora-studio/v2.4.0"
    assert pattern.immutable


def test_every_field_can_stand_in_a_pattern() -> None:
    for field in FIELDS:
        text = f"{{{field}}}/{{name}}" if field != "name" else "{name}"
        assert parse_key_pattern(text).fill(VALUES).endswith("card.png")


def test_an_empty_field_leaves_no_empty_component() -> None:
    assert parse_key_pattern("{project}/{package}/{key12}/{name}").fill(VALUES) == "aurora-studio/0123456789ab/card.png"


def test_a_pattern_without_the_hash_of_the_bytes_is_not_immutable() -> None:
    assert not parse_key_pattern("{project}/{slug}/{key12}/{name}").immutable


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("{project}/{nam}", "did you mean 'name'"),
        ("{project}/{slgu}/{name}", "did you mean 'slug'"),
        ("{project.__class__}/{name}", "is no field"),
        ("{0}/{name}", "is no field"),
        ("{project!r}/{name}", "is no field"),
        ("{project:>99999999}/{name}", "is no field"),
        ("{project}/{slug", "expected '}'"),
        ("{project}", "must end with"),
        ("{project}/x-{name}", "must end with"),
        ("{name}/{project}", "must end with"),
        ("/{project}/{name}", "empty"),
        ("{project}//{name}", "empty"),
        ("../{name}", "`..`"),
        ("a?b/{name}", "characters other than"),
        ("media {project}/{name}", "characters other than"),
        ("", "empty"),
    ],
)
def test_a_wrong_pattern_is_refused_with_the_reason(pattern: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_key_pattern(pattern)
    assert says in str(caught.value)


def test_a_key_longer_than_s3_allows_is_refused() -> None:
    with pytest.raises(ConfigError, match="1024"):
        parse_key_pattern("/".join(["{sha256}"] * 16) + "/{name}").fill(VALUES)


@pytest.mark.parametrize("prefix", ["a/../b", "a//b", ".", "a/\n", "a/\u202eb"])
def test_odd_prefixes_are_refused(prefix: str) -> None:
    with pytest.raises(ConfigError):
        check_prefix(prefix)


KEYS = st.lists(st.text(min_size=1, max_size=8).filter(lambda part: part not in (".", "..") and "/" not in part))


@given(KEYS, KEYS, st.sampled_from(["https://media.example", "https://media.example/", "http://127.0.0.1:9000/bucket"]))
def test_joined_and_relative_addresses_lead_to_the_key(folder: list[str], file: list[str], base: str) -> None:
    page = "/".join([*folder, "index.html"])
    target = "/".join([*file, "card 深.png"])
    address = join_url(base, target)
    assert urljoin(join_url(base, page), relative_url(page, target)) == address
    assert unquote(urlsplit(address).path).endswith("/" + target)
    assert not urlsplit(address).query
    assert not urlsplit(address).fragment
