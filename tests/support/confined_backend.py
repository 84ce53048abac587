"""The fake backend behind a worker's walls: see `worker.sandbox`."""

from __future__ import annotations

from tests.support.fake_backend import FakeBackend

ENTRY = "tests.support.confined_backend:ConfinedBackend"


class ConfinedBackend(FakeBackend):
    name = "confined"
