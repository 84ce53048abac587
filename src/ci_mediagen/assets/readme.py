"""Which pictures a README shows."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ci_mediagen.assets.files import RefusedFile, open_regular, real_path

MAX_README_BYTES = 256_000
"""No more of a README is read."""

NAMES = ("README.md", "README.markdown", "README.rst", "README.adoc", "README.txt", "README")

# Every repetition is bounded, or ends at a character that cannot start another match: the text is a stranger's.
_REFERENCES = re.compile(
    r"""
      !\[ [^\[\]\n]{0,500} \] \( [ \t]{0,20} (?: <(?P<angle>[^<>\n]{1,1000})> | (?P<inline>[^\s()<>]{1,1000}) )
    | !\[ (?P<alt>[^\[\]\n]{0,500}) \] \[ (?P<label>[^\[\]\n]{0,500}) \]
    | <(?:img|source)\b [^<>]{0,2000}? \bsrc(?:set)? \s{0,20} = \s{0,20}
          (?: "(?P<double>[^"<>]{1,1000})" | '(?P<single>[^'<>]{1,1000})' | (?P<bare>[^\s"'<>]{1,1000}) )
    | ^[ \t]{0,20} \.\.[ ] (?:\|[^|\n]{1,200}\|[ ])? (?:image|figure):: [ \t]{0,20} (?P<rst>[^\s]{1,1000})
    | ^ image::? (?P<adoc>[^\s\[]{1,1000}) \[
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_HTML_GROUPS = ("double", "single", "bare")
_DEFINITIONS = re.compile(r"^[ ]{0,3}\[([^\[\]\n]{1,500})\]:[ \t]{0,20}<?([^\s<>]{1,1000})", re.MULTILINE)
_FENCES = re.compile(r"^[ ]{0,3}(```+|~~~+)[^\n]*$", re.MULTILINE)

_FORGE = re.compile(
    r"^https?://(?:raw\.githubusercontent\.com/(?P<raw>[^/]+/[^/]+)/(?:refs/(?:heads|tags)/)?[^/]+/"
    r"|github\.com/(?P<web>[^/]+/[^/]+)/(?:blob|raw)/(?:refs/(?:heads|tags)/)?[^/]+/)(?P<path>.+)$"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that a README shows, in the order in which it shows them."""

    readme: str
    """Path of the README, relative to the repository."""
    path: str
    """Relative to the repository; for a remote picture its address."""
    remote: bool = False


def references(repo: Path, folders: tuple[str, ...] = ("",), repository: str | None = None) -> list[Reference]:
    """The pictures that the READMEs in these folders show. `repository` is `owner/name`: its own addresses are local."""
    found: dict[str, Reference] = {}
    for folder in folders:
        for name in NAMES:
            readme = posixpath.join(folder, name)
            text = _read(repo, readme)
            if text is None:
                continue
            for target in _targets(text):
                reference = _resolve(target, readme, repository)
                if reference is not None:
                    found.setdefault(reference.path, reference)
            break
    return list(found.values())


def first_heading(repo: Path) -> str | None:
    """The title of the README in the repository's root, as its writer spells the project."""
    text = _read(repo, NAMES[0])
    match = re.search(r"^#[ \t]{1,10}([^\n]{1,200})$", text, re.MULTILINE) if text else None
    return match[1].strip().strip("#").strip() if match else None


def _read(repo: Path, path: str) -> str | None:
    try:
        with open_regular(real_path(repo, path)) as file:
            return file.read(MAX_README_BYTES).decode("utf-8", "replace")
    except (RefusedFile, OSError):
        return None


def _targets(text: str) -> Iterator[str]:
    text = _without_code(text)
    definitions = {label.casefold(): target for label, target in _DEFINITIONS.findall(text)}
    for match in _REFERENCES.finditer(text):
        kind = match.lastgroup
        if kind == "label":
            yield definitions.get((match["label"] or match["alt"]).casefold(), "")
        elif kind in _HTML_GROUPS:
            # Of a srcset the first candidate, without its width.
            yield (match[kind].split() or [""])[0].rstrip(",")
        elif kind is not None:
            yield match[kind]


def _without_code(text: str) -> str:
    """Less what stands in fences: it shows Markdown, and is not meant as such."""
    kept, position, fence = [], 0, None
    for match in _FENCES.finditer(text):
        if fence is None:
            kept.append(text[position : match.start()])
            fence = match[1]
        elif match[1].startswith(fence):
            position, fence = match.end(), None
    if fence is None:
        kept.append(text[position:])
    return "".join(kept)


def _resolve(target: str, readme: str, repository: str | None) -> Reference | None:
    target = target.strip()
    own = _FORGE.match(target)
    if own and repository and (own["raw"] or own["web"]).casefold() == repository.casefold():
        path = "/" + own["path"]
    elif "://" in target[:20] or target.startswith("//"):
        return Reference(readme, target, remote=True)
    elif not target or target.startswith(("#", "data:")):
        return None
    else:
        path = target
    try:
        path = unquote(urlsplit(path).path)
    except ValueError:
        return None
    folder = "" if path.startswith("/") else posixpath.dirname(readme)
    path = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
    return None if path.startswith("..") or "\0" in path else Reference(readme, path)
