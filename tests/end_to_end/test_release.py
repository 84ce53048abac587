"""A release: every shape, one promo, one Slack post, and links that open, against real servers."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import answer, ci_mediagen
from tests.support.github_job import GitHubJob
from tests.support.project import NAME, make_project
from tests.support.repos import ADA, GRACE, Repo
from tests.support.s3_server import S3Server
from tests.support.slack_server import Message, SlackServer

SHAPES = {
    "card-og.png": (1200, 630),
    "card-square.png": (1080, 1080),
    "card-story.png": (1080, 1920),
    "card-wide.png": (1920, 1080),
}
BUTTONS = ["Watch", "Release notes", "Gallery"]


def released(folder: Path, tags: tuple[str, ...] = ("v2.3.0", "v2.4.0"), config: str | None = None) -> Repo:
    """Four changes by two people between the last two tags."""
    repo = make_project(folder, config=config)
    repo.tag(tags[0])
    repo.commit("feat: search three times as fast", author=GRACE)
    repo.commit("feat(export): CSV and JSON", author=ADA)
    repo.commit("fix: no crash without a network", author=GRACE)
    repo.commit("chore: newer linter", author=GRACE)
    for tag in tags[1:]:
        repo.tag(tag)
    return repo


def config(server: S3Server, bucket: str, *, public: bool) -> str:
    public_url = f"\n    public_url: {server.url}/{bucket}" if public else ""
    return f"""
project: Aurora Studio
publish:
  - s3: s3://{bucket}/promo
    endpoint_url: {server.url}{public_url}
