"""The configuration: its layers and the origin of each value, and what a mistake says."""

# ruff: noqa: E501  the tables have one case a line
from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ci_mediagen.config import Config, DirectoryTarget, S3Target, config_schema, load_config
from ci_mediagen.errors import ConfigError, TemplateError
from tests.support.repos import make_repo

WHOLE = """\
project: Aurora Studio
brand: {logo: docs/logo.svg, accent: "#7c5cff",
        fonts: [brand/Inter.ttf]}
assets: {hero: docs/thumbnail.jpg,
         shots: docs/screens/*.png}
backends: {image-to-video: [diffusers, http, compositor]}
models: {image-to-video: {id: ali-vilab/i2vgen-xl, revision: 39e1979e, tier: standard}}
store: s3://acme-media/store
publish: [{s3: s3://acme-media/promo, public_url: https://media.acme.dev}, {directory: site/media}]
announce: {slack: {channel: "#releases", alerts: "#alerts"}}
packages: {web: {paths: web, tag: "web@{version}", title: Aurora Web, brand: {accent: "#fff"}}}
"""


def load(root: Path, text: str = "", environ: Mapping[str, str] | None = None, **flags: Any) -> Config:
    (root / "mediagen.yml").write_text(text, encoding="utf-8")
    return load_config(root, None, environ or {}, flags)


def refusal(root: Path, text: str = "", environ: Mapping[str, str] | None = None, **flags: Any) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        load(root, text, environ, **flags)
    return refused.value


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    config = load_config(tmp_path, None, {}, {})
    assert config.output == "mediagen-out"
    assert config.templates == ".mediagen/templates"
    assert config.announce.mode == "auto"
    assert config.spend.max == 0
    assert {origin for _, _, origin in config.values()} == {"default"}


def test_a_thing_of_that_name_that_is_no_file_is_told_of(tmp_path: Path) -> None:
    """Whoever made it meant something by it: it is not passed over as if it were not there."""
    named = tmp_path / "mediagen.yml"
    for make, remove in ((named.mkdir, named.rmdir), (lambda: os.mkfifo(named), named.unlink)):
        make()
        with pytest.raises(ConfigError, match=r"mediagen\.yml: is no file"):
            load_config(tmp_path, None, {}, {})
        remove()
    named.symlink_to("missing.yml")
    with pytest.raises(ConfigError, match=r"mediagen\.yml: is no file"):
        load_config(tmp_path, None, {}, {})


def test_a_whole_file_is_read_into_types(tmp_path: Path) -> None:
    config = load(tmp_path, WHOLE)
    assert config.brand.fonts == ("brand/Inter.ttf",)
    assert config.assets == {"hero": ("docs/thumbnail.jpg",), "shots": ("docs/screens/*.png",)}
    assert config.backends["image-to-video"] == ("diffusers", "http", "compositor")
    assert config.models["image-to-video"].revision == "39e1979e"
    s3, folder = config.publish
    assert isinstance(s3, S3Target)
    assert (s3.bucket, s3.prefix, s3.public_url) == ("acme-media", "promo", "https://media.acme.dev")
    assert folder == DirectoryTarget("site/media")
    assert config.announce.slack is not None
    assert config.announce.slack.alerts == "#alerts"
    assert config.packages["web"].paths == ("web",)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.output = "x"  # type: ignore[misc]


def test_each_value_knows_where_it_was_set(tmp_path: Path) -> None:
    environ = {"CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL": "#ci", "CI_MEDIAGEN_OUTPUT": "out", "CI_MEDIAGEN_STORE": ""}
    config = load(tmp_path, WHOLE, environ, output="here", on_failure="warn", significance=None)
    assert config.announce.slack is not None
    assert (config.output, config.origin("output")) == ("here", "--output")
    assert config.origin("on_failure") == "--on-failure"
    assert (config.announce.slack.channel, config.origin("announce.slack.channel")) == (
        "#ci",
        "CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL",
    )
    assert config.origin("announce.slack.alerts") == "mediagen.yml:10"
    assert config.origin("brand.accent") == "mediagen.yml:2"
    assert config.origin("publish[0].public_url") == "mediagen.yml:9"
    assert config.origin("store") == "mediagen.yml:8"
    assert config.origin("significance") == "default"
    assert ("announce.slack.channel", "#ci", "CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL") in config.values()


@pytest.mark.parametrize("text", ["announce: each\n", "announce: {mode: each}\n"])
def test_announce_has_a_short_form(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).announce.mode == "each"


def test_a_short_form_in_one_layer_keeps_the_rest_of_another(tmp_path: Path) -> None:
    config = load(tmp_path, "announce: {slack: {channel: '#a'}}\n", {"CI_MEDIAGEN_ANNOUNCE": "never"})
    assert config.announce.mode == "never"
    assert config.announce.slack is not None


