"""Puts the rooms together for one job: which repository, which configuration, and from it stores, publishers, announcers.

The pipeline says what is done in which order; here is with what.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

from ci_mediagen import backends
from ci_mediagen.announce.interface import Announcement, Announcer
from ci_mediagen.assets.brand import BrandSettings, resolve_brand
from ci_mediagen.assets.locate import digest, locator
from ci_mediagen.backends.interface import Backend
from ci_mediagen.config import Config, DirectoryTarget, S3Target, cache_root, load_config
from ci_mediagen.errors import ConfigError, MediagenError
from ci_mediagen.events.interface import Trigger
from ci_mediagen.events.packages import PackageRule
from ci_mediagen.events.repository import Repository
from ci_mediagen.execute.interface import Executor, Locate
from ci_mediagen.execute.local import LocalExecutor
from ci_mediagen.model.brand import Assets, Brand
from ci_mediagen.model.change import Change
from ci_mediagen.model.progress import Progress
from ci_mediagen.model.task import Input, ModelRef
from ci_mediagen.model.template import PACKAGE, Template
from ci_mediagen.plan import Kit
from ci_mediagen.publish.directory import DirectoryPublisher
from ci_mediagen.publish.interface import Publisher
from ci_mediagen.stores.directory import DirectoryStore
from ci_mediagen.stores.directory_ledger import DirectoryLedger
from ci_mediagen.stores.interface import Store
from ci_mediagen.templating.source import GitRef, Source, WorkTree

CONFIG_NAME = "mediagen.yml"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job runs: the repository, what is configured there, and from where its templates are read."""

    repo: Path
    """The top of the repository."""
    environ: Mapping[str, str]
    trigger: Trigger
    config: Config
    source: Source

    @property
    def output(self) -> Path:
        """A relative folder is one of the repository."""
        return self.repo / self.config.output


def open_place(
    repo: Path, environ: Mapping[str, str], trigger: Trigger, config_path: Path | None, flags: Mapping[str, object]
) -> Place:
    """Finds the repository and reads its configuration: for a change that is not merged, from its base.

    Raises RepositoryError, ConfigError.
    """
    repository = Repository(repo, fetch=False)
    answer = repository.ask("rev-parse", "--show-toplevel")
    top = Path(answer.text) if answer.ok and answer.text else repo.resolve()
    source: Source = WorkTree(top) if trigger.trusted else _base(repository, top, trigger)
    config = load_config(top, config_path, environ, flags, read_file=None if trigger.trusted else source.read)
    if ".git" in (top / config.output).resolve().parts:
        raise ConfigError(
            f"{config.origin('output')}: output: {config.output} lies in git's own folder",
            advice="Choose another folder: git would take what is written there for its own.",
        )
    return Place(top, environ, trigger, config, source)


def _base(repository: Repository, top: Path, trigger: Trigger) -> GitRef:
    """What the change is to be merged into. A branch is looked up at the remote first: a local one of the same name may
    be the change itself."""
    branch = trigger.pull_request.base if trigger.pull_request else None
    base = trigger.base or branch or trigger.default_branch
    if base is None:
        return GitRef(top, "refs/remotes/origin/HEAD")
    return GitRef(top, repository.branch_tip(base) or base)


def package_rules(config: Config) -> tuple[PackageRule, ...]:
    return tuple(
        PackageRule(name=name, title=package.title or name, paths=package.paths, tag_pattern=package.tag)
        for name, package in config.packages.items()
    )


def brand_of(place: Place, change: Change) -> Brand:
    """The project's brand, under that of the one package that the change is about."""
    settings = asdict(place.config.brand)
    if len(change.packages) == 1:
        package = place.config.packages.get(change.packages[0].name)
        if package and package.brand:
            settings.update({name: value for name, value in asdict(package.brand).items() if value})
    brand = resolve_brand(
        place.repo, BrandSettings(project=place.config.project, **settings), change.repository, CONFIG_NAME
    )
    if change.trusted or not brand.fonts:
        return brand
    return replace(brand, fonts=(), reasons=(*brand.reasons, "brand fonts are left out: the change is not merged"))


def kit_for(place: Place, template: Template, brand: Brand, assets: Assets) -> Kit:
    """What planning draws on."""
    config = place.config
    models = {task: ModelRef(model.id, model.revision) for task, model in config.models.items()}
    return Kit(
        template=template,
        brand=brand,
        assets=assets,
        digest=digest(place.repo),
        load_backend=_load_backend,
        backends=config.backends,
        models=models,
    )


@functools.cache
def _load_backend(name: str) -> Backend | None:
    return backends.load(name) if name in backends.BACKENDS else None


def store_of(place: Place) -> Store:
    return DirectoryStore(_data_root(place) / "store")


def executor_for(place: Place, store: Store) -> Executor:
    root = _data_root(place)
    return LocalExecutor(
        store,
        DirectoryLedger(root / "ledger"),
        scratch=root / "work",
        deadline=time.monotonic() + timedelta(minutes=place.config.timeout_minutes).total_seconds(),
        environ=place.environ,
    )


def _data_root(place: Place) -> Path:
    """The folder of store, ledger and work in progress."""
    configured = place.config.store
    if configured is None:
        return cache_root(place.environ)
    if "://" in configured:
        raise ConfigError(
            f"{place.config.origin('store')}: store: {configured} is not a folder",
            advice="This version keeps its store in a folder. Leave the key out, or name one.",
        )
    return place.repo / configured


