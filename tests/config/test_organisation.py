"""An organisation's file: pinned to a commit, below the project's own, and able to lock keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ci_mediagen.config import Config, cache_root, load_config
from ci_mediagen.config.organisation import _fetch_error, _pinned, _with_token
from ci_mediagen.errors import ConfigError, CredentialsError, MediagenError, ServiceError
from ci_mediagen.text.marked_yaml import Mark, Node
from tests.support.repos import Repo, environment, make_repo

SHA = "0123456789abcdef0123456789abcdef01234567"
ORGANISATION = """\
brand:
  accent: "#101010"
  tone: calm
announce: {slack: {channel: "#all"}}
locks: [brand.accent, publish]
"""


@pytest.fixture
def organisation(tmp_path: Path) -> Repo:
    repo = make_repo(tmp_path / "organisation")
    repo.commit("feat: media", {"media/base.yml": ORGANISATION})
    return repo


def load(tmp_path: Path, text: str, **environ: str) -> Config:
    root = tmp_path / "project"
    root.mkdir(exist_ok=True)
    (root / "mediagen.yml").write_text(text)
    return load_config(root, None, {**environment(), "CI_MEDIAGEN_CACHE": str(tmp_path / "cache"), **environ}, {})


def pinned(repo: Repo, path: str = "media/base.yml") -> str:
    return f"extends: git+file://{repo.path}//{path}@{repo.head}\n"


def test_a_file_of_another_repository_lies_below_the_project_and_values_name_it(
    tmp_path: Path, organisation: Repo
) -> None:
    config = load(tmp_path, pinned(organisation) + "brand: {tone: loud}\n")
    assert config.brand.accent == "#101010"
    assert config.origin("brand.accent") == f"organisation/media/base.yml@{organisation.head[:10]}:2"
    assert (config.brand.tone, config.origin("brand.tone")) == ("loud", "mediagen.yml:2")


def test_it_is_fetched_once(tmp_path: Path, organisation: Repo) -> None:
    text = pinned(organisation)
    load(tmp_path, text)
    shutil.rmtree(organisation.path)
    assert load(tmp_path, text).brand.accent == "#101010"


def test_it_stays_what_it_was_when_the_branch_moves_on(tmp_path: Path, organisation: Repo) -> None:
    text = pinned(organisation)
    organisation.commit("feat: other", {"media/base.yml": "brand: {accent: '#ffffff'}\n"})
    assert load(tmp_path, text).brand.accent == "#101010"


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, organisation: Repo) -> None:
    (tmp_path / "file").write_text("")
    assert load(tmp_path, pinned(organisation), CI_MEDIAGEN_CACHE=str(tmp_path / "file")).brand.accent == "#101010"


def test_a_locked_key_that_the_project_sets_is_refused_naming_both_places(tmp_path: Path, organisation: Repo) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, pinned(organisation) + "\nbrand:\n  accent: '#ffffff'\n")
    place = f"organisation/media/base.yml@{organisation.head[:10]}:5"
    assert refused.value.message == f"mediagen.yml:4: brand.accent: is locked by {place} and cannot be set here"


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("publish: [{directory: x}]\n", {}),
        ("brand: red\n", {}),
        ("", {"CI_MEDIAGEN_BRAND__ACCENT": "#fff"}),
        ("", {"CI_MEDIAGEN_PUBLISH": "[{directory: x}]"}),
    ],
)
def test_no_layer_gets_around_a_lock(tmp_path: Path, organisation: Repo, text: str, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="is locked by"):
        load(tmp_path, pinned(organisation) + text, **environ)


def test_keys_beside_a_locked_one_may_be_set(tmp_path: Path, organisation: Repo) -> None:
    config = load(tmp_path, pinned(organisation) + "announce: each\nbrand: {website: acme.dev}\n")
    assert config.announce.mode == "each"
    assert config.announce.slack is not None


def test_a_file_of_the_same_repository_may_be_extended(tmp_path: Path) -> None:
    (tmp_path / "project" / "ci").mkdir(parents=True)
    (tmp_path / "project" / "ci" / "base.yml").write_text("project: Base\noutput: out\nlocks: output\n")
    config = load(tmp_path, "extends: ci/base.yml\nproject: Mine\n")
    assert (config.project, config.output) == ("Mine", "out")
    assert config.origin("output") == "ci/base.yml:2"
    with pytest.raises(ConfigError, match=r"mediagen\.yml:2: output: is locked by ci/base\.yml:3"):
        load(tmp_path, "extends: ci/base.yml\noutput: x\n")


@pytest.mark.parametrize(
    "value",
    [
        "github:acme/media/base.yml@main",
        "github:acme/media/base.yml@v1",
        "github:acme/media/base.yml@abc1234",
        "github:acme/media/base.yml",
        f"git+http://example.com/x.git//base.yml@{SHA}",
        f"git+ssh://git@example.com/x.git//base.yml@{SHA}",
        f"git+ext::sh//base.yml@{SHA}",
        f"https://example.com/x.yml@{SHA}",
        f"git+https://user:word@example.com/x.git//base.yml@{SHA}",
        "git@github.com:acme/media.git",
    ],
)
def test_what_is_not_pinned_to_a_commit_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match=r"mediagen\.yml:1: ") as refused:
        load(tmp_path, f"extends: {value!r}\n")
    assert "not pinned" in refused.value.message or "secret" in refused.value.message


@pytest.mark.parametrize("path", ["../x.yml", "a/../../x.yml", "nowhere.yml"])
def test_a_local_file_has_to_be_inside_the_repository(tmp_path: Path, path: str) -> None:
    (tmp_path / "x.yml").write_text("project: outside\n")
    with pytest.raises(ConfigError):
        load(tmp_path, f"extends: {path}\n")


def test_a_commit_or_file_that_does_not_exist_is_refused(tmp_path: Path, organisation: Repo) -> None:
    with pytest.raises(ConfigError, match=r"has no file 'media/gone\.yml'"):
        load(tmp_path, pinned(organisation, "media/gone.yml"))
    with pytest.raises(ConfigError, match="has no file 'media'"):
        load(tmp_path, pinned(organisation, "media"))
    with pytest.raises(MediagenError):
        load(tmp_path, f"extends: git+file://{organisation.path}//media/base.yml@{SHA}\n")


def test_a_mistake_in_the_extended_file_names_that_file(tmp_path: Path, organisation: Repo) -> None:
    organisation.commit("fix: break", {"media/base.yml": "\nbrand: {acent: '#fff'}\n"})
    with pytest.raises(ConfigError, match=rf"organisation/media/base\.yml@{organisation.head[:10]}:2: brand\.acent"):
        load(tmp_path, pinned(organisation))


def test_a_lock_on_nothing_is_a_mistake(tmp_path: Path, organisation: Repo) -> None:
    organisation.commit("fix: break", {"media/base.yml": "locks: [brand.acent]\n"})
    with pytest.raises(ConfigError, match=r"there is no key 'brand\.acent'; did you mean 'accent'"):
        load(tmp_path, pinned(organisation))


def test_an_extended_file_extends_nothing_and_holds_no_secrets(tmp_path: Path, organisation: Repo) -> None:
    organisation.commit("fix: chain", {"media/base.yml": "extends: other.yml\n"})
    with pytest.raises(ConfigError, match="cannot extend another"):
        load(tmp_path, pinned(organisation))
    organisation.commit("fix: leak", {"media/base.yml": "announce: {slack: {channel: xoxb-123456789012}}\n"})
    with pytest.raises(ConfigError, match="looks like a secret"):
        load(tmp_path, pinned(organisation))


def test_a_github_address_uses_the_server_of_the_run_and_its_token_only_there() -> None:
    found = _pinned(f"github:acme/media/a/base.yml@{SHA}", {"GITHUB_SERVER_URL": "https://git.acme.dev"})
    assert found is not None
    assert (found.url, found.path) == ("https://git.acme.dev/acme/media.git", "a/base.yml")
    environ = _with_token(found, {"GITHUB_TOKEN": "t0ken"})
    assert environ["GIT_CONFIG_KEY_0"] == "http.https://git.acme.dev/.extraheader"
    other = _pinned(f"git+https://evil.example/x.git//base.yml@{SHA}", {})
    assert other is not None
    assert "GIT_CONFIG_COUNT" not in _with_token(other, {"GITHUB_TOKEN": "t0ken"})


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("fatal: Authentication failed for 'https://x/'", CredentialsError),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", CredentialsError),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", ServiceError),
        ("fatal: remote error: upload-pack: not our ref 0123", ConfigError),
    ],
)
def test_git_refusals_become_the_error_that_says_what_to_do(said: str, kind: type[Exception]) -> None:
    found = _pinned(f"github:acme/media/base.yml@{SHA}", {})
    assert found is not None
    assert isinstance(_fetch_error(found, Node("x", Mark("mediagen.yml", 1)), said), kind)


def test_the_cache_lies_where_the_environment_says() -> None:
    assert cache_root({"CI_MEDIAGEN_CACHE": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert cache_root({"XDG_CACHE_HOME": "/b"}) == Path("/b/ci-mediagen")
    assert cache_root({"HOME": "/h"}) == Path("/h/.cache/ci-mediagen")
