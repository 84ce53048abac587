from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.model.change import Person
from ci_mediagen.model.publication import Publication
from ci_mediagen.publish.gallery import PageLinks, render_gallery
from ci_mediagen.publish.gallery.view import DEFAULT_ACCENT, bytes_text, page_of
from ci_mediagen.text.clean import clean
from ci_mediagen.text.corpus import CORPUS
from tests.support.publications import publication, published, small_publication, task

VOID = {"meta", "link", "img", "source", "br"}
LINKS = PageLinks(names=("card.png", "promo.mp4"), files=("card.png", "promo.mp4"), manifest="manifest.json")


class Reader(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def shown(tmp_path: Path) -> Publication:
    return small_publication(tmp_path)


def test_the_page_shows_every_file_with_what_made_it(tmp_path: Path, shown: Publication) -> None:
    made = task(
        "hero",
        "text-to-image",
        prompt="A studio\nat night",
        negative_prompt="text",
        backend="diffusers",
        seed=7,
    )
    path = tmp_path / "hero.png"
    path.write_bytes(b"x" * 84_000)
    files = (*shown.files, published(path, made, "image/png", size=(1328, 800), reused=True))
    page = Reader(
        render_gallery(
            replace(shown, files=files),
            PageLinks(("card.png", "promo.mp4", "hero.png"), ("card.png", "promo.mp4", "x/hero.png")),
        )
    )
    assert {image["src"] for image in page.all("img")} == {"card.png", "x/hero.png"}
    assert [source["src"] for source in page.all("source")] == ["promo.mp4"]
    for words in (
        "Aurora Studio",
        "Release 2.4.0",
        "Dark mode everywhere",
        "Ada Lovelace, 李小龙 and Grace Hopper",
        "#412",
        "4f1c2b7d9e0a",
        "matches release v2.4.0 (priority 80)",
        "A studio\nat night",
        "diffusers",
        made.key,
        "1328 × 800 · PNG · 84 kB · reused",
        "2 made now, 1 reused",
    ):
        assert words in page.text
    assert not page.open


def test_a_clip_has_controls_its_poster_and_loads_little(tmp_path: Path) -> None:
    clip = task("promo", "promo")
    for name in ("promo.mp4", "poster.png", "preview.gif"):
        (tmp_path / name).write_bytes(b"x")
    files = [
        published(tmp_path / "promo.mp4", clip, "video/mp4", size=(1920, 1080), seconds=8.0),
        published(tmp_path / "poster.png", clip, "image/png", role="poster"),
        published(tmp_path / "preview.gif", clip, "image/gif", role="preview"),
    ]
    names = tuple(file.name for file in files)
    page = Reader(render_gallery(publication(files), PageLinks(names, names)))
    (video,) = page.all("video")
    assert video["poster"] == "poster.png"
    assert video["preload"] == "metadata"
    assert {"controls", "playsinline"} <= set(video)
    assert video["aria-label"] == clip.alt
    (markdown,) = [button for button in page.all("button") if "data-copy-markdown" in button]
    assert markdown["data-poster"] == "preview.gif"
    assert {"poster.png", "preview.gif"} <= {link["href"] for link in page.all("a")}


def test_a_change_read_in_part_says_why(shown: Publication) -> None:
    change = replace(shown.change, complete=False, incomplete_reason="the clone is shallow")
    text = Reader(render_gallery(replace(shown, change=change), LINKS)).text
    assert "History was read in part: the clone is shallow" in text
    assert "in part" not in Reader(render_gallery(shown, LINKS)).text


def test_the_page_fetches_and_runs_nothing_but_its_media(shown: Publication) -> None:
    """One file: no other style sheet, script or font; what differs from it in style or script is refused by policy."""
    text = render_gallery(shown, LINKS)
    page = Reader(text)
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    assert page.all("script") == [{}]
    assert not [attributes for _, attributes in page.elements if any(name.startswith("on") for name in attributes)]
    assert not [attributes for _, attributes in page.elements if "style" in attributes]
    assert "@import" not in text
    assert "url(" not in text
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith(
        "default-src 'none'; img-src 'self' file: data:; media-src 'self' file:; style-src 'sha256-"
    )
    assert "unsafe" not in policy


def test_media_elsewhere_are_allowed_by_their_origin_only(shown: Publication) -> None:
    base = "https://s3.example:9000/bucket/"
    links = PageLinks(LINKS.names, (f"{base}card.png?X-Amz-Signature=a&b=c", f"{base}promo.mp4"))
    page = Reader(render_gallery(shown, links))
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv")]
    assert "img-src 'self' file: https://s3.example:9000 data:" in policy
    assert page.all("img")[0]["src"] == f"{base}card.png?X-Amz-Signature=a&b=c"
    assert {"name": "referrer", "content": "no-referrer"} in page.all("meta")


def test_a_public_page_can_be_previewed_and_another_is_not_indexed(tmp_path: Path, shown: Publication) -> None:
    private = Reader(render_gallery(shown, LINKS))
    assert {"name": "robots", "content": "noindex"} in private.all("meta")
    assert not [meta for meta in private.all("meta") if "property" in meta]
    links = replace(LINKS, files=("3f2a/card.png", "3f2a/promo.mp4"), page="https://m.example/aurora/v2.4.0/index.html")
    public = Reader(render_gallery(shown, links))
    social = {meta["property"]: meta["content"] for meta in public.all("meta") if "property" in meta}
    assert social["og:image"] == "https://m.example/aurora/v2.4.0/3f2a/card.png"
    assert social["og:title"] == shown.change.headline
    assert {"name": "robots", "content": "noindex"} not in public.all("meta")


def test_the_same_publication_gives_the_same_bytes(shown: Publication) -> None:
    assert render_gallery(shown, LINKS) == render_gallery(shown, LINKS)


def test_nothing_made_is_a_page_that_says_so(shown: Publication) -> None:
    text = Reader(render_gallery(replace(shown, files=()), PageLinks((), ()))).text
    assert "Nothing was made" in text


def hostile_publication(folder: Path, text: str) -> Publication:
    shown = small_publication(folder)
    files = []
    for file in shown.files:
        hostile: dict[str, Any] = {"id": f"{file.task.id}{text}", "prompt": text, "negative_prompt": text, "alt": text}
        files.append(replace(file, task=replace(file.task, **hostile), media=replace(file.media, alt=text)))
    return replace(
        shown,
        project=text,
        template=text,
        reason=text,
        files=tuple(files),
        change=replace(
            shown.change,
            headline=text,
            complete=False,
            incomplete_reason=text,
            url=text,
            authors=(Person(text), Person(text, text)),
            release=replace(shown.change.release, tag=text, version=text, url=text) if shown.change.release else None,
            pull_request=replace(shown.change.pull_request, url=text) if shown.change.pull_request else None,
        ),
    )


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_hostile_text_everywhere_adds_no_element_and_no_attribute(tmp_path: Path, text: str) -> None:
    plain = Reader(render_gallery(hostile_publication(tmp_path, "plain words"), LINKS))
    page = Reader(render_gallery(hostile_publication(tmp_path, text), LINKS))
    assert not page.open
    kinds = {(name, *sorted(attributes)) for name, attributes in plain.elements}
    # What is empty is left out; nothing else may be there that is not there for plain words.
    assert {(name, *sorted(attributes)) for name, attributes in page.elements} - kinds <= {
        ("video", "class", "controls", "height", "playsinline", "preload", "width")
    }
    assert page.all("script") == [{}]
    for address in (
        attributes[name] for _, attributes in page.elements for name in ("href", "src") if name in attributes
    ):
        assert not re.match(r"\s*(?!data:,$|https?:)[a-z]+:", address, re.IGNORECASE)
    shown = [one for one in (clean(text, newlines=True),) if one.strip()]
    assert all(squeezed(one) in squeezed(page.text) for one in shown)


@pytest.mark.parametrize("accent", ["red", "#12345", "#1234567", "#fff} body{display:none", "url(x)", 7, None])
def test_a_colour_that_is_none_does_not_reach_the_style(tmp_path: Path, accent: object) -> None:
    shown = small_publication(tmp_path)
    files = tuple(replace(f, task=replace(f.task, parameters={"brand": {"accent": accent}})) for f in shown.files)
    assert page_of(replace(shown, files=files), LINKS.names, LINKS.files).accent == DEFAULT_ACCENT


def test_the_first_landscape_clip_leads_and_the_others_keep_their_order(tmp_path: Path) -> None:
    shapes = {"story": (1080, 1920), "card": (1200, 630), "upright": (1080, 1920), "promo": (1920, 1080)}
    files = []
    for name, size in shapes.items():
        (tmp_path / name).write_bytes(b"x")
        media_type = "video/mp4" if name in ("promo", "upright") else "image/png"
        files.append(published(tmp_path / name, task(name), media_type, size=size))
    page = page_of(publication(files), list(shapes), list(shapes))
    assert [item.src for item in page.items] == ["promo", "story", "card", "upright"]
    assert [item.lead for item in page.items] == [True, False, False, False]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (84_000, "84 kB"),
        (2_140_000, "2.1 MB"),
        (52_000_000, "52 MB"),
        (10**12, "1000 GB"),
    ],
)
def test_sizes_read_as_people_write_them(count: int, text: str) -> None:
    assert bytes_text(count) == text
