"""Which template tells of a change, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ci_mediagen.errors import TemplateError
from ci_mediagen.model.change import Change
from ci_mediagen.model.template import PACKAGE, Condition, Template, TemplateChoice
from ci_mediagen.templating.match import matches, matches_message, matches_path
from ci_mediagen.text.suggest import did_you_mean

MOST_NAMED = 3
"""Values named in a reason; the others are counted."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds, and why in words: `type feat`, `type is fix, not feat`."""

    holds: bool
    reason: str


def select(change: Change, templates: Sequence[Template], forced: str | None = None) -> TemplateChoice:
    """The template with the highest priority whose `when` holds; of equals a project's own before a shipped one, then by
    name. One without `when` comes after all others. `forced` is the name of the one to take whatever its `when` says.

    Raises TemplateError where `forced` does not exist, or no template applies.
    """
    if forced is not None:
        found = next((template for template in templates if template.name == forced), None)
        if found is None:
            names = sorted(template.name for template in templates)
            raise TemplateError(
                f"there is no template {forced!r}{did_you_mean(forced, names)}",
                advice="`ci-mediagen templates list` shows all.",
            )
        return TemplateChoice(found, "asked for by name")
    rejected: list[tuple[str, str]] = []
    for template in sorted(templates, key=_order):
        if template.when is None:
            return TemplateChoice(template, "no other template applies", tuple(rejected))
        verdict = judge(template.when, change)
        if verdict.holds:
            return TemplateChoice(template, f"matches {verdict.reason} (priority {template.priority})", tuple(rejected))
        rejected.append((template.name, verdict.reason))
    raise TemplateError(
        "no template applies to this change", advice="Add one without `when`: it applies to all others."
    )


def judge(condition: Condition, change: Change) -> Verdict:
    """Whether the condition holds for the change. Every field that is given must hold."""
    reasons = []
    for check in _CHECKS:
        verdict = check(condition, change)
        if verdict is None:
            continue
        if not verdict.holds:
            return verdict
        reasons.append(verdict.reason)
    return Verdict(True, " and ".join(reasons) or "everything")


def _order(template: Template) -> tuple[bool, int, bool, str]:
    return (template.when is None, -template.priority, template.source.startswith(PACKAGE), template.name)


def _named(values: Sequence[str]) -> str:
    shown = ", ".join(values[:MOST_NAMED])
    return f"{shown} and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else shown


def _one_of(
    name: str,
    patterns: Sequence[str],
    values: Sequence[str | None],
    match: Callable[[str, str], bool] = matches,
) -> Verdict | None:
    """Whether one of the patterns matches one of the values."""
    if not patterns:
        return None
    given = [value for value in values if value]
    for value in given:
        if any(match(pattern, value) for pattern in patterns):
            return Verdict(True, f"{name} {value}")
    has = f"is {_named(given)}" if given else "is not known"
    return Verdict(False, f"{name} {has}, not {_named(patterns)}")


def _is(name: str, wanted: bool | None, actual: bool) -> Verdict | None:
    if wanted is None:
        return None
    words = name if actual else f"not {name}"
    return Verdict(wanted == actual, words if wanted == actual else f"it is {words}")


def _labels(change: Change) -> list[str | None]:
    return [*change.labels, *(change.pull_request.labels if change.pull_request else ())]


def _authors(change: Change) -> list[str | None]:
    people = [*change.authors, *([change.pull_request.author] if change.pull_request else [])]
    return [name for person in people if person for name in (person.login, person.name)]


def _paths(change: Change) -> list[str | None]:
    return [path for file in change.files for path in (file.path, file.old_path)]


def _message(condition: Condition, change: Change) -> Verdict | None:
    if not condition.message:
        return None
    messages = [f"{commit.subject}\n{commit.body}" for commit in change.commits]
    if change.pull_request is not None:
        messages.insert(0, f"{change.pull_request.title}\n{change.pull_request.body}")
    lines = [line for message in messages for line in message.splitlines() if line.strip()]
    for pattern in condition.message:
        if matches_message(pattern, lines):
            return Verdict(True, f"message {pattern}")
    return Verdict(False, f"no message matches {_named(condition.message)}")


def _any(condition: Condition, change: Change) -> Verdict | None:
    if not condition.any:
        return None
    verdicts = [judge(child, change) for child in condition.any]
    holding = next((verdict for verdict in verdicts if verdict.holds), None)
    return holding or Verdict(False, "; ".join(verdict.reason for verdict in verdicts))


def _all(condition: Condition, change: Change) -> Verdict | None:
    if not condition.all:
        return None
    verdicts = [judge(child, change) for child in condition.all]
    failing = next((verdict for verdict in verdicts if not verdict.holds), None)
    return failing or Verdict(True, " and ".join(verdict.reason for verdict in verdicts))


def _not(condition: Condition, change: Change) -> Verdict | None:
    if not condition.not_:
        return None
    verdicts = [judge(child, change) for child in condition.not_]
    holding = next((verdict for verdict in verdicts if verdict.holds), None)
    if holding:
        return Verdict(False, f"it has {holding.reason}, which is excluded")
    return Verdict(True, "nothing that is excluded")


_CHECKS: tuple[Callable[[Condition, Change], Verdict | None], ...] = (
    lambda condition, change: _one_of("kind", condition.kind, [change.kind]),
    lambda condition, change: _one_of("type", condition.type, [change.type]),
    lambda condition, change: _one_of("scope", condition.scope, [change.scope]),
    lambda condition, change: _is("breaking", condition.breaking, change.breaking),
    lambda condition, change: _is("about security", condition.security, change.security),
    lambda condition, change: _one_of("label", condition.label, _labels(change)),
    lambda condition, change: _one_of("branch", condition.branch, [change.branch]),
    lambda condition, change: _one_of("tag", condition.tag, [change.release.tag if change.release else None]),
    lambda condition, change: _one_of("author", condition.author, _authors(change)),
    lambda condition, change: _one_of("path", condition.path, _paths(change), matches_path),
    _any,
    _all,
    _not,
    _message,
)
"""Cheap ones first."""
