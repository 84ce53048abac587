"""What a worker is told of the environment: enough to run, and no secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_NAMES = frozenset({"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "CI_MEDIAGEN_CACHE"})
_PREFIXES = ("LC_", "PYTHON", "CUDA", "NVIDIA_", "HF_", "OMP_", "XDG_")
_SECRET_WORDS = ("TOKEN", "SECRET", "PASSWORD", "KEY", "CREDENTIAL")
"""`HF_TOKEN` begins as the harmless ones do."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_ARENAS = "2"
"""Heaps of glibc's allocator: each thread's own would reserve 64 MiB of the worker's limited address space."""


def worker_environment(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of a worker whose own folder is `folder`: a selection of `environ`, and what keeps it tidy.

    Libraries for linear algebra are held to one thread unless `environ` says otherwise: there is a worker a core.
    """
    kept = {name: value for name, value in environ.items() if _is_harmless(name)}
    if "PYTHONPATH" in kept:  # a worker's current folder is another
        kept["PYTHONPATH"] = os.pathsep.join(
            str(Path(entry).absolute()) for entry in kept["PYTHONPATH"].split(os.pathsep) if entry
        )
    return {
        **dict.fromkeys(_THREADS, "1"),
        "MALLOC_ARENA_MAX": _ARENAS,
        **kept,
        "TMPDIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def _is_harmless(name: str) -> bool:
    if any(word in name.upper() for word in _SECRET_WORDS):
        return False
    return name in _NAMES or name.startswith(_PREFIXES)


def cores() -> int:
    """Processor cores that this process may use, with a container's limit (cgroup v2) taken into account."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        count = min(count, max(1, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no such file, or `max`
        pass
    return count
