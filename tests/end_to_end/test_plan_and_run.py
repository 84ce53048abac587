"""`plan` decides everything and makes nothing; `run --plan` makes what was decided, elsewhere, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import answer, ci_mediagen, environment
from tests.support.project import NAME, make_project, screenshot
from tests.support.repos import Repo

CHANGE = {
    "kind", "sha", "range", "complete", "headline", "type", "scope", "breaking", "significance", "packages",
    "pull_request", "authors", "files",
}  # fmt: skip
TASK = {
    "id", "task", "backend", "prompt", "negative_prompt", "inputs", "seed", "model", "parameters", "recipe", "key",
    "depends_on", "reused",
}  # fmt: skip


def pictured_project(folder: Path) -> Repo:
    """A feature with a screenshot, whose card shows it."""
    return make_project(folder / NAME, files={"src/theme.py": "DARK = True\n", "docs/dark-mode.png": screenshot()})


@pytest.fixture
def pictured(tmp_path: Path) -> Repo:
    return pictured_project(tmp_path)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The plan for it, made once. Every such project has the same commits, and so the same plan."""
    folder = tmp_path_factory.mktemp("planned")
    repo, env = pictured_project(folder), environment(folder)
    text = ci_mediagen("plan", "--json", cwd=repo.path, env=env).stdout
    assert repo.git("status", "--porcelain", "--ignored") == ""
    assert not [path for path in Path(env["CI_MEDIAGEN_CACHE"]).rglob("*") if path.is_file()]
    return text


@pytest.fixture
def plan(planned: str, tmp_path: Path) -> Path:
    """The plan as a file."""
    path = tmp_path / "plan.json"
    path.write_text(planned, "utf-8")
    return path


def test_the_plan_has_the_promised_shape(plan: Path, pictured: Repo) -> None:
    document = json.loads(plan.read_text("utf-8"))
    assert {"schema_version", "change", "template", "tasks", "publish", "announce"} <= set(document)
    change = document["change"]
    assert set(change) >= CHANGE
    assert (change["kind"], change["sha"], change["headline"]) == ("manual", pictured.head, "Dark mode everywhere")
    assert (change["type"], change["scope"], change["breaking"], change["complete"]) == ("feat", "ui", False, True)
    assert change["significance"]["level"] == "full"
    assert change["range"]["head"] == pictured.head
    assert {"name": "feature", "reason": document["template"]["reason"]}.items() <= document["template"].items()
    assert document["template"]["reason"]
    assert [task["id"] for task in document["tasks"]] == ["card", "promo"]
    for task in document["tasks"]:
        assert set(task) >= TASK
        assert task["seed"] is not None
        assert task["reused"] is False
    assert document["publish"] == ["directory"]
    assert document["announce"]["mode"] == "silent"
    assert document["announce"]["reason"]


def test_the_plan_fits_its_published_schema(plan: Path) -> None:
    from pydantic import TypeAdapter

    from ci_mediagen.model.plan import Plan

    document = json.loads(plan.read_text("utf-8"))
    for task in document["tasks"]:
        del task["depends_on"], task["reused"]
    del document["schema_version"]
    TypeAdapter(Plan).validate_python(document, extra="forbid")


def test_planning_makes_nothing_and_comes_to_the_same_each_time(
    planned: str, pictured: Repo, env: dict[str, str]
) -> None:
    assert ci_mediagen("plan", "--json", cwd=pictured.path, env=env).stdout == planned
    assert pictured.git("status", "--porcelain", "--ignored") == ""
    assert not [path for path in Path(env["CI_MEDIAGEN_CACHE"]).rglob("*") if path.is_file()]


def test_a_plan_tells_a_person_the_reasons(pictured: Repo, env: dict[str, str]) -> None:
    told = ci_mediagen("plan", cwd=pictured.path, env=env).stdout
    for words in ("significance: full (run by hand", "announce.mode: silent (", "template: feature (", "to be made"):
        assert words in told


