"""Walls around a worker, where the kernel has them (Linux 5.13 and later, Landlock): so that a picture that takes over its
decoder can write nothing but this run's scratch folder, start no program, connect nowhere by TCP, and neither signal nor
look into other processes, whose environment may hold secrets.

Where the kernel has no Landlock the worker runs without these walls. Files that the user may read, it may read.
Numbers from `linux/landlock.h`, which never change.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System call numbers, the same on every architecture."""
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_EXECUTE = 1 << 0
_WRITE_FILE = 1 << 1
_CHANGES = sum(1 << bit for bit in (4, 5, 6, 7, 8, 9, 10, 11, 12))
"""Removing and making files, folders, links, sockets and devices."""
_REFER = 1 << 13
_TRUNCATE = 1 << 14
_TCP = 0b11
_SCOPES = 0b11
"""Abstract sockets and signals to processes outside."""

_CAPABILITY_VERSION = 0x20080522
_SEES_OTHERS = (1 << 19) | (1 << 21) | (1 << 38)
"""CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_PERFMON: root with the last may read other processes' memory past Landlock."""

WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/shm")  # noqa: S108


def enter(folder: Path) -> bool:
    """Builds the walls around this process for good; only `folder` can be written. False where there are none.

    Call it while the process has one thread: threads that exist already stay outside.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    if version < 1:
        return False
    writing = _WRITE_FILE | _CHANGES | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    attributes = struct.pack("=QQQ", writing | _EXECUTE, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)[
        : 8 if version < 4 else 16 if version < 6 else 24
    ]
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    try:
        _allow(libc, ruleset, folder, writing)
        for device in WRITABLE_DEVICES:
            with contextlib.suppress(OSError):
                _allow(libc, ruleset, Path(device), writing if Path(device).is_dir() else _file_only(writing))
        _drop_capabilities(libc)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _file_only(access: int) -> int:
    return access & (_WRITE_FILE | _TRUNCATE)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", access, descriptor)
        if libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Where root runs this. The others stay: root may need them to read the pictures."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    data = ctypes.create_string_buffer(24)
    if libc.capget(header, data) != 0:
        return
    kept = [
        word & ~((_SEES_OTHERS >> (0 if i < 3 else 32)) & 0xFFFFFFFF)
        for i, word in enumerate(struct.unpack("=6I", data.raw))
    ]
    libc.capset(header, struct.pack("=6I", *kept))
