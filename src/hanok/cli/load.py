"""The application that a target names, for the commands that need it in this process."""

from __future__ import annotations

from typing import Any

from hanok.cli.target import find_target
from hanok.exceptions import ConfigError


class ImportFailed(Exception):
    """The user's module raised ``error`` when it was imported."""

    def __init__(self, target: str, error: Exception) -> None:
        super().__init__(f"{target} cannot be imported: {type(error).__name__}: {error}")
        self.target = target
        self.error = error


def load_app(target: str | None, app_dir: str = "", factory: bool = False) -> tuple[str, Any]:
    """The target that is meant, and its application. Raises ConfigError, or ImportFailed for an error of the
    module.
    """
    from hanok.server.importer import load

    target = find_target(target, app_dir)
    try:
        return target, load(target, app_dir=app_dir, factory=factory)
    except ConfigError:
        raise
    except Exception as error:
        raise ImportFailed(target, error) from error
