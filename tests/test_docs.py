"""What the documents say is what the program does: links, commands, configuration, templates, tables and messages."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import itertools
import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import click
import pytest
import yaml

from ci_mediagen import errors
from ci_mediagen.cli.main import cli
from ci_mediagen.config import load_config
from ci_mediagen.config.layers import NOT_CONFIGURATION, PREFIX, environment_layer
from ci_mediagen.config.organisation import _pinned
from ci_mediagen.config.settings import Settings
from ci_mediagen.errors import ConfigError, MediagenError
from ci_mediagen.model import template as model
from ci_mediagen.model.change import ChangeKind
from ci_mediagen.model.task import TaskName
from ci_mediagen.templating.environment import FILTERS, TESTS
from ci_mediagen.templating.load import load_template, load_templates
from ci_mediagen.templating.source import WorkTree
from ci_mediagen.templating.texts import STANDARD_TEXTS
from ci_mediagen.templating.view import VARIABLES
from ci_mediagen.text.marked_yaml import parse
from ci_mediagen.text.s3_key import FIELDS
from ci_mediagen.text.validation import keys_of, validated

ROOT = Path(__file__).parents[1]
README, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
PLATFORM, AUTHORS = ROOT / "docs" / "platform-engineers.md", ROOT / "docs" / "template-authors.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TOLD = [path for path in DOCUMENTS if "reference" not in path.parts]
"""The documents that people write; those of docs/reference are generated."""

NOT_OURS = frozenset({"REQUIRE_REAL_PARTS"})
"""Variables of the prefix that only the tests read."""

OWN_TEMPLATE = re.compile(r"\.mediagen/templates/[a-z0-9-]+/[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    document: Path
    line: int
    language: str
    text: str

    @property
    def title(self) -> str:
        """What its first line names as the file that it is, in a comment of its language."""
        first = self.text.partition("\n")[0].strip()
        found = re.fullmatch(r"(?:#|\{#|<!--|/\*)\s*(.*?)\s*(?:#\}|-->|\*/)?", first)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT).as_posix()}:{self.line}"


def blocks(document: Path) -> list[Block]:
    found, opened, language, lines = [], 0, "", list[str]()
    for number, line in enumerate(document.read_text("utf-8").splitlines(), 1):
        fence = re.fullmatch(r" {0,3}```\s*([\w-]*).*", line)
        if fence and not opened:
            opened, language, lines = number, fence[1], []
        elif fence:
            found.append(Block(document, opened, language, "\n".join([*lines, ""])))
            opened = 0
        elif opened:
            lines.append(line)
    assert not opened, f"{document.name}:{opened}: the block is never closed"
    return found


def prose(document: Path) -> str:
    """The document without its blocks of code, lines kept."""
    kept, inside = [], False
    for line in document.read_text("utf-8").splitlines():
        fence = re.fullmatch(r" {0,3}```.*", line) is not None
        inside ^= fence
        kept.append("" if inside or fence else line)
    return "\n".join(kept)


def headings(document: Path) -> list[tuple[int, str]]:
    return [(len(marks), text.strip()) for marks, text in re.findall(r"^(#{1,6}) (.+)$", prose(document), re.MULTILINE)]


def anchors(document: Path) -> set[str]:
    """The fragments under which GitHub shows the headings."""
    found: set[str] = set()
    for _, text in headings(document):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = 1
        while (name := slug if number == 1 else f"{slug}-{number - 1}") in found:
            number += 1
        found.add(name)
    return found


def links(document: Path) -> list[str]:
    without_code = re.sub(r"`[^`\n]*`", "", prose(document))
    return re.findall(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", without_code)


def table(document: Path, first: str) -> list[list[str]]:
    """The rows of the table whose first heading is this, as cells."""
    found = re.search(rf"^\| {re.escape(first)} \|.*\n(?:\|.*\n)+", f"{prose(document)}\n", re.MULTILINE)
    assert found is not None, f"{document.name} has no table of {first!r}"
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]] for line in found[0].splitlines()[2:]]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def each(documents: Collection[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("document", documents, ids=lambda path: path.relative_to(ROOT).as_posix())


# Links


@each(DOCUMENTS)
def test_every_relative_link_leads_to_a_file_and_every_fragment_to_a_heading(document: Path) -> None:
    dead = []
    for link in links(document):
        path, _, fragment = unquote(link).partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (document.parent / path).resolve() if path else document
        if not target.is_relative_to(ROOT) or not target.exists():
            dead.append(link)
        elif fragment and target.suffix == ".md" and fragment not in anchors(target):
            dead.append(f"{link} (no such heading)")
    assert dead == []


@each(DOCUMENTS)
def test_addresses_are_encrypted(document: Path) -> None:
    assert [link for link in links(document) if link.startswith("http://")] == []


@each(DOCUMENTS)
def test_nothing_of_the_machine_that_it_was_written_on_is_mentioned(document: Path) -> None:
    text = document.read_text("utf-8")
    places = [str(ROOT), str(Path.home()), f"{tempfile.gettempdir()}/"]
    assert [place for place in places if len(place) > 2 and place in text] == []
    assert re.findall(r"(?<![\w.~-])/(?:work|root|home)/\S*|\.\./shared/|(?<![\w/-])shared/", text) == []


# Commands and variables


def commands(document: Path) -> Iterator[tuple[str, list[str]]]:
    """(where, arguments) of every `ci-mediagen ...` that somebody may type."""
    for block in blocks(document):
        if block.language in ("sh", "bash", "console"):
            for line in block.text.replace("\\\n", " ").splitlines():
                yield from ((f"{block}: {line}", found) for found in _calls(line))
    for code in re.findall(r"`(ci-mediagen [^`\n]+)`", prose(document)):
        yield from ((f"{document.name}: {code}", found) for found in _calls(code))


def _calls(line: str) -> Iterator[list[str]]:
    for part in re.split(r"&&|\|\||[|;]|\$\(|\)$", re.sub(r"(?:^|\s)#.*", "", line)):
        try:
            words = shlex.split(re.sub(r"\d?>>?\s*\S+", "", part))
        except ValueError:
            continue
        while words and re.fullmatch(r"[A-Z_][A-Z0-9_]*=.*", words[0]):
            words = words[1:]
        if words and words[0].rpartition("/")[2] == "ci-mediagen":
            yield words[1:]


def understood(arguments: list[str]) -> str:
    """Why click would refuse; empty where it would not. Nothing is run."""
    command: click.Command = cli
    context = click.Context(cli, info_name="ci-mediagen")
    rest = list(arguments)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        if found is None:
            return f"there is no command {rest[0]!r}"
        command, rest = found, rest[1:]
    try:
        with contextlib.redirect_stdout(None):
            command.make_context(command.name, rest, parent=context)
    except click.exceptions.Exit:  # --help, --version
        pass
    except click.exceptions.NoArgsIsHelpError:
        pass  # a group by its name alone
    except click.ClickException as error:
        return error.format_message()
    return ""


@each(TOLD)
def test_every_command_line_parses(document: Path) -> None:
    wrong = [f"{where}: {why}" for where, arguments in commands(document) if (why := understood(arguments))]
    assert wrong == []


def test_the_check_of_command_lines_finds_a_wrong_one() -> None:
    assert understood(["run", "--only", "card"]) == ""
    assert "No such option" in understood(["run", "--onyl", "card"])
    assert "there is no command" in understood(["rnu"])
    assert understood(["templates", "test", "--only"]) != ""


@each(DOCUMENTS)
def test_every_variable_of_ours_that_is_named_is_accepted(document: Path) -> None:
    refused = []
    for name in set(re.findall(rf"\b{PREFIX}[A-Z0-9_]*[A-Z0-9]\b", document.read_text("utf-8"))) - NOT_OURS:
        try:
            layer = environment_layer({name: "x"})
        except ConfigError as error:
            refused.append(error.message)
            continue
        assert layer.children or name.removeprefix(PREFIX) in NOT_CONFIGURATION, name
    assert refused == []


# Configuration and templates that are shown


def shown(title: str, *documents: Path) -> list[Block]:
    return [block for document in documents or TOLD for block in blocks(document) if block.title == title]


def test_every_configuration_that_is_shown_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = shown("mediagen.yml")
    assert len(examples) >= 2
    (organisation,) = shown("acme/media-config: mediagen.yml")
    given = organisation.text.encode()
    monkeypatch.setattr("ci_mediagen.config.load.read_extended", lambda *_: (given, organisation.title))
    for block in examples:
        folder = tmp_path / f"{block.document.stem}-{block.line}"
        folder.mkdir()
        (folder / "mediagen.yml").write_text(block.text, "utf-8")
        config = load_config(folder, None, {}, {})
        if config.extends and ":" in config.extends:
            assert _pinned(config.extends, {}) is not None, block


def test_the_locks_that_are_shown_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (organisation,) = shown("acme/media-config: mediagen.yml")
    given = organisation.text.encode()
    monkeypatch.setattr("ci_mediagen.config.load.read_extended", lambda *_: (given, organisation.title))
    (tmp_path / "mediagen.yml").write_text("extends: x.yml\nbrand: {accent: '#ffffff'}\n", "utf-8")
    with pytest.raises(ConfigError, match="is locked by"):
        load_config(tmp_path, None, {}, {})


def test_the_annotated_configuration_has_every_key() -> None:
    example = max(shown("mediagen.yml", PLATFORM), key=lambda block: len(block.text))
    tree = parse(example.text, example.title, ConfigError)
    validated(Settings, tree, ConfigError)
    written = {".".join(str(step) for step in path if isinstance(step, str)) for path, _ in tree.walk()}
    missing = set(_keys(Settings)) - written - {"extends", "locks"}
    assert missing == set()


def _keys(kind: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    for name, below in keys_of(kind).items():
        yield ".".join((*path, name))
        yield from _keys(below, (*path, name))


def test_the_origin_that_is_shown_is_the_line_in_the_example(tmp_path: Path) -> None:
    example = max(shown("mediagen.yml", PLATFORM), key=lambda block: len(block.text))
    (tmp_path / "mediagen.yml").write_text(example.text, "utf-8")
    values = {key: (value, origin) for key, value, origin in load_config(tmp_path, None, {}, {}).values()}
    told = re.findall(r"# ([a-z_.]+): (\S+)  # (mediagen\.yml:\d+)", PLATFORM.read_text("utf-8"))
    assert told
    for key, value, origin in told:
        assert values[key] == (json.loads(value), origin)


def own_templates(folder: Path, document: Path) -> list[str]:
    """Writes the files of templates that a document shows whole. Returns the templates' names."""
    for block in blocks(document):
        if OWN_TEMPLATE.fullmatch(block.title):
            file = folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
    return sorted(path.parent.name for path in folder.rglob("template.yml"))


