"""The Jinja of texts: useful for people, and no way out, no bomb and no waiting for anybody else."""

# ruff: noqa: E501  the list of words is a table
from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_mediagen.templating import sandbox
from ci_mediagen.templating.sandbox import TextError, check, evaluate, render
from ci_mediagen.templating.view import VARIABLES, context
from tests.support.changes import BRAND, changes

TEXT = {"headline": "Dark mode", "bullets": ["one", "two"], "authors": [{"name": "Zoe"}, {"name": "Ada"}], "empty": []}
TYPES: Mapping[str, Any] = {**VARIABLES, "text": frozenset(TEXT)}


def variables() -> dict[str, Any]:
    return context(changes()["feature"], BRAND, None, TEXT)


def fill(text: str) -> str:
    check(text, TYPES)
    return render(text, variables())


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain {text}", "plain {text}"),
        ("{{ change.headline }}, slow push in", "Dark mode everywhere, slow push in"),
        ("{{ text.headline | upper }}", "DARK MODE"),
        ("{{ 'a' ~ project ~ 1 }}", "aAurora Studio1"),
        ("{{ 'yes' if change.breaking }}!", "!"),
        ("{% if change.scope %}in {{ change.scope }}{% endif %}", "in editor"),
        ("{% for b in text.bullets %}{{ loop.index }}. {{ b }}{{ '; ' if not loop.last }}{% endfor %}", "1. one; 2. two"),
        ("{{ text.authors | map(attribute='name') | sort | join(', ') }}", "Ada, Zoe"),
        ("{{ change.highlights[0].headline }}", "Dark mode everywhere"),
        ("{{ change.release.version if change.release else 'next' }}", "next"),
        ("{{ change.release }}", ""),
        ("{{ change.pull_request.number + 1 }}", "413"),
        ("{% set who = change.authors | first %}by {{ who }}", "by Ada Lovelace"),
        ("{{ nobody | default('x') if false else 'y' }}", None),
        ("{{ 'a-' * 3 }}", "a-a-a-"),
        ("{{ text.headline | truncate(7) }}", "Dark..."),
    ],
)  # fmt: skip
def test_texts_are_filled_in(text: str, filled: str | None) -> None:
    if filled is None:
        with pytest.raises(TextError):
            fill(text)
    else:
        assert fill(text) == filled


def test_an_expression_alone_may_give_a_list() -> None:
    assert evaluate("{{ text.bullets }}", variables()) == ["one", "two"]
    assert evaluate("{{ (text.empty or text.bullets)[:1] }}", variables()) == ["one"]
    assert evaluate("{{ text.headline }}", variables()) == "Dark mode"


@pytest.mark.parametrize("text", ["{{ text.bullets }} ", "x{{ text.bullets }}", "{{ change }}", "{{ text }}"])
def test_what_is_no_text_is_not_printed_as_python(text: str) -> None:
    with pytest.raises(TextError, match=r"join it|choose one"):
        render(text, variables())


ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''['__cla' ~ 'ss__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ [change]|map(attribute='__class__')|list }}",
    "{{ [change]|map(attribute='__init__.__globals__')|list }}",
    "{{ text.bullets|map('attr', '__class__')|list }}",
    "{{ text.bullets|sort(attribute='__class__')|list }}",
    "{{ text.bullets|selectattr('__class__')|list }}",
    "{{ text.bullets|sum(attribute='__class__') }}",
    "{{ change.__dict__ }}",
    "{{ change['__dataclass_fields__'] }}",
    "{{ change.__class__.__init__.__globals__['os'].system('id') }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ loop.__class__ }}",
    "{% for x in text.bullets %}{{ loop._iterable }}{% endfor %}",
    "{% for x in text.bullets %}{{ loop['__class__'] }}{% endfor %}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner() }}",
    "{{ namespace(a=1) }}",
    "{{ lipsum(n=100000) }}",
    "{{ range(100000000)|list }}",
    "{{ dict(a=1) }}",
    "{{ config }}",
    "{{ request.application }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ change.headline.format(change) }}",
    "{{ '{0.__class__}'.format(change) }}",
    "{{ '%s' % change }}",
    "{{ text.update({'a': 1}) }}",
    "{{ text.pop('headline') }}",
    "{{ text.headline.join }}",
    "{{ text.items }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'a' import b %}",
    "{% extends 'base.html' %}",
    "{% block a %}{% endblock %}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% call a() %}{% endcall %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with a = 1 %}{{ a }}{% endwith %}",
    "{% raw %}{% endraw %}{{ ().__class__ }}",
    "{% autoescape false %}{% endautoescape %}",
    "{{ {'a': 1} }}",
    "{{ 1 .__class__ }}",
    "{{ none.__class__ }}",
]