def test_the_plan_is_carried_out_in_another_clone_under_the_same_keys(
    plan: Path, pictured: Repo, tmp_path: Path
) -> None:
    planned = json.loads(plan.read_text("utf-8"))
    clone = pictured.clone(tmp_path / "elsewhere")
    env = environment(tmp_path / "another-machine")
    made = answer("run", "--plan", plan, "--only", "card", cwd=clone.path, env=env)
    (card,) = made["artifacts"]
    assert card["key"] == planned["tasks"][0]["key"]
    assert (clone.path / "mediagen-out" / "card.png").exists()
    manifest = json.loads((clone.path / "mediagen-out" / "manifest.json").read_text("utf-8"))
    assert manifest["template"] == planned["template"]
    again = answer("plan", cwd=clone.path, env=env)
    assert [task["reused"] for task in again["tasks"]] == [True, False]


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document)

    return edit


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        pytest.param(
            edited(lambda plan: plan["tasks"][0]["parameters"]["text"].update(headline="Buy coins")),
            "task card of the plan has key",
            id="a text was edited",
        ),
        pytest.param(
            edited(lambda plan: plan["tasks"][0].update(key="0" * 64)), "task card of the plan has key", id="a key"
        ),
        pytest.param(
            edited(lambda plan: plan["tasks"][0]["inputs"].append({"name": "image", "path": "/etc/passwd"})),
            "task card of the plan has key",
            id="an input was added",
        ),
        pytest.param(edited(lambda plan: plan.update(schema_version=2)), "has 2", id="another version"),
        pytest.param(edited(lambda plan: plan.pop("schema_version")), "has None", id="no version"),
        pytest.param(edited(lambda plan: plan.update(extra=1)), "unknown 'extra'", id="an unknown field"),
        pytest.param(edited(lambda plan: plan.pop("tasks")), "missing 'tasks'", id="no tasks"),
        pytest.param(edited(lambda plan: plan.update(brand=None)), "no template or brand", id="no brand"),
        pytest.param(
            edited(lambda plan: plan["tasks"][0].update(id="../../evil")), "tasks[0].id", id="a path for an id"
        ),
        pytest.param(edited(lambda plan: plan["tasks"][0].update(id="promo")), "two have one id", id="an id twice"),
        pytest.param(edited(lambda plan: plan["tasks"][0].update(fallback="x")), "tasks[0].fallback", id="a fallback"),
        pytest.param(lambda text: text[: len(text) // 2], "is not JSON", id="truncated"),
        pytest.param(lambda text: "[]", "is not a plan", id="a list"),
        pytest.param(lambda text: "", "is not JSON", id="empty"),
        pytest.param(lambda text: "[" * 100_000, "is not", id="nested too deep"),
        pytest.param(lambda text: "\udcff", "is not", id="not UTF-8"),
    ],
)
def test_a_plan_that_was_changed_or_broken_is_refused(
    plan: Path, pictured: Repo, env: dict[str, str], edit: Callable[[str], str], told: str
) -> None:
    plan.write_bytes(edit(plan.read_text("utf-8")).encode("utf-8", "surrogateescape"))
    done = ci_mediagen("run", "--plan", plan, cwd=pictured.path, env=env, code=2)
    assert told in done.stderr
    assert "plan.json" in done.stderr or "task card" in done.stderr
    assert not (pictured.path / "mediagen-out" / "card.png").exists()


def test_a_plan_that_is_not_there_is_told(pictured: Repo, env: dict[str, str]) -> None:
    done = ci_mediagen("run", "--plan", "missing.json", cwd=pictured.path, env=env, code=2)
    assert "missing.json cannot be read: No such file" in done.stderr


@pytest.mark.parametrize("content", [screenshot(800, 600), None], ids=["another picture", "no picture"])
def test_a_picture_that_changed_since_is_refused(
    plan: Path, pictured: Repo, env: dict[str, str], content: bytes | None
) -> None:
    pictured.write({"docs/dark-mode.png": content})
    done = ci_mediagen("run", "--plan", plan, cwd=pictured.path, env=env, code=2)
    assert "docs/dark-mode.png" in done.stderr
    assert not (pictured.path / "mediagen-out" / "card.png").exists()


def test_destinations_are_those_of_the_machine_that_carries_it_out(
    plan: Path, pictured: Repo, tmp_path: Path, env: dict[str, str]
) -> None:
    (pictured.path / "mediagen.yml").write_text("publish: [{directory: shown}]\noutput: here\n")
    answer("run", "--plan", plan, "--only", "card", cwd=pictured.path, env=env)
    assert (pictured.path / "here" / "card.png").exists()
    assert (pictured.path / "shown" / "card.png").exists()


@pytest.mark.parametrize("path", ["/etc/hostname", "../outside", ".git/config", "package:../../../etc/hostname"])
def test_a_path_in_the_plan_leads_out_of_no_repository(
    plan: Path, pictured: Repo, env: dict[str, str], path: str
) -> None:
    document = json.loads(plan.read_text("utf-8"))
    for task in document["tasks"]:
        for item in task["inputs"]:
            item["path"] = path
    plan.write_text(json.dumps(document))
    ci_mediagen("run", "--plan", plan, cwd=pictured.path, env=env, code=2)