@each(TOLD)
def test_every_template_that_is_shown_loads_with_its_layouts(document: Path, tmp_path: Path) -> None:
    for name in own_templates(tmp_path, document):
        template = load_template(name, WorkTree(tmp_path))
        own = {path.name for path in (tmp_path / ".mediagen/templates" / name).iterdir()} - {"template.yml"}
        assert own <= {file.name for file in template.files}, "a layout that is shown is used"
    load_templates(WorkTree(tmp_path))


def parts(document: Path) -> list[Block]:
    return [block for block in blocks(document) if block.title.startswith("in template.yml")]


def test_every_part_of_a_template_that_is_shown_fits_into_one(tmp_path: Path) -> None:
    """A part stands for itself beside one shot, or brings its own."""
    found = [part for document in TOLD for part in parts(document)]
    assert len(found) >= 4
    for part in found:
        written = yaml.safe_load(part.text)
        rest = {} if "shots" in written else {"shots": [{"id": "card", "task": "card", "layout": "card.html"}]}
        file = tmp_path / f".mediagen/templates/part-{part.line}/template.yml"
        file.parent.mkdir(parents=True)
        file.write_text(f"{part.text}\n{yaml.safe_dump(rest) if rest else ''}", "utf-8")
        for name in re.findall(r"layout: ([\w-]+\.html)", part.text):
            (file.parent / name).write_text("<div>{{ text.headline }}</div>\n", "utf-8")
        load_template(f"part-{part.line}", WorkTree(tmp_path))


