"""The main job, top to bottom: events -> Change -> Template -> Plan -> Outcomes -> Links -> Messages.

`decide` is the pure half, `run` the whole. The rooms are put together from the configuration in `assembly`; what happened
is written down in `record`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from ci_mediagen import assembly
from ci_mediagen.announce import words
from ci_mediagen.announce.interface import Announcement, Announcer
from ci_mediagen.assembly import Place
from ci_mediagen.assets.find import find_assets
from ci_mediagen.config import Config
from ci_mediagen.errors import FORGIVABLE, MediagenError, NothingMadeError, UsageError
from ci_mediagen.events.git import read_change
from ci_mediagen.events.github_api import github_for
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.read import read_trigger
from ci_mediagen.events.significance import decide as significance_of
from ci_mediagen.model.brand import Assets
from ci_mediagen.model.change import Change, Significance
from ci_mediagen.model.manifest import Manifest, Told
from ci_mediagen.model.media import MediaFile
from ci_mediagen.model.outcome import Failed, Generated, Outcome, Reused
from ci_mediagen.model.plan import Plan, PlannedAnnounce, PlannedTemplate
from ci_mediagen.model.progress import Progress
from ci_mediagen.model.publication import Publication, PublishedFile
from ci_mediagen.model.template import Template, TemplateChoice
from ci_mediagen.plan import make_tasks, narrowed, read_plan, recomputed
from ci_mediagen.publish.directory import DirectoryPublisher
from ci_mediagen.publish.interface import Publisher
from ci_mediagen.record import Record
from ci_mediagen.stores.interface import Store
from ci_mediagen.templating.fill import fill
from ci_mediagen.templating.lint import lint
from ci_mediagen.templating.load import load_template, load_templates
from ci_mediagen.templating.samples import FULL, sample
from ci_mediagen.templating.select import select

BY_HAND = Trigger(event="git", kind="manual", by_hand=True)


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for."""

    repo: Path
    environ: Mapping[str, str]
    config_path: Path | None = None
    event: Path | None = None
    event_name: str | None = None
    range: str | None = None
    since: str | None = None
    package: str | None = None
    template: str | None = None
    only: tuple[str, ...] = ()
    announce: bool = False
    """Announce although a person started this."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    """Configuration keys given on the command line; they win over every other place."""
    plan_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What `run` will do."""

    plan: Plan
    place: Place
    stored: frozenset[str]
    """Keys of the plan that the store has."""

    @property
    def nothing(self) -> str:
        """Why there is nothing to do; empty where there is."""
        if self.plan.tasks:
            return ""
        significance = self.plan.change.significance
        reasons = [item.reason for item in self.plan.skipped] or (significance.reasons if significance else ())
        return "; ".join(reasons) or "the template makes nothing of this change"


@dataclass(frozen=True, slots=True)
class Result:
    """What `run` did."""

    manifest: Manifest
    manifest_path: Path | None
    output: Path
    files: tuple[PublishedFile, ...]
    errors: tuple[MediagenError, ...]
    exit_code: int
    forgiven: int
    """The exit code that `on-failure: warn` turned into 0; 0 where there was none."""


def decide(job: Job, progress: Progress) -> Decision:
    """Everything that `run` would do, and nothing done: what happened, which template, which tasks under which keys."""
    return _decide(job, progress, Record())


def run(job: Job, progress: Progress) -> Result:
    """The main job. Errors are in the result, as is the manifest, which is written whatever happens.

    Raises only what happens before there is a place to write one: UsageError (options, configuration, repository, event).
    """
    record = Record()
    decision = _carried(job, progress, record) if job.plan_file else _decide(job, progress, record)
    place, record.plan, record.nothing = decision.place, decision.plan, decision.nothing
    files: tuple[PublishedFile, ...] = ()
    try:
        if not record.nothing:
            with record.timed("execute"), progress.group("Making"):
                record.outcomes = _execute(place, decision.plan, progress)
            files = _published_files(decision.plan, record.outcomes, assembly.store_of(place))
        if files:
            with record.timed("publish"), progress.group("Publishing"):
                _publish(place, files, record, progress)
    except MediagenError as error:
        record.failed_by(progress, error)
    except KeyboardInterrupt:
        record.interrupted = True
        raise
    except Exception as error:
        record.errors.append(MediagenError(f"a bug of ci-mediagen: {type(error).__name__}"))
        raise
    finally:
        manifest_path = _written(place, record, progress)
    with record.timed("announce"), progress.group("Telling"):
        _announce(place, files, manifest_path, record, progress)
    if place.config.strict and record.nothing:
        record.errors.append(UsageError(f"nothing to do: {record.nothing}", advice="Leave out --strict to allow this."))
    return _result(place, record, _written(place, record, progress), files)


