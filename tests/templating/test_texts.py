"""The standard texts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ci_mediagen.model.change import Commit, Highlight, Person, Release
from ci_mediagen.model.template import Template
from ci_mediagen.templating.script import direction, language
from ci_mediagen.templating.texts import STANDARD_TEXTS, texts
from tests.support.changes import BRAND, changes

TEMPLATE = Template("feature", "x", ())
FEATURE, RELEASE = changes()["feature"], changes()["release"]


def test_every_standard_text_is_there_for_every_kind_of_change() -> None:
    for change in changes().values():
        assert tuple(texts(change, BRAND, TEMPLATE)) == STANDARD_TEXTS


@pytest.mark.parametrize(
    ("name", "kicker"),
    [
        ("feature", "New feature"), ("fix", "Fix"), ("performance", "Performance"), ("security", "Security"),
        ("docs", "Documentation"), ("dependency", "Dependencies"), ("breaking", "Breaking change"), ("release", "Release"),
        ("digest", "What's new"), ("default", "Under the hood"),
    ],
)  # fmt: skip
def test_the_kicker_says_what_kind_of_change_it_is(name: str, kicker: str) -> None:
    assert texts(changes()[name], BRAND, TEMPLATE)["kicker"] == kicker


def test_prereleases_and_security_releases_say_so() -> None:
    release = Release("v3.0.0-rc.1", "3.0.0-rc.1", prerelease=True)
    assert texts(replace(RELEASE, release=release), BRAND, TEMPLATE)["kicker"] == "Pre-release"
    assert texts(replace(RELEASE, security=True), BRAND, TEMPLATE)["kicker"] == "Security release"


def test_bullets_are_the_highlights_unless_the_headline_has_said_it_all() -> None:
    assert texts(FEATURE, BRAND, TEMPLATE)["bullets"] == []
    assert len(texts(RELEASE, BRAND, TEMPLATE)["bullets"]) == 4
    twice = replace(RELEASE, highlights=(Highlight("Same"), Highlight("Same"), Highlight("Other")))
    assert texts(twice, BRAND, TEMPLATE)["bullets"] == ["Same", "Other"]


ADA, GRACE = Person("Ada Lovelace"), Person("Grace Hopper")
COMMIT = Commit("a" * 40, "x")


@pytest.mark.parametrize(
    ("commits", "authors", "line"),
    [
        (1, (ADA,), "by Ada Lovelace"),
        (1, (ADA, GRACE), "by 2 people"),
        (1, (), "1 change"),
        (12, (ADA,), "12 changes, 1 person"),
        (12, (ADA, GRACE), "12 changes, 2 people"),
        (1234, (ADA, GRACE), "1,234 changes, 2 people"),
    ],
)
def test_people_are_counted_in_good_english(commits: int, authors: tuple[Person, ...], line: str) -> None:
    change = replace(FEATURE, commits=(COMMIT,) * commits, authors=authors)
    assert texts(change, BRAND, TEMPLATE)["people"] == line


def test_merge_commits_are_not_counted_as_changes() -> None:
    change = replace(FEATURE, commits=(COMMIT, COMMIT, replace(COMMIT, merge=True)), authors=(ADA,))
    assert texts(change, BRAND, TEMPLATE)["people"] == "2 changes, 1 person"


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ada Lovelace", "AL"), ("grace brewster murray hopper", "GH"), ("李明", "李"), ("Jean-Luc", "JL"), ("🦄 Uni", "U"),
        ("e\u0301va kova\u0301cs", "E\u0301K"), ("", "?"), ("...", "?"), ("محمد علي", "مع"), ("linus", "L"),
    ],
)  # fmt: skip
def test_initials(name: str, initials: str) -> None:
    change = replace(FEATURE, authors=(Person(name),))
    assert texts(change, BRAND, TEMPLATE)["authors"][0]["initials"] == initials


def test_at_most_five_authors_are_named() -> None:
    change = replace(FEATURE, authors=(ADA,) * 30)
    assert len(texts(change, BRAND, TEMPLATE)["authors"]) == 5


@pytest.mark.parametrize(
    ("text", "lang", "dir_"),
    [
        ("Dark mode everywhere", "en", "ltr"),
        ("", "en", "ltr"),
        ("12345 !!!", "en", "ltr"),
        ("全新的深色模式", "zh", "ltr"),
        ("ダークモードに対応", "ja", "ltr"),
        ("新機能を追加", "ja", "ltr"),
        ("다크 모드 지원", "ko", "ltr"),
        ("الوضع الداكن في كل مكان", "ar", "rtl"),
        ("حالت تاریک در همه جا پشتیبانی می‌شود", "fa", "rtl"),
        ("ہر جگہ ڈارک موڈ", "ur", "rtl"),
        ("מצב כהה בכל מקום", "he", "rtl"),
        ("डार्क मोड हर जगह", "hi", "ltr"),
        ("โหมดมืดทุกที่", "th", "ltr"),
        ("Тёмная тема везде", "ru", "ltr"),
        ("Темна тема у кожній їжі", "uk", "ltr"),
        ("Σκοτεινή λειτουργία", "el", "ltr"),
        ("GraphQL API 支持深色模式和导出", "zh", "ltr"),
        ("Add support for the 中 character in identifiers", "en", "ltr"),
    ],
)
def test_language_and_direction_are_guessed_by_script(text: str, lang: str, dir_: str) -> None:
    assert language(text) == lang
    assert direction(language(text)) == dir_
