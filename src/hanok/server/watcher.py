"""Watcher: tells when source files change."""

from __future__ import annotations

import fnmatch
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hanok.exceptions import ConfigError

if TYPE_CHECKING:
    from hanok.server.config import Config


class Watcher:
    """A thread that watches files and writes a byte to ``fd`` for each batch of changes."""

    def __init__(self, config: Config) -> None:
        self._directories = watched_directories(config)
        self._filter = PathFilter(config, self._directories)
        self._step = max(1, round(config.reload_delay * 1000))
        self._stop = threading.Event()
        self._changed: list[str] = []
        self.fd, self._write_fd = os.pipe()
        self._thread = threading.Thread(target=self._watch, name="hanok-watch", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(5)
        os.close(self.fd)
        os.close(self._write_fd)

    def changes(self) -> str:
        """The names of the changed files, for people."""
        os.read(self.fd, 512)
        names, self._changed = sorted(set(self._changed)), []
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return ", ".join(names[:3]) + more

    def _watch(self) -> None:
        from watchfiles import watch

        batches = watch(
            *self._directories,
            watch_filter=lambda change, path: self._filter(path),
            step=self._step,
            stop_event=self._stop,
            rust_timeout=500,
        )
        for batch in batches:
            self._changed.extend(os.path.relpath(path) for _, path in batch)
            os.write(self._write_fd, b"c")


def watched_directories(config: Config) -> list[Path]:
    """Where to watch: what was asked for, else where the application is. Raises ConfigError for what is not
    there.
    """
    names = config.reload_dirs or (config.app_dir or ".",)
    for name in names:
        if not Path(name).is_dir():
            raise ConfigError(f"--reload-dir: {name!r} is not a directory.")
    directories = list(dict.fromkeys(Path(name).resolve() for name in names))
    # Watching a directory watches all below it.
    return [one for one in directories if not any(other in one.parents for other in directories)]


class PathFilter:
    """Which files matter: their name matches an include, and no part of their path below the watched one an
    exclude.
    """

    # Never written by hand, often large, often rewritten.
    IGNORED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})

    def __init__(self, config: Config, directories: Sequence[Path]) -> None:
        self._includes = config.reload_includes
        self._excludes = config.reload_excludes
        self._excluded_directories = [Path(name).resolve() for name in config.reload_excludes if Path(name).is_dir()]
        self._directories = directories

    def __call__(self, path: str) -> bool:
        file = Path(path)
        root = next((one for one in self._directories if one in file.parents), None)
        parts = file.parts if root is None else file.relative_to(root).parts
        if any(part in self.IGNORED or self._matches(part, self._excludes) for part in parts):
            return False
        if any(one in file.parents for one in self._excluded_directories):
            return False
        return self._matches(file.name, self._includes)

    @staticmethod
    def _matches(name: str, patterns: Sequence[str]) -> bool:
        return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)
