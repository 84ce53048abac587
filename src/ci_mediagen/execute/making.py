"""One task, from its claim to its artifact in the store. Runs in a runner's thread."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci_mediagen.errors import LimitError, MediagenError, NothingMadeError, PlanError, StoreUnavailable
from ci_mediagen.execute.engine import Busy, without_folders
from ci_mediagen.execute.interface import Locate
from ci_mediagen.execute.process import WorkerDied
from ci_mediagen.execute.supervisor import RetriableError, Supervisor
from ci_mediagen.model.media import Artifact, MediaFile
from ci_mediagen.model.messages import Finished
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused
from ci_mediagen.model.progress import Progress
from ci_mediagen.model.task import Task
from ci_mediagen.stores import durable
from ci_mediagen.stores.interface import Claim, Ledger, Store, is_file_name

MAX_TRIES = 2
"""How often a task may kill its worker, or end in a way that trying again may mend, before it has failed."""


@dataclass(frozen=True, slots=True)
class Making:
    """Makes tasks by one supervisor's worker."""

    store: Store
    ledger: Ledger
    locate: Locate
    progress: Progress
    folder: Path
    """Where the tasks' folders go; the worker may write here."""

    def attempt(
        self,
        task: Task,
        needs: Mapping[str, Artifact],
        supervisor: Callable[[], Supervisor],
        deadline: float,
    ) -> Outcome | Busy:
        """How the task ended. `needs` gives the artifact of each task it depends on; `deadline` is a `time.monotonic()`
        instant. Raises Aborted; whatever else leaves is a bug of ours."""
        tries = [0]
        try:
            stored = self.store.get(task.key)
            if stored is not None:
                return Reused(task.id, task.key, stored)
            with self.ledger.claim(task.key, timeout=0) as claim:
                if claim is None:
                    return Busy(task.id)
                stored = self.store.get(task.key)  # another may have finished it just before
                if stored is not None:
                    _succeeded(claim)
                    return Reused(task.id, task.key, stored)
                artifact = self._make(task, self._inputs(task, needs), supervisor(), deadline, tries)
                _succeeded(claim)
                return Generated(task.id, task.key, artifact)
        except WorkerDied as death:
            return self._failed(task, NothingMadeError(f"{death} ({tries[0]} times)"), tries[0])
        except RetriableError as refused:
            return self._failed(task, refused.error, tries[0])
        except MediagenError as error:
            return self._failed(task, error, tries[0])

    def _make(
        self, task: Task, inputs: Mapping[str, Path], supervisor: Supervisor, deadline: float, tries: list[int]
    ) -> Artifact:
        while True:
            tries[0] += 1
            try:
                return self._make_once(task, inputs, supervisor, deadline)
            except (WorkerDied, RetriableError) as error:
                if tries[0] >= MAX_TRIES:
                    raise
                if time.monotonic() >= deadline:
                    raise LimitError(f"no time was left to try again after: {error}") from error
                self.progress.note(f"{task.id}: trying again, since {error}")

    def _make_once(self, task: Task, inputs: Mapping[str, Path], supervisor: Supervisor, deadline: float) -> Artifact:
        folder = self.folder / f"task-{os.urandom(4).hex()}"
        with durable.told("make a folder to work in", self.folder):
            folder.mkdir()
        try:
            started = time.monotonic()
            finished = supervisor.make(
                task,
                inputs,
                folder,
                deadline=deadline,
                progress=lambda fraction, text: self.progress.task_progress(task.id, fraction, text),
            )
            seconds = time.monotonic() - started
            verify(folder, finished.files)
            return self.store.put(_artifact(task, finished, seconds), folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _inputs(self, task: Task, needs: Mapping[str, Artifact]) -> dict[str, Path]:
        paths = {}
        for item in task.inputs:
            if item.task is None:
                paths[item.name] = self.locate(item)
                continue
            artifact = needs[item.task]
            media = artifact.file(item.role)
            if media is None:
                raise PlanError(
                    f"input {item.name!r} is the {item.role} of {item.task}, which has none",
                    advice=f"{item.task} has: {', '.join(media.role for media in artifact.files)}.",
                )
            paths[item.name] = self.store.path(artifact.key, media.name)
        return paths

    def _failed(self, task: Task, error: MediagenError, tries: int) -> Failed:
        """The outcome for the manifest, which holds no absolute path; the advice, which may, for the person who watches."""
        if error.advice:
            self.progress.warn(f"{task.id}: {error.message}. {error.advice}")
        return Failed(task.id, task.key, without_folders(error.message), error.exit_code, attempts=max(tries, 1))


def verify(folder: Path, files: tuple[MediaFile, ...]) -> None:
    """Checks that the worker's files are what it says, and lie in its folder. It may have been taken over.

    Raises MediagenError: a bug of the backend.
    """
    names = [media.name for media in files]
    roles = [media.role for media in files]
    if len(set(names)) < len(names) or len(set(roles)) < len(roles) or "main" not in roles:
        raise MediagenError(f"the backend gave no main file, or a name or role twice: {', '.join(names) or 'nothing'}")
    for media in files:
        if not is_file_name(media.name):
            raise MediagenError(f"the backend gave a file a name that is not allowed: {media.name[:100]!r}")
        try:
            descriptor = os.open(folder / media.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise MediagenError(f"the backend did not write {media.name}: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size != media.bytes or status.st_size == 0:
                raise MediagenError(f"{media.name} has {status.st_size} bytes, the backend said {media.bytes}")
            if hashlib.file_digest(file, "sha256").hexdigest() != media.sha256:
                raise MediagenError(f"the bytes of {media.name} are not those that the backend said it wrote")


def _succeeded(claim: Claim) -> None:
    """The artifact is safe: a ledger that cannot be written now is no reason to say otherwise."""
    with contextlib.suppress(StoreUnavailable):
        claim.succeeded()


def _artifact(task: Task, finished: Finished, seconds: float) -> Artifact:
    return Artifact(task.key, finished.files, round(seconds, 3), finished.degrades, finished.versions, finished.notes)
