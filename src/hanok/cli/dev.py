"""``hanok dev``: serve while you write, with reload and readable errors."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import click

from hanok.cli.dropin import dropin_option, switch_over
from hanok.cli.options import ENVIRONMENT, ServingCommand, config_options, configure
from hanok.server.config import OPTIONS, PROCESS

if TYPE_CHECKING:
    from hanok.server.config import Config
    from hanok.server.reload import ReloadEvent

# What dev decides itself: one worker, which is replaced when a file changes.
USEFUL = {"loop", "timeout_graceful_shutdown"}
NOT_FOR_DEV = frozenset({one.name for one in OPTIONS if one.group == PROCESS} - USEFUL | {"interface", "fd"})


@click.command(
    "dev",
    cls=ServingCommand,
    short_help="Serve while you write: reload, readable errors.",
    epilog=f"{ENVIRONMENT}\nExample: hanok dev main:app --port 8080",
)
@click.argument("target", required=False)
@config_options(without=NOT_FOR_DEV, reload=True)
@dropin_option
def command(target: str | None, **given: Any) -> int:
    """Serve an application while you write it: it starts again when a file changes, and errors show their
    traceback in the browser.

    TARGET is module:attribute. Without it, pyproject.toml ([tool.hanok] app), main:app and app:app are
    tried."""
    from hanok.cli.run import serve
    from hanok.cli.target import find_target

    os.environ["HANOK_DEBUG"] = "1"
    found = configure({**given, "workers": 1}, reload=True)
    switch_over(given)
    named = target or (found.target and found.target.value)
    return serve(found.config, find_target(named, found.config.app_dir))


def serve_reloading(config: Config, target: str) -> int:
    """Watch the files, and keep a child that serves."""
    from hanok.cli.banner import shown_path, urls
    from hanok.cli.run import child_command
    from hanok.server.listeners import bind, release
    from hanok.server.reload import Reloader
    from hanok.server.watcher import watched_directories

    watched = ", ".join(shown_path(one) for one in watched_directories(config))
    sockets = bind(config)
    try:
        talk = Talk(target, config, urls(sockets, config), "the files here" if watched == "." else watched)
        reloader = Reloader(target, config, sockets, child_command(), say=talk.say, on_ready=talk.ready)
        return reloader.run()
    finally:
        release(sockets)


class Talk:
    """What the parent says on the terminal."""

    def __init__(self, target: str, config: Config, where: list[str], watched: str) -> None:
        self.target = target
        self.config = config
        self.where = where
        self.watched = watched
        self._told: dict[str, Any] | None = None
        self._since = time.monotonic()

    def ready(self, told: dict[str, Any]) -> None:
        """The banner, the first time and whenever it would say something else; else that it serves again, if only the page
        of an error.
        """
        from hanok.cli.banner import show_banner

        if told.get("broken"):
            self._print("broken", f"{self.where[0]} shows why; waiting for the next save", "red")
        elif told != self._told:
            self._told = told
            show_banner(self.target, self.config, self.where, told, watching=self.watched)
        else:
            self._print("ready", f"after {time.monotonic() - self._since:.1f} s", "green")

    def say(self, event: ReloadEvent, text: str) -> None:
        from hanok.server.reload import ReloadEvent

        if event is ReloadEvent.CHANGED:
            self._since = time.monotonic()
            self._print("changed", text, "yellow")
        elif event is ReloadEvent.ENDED:
            self._print("broken", text, "red")
        else:
            self._print("stopped", text, "red")

    def _print(self, word: str, text: str, colour: str) -> None:
        click.echo(f"  {click.style(f'{word:10}', fg=colour)}{text}", err=True)
