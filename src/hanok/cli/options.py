"""The options of ``run`` and ``dev``: one for each field of Config, made from the field's own description."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from hanok.cli.help import GroupedOption, RichCommand
from hanok.exceptions import ConfigError
from hanok.server.config import Config, options
from hanok.server.config_gunicorn import ALIASES, MEANINGLESS
from hanok.server.options import FALSE, SEVERAL, TRUE, Option

if TYPE_CHECKING:
    from hanok.server.config_layers import Effective

F = TypeVar("F", bound=Callable[..., Any])

ENVIRONMENT = (
    "Every option can also be set in the environment (--log-level is HANOK_LOG_LEVEL), in the file of --config, and in "
    "[tool.hanok] of pyproject.toml. hanok config shows what results."
)

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


NONE = object()  # what was said to be none; None is what was not said


class OptionType(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic in newer versions of click only
    """Reads a value as the option itself does, so that the environment and the command line agree."""

    def __init__(self, option: Option) -> None:
        self.option = option
        self.name = option.kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        wrong: Any = value
        try:
            wrong = parsed = self.option.parse(value)
            self.option.check(parsed)
        except ConfigError:
            # click names the option itself
            raise click.BadParameter(self.option.refusal(wrong), ctx, param) from None
        return NONE if parsed is None else parsed


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
    """A Config of the command line, else the environment, else files, else ``defaults``, else Config's own
    defaults. What should be said about them is said.
    """
    return configure(given, **defaults).config


def configure(given: dict[str, Any], **defaults: Any) -> Effective:
    """The same, with the place where each value stands, and the target that a file names."""
    from hanok.server.config_layers import effective

    context = click.get_current_context(silent=True)
    name = context.command_path if context is not None else "the command"
    found = effective(told(given), command=defaults, command_name=name)
    for remark in (*passed_over(context), *found.remarks):
        click.echo(f"{click.style('note', fg='yellow')}      {remark}", err=True)
    return found


def told(given: dict[str, Any]) -> dict[str, Any]:
    """The options that the command line has set."""
    found: dict[str, Any] = {}
    for option in options():
        value = given.get(option.name)
        # click gives an option that may repeat as a tuple of what each one said; () was not said at all.
        if value is not None and value != ():
            several = option.kind in SEVERAL
            found[option.name] = sum(value, ()) if several else None if value is NONE else value
    return found


# ---- other spellings


class ServingCommand(RichCommand):
    """A command with the options of Config, which reads the flags of Uvicorn and Gunicorn as they are typed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(respelled(args, ctx)))


def respelled(args: Sequence[str], ctx: click.Context) -> Iterator[str]:
    """Our spelling of the arguments: ``--access-log false`` is ``--no-access-log``, ``--max-requests 9`` is
    ``--limit-max-requests 9``, and what has no meaning here is left out.
    """
    switches = {option.flag: option for option in options() if option.kind == "switch"}
    aliases = {flag: alias for alias in ALIASES.values() for flag in alias.flags}
    left = deque(args)
    while left:
        word = left.popleft()
        if word == "--":
            yield from (word, *left)
            return
        flag, equals, value = word.partition("=")
        if flag in IGNORED:
            if IGNORED[flag].takes_value and not equals and left:
                left.popleft()
            ctx.meta.setdefault(PASSED_OVER, []).append(f"{flag}: it has no meaning here: {IGNORED[flag].why}.")
        elif flag in switches:
            if not equals and left and left[0].lower() in TRUE | FALSE:
                value = left.popleft()
            if value.lower() in FALSE:
                flag = "--no-" + flag[2:]
            elif value and value.lower() not in TRUE:
                raise click.BadParameter(
                    f"{value!r} is not accepted; give {switches[flag].accepts}.", ctx, param_hint=f"'{flag}'"
                )
            yield flag
        elif flag in aliases and (equals or left):
            converted = aliases[flag].convert(value if equals else left.popleft())
            yield from (flag_of(aliases[flag].option), "none" if converted is None else str(converted))
        else:
            yield word


def flag_of(name: str) -> str:
    return next(option.flag for option in options() if option.name == name)


class Ignored(NamedTuple):
    """A flag of another server that would change nothing here."""

    why: str
    takes_value: bool = True


PASSED_OVER = "hanok.passed_over"
IGNORED: dict[str, Ignored] = {
    **{f"--{name.replace('_', '-')}": Ignored(MEANINGLESS[name]) for name in (
        "worker_class", "threads", "worker_connections", "worker_tmp_dir",
    )},
    "-k": Ignored(MEANINGLESS["worker_class"]),
    "--reset-contextvars": Ignored("each request has a context of its own anyway", takes_value=False),
}  # fmt: skip


def passed_over(context: click.Context | None) -> list[str]:
    found: list[str] = [] if context is None else context.meta.get(PASSED_OVER, [])
    return found
