"""``--env-file``: environment variables from a file of ``NAME=value`` lines."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from hanok.exceptions import ConfigError

LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*")


def read_env_file(path: str) -> dict[str, str]:
    """The variables of a file. Empty lines and lines that begin with # are skipped; quotes are taken off.

    Raises ConfigError that names the line."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--env-file: {path!r} cannot be read: {error}.") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.fullmatch(line)
        try:
            if match is None:
                raise ValueError("it is not NAME=value")
            words = shlex.split(match[2], comments=True)
        except ValueError as error:
            raise ConfigError(f"--env-file: line {number} of {path!r} cannot be read: {error}.") from None
        found[match[1]] = " ".join(words)
    return found


def load_env_file(path: str) -> None:
    """Set the variables of the file that the environment does not have yet."""
    for name, value in read_env_file(path).items():
        os.environ.setdefault(name, value)
