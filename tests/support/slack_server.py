"""A server on loopback that speaks Slack's wire protocol for the calls that slack-sdk makes, and refuses what Slack refuses.

    with SlackServer() as slack:
        slack.fail("chat.postMessage", RateLimited(retry_after=1), Dropped(after=True))
        Slack(slack.token, "#releases", base_url=slack.url).announce(...)
        assert slack.messages[0].blocks ...

Faults are used up in order, one a call. A call without a fault is answered as Slack would: by what it is given and by what it
holds (uploads, messages, channels).
"""

from __future__ import annotations

import itertools
import json
import re
import socket
import struct
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.slack_blocks import faults, text_objects
from tests.support.slack_faults import Dropped, Fault, Garbled, RateLimited, Refused, Slow, Status

MENTION = re.compile(r"<(?:!|@|#)")
LINK = re.compile(r"<(?!https?://)[^>]*>")
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")


@dataclass
class Call:
    method: str
    """`chat.postMessage`; `upload` for a file's bytes, `webhook` for an incoming webhook."""
    arguments: dict[str, Any]
    headers: dict[str, str]
    body: bytes
    answered: str = ""
    """What it was answered: `ok`, an error word, or the fault."""


@dataclass
class File:
    id: str
    name: str
    length: int
    alt: str
    data: bytes = b""
    complete: bool = False
    unready: int = 0
    """How many more messages that show it are refused: Slack has not looked at it yet."""
    shared: list[tuple[str, str | None]] = field(default_factory=list)
    """(channel, thread) where it was shared as a file."""
    deleted: bool = False


@dataclass
class Message:
    channel: str
    ts: str
    thread_ts: str | None
    text: str
    blocks: list[dict[str, Any]]
    arguments: dict[str, Any]


