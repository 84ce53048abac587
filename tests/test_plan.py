from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ci_mediagen.backends.interface import Unsupported
from ci_mediagen.errors import PlanError
from ci_mediagen.model.brand import Asset, Assets, Brand
from ci_mediagen.model.task import Task
from ci_mediagen.model.template import Scene, Shot, Template, TemplateFile
from ci_mediagen.plan import Kit, make_tasks, recomputed

BRAND = Brand(project="Aurora", accent="#7c5cff", accent_2="#22d3ee", logo="logo.svg")
HERO = Asset("hero", "docs/hero.png", "1" * 64, 1600, 900, "image/png", "configured")
FILES = (
    TemplateFile("card.html", "package:templates/_base/card.html", "2" * 64, ("base.css",)),
    TemplateFile("title.html", "package:templates/_base/title.html", "3" * 64, ("base.css",)),
    TemplateFile("base.css", "package:templates/_base/base.css", "4" * 64),
)


class Painter:
    """A backend that can do what it is told it can."""

    def __init__(self, *cannot: str) -> None:
        self.cannot = cannot

    def resolve(self, task: Task) -> Task | Unsupported:
        if task.task in self.cannot:
            return Unsupported("no weights")
        return replace(task, recipe={"version": "1"})


def kit(assets: Sequence[Asset] = (HERO,), backends: dict[str, Painter] | None = None) -> Kit:
    there = backends if backends is not None else {"compositor": Painter()}
    return Kit(
        template=Template(name="t", source="t", shots=(), files=FILES),
        brand=BRAND,
        assets=Assets(found=tuple(assets), reason="nothing above 400 px"),
        digest=lambda path: "5" * 64,
        load_backend=lambda name: there.get(name),  # type: ignore[arg-type, return-value]
    )


CARD = Shot(id="card", task="card", layout="card.html", image="asset:hero?", text={"headline": "Dark mode"})
CLIP = Shot(id="clip", task="image-to-video", image="asset:hero")


def test_one_task_for_each_shape_with_its_size() -> None:
    tasks, _ = make_tasks([replace(CARD, shapes=("og", "square"))], kit())
    assert [(task.id, task.parameters["width"], task.parameters["height"]) for task in tasks] == [
        ("card-og", 1200, 630),
        ("card-square", 1080, 1080),
    ]
    assert len({task.key for task in tasks}) == 2


def test_a_drawn_task_reads_the_layouts_it_needs_and_no_others() -> None:
    tasks, _ = make_tasks([CARD], kit())
    assert {item.name for item in tasks[0].inputs} == {"image", "layout:card.html", "layout:base.css", "logo"}


def test_a_layout_that_a_task_does_not_use_leaves_its_key() -> None:
    before, _ = make_tasks([CARD], kit())
    changed = replace(kit().template, files=(FILES[0], replace(FILES[1], sha256="9" * 64), FILES[2]))
    after, _ = make_tasks([CARD], replace(kit(), template=changed))
    assert before[0].key == after[0].key


def test_a_missing_asset_drops_the_reference_where_it_is_optional_and_the_shot_where_not() -> None:
    tasks, skipped = make_tasks([CARD, CLIP], kit(assets=()))
    assert [task.id for task in tasks] == ["card"]
    assert [(item.task, item.reason) for item in skipped] == [
        ("clip", "there is no asset 'hero' (nothing above 400 px)")
    ]


def test_a_shot_that_cannot_be_made_is_replaced_by_its_fallback() -> None:
    drift = Shot(id="drift", task="image-to-video", backend="compositor", image="asset:hero", only_as="fallback")
    clip = replace(CLIP, backend="diffusers", fallback="drift")
    promo = Shot(id="promo", task="promo", scenes=(Scene(2.0, media="shot:clip"),))
    tasks, skipped = make_tasks([promo, clip, drift], kit())
    assert [task.id for task in tasks] == ["drift", "promo"]
    assert tasks[1].depends_on == ("drift",)
    assert not tasks[0].only_as_fallback, "it is made in its own right now"
    assert skipped[0].reason == "no backend makes image-to-video here (diffusers: not in this installation)"


def test_a_fallback_of_a_shot_that_can_be_made_waits() -> None:
    drift = Shot(id="drift", task="image-to-video", image="asset:hero", camera="drift", only_as="fallback")
    tasks, _ = make_tasks([replace(CLIP, fallback="drift"), drift], kit())
    assert [(task.id, task.fallback, task.only_as_fallback) for task in tasks] == [
        ("clip", "drift", False),
        ("drift", None, True),
    ]


def test_backends_are_asked_in_the_configured_order() -> None:
    backends = {"a": Painter("image-to-video"), "b": Painter(), "c": Painter()}
    tasks, _ = make_tasks([CLIP], replace(kit(backends=backends), backends={"image-to-video": ("a", "b", "c")}))
    assert tasks[0].backend == "b"


def test_optional_scenes_without_media_are_left_out_and_inputs_follow_the_scenes_shown() -> None:
    promo = Shot(
        id="promo",
        task="promo",
        scenes=(
            Scene(4.0, media="asset:other?", optional=True),
            Scene(2.0, layout="title.html"),
            Scene(3.0, layout="title.html", media="asset:best?"),
        ),
    )
    tasks, _ = make_tasks([promo], kit())
    assert [(scene["layout"], scene["media"]) for scene in tasks[0].parameters["scenes"]] == [
        ("title.html", None),
        ("title.html", "scene-1"),
    ]
    assert next(item.path for item in tasks[0].inputs if item.name == "scene-1") == HERO.path


def test_a_circle_of_shots_is_named() -> None:
    a = Shot(id="a", task="image-to-video", image="shot:b")
    b = Shot(id="b", task="image-to-video", image="shot:a")
    with pytest.raises(PlanError, match="a -> b -> a"):
        make_tasks([a, b], kit())


def test_a_reference_of_another_kind_is_refused() -> None:
    with pytest.raises(PlanError, match="'file:x' in template t"):
        make_tasks([replace(CLIP, image="file:x")], kit())


def test_a_plan_that_was_edited_is_refused() -> None:
    tasks, _ = make_tasks([CARD], kit())
    assert recomputed(tasks) == tasks
    edited = replace(tasks[0], prompt="buy this")
    with pytest.raises(PlanError, match="task card of the plan has key"):
        recomputed([edited])
