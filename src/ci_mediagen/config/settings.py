"""What mediagen.yml may say, as types, with their defaults. Each part is what one room is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag
from pydantic.dataclasses import dataclass

from ci_mediagen.model.task import TaskName
from ci_mediagen.text.validation import STRICT, UNION_TAG, pattern

Text = Annotated[str, Field(min_length=1, max_length=500)]
Colour = Annotated[str, *pattern(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})", 'a colour, as "#7c5cff"')]
RepositoryPath = Annotated[
    str,
    *pattern(
        r"(?!/)(?!(?:.*/)?\.\.(?:/|$))[^\0\\]{1,500}",
        "a path inside the repository, relative to it, with / and without ..",
    ),
]
Name = Annotated[str, *pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "letters, digits, - and _")]
AssetName = Annotated[
    str,
    *pattern(
        r"(?!best$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "letters, digits, - and _, and not `best`, which is the best of all"
    ),
]
PackageName = Annotated[str, *pattern(r"[A-Za-z0-9@][A-Za-z0-9@/._-]{0,99}", "a package's name")]
BackendName = Annotated[str, *pattern(r"[a-z][a-z0-9-]*", "the name of a backend, as compositor")]
VariableName = Annotated[str, *pattern(r"[A-Z][A-Z0-9_]*", "the name of an environment variable")]
WebAddress = Annotated[
    str, *pattern(r"https?://[^\s/?#@]+[^\s]*", "an address that begins with https:// or http://, without a password")
]
S3Address = Annotated[str, *pattern(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[^\s]*)?", "as s3://bucket/prefix")]
TagPattern = Annotated[str, *pattern(r"[^\s{}]*\{version\}[^\s{}]*", "a tag with {version} in it, as web@{version}")]
Channel = Annotated[str, *pattern(r'#?[^\s#@<>&"]{1,80}', 'a channel, as "#releases" or its id')]


@dataclass(frozen=True, slots=True, config=STRICT)
class BrandSettings:
    """How the project looks. What is left out is derived."""

    logo: RepositoryPath | None = None
    """For dark backgrounds."""
    logo_light: RepositoryPath | None = None
    """For light backgrounds."""
    accent: Colour | None = None
    accent_2: Colour | None = None
    fonts: tuple[RepositoryPath, ...] = ()
    """Font files, foremost first."""
    tone: Annotated[str, Field(max_length=500)] = ""
    banned_words: tuple[Text, ...] = ()
    website: Text | None = None
    """Drawn on end cards: `acme.dev`."""


@dataclass(frozen=True, slots=True, config=STRICT)
class ModelSettings:
    id: Text
    revision: Text | None = None
    """Hub commit, or the content hash of a folder."""
    tier: Literal["draft", "standard", "high"] = "standard"


@dataclass(frozen=True, slots=True, config=STRICT)
class DirectoryTarget:
    """Publishing into a folder."""

    directory: Text


@dataclass(frozen=True, slots=True, config=STRICT)
class S3Target:
    """Publishing into a bucket. Credentials come from the environment."""

    s3: S3Address
    endpoint_url: WebAddress | None = None
    region: Text | None = None
    public_url: WebAddress | None = None
    """The address under which everybody can read the bucket's root; without it links are presigned."""
    key: Text | None = None
    """Pattern of the object keys below the prefix."""
    presign_days: Annotated[float, Field(gt=0, le=7)] = 7.0
    path_style: bool | None = None
    """`endpoint/bucket/key`. None: with an endpoint of one's own."""

    @property
    def bucket(self) -> str:
        return self.s3.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        return self.s3.removeprefix("s3://").partition("/")[2].strip("/")


def _kind_of_target(value: Any) -> str:
    named = value if isinstance(value, dict) else {}
    return f"{UNION_TAG}directory" if "directory" in named or not named else f"{UNION_TAG}s3"


PublishTarget = Annotated[
    Annotated[DirectoryTarget, Tag(f"{UNION_TAG}directory")] | Annotated[S3Target, Tag(f"{UNION_TAG}s3")],
    Discriminator(_kind_of_target),
]


@dataclass(frozen=True, slots=True, config=STRICT)
class SlackSettings:
    """Where Slack is told. The token is read from SLACK_BOT_TOKEN, never from a file."""

    channel: Channel | None = None
    alerts: Channel | None = None
    """Channel for failures."""
    webhook_env: VariableName = "SLACK_WEBHOOK_URL"
    """Environment variable that holds an incoming webhook's address, used where there is no token."""


@dataclass(frozen=True, slots=True, config=STRICT)
class AnnounceSettings:
    mode: Literal["auto", "each", "never"] = "auto"
    """auto: a release makes a post. each: every merge does. never: nobody is told."""
    slack: SlackSettings | None = None
    job_summary: bool = True


@dataclass(frozen=True, slots=True, config=STRICT)
class PackageSettings:
    """One package of a monorepo."""

    paths: Annotated[tuple[RepositoryPath, ...], Field(min_length=1)]
    tag: TagPattern | None = None
    title: Text | None = None
    brand: BrandSettings | None = None
    """Over the project's own."""


@dataclass(frozen=True, slots=True, config=STRICT)
class SpendSettings:
    max: Annotated[float, Field(ge=0)] = 0.0
    """In `currency`, for one run. 0: no paid call is ever made."""
    currency: Annotated[str, *pattern(r"[A-Z]{3}", "a currency in three letters, as USD")] = "USD"


@dataclass(frozen=True, slots=True, config=STRICT)
class Settings:
    """mediagen.yml. Every key may be left out."""

    extends: Text | None = None
    """An organisation's file: a path in this repository, or `github:owner/repository/path@COMMIT`."""
    locks: tuple[Text, ...] = ()
    """Keys that those who extend this file may not set: `brand.accent`, `publish`."""
    project: Text | None = None
    """The name that is drawn. None: from the repository."""
    brand: BrandSettings = BrandSettings()
    assets: Mapping[AssetName, tuple[RepositoryPath, ...]] = Field(default_factory=dict)
    """Pictures by name: a path, a pattern, or several."""
    backends: Mapping[TaskName, tuple[BackendName, ...]] = Field(default_factory=dict)
    """For a task, who is asked to make it, in order of preference."""
    models: Mapping[TaskName, ModelSettings] = Field(default_factory=dict)
    store: Text | None = None
    """Where artifacts are kept by key: a folder, or s3://bucket/prefix. None: in the cache folder."""
    publish: tuple[PublishTarget, ...] = ()
    announce: AnnounceSettings = AnnounceSettings()
    packages: Mapping[PackageName, PackageSettings] = Field(default_factory=dict)
    templates: RepositoryPath = ".mediagen/templates"
    """Folder of the project's own templates."""
    output: Text = "mediagen-out"
    """Folder for what is made."""
    strict: bool = False
    """Nothing to do becomes an error."""
    on_failure: Literal["fail", "warn"] = "fail"
    """warn: a failure to make or publish is a warning and the exit code 0."""
    require_notify: bool = False
    """An announcement that fails becomes an error."""
    significance: Literal["auto", "card", "full"] = "auto"
    timeout_minutes: Annotated[float, Field(gt=0, le=1440)] = 30.0
    """For making everything of one run."""
    spend: SpendSettings = SpendSettings()
