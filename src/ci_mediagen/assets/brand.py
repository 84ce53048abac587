"""The brand kit: what is configured, and for the rest what the repository says of itself."""

from __future__ import annotations

import json
import os
import posixpath
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ci_mediagen.assets import colour
from ci_mediagen.assets.files import GIT_TIMEOUT, RefusedFile, open_regular, real_path, shown, tidy
from ci_mediagen.assets.logo import check_logo, find_logos, main_colour
from ci_mediagen.assets.readme import first_heading
from ci_mediagen.errors import AssetError, ConfigError
from ci_mediagen.model.brand import Brand

MAX_PROJECT_NAME = 80
"""Characters of a name that was found; a configured one is taken as it is."""

MAX_FONT_BYTES = 40_000_000

_MAX_MANIFEST_BYTES = 200_000
_FONT_STARTS = (b"\0\1\0\0", b"OTTO", b"true", b"ttcf", b"wOFF", b"wOF2")
_WORD_BREAK = re.compile(r"[-_\s]+")
_ACRONYMS = frozenset(
    {"ai", "api", "aws", "ci", "cd", "cli", "cms", "cpu", "crm", "css", "csv", "db", "dns", "gpu", "gui", "html", "http",
     "https", "id", "ide", "io", "ios", "ip", "js", "json", "jvm", "k8s", "llm", "ml", "mcp", "os", "pdf", "php", "qr",
     "rpc", "rss", "sdk", "seo", "sql", "ssh", "ssl", "svg", "tls", "ts", "tui", "ui", "url", "usb", "ux", "vm", "vpn",
     "vr", "xml", "yaml"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BrandSettings:
    """What is configured of the brand; everything may be left out."""

    project: str | None = None
    accent: str | None = None
    accent_2: str | None = None
    logo: str | None = None
    logo_light: str | None = None
    fonts: tuple[str, ...] = ()
    tone: str = ""
    banned_words: tuple[str, ...] = ()
    website: str | None = None


def resolve_brand(
    repo: Path, settings: BrandSettings, project_hint: str | None = None, source: str = "mediagen.yml"
) -> Brand:
    """The brand kit, complete, with a reason in words for everything that was not configured.

    `project_hint` is a name that is known already: `owner/name` of the forge, or a package's title. `source` is where the
    settings were read, for messages. Raises ConfigError for a colour that is none, AssetError for a logo or font that is
    missing, broken or outside of the repository.
    """
    reasons: list[str] = []
    project = settings.project or _project(repo, project_hint, reasons)
    logo, logo_light = _logos(repo, settings, source, reasons)
    accent = _accent(repo, settings, logo, project, source, reasons)
    accent_2 = _checked("accent_2", settings.accent_2, source) if settings.accent_2 else colour.second(accent)
    return Brand(
        project=project,
        accent=accent,
        accent_2=accent_2,
        logo=logo,
        logo_light=logo_light,
        fonts=tuple(_font(repo, path, source) for path in settings.fonts),
        tone=settings.tone,
        banned_words=settings.banned_words,
        website=settings.website,
        reasons=tuple(reasons),
    )


def prettified(name: str) -> str:
    """A repository's name as people would write it: `aurora-studio` is `Aurora Studio`, `my-cli` is `My CLI`.

    A word that has capitals (`NumPy`) is written as people write it already.
    """
    words = [word for word in _WORD_BREAK.split(name.strip()) if word]
    return " ".join(_capitalised(word) for word in words)


def _capitalised(word: str) -> str:
    if word.lower() in _ACRONYMS:
        return word.upper()
    return word if any(character.isupper() for character in word) else word[:1].upper() + word[1:]


def _project(repo: Path, hint: str | None, reasons: list[str]) -> str:
    bare, whence = _bare_name(repo, hint)
    bare = bare[:MAX_PROJECT_NAME]
    for spelled, where in _spellings(repo):
        if spelled and _shape(spelled) == _shape(bare) and len(spelled) <= MAX_PROJECT_NAME:
            reasons.append(f"project {spelled!r}: {whence}, spelled as in {where}")
            return spelled
    # A name with a space or capitals is written for people already.
    name = bare if " " in bare else prettified(bare)
    name = name or "This project"
    reasons.append(f"project {name!r}: {whence}")
    return name


def _bare_name(repo: Path, hint: str | None) -> tuple[str, str]:
    if hint and hint.strip("/ "):
        # `owner/name`, and not a title that holds a stroke.
        slug = re.fullmatch(r"[\w.-]+/([\w.-]+)", hint.strip("/ "))
        return slug[1] if slug else hint.strip("/ "), "the repository's name"
    remote = _remote_name(repo)
    if remote:
        return remote, "the name of the remote"
    folder = repo.resolve().name
    for name, where in _manifest_names(repo):
        # The folder of a checkout may be called anything; a manifest names the project.
        return name, f"the name in {where}"
    return folder, "the folder's name"


def _remote_name(repo: Path) -> str | None:
    command = ["git", "-C", os.fspath(repo), "config", "--get", "remote.origin.url"]
    try:
        url = subprocess.run(command, capture_output=True, check=True, timeout=GIT_TIMEOUT).stdout.decode(
            "utf-8", "replace"
        )
    except (OSError, subprocess.SubprocessError):
        return None
    name = re.split(r"[/:\\]", url.strip().rstrip("/"))[-1].removesuffix(".git")
    return name or None


def _spellings(repo: Path) -> list[tuple[str | None, str]]:
    heading = first_heading(repo)
    # `# ![logo](x) Aurora *Studio*`: less the picture and the emphasis.
    plain = (
        re.sub(r"<[^<>]{0,500}>|!?\[([^\[\]]{0,200})\]\([^()]{0,500}\)|[*_`]", r"\1", heading).strip()
        if heading
        else None
    )
    # A manifest's name is a slug unless it shows otherwise.
    written = [(name, where) for name, where in _manifest_names(repo) if name != name.lower() or " " in name]
    return [(plain, "README.md"), *written]


def _manifest_names(repo: Path) -> list[tuple[str, str]]:
    found = []
    package = _read(repo, "package.json")
    if package:
        try:
            document = json.loads(package)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            for key in ("displayName", "productName", "name"):
                if isinstance(document.get(key), str):
                    found.append((document[key].rpartition("/")[2], "package.json"))
    pyproject = _read(repo, "pyproject.toml")
    if pyproject:
        import tomllib

        try:
            name = tomllib.loads(pyproject).get("project", {}).get("name")
        except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
            name = None
        if isinstance(name, str):
            found.append((name, "pyproject.toml"))
    return [(name.strip(), where) for name, where in found if name.strip()]


def _read(repo: Path, path: str) -> str | None:
    try:
        with open_regular(real_path(repo, path)) as file:
            return file.read(_MAX_MANIFEST_BYTES).decode("utf-8", "replace")
    except (RefusedFile, OSError):
        return None


def _logos(repo: Path, settings: BrandSettings, source: str, reasons: list[str]) -> tuple[str | None, str | None]:
    given = {"logo": settings.logo, "logo_light": settings.logo_light}
    for key, path in given.items():
        if path is not None:
            try:
                check_logo(repo, path)
            except RefusedFile as error:
                raise _refused(f"brand.{key}", path, str(error), "an SVG, PNG or WebP file", source) from None
            given[key] = tidy(repo, path)
    if settings.logo is not None:
        return given["logo"], given["logo_light"]
    dark, light, left = find_logos(repo)
    reasons += [f"logo not used: {shown(line)}" for line in left]
    reasons.append(f"logo {shown(dark)}: found there" if dark else "no logo found: the name is drawn alone")
    return dark, given["logo_light"] or light


def _accent(
    repo: Path, settings: BrandSettings, logo: str | None, project: str, source: str, reasons: list[str]
) -> str:
    if settings.accent:
        return _checked("accent", settings.accent, source)
    try:
        of_logo = main_colour(repo, logo) if logo else None
    except RefusedFile:
        of_logo = None
    if of_logo is None:
        accent = colour.named(project)
        reasons.append(f"accent {accent}: from the project's name")
        return accent
    accent = colour.lightened(of_logo)
    changed = "" if accent == of_logo else f", lightened from {of_logo} to show on dark"
    reasons.append(f"accent {accent}: the main colour of {shown(logo or '')}{changed}")
    return accent


def _checked(key: str, text: str, source: str) -> str:
    try:
        return colour.parse(text)
    except ValueError as error:
        raise ConfigError(f"brand.{key} in {source}: {error}", advice='Quote it, as in accent: "#7c5cff".') from None


def _font(repo: Path, path: str, source: str) -> str:
    try:
        with open_regular(real_path(repo, path)) as file:
            start = file.read(4)
            size = file.seek(0, 2)
        if start not in _FONT_STARTS:
            raise RefusedFile("is not a font")
        if size > MAX_FONT_BYTES:
            raise RefusedFile(f"is too large ({size / 1e6:.0f} MB; at most {MAX_FONT_BYTES / 1e6:.0f} MB)")
    except RefusedFile as error:
        raise _refused("brand.fonts", path, str(error), "a TTF, OTF or WOFF2 file", source) from None
    return tidy(repo, path)


def _refused(key: str, path: str, reason: str, kind: str, source: str) -> AssetError:
    return AssetError(
        f"{key} in {source}: {shown(path)} {reason}", advice=f"Name {kind} of the repository, or remove the line."
    )


def _shape(name: str) -> str:
    return posixpath.basename(re.sub(r"[-_.\s]+", "", name)).casefold()
