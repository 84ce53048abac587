"""What Slack refuses in blocks: its documented fields, types and lengths (docs.slack.dev/reference/block-kit, 2026-11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

Fault = str
FILE_ID = re.compile(r"F[A-Z0-9]{8,}")
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
MAX_BLOCKS = 50


def faults(blocks: Any, file_usable: Callable[[str], bool]) -> list[Fault]:
    """Slack's complaints, with JSON pointers; none for blocks that it takes."""
    if not isinstance(blocks, list):
        return ["blocks must be an array"]
    found: list[Fault] = []
    if len(blocks) > MAX_BLOCKS:
        found.append(f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]")
    for index, block in enumerate(blocks):
        where = f"/blocks/{index}"
        kind = block.get("type") if isinstance(block, dict) else None
        check = _BLOCKS.get(str(kind))
        if check is None:
            found.append(f"unsupported type: {kind} [json-pointer:{where}/type]")
        else:
            found += [f"{fault} [json-pointer:{where}{at}]" for at, fault in check(block, file_usable)]
    return found


def text_objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every text object of blocks, at any depth: what Slack reads for mentions and links."""
    if isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text") and isinstance(value.get("text"), str):
            yield value
        for item in value.values():
            yield from text_objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from text_objects(item)


def walk(value: Any) -> Iterator[str]:
    """Every string of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def _fields(block: dict[str, Any], required: set[str], optional: set[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(required - set(block)):
        yield f"/{name}", "missing required field"
    for name in sorted(set(block) - required - optional - {"type", "block_id"}):
        yield f"/{name}", "unknown field"


def _text(value: Any, at: str, limit: int, kinds: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield at, f"must be a text object of type {' or '.join(kinds)}"
        return
    allowed = {"type", "text", "verbatim"} if value["type"] == "mrkdwn" else {"type", "text", "emoji"}
    for name in sorted(set(value) - allowed):
        yield f"{at}/{name}", "unknown field"
    text = value.get("text")
    if not isinstance(text, str) or not text:
        yield f"{at}/text", "must be more than 0 characters"
    elif len(text.encode("utf-16-le")) // 2 > limit:
        yield f"{at}/text", f"must be less than {limit + 1} characters"
    elif ENTITY.search(text):
        yield f"{at}/text", "has a bare & (this server is stricter than Slack)"


def _section(block: dict[str, Any], _usable: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    yield from _fields(block, {"text"}, {"fields", "accessory", "expand"})
    yield from _text(block.get("text"), "/text", 3000, ("mrkdwn", "plain_text"))


def _header(block: dict[str, Any], _usable: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    yield from _fields(block, {"text"}, set())
    yield from _text(block.get("text"), "/text", 150, ("plain_text",))


def _context(block: dict[str, Any], _usable: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    yield from _fields(block, {"elements"}, set())
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield "/elements", "must have 1 to 10 items"
        return
    for index, element in enumerate(elements):
        yield from _text(element, f"/elements/{index}", 2000, ("mrkdwn", "plain_text"))


def _image(block: dict[str, Any], usable: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    yield from _fields(block, {"alt_text"}, {"image_url", "slack_file", "title"})
    alt = block.get("alt_text")
    if not isinstance(alt, str) or not alt or len(alt) > 2000:
        yield "/alt_text", "must be 1 to 2000 characters"
    if ("image_url" in block) == ("slack_file" in block):
        yield "", "must have one of image_url and slack_file"
    elif "image_url" in block:
        yield from _url(block["image_url"], "/image_url", ("https", "http"))
    else:
        file = block["slack_file"]
        identity = file.get("id") if isinstance(file, dict) and set(file) == {"id"} else None
        if not isinstance(identity, str) or not FILE_ID.fullmatch(identity):
            yield "/slack_file/id", f"input must match regex pattern: ^{FILE_ID.pattern}$"
        elif not usable(identity):
            yield "/slack_file", "invalid slack file"


def _actions(block: dict[str, Any], _usable: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    yield from _fields(block, {"elements"}, set())
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield "/elements", "must have 1 to 25 items"
        return
    seen: set[str] = set()
    for index, element in enumerate(elements):
        at = f"/elements/{index}"
        if not isinstance(element, dict) or element.get("type") != "button":
            yield at, "must be a button"
            continue
        known = {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}
        for name in sorted(set(element) - known):
            yield f"{at}/{name}", "unknown field"
        yield from _text(element.get("text"), f"{at}/text", 75, ("plain_text",))
        if element.get("style", "primary") not in ("primary", "danger"):
            yield f"{at}/style", "must be primary or danger"
        identity = element.get("action_id", "")
        if len(identity) > 255 or identity in seen:
            yield f"{at}/action_id", "must be unique and at most 255 characters"
        seen.add(identity)
        if "url" in element:
            yield from _url(element["url"], f"{at}/url", ("https", "http"))


def _divider(block: dict[str, Any], _usable: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    yield from _fields(block, set(), set())


def _url(url: Any, at: str, schemes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or len(url) > 3000 or parts.scheme not in schemes or not parts.hostname or re.search(r"\s", url):
        yield at, "must be a valid URL"


_BLOCKS: dict[str, Callable[[dict[str, Any], Callable[[str], bool]], Iterator[tuple[str, str]]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "image": _image,
    "actions": _actions,
    "divider": _divider,
}
