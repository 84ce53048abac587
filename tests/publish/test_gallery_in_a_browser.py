"""The page in a real Chromium: it plays, copies, fits a phone and obeys its own policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ci_mediagen.model.publication import Publication
from ci_mediagen.publish.directory import DirectoryPublisher
from tests.publish.test_gallery import hostile_publication
from tests.support.browser import chromium
from tests.support.publications import full_publication

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return full_publication(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def page_path(shown: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("out") / "a folder, with 100% odd #name"
    DirectoryPublisher(output).publish(shown)
    return output / "index.html"


def opened(browser: Browser, path: Path, complaints: list[str], size: str = "desktop") -> Page:
    context = browser.new_context(viewport=SIZES[size], permissions=["clipboard-read", "clipboard-write"])  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # Chromium itself breaks off the loading of a video once it knows its length.
    page.on(
        "requestfailed",
        lambda request: None if request.failure == "net::ERR_ABORTED" else complaints.append(f"{request.failure}"),
    )
    page.goto(path.as_uri())
    return page


def test_the_video_plays_and_every_picture_is_drawn(browser: Browser, page_path: Path) -> None:
    complaints: list[str] = []
    page = opened(browser, page_path, complaints)
    page.evaluate("() => document.querySelector('video').play()")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.2", timeout=15_000)
    assert page.evaluate("() => document.querySelector('video').videoWidth") == 1920
    drawn = page.evaluate(
        """async () => {
          const images = [...document.images];
          for (const image of images) { image.loading = "eager"; await image.decode(); }
          return images.map((image) => image.naturalWidth);
        }"""
    )
    assert sorted(drawn) == [1080, 1080, 1200, 1328]
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_window(browser: Browser, page_path: Path, size: str) -> None:
    complaints: list[str] = []
    page = opened(browser, page_path, complaints, size)
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("() => document.documentElement.scrollWidth") == SIZES[size]["width"]
    assert complaints == []
    page.context.close()


def test_copying_gives_addresses_that_work_elsewhere(browser: Browser, page_path: Path) -> None:
    complaints: list[str] = []
    page = opened(browser, page_path, complaints)
    folder = page_path.parent.as_uri()

    def copied(selector: str) -> str:
        page.click(selector)
        page.wait_for_function("(s) => document.querySelector(s).textContent === 'Copied'", arg=selector)
        text: str = page.evaluate("() => navigator.clipboard.readText()")
        return text

    assert copied("[data-copy-link='card.png']") == f"{folder}/card.png"
    picture = copied("[data-copy-markdown='card.png']")
    assert picture.startswith("![Dark mode everywhere, Aurora Studio 2")
    assert picture.endswith(f"]({folder}/card.png)")
    clip = copied("[data-copy-markdown='promo.mp4']")
    assert clip.startswith("[![A six second clip")
    assert clip.endswith(f"]({folder}/promo-poster.png)]({folder}/promo.mp4)")
    page.click("#item-4 + * summary, #item-1 summary")
    assert complaints == []
    page.context.close()


def test_without_scripts_everything_is_there_but_the_copy_buttons(browser: Browser, page_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_path.as_uri())
    assert page.locator("button:visible").count() == 0
    assert page.locator("video").is_visible()
    assert page.locator("a:visible", has_text="Download").count() == 5
    context.close()


def test_a_script_in_a_title_does_not_run(browser: Browser, tmp_path: Path) -> None:
    complaints: list[str] = []
    text = "\"></bdi></style><script>document.title='pwned'</script><img src=x onerror=document.title='pwned'>"
    output = tmp_path / "out"
    DirectoryPublisher(output).publish(hostile_publication(tmp_path / "store", text))
    page = opened(browser, output / "index.html", complaints)
    assert page.title().startswith('"></bdi></style><script>')
    assert page.locator("h1").inner_text() == text
    page.context.close()


@pytest.mark.parametrize("text", ["W" * 3000, "深" * 800, "🚀" * 300, "many words " * 400])
def test_a_very_long_title_stays_inside_the_window(browser: Browser, tmp_path: Path, text: str) -> None:
    output = tmp_path / "out"
    DirectoryPublisher(output).publish(hostile_publication(tmp_path / "store", text))
    page = opened(browser, output / "index.html", [], "phone")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    page.context.close()
