"""What every sink wants gone: terminal sequences, control and hidden characters, text that is not Unicode."""

from __future__ import annotations

import re

# What stands between the marks holds none that begins a sequence, so every character is looked at once.
_ANSI = re.compile(
    r"""
      (?:\x1b\[|\x9b)[0-?]*[\x20-/]*[@-~]                      # CSI: colours, cursor, erase
    | (?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])                    # OSC, DCS, SOS, PM, APC: titles, links ...
      [^\x07\x1b\x90-\x9f]* (?:\x07|\x1b\\|\x9c)             # ... to their end
    | \x1b[\x20-/]*[0-~]                                       # all other escapes
    """,
    re.VERBOSE,
)
_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_HIDDEN = re.compile(
    # Overrides and isolates show text in another order than it is; the others show nothing at all. The joiners U+200C and
    # U+200D and the marks U+200E and U+200F stay: scripts and emoji are spelled with them.
    "[\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\ufdd0-\ufdef"
    + "".join(chr(plane | last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_TAGS = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f|[\U000e0000-\U000e007f]")


def clean(text: str, *, newlines: bool = False) -> str:
    """The text as a reader sees it: no terminal sequences, controls, hidden or reordering characters, lone surrogates.

    Line breaks of every kind become `\\n` with `newlines`, else one space; tabs become a space. Never longer than `text`.
    """
    text = _ANSI.sub("", text)
    text = _LINE_BREAK.sub("\n" if newlines else " ", text).replace("\t", " ")
    text = _CONTROL.sub("", text)
    text = _SURROGATE.sub("\ufffd", text)
    text = _HIDDEN.sub("", text)
    return _TAGS.sub(lambda found: found[0] if len(found[0]) > 1 else "", text)


def one_line(text: str) -> str:
    """`clean`, on one line, with single spaces and none at the ends."""
    return re.sub(r" {2,}", " ", clean(text)).strip()