@pytest.mark.parametrize(
    ("name", "value", "key", "expected"),
    [
        ("OUTPUT", "007", "output", "007"),
        ("STRICT", "true", "strict", True),
        ("TIMEOUT_MINUTES", "7.5", "timeout_minutes", 7.5),
        ("BRAND__ACCENT", "#7c5cff", "brand.accent", "#7c5cff"),
        ("BRAND__FONTS", "[a.ttf, b.ttf]", "brand.fonts", ("a.ttf", "b.ttf")),
        ("BRAND__FONTS", "a.ttf", "brand.fonts", ("a.ttf",)),
        ("ASSETS__HERO", "docs/a.png", "assets.hero", ("docs/a.png",)),
        ("BACKENDS__IMAGE_TO_VIDEO", "compositor", "backends.image-to-video", ("compositor",)),
        ("SPEND", "{max: 3}", "spend.max", 3.0),
        ("PROJECT", "[not] a list", "project", "[not] a list"),
    ],
)
def test_every_key_can_be_set_in_the_environment(
    tmp_path: Path, name: str, value: str, key: str, expected: object
) -> None:
    config = load(tmp_path, "", {f"CI_MEDIAGEN_{name}": value})
    assert (key, expected, f"CI_MEDIAGEN_{name}") in config.values()


def test_variables_that_are_read_elsewhere_are_left_alone(tmp_path: Path) -> None:
    load(tmp_path, "", {"CI_MEDIAGEN_CACHE": "/c", "CI_MEDIAGEN_FETCH": "0", "OTHER": "x", "CI_MEDIAGEN_STORE": " "})


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CI_MEDIAGEN_OUTPT": "x"}, "CI_MEDIAGEN_OUTPT: no key has this name; did you mean 'CI_MEDIAGEN_OUTPUT'?"),
        (
            {"CI_MEDIAGEN_ANNOUNCE__SLACK__CHANEL": "x"},
            "CI_MEDIAGEN_ANNOUNCE__SLACK__CHANEL: no key has this name; did you mean 'CI_MEDIAGEN_ANNOUNCE__SLACK__CHANNEL'?",
        ),
        ({"CI_MEDIAGEN_STRICT": "maybe"}, "CI_MEDIAGEN_STRICT: strict: expected true or false, got the text 'maybe'"),
        ({"CI_MEDIAGEN_OUTPUT__X": "x"}, "CI_MEDIAGEN_OUTPUT__X: no key has this name"),
        ({"CI_MEDIAGEN_SPEND": "{max: "}, "CI_MEDIAGEN_SPEND:2:1: not valid YAML"),
        ({"CI_MEDIAGEN_OUTPUT": "\udcff"}, "CI_MEDIAGEN_OUTPUT: is not UTF-8 text"),
    ],
)
def test_mistakes_in_the_environment_name_the_variable(tmp_path: Path, environ: dict[str, str], message: str) -> None:
    assert refusal(tmp_path, "", environ).message.startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("porject: x\n", "mediagen.yml:1: porject: unknown key; did you mean 'project'?"),
        ("brand:\n  acent: '#fff'\n", "mediagen.yml:2: brand.acent: unknown key; did you mean 'accent'?"),
        ("brand: {accent: red}\n", "mediagen.yml:1: brand.accent: 'red' must be a colour"),
        ("brand: {accent: #7c5cff\n}\n", "mediagen.yml:1: #7c5cff is a comment here"),
        ("brand: {logo: ../logo.svg}\n", "mediagen.yml:1: brand.logo: '../logo.svg' must be a path inside the repository"),
        ("brand: {fonts: [/etc/passwd]}\n", "mediagen.yml:1: brand.fonts[0]: '/etc/passwd' must be a path inside"),
        ("assets: {best: a.png}\n", "mediagen.yml:1: assets.best: 'best' must be"),
        ("backends: {image-to-vidoe: x}\n", "mediagen.yml:1: backends.image-to-vidoe: unknown name; did you mean 'image-to-video'?"),
        ("strict: yes\n", "mediagen.yml:1: strict: expected true or false, got the text 'yes'"),
        ("timeout_minutes: 0\n", "mediagen.yml:1: timeout_minutes: must be greater than 0, got 0"),
        ("on_failure: ignore\n", "mediagen.yml:1: on_failure: 'ignore' is not known here; it may be fail or warn"),
        ("publish: [{s3: my-bucket}]\n", "mediagen.yml:1: publish[0].s3: 'my-bucket' must be as s3://bucket/prefix"),
        ("publish: [{s3: s3://bucket, pubic_url: x}]\n", "mediagen.yml:1: publish[0].pubic_url: unknown key; did you mean 'public_url'?"),
        ("publish: [{s3: s3://bucket, presign_days: 30}]\n", "mediagen.yml:1: publish[0].presign_days: must be at most 7, got 30"),
        ("publish: [s3://bucket]\n", "mediagen.yml:1: publish[0]: expected keys and values, got the text 's3://bucket'"),
        ("packages: {web: {tag: v1}}\n", "2 mistakes:"),
        ("packages: {web: {paths: a, tag: v1}}\n", "mediagen.yml:1: packages.web.tag: 'v1' must be a tag with {version} in it"),
        ("announce: ech\n", "mediagen.yml:1: announce.mode: 'ech' is not known here; did you mean 'each'?"),
        ("announce: {slack: {chanel: x}}\n", "mediagen.yml:1: announce.slack.chanel: unknown key; did you mean 'channel'?"),
        ("- a\n", "mediagen.yml: is made of keys and values"),
        ("locks: [brand]\n", "mediagen.yml:1: locks: belongs in the file that is extended"),
        ("project: x\nproject: y\n", "mediagen.yml:2: key 'project' is given twice"),
        ("project: [\n", "mediagen.yml:2:1: not valid YAML"),
    ],
)  # fmt: skip
def test_each_mistake_names_file_line_key_and_the_right_word(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, text).message.startswith(message)


