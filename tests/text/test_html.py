from __future__ import annotations

from html.parser import HTMLParser

import pytest

from ci_mediagen.text.clean import clean
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.html import escape, safe_href


class Reader(HTMLParser):
    """What a browser would make of it: which elements, which attributes, which text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_hostile_text_reads_as_itself_and_makes_no_element(text: str) -> None:
    reader = Reader()
    reader.feed(f'<p title="{escape(text)}">{escape(text)}</p>')
    reader.close()
    readable = clean(text, newlines=True)
    assert reader.elements == [("p", {"title": readable})]
    assert reader.text == readable


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a?b=c#d",
        "http://127.0.0.1:8333/bucket/card.png",
        "card.png",
        "3f2a/card.png",
        "../x/%E6%B7%B1.png",
        "#top",
    ],
)
def test_addresses_of_pages_and_files_stay_as_they_are(address: str) -> None:
    assert safe_href(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example/x",
        "/\\evil.example",
        "\\\\evil.example",
        "https://good.example@evil.example/",
        "https:///no-host",
        "https:no-host",
        "http://[::1",
    ],
)
def test_addresses_that_run_something_or_hide_where_they_lead_are_refused(address: str | None) -> None:
    assert safe_href(address) == ""
