"""``hanok dropin``: let ``import fastapi`` and ``import starlette`` mean Hanok, in a whole environment; and ``--dropin``, which
does it for the processes of one server.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hanok.cli.help import RichCommand, RichGroup
from hanok.cli.options import click_option
from hanok.server.config import APP
from hanok.server.options import Option

if TYPE_CHECKING:
    from hanok.dropin.environment import Status

F = TypeVar("F", bound=Callable[..., Any])

# No field of Config: a server that is started from Python has its application already, and with it its fastapi.
OPTION = Option(
    name="dropin",
    kind="switch",
    default=False,
    help="Let fastapi and starlette mean Hanok in this server's processes.",
    group=APP,
    flag="--dropin",
)


def dropin_option(function: F) -> F:
    """Adds ``--dropin`` to a command that serves."""
    return click_option(OPTION, OPTION.default)(function)


def switch_over(given: dict[str, Any]) -> None:
    """Do what ``--dropin`` or HANOK_DROPIN says, for this process and those that it starts. Raises ConfigError.

    Comes after the configuration was made, which reads the file of environment variables.
    """
    asked = given["dropin"]
    if asked is None:
        asked = OPTION.parse(os.environ.get(OPTION.env, "off"))
    if asked:
        from hanok.dropin.processes import enable_from_here_on

        enable_from_here_on()


@click.group(
    "dropin",
    cls=RichGroup,
    short_help="Run FastAPI and Starlette programs as they are.",
    epilog="For one server: hanok run --dropin. For one process: import hanok.dropin.auto. "
    "For tests: pytest -p hanok.dropin.pytest",
)
def command() -> None:
    """Let "import fastapi" and "import starlette" mean Hanok in this environment, whether or not those packages are
    installed. Nothing of them is changed or removed; one file in site-packages says it."""


@command.command("enable", cls=RichCommand, short_help="Switch this environment over to Hanok.")
def enable() -> int:
    """Write one file into the site-packages of this environment. From then on, every Python of this environment gives
    Hanok's names to those who import fastapi or starlette."""
    from hanok.dropin import environment

    show(environment.enable())
    return 0


@command.command("disable", cls=RichCommand, short_help="Switch it back.")
def disable() -> int:
    """Remove the file that enable wrote. No trace stays behind."""
    from hanok.cli.console import out
    from hanok.dropin import environment

    file = environment.disable()
    out().print(f"[quiet]removed[/] {file}", soft_wrap=True)
    return 0


@command.command("status", cls=RichCommand, short_help="Say what fastapi and starlette are here.")
def status() -> int:
    """Say what "import fastapi" and "import starlette" give in this environment."""
    from hanok.dropin import environment

    show(environment.status())
    return 0


def show(now: Status) -> None:
    from rich.text import Text

    from hanok.cli.console import out
    from hanok.dropin.versions import VERSIONS

    console = out()
    state = ("enabled", "good") if now.enabled else ("not enabled", "bad")
    if now.written is not None and not now.enabled:
        state = ("enabled by another version of Hanok", "bad")
    console.print(Text.assemble("drop-in   ", state, (f"  in {sys.prefix}", "quiet")), soft_wrap=True)
    for name, version in VERSIONS.items():
        real = now.real.get(name)
        if now.written is not None:
            means = f"Hanok, in the place of {name} {version}"
            means += f" (the real {real} is installed and rests)" if real else ""
        else:
            means = f"the real {name} {real}" if real else "nothing: it is not installed"
        console.print(Text.assemble((f"{name:10}", "name"), means), soft_wrap=True)
    if now.written is not None:
        console.print(Text.assemble(("file      ", "name"), (str(now.file), "path")), soft_wrap=True)