announce: {{slack: {{channel: "#releases"}}}}
"""


def aws(server: S3Server) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": server.admin.access_key,
        "AWS_SECRET_ACCESS_KEY": server.admin.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@dataclass(frozen=True)
class Released:
    repo: Repo
    job: GitHubJob
    document: Any
    slack: SlackServer
    err: str


@pytest.fixture(scope="module")
def minor(tmp_path_factory: pytest.TempPathFactory, s3_server: S3Server) -> Iterator[Released]:
    """One minor release, made once and looked at by many tests. The repository is public, the bucket private."""
    folder = tmp_path_factory.mktemp("release")
    repo = released(folder / NAME)
    (repo.path / "mediagen.yml").write_text(config(s3_server, s3_server.new_bucket(), public=False))
    with SlackServer(unready=1) as slack:
        variables = aws(s3_server) | {"SLACK_BOT_TOKEN": slack.token, "SLACK_API_URL": slack.url}
        job = GitHubJob.released(folder / "job", repo, "v2.4.0", **variables)
        done = ci_mediagen("run", "--json", cwd=repo.path, env=job.env)
        yield Released(repo, job, json.loads(done.stdout), slack, done.stderr)


def fetched(url: str) -> tuple[int, str, bytes]:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answered:
        return answered.status, answered.headers["Content-Type"], answered.read()


def links_of(message: Message) -> dict[str, str]:
    """The buttons of a message: label to address."""
    elements = [element for block in message.blocks for element in block.get("elements", ())]
    return {element["text"]["text"]: element["url"] for element in elements if element.get("type") == "button"}


def test_a_minor_release_makes_all_shapes_and_a_promo(minor: Released) -> None:
    from PIL import Image

    folder = minor.repo.path / "mediagen-out"
    for name, size in SHAPES.items():
        with Image.open(folder / name) as card:
            assert card.size == size
    made = {Path(one["path"]).name for one in minor.document["artifacts"]}
    assert made == {*SHAPES, "promo.mp4", "promo-poster.jpg", "promo-preview.gif"}


def test_a_minor_release_makes_one_post_of_headline_bullets_context_and_buttons(minor: Released) -> None:
    posts = [message for message in minor.slack.messages if message.thread_ts is None]
    assert len(posts) == 1
    (post,) = posts
    said = json.dumps(post.blocks, ensure_ascii=False)
    assert "*Aurora Studio 2.4 - CSV and JSON, Search three times as fast*" in said
    assert "No crash without a network" in said
    assert "4 changes, 2 people" in said
    assert list(links_of(post)) == BUTTONS
    assert minor.slack.pings == []
    assert minor.job.outputs["slack-ts"] == post.ts


def test_the_post_shows_the_preview_with_alt_text(minor: Released) -> None:
    preview = (minor.repo.path / "mediagen-out" / "promo-preview.gif").read_bytes()
    (picture,) = minor.slack.files.values()
    assert picture.data == preview
    assert picture.alt
    post = next(message for message in minor.slack.messages if message.thread_ts is None)
    (image,) = [block for block in post.blocks if block["type"] == "image"]
    assert image["slack_file"] == {"id": picture.id}
    assert image["alt_text"]


def test_how_it_was_made_is_in_the_thread(minor: Released) -> None:
    post, *thread = minor.slack.messages
    assert {message.thread_ts for message in thread} == {post.ts}
    said = json.dumps([message.blocks for message in thread])
    seeds = {str(task["seed"]) for task in manifest_of(minor)["tasks"]}
    assert "release" in said
    assert any(seed in said for seed in seeds)


def test_the_links_of_the_post_open_what_they_promise(minor: Released) -> None:
    post = minor.slack.messages[0]
    links = links_of(post)
    assert links["Release notes"] == "https://github.com/acme/aurora/releases/tag/v2.4.0"
    status, kind, video = fetched(links["Watch"])
    assert (status, kind) == (200, "video/mp4")
    assert video == (minor.repo.path / "mediagen-out" / "promo.mp4").read_bytes()
    status, kind, page = fetched(links["Gallery"])
    assert (status, kind) == (200, "text/html; charset=utf-8")
    shown = re.findall(r'\bsrc="(http[^"]+)"', page.decode())
    assert len(shown) >= 5
    for address in {address.replace("&amp;", "&") for address in shown}:
        assert fetched(address)[0] == 200


def test_the_outputs_and_the_answer_give_the_addresses(minor: Released) -> None:
    outputs = minor.job.outputs
    assert fetched(outputs["primary-video-url"])[1] == "video/mp4"
    assert fetched(outputs["poster-url"])[1] == "image/jpeg"
    assert fetched(outputs["gallery-url"])[0] == 200
    assert fetched(outputs["manifest-url"])[1] == "application/json"
    assert len(json.loads(outputs["images"])) == 4
    assert all(fetched(url)[1] == "image/png" for url in json.loads(outputs["images"]))
    for one in minor.document["artifacts"]:
        assert one["url"].startswith("http://127.0.0.1")


def test_no_signature_is_where_strangers_read(minor: Released) -> None:
    """The repository is public: its summary, log and manifest are read by everybody."""
    manifest = (minor.repo.path / "mediagen-out" / "manifest.json").read_text("utf-8")
    for text in (manifest, minor.err, minor.job.summary):
        assert "X-Amz-Signature=" not in text.replace("X-Amz-Signature=***", "")
    assert any(link["url"].startswith("http") for link in json.loads(manifest)["links"])


def manifest_of(run: Released) -> Any:
    return json.loads((run.repo.path / "mediagen-out" / "manifest.json").read_text("utf-8"))


def test_the_published_manifest_is_that_of_the_run_and_names_every_file(minor: Released) -> None:
    published = json.loads(fetched(minor.job.outputs["manifest-url"])[2])
    own = manifest_of(minor)
    assert published["tasks"] == own["tasks"]
    assert [link["url"] for link in published["links"] if link["role"] == "main"]
    assert {told["announcer"]: told["status"] for told in own["told"]}["slack"] == "sent"


def test_public_links_are_plain_and_last(tmp_path: Path, s3_server: S3Server) -> None:
    bucket = s3_server.public_bucket
    repo = make_project(tmp_path / NAME, config=config(s3_server, bucket, public=True))
    job = GitHubJob.merged(tmp_path / "job", repo, **aws(s3_server))
    document = answer("run", cwd=repo.path, env=job.env)
    (card,) = document["artifacts"]
    assert card["url"].startswith(f"{s3_server.url}/{bucket}/promo/")
    assert "?" not in card["url"]
    assert fetched(card["url"])[:2] == (200, "image/png")
    assert card["url"] in job.summary, "everybody may see it, so the summary shows it"


def test_a_patch_makes_a_card_and_a_short_post(tmp_path: Path) -> None:
    settings = "project: Aurora Studio\nannounce: {slack: {channel: '#releases'}}\n"
    repo = released(tmp_path / NAME, ("v2.4.0", "v2.4.1"), settings)
    with SlackServer() as slack:
        job = GitHubJob.released(tmp_path / "job", repo, "v2.4.1", SLACK_BOT_TOKEN=slack.token, SLACK_API_URL=slack.url)
        document = answer("run", cwd=repo.path, env=job.env)
        assert {one["task"] for one in document["artifacts"]} == {"card"} or len(document["artifacts"]) == 1
        (post,) = slack.messages
        assert "Aurora Studio 2.4.1" in post.text


def test_a_prerelease_makes_a_card_and_no_post(tmp_path: Path) -> None:
    repo = released(tmp_path / NAME, ("v2.4.0", "v2.5.0-rc.1"), "announce: {slack: {channel: '#releases'}}\n")
    with SlackServer() as slack:
        job = GitHubJob.released(
            tmp_path / "job", repo, "v2.5.0-rc.1", prerelease=True, SLACK_BOT_TOKEN=slack.token, SLACK_API_URL=slack.url
        )
        document = answer("run", cwd=repo.path, env=job.env)
        assert slack.calls == []
    assert len(document["artifacts"]) == 1
    assert "a prerelease" in document["reasons"]


def test_an_incoming_webhook_is_told_where_there_is_no_token(tmp_path: Path) -> None:
    repo = released(tmp_path / NAME, ("v2.4.0", "v2.4.1"), "project: Aurora Studio\n")
    with SlackServer() as slack:
        job = GitHubJob.released(tmp_path / "job", repo, "v2.4.1", SLACK_WEBHOOK_URL=slack.webhook_url)
        answer("run", cwd=repo.path, env=job.env)
        (sent,) = slack.webhook_messages
        assert "Aurora Studio 2.4.1" in json.dumps(sent)
        assert "hookSECRET" not in (repo.path / "mediagen-out" / "manifest.json").read_text("utf-8")


def test_a_scheduled_digest_is_one_post_about_all_changes_of_that_time(tmp_path: Path) -> None:
    repo = released(tmp_path / NAME, config="announce: {slack: {channel: '#releases'}}\n")
    event = {"schedule": "0 8 * * 1", "repository": {"full_name": "acme/aurora"}, "sender": {"login": "ada"}}
    with SlackServer() as slack:
        variables = {"SLACK_BOT_TOKEN": slack.token, "SLACK_API_URL": slack.url, "GITHUB_REF": "refs/heads/main"}
        job = GitHubJob.of(tmp_path / "job", repo, "schedule", event, **variables)
        answer("run", "--since", "v2.3.0", "--only", "card", cwd=repo.path, env=job.env)
        posts = [message for message in slack.messages if message.thread_ts is None]
        assert len(posts) == 1
        said = json.dumps(posts[0].blocks)
        for headline in ("Search three times as fast", "CSV and JSON", "No crash without a network"):
            assert headline in said
    assert job.outputs["template"] == "digest"
