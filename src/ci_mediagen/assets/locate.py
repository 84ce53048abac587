"""The files behind a plan's inputs, checked to be those that were planned with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ci_mediagen.assets.files import RefusedFile, open_regular, real_path, sha256, shown
from ci_mediagen.errors import AssetError, PlanError
from ci_mediagen.model.task import Input
from ci_mediagen.model.template import PACKAGE

_SHOWN_DIGITS = 12
"""Of a hash, in messages."""


def locator(repo: Path, package: Path | None = None) -> Callable[[Input], Path]:
    """Gives a readable file for each input that is a file (`execute.interface.Locate`).

    `package` is the folder that `package:` paths are relative to; ours where it is not given. The function raises AssetError
    where the file is gone, lies outside, or its bytes are not those that the plan names.
    """
    package = package or _our_package()

    def locate(wanted: Input) -> Path:
        if wanted.path is None:
            raise PlanError(
                f"the input {wanted.name} names neither a file nor a task",
                advice="Make the plan again with `ci-mediagen plan --json`.",
            )
        path, found = _read(repo, package, wanted.path)
        if found != wanted.sha256:
            raise AssetError(
                f"{shown(wanted.path)} has changed since the plan: {(wanted.sha256 or 'no hash')[:_SHOWN_DIGITS]} then, "
                f"{found[:_SHOWN_DIGITS]} now",
                advice="Plan again, or restore the file.",
            )
        return path

    return locate


def digest(repo: Path, package: Path | None = None) -> Callable[[str], str]:
    """Gives the SHA-256 of a file, by its path as in an Input. The function raises AssetError."""
    package = package or _our_package()
    return lambda path: _read(repo, package, path)[1]


def _read(repo: Path, package: Path, path: str) -> tuple[Path, str]:
    is_package = path.startswith(PACKAGE)
    try:
        real = real_path(package, path.removeprefix(PACKAGE)) if is_package else real_path(repo, path)
        with open_regular(real) as file:
            return real, sha256(file)
    except RefusedFile as error:
        raise AssetError(
            f"{shown(path)} {error}",
            advice="Install ci-mediagen again." if is_package else "Restore it in the repository, or plan again.",
        ) from None
    except OSError as error:
        raise AssetError(f"{shown(path)} cannot be read ({error.strerror})", advice="Run again.") from error


def _our_package() -> Path:
    import ci_mediagen

    return Path(ci_mediagen.__file__).parent