def mistakes() -> list[tuple[Block, str]]:
    """(a template that is wrong, what the document says that the program says)."""
    found = [block for block in blocks(AUTHORS) if block.title.endswith("(wrong)") or block.language == "text"]
    pairs = [(one, two) for one, two in itertools.pairwise(found) if one.title.endswith("(wrong)")]
    assert all(two.language == "text" for _, two in pairs)
    return [(one, two.text.strip()) for one, two in pairs]


def test_mistakes_are_told_in_the_words_that_are_shown(tmp_path: Path) -> None:
    assert len(mistakes()) >= 4
    for number, (block, told) in enumerate(mistakes()):
        folder = tmp_path / str(number)
        file = folder / block.title.removesuffix("(wrong)").strip()
        file.parent.mkdir(parents=True)
        file.write_text(block.text, "utf-8")
        with pytest.raises(MediagenError) as caught:
            load_template(file.parent.name, WorkTree(folder))
        assert f"Error: {caught.value}" == told, block


def test_what_is_said_while_drawing_is_what_the_code_says() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src/ci_mediagen/backends/compositor").glob("*.py"))
    told = [names(row[0])[0] for row in table(AUTHORS, "said while drawing")]
    assert len(told) >= 5
    assert [words for words in told if words not in source] == []


@pytest.mark.slow
def test_the_templates_that_are_shown_are_drawn(tmp_path: Path) -> None:
    from tests.support.command import ci_mediagen, environment
    from tests.support.project import make_project

    repo = make_project(tmp_path / "aurora-studio").path
    made = own_templates(repo, AUTHORS)
    assert len(made) >= 2
    ci_mediagen("templates", "test", *made, "--only", "card", cwd=repo, env=environment(tmp_path))
    for name in made:
        assert (repo / "mediagen-out/templates" / name / "index.html").is_file()


