"""The publisher against a real S3 server."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.clients.s3 import S3Bucket
from ci_mediagen.errors import ConfigError, CredentialsError, PublishError, ServiceError, StoreUnavailable
from ci_mediagen.model.change import Release
from ci_mediagen.model.link import Link
from ci_mediagen.model.progress import Quiet
from ci_mediagen.model.publication import Publication
from ci_mediagen.publish.s3 import S3Publisher, S3Target
from ci_mediagen.text.corpus import PATHS, UNICODE
from tests.support.browser import chromium
from tests.support.publications import full_publication, small_publication
from tests.support.s3_server import S3Server, closed_port


class Notes(Quiet):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def target(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Target:
    """A private bucket."""
    s3_server.use(monkeypatch, s3_server.admin)
    return S3Target(s3_server.private_bucket, s3_server.new_prefix(), endpoint_url=s3_server.url)


@pytest.fixture
def public(s3_server: S3Server, target: S3Target) -> S3Target:
    """A bucket that everybody reads."""
    bucket = s3_server.public_bucket
    return replace(target, bucket=bucket, public_url=f"{s3_server.url}/{bucket}/")


def objects(s3_server: S3Server, target: S3Target) -> dict[str, Any]:
    return s3_server.objects(target.bucket, target.prefix)


@pytest.fixture
def shown(tmp_path: Path) -> Publication:
    return small_publication(tmp_path / "store")


def got(url: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers, as somebody without credentials gets them."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read(), {}


def bare(link: Link) -> str:
    return link.url.partition("?")[0]


def test_presigned_links_open_what_was_published_with_its_type_and_end(
    s3_server: S3Server, target: S3Target, shown: Publication
) -> None:
    begun = datetime.now(UTC)
    links = S3Publisher(target).publish(shown)
    assert [(link.role, link.task) for link in links] == [("main", "shot-0"), ("main", "shot-1"), ("gallery", None)]
    for link, file in zip(links, shown.files, strict=False):
        status, body, headers = got(link.url)
        assert (status, body) == (200, file.path.read_bytes())
        assert headers["content-type"] == file.media.media_type
        assert headers["cache-control"] == "private, max-age=31536000, immutable"
        assert headers["content-disposition"] == f'inline; filename="{file.name}"'
        assert headers["x-amz-meta-sha256"] == file.media.sha256
        assert link.secret
        assert "Signature" not in link.shown
        ends = datetime.fromisoformat(link.expires_at or "")
        assert begun + timedelta(days=7, seconds=-1) <= ends <= datetime.now(UTC) + timedelta(days=7)
    status, page, headers = got(links[-1].url)
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "private, max-age=60"
    assert b"Dark mode everywhere" in page
    assert {got(bare(link))[0] for link in links} == {403}, "the bucket is private"


def test_publishing_again_sends_no_file_again(s3_server: S3Server, target: S3Target, shown: Publication) -> None:
    first = S3Publisher(target).publish(shown)
    before = objects(s3_server, target)
    second = S3Publisher(target).publish(shown)
    after = objects(s3_server, target)
    assert list(map(bare, first)) == list(map(bare, second))
    assert set(before) == set(after)
    media = [key for key in before if not key.endswith("index.html")]
    assert len(media) == 2
    assert {key: before[key] for key in media} == {key: after[key] for key in media}


def test_publishing_again_to_the_public_asks_only_whether_it_is_there(
    s3_server: S3Server, public: S3Target, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = S3Publisher(public).publish(shown)
    before = objects(s3_server, public)

    def refuse(*_: Any) -> None:
        raise AssertionError("sent again")

    monkeypatch.setattr(S3Bucket, "upload", refuse)
    monkeypatch.setattr(S3Bucket, "write", refuse)
    assert S3Publisher(public).publish(shown) == first
    assert objects(s3_server, public) == before


def test_an_object_that_somebody_replaced_is_put_right(
    s3_server: S3Server, public: S3Target, shown: Publication
) -> None:
    (link, *_) = S3Publisher(public).publish(shown)
    key = next(key for key in objects(s3_server, public) if key.endswith("card.png"))
    s3_server.client().put_object(Bucket=public.bucket, Key=key, Body=b"not ours")
    S3Publisher(public).publish(shown)
    assert got(link.url)[1] == shown.files[0].path.read_bytes()


def test_public_links_are_plain_and_the_page_s_are_relative(public: S3Target, shown: Publication) -> None:
    links = S3Publisher(public).publish(shown)
    sha12 = shown.files[0].media.sha256[:12]
    assert links[0].url == f"{public.public_url}{public.prefix}/aurora-studio/v2.4.0/{sha12}/card.png"
    assert links[-1].url == f"{public.public_url}{public.prefix}/aurora-studio/v2.4.0/index.html"
    assert not any(link.secret or link.expires_at or "?" in link.url for link in links)
    status, page, headers = got(links[-1].url)
    assert status == 200
    assert headers["cache-control"] == "public, max-age=60"
    assert f'src="{sha12}/card.png"'.encode() in page
    assert f'<meta property="og:image" content="{links[0].url}">'.encode() in page
    assert {got(link.url)[0] for link in links} == {200}
    assert got(links[0].url)[2]["cache-control"] == "public, max-age=31536000, immutable"


def test_without_the_hash_in_the_key_files_are_kept_for_a_short_time(public: S3Target, shown: Publication) -> None:
    links = S3Publisher(replace(public, key_pattern="{project}/{slug}/{key12}/{name}")).publish(shown)
    assert f"/{shown.files[0].task.key[:12]}/card.png" in links[0].url
    assert got(links[0].url)[2]["cache-control"] == "public, max-age=3600"


def test_a_private_repository_has_no_public_link_and_no_address_to_guess(public: S3Target, shown: Publication) -> None:
    progress = Notes()
    private = replace(shown, change=replace(shown.change, private=True))
    links = S3Publisher(public, progress=progress).publish(private)
    assert all(link.secret and link.expires_at for link in links)
    assert {got(link.url)[0] for link in links} == {200}
    assert any("private" in note for note in progress.notes)
    assert shown.files[0].media.sha256[:32] in links[0].url
    assert "v2.4.0/index.html" not in links[-1].url
    assert b'content="noindex"' in got(links[-1].url)[1]


def test_who_says_that_a_private_repository_s_media_are_public_is_obeyed(public: S3Target, shown: Publication) -> None:
    change = replace(shown.change, private=True)
    links = S3Publisher(replace(public, private=False)).publish(replace(shown, change=change))
    assert not any(link.secret for link in links)
    links = S3Publisher(replace(public, private=True)).publish(shown)
    assert all(link.secret for link in links)


def test_the_manifest_lies_beside_the_page_which_links_to_it(
    public: S3Target, target: S3Target, shown: Publication, tmp_path: Path
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text('{"schema_version": 1}')
    publisher = S3Publisher(public)
    assert publisher.publish_manifest(path) is None, "nothing was published yet"
    links = publisher.publish(shown)
    link = publisher.publish_manifest(path)
    assert link is not None
    assert (link.role, link.url) == ("manifest", links[-1].url.replace("index.html", "manifest.json"))
    status, body, headers = got(link.url)
    assert (status, json.loads(body), headers["content-type"]) == (200, {"schema_version": 1}, "application/json")
    assert b'href="manifest.json"' in got(links[-1].url)[1]

    signed = S3Publisher(target)
    signed.publish(shown)
    link = signed.publish_manifest(path)
    assert link is not None
    assert link.secret
    assert got(link.url)[0] == 200


def test_the_public_sees_no_manifest_of_a_security_fix(
    s3_server: S3Server, public: S3Target, target: S3Target, shown: Publication, tmp_path: Path
) -> None:
    """It names the files and commits of the hole."""
    path = tmp_path / "manifest.json"
    path.write_text("{}")
    fix = replace(shown, change=replace(shown.change, security=True))
    publisher = S3Publisher(public)
    links = publisher.publish(fix)
    assert publisher.publish_manifest(path) is None
    assert not [key for key in objects(s3_server, public) if key.endswith("manifest.json")]
    assert b"manifest.json" not in got(links[-1].url)[1]
    signed = S3Publisher(target)
    signed.publish(fix)
    assert signed.publish_manifest(path) is not None


def test_the_page_comes_last(target: S3Target, shown: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    upload, write = S3Bucket.upload, S3Bucket.write

    def noting(real: Any) -> Any:
        def noted(self: S3Bucket, key: str, *rest: Any) -> None:
            real(self, key, *rest)
            order.append(key.rpartition("/")[2])

        return noted

    monkeypatch.setattr(S3Bucket, "upload", noting(upload))
    monkeypatch.setattr(S3Bucket, "write", noting(write))
    S3Publisher(target).publish(shown)
    assert sorted(order[:-1]) == ["card.png", "promo.mp4"]
    assert order[-1] == "index.html"


def test_a_session_s_links_are_promised_no_longer_than_it_may_live(
    target: S3Target, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing asks no server, so a token that the server would not know is enough here."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session")
    progress = Notes()
    publishing = S3Publisher(target, progress=progress)._begin(shown)
    link = publishing.link("promo/card.png", "main")
    left = datetime.fromisoformat(link.expires_at or "") - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assert "X-Amz-Expires=3600" in link.url
    assert progress.notes == ["S3 links live 1 hour: a link ends with the session whose token signed it"]


@pytest.mark.parametrize("seconds", [60, 3600])
def test_links_live_as_long_as_was_asked_for(target: S3Target, shown: Publication, seconds: int) -> None:
    (link, *_) = S3Publisher(replace(target, presign_seconds=seconds)).publish(shown)
    assert f"X-Amz-Expires={seconds}" in link.url
    assert got(link.url)[0] == 200


def test_an_identity_that_may_not_write_is_a_credentials_error(
    s3_server: S3Server, target: S3Target, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_server.use(monkeypatch, s3_server.reader)
    with pytest.raises(CredentialsError, match=f"not allowed.*{target.bucket}") as caught:
        S3Publisher(target).publish(shown)
    assert s3_server.reader.secret_key not in str(caught.value)
    assert objects(s3_server, target) == {}


def test_an_identity_that_may_only_write_publishes_to_the_public_but_signs_no_links(
    s3_server: S3Server, target: S3Target, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_server.use(monkeypatch, s3_server.writer)
    elsewhere = replace(target, public_url="https://media.example")
    S3Publisher(elsewhere).publish(shown)
    assert len(objects(s3_server, target)) == 3
    with pytest.raises(CredentialsError, match="write to S3 and not read"):
        S3Publisher(target).publish(shown)


def test_a_wrong_secret_and_no_credentials_are_credentials_errors(
    s3_server: S3Server, target: S3Target, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    with pytest.raises(CredentialsError, match="secret key does not belong"):
        S3Publisher(target).publish(shown)
    s3_server.use(monkeypatch, None)
    with pytest.raises(CredentialsError, match="no credentials"):
        S3Publisher(target).publish(shown)


def test_a_missing_bucket_is_a_publish_error(target: S3Target, shown: Publication) -> None:
    with pytest.raises(PublishError, match="no-such-bucket"):
        S3Publisher(replace(target, bucket="no-such-bucket")).publish(shown)


def test_a_server_that_is_down_is_a_service_error_within_seconds(target: S3Target, shown: Publication) -> None:
    begun = time.monotonic()
    with pytest.raises(ServiceError):
        S3Publisher(replace(target, endpoint_url=f"http://127.0.0.1:{closed_port()}")).publish(shown)
    assert time.monotonic() - begun < 10


def test_a_stored_file_that_is_damaged_or_gone_is_not_published(
    s3_server: S3Server, target: S3Target, shown: Publication
) -> None:
    stored = shown.files[0].path
    stored.chmod(0o644)
    stored.write_bytes(b"damaged")
    with pytest.raises(StoreUnavailable, match="is not the one that was made"):
        S3Publisher(target).publish(shown)
    stored.unlink()
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        S3Publisher(target).publish(shown)
    assert not [key for key in objects(s3_server, target) if key.endswith(("card.png", "index.html"))]


def test_an_upload_that_did_not_arrive_is_a_publish_error(
    target: S3Target, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(S3Bucket, "upload", lambda *_: None)
    with pytest.raises(PublishError, match="does not hold what was sent"):
        S3Publisher(target).publish(shown)


@pytest.mark.parametrize(
    "text", ["../../x", "深色 模式", "🚀 v1", "a?b#c%d&e+f\\g", PATHS["encoded up"], UNICODE["lone surrogate"]]
)
def test_hostile_names_of_projects_and_tags_give_links_that_open(public: S3Target, tmp_path: Path, text: str) -> None:
    shown = small_publication(tmp_path, names=("card.png",), release=Release(text, text))
    links = S3Publisher(public).publish(replace(shown, project=text))
    assert all(link.url.startswith(f"{public.public_url}{public.prefix}/") for link in links)
    assert [got(link.url)[0] for link in links] == [200, 200]


def test_a_name_that_is_not_ascii_is_kept_for_whoever_saves_the_file(public: S3Target, tmp_path: Path) -> None:
    (link, _) = S3Publisher(public).publish(small_publication(tmp_path, names=("深色.png",)))
    disposition = got(link.url)[2]["content-disposition"]
    assert disposition == "inline; filename=\"__.png\"; filename*=UTF-8''%E6%B7%B1%E8%89%B2.png"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key_pattern", "{projct}/{name}"),
        ("prefix", "../x"),
        ("public_url", "media.acme.dev"),
        ("public_url", "https://media.acme.dev/?a=b"),
        ("public_url", "javascript:alert(1)"),
        ("presign_seconds", 0),
    ],
)
def test_a_target_that_cannot_be_right_is_refused_at_once(field: str, value: Any) -> None:
    with pytest.raises(ConfigError):
        S3Publisher(replace(S3Target("acme-media"), **{field: value}))


def test_the_check_tells_what_works_and_leaves_nothing(
    s3_server: S3Server, target: S3Target, public: S3Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = S3Publisher(target).check()
    assert (found.status, "links live 7 days" in found.detail) == ("ok", True)
    (found,) = S3Publisher(public).check()
    assert public.public_url is not None
    assert public.public_url in found.detail
    (found,) = S3Publisher(replace(target, bucket="no-such-bucket")).check()
    assert (found.status, "no such bucket" in found.detail) == ("problem", True)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    (found,) = S3Publisher(target).check()
    assert (found.status, "secret key" in found.detail, bool(found.fix)) == ("problem", True, True)
    s3_server.use(monkeypatch, None)
    (found,) = S3Publisher(target).check()
    assert (found.status, "no credentials" in found.detail) == ("problem", True)
    (found,) = S3Publisher(replace(target, endpoint_url=f"http://127.0.0.1:{closed_port()}")).check()
    assert found.status == "problem"
    assert objects(s3_server, target) == {}


def test_the_page_plays_in_a_browser_from_s3(target: S3Target, public: S3Target, tmp_path: Path) -> None:
    full = full_publication(tmp_path)
    with chromium() as browser:
        for one in (target, public):
            complaints: list[str] = []
            page = browser.new_page()
            page.on("console", lambda message, found=complaints: found.append(message.text))
            page.goto(S3Publisher(one).publish(full)[-1].url)
            page.evaluate("() => document.querySelector('video').play()")
            page.wait_for_function("() => document.querySelector('video').currentTime > 0.2", timeout=15_000)
            assert page.evaluate("() => document.querySelector('video').videoWidth") == 1920
            image = page.locator("img").first
            image.scroll_into_view_if_needed()
            assert image.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") == 1200
            assert ("Links on this page expire" in page.content()) == (one is target)
            assert complaints == []
            page.close()


def test_the_key_of_each_object_is_told_in_its_metadata(
    s3_server: S3Server, target: S3Target, shown: Publication
) -> None:
    S3Publisher(target).publish(shown)
    key = next(key for key in objects(s3_server, target) if key.endswith("card.png"))
    metadata = s3_server.client().head_object(Bucket=target.bucket, Key=key)["Metadata"]
    assert metadata["task-key"] == shown.files[0].task.key
    assert metadata["sha256"] == hashlib.sha256(shown.files[0].path.read_bytes()).hexdigest()