def _written(place: Place, record: Record, progress: Progress) -> Path | None:
    """The manifest; None where it cannot be written, which ends nothing else."""
    try:
        return record.write(place.output)
    except MediagenError as error:
        if type(error) not in map(type, record.errors):  # else the folder itself has been told of
            record.failed_by(progress, error)
        return None


def check_strict(decision: Decision) -> None:
    """Raises UsageError where there is nothing to do and the configuration says that this is an error."""
    if decision.nothing and decision.place.config.strict:
        raise UsageError(f"nothing to do: {decision.nothing}", advice="Leave out --strict to allow this.")


def _decide(job: Job, progress: Progress, record: Record) -> Decision:
    with record.timed("events"), progress.group("What happened"):
        trigger = read_trigger(job.environ, job.event, job.event_name)
        place = assembly.open_place(job.repo, job.environ, trigger, job.config_path, job.flags)
        change = read_change(
            place.repo,
            trigger,
            range_=job.range,
            since=job.since,
            packages=assembly.package_rules(place.config),
            package=job.package,
            github=github_for(trigger, job.environ, progress.note),
        )
        progress.note(f"{change.kind} {change.sha[:9]}: {change.headline}")
        if not change.complete:
            record.warn(progress, f"history was not read whole: {change.incomplete_reason}")
    with record.timed("plan"), progress.group("What to make of it"):
        assets = find_assets(place.repo, change, place.config.assets, place.config.origin("assets"))
        significance = significance_of(
            change,
            mode=place.config.significance,
            has_asset=assets.best is not None,
            by_hand=trigger.by_hand,
            announce=place.config.announce.mode,
            told=job.announce,
        )
        plan = _plan(job, place, replace(change, significance=significance), significance, assets, progress, record)
        for note in plan.notes:
            progress.note(note)
        stored = assembly.store_of(place).contains({task.key for task in plan.tasks})
    return Decision(plan, place, stored)


def _plan(
    job: Job,
    place: Place,
    change: Change,
    significance: Significance,
    assets: Assets,
    progress: Progress,
    record: Record,
) -> Plan:
    """Which template, filled in with what, comes to which tasks."""
    level = f"significance: {significance.level} ({'; '.join(significance.reasons)})"
    channels = assembly.channel_names(place, lambda text: record.warn(progress, text))
    told = PlannedAnnounce(significance.announce, significance.announce_reason, tuple(channels))
    if significance.level == "skip":
        return Plan(change=change, template=None, tasks=(), notes=(level,), announce=told)
    choice = select(change, load_templates(place.source, place.config.templates), job.template)
    plan = _filled(place, change, choice, significance, assets)
    return replace(
        plan,
        tasks=narrowed(plan.tasks, job.only),
        notes=(level, f"announce: {told.mode} ({told.reason})", *plan.notes),
        publish=tuple(publisher.name for publisher in assembly.publishers_for(place, progress)),
        announce=told,
    )


def _filled(place: Place, change: Change, choice: TemplateChoice, significance: Significance, assets: Assets) -> Plan:
    """The template filled in, and the tasks that it comes to."""
    brand = assembly.brand_of(place, change)
    shots = fill(choice.template, change, brand, significance)
    tasks, skipped = make_tasks(shots, assembly.kit_for(place, choice.template, brand, assets))
    return Plan(
        change=change,
        template=PlannedTemplate(choice.template.name, choice.reason, choice.template.source),
        tasks=tasks,
        skipped=skipped,
        brand=brand,
        assets=assets.found,
        notes=(
            f"template: {choice.template.name} ({choice.reason})",
            f"picture: {assets.reason}",
            *(f"not shown: {reason}" for reason in assets.rejected),
            *(f"brand: {reason}" for reason in brand.reasons),
            *(f"{item.task} is left out: {item.reason}" for item in skipped),
        ),
    )