BOMBS = [
    "{{ 'a' * 10**9 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 1000000000 * 'a' }}",
    "{{ ['a'] * 1000000000 }}",
    "{{ 9 ** 999999999 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a' | indent(1000000000) }}",
    "{{ '{:>1000000000}' | format(1) }}",
    "{{ 'aaaa' | replace('a', 'b' * 3000) | replace('b', 'c' * 3000) }}",
    "{{ ('a' * 3000) | replace('', 'b' * 3000) }}",
    "{{ ('a' * 3000) | join('b' * 3000) }}",
    "{{ ['a' * 3000, 'b' * 3000, 'c' * 3000] | join }}",
    "{{ ('a' * 3000) ~ ('a' * 3000) }}",
    "{{ ('a' * 3000) + ('a' * 3000) }}",
    "{% set x = 'a' * 30 %}" + "{% set x = x ~ x %}" * 40,
    "{% set x = 'a' * 30 %}" + "{% set x = x + x %}" * 40,
    "{% set x = text.bullets %}" + "{% set x = x + x %}" * 40,
    "{% set x = [1, 2, 3] %}" + "{% set x = [x, x, x] %}" * 40,
    "{% set x = 99999999999 %}" + "{% set x = x * x %}" * 40,
    "{% for a in 'a' * 300 %}{% for b in 'a' * 300 %}{% for c in 'a' * 300 %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in 'a' * 3000 %}{% endfor %}",
    "{% for a in 'a' * 400 %}{{ ('a,' * 900) | list | sort | join }}{% endfor %}",
    "{% for a in 'a' * 400 %}" + "{{ a | upper | lower | title | trim }}" * 60 + "{% endfor %}",
    "{{ 1.5 | round(1000000000) }}",
    "{{ " + "(" * 1500 + "1" + ")" * 1500 + " }}",
    "{{ " + "-" * 3000 + "1 }}",
    "{{ " + "1 + " * 900 + "1 }}",
    "{{ " + "not " * 900 + "1 }}",
    "{{ 'a'" + " | upper" * 400 + " }}",
    "{{ a" + ".b" * 1500 + " }}",
    "{% if 1 %}" * 150 + "{% endif %}" * 150,
    "{{ '" + "a" * 10_000 + "' }}",
]  # fmt: skip


@pytest.mark.parametrize("text", ESCAPES)
def test_nothing_leads_out_of_the_sandbox(text: str) -> None:
    with pytest.raises(TextError):
        fill(text)


@pytest.mark.parametrize("text", ESCAPES)
def test_rendering_alone_refuses_or_tells_nothing(text: str) -> None:
    """`check` is for early messages: safety does not depend on it."""
    try:
        rendered = render(text, variables())
    except TextError:
        return
    assert not any(word in rendered for word in ("class", "object", "0x", "method", "function"))


@pytest.mark.parametrize("text", BOMBS, ids=range(len(BOMBS)))
def test_no_text_takes_long_or_becomes_huge(text: str) -> None:
    started = time.process_time()
    with pytest.raises(TextError):
        render(text, variables())
    assert time.process_time() - started < 2


def test_the_most_that_is_allowed_still_ends_soon() -> None:
    """The worst found within all bounds: every turn of every loop compares and sorts as much as it may."""
    work = "{{ (x | sort) == (x | list) }}"
    text = "{% set x = ('ab' * 20) | list %}{% for a in 'a' * 400 %}" + work * 3 + "{% endfor %}"
    started = time.process_time()
    with pytest.raises(TextError, match="steps"):
        render(text, variables())
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("{{ chnage.headline }}", 1, "there is no variable 'chnage'; did you mean 'change'?"),
        ("a\n\n{{ change.headlin }}", 3, "there is no 'change.headlin'; did you mean 'headline'?"),
        ("{{ change.pull_request.titel }}", 1, "there is no 'change.pull_request.titel'; did you mean 'title'?"),
        ("{{ change.highlights[0].headlin }}", 1, "there is no 'change.highlights[...].headlin'; did you mean 'headline'?"),
        ("{{ text.bulets }}", 1, "there is no 'text.bulets'; did you mean 'bullets'?"),
        ("{{ project | uper }}", 1, "there is no filter 'uper'; did you mean 'upper'?"),
        ("{{ project is definde }}", 1, "there is no test 'definde'; did you mean 'defined'?"),
        ("a\n{{ project", 2, "bad Jinja: unexpected end of template, expected 'end of print statement'"),
        ("a\n{% if project %}\nb", 2, "bad Jinja"),
        ("{% end %}", 1, "bad Jinja"),
        ("{{ project() }}", 1, "calls are not allowed"),
    ],
)  # fmt: skip
def test_mistakes_are_found_before_anything_is_filled_in(text: str, line: int, message: str) -> None:
    with pytest.raises(TextError) as refused:
        check(text, TYPES)
    assert refused.value.message.startswith(message)
    assert refused.value.line == line


def test_an_attribute_of_nothing_is_explained_with_its_line() -> None:
    with pytest.raises(TextError, match="none here") as refused:
        render("a\nb\n{{ change.release.version }}", variables())
    assert refused.value.line == 3


def test_a_name_that_is_shadowed_is_not_checked_against_the_variable() -> None:
    check("{% for change in text.authors %}{{ change.name }}{% endfor %}", TYPES)


def test_texts_without_jinja_are_returned_as_they_are() -> None:
    assert not sandbox.is_jinja("{ not jinja }")
    assert render("{ not jinja }", {}) == "{ not jinja }"


WORDS = ["{{", "}}", "{%", "%}", "{#", "#}", " ", "change", "text", ".", "headline", "bullets", "authors", "|", "~", "*", "+", "%", "(", ")", "[", "]",
         "'a'", "9", "99", "for x in", "if", "endfor", "endif", "else", "set x =", "upper", "join", "list", "sort", "is", "defined", "==",
         "not", "in", ":", ",", "x", "loop", "_", "first", "map", "replace", "\n", "-"]  # fmt: skip


@settings(max_examples=500, deadline=2000)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_any_text_is_filled_in_or_one_of_our_errors(text: str) -> None:
    with contextlib.suppress(TextError):
        check(text, TYPES)
    with contextlib.suppress(TextError):
        assert len(render(text, variables())) <= max(sandbox.MAX_TEXT, len(text))
