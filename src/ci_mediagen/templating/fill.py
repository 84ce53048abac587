"""Template x Change x Brand -> shots with every text filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ci_mediagen.errors import TemplateError
from ci_mediagen.model.brand import Brand
from ci_mediagen.model.change import Change, Package, Significance
from ci_mediagen.model.template import Scene, Shot, Template
from ci_mediagen.templating import sandbox
from ci_mediagen.templating.schema import REFERENCE, Located, references, shot_of
from ci_mediagen.templating.texts import texts
from ci_mediagen.templating.view import context
from ci_mediagen.text.marked_yaml import Mark, dotted
from ci_mediagen.text.prompt import prompt
from ci_mediagen.text.validation import quoted

MAX_DEPTH = 6
"""Lists and maps inside one another below `text`."""

PICTURE_TASKS = frozenset({"card", "text-to-image", "image-to-image", "image-edit"})
"""What stands in for a card in a template that has none."""

Path = tuple[str | int, ...]


def fill(
    template: Template,
    change: Change,
    brand: Brand,
    significance: Significance,
    package: Package | None = None,
) -> tuple[Shot, ...]:
    """The shots to make for a change, in the order of the template, nothing left in them that is Jinja.

    A shot's `text` then holds every text that its layouts see (standard, the template's, its own); a scene's only what it
    says differently. `card` makes the first card in its first shape, with the shots that it needs; `skip` makes nothing.
    Raises TemplateError, naming file, line and key, where a text cannot be filled in.
    """
    if package is None and len(change.packages) == 1:
        package = change.packages[0]
    standard = texts(change, brand, template, package)
    filler = _Filler(template, context(change, brand, package, standard), standard)
    return tuple(filler.shot(shot) for shot in chosen(template.shots, significance))


def chosen(shots: Sequence[Shot], significance: Significance) -> tuple[Shot, ...]:
    """The shots that a significance asks for."""
    if significance.level == "skip":
        return ()
    if significance.level == "full":
        return tuple(shots)
    made = [shot for shot in shots if shot.only_as != "fallback"]
    pictures = [shot for shot in made if shot.task in PICTURE_TASKS]
    first = next((shot for shot in pictures if shot.task == "card"), next(iter(pictures), None))
    if first is None:
        return ()
    needed = _needed(first, {shot.id: shot for shot in shots})
    one_shape = replace(first, shapes=first.shapes[:1])
    return tuple(one_shape if shot.id == first.id else shot for shot in shots if shot.id in needed)


def _needed(shot: Shot, by_id: Mapping[str, Shot]) -> set[str]:
    """The shot, those that it shows, and the fallbacks of all of them."""
    needed: set[str] = set()
    waiting = [shot]
    while waiting:
        current = waiting.pop()
        if current.id in needed:
            continue
        needed.add(current.id)
        names = [*(shot_of(reference) for _, reference in references(current)), current.fallback]
        waiting += [by_id[name] for name in names if name is not None and name in by_id]
    return needed


class _Filler:
    def __init__(self, template: Template, variables: Mapping[str, Any], standard: Mapping[str, Any]) -> None:
        self._template = template
        self._ids = [shot.id for shot in template.shots]
        self._variables = variables
        # A template's own texts may use the standard ones, and a shot's the template's.
        self._text = {**standard, **self._values(template.text, {**standard}, ("text",))}

    def shot(self, shot: Shot) -> Shot:
        path: Path = ("shots", self._ids.index(shot.id))
        text = {**self._text, **self._values(shot.text, self._text, (*path, "text"))}
        filled = replace(
            shot,
            text=text,
            image=self._reference(shot.image, text, (*path, "image")),
            mask=self._reference(shot.mask, text, (*path, "mask")),
            prompt=self._prompt(shot.prompt, text, (*path, "prompt")),
            negative_prompt=self._prompt(shot.negative_prompt, text, (*path, "negative_prompt")),
            alt=self._alt(shot, text, (*path, "alt")),
        )
        scenes = [self._scene(scene, text, (*path, "scenes", number)) for number, scene in enumerate(shot.scenes)]
        return replace(filled, scenes=tuple(scene for scene in scenes if scene is not None))

    def _scene(self, scene: Scene, text: Mapping[str, Any], path: Path) -> Scene | None:
        """The scene, or None where it is optional and a text that it needs is empty."""
        own = self._values(scene.text, text, (*path, "text"))
        seen = {**text, **own}
        if any(not seen.get(name) for name in scene.needs):
            if scene.optional:
                return None
            missing = next(name for name in scene.needs if not seen.get(name))
            raise self._error(scene.needs, f"the text {missing!r} that the scene needs is empty", (*path, "needs"))
        return replace(scene, text=own, media=self._reference(scene.media, seen, (*path, "media")))

    def _values(self, values: Mapping[str, Any], text: Mapping[str, Any], path: Path) -> dict[str, Any]:
        return {name: self._value(value, text, (*path, name)) for name, value in values.items()}

    def _value(self, value: Any, text: Mapping[str, Any], path: Path) -> Any:
        """A text of the template filled in. Items of a list that come out empty are left out."""
        if len(path) > MAX_DEPTH + 5:
            raise self._error(value, "is nested too deeply", path)
        if isinstance(value, str):
            found = self._render(value, text, path, sandbox.evaluate)
            return found.strip() if isinstance(found, str) else found
        if isinstance(value, Mapping):
            return {str(name): self._value(item, text, (*path, str(name))) for name, item in value.items()}
        if isinstance(value, list | tuple):
            items = [self._value(item, text, (*path, number)) for number, item in enumerate(value)]
            return [item for item in items if item != ""]
        return value

    def _prompt(self, value: str | None, text: Mapping[str, Any], path: Path) -> str | None:
        if value is None or REFERENCE.fullmatch(value):
            return None if value is None else str(value)
        return prompt(self._render(value, text, path))

    def _alt(self, shot: Shot, text: Mapping[str, Any], path: Path) -> str:
        if shot.alt is not None:
            return prompt(self._render(shot.alt, text, path))
        version = f" {text['version']}" if text.get("version") else ""
        return prompt(f"{text['project']}{version}: {text['headline']}")

    def _reference(self, value: str | None, text: Mapping[str, Any], path: Path) -> str | None:
        if value is None:
            return None
        reference: str = self._render(value, text, path).strip()
        if not reference:
            return None
        found = REFERENCE.fullmatch(reference)
        if found is None or (found["shot"] and found["shot"] not in self._ids):
            raise self._error(value, f"{quoted(reference)} is no reference to an asset or shot of this template", path)
        return reference

    def _render(
        self,
        value: str,
        text: Mapping[str, Any],
        path: Path,
        render: Callable[[str, Mapping[str, Any]], Any] = sandbox.render,
    ) -> Any:
        try:
            return render(str(value), {**self._variables, "text": text})
        except sandbox.TextError as error:
            raise self._error(value, error.message, path, error.line) from error

    def _error(self, value: Any, message: str, path: Path, line: int = 1) -> TemplateError:
        mark = value.mark.at_line(line) if isinstance(value, Located) else Mark(self._template.source)
        return TemplateError(
            f"{mark}: {dotted(path)}: {message}", advice=f"It is in the template {self._template.name!r}."
        )
