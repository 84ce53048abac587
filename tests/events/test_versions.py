"""Versions in tags."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.events.versions import bump_between, bump_by_shape, parse_tag, parse_version


@pytest.mark.parametrize(
    ("tag", "prefix", "version", "stable"),
    [
        ("v2.4.0", "", "2.4.0", True),
        ("2.4.0", "", "2.4.0", True),
        ("V2", "", "2", True),
        ("web@2.4.0", "web@", "2.4.0", True),
        ("@acme/web@2.4.0-rc.1", "@acme/web@", "2.4.0-rc.1", False),
        ("release-2.4", "release-", "2.4", True),
        ("web-v1.0.0", "web-", "1.0.0", True),
        ("es6-1.0.0", "es6-", "1.0.0", True),
        ("web/v1.0.0", "web/", "1.0.0", True),
        ("2026.11.21", "", "2026.11.21", True),
        ("v2.0.0rc1", "", "2.0.0rc1", False),
        ("v2.0.0a1", "", "2.0.0a1", False),
        ("v2.0.0.dev3", "", "2.0.0.dev3", False),
        ("v2.0.0.post1", "", "2.0.0.post1", True),
        ("v2.0.0+build.5", "", "2.0.0+build.5", True),
        ("v2.0.0-beta", "", "2.0.0-beta", False),
        ("v2.0.0-final", "", "2.0.0-final", True),
    ],
)
def test_a_tag_is_a_family_and_a_version(tag: str, prefix: str, version: str, stable: bool):
    found = parse_tag(tag)
    assert found is not None
    assert (found.prefix, found.version.text, found.version.stable) == (prefix, version, stable)


@pytest.mark.parametrize("tag", ["nightly", "production", "build-7", "v", "", "1.2.x", "v1.2.3 x", "a" * 5000])
def test_a_tag_without_a_version_has_none(tag: str):
    assert parse_tag(tag) is None


def test_versions_come_in_the_order_of_semantic_versioning():
    texts = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
             "1.0.0", "1.0.1", "1.9.0", "1.10.0", "2.0rc1", "2.0"]  # fmt: skip
    versions = [parse_version(text) for text in texts]
    assert all(version is not None for version in versions)
    assert sorted(versions) == versions
    assert parse_version("1.0") == parse_version("v1.0.0+5")


@pytest.mark.parametrize(
    ("before", "after", "bump"),
    [
        ("1.4.2", "2.0.0", "major"),
        ("1.4.2", "1.5.0", "minor"),
        ("1.4.2", "1.4.3", "patch"),
        ("1.4", "1.4.1", "patch"),
        (None, "1.0.0", "first"),
        ("1.4.2", "1.5.0-rc.1", "prerelease"),
        (None, "0.1.0-alpha", "prerelease"),
        ("0.3.0", "0.4.0", "minor"),
    ],
)
def test_the_step_between_two_versions(before: str | None, after: str, bump: str):
    assert bump_between(parse_version(before) if before else None, parse_version(after)) == bump


def test_the_likely_step_of_a_version_alone():
    shapes = {text: bump_by_shape(parse_version(text)) for text in ("3.0.0", "3.1.0", "3.1.2", "3.0.0-rc.1", "3")}
    assert shapes == {"3.0.0": "major", "3.1.0": "minor", "3.1.2": "patch", "3.0.0-rc.1": "prerelease", "3": "major"}
    assert bump_by_shape(None) == "unknown"


@given(st.text(max_size=250) | st.text(alphabet="v0123.-+rcabet@", max_size=250))
def test_any_tag_is_taken_apart_quickly(tag: str):
    started = time.process_time()
    found = parse_tag(tag)
    assert time.process_time() - started < 0.5
    assert found is None or tag.startswith(found.prefix)
