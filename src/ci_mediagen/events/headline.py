"""Headlines fit for people: no type prefix, ticket number or `(#12)`."""

from __future__ import annotations

import re

from ci_mediagen.events import clean

HEADLINE_LIMIT = 200
"""Characters."""

_SHORTCODES = re.compile(r"^(?::[a-z0-9_+-]{1,40}:\s*)+")
_EMOJI_BEFORE_TYPE = re.compile(
    r"^[\u2190-\u2bff\u3030\ufe0f\u200d\U0001f000-\U0001faff]+\s*(?=[A-Za-z][\w-]*(?:\([^()]*\))?!?:\s)"
)
_TYPE_WORDS = (
    "feat|feature|features|fix|bugfix|hotfix|bug|perf|performance|docs?|documentation|style|refactor|tests?|build|ci|chore"
    "|revert|deps?|dependencies|security|sec|release|i18n|l10n|a11y|ux|ui|wip|enhancement|improvement|breaking|config|infra|types"
)
_TYPE = re.compile(
    rf"^(?:(?:{_TYPE_WORDS})(?:\([^()]*\))?!?:\s*(?!//)|[a-z][\w-]*(?:\([^()]+\)!?|!):\s+)", re.IGNORECASE
)
_BRACKETED_TYPE = re.compile(rf"^\[(?:{_TYPE_WORDS})\]\s*:?\s*", re.IGNORECASE)

# What looks like a ticket and is a name people know.
_KNOWN_NAMES = (
    "UTF|SHA|ISO|RFC|MD|COVID|GPT|IPV|HTTP|AES|RSA|BASE|TLS|SSL|ES|CSS|HTML|WCAG|ASCII|PEP|IEEE|USB|MP|H|X|ARM|AMD|INTEL|GL|UCS|EBCDIC"
    "|LATIN|CP|KOI8|BIG|GB|EUC|JIS|ED|P|CRC|MPEG|AV|VP|JPEG|PNG|RAID|WIN|DDR|LLAMA|CLAUDE|SD|FLUX|PS"
)
_TICKET = rf"(?!(?:{_KNOWN_NAMES})-)[A-Z][A-Z0-9_]{{1,14}}-\d{{1,7}}"
_LEADING_TICKET = re.compile(
    rf"^(?:[\[(]{_TICKET}(?:[,\s/]+{_TICKET})*[\])]\s*[:\-–—]?\s*|{_TICKET}(?:[,\s/&]+{_TICKET})*(?:\s*[:–—|]\s*|\s+-\s+|\s+(?=\S))|\[?#\d{{1,9}}\]?\s*[:\-–—]\s*)"
)
_TRAILING_NUMBER = re.compile(
    r"\s*(?:[\[(](?:#|!|GH-)\d{1,9}(?:,\s*(?:#|!|GH-)\d{1,9})*[\])]"
    r"|[,;.\-–—]?\s*\(?\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|see)\s*:?\s+#\d{1,9}(?:,\s*(?:and\s+)?#\d{1,9})*\)?)$",
    re.IGNORECASE,
)
_TRAILING_TICKET = re.compile(rf"\s*[\[(]{_TICKET}(?:,\s*{_TICKET})*[\])]$")
_MARKS = re.compile(
    r"\s*\[(?:skip media|media skip|no media|skip ci|ci skip|no ci|skip actions|wip)\]\s*", re.IGNORECASE
)
_PREFIXES_AND_SUFFIXES = (
    _SHORTCODES, _EMOJI_BEFORE_TYPE, _BRACKETED_TYPE, _TYPE, _LEADING_TICKET, _TRAILING_NUMBER, _TRAILING_TICKET,
)  # fmt: skip
_CODE = re.compile(r"`+([^`]+)`+")
_NAMES_IN_LOWER_CASE = frozenset(
    re.findall(
        r"\w+",
        "npm npx pnpm yarn pip pipx git gh curl bash zsh sh awk sed grep vim tmux kubectl helm docker ffmpeg pytest mypy ruff"
        " numpy pandas conda cargo rustc gcc clang llvm cmake apt brew systemd nginx redis sqlite jq webpack vite eslint deno"
        " bun tsc uv",
    )
)


def headline(text: str) -> str:
    """A title made fit for people. Never empty where `text` shows anything, and always one line."""
    rest = whole = clean.line(text)
    for _ in range(8):  # prefixes stack: `ABC-123: feat(ui): x`
        before = rest
        rest = _MARKS.sub(" ", rest).strip()
        for pattern in _PREFIXES_AND_SUFFIXES:
            shorter = pattern.sub("", rest, count=1).strip()
            rest = shorter if _shows(shorter) else rest
        if rest == before:
            break
    code_first = rest.startswith("`")
    bare = _without_full_stop(_CODE.sub(r"\1", rest)).strip()
    rest = bare if _shows(bare) else rest
    if not code_first:
        rest = capitalised(rest)
    return clean.line(rest, HEADLINE_LIMIT) if rest else whole


def branch_headline(branch: str) -> str:
    """The name of a branch as a headline: `ada/feat/dark-mode` is `Dark mode`."""
    name = clean.line(branch).rstrip("/").rpartition("/")[2]
    words = re.sub(r"[-_]+", " ", re.sub(rf"^(?:{_TICKET}|\d+)[-_]+", "", name)).strip()
    return headline(words) if _shows(words) else headline(branch)


def capitalised(text: str) -> str:
    """A lower-case English first word gets its capital; code, names and other scripts stay."""
    first = re.match(r"[a-z]+(?:['’-][a-z]+)*(?=$|[\s,;:!?.…]+(?:\s|$)|\s)", text)
    if first is None or first.group() in _NAMES_IN_LOWER_CASE:
        return text
    return text[0].upper() + text[1:]


def _without_full_stop(text: str) -> str:
    if text.endswith("。"):
        return text[:-1]
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


def _shows(text: str) -> bool:
    return any(character.isalnum() or ord(character) > 0x2000 for character in text)
