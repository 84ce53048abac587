"""What parents and workers say to each other comes through whole, and nonsense does not."""

from __future__ import annotations

import json

import pytest

from ci_mediagen.model.media import MediaFile
from ci_mediagen.model.messages import (
    Cancel,
    Finished,
    Make,
    Message,
    Progressed,
    Ready,
    Refused,
    Stop,
    from_line,
    to_line,
)
from ci_mediagen.model.task import Input, ModelRef, Task, with_key

TASK = with_key(
    Task(
        "clip",
        "image-to-video",
        "diffusers",
        prompt="a\nb \u2028 ✨ \ud800",
        inputs=(Input("image", sha256="0" * 64),),
        model=ModelRef("m", "r"),
        parameters={"scenes": [{"seconds": 1.5, "media": None}], "width": 512},
    ),
    {},
)

MESSAGES: list[Message] = [
    Make(TASK, {"image": "/a/b.png"}, "/work", 12.5),
    Cancel(),
    Stop(),
    Ready("compositor", "0.1"),
    Progressed(0.25, "frame 3\nof 12"),
    Finished(
        (MediaFile("main", "a.png", "image/png", "0" * 64, 3, width=1, height=2),), (("av", "18"),), (), ("clamped",)
    ),
    Refused("AssetError", "no", "Use a PNG.", 2, retriable=False),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_one_line_and_comes_back_the_same(message: Message) -> None:
    line = to_line(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert len(line.splitlines()) == 1
    assert json.loads(line)["schema_version"] == 1
    assert from_line(line) == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"type": "stop"}',
        b'{"schema_version": 2, "type": "stop"}',
        b'{"schema_version": 1, "type": "jump"}',
        b'{"schema_version": 1, "type": ["stop"]}',
        b'{"schema_version": 1, "type": "stop", "more": 1}',
        b'{"schema_version": 1, "type": "progress"}',
        b'{"schema_version": 1, "type": "progress", "fraction": "1"}',
        b'{"schema_version": 1, "type": "progress", "fraction": NaN}',
        b'{"schema_version": 1, "type": "made", "files": [{"role": "virus"}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        from_line(line)
