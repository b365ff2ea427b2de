"""The places where an option can be given, and which of them wins.

The command line before the environment, before the file of ``--config``, before ``[tool.hanok]`` in pyproject.toml,
before what the command itself has as its default, before the option's default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hanok.exceptions import ConfigError
from hanok.server.config import OPTIONS, Config
from hanok.server.config_files import BY_NAME, FileOptions, read_file, read_pyproject
from hanok.server.run import read_env_file

DEFAULT = "default"

# The ways to say where to listen. One of them, said in a place that wins, silences the others in the places below.
LISTENING = ({"bind"}, {"host", "port"}, {"uds"}, {"fd"})


class Setting(NamedTuple):
    """The value of an option, and the place that decided it: a flag, a variable, a line of a file."""

    value: Any
    place: str


@dataclass(frozen=True, slots=True)
class Effective:
    """What results from all places together."""

    config: Config
    settings: dict[str, Setting]
    target: Setting | None  # of a file; the command line's is the command's affair
    remarks: list[str] = field(default_factory=list)


def effective(
    given: Mapping[str, Any],
    *,
    command: Mapping[str, Any] | None = None,
    command_name: str = "the command",
    environ: Mapping[str, str] | None = None,
) -> Effective:
    """The options that apply. ``given`` are those of the command line, already read; ``command`` are the defaults
    of the command. Raises ConfigError.
    """
    environ = os.environ if environ is None else environ
    line = {name: Setting(value, BY_NAME[name].flag) for name, value in given.items()}
    pyproject = read_pyproject()
    path = first("config", line, variables(environ, ("config",)), places(pyproject))
    file = FileOptions() if path is None else read_file(path)
    env_file = first("env_file", line, variables(environ, ("env_file",)), places(file), places(pyproject))
    if env_file is not None and environ is os.environ:
        read_env_file(env_file)
    own = {name: Setting(value, f"default of {command_name}") for name, value in (command or {}).items()}
    layers = (line, variables(environ, BY_NAME), places(file), places(pyproject), own)
    found = {one.name: Setting(one.default, DEFAULT) for one in OPTIONS}
    found.update(merged(layers))
    config = made(found)
    target = next(
        (Setting(one.target, name) for one, name in ((file, path), (pyproject, "pyproject.toml")) if one.target), None
    )
    return Effective(config, found, target, [*file.remarks, *pyproject.remarks, *config.remarks()])


def merged(layers: Iterable[Mapping[str, Setting]]) -> dict[str, Setting]:
    """The first that says something wins; of the ways to listen, the first that is used at all."""
    found: dict[str, Setting] = {}
    way: set[str] | None = None
    for layer in layers:
        used = [one for one in LISTENING if any(name in layer and layer[name].value is not None for name in one)]
        silent = set().union(*(one for one in LISTENING if one is not way)) if way is not None else set[str]()
        for name, setting in layer.items():
            if name not in silent:
                found.setdefault(name, setting)
        if way is None and used:
            way = used[0]
    return found


def made(found: Mapping[str, Setting]) -> Config:
    """The Config. An error about options together is told with the places of those that it names."""
    try:
        return Config(**{name: setting.value for name, setting in found.items()})
    except ConfigError as error:
        message = str(error)
        said = [
            f"{BY_NAME[name].flag} is from {setting.place}"
            for name, setting in found.items()
            if setting.place not in (DEFAULT, BY_NAME[name].flag)
            and re.search(re.escape(BY_NAME[name].flag) + r"(?![\w-])", message)
        ]
        raise ConfigError(message + (f" ({'; '.join(said)}.)" if said else "")) from None


def variables(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, Setting]:
    """The options that environment variables set. Raises ConfigError for a value that cannot be."""
    found = {}
    for name in names:
        option = BY_NAME[name]
        for variable in option.variables:
            if variable in environ:
                found[name] = Setting(option.read(environ[variable], variable), variable)
                break
    return found


def places(file: FileOptions) -> dict[str, Setting]:
    return {name: Setting(value, file.places[name]) for name, value in file.values.items()}


def first(name: str, *layers: Mapping[str, Setting]) -> Any:
    return next((layer[name].value for layer in layers if name in layer), None)
