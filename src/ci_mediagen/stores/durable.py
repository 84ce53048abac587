"""What a folder needs to survive a crash: locks that die with their holder, writes that are whole or absent."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ci_mediagen.errors import StoreUnavailable

LOCK_POLL_SECONDS = (0.01, 0.25)
"""How soon a held lock is tried again: first, and at most."""


@contextlib.contextmanager
def told(what: str, root: Path) -> Iterator[None]:
    """Turns an OSError into StoreUnavailable that says what could not be done, why, and what to do about it."""
    try:
        yield
    except OSError as error:
        raise unavailable(what, root, error) from error


def unavailable(what: str, root: Path, error: OSError) -> StoreUnavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreUnavailable(
            f"cannot {what}: the disk is full",
            advice=f"Free some space on the disk that holds {root}, or set CI_MEDIAGEN_CACHE to a folder on a larger "
            "one, then run again: what is stored already is kept.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why = "the file system is read-only" if error.errno == errno.EROFS else "permission denied"
        return StoreUnavailable(
            f"cannot {what}: {why} ({error.filename or root})",
            advice=f"Let the user that runs this read and write {root}, or set CI_MEDIAGEN_CACHE to a folder that it may "
            "write.",
        )
    if error.errno in (errno.ENOLCK, errno.ENOTSUP):
        return StoreUnavailable(
            f"cannot {what}: the file system of {root} has no file locks",
            advice="Set CI_MEDIAGEN_CACHE to a folder on a local disk.",
        )
    return StoreUnavailable(
        f"cannot {what}: {error.strerror or error} ({error.filename or root})",
        advice=f"Look at {root}, or set CI_MEDIAGEN_CACHE to another folder, then run again.",
    )


def try_lock(path: Path) -> int | None:
    """A descriptor that holds the lock at `path`, or None while another holds it. `unlock` lets it go.

    The lock is the kernel's (`flock`): it ends with its holder however that ends, and works between containers that share
    a folder but not their process numbers.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(descriptor, path):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its last holder removed the file while we waited: the lock is on nothing


def lock(path: Path, timeout: float) -> int | None:
    """Like `try_lock`, trying again for up to `timeout` seconds."""
    end = time.monotonic() + timeout
    wait, longest = LOCK_POLL_SECONDS
    while (descriptor := try_lock(path)) is None:
        left = end - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(left, wait))
        wait = min(wait * 2, longest)
    return descriptor


def unlock(descriptor: int, path: Path, *, remove: bool) -> None:
    if remove:
        with contextlib.suppress(OSError):
            path.unlink()
    os.close(descriptor)


def write_whole(path: Path, data: bytes) -> None:
    """Writes a small file so that, after a crash, it holds all of the old or all of the new bytes. For one writer at a time:
    what a killed one left is overwritten by the next."""
    temporary = path.with_name(f"{path.name}.new")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems sync no folders
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """An empty folder under `root`, removed at the end; those that killed processes left behind are removed now.

    A lock beside each folder tells the living from the dead. Raises OSError.
    """
    root.mkdir(parents=True, exist_ok=True)
    remove_abandoned(root)
    while True:
        folder = root / os.urandom(8).hex()
        lock_path = folder.with_suffix(".lock")
        descriptor = try_lock(lock_path)
        if descriptor is not None:
            break
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        unlock(descriptor, lock_path, remove=True)


def remove_abandoned(root: Path) -> None:
    """Removes the scratch folders whose makers are dead. What cannot be removed stays: it is only untidy."""
    with contextlib.suppress(OSError):
        for lock_path in root.glob("*.lock"):
            with contextlib.suppress(OSError):
                descriptor = try_lock(lock_path)
                if descriptor is not None:
                    shutil.rmtree(lock_path.with_suffix(""), ignore_errors=True)
                    unlock(descriptor, lock_path, remove=True)


def _is_still(descriptor: int, path: Path) -> bool:
    held = os.fstat(descriptor)
    try:
        named = path.lstat()
    except FileNotFoundError:
        return False
    return (held.st_ino, held.st_dev) == (named.st_ino, named.st_dev)
