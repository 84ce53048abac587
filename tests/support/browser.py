"""A real Chromium for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.real import require

if TYPE_CHECKING:
    from playwright.sync_api import Browser

INSTALL = "`apt-get install chromium` installs it."


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window. Skips the test where Chromium or playwright is missing."""
    require("playwright.sync_api", "`make setup` installs it.")
    program = require("chromium", INSTALL)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
