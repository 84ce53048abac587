"""Jinja for the texts of a template: prompts, captions, alternative texts. Layouts are drawn elsewhere.

A pull request may bring a template, and its variables are strangers' words; so the language is a small one in which every
step is bounded, by construction rather than by a list of known attacks:

- Nodes (`grammar`): output, if, for, set, expressions. No calls (so no methods, macros or globals), includes, imports, blocks.
- Attributes: fields of the frozen views of `view`, items of maps and lists. Nothing else has any, so there is no way to a
  class or a frame.
- Filters and tests (`environment`): a short list of pure ones.
- Size: each text of any operation is bounded before it is made (MAX_TEXT), each list too (MAX_ITEMS, and MAX_TEXT for its
  texts together); lists hold no lists.
- Time: the loops of one text turn at most MAX_TURNS times together, its filters and operators take at most MAX_STEPS, and its
  source is at most MAX_SOURCE long.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, cast

from jinja2 import UndefinedError, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.visitor import NodeTransformer

from ci_mediagen.templating.environment import MAX_TEXT, Budget, budget, caught_lists, environment
from ci_mediagen.templating.grammar import MAX_SOURCE, TextError, check, parsed

__all__ = ["MAX_SOURCE", "MAX_TEXT", "TextError", "check", "evaluate", "is_jinja", "render"]


def is_jinja(text: str) -> bool:
    return "{{" in text or "{%" in text or "{#" in text


def render(text: str, context: Mapping[str, Any]) -> str:
    """The text filled in. Raises TextError: a syntax error, a name that does not exist, a bound that was passed."""
    return _rendered(text, context) if is_jinja(text) else text


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """As `render`; but a text that is one `{{ expression }}` giving a list gives that list: `{{ text.bullets }}`."""
    if not is_jinja(text):
        return text
    if not _is_one_expression(text):
        return _rendered(text, context)
    caught: list[Any] = []
    token = caught_lists.set(caught)
    try:
        rendered = _rendered(text, context)
    finally:
        caught_lists.reset(token)
    return list(caught[0]) if caught else rendered


@functools.lru_cache(maxsize=1024)
def _is_one_expression(text: str) -> bool:
    body = parsed(text.strip()).body
    return (
        len(body) == 1
        and isinstance(body[0], nodes.Output)
        and len(body[0].nodes) == 1
        and not isinstance(body[0].nodes[0], nodes.TemplateData)
    )


def _rendered(text: str, context: Mapping[str, Any]) -> str:
    template = _compiled(text)
    token = budget.set(Budget())
    parts, length = [], 0
    try:
        for part in template.generate(context):
            length += len(part)
            if length > MAX_TEXT:
                raise SecurityError(f"it becomes longer than {MAX_TEXT:,} characters")
            parts.append(part)
    except TextError:
        raise
    except (UndefinedError, SecurityError, TemplateRuntimeError) as error:
        raise TextError(str(error), _line_of(error)) from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise TextError(f"cannot be filled in: {error}", _line_of(error)) from error
    finally:
        budget.reset(token)
    return "".join(parts)


@functools.lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    tree = _Bounds().visit(parsed(text))
    jinja = environment()
    code = jinja.compile(tree)
    return jinja.template_class.from_code(jinja, code, dict(jinja.globals))


class _Bounds(NodeTransformer):
    """Puts a bounded filter in the place of `~`, one that counts around the list of each `for`, and one that checks around
    each list that is written."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "_concat")

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_turned")
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, "_scalars")

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, "_scalars") if node.ctx == "load" else node

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:
        self.generic_visit(node)
        if node.expr2 is None:
            node.expr2 = nodes.Const("", lineno=node.lineno)
        return node


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(cast(nodes.Expr, node), name, [], [], None, None, lineno=node.lineno)


def _line_of(error: BaseException) -> int:
    """The line inside the text on which rendering stopped: Jinja rewrites tracebacks to say it."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