# Tables and lists


def test_the_exit_codes_are_those_of_the_errors() -> None:
    rows = table(PLATFORM, "exit")
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MediagenError)]
    codes = {errors.OK, errors.SIGINT_EXIT, errors.SIGTERM_EXIT, *(kind.exit_code for kind in classes)}
    assert [int(row[0]) for row in rows] == sorted(codes)
    forgiven = {int(code) for code, _, warn in rows if warn == "0"} - {errors.OK}
    assert forgiven == errors.FORGIVABLE
    order = re.search(r"the first of ([\d/, ]+) is the exit code", PLATFORM.read_text("utf-8"))
    assert order is not None
    told = [int(code) for code in re.findall(r"\d+", order[1])]
    assert told == [code for code in errors._HIGHEST_FIRST if code]


def test_the_limits_are_the_constants_that_they_name() -> None:
    units = {"": 1, "s": 1, "px": 1, "MB": 10**6, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    rows = table(PLATFORM, "what")
    limits = [row for row in rows if len(row) == 3 and re.fullmatch(r"`[\w.]+`", row[2])]
    assert len(limits) >= 20
    for what, limit, constant in limits:
        number, _, unit = limit.partition(" ")
        assert _constant(names(constant)[0]) == float(number) * units[unit], what


def _constant(path: str) -> Any:
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        with contextlib.suppress(ModuleNotFoundError):
            value: Any = importlib.import_module(".".join(["ci_mediagen", *parts[:length]]))
            for name in parts[length:]:
                value = _default(value, name)
            return value
    raise AssertionError(f"there is no {path}")


def _default(value: Any, name: str) -> Any:
    """A module's or class's name; of a dataclass with slots the field's default."""
    found = next((field for field in getattr(value, "__dataclass_fields__", {}).values() if field.name == name), None)
    return found.default if found else getattr(value, name)


def test_the_fields_of_s3_keys_are_all_there() -> None:
    told = [name.strip("{}") for row in table(PLATFORM, "field") for name in names(row[0]) if name.startswith("{")]
    assert sorted(told) == sorted(FIELDS)


def test_the_standard_texts_are_all_there() -> None:
    assert sorted(name for row in table(AUTHORS, "text") for name in names(row[0])) == sorted(STANDARD_TEXTS)


def test_the_variables_of_texts_are_all_there() -> None:
    rows = {names(row[0])[0]: row[1] for row in table(AUTHORS, "variable")}
    for variable, kind in VARIABLES.items():
        if not dataclasses.is_dataclass(kind):
            assert variable in rows
            continue
        assert names(rows[variable]) == [field.name for field in dataclasses.fields(kind)], variable


def test_the_conditions_of_when_are_all_there() -> None:
    told = [name for row in table(AUTHORS, "field of `when`") for name in names(row[0])]
    assert told == [field.name.rstrip("_") for field in dataclasses.fields(model.Condition)]


@pytest.mark.parametrize(
    ("key", "kind"),
    [("camera", model.Camera), ("transition", model.Transition), ("task", TaskName), ("kind", ChangeKind)],
)
def test_the_words_that_a_key_takes_are_all_there(key: str, kind: Any) -> None:
    (told,) = re.findall(rf"^- `{key}`: ((?:.|\n)*?)(?:\.\s|\n\n|\n- )", prose(AUTHORS), re.MULTILINE)
    assert sorted(names(told)) == sorted(get_args(kind))


def test_the_shapes_have_the_sizes_that_are_shown() -> None:
    told = {names(row[0])[0]: tuple(map(int, row[1].split("x"))) for row in table(AUTHORS, "shape")}
    assert told == dict(model.SHAPES)


def test_the_priorities_and_transitions_are_those_that_are_shown() -> None:
    from ci_mediagen.backends.compositor.transitions import SECONDS

    (sentence,) = re.findall(r"The\s+shipped ones:((?:.|\n)*?)\.\n", prose(AUTHORS))
    told = {
        name: int(number)
        for group, number in re.findall(r"([a-z ]+?) (\d+)", " ".join(sentence.split()))
        for name in group.split(" and ")
    }
    shipped = {template.name: template.priority for template in load_templates(WorkTree(ROOT / "docs"))}
    assert {name.strip(): number for name, number in told.items()} == {k: v for k, v in shipped.items() if v}
    seconds = {name: float(number) for name, number in re.findall(r"`(\w+)` \(([\d.]+) s\)", prose(AUTHORS))}
    assert seconds == {name: number for name, number in SECONDS.items() if number}


def test_the_keys_of_shots_and_scenes_are_all_there() -> None:
    for title, kind in (("key of a shot", model.Shot), ("key of a scene", model.Scene)):
        told = {name for row in table(AUTHORS, title) for name in names(row[0])}
        assert told == {field.name for field in dataclasses.fields(kind)}


@pytest.mark.parametrize(("what", "known"), [("Filters", FILTERS), ("Tests", TESTS)])
def test_the_filters_and_tests_of_texts_are_all_there(what: str, known: frozenset[str]) -> None:
    (told,) = re.findall(rf"^- {what}: ((?:.|\n)*?)\.\n", prose(AUTHORS), re.MULTILINE)
    assert sorted(names(told)) == sorted(known)


def test_what_a_layout_sees_is_all_there() -> None:
    from ci_mediagen.backends.compositor import composition
    from ci_mediagen.backends.compositor.fit import Fit, Fitted
    from ci_mediagen.backends.compositor.fonts import FontBook
    from ci_mediagen.backends.compositor.layouts import Layouts
    from ci_mediagen.backends.compositor.palette import Palette, make_palette
    from ci_mediagen.backends.compositor.texts import make_texts

    composer = composition.Composer(Layouts({}), {}, composition.size_of(1200, 630))
    texts = make_texts({"headline": "x"}, {}, FontBook())
    page = composition.Composition(
        composer, "card.html", Fitted(texts, Fit()), make_palette(None, None, "fix"), (), None, None
    )
    told = [name for row in table(AUTHORS, "a layout sees") for name in names(row[0])]
    assert sorted(told) == sorted(composer._context(page, "all"))
    (palette,) = [row[1] for row in table(AUTHORS, "a layout sees") if names(row[0]) == ["palette"]]
    assert set(names(palette)) == {field.name for field in dataclasses.fields(Palette)}


# The Chinese README


def test_the_chinese_readme_has_the_same_headings_and_blocks() -> None:
    assert [level for level, _ in headings(CHINESE)] == [level for level, _ in headings(README)]
    theirs, ours = blocks(CHINESE), blocks(README)
    assert [block.language for block in theirs] == [block.language for block in ours]
    for their, our in zip(theirs, ours, strict=True):
        assert _without_comments(their.text) == _without_comments(our.text), their


def _without_comments(text: str) -> list[str]:
    return [re.sub(r"\s+#\s.*", "", line).rstrip() for line in text.splitlines()]


def test_the_chinese_readme_has_the_same_links_but_that_to_the_other_language() -> None:
    theirs, ours = links(CHINESE), links(README)
    assert CHINESE.name in ours
    assert README.name in theirs
    assert [link for link in theirs if link != README.name] == [link for link in ours if link != CHINESE.name]


def test_the_chinese_readme_has_the_same_tables() -> None:
    def sizes(document: Path) -> list[int]:
        return [line.count("|") for line in prose(document).splitlines() if line.startswith("|")]

    assert sizes(CHINESE) == sizes(README)


# Generated documents


def test_the_generated_reference_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "generate_docs.py", "--check"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
