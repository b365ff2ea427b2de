"""``fastapi dev`` and ``fastapi run`` (``python -m fastapi …``), as the drop-in answers them: Hanok's server, their options."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from hanok.cli.help import RichCommand, RichGroup
from hanok.cli.options import config_options, make_config
from hanok.exceptions import ConfigError
from hanok.server.config import options

USUAL_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
KEPT = frozenset(
    {"host", "port", "reload", "reload_dirs", "workers", "root_path", "proxy_headers", "forwarded_allow_ips"}
)


@click.group(
    "fastapi",
    cls=RichGroup,
    help="FastAPI's command, answered by Hanok. See also: hanok --help",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="fastapi", message="FastAPI CLI version: Hanok, in the place of fastapi %(version)s")
def group() -> None:
    pass


def arguments(without: frozenset[str] = frozenset(), **defaults: Any) -> Callable[[Any], Any]:
    """The arguments that both commands take."""
    left_out = frozenset(option.name for option in options() if option.name not in KEPT) | without

    def decorate(function: Any) -> Any:
        function = config_options(without=left_out, **defaults)(function)
        function = click.option("--app", metavar="NAME", help="The application's name in its module.")(function)
        function = click.option(
            "--entrypoint", "-e", metavar="MODULE:NAME", help="Where the application is, in place of PATH."
        )(function)
        return click.argument("path", required=False)(function)

    return decorate


@group.command("dev", cls=RichCommand, short_help="Serve while you write, with reload.")
@arguments(without=frozenset({"workers"}), reload=True)
def dev(path: str | None, app: str | None, entrypoint: str | None, **given: Any) -> int:
    """Serve the application at PATH while you write it.

    Without PATH: [tool.fastapi] entrypoint of pyproject.toml, then main.py, app.py, api.py, here and in app/."""
    os.environ["HANOK_DEBUG"] = "1"
    return serve(target_of(path, app, entrypoint), given, reload=True, host="127.0.0.1")


@group.command("run", cls=RichCommand, short_help="Serve in production.")
@arguments(host="0.0.0.0")
def run(path: str | None, app: str | None, entrypoint: str | None, **given: Any) -> int:
    """Serve the application at PATH in production: on all addresses, without reload.

    Without PATH: [tool.fastapi] entrypoint of pyproject.toml, then main.py, app.py, api.py, here and in app/."""
    return serve(target_of(path, app, entrypoint), given, host="0.0.0.0")


def target_of(path: str | None, app: str | None, entrypoint: str | None) -> str:
    """The target in our form. Raises ConfigError."""
    from hanok.cli.target import named_in_pyproject

    if entrypoint and (path or app):
        raise ConfigError("--entrypoint says it all: leave out PATH and --app.")
    if entrypoint is None and path is None and app is None:
        entrypoint = next(iter(named_in_pyproject([])), None)
    if entrypoint:
        return entrypoint
    if path is None:
        path = next((each for each in USUAL_FILES if os.path.isfile(each)), None)
        if path is None:
            raise ConfigError("Could not find a default file to run, please provide an explicit path")
    elif not os.path.exists(path):
        raise ConfigError(f"Path does not exist {path}")
    if os.path.isdir(path):
        path = os.path.join(path, "__init__.py")
    return f"{path}:{app}" if app else path


def serve(target: str, given: dict[str, Any], **defaults: Any) -> int:
    """Hand over to ``hanok run``."""
    from hanok.cli.run import serve as serve_target

    if port := os.environ.get("PORT"):
        if not port.isdigit():
            raise ConfigError(f"PORT in the environment must be a number, not {port!r}.")
        defaults["port"] = int(port)
    return serve_target(make_config(given, **defaults), target)


def cli_main() -> int:
    """Run the command with the arguments of the process, and give its exit code."""
    from hanok.cli.errors import guarded

    def command() -> Any:
        try:
            return group.main(prog_name="fastapi", standalone_mode=False)
        except ConfigError as error:
            # Their command says it on stdout and exits with 1; scripts may count on either.
            click.echo(str(error))
            return 1

    return guarded(command)


def main() -> None:
    """``fastapi.cli.main``. Ends in SystemExit."""
    if cli_main is None:
        raise RuntimeError("To use the fastapi command, please install Hanok again: its command line is missing.")
    sys.exit(cli_main())
