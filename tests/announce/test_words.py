from __future__ import annotations

import unicodedata

import pytest

from ci_mediagen.announce.words import MAX_BULLET, MAX_TITLE, bullets, changes, context, short_version, title
from ci_mediagen.model.change import Change, Commit, Highlight, Package, Person, Release
from ci_mediagen.text.corpus import CORPUS
from tests.support.announcements import change


def merge(**fields: object) -> Change:
    return change(**{"kind": "merge", "release": None, "highlights": (Highlight("Dark mode"),), **fields})


def highlights(*headlines: str) -> tuple[Highlight, ...]:
    return tuple(map(Highlight, headlines))


def test_a_release_is_titled_by_version_and_its_two_foremost_changes() -> None:
    assert title("Aurora Studio", change()) == "Aurora Studio 2.4 - Dark mode, 3x faster search"


def test_a_release_without_anything_to_tell_is_titled_by_its_version() -> None:
    assert title("Aurora Studio", change(highlights=())) == "Aurora Studio 2.4"


def test_a_merge_is_titled_by_its_headline() -> None:
    assert title("Aurora Studio", merge(headline="Dark mode everywhere")) == "Aurora Studio - Dark mode everywhere"


def test_a_change_without_a_headline_is_titled_by_how_much_it_is() -> None:
    assert title("Aurora Studio", merge(headline=" ")) == "Aurora Studio - 12 changes"


@pytest.mark.parametrize(
    ("version", "short"),
    [
        ("2.4.0", "2.4"),
        ("2.4.1", "2.4.1"),
        ("2.0.0", "2.0"),
        ("0.0.0", "0.0"),
        ("10.20.0", "10.20"),
        ("2.4.0-rc.1", "2.4.0-rc.1"),
        ("2.4", "2.4"),
        ("2026.11.0.0", "2026.11.0.0"),
    ],
)
def test_a_version_loses_its_last_zero_only(version: str, short: str) -> None:
    assert short_version(version) == short


def test_one_package_of_several_is_named_unless_the_project_has_its_name() -> None:
    release = Release("web@2.4.0", "2.4.0")
    package = Package("web", "Web Console", ("packages/web",))
    one = change(release=release, packages=(package,), highlights=())
    assert title("Aurora", one) == "Aurora Web Console 2.4"
    assert title("Aurora Web Console", one) == "Aurora Web Console 2.4"
    assert title("Aurora", change(packages=(package, package), highlights=())) == "Aurora 2.4"


def test_two_long_changes_do_not_both_fit_a_title() -> None:
    told = title("Aurora", change(highlights=highlights("a" * 100, "b" * 100)))
    assert told == f"Aurora 2.4 - {'a' * 100}"


def test_a_release_has_up_to_three_bullets() -> None:
    assert bullets(change()) == ("Dark mode", "3x faster search", "Export to CSV")


def test_bullets_do_not_repeat_a_headline_that_says_it_all() -> None:
    assert bullets(change(highlights=highlights("Dark mode", "3x faster search"))) == ()
    assert bullets(merge(headline="Dark mode")) == ()
    assert bullets(merge(headline="Dark mode", highlights=highlights("Dark mode", "CSV", "CSV"))) == ("CSV",)


def test_the_context_counts_changes_and_people() -> None:
    assert context(change()) == "12 changes, 5 people"


def test_one_is_not_plural() -> None:
    assert context(merge(commits=(Commit("a", "x"),), authors=(Person("A"),))) == "1 change, 1 person"


def test_bots_only_is_no_people() -> None:
    assert context(change(authors=())) == "12 changes"


def test_history_read_in_part_gives_a_least_number_and_the_reason() -> None:
    partly = change(complete=False, incomplete_reason="the clone is shallow")
    assert context(partly) == "at least 12 changes, 5 people (the clone is shallow)"
    assert "missing" in context(change(complete=False, incomplete_reason=""))


def test_a_pull_request_is_one_change_and_merge_commits_are_none() -> None:
    commits = (
        Commit("1", "a", pull_request=7),
        Commit("2", "b", pull_request=7),
        Commit("3", "c"),
        Commit("4", "Merge pull request #7", pull_request=7, merge=True),
        Commit("5", "Merge branch 'main'", merge=True),
    )
    assert changes(change(commits=commits)) == 2


@pytest.mark.parametrize("name", CORPUS)
def test_words_are_single_short_lines_whatever_strangers_write(name: str) -> None:
    nasty = CORPUS[name]
    package = Package("x", nasty, ())
    for told in (
        change(highlights=highlights(nasty, nasty, "a", "b"), release=Release(nasty, nasty), packages=(package,)),
        merge(headline=nasty, highlights=highlights(nasty, "b"), complete=False, incomplete_reason=nasty),
    ):
        lines = [title(nasty, told), *bullets(told), context(told)]
        assert all(unicodedata.category(character) not in ("Cc", "Cs", "Zl") for line in lines for character in line)
        assert len(title(nasty, told)) <= MAX_TITLE
        assert all(len(bullet) <= MAX_BULLET for bullet in bullets(told))