def locate_in(place: Place, scratch: Path) -> Locate:
    """Files of inputs. The layouts of a change that is not merged come from its base, and are laid out in `scratch`."""
    in_work_tree = locator(place.repo)
    if place.trigger.trusted:
        return in_work_tree

    def locate(wanted: Input) -> Path:
        path = wanted.path or ""
        if not wanted.name.startswith("layout:") or path.startswith(PACKAGE):
            return in_work_tree(wanted)
        data = place.source.read(path) or b""
        file = scratch / f"{hashlib.sha256(data).hexdigest()}{Path(path).suffix}"
        file.write_bytes(data)
        if file.stem != wanted.sha256:
            return in_work_tree(wanted)
        return file

    return locate


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ci-mediagen-")


def publishers_for(place: Place, progress: Progress) -> tuple[Publisher, ...]:
    """The output folder first, then what is configured. Raises ConfigError for a target that cannot be right."""
    publishers: list[Publisher] = [DirectoryPublisher(place.output)]
    for target in place.config.publish:
        if isinstance(target, DirectoryTarget):
            publishers.append(DirectoryPublisher(place.repo / target.directory))
        else:
            publishers.append(_s3_publisher(target, progress))
    return tuple(publishers)


def _s3_publisher(target: S3Target, progress: Progress) -> Publisher:
    from ci_mediagen.publish import s3
    from ci_mediagen.text.s3_key import DEFAULT_PATTERN

    return s3.S3Publisher(
        s3.S3Target(
            bucket=target.bucket,
            prefix=target.prefix,
            endpoint_url=target.endpoint_url,
            region=target.region,
            path_style=target.path_style,
            public_url=target.public_url,
            presign_seconds=int(timedelta(days=target.presign_days).total_seconds()),
            key_pattern=target.key or DEFAULT_PATTERN,
        ),
        progress=progress,
    )


def slack_for(config: Config, environ: Mapping[str, str], warn: Callable[[str], None]) -> tuple[Announcer, ...]:
    """Slack, by token where there is one, else by webhook; nobody where neither is set."""
    settings = config.announce.slack
    token, channel = environ.get("SLACK_BOT_TOKEN"), settings.channel if settings else None
    webhook = environ.get(settings.webhook_env if settings else "SLACK_WEBHOOK_URL")
    if token and channel:
        from ci_mediagen.announce.slack import Slack

        return (Slack(token, channel, base_url=_slack_api(environ), warn=warn),)
    if webhook:
        from ci_mediagen.announce.slack_webhook import SlackWebhook

        return (SlackWebhook(webhook),)
    if channel:
        warn(f"Slack channel {channel} is configured, but neither SLACK_BOT_TOKEN nor a webhook is in the environment")
    return ()


def alerts_for(config: Config, environ: Mapping[str, str]) -> tuple[Announcer, ...]:
    """Who is told of failures."""
    channel = config.announce.slack.alerts if config.announce.slack else None
    token = environ.get("SLACK_BOT_TOKEN")
    if not (channel and token):
        return ()
    from ci_mediagen.announce.slack_alert import SlackAlert

    return (SlackAlert(token, channel, base_url=_slack_api(environ)),)


def _slack_api(environ: Mapping[str, str]) -> str:
    from ci_mediagen.announce.slack import API_URL

    return environ.get("SLACK_API_URL") or API_URL


def quiet_announcers(
    environ: Mapping[str, str], write: Callable[[str], None], *, job_summary: bool
) -> tuple[Announcer, ...]:
    """Those that reach only who looks; step outputs last, since they pass on what the others were told."""
    from ci_mediagen.announce.job_summary import JobSummary
    from ci_mediagen.announce.plain import Plain
    from ci_mediagen.announce.step_outputs import StepOutputs

    announcers: list[Announcer] = [Plain(write)]
    if job_summary and environ.get("GITHUB_STEP_SUMMARY"):
        announcers.append(JobSummary(Path(environ["GITHUB_STEP_SUMMARY"])))
    if environ.get("GITHUB_OUTPUT"):
        announcers.append(StepOutputs(Path(environ["GITHUB_OUTPUT"])))
    return tuple(announcers)


def channel_names(place: Place, warn: Callable[[str], None]) -> Sequence[str]:
    """Names of everybody who would be told."""
    quiet = quiet_announcers(place.environ, warn, job_summary=place.config.announce.job_summary)
    return tuple(one.name for one in (*slack_for(place.config, place.environ, warn), *quiet))


def _outbox(place: Place) -> Path:
    return cache_root(place.environ) / "outbox" / "v1"


def told_after_all(place: Place, announcer: str, announcement: Announcement) -> None:
    """Takes an announcement out of the outbox in which an earlier run may have put it."""
    from ci_mediagen.announce import outbox

    outbox.discard(_outbox(place), announcer, announcement)


def keep_for_later(place: Place, announcer: str, announcement: Announcement, error: MediagenError) -> str:
    """Puts an announcement that failed into the outbox. Returns, in words, what became of it."""
    from ci_mediagen.announce import outbox
    from ci_mediagen.text.redact import Redactor

    settings = place.config.announce.slack
    try:
        outbox.keep(
            _outbox(place),
            announcer,
            announcement,
            error,
            destination=(settings.channel if settings else None) or "",
            redact=Redactor(place.environ).redact,
        )
    except MediagenError as failure:
        return failure.message
    return "kept in the outbox"
