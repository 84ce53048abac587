"""Configuration: read once, by `cli` and `pipeline`, which give each room its own part."""

from ci_mediagen.config.load import Config, config_schema, load_config
from ci_mediagen.config.organisation import cache_root
from ci_mediagen.config.settings import (
    AnnounceSettings,
    BrandSettings,
    DirectoryTarget,
    ModelSettings,
    PackageSettings,
    S3Target,
    SlackSettings,
    SpendSettings,
)

__all__ = [
    "AnnounceSettings",
    "BrandSettings",
    "Config",
    "DirectoryTarget",
    "ModelSettings",
    "PackageSettings",
    "S3Target",
    "SlackSettings",
    "SpendSettings",
    "cache_root",
    "config_schema",
    "load_config",
]
