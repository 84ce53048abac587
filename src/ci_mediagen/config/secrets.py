"""Secrets do not belong in a file that everyone with the repository can read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ci_mediagen.config.settings import Settings
from ci_mediagen.text.marked_yaml import Node
from ci_mediagen.text.redact import Redactor
from ci_mediagen.text.validation import Problem, is_map_of, keys_of, type_at

ADVICE = (
    "Give it in the environment (SLACK_BOT_TOKEN, SLACK_WEBHOOK_URL, AWS_ACCESS_KEY_ID...), from your CI system's secrets. "
    "If the file was ever pushed, revoke the secret: it stays in the history."
)

_SECRET_KEY = re.compile(
    r"(?:^|[_-])(?:token|secret|password|passwd|api[_-]?key|access[_-]?key\w*|private[_-]?key|webhook)(?:$|[_-])"
)
_MORE_SHAPES = re.compile(r"hooks\.slack\.com/|-----BEGIN [A-Z ]*PRIVATE KEY|\bsk-[A-Za-z0-9_-]{20,}|\bxox[a-z]-")


def secret_problems(node: Node) -> Iterator[Problem]:
    """Values that look like a secret, and unknown keys that ask for one. The values are in no message."""
    redactor = Redactor()
    for path, child in node.walk():
        if not path:
            continue
        if isinstance(child.value, str) and (
            _MORE_SHAPES.search(child.value) or redactor.redact(child.value) != child.value
        ):
            yield Problem(child.mark, path, "looks like a secret; secrets are not read from files")
        elif isinstance(path[-1], str) and _SECRET_KEY.search(path[-1].lower()):
            above = type_at(Settings, path[:-1])
            if path[-1] not in keys_of(above) and is_map_of(above) is None:
                yield Problem(child.key or child.mark, path, "is a secret by its name; secrets are not read from files")
