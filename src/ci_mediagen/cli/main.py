"""The command `ci-mediagen`: which subcommands there are, and how every failure ends. The only place that exits."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from ci_mediagen import __version__
from ci_mediagen.errors import BUG, SIGINT_EXIT, SIGTERM_EXIT, MediagenError, Terminated, UsageError

COMMANDS = {
    "run": "Make, publish and announce media for what happened.",
    "plan": "Decide everything and make nothing.",
    "init": "Write mediagen.yml and a workflow for this repository.",
    "doctor": "Check everything that a run needs, each finding with its fix.",
    "templates": "List, show and test templates.",
    "config": "Show the configuration and where each value comes from.",
}
"""Help of each subcommand. It stands here so that `--help` imports none of them."""


GIT_OVERRIDES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
"""git sets these for hooks and `rebase --exec`. They win over the folder that git is asked about: without them `--repo` and
the current folder say which repository it is."""


class _LazyGroup(click.Group):
    """Imports `ci_mediagen.cli.<name>` only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ci_mediagen.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from ci_mediagen.text.suggest import did_you_mean

            raise click.UsageError(f"there is no command {args[0]!r}{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done or nothing to do, 2 usage, 3 partial, 4 nothing could be made, 5 a gate refused, "
    "6 deadline or spending cap, 7 credentials, 8 publishing failed, 75 run again, 1 a bug of ours.",
)
@click.version_option(__version__, "-V", "--version", prog_name="ci-mediagen", message="%(prog)s %(version)s")
def cli() -> None:
    """Turn a merged change or a release into promo pictures and videos.

    In a repository, `ci-mediagen run` makes media of the last change and leaves them in mediagen-out/.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point of the console script: runs a command and exits with a code of `errors`."""
    signal.signal(signal.SIGTERM, _terminate)
    for name in GIT_OVERRIDES:
        os.environ.pop(name, None)
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # who started us closed it: nobody listens, which is no error
            setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that cannot show a character shows its number
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(exit_code(arguments))


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; every way in which it may end becomes one exit code and one message on stderr."""
    try:
        result = cli.main(args=arguments, prog_name="ci-mediagen", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return UsageError.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        _say("Interrupted. What was made is stored: run again to finish.")
        # click turns every KeyboardInterrupt into an Abort.
        return SIGTERM_EXIT if isinstance(error, Terminated) or isinstance(error.__cause__, Terminated) else SIGINT_EXIT
    except MediagenError as error:
        _say(f"Error: {error}")
        return error.exit_code
    except Exception:
        _say(traceback.format_exc())
        _say(f"This is a bug of ci-mediagen {__version__}. Please report it with the lines above.")
        return BUG
    return result if isinstance(result, int) else 0


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _say(text: str) -> None:
    """Untrusted text may be in any message: it is redacted and encoded for the log that it goes to."""
    from ci_mediagen.cli.screen import say

    say(text)


if __name__ == "__main__":
    main()
