"""What `run` and `plan` answer, for people and for machines. Machines may rely on every field of the documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from ci_mediagen.model.outcome import Reused
from ci_mediagen.model.plan import SCHEMA_VERSION, Plan

if TYPE_CHECKING:
    from ci_mediagen.model.publication import PublishedFile
    from ci_mediagen.pipeline import Result


def run_document(result: Result) -> dict[str, Any]:
    """The answer of `run --json`."""
    urls: dict[tuple[str | None, str], str] = {}
    there = _in_output(result)
    for link in result.manifest.links:
        if "://" in link.url:  # a folder has a path, and no address
            urls.setdefault((link.task, link.role), link.url)
    return {
        "schema_version": SCHEMA_VERSION,
        "outcome": result.manifest.outcome,
        "exit_code": result.exit_code,
        "manifest": str(result.manifest_path) if result.manifest_path else None,
        "artifacts": [
            {
                "task": file.task.id,
                "key": file.task.key,
                "role": file.media.role,
                "path": str(result.output / file.name if file in there else file.path),
                "media_type": file.media.media_type,
                "width": file.media.width,
                "height": file.media.height,
                "seconds": file.media.seconds,
                "sha256": file.media.sha256,
                "url": urls.get((file.task.id, file.media.role)),
                "reused": file.reused,
            }
            for file in result.files
        ],
        "reasons": list(result.manifest.reasons),
        "warnings": list(result.manifest.warnings),
    }


def describe_result(result: Result) -> Iterator[str]:
    """The last lines of a run, for a person."""
    manifest = result.manifest
    reused = sum(isinstance(outcome, Reused) for outcome in manifest.outcomes)
    if manifest.outcome == "nothing":
        yield f"Nothing to do: {manifest.reasons[0] if manifest.reasons else 'no reason was given'}"
        return
    if manifest.outcome != "ok":
        yield f"{manifest.outcome.capitalize()}:"
        yield from (f"  {reason}" for reason in manifest.reasons)
        for error in result.errors:
            if error.advice:
                yield f"  {error.advice}"
    if there := _in_output(result):
        also = f", {reused} of {len(manifest.outcomes)} reused" if reused else ""
        count = f"{len(there)} file{'s' if len(there) > 1 else ''}"
        yield f"{count} in {result.output} in {manifest.seconds:.1f} s{also}"
        shown = next((link.url for link in manifest.links if link.role == "gallery"), None)
        if shown:
            yield f"See them all: {result.output / shown if '://' not in shown else shown}"
    if result.forgiven:
        yield f"Warning: exit code {result.forgiven} is 0 because of on-failure: warn."


def _in_output(result: Result) -> tuple[PublishedFile, ...]:
    """The files that lie in the output folder; what could not be written there is in the store alone."""
    copied = {(link.task, link.role) for link in result.manifest.links if link.publisher == "directory"}
    return tuple(file for file in result.files if (file.task.id, file.media.role) in copied)


def describe_plan(plan: Plan, stored: Collection[str]) -> Iterator[str]:
    """The answer of `plan`, for a person."""
    change = plan.change
    yield f"change: {change.kind} {change.sha[:9]} {change.headline!r}"
    base = change.range.base[:9] if change.range.base else "the beginning"
    yield f"range: {base}..{change.range.head[:9]} ({change.range.method})"
    if not change.complete:
        yield f"complete: false ({change.incomplete_reason})"
    if change.significance:
        yield f"significance: {change.significance.level} ({'; '.join(change.significance.reasons)})"
    if plan.template:
        yield f"template: {plan.template.name} ({plan.template.reason})"
    yield f"announce.mode: {plan.announce.mode} ({plan.announce.reason})"
    for task in plan.tasks:
        size = f"{task.parameters.get('width')}x{task.parameters.get('height')}"
        after = f", after {', '.join(task.depends_on)}" if task.depends_on else ""
        state = "in the store" if task.key in stored else "to be made"
        if task.only_as_fallback:
            state += ", only as a fallback"
        yield f"task {task.id}: {task.task} {size} by {task.backend}, key {task.key[:12]}, {state}{after}"
    for item in plan.skipped:
        yield f"skipped {item.task}: {item.reason}"
    if plan.publish:
        yield f"publish: {', '.join(plan.publish)}"
