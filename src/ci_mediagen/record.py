"""What one run did, written down as it happens: the manifest is written whatever ends the run."""

from __future__ import annotations

import contextlib
import errno
import json
import platform
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ci_mediagen import __version__
from ci_mediagen.errors import MediagenError, NothingMadeError, OutputError, PartialError, UnavailableError, worst
from ci_mediagen.model.codec import encode
from ci_mediagen.model.link import Link
from ci_mediagen.model.manifest import Manifest, RunOutcome, Told
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused, Unknown
from ci_mediagen.model.plan import Plan
from ci_mediagen.model.progress import Progress

MANIFEST_NAME = "manifest.json"

_TELLING = frozenset({5, 6, 7, 75})
"""Exit codes of a failed task that say more than `some failed` or `all failed`."""


@dataclass(slots=True)
class Record:
    """Filled in arrow by arrow by the pipeline."""

    plan: Plan | None = None
    outcomes: tuple[Outcome, ...] = ()
    links: tuple[Link, ...] = ()
    told: tuple[Told, ...] = ()
    warnings: list[str] = field(default_factory=list)
    errors: list[MediagenError] = field(default_factory=list)
    nothing: str = ""
    """Why there was nothing to do."""
    interrupted: bool = False
    timings: dict[str, float] = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _clock: float = field(default_factory=time.monotonic)

    def warn(self, progress: Progress, text: str) -> None:
        """Told at once, and kept for the manifest; the same words only once."""
        if text not in self.warnings:
            self.warnings.append(text)
            progress.warn(text)

    def failed_by(self, progress: Progress, error: MediagenError) -> None:
        """Told at once, the same words only once; it decides the outcome and the exit code."""
        if str(error) not in map(str, self.errors):
            self.errors.append(error)
            progress.warn(str(error))

    @contextmanager
    def timed(self, arrow: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.timings[arrow] = round(time.monotonic() - begun, 3)

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._clock, 3)

    @property
    def made(self) -> tuple[Generated | Reused, ...]:
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Generated | Reused))

    @property
    def failed(self) -> tuple[Failed | Unknown, ...]:
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Failed | Unknown))

    @property
    def outcome(self) -> RunOutcome:
        if self.nothing:
            return "nothing"
        if not self.failed and not self.errors and not self.interrupted:
            return "ok"
        return "partial" if self.made else "failed"

    @property
    def exit_code(self) -> int:
        """Of the errors met and the tasks that failed, the one that the published order puts first."""
        codes = {error.exit_code for error in self.errors}
        codes |= {task_code for task_code in map(_telling, self.failed) if task_code}
        if self.failed and self.made:
            codes.add(PartialError.exit_code)
        elif any(not _telling(outcome) for outcome in self.failed):
            codes.add(NothingMadeError.exit_code)
        return worst(codes)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the run ended as it did, most telling first."""
        errors = [error.message for error in self.errors]
        failed = [f"{outcome.task}: {outcome.reason}" for outcome in self.failed]
        interrupted = ["interrupted before everything was made: run again to finish"] if self.interrupted else []
        why = [self.nothing] if self.nothing else []
        planned = []
        if self.plan:
            planned = [f"template {self.plan.template.name}: {self.plan.template.reason}"] if self.plan.template else []
            significance = self.plan.change.significance
            planned += list(significance.reasons) if significance and not self.nothing else []
        return tuple(dict.fromkeys([*interrupted, *errors, *failed, *why, *planned]))

    def manifest(self) -> Manifest:
        plan = self.plan
        versions = {"ci-mediagen": __version__, "python": platform.python_version()}
        for outcome in self.made:
            versions.update(outcome.artifact.versions)
        return Manifest(
            version=__version__,
            outcome=self.outcome,
            reasons=self.reasons,
            started_at=self.started.isoformat(timespec="seconds"),
            seconds=self.seconds,
            change=plan.change if plan else None,
            template=plan.template if plan else None,
            brand=plan.brand if plan else None,
            assets=plan.assets if plan else (),
            tasks=plan.tasks if plan else (),
            outcomes=(*self.outcomes, *(plan.skipped if plan else ())),
            links=tuple(_without_secret(link) for link in self.links),
            announce=plan.announce if plan else None,
            told=self.told,
            warnings=tuple(self.warnings),
            timings=dict(self.timings),
            versions=versions,
        )

    def write(self, folder: Path) -> Path:
        """Writes `manifest.json` into the folder, all of it or none. Raises OutputError, UnavailableError (the disk is full)."""
        path = folder / MANIFEST_NAME
        if folder.is_symlink():
            # A link that came with the repository could lead anywhere.
            raise OutputError(
                f"{folder} is a symbolic link",
                advice="Name the folder that it points to with --output, or remove the link.",
            )
        text = json.dumps(encode(self.manifest()), indent=2, ensure_ascii=False)
        temporary = folder / f".{MANIFEST_NAME}.{secrets.token_hex(4)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("x", encoding="utf-8", errors="replace") as file:
                file.write(f"{text}\n")
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise (UnavailableError if full else OutputError)(
                f"{path} cannot be written: {error.strerror}",
                advice="Choose another folder with --output, or make room there.",
            ) from error
        return path


def _telling(outcome: Failed | Unknown) -> int | None:
    return outcome.exit_code if isinstance(outcome, Failed) and outcome.exit_code in _TELLING else None


def _without_secret(link: Link) -> Link:
    return replace(link, url=link.shown)
