"""The options of ``run`` and ``dev``: one for each field of Config, made from the field's own description."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from hanok.cli.help import GroupedOption
from hanok.exceptions import ConfigError
from hanok.server.config import Config, environment, options
from hanok.server.options import SEVERAL, Option
from hanok.server.run import read_env_file

F = TypeVar("F", bound=Callable[..., Any])

ENVIRONMENT = "Every option can also be set in the environment: --log-level is HANOK_LOG_LEVEL."

METAVARS = {
    "text": "TEXT",
    "secret": "TEXT",
    "path": "PATH",
    "paths": "PATH",
    "secrets": "TEXT",
    "mode": "MODE",
    "whole": "N",
    "seconds": "SECONDS",
    "texts": "TEXT",
    "headers": "NAME:VALUE",
}


class OptionType(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic in newer versions of click only
    """Reads a value as the option itself does, so that the environment and the command line agree."""

    def __init__(self, option: Option) -> None:
        self.option = option
        self.name = option.kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            parsed = self.option.parse(value)
            self.option.check(parsed)
        except ConfigError:
            # click names the option itself
            raise click.BadParameter(f"{value!r} is not accepted; give {self.option.accepts}.", ctx, param) from None
        return parsed


def config_options(*, without: frozenset[str] = frozenset(), **defaults: Any) -> Callable[[F], F]:
    """A decorator that adds the options of Config. ``defaults`` are the values that the command changes."""

    def decorate(function: F) -> F:
        for option in reversed(options()):
            if option.name not in without:
                function = click_option(option, defaults.get(option.name, option.default))(function)
        return function

    return decorate


def click_option(option: Option, default: Any) -> Callable[[F], F]:
    # The default stays out of click: None tells an option that was not given, so the environment can speak.
    settings: dict[str, Any] = {
        "help": option.help,
        "default": None,
        "box": option.group,
        "notes": notes(option, default),
        "cls": GroupedOption,
    }
    if option.kind == "switch":
        return click.option(f"{option.flag}/--no-{option.flag[2:]}", option.name, **settings)
    metavar = "NAME" if option.choices else METAVARS[option.kind]
    settings.update(type=OptionType(option), metavar=metavar, multiple=option.kind in SEVERAL)
    return click.option(*([option.short] if option.short else []), option.flag, option.name, **settings)


def notes(option: Option, default: Any) -> tuple[str, ...]:
    """What help adds in brackets: choices, the default, and an environment variable beside the usual HANOK_
    one.
    """
    found = []
    if option.choices:
        found.append(" | ".join(option.choices))
    if option.kind == "switch":
        if default is not None:
            found.append(f"default: {'on' if default else 'off'}")
    elif isinstance(default, tuple):
        if default:
            found.append("default: " + ",".join(map(str, default)))
    elif default not in (None, ""):
        found.append(f"default: {default}")
    if option.also_env is not None:
        found.append(f"env: {option.also_env}")
    return tuple(found)


def make_config(given: dict[str, Any], **defaults: Any) -> Config:
    """A Config of the command line, else the environment, else ``defaults``, else Config's own defaults."""
    env_file = given.get("env_file") or os.environ.get("HANOK_ENV_FILE")
    if env_file:
        read_env_file(env_file)
    told: dict[str, Any] = {}
    for option in options():
        value = given.get(option.name)
        if value is None or value == ():
            continue
        # Options that may repeat come as a tuple of what each one said.
        told[option.name] = sum(value, ()) if option.kind in SEVERAL else value
    return Config(**{**defaults, **environment(), **told})
