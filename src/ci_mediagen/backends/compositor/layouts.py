"""Layouts: Jinja over HTML and CSS, from the files that are the task's inputs and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ci_mediagen.errors import TemplateError
from ci_mediagen.text.suggest import did_you_mean

INPUT_PREFIX = "layout:"
MAX_SOURCE_BYTES = 500_000
MAX_PAGE_CHARACTERS = 2_000_000

_STYLE = re.compile(r"<style[^>]*>(.*?)</style\s*>", re.DOTALL | re.IGNORECASE)


class _Missing(jinja2.StrictUndefined):
    """May be asked for (`{% if text.subtitle %}`), and not drawn: a name that is mistyped would draw nothing."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


class Layouts:
    """The layouts of one task, by name."""

    def __init__(self, inputs: Mapping[str, Path]) -> None:
        """`inputs`: the task's, of which those named `layout:NAME` are taken. Raises TemplateError."""
        self._sources = {
            name.removeprefix(INPUT_PREFIX): _read(name.removeprefix(INPUT_PREFIX), path)
            for name, path in inputs.items()
            if name.startswith(INPUT_PREFIX)
        }
        self._environment = ImmutableSandboxedEnvironment(
            loader=jinja2.FunctionLoader(self._load),
            autoescape=True,
            undefined=_Missing,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, name: str, context: Mapping[str, Any]) -> tuple[str, str]:
        """(HTML, CSS): the page's `<style>` elements are taken out of it. Raises TemplateError naming file and line."""
        try:
            page = self._environment.get_template(name).render(context)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(f"layout {error.name or name}, line {error.lineno}: {error.message}") from error
        except jinja2.TemplateNotFound as error:
            raise TemplateError(
                f"layout {name} wants {error.name!r}, which is not among the template's files"
                f"{did_you_mean(str(error.name), self._sources)}",
            ) from error
        except SecurityError as error:
            raise TemplateError(f"layout {self._place(name, error)}: not allowed here: {error}") from error
        except jinja2.UndefinedError as error:
            raise TemplateError(
                f"layout {self._place(name, error)}: {error.message}",
                advice=f"A layout knows: {', '.join(sorted(context))}. See docs/template-authors.md.",
            ) from error
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
            raise TemplateError(f"layout {self._place(name, error)}: {error}") from error
        if len(page) > MAX_PAGE_CHARACTERS:
            raise TemplateError(f"layout {name} gives a page of {len(page):,} characters")
        return _STYLE.sub("", page), "\n".join(_STYLE.findall(page))

    def _load(self, name: str) -> tuple[str, str, None] | None:
        # The name stands where a file's path would, so that tracebacks say which layout a line belongs to.
        return (self._sources[name], name, None) if name in self._sources else None

    def _place(self, name: str, error: BaseException) -> str:
        """File and line of the layout where an exception came from."""
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self._sources:
                name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        return f"{name}, line {line}" if line else name


def _read(name: str, path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TemplateError(f"layout {name} cannot be read: {error.strerror}") from error
    if len(data) > MAX_SOURCE_BYTES:
        raise TemplateError(f"layout {name} is too large ({len(data):,} bytes; at most {MAX_SOURCE_BYTES:,})")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TemplateError(f"layout {name} is not UTF-8 text (byte {error.start})") from error
