"""GITHUB_OUTPUT as GitHub's runner reads it."""

from __future__ import annotations

from pathlib import Path


def read_outputs(path: Path) -> dict[str, str]:
    """The outputs. Raises ValueError where the runner would refuse the file."""
    lines = path.read_text(encoding="utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    outputs: dict[str, str] = {}
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            outputs[line[:equals]] = line[equals + 1 :]
        elif heredoc > 0:
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            end = lines.index(delimiter, index)  # ValueError: the delimiter never comes
            outputs[name] = "\n".join(lines[index:end])
            index = end + 1
        else:
            raise ValueError(f"no output: {line!r}")
    return outputs
