"""Option: how one field of ``Config`` is given from outside, how its text is read and what it accepts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from hanok.exceptions import ConfigError

Kind: TypeAlias = Literal[
    "text", "secret", "path", "whole", "seconds", "mode", "switch", "texts", "paths", "secrets", "headers"
]

SEVERAL = ("texts", "paths", "secrets", "headers")  # kinds of options that may be given more than once
SECRET = ("secret", "secrets")  # kinds whose values are shown to nobody
TRUE, FALSE, NOTHING = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}, {"", "none"}


@dataclass(frozen=True, slots=True)
class Option:
    """How one field of ``Config`` is given from outside, and what it accepts."""

    name: str
    kind: Kind
    default: Any
    help: str
    group: str
    choices: tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None
    optional: bool = False
    also_env: str | None = None
    flag: str = ""
    short: str | None = None  # a flag of one letter
    remedies: Mapping[Any, str] | None = None  # for values that are refused and that people are likely to try

    @property
    def env(self) -> str:
        """The environment variable that sets it."""
        return "HANOK_" + self.name.upper()

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that set it, the one that wins first."""
        return (self.env,) if self.also_env is None else (self.env, self.also_env)

    @property
    def accepts(self) -> str:
        """What a value may be, for messages and for the documentation."""
        if self.choices is not None:
            what = "one of " + ", ".join(self.choices)
        elif self.kind in ("whole", "seconds"):
            what = {"whole": "a whole number", "seconds": "a number of seconds"}[self.kind]
            if self.high is not None:
                what += f" from {self.low:g} to {self.high:g}"
            elif self.low is not None:
                what += f" of at least {self.low:g}"
        else:
            what = SAYS[self.kind]
        return what + (", or none" if self.optional else "")

    def parse(self, text: str, where: str | None = None) -> Any:
        """The value that ``text`` from the command line or the environment means. Raises ConfigError."""
        text = text.strip()
        if self.optional and text.lower() in NOTHING:
            return None
        try:
            return PARSERS[self.kind](text)
        except (ValueError, KeyError):
            raise self.error(text, where) from None

    def read(self, value: Any, where: str) -> Any:
        """The checked value that one from outside means: a text, or what a file can hold. Raises ConfigError."""
        value = self.parse(value, where) if isinstance(value, str) else self.normal(value)
        self.check(value, where)
        return value

    def normal(self, value: Any) -> Any:
        """One form for what code may give: a tuple for lists and single texts, text for paths."""
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if self.kind not in SEVERAL or value is None:
            return value
        if isinstance(value, str):
            return PARSERS[self.kind](value)
        if isinstance(value, Mapping):
            return tuple(value.items())
        if not isinstance(value, (list, tuple)):
            return value
        if self.kind == "headers":
            try:
                return tuple(_header(one) if isinstance(one, str) else tuple(one) for one in value)
            except (ValueError, TypeError):
                return value  # which ``check`` refuses
        return tuple(os.fspath(one) if isinstance(one, os.PathLike) else one for one in value)

    def check(self, value: Any, where: str | None = None) -> None:
        """Raise ConfigError unless ``value`` is one that the option accepts."""
        if value is None and self.optional:
            return
        if self.choices is not None:
            good = value in self.choices
        elif self.kind in ("whole", "seconds"):
            number = int if self.kind == "whole" else (int, float)
            good = (
                isinstance(value, number)
                and not isinstance(value, bool)
                and (self.low is None or value >= self.low)
                and (self.high is None or value <= self.high)
            )
        else:
            good = CHECKS[self.kind](value)
        if not good or (self.remedies and value in self.remedies):
            raise self.error(value, where)

    def error(self, value: Any, where: str | None = None) -> ConfigError:
        """What is said of a wrong value: where it stands, what may stand there."""
        return ConfigError(f"{f'{self.flag} (or {self.env})' if where is None else where}: {self.refusal(value)}")

    def refusal(self, value: Any) -> str:
        """The same without the place, for those who name it themselves."""
        shown = "the value" if self.kind in SECRET else repr(value)
        remedy = (self.remedies or {}).get(value) if isinstance(value, (str, int)) else None
        return f"{shown} is not accepted; {remedy or f'give {self.accepts}'}."


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise ValueError(text)
    return name.strip(), value.strip()


def _switch(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError(text)


def texts_of(text: str) -> tuple[str, ...]:
    """The pieces of a text that holds several."""
    return tuple(piece.strip() for piece in text.split(",") if piece.strip())


def _all_texts(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


def _pairs(value: Any) -> bool:
    return isinstance(value, tuple) and all(len(one) == 2 and _all_texts(one) for one in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


SAYS: dict[str, str] = {
    "text": "text",
    "secret": "text",
    "path": "the path of a file",
    "mode": "permissions in octal, like 660",
    "switch": "true or false",
    "texts": "texts separated by commas",
    "paths": "paths of files, separated by commas",
    "secrets": "text",
    "headers": "name: value",
}
PARSERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "secret": str,
    "path": str,
    "whole": int,
    "seconds": float,
    "mode": lambda text: int(text, 8),
    "switch": _switch,
    "texts": texts_of,
    "paths": texts_of,
    "secrets": lambda text: (text,),
    "headers": lambda text: tuple(_header(line) for line in text.splitlines() if line.strip()),
}
CHECKS: dict[str, Callable[[Any], bool]] = {
    "text": _is_text,
    "secret": _is_text,
    "path": lambda value: True,  # log_config may be a dict, when code gives it
    "mode": lambda value: isinstance(value, int) and 0 <= value <= 0o7777,
    "switch": lambda value: isinstance(value, bool),
    "texts": _all_texts,
    "paths": _all_texts,
    "secrets": _all_texts,
    "headers": _pairs,
}


def option(kind: Kind, default: Any, help: str, group: str, **more: Any) -> Any:
    """A field of Config with its Option."""
    more["kind"], more["help"], more["group"] = kind, help, group
    return field(default=default, repr=kind not in SECRET, metadata={"option": more})


def described(config: type) -> tuple[Option, ...]:
    """The options of a dataclass whose fields ``option`` has made, in their order."""
    found = []
    for one in fields(config):
        told = dict(one.metadata["option"])
        dashed = "--" + one.name.replace("_", "-")
        found.append(Option(name=one.name, default=one.default, flag=told.pop("flag", dashed), **told))
    return tuple(found)