class SlackServer:
    """One workspace with one bot. Use as a context manager."""

    def __init__(self, *, unready: int = 0, scopes: str = "chat:write,files:write") -> None:
        """`unready`: how many messages that show a new upload are refused at first."""
        self.token = "xoxb-1111-2222-abcdefSECRET"
        self.webhook_path = "/services/T00000001/B00000001/hookSECRETabcdef"
        self.scopes = scopes
        self.unready = unready
        self.channels = {"#releases": "C00000001", "C00000001": "C00000001", "#alerts": "C00000002"}
        self.not_joined = {"#elsewhere"}
        self.refuse_pictures = False
        """Uploads are never usable in blocks, as if Slack could not read them."""
        self.refuse_links = False
        """No `image_url` can be fetched."""
        self.refuse_blocks = False
        self.calls: list[Call] = []
        self.files: dict[str, File] = {}
        self.messages: list[Message] = []
        self.webhook_messages: list[dict[str, Any]] = []
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._number = itertools.count(1)
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def __enter__(self) -> SlackServer:
        server = self

        class Handler(_Handler):
            slack = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/api/"

    @property
    def webhook_url(self) -> str:
        return self.origin + self.webhook_path

    def fail(self, method: str, *what: Fault) -> None:
        """The next calls of this method meet these faults, in order."""
        self._faults[method] += what

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    @property
    def pings(self) -> list[str]:
        """Texts of messages in which Slack would see a mention, a channel, or a link that is none of ours."""
        everything = [(message.text, message.blocks, message.arguments) for message in self.messages]
        everything += [(sent.get("text", ""), sent.get("blocks", []), sent) for sent in self.webhook_messages]
        found = []
        for text, blocks, arguments in everything:
            read = [text, *(found["text"] for found in text_objects(blocks))]
            found += [one for one in read if MENTION.search(one) or LINK.search(one)]
            loose = arguments.get("link_names") in (True, 1, "1") or arguments.get("parse") == "full"
            found += [one for one in read if loose and re.search(r"@(?:channel|here|everyone)", one)]
        return found

    # What Slack does with a call. Each gives the answer, or the word it refuses with.

    def answer(self, call: Call) -> dict[str, Any]:
        granted = {"auth.test", "files.delete"}
        if call.headers.get("authorization") is None:
            return _no("not_authed")
        if call.headers["authorization"] != f"Bearer {self.token}":
            return _no("invalid_auth")
        scope = {"chat": "chat:write", "files": "files:write"}.get(call.method.partition(".")[0])
        if call.method not in granted and scope and scope not in self.scopes.split(","):
            return _no("missing_scope", needed=scope, provided=self.scopes)
        known = {
            "auth.test": self._auth_test,
            "files.getUploadURLExternal": self._get_upload_url,
            "files.completeUploadExternal": self._complete_upload,
            "files.delete": self._delete,
            "chat.postMessage": self._post,
        }
        return known[call.method](call.arguments) if call.method in known else _no("unknown_method")

    def _auth_test(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "user": "mediagen", "user_id": "U00000001", "team": "Aurora <Labs>", "team_id": "T00000001"}

    def _get_upload_url(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name, length = arguments.get("filename"), str(arguments.get("length", ""))
        if not name or not length.isdigit() or int(length) == 0 or len(arguments.get("alt_txt", "")) > 1000:
            return _no("invalid_arguments")
        identity = f"F{next(self._number):09d}"
        self.files[identity] = File(identity, name, int(length), arguments.get("alt_txt", ""))
        return {"ok": True, "upload_url": f"{self.origin}/upload/v1/{identity}", "file_id": identity}

    def _complete_upload(self, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            wanted = json.loads(arguments.get("files", ""))
            files = [self.files[item["id"]] for item in wanted]
        except (ValueError, KeyError, TypeError):
            return _no("invalid_arguments")
        if any(len(file.data) != file.length for file in files):
            return _no("file_update_failed")
        channel = arguments.get("channel_id")
        if channel is not None and channel not in self.channels.values():
            return _no("channel_not_found")
        for file in files:
            file.complete = True
            file.unready = self.unready
            if channel is not None:
                file.shared.append((channel, arguments.get("thread_ts")))
        return {"ok": True, "files": [{"id": file.id, "title": file.name, "mimetype": ""} for file in files]}

    def _delete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        file = self.files.get(arguments.get("file", ""))
        if file is None or file.deleted:
            return _no("file_not_found")
        file.deleted = True
        return {"ok": True}

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = arguments.get("channel", "")
        if channel in self.not_joined:
            return _no("not_in_channel")
        if channel not in self.channels:
            return _no("channel_not_found")
        thread = arguments.get("thread_ts")
        if thread is not None and thread not in [message.ts for message in self.messages]:
            return _no("thread_not_found")
        text, blocks = arguments.get("text", ""), arguments.get("blocks", [])
        if not text and not blocks:
            return _no("no_text")
        if len(text) > 40_000:
            return _no("msg_too_long")
        wrong = self._block_faults(blocks)
        if wrong:
            metadata = {"messages": [f"[ERROR] {fault}" for fault in wrong]}
            return _no("invalid_blocks", errors=wrong, response_metadata=metadata)
        ts = f"1795000000.{next(self._number):06d}"
        self.messages.append(Message(self.channels[channel], ts, thread, text, blocks, arguments))
        return {"ok": True, "channel": self.channels[channel], "ts": ts, "message": {"text": text}}

    def _block_faults(self, blocks: Any) -> list[str]:
        wrong = faults(blocks, self._usable)
        if blocks and self.refuse_blocks:
            wrong.append("unsupported surface [json-pointer:/blocks/0]")
        if self.refuse_links and any("image_url" in block for block in blocks):
            wrong.append("downloading image failed [json-pointer:/blocks/1/image_url]")
        return wrong

    def _usable(self, identity: str) -> bool:
        file = self.files.get(identity)
        if file is None or not file.complete or file.deleted or self.refuse_pictures:
            return False
        if file.unready > 0:
            file.unready -= 1
            return False
        return file.data.startswith(PICTURES)

    def upload(self, call: Call, identity: str) -> tuple[int, str]:
        file = self.files.get(identity)
        if file is None or "authorization" in call.headers:
            return 403, "refused"
        file.data = call.body
        return 200, f"OK - {len(call.body)}"

    def webhook(self, call: Call, path: str) -> tuple[int, str]:
        if path != self.webhook_path:
            return 404, "no_service"
        if not isinstance(call.arguments, dict) or not (call.arguments.get("text") or call.arguments.get("blocks")):
            return 400, "invalid_payload"
        if self._block_faults(call.arguments.get("blocks", [])):
            return 400, "invalid_blocks"
        self.webhook_messages.append(call.arguments)
        return 200, "ok"

    def next_fault(self, method: str) -> Fault | None:
        with self._lock:
            waiting = self._faults[method]
            return waiting.pop(0) if waiting else None

    def wait_closed(self) -> None:
        self._closing.wait(30)


class _Handler(BaseHTTPRequestHandler):
    slack: SlackServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        self.send_error(405)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        method, kind = _method(path), self.headers.get("Content-Type", "")
        # urllib says of an upload's bytes that they are a form.
        arguments = {} if method == "upload" else _arguments(kind, body)
        call = Call(method, arguments, _lowered(self.headers), body)
        self.slack.calls.append(call)
        fault = self.slack.next_fault(call.method)
        call.answered = type(fault).__name__ if fault else ""
        match fault:
            case Refused(error, more):
                self._json(200, _no(error, **more))
            case RateLimited(seconds):
                self._json(429, _no("ratelimited"), {"Retry-After": str(seconds)})
            case Status(code, text, after):
                if after:
                    self._act(call, path)
                self._text(code, text)
            case Dropped(after):
                if after:
                    self._act(call, path)
                self._reset()
            case Slow():
                self._act(call, path)
                self.slack.wait_closed()
                self._reset()
            case Garbled(text):
                self._act(call, path)
                self._text(200, text)
            case None:
                self._answer(call, path)

    def _answer(self, call: Call, path: str) -> None:
        answer = self._act(call, path)
        if isinstance(answer, dict):
            call.answered = "ok" if answer["ok"] else answer["error"]
            self._json(200, answer, {"x-oauth-scopes": self.slack.scopes})
        else:
            call.answered = answer[1]
            self._text(*answer)

    def _act(self, call: Call, path: str) -> dict[str, Any] | tuple[int, str]:
        if call.method == "upload":
            return self.slack.upload(call, path.rpartition("/")[2])
        if call.method == "webhook":
            return self.slack.webhook(call, path)
        return self.slack.answer(call)

    def _json(self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, "application/json; charset=utf-8", json.dumps(answer).encode(), headers or {})

    def _text(self, status: int, text: str) -> None:
        self._send(status, "text/plain", text.encode(), {})

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _method(path: str) -> str:
    if path.startswith("/upload/"):
        return "upload"
    return "webhook" if path.startswith("/services/") else path.removeprefix("/api/")


def _arguments(kind: str, body: bytes) -> dict[str, Any]:
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    if kind.startswith("application/json"):
        return json.loads(body or b"{}")
    return {}


def _lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _no(error: str, **more: Any) -> dict[str, Any]:
    return {"ok": False, "error": error, **more}
