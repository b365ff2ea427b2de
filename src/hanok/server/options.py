"""Option: how one field of ``Config`` is given from outside, how its text is read and what it accepts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from hanok.exceptions import ConfigError

Kind: TypeAlias = Literal["text", "path", "whole", "seconds", "switch", "texts", "headers"]

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

    @property
    def env(self) -> str:
        """The environment variable that sets it."""
        return "HANOK_" + self.name.upper()

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

    def parse(self, text: str) -> Any:
        """The value that ``text`` from the command line or the environment means. Raises ConfigError."""
        text = text.strip()
        if self.optional and text.lower() in NOTHING:
            return None
        try:
            return PARSERS[self.kind](text)
        except (ValueError, KeyError):
            raise self.error(text) from None

    def check(self, value: Any) -> None:
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
        elif self.kind == "switch":
            good = isinstance(value, bool)
        else:
            return
        if not good:
            raise self.error(value)

    def error(self, value: Any) -> ConfigError:
        return ConfigError(f"{self.flag} (or {self.env}): {value!r} is not accepted; give {self.accepts}.")


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
    return tuple(piece.strip() for piece in text.split(",") if piece.strip())


SAYS: dict[str, str] = {
    "text": "text",
    "path": "the path of a file",
    "switch": "true or false",
    "texts": "texts separated by commas",
    "headers": "name: value",
}
PARSERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "path": str,
    "whole": int,
    "seconds": float,
    "switch": _switch,
    "texts": texts_of,
    "headers": lambda text: tuple(_header(line) for line in text.splitlines() if line.strip()),
}


def option(kind: Kind, default: Any, help: str, group: str, **more: Any) -> Any:
    """A field of Config with its Option."""
    more["kind"], more["help"], more["group"] = kind, help, group
    return field(default=default, metadata={"option": more})


def described(config: type) -> tuple[Option, ...]:
    """The options of a dataclass whose fields ``option`` has made, in their order."""
    found = []
    for one in fields(config):
        told = dict(one.metadata["option"])
        dashed = "--" + one.name.replace("_", "-")
        found.append(Option(name=one.name, default=one.default, flag=told.pop("flag", dashed), **told))
    return tuple(found)
