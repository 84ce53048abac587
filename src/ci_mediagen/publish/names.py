"""File names in a publication, as every place takes them."""

from __future__ import annotations

from collections.abc import Sequence

from ci_mediagen.model.publication import PublishedFile
from ci_mediagen.text.file_name import safe_file_name

PAGE = "index.html"
MANIFEST = "manifest.json"


def published_names(files: Sequence[PublishedFile]) -> tuple[str, ...]:
    """A name for each file: safe on every file system, unlike the page's and the manifest's, and unique also where upper
    and lower case are one. A file keeps the name it asks for wherever that is such a name."""
    taken = {PAGE, MANIFEST}
    names = []
    for file in files:
        name = safe_file_name(file.name)
        stem, dot, extension = name.rpartition(".")
        number = 2
        while name.casefold() in taken:
            name = f"{stem}-{number}.{extension}" if dot else f"{extension}-{number}"
            number += 1
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)
