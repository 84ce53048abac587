"""What a task brings along, read once: its parameters, layouts, logo, fonts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_mediagen.backends.compositor.composition import size_of
from ci_mediagen.backends.compositor.drawing import Size
from ci_mediagen.backends.compositor.fonts import Font, brand_fonts
from ci_mediagen.backends.compositor.layouts import Layouts
from ci_mediagen.backends.compositor.logo import Logo, load_logo
from ci_mediagen.model.task import Task

_LOGO = "logo"
_FONT = "font:"


@dataclass(frozen=True, slots=True)
class Kit:
    task: Task
    inputs: Mapping[str, Path]
    size: Size
    layouts: Layouts
    logo: Logo | None
    fonts: tuple[Font, ...]
    """The brand's."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.task.parameters

    @property
    def brand(self) -> Mapping[str, Any]:
        return self.parameters.get("brand") or {}

    @property
    def text(self) -> Mapping[str, Any]:
        return self.parameters.get("text") or {}

    def name_of(self, input_name: str) -> str:
        """What messages call an input: its path in the repository, where it has one."""
        found = next((item for item in self.task.inputs if item.name == input_name), None)
        return found.path or (f"what {found.task} made" if found.task else input_name) if found else input_name


def make_kit(task: Task, inputs: Mapping[str, Path]) -> Kit:
    """Raises AssetError, TemplateError."""
    names = {item.name: item.path for item in task.inputs}
    fonts = sorted((name for name in inputs if name.startswith(_FONT)), key=lambda name: int(name.removeprefix(_FONT)))
    logo = inputs.get(_LOGO)
    return Kit(
        task=task,
        inputs=inputs,
        size=size_of(int(task.parameters["width"]), int(task.parameters["height"])),
        layouts=Layouts(inputs),
        logo=load_logo(logo, f"the logo {names.get(_LOGO) or ''}".strip()) if logo else None,
        fonts=brand_fonts([inputs[name] for name in fonts]),
    )
