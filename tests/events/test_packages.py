"""Packages of a monorepo: their files and tags, told alike to Python and to git."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_mediagen.events.packages import PackageRule, of_tag, touched, version_in
from tests.support.repos import make_repo

FILES = [
    "web/a.js",
    "web-ui/a.js",
    "packages/web/src/a.js",
    "packages/web/README.md",
    "packages/api/a.py",
    "a.js",
    "docs/[x]/a.md",
]


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        ("web", ["web/a.js"]),
        ("./web/", ["web/a.js"]),
        ("web/a.js", ["web/a.js"]),
        ("packages/*", ["packages/web/src/a.js", "packages/web/README.md", "packages/api/a.py"]),
        ("packages/*/*.md", ["packages/web/README.md"]),
        ("packages/**/*.js", ["packages/web/src/a.js"]),
        ("**/*.md", ["packages/web/README.md", "docs/[x]/a.md"]),
        ("packages/web/**", ["packages/web/src/a.js", "packages/web/README.md"]),
        ("web*", ["web/a.js", "web-ui/a.js"]),
        ("we?", ["web/a.js"]),
        ("packages/[aw]*", ["packages/web/src/a.js", "packages/web/README.md", "packages/api/a.py"]),
        ("packages/[!a]*", ["packages/web/src/a.js", "packages/web/README.md"]),
        (".", FILES),
        ("nowhere", []),
    ],
)
def test_python_and_git_agree_on_what_a_pattern_holds(tmp_path: Path, pattern: str, held: list[str]):
    rule = PackageRule("x", paths=(pattern,))
    assert [file for file in FILES if rule.holds(file)] == held
    repo = make_repo(tmp_path / "repo")
    repo.write(dict.fromkeys(FILES, "x"))
    repo.git("add", "--all")
    assert sorted(repo.git("-c", "core.quotePath=off", "ls-files", "--", *rule.pathspecs()).split("\n")) == sorted(
        held or [""]
    )


def test_a_tag_belongs_to_the_package_with_the_most_particular_pattern():
    rules = [
        PackageRule("web", tag_pattern="web-{version}"),
        PackageRule("ui", tag_pattern="web-ui-{version}"),
        PackageRule("x"),
    ]
    found = of_tag(rules, "web-ui-1.0.0")
    assert found is not None
    assert found.name == "ui"
    assert of_tag(rules, "v1.0.0") is None


@pytest.mark.parametrize(
    ("tag", "pattern", "version"),
    [
        ("web@2.4.0", "web@{version}", "2.4.0"),
        ("web@v2.4.0", "web@{version}", "2.4.0"),
        ("2.4.0-web", "{version}-web", "2.4.0"),
        ("web@", "web@{version}", None),
        ("web@next", "web@{version}", None),
        ("api@2.4.0", "web@{version}", None),
        ("web@2.4.0", "web", None),
        ("ab", "ab{version}ab", None),
    ],
)
def test_the_version_in_a_tag(tag: str, pattern: str, version: str | None):
    assert version_in(tag, pattern) == version


def test_touched_packages_come_in_configured_order():
    rules = [
        PackageRule("web", "Web app", ("packages/web",)),
        PackageRule("api", paths=("packages/api",)),
        PackageRule("no", paths=("x",)),
    ]
    assert [(one.name, one.title) for one in touched(rules, reversed(FILES))] == [("web", "Web app"), ("api", "api")]


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_pattern_and_path_give_an_answer(pattern: str, path: str):
    PackageRule("x", paths=(pattern,)).holds(path)
    PackageRule("x", paths=(pattern,)).pathspecs()
    version_in(path, pattern)