def _carried(job: Job, progress: Progress, record: Record) -> Decision:
    """The decision that a plan file holds. Destinations and secrets come from here and now; files must not have changed."""
    with record.timed("plan"), progress.group("The plan"):
        plan = read_plan(job.plan_file or Path())
        trigger = read_trigger(job.environ, job.event, job.event_name)
        trigger = replace(trigger, trusted=trigger.trusted and plan.change.trusted)
        place = assembly.open_place(job.repo, job.environ, trigger, job.config_path, job.flags)
        plan = replace(plan, tasks=narrowed(recomputed(plan.tasks), job.only))
        with assembly.scratch_folder() as scratch:
            locate = assembly.locate_in(place, Path(scratch))
            for item in {item for task in plan.tasks for item in task.inputs if item.path}:
                locate(item)
        progress.note(f"{plan.change.kind} {plan.change.sha[:9]}: {plan.change.headline}")
        stored = assembly.store_of(place).contains({task.key for task in plan.tasks})
    return Decision(plan, place, stored)


def _execute(place: Place, plan: Plan, progress: Progress) -> tuple[Outcome, ...]:
    with assembly.scratch_folder() as scratch:
        locate = assembly.locate_in(place, Path(scratch))
        return assembly.executor_for(place, assembly.store_of(place)).execute(plan.tasks, locate, progress)


def _published_files(plan: Plan, outcomes: Sequence[Outcome], store: Store) -> tuple[PublishedFile, ...]:
    tasks = {task.id: task for task in plan.tasks}
    return tuple(
        PublishedFile(
            task=tasks[outcome.task],
            media=media,
            path=store.path(outcome.key, media.name),
            name=_name(outcome.task, media),
            reused=isinstance(outcome, Reused),
        )
        for outcome in outcomes
        if isinstance(outcome, Generated | Reused)
        for media in outcome.artifact.files
    )


def _publication(plan: Plan, files: tuple[PublishedFile, ...]) -> Publication:
    assert plan.brand is not None and plan.template is not None  # noqa: S101, PT018  as every plan with tasks
    return Publication(plan.brand.project, plan.change, plan.template.name, plan.template.reason, files)


def _name(task: str, media: MediaFile) -> str:
    """`card.png` for a main file, `promo-poster.jpg` for any other."""
    suffix = PurePosixPath(media.name).suffix
    return f"{task}{suffix}" if media.role == "main" else f"{task}-{media.role}{suffix}"


def _publish(place: Place, files: tuple[PublishedFile, ...], record: Record, progress: Progress) -> None:
    """To every place, whatever becomes of the others; the manifest follows once it holds all links."""
    assert record.plan is not None  # noqa: S101  there are files
    publication = _publication(record.plan, files)
    published: list[Publisher] = []
    for publisher in assembly.publishers_for(place, progress):
        try:
            links = publisher.publish(publication)
        except MediagenError as error:
            record.failed_by(progress, error)
            continue
        published.append(publisher)
        # A link that works for everyone comes before a path on this machine.
        record.links = (*links, *record.links)
    path = _written(place, record, progress)
    if path is None:
        return
    for publisher in published:
        try:
            manifest = publisher.publish_manifest(path)
        except MediagenError as error:
            record.failed_by(progress, error)
            continue
        record.links = (*record.links, manifest) if manifest else record.links


def _announce(
    place: Place, files: tuple[PublishedFile, ...], manifest_path: Path | None, record: Record, progress: Progress
) -> None:
    """Everybody whom it concerns. A message that fails is warned of and kept; it never undoes what was made."""
    announcers: list[Announcer] = []
    if files and not record.errors:
        announcers += assembly.slack_for(place.config, place.environ, lambda text: record.warn(progress, text))
    announcers += assembly.alerts_for(place.config, place.environ)
    announcers += assembly.quiet_announcers(place.environ, progress.note, job_summary=place.config.announce.job_summary)
    for announcer in announcers:
        announcement = _announcement(files, manifest_path, record)
        if announcement.mode == "silent" and not announcer.quiet:
            record.told = (*record.told, Told(announcer.name, "skipped", announcement_reason(record)))
            continue
        try:
            told = announcer.announce(announcement)
            assembly.told_after_all(place, announcer.name, announcement)
        except MediagenError as error:
            record.warn(progress, f"{announcer.name}: {error}")
            kept = assembly.keep_for_later(place, announcer.name, announcement, error)
            told = Told(announcer.name, "failed", f"{error.message}; {kept}")
            if place.config.require_notify:
                record.errors.append(error)
        record.told = (*record.told, told)


