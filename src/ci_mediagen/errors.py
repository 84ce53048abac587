"""Every way to fail: one class for each thing that a person can do about it, each with its exit code.

    MediagenError
    ├── UsageError            2   what was asked for cannot be understood
    │   ├── ConfigError       2   mediagen.yml, CI_MEDIAGEN_*, a flag
    │   ├── TemplateError     2   a template.yml, a layout, Jinja
    │   ├── EventError        2   an event payload
    │   ├── RepositoryError   2   no git repository, a range that does not exist
    │   ├── AssetError        2   a picture that is missing, broken, too large or outside of the repository
    │   ├── PlanError         2   a plan file that is not what it says, or whose assets have changed
    │   └── OutputError       2   a folder that cannot be written
    ├── PartialError          3   some tasks failed, the rest stands
    ├── NothingMadeError      4   every task failed
    ├── GateError             5   quality, licence, safety or approval said no
    ├── LimitError            6   a deadline or a spending cap was reached
    ├── CredentialsError      7   a secret is missing, wrong or not allowed to do this
    ├── PublishError          8   publishing failed for good
    └── UnavailableError     75   interrupted, or something is down or full: run again
        ├── StoreUnavailable 75
        └── ServiceError     75

A message says what happened, where (file, line, key), and why; `advice` says what to do next. Library errors stop at the
seam: boto3, slack-sdk, GitPython, PIL and pydantic exceptions leave a room only as one of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

OK = 0
BUG = 1
SIGINT_EXIT = 130
SIGTERM_EXIT = 143

_HIGHEST_FIRST = (SIGINT_EXIT, SIGTERM_EXIT, BUG, 2, 7, 6, 5, 4, 8, 75, 3)
"""When several things went wrong, the first of these that happened is the exit code."""

FORGIVABLE = frozenset({3, 4, 5, 6, 7, 8, 75})
"""The exit codes that `on-failure: warn` turns into 0 with a warning."""


class MediagenError(Exception):
    """Root of all errors that are told to a person. Raise one of the subclasses."""

    exit_code: ClassVar[int] = BUG

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n  {self.advice}" if self.advice else self.message


class UsageError(MediagenError):
    exit_code = 2


class ConfigError(UsageError):
    """mediagen.yml, an environment variable CI_MEDIAGEN_*, or a flag is wrong."""


class TemplateError(UsageError):
    """A template or one of its layouts is wrong; the message names file, line and key."""


class EventError(UsageError):
    """An event payload cannot be read, or is of a kind that says nothing about a change."""


class RepositoryError(UsageError):
    """There is no git repository, or a revision that was asked for does not exist in it."""


class AssetError(UsageError):
    """A picture is missing, broken, too large, not a picture, or outside of the repository."""


class PlanError(UsageError):
    """A plan file is of another version, was edited into nonsense, or its assets have changed since."""


class OutputError(UsageError):
    """A folder cannot be written."""


class PartialError(MediagenError):
    """Some tasks failed; what the others made is stored and published."""

    exit_code = 3


class NothingMadeError(MediagenError):
    """Every task failed."""

    exit_code = 4


class GateError(MediagenError):
    """A gate refused: quality, licence, safety or approval."""

    exit_code = 5


class LimitError(MediagenError):
    """A deadline or a spending cap was reached."""

    exit_code = 6


class CredentialsError(MediagenError):
    """A secret is missing, wrong, expired or not allowed to do this. The message never holds the secret."""

    exit_code = 7


class PublishError(MediagenError):
    """A publisher refused for good: no such bucket, an address that is not one."""

    exit_code = 8


class UnavailableError(MediagenError):
    """Something is down, full or was interrupted. What was made is stored: run again."""

    exit_code = 75


class StoreUnavailable(UnavailableError):
    """The store cannot be read or written now: disk full, server down."""


class ServiceError(UnavailableError):
    """A service (S3, Slack, GitHub) did not answer or answered with a fault of its own."""


def worst(exit_codes: Iterable[int]) -> int:
    """The exit code that stands for several: the highest in the published order, 0 if there are none."""
    seen = set(exit_codes)
    return next((code for code in _HIGHEST_FIRST if code in seen), OK)


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised in the main thread by `cli`: whoever cleans up after Ctrl-C cleans up after this too."""
