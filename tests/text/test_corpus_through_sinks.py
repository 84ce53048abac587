"""Every encoder of `text/` holds the law of its sink for the whole corpus, for anything like it, and for all of Unicode.

The encoders' own tests say more about each. Here a new one cannot be forgotten, and a string added to the corpus is tried in
every sink.
"""

from __future__ import annotations

import itertools
import json
import pkgutil
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import ci_mediagen.text
from ci_mediagen.text import (
    drawn,
    file_name,
    github_output,
    html,
    log,
    markdown,
    prompt,
    redact,
    s3_key,
    slack,
    web,
    yaml_scalar,
)
from ci_mediagen.text.clean import clean, one_line
from ci_mediagen.text.corpus import CORPUS
from ci_mediagen.text.cut import utf16_length
from tests.support.markdown import read

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
MODULES_WITHOUT_A_SINK = {
    "clean",  # what the encoders share
    "corpus",
    "cut",
    "marked_yaml",  # reads YAML
    "suggest",  # compares words
    "validation",  # words errors, which go through `log`
}


def through_drawn(text: str) -> None:
    shown = drawn.drawn(text, 100)
    assert len(shown) <= 100
    assert not UNSEEN.search(shown)


def through_file_name(text: str) -> None:
    name = file_name.safe_file_name(text)
    assert 0 < len(name.encode()) <= file_name.MAX_BYTES
    assert not re.search(r'[/\\<>:"|?*]', name)
    assert not name.startswith((".", "-", "~"))
    assert not UNSEEN.search(name)


def through_github_output(text: str) -> None:
    lines = github_output.entry("name", text).split("\n")
    name, delimiter = lines[0].split("<<")
    assert (name, lines[-2:]) == ("name", [delimiter, ""])
    assert lines.count(delimiter) == 1
    assert "\r" not in "".join(lines)


def through_html(text: str) -> None:
    assert not re.search("[<>\"']", html.escape(text))
    href = html.safe_href(text)
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", href)
    assert scheme is None or scheme[0].lower() in ("http:", "https:")
    assert not href.startswith("//")


def through_log(text: str) -> None:
    for line in (log.log_line(text), *log.log_block(text).split("\n")):
        assert not UNSEEN.search(line)
        assert not re.match(r"[\s\u200c-\u200f]*:[\u200c-\u200f]*:", line)
        assert not re.search(r"#[\u200c-\u200f]*#[\u200c-\u200f]*[A-Za-z.]*[\u200c-\u200f]*\[", line)
    assert len(log.command("warning", text, title=text).splitlines()) == 1
    document = log.log_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(document) == text
    assert not re.search(r"#[\u200c-\u200f]*#", document)


def through_markdown(text: str) -> None:
    for place in ("{}", "- {}", "## {}", "| a |\n| --- |\n| {} |"):
        page = read(place.format(markdown.inline(text)))
        assert (page.links, page.images, page.html, page.live) == ([], [], [], [])
    page = read(f"x {markdown.code(text)}\n\n{markdown.code_block(text)}\n")
    assert page.kinds <= {"paragraph_open", "paragraph_close", "code_inline", "fence"}
    page = read(markdown.link(text, text) + markdown.image(text, text))
    assert page.html == []
    assert all(urlsplit(url).scheme in ("http", "https") for url in page.links + page.images)


def through_prompt(text: str) -> None:
    told = prompt.prompt(text)
    assert not UNSEEN.search(told)
    assert len(told) <= prompt.MAX_PROMPT_CHARACTERS


def through_redact(text: str) -> None:
    secret = one_line(text)
    redactor = redact.Redactor({"SOME_TOKEN": secret})
    assert redactor.redact("nothing of it") == "nothing of it" or secret in "nothing of it"
    if len(secret.strip()) >= redact.MIN_LENGTH:
        assert secret.strip() not in redactor.redact(f"({secret})").replace(redact.MASK, "", 1)


def through_s3_key(text: str) -> None:
    part = s3_key.key_part(text)
    assert re.fullmatch(r"[A-Za-z0-9_@-][A-Za-z0-9._@-]*", part)
    assert len(part) <= s3_key.MAX_PART
    path = s3_key.url_path(clean(text))
    assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", path)
    assert unquote(path) == clean(text)


def through_slack(text: str) -> None:
    encoders: list[Callable[[str, int], str]] = [slack.plain, slack.mrkdwn, slack.bold, slack.code]
    for encode, limit in itertools.product(encoders, (75, 3000)):
        shown = encode(text, limit)
        assert utf16_length(shown) <= limit
        assert not re.search("[<>]|&(?!amp;|lt;|gt;)", shown)
        assert not UNSEEN.search(shown)
    assert re.fullmatch(r"[^<>]*|<https?://[^<>|]+\|[^<>|]*>", slack.link(text, text, 3000))
    assert not re.search("[<>]", slack.bare(text, 200))


def through_web(text: str) -> None:
    for tried in (text, f"https://good.example/{text}", f"https://{text}"):
        address = web.web_address(tried)
        if address is not None:
            assert re.fullmatch(r"https?://[!#-;=?-\[\]_a-z~]+", address, re.IGNORECASE)
            assert "@" not in urlsplit(address).netloc
    assert not web.is_public(f"file://{text}")


def through_yaml_scalar(text: str) -> None:
    expected = re.sub(r"[\ud800-\udfff]", "\ufffd", text)
    assert yaml.safe_load(f"a: {yaml_scalar.scalar(text)}\nb: [{yaml_scalar.scalar(text)}, x]") == {
        "a": expected,
        "b": [expected, "x"],
    }


SINKS = {
    "drawn": through_drawn,
    "file_name": through_file_name,
    "github_output": through_github_output,
    "html": through_html,
    "log": through_log,
    "markdown": through_markdown,
    "prompt": through_prompt,
    "redact": through_redact,
    "s3_key": through_s3_key,
    "slack": through_slack,
    "web": through_web,
    "yaml_scalar": through_yaml_scalar,
}


def test_every_encoder_there_is_is_tested_here() -> None:
    there = {module.name for module in pkgutil.iter_modules(ci_mediagen.text.__path__)}
    assert set(SINKS) | MODULES_WITHOUT_A_SINK == there


@pytest.mark.parametrize("sink", SINKS)
def test_the_corpus_goes_through_every_sink(sink: str) -> None:
    for name, text in CORPUS.items():
        try:
            SINKS[sink](text)
        except Exception as error:
            error.add_note(f"the text was {name!r}")
            raise


SHORT = [text for text in CORPUS.values() if len(text) < 200]
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
JOINED = st.lists(st.one_of(st.sampled_from(SHORT), ANYTHING), max_size=4).map("".join)


@pytest.mark.parametrize("sink", SINKS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=JOINED)
def test_whatever_is_written_goes_through_every_sink(sink: str, text: str) -> None:
    SINKS[sink](text)


@pytest.mark.slow
@pytest.mark.parametrize("sink", SINKS)
@settings(max_examples=3000, deadline=None)
@given(text=JOINED)
def test_whatever_is_written_goes_through_every_sink_at_length(sink: str, text: str) -> None:
    SINKS[sink](text)