def announcement_reason(record: Record) -> str:
    return record.plan.announce.reason if record.plan else "nothing was decided"


def _announcement(files: tuple[PublishedFile, ...], manifest_path: Path | None, record: Record) -> Announcement:
    plan = record.plan
    assert plan is not None  # noqa: S101  there is a plan once there is a place
    project = plan.brand.project if plan.brand else plan.change.repository or ""
    return Announcement(
        mode=plan.announce.mode,
        project=project,
        title=words.title(project, plan.change),
        bullets=words.bullets(plan.change),
        context=words.context(plan.change),
        outcome=record.outcome,
        reasons=record.reasons,
        change=plan.change,
        template=plan.template.name if plan.template else None,
        template_reason=plan.template.reason if plan.template else "",
        files=files,
        links=record.links,
        outcomes=record.outcomes,
        manifest_path=manifest_path,
        seconds=record.seconds,
        warnings=tuple(record.warnings),
        told=record.told,
    )


def _result(place: Place, record: Record, manifest_path: Path | None, files: tuple[PublishedFile, ...]) -> Result:
    code = record.exit_code
    forgiven = code if place.config.on_failure == "warn" and code in FORGIVABLE else 0
    return Result(
        manifest=record.manifest(),
        manifest_path=manifest_path,
        output=place.output,
        files=files,
        errors=tuple(record.errors),
        exit_code=0 if forgiven else code,
        forgiven=forgiven,
    )


def configuration(repo: Path, environ: Mapping[str, str], config_path: Path | None = None) -> Config:
    """The configuration as a run by hand reads it."""
    return assembly.open_place(repo, environ, BY_HAND, config_path, {}).config


def templates(repo: Path, environ: Mapping[str, str]) -> tuple[Template, ...]:
    place = assembly.open_place(repo, environ, BY_HAND, None, {})
    return load_templates(place.source, place.config.templates)


def template(repo: Path, environ: Mapping[str, str], name: str) -> Template:
    """Raises TemplateError where there is none of that name."""
    place = assembly.open_place(repo, environ, BY_HAND, None, {})
    return load_template(name, place.source, place.config.templates)


def test_templates(
    repo: Path,
    environ: Mapping[str, str],
    names: Sequence[str],
    *,
    output: Path | None,
    only: Sequence[str],
    make: bool,
    progress: Progress,
) -> dict[str, Path]:
    """What each template makes of a made-up change, in a folder of its own. Returns the page of each.

    Raises TemplateError for one that is wrong, NothingMadeError for one that makes nothing.
    """
    place = assembly.open_place(repo, environ, BY_HAND, None, {})
    folder = output or place.output / "templates"
    pages = {}
    for name in names or [found.name for found in load_templates(place.source, place.config.templates)]:
        change = sample(name)
        chosen = TemplateChoice(load_template(name, place.source, place.config.templates), "it is tested")
        assets = find_assets(place.repo, change, place.config.assets, place.config.origin("assets"))
        plan = _filled(place, change, chosen, FULL, assets)
        plan = replace(plan, tasks=narrowed(plan.tasks, only))
        pages[name] = folder / name / "index.html"
        with progress.group(name):
            for problem in lint(chosen.template, assembly.brand_of(place, change)):
                progress.warn(problem)
            if not make:
                continue
            outcomes = _execute(place, plan, progress)
            failed = [f"{outcome.task}: {outcome.reason}" for outcome in outcomes if isinstance(outcome, Failed)]
            if failed:
                raise NothingMadeError(f"template {name}: {'; '.join(failed)}", advice="Mend the template, then again.")
            files = _published_files(plan, outcomes, assembly.store_of(place))
            DirectoryPublisher(folder / name).publish(_publication(plan, files))
    return pages
