"""Options from files: TOML (pyproject.toml among it), and Python as Gunicorn has it.

Both give ``FileOptions``: checked values, and for each the place where it stands, for errors and for ``hanok config``.
"""

from __future__ import annotations

import difflib
import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server.config import OPTIONS
from hanok.server.config_gunicorn import ALIASES, MEANINGLESS
from hanok.server.options import Option

BY_NAME: dict[str, Option] = {one.name: one for one in OPTIONS}
TARGETS = ("app", "wsgi_app")  # keys that name the application, ours and Gunicorn's
CERTIFICATES = "certificates"  # [[certificates]]: tables, where flags are given several times
CERTIFICATE_KEYS = {"certfile": "ssl_certfile", "keyfile": "ssl_keyfile", "password": "ssl_keyfile_password"}
PYPROJECT = "pyproject.toml"


@dataclass(slots=True)
class FileOptions:
    """What one file says."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    target: str | None = None
    remarks: list[str] = field(default_factory=list)

    def take(self, key: str, value: Any, place: str) -> bool:
        """One key and its value; False if it is nothing that we know. Raises ConfigError for a wrong value."""
        name = key.replace("-", "_")
        if name in TARGETS:
            if not isinstance(value, str) or not value:
                raise ConfigError(f'{place}: {value!r} is not accepted; give text like "main:app".')
            self.target = value
            return True
        if name in MEANINGLESS:
            self.remarks.append(f"{place}: it has no meaning here: {MEANINGLESS[name]}.")
            return True
        if (alias := ALIASES.get(name)) is not None:
            if alias.option == "access_log_file" and value is None:
                self.put("access_log", False, place)  # Gunicorn's way of saying: none
                return True
            name, value = alias.option, alias.convert(value)
        if name not in BY_NAME:
            return False
        self.put(name, value, place)
        return True

    def put(self, name: str, value: Any, place: str) -> None:
        self.values[name] = BY_NAME[name].read(value, place)
        self.places[name] = place


# ---- TOML


def read_pyproject(path: str = PYPROJECT) -> FileOptions:
    """The table ``[tool.hanok]``; nothing where there is no file or no table."""
    if not os.path.isfile(path):
        return FileOptions()
    return read_toml(path, only_table=True)


def read_toml(path: str, *, only_table: bool = False) -> FileOptions:
    """The keys of a file, or of its table ``[tool.hanok]`` if it has one. Raises ConfigError."""
    import tomllib

    text = text_of(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The file {path} cannot be read: {error}.") from None
    table = content.get("tool", {}).get("hanok") if isinstance(content.get("tool"), dict) else None
    in_table = only_table or table is not None
    if in_table:
        content = table if isinstance(table, dict) else {}
    found = FileOptions()
    for key, value in content.items():
        place = place_of(path, text, key, "tool.hanok" if in_table else "")
        if key == CERTIFICATES:
            take_certificates(found, value, place)
        elif not found.take(key, value, place):
            raise ConfigError(f"{place} is no option{resembling(key)}")
    return found


def take_certificates(found: FileOptions, tables: Any, place: str) -> None:
    """``[[certificates]]``: each has ``certfile``, and may have ``keyfile`` and ``password``."""
    if not isinstance(tables, list) or not tables or not all(isinstance(one, dict) for one in tables):
        raise ConfigError(f"{place}: certificates are tables: [[certificates]] with certfile, keyfile and password.")
    for one in tables:
        for key in one:
            if key not in CERTIFICATE_KEYS:
                raise ConfigError(f"{place}: {key!r} is no key of a certificate{like(key, CERTIFICATE_KEYS)}.")
        if "certfile" not in one:
            raise ConfigError(f"{place}: each certificate needs a certfile.")
    for key, name in CERTIFICATE_KEYS.items():
        given = [one.get(key, "") for one in tables]
        if any(given):
            if key == "keyfile":  # a certificate whose file holds its key beside others that have two files
                given = [keyfile or one["certfile"] for keyfile, one in zip(given, tables, strict=True)]
            found.put(name, given, place)


def place_of(path: str, text: str, key: str, table: str) -> str:
    """``pyproject.toml, line 7 (port)``; the parser of the standard library tells no lines."""
    spelled = rf"""["']?{re.escape(key)}["']?"""
    pattern = re.compile(rf"\s*{spelled}\s*=|\s*\[\[?\s*{re.escape(table + '.') if table else ''}{spelled}\s*\]")
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w.\"'-]+)\s*\]", line)
        if header is not None:
            current = header[1]
        if pattern.match(line) and (header is not None or current == table):
            return f"{path}, line {number} ({key})"
    return f"{path} ({key})"


# ---- Python


def read_python(path: str) -> FileOptions:
    """The variables of a file that are options, by our names or Gunicorn's. Raises ConfigError."""
    found = FileOptions()
    for name, value in variables(path):
        if callable(value):
            if name in MEANINGLESS:
                found.remarks.append(f"{path} ({name}): it has no meaning here: {MEANINGLESS[name]}.")
        elif not found.take(name, value, f"{path} ({name})") and (hint := like(name, KEYS, 0.85)):
            # A variable may be anything in Python, so one that only looks like a mistake stops nothing.
            found.remarks.append(f"{path} ({name}): it is no option{hint}.")
    return found


def read_hooks(path: str, names: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    """The functions of a Python file that have one of these names; none of a file of another kind."""
    if not path.endswith(".py"):
        return {}
    return {name: value for name, value in variables(path) if name in names and callable(value)}


def variables(path: str) -> Iterator[tuple[str, Any]]:
    text = text_of(path)
    content: dict[str, Any] = {"__name__": "__config__", "__file__": os.path.abspath(path)}
    try:
        exec(compile(text, path, "exec"), content)
    except SyntaxError as error:
        raise ConfigError(f"The file {path} cannot be read: line {error.lineno}: {error.msg}.") from None
    except Exception as error:
        lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == path]
        raise ConfigError(
            f"The file {path} cannot be run: line {lines[-1] if lines else '?'}: {type(error).__name__}: {error}."
        ) from None
    return ((name, value) for name, value in content.items() if not name.startswith("_"))


# ---- both


def read_file(path: str) -> FileOptions:
    """What ``--config`` names. Raises ConfigError."""
    return read_python(path) if path.endswith(".py") else read_toml(path)


def text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigError(f"The file {path} cannot be read: {why}.") from None


KEYS = (*BY_NAME, *ALIASES, *TARGETS, CERTIFICATES)


def resembling(key: str) -> str:
    return like(key.replace("-", "_"), KEYS) or "; hanok config lists them all."


def like(key: str, known: Mapping[str, Any] | tuple[str, ...], cutoff: float = 0.6) -> str:
    found = difflib.get_close_matches(key, list(known), 1, cutoff)
    return f"; did you mean {found[0]}?" if found else ""
