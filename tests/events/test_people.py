"""One person once, bots apart."""

from __future__ import annotations

import pytest

from ci_mediagen.events.people import Signature, distinct, is_bot, person, with_opener
from ci_mediagen.model.change import Person

ADA = Signature("Ada Lovelace", "ada@example.com")


def test_one_person_with_several_addresses_is_one_and_the_busiest_comes_first():
    people = distinct([
        Signature("Grace Hopper", "grace@example.com"),
        ADA,
        Signature("Ada Lovelace", "17+ada@users.noreply.github.com"),
        Signature("ada", "ADA@example.com"),
        Signature("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
    ])  # fmt: skip
    assert [(one.name, one.login) for one in people] == [("Ada Lovelace", "ada"), ("Grace Hopper", None)]


def test_a_push_knows_accounts_by_address():
    assert person(ADA, {"ada@example.com": "ada"}).login == "ada"


@pytest.mark.parametrize(
    "name",
    [
        "dependabot[bot]",
        "renovate",
        "Renovate Bot",
        "github-actions",
        "my-release-bot",
        "semantic-release-bot",
        "project_12_bot_3fa",
        "web-flow",
    ],
)
def test_machines_are_known_by_name(name: str):
    assert is_bot(name)


@pytest.mark.parametrize("name", ["Ada", "Abbott", "robot-lover", "Botond", None, ""])
def test_people_are_not_taken_for_machines(name: str | None):
    assert not is_bot(name)


def test_nobody_is_without_a_name():
    assert person(Signature("", "")).name == "somebody"
    assert person(Signature("\x1b\x00", "x@y")).name == "x"


def test_the_opener_is_foremost_and_not_twice():
    ada, grace = Person("Ada Lovelace"), Person("Grace Hopper", "grace")
    assert with_opener((ada,), Person("ada", "ada")) == (Person("Ada Lovelace", "ada"),)
    assert with_opener((ada, grace), Person("grace", "Grace")) == (grace, ada)
    assert with_opener((ada, grace), Person("eve", "eve")) == (Person("eve", "eve"), ada, grace)
    assert with_opener((ada, grace), Person("x[bot]", "x[bot]", bot=True)) == (ada, grace)
    assert with_opener((), None) == ()