def test_a_flag_that_is_wrong_is_named_as_a_flag(tmp_path: Path) -> None:
    assert refusal(tmp_path, "", on_failure="explode").message.startswith("--on-failure: on_failure: 'explode'")


SECRETS = {
    "slack token": ("announce: {slack: {channel: xoxb-1234567890-abcdef}}\n", "xoxb"),
    "webhook": (
        "announce: {slack: {channel: https://hooks.slack.com/services/T0/B0/abcdefghijk}}\n",
        "hooks.slack.com",
    ),
    "aws key": ("publish: [{s3: s3://bucket, region: AKIAIOSFODNN7EXAMPLE}]\n", "AKIA"),
    "github token": (f"store: ghp_{'a1' * 18}\n", "ghp_"),
    "password in an address": (
        "publish: [{s3: s3://bucket, endpoint_url: 'https://user:hunter22@s3.example'}]\n",
        "hunter22",
    ),
    "key by its name": ("announce: {slack: {token: plain-words-here}}\n", "plain-words"),
    "unknown secret key": ("aws_secret_access_key: wJalrXUtnFEMI\n", "wJalr"),
    "private key": ("project: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIE\n", "MIIE"),
}


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS)
def test_secrets_are_refused_and_never_repeated(tmp_path: Path, text: str, secret: str) -> None:
    error = refusal(tmp_path, text)
    assert "secret" in error.message
    assert secret not in str(error)
    assert "environment" in error.advice
    assert error.message.startswith("mediagen.yml:1: ")


def test_ordinary_names_are_no_secrets(tmp_path: Path) -> None:
    load(tmp_path, "assets: {token: docs/token.png}\npackages: {key-vault: {paths: key}}\n")


def test_a_file_of_another_name_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "mediagen.yaml").write_text("project: x\n")
    with pytest.raises(ConfigError, match=r"has to be called mediagen\.yml"):
        load_config(tmp_path, None, {}, {})


def test_a_file_that_was_asked_for_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no configuration file"):
        load_config(tmp_path, tmp_path / "gone.yml", {}, {})


def test_a_file_that_was_asked_for_is_named_in_origins(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "media.yml").write_text("project: x\n")
    assert load_config(tmp_path, tmp_path / "ci" / "media.yml", {}, {}).origin("project") == "ci/media.yml:1"


def test_a_symlink_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    (tmp_path / "outside.yml").write_text("project: x\n")
    (root / "mediagen.yml").symlink_to(tmp_path / "outside.yml")
    with pytest.raises(ConfigError, match="leads out of the repository"):
        load_config(root, None, {}, {})


def test_for_a_change_that_is_not_trusted_the_base_commit_is_read(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "project")
    repo.commit("feat: config", {"mediagen.yml": "project: Good\n"})
    base = {"mediagen.yml": b"project: Good\n"}
    repo.commit("feat: evil", {"mediagen.yml": "project: Evil\n"})
    config = load_config(repo.path, None, {}, {}, read_file=base.get)
    assert config.project == "Good"
    assert load_config(repo.path, repo.path / "mediagen.yml", {}, {}, read_file=base.get).project == "Good"


def test_refusals_of_the_reader_are_errors_of_the_configuration(tmp_path: Path) -> None:
    def read(path: str) -> bytes | None:
        raise TemplateError(f"{path}: is a symlink", advice="Put the file itself there.")

    with pytest.raises(ConfigError, match="is a symlink"):
        load_config(tmp_path, None, {}, {}, read_file=read)


def test_the_schema_knows_every_key_and_the_short_form() -> None:
    schema = config_schema()
    assert {"project", "brand", "publish", "announce", "packages", "on_failure"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    assert {"enum": ["auto", "each", "never"]} in schema["properties"]["announce"]["anyOf"]
