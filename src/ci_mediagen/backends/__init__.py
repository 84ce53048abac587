"""What makes tasks into files, by name. Importing this imports none of them: see `interface` for what one is."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ci_mediagen.errors import ConfigError

if TYPE_CHECKING:
    from ci_mediagen.backends.interface import Backend

BACKENDS: Mapping[str, str] = {
    "compositor": "ci_mediagen.backends.compositor.backend:CompositorBackend",
}
"""Name -> `module:Class`, whose call without arguments gives a Backend.

What its workers need the module may say: `WORKER_MEMORY_BYTES` (their limit of address space, 4 GiB if not said, 0 for none),
`WORKER_CONFINED` (False: no walls as in `worker.sandbox`; said by a backend that needs network, programs or caches), and
`WORKER_IMPORTS` (modules to import before the walls stand, so that Python may keep their compiled form).
"""


def entry_of(name: str, backends: Mapping[str, str] = BACKENDS) -> str:
    """The `module:Class` of a backend. Raises ConfigError for a name that is none: names also come from plan files."""
    try:
        return backends[name]
    except KeyError:
        close = difflib.get_close_matches(name, backends, n=1)
        raise ConfigError(
            f"no backend is called {name!r}",
            advice=f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(sorted(backends))}.",
        ) from None


def load(name: str) -> Backend:
    """The backend of that name, ready to be asked. Raises ConfigError."""
    return load_entry(entry_of(name))


def load_entry(entry: str) -> Backend:
    """The backend at `module:Class`. For `worker` and `load`: an entry never comes from a plan or configuration."""
    module, _, name = entry.partition(":")
    backend: Backend = getattr(importlib.import_module(module), name)()
    return backend
