"""A project as a user has one: a few commits, a README, a screenshot."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from pathlib import Path

from tests.support.repos import Repo, make_repo

NAME = "aurora-studio"
FEATURE = "feat(ui): dark mode everywhere (#12)\n\nEvery screen follows the system, and remembers what you chose."
README = "# Aurora Studio\n\nDraws things.\n"


@functools.cache
def screenshot(width: int = 960, height: int = 540, kind: str = "PNG") -> bytes:
    """A picture that is large enough to be shown."""
    from PIL import Image

    stream = io.BytesIO()
    gradient = Image.linear_gradient("L").resize((width, height))
    Image.merge("RGB", (gradient, gradient.rotate(180), gradient.transpose(Image.Transpose.FLIP_LEFT_RIGHT))).save(
        stream, kind
    )
    return stream.getvalue()


def make_project(
    folder: Path,
    message: str | bytes = FEATURE,
    files: Mapping[str, str | bytes | None] | None = None,
    *,
    config: str | None = None,
) -> Repo:
    """A repository whose last commit is `message`, by default a feature with source code and nothing to show."""
    repo = make_repo(folder)
    start: dict[str, str | bytes | None] = {"README.md": README, "src/app.py": "print('Aurora')\n"}
    repo.commit("chore: start", start | ({} if config is None else {"mediagen.yml": config}))
    repo.commit(message, {"src/theme.py": "DARK = True\n"} if files is None else files)
    return repo
