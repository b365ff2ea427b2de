"""Whether there are plugins for pydantic, found out without what pydantic loads to look for them.

Before the first validator is made ``pydantic.plugin._loader`` looks through the entry points of everything installed. For
that it imports ``importlib.metadata``, which brings zipfile, shutil, lzma, bz2 and tempfile: more than a megabyte that stays in
every worker, and hardly any installation has such a plugin. ``put_off`` makes a new worker read the files of entry points
itself at that moment. Only where they tell for certain that there is no plugin, pydantic is told so; else it looks itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

LOADER = "pydantic.plugin._loader"
SECTION = b"[pydantic]"
METADATA = (".dist-info", ".egg-info")  # directories of those whose names end so


class Loader(ModuleType):
    """Stands for pydantic's loader of plugins until one may be there, or something else is asked of it."""

    _none = False

    def get_plugins(self, *given: Any) -> Iterable[Any]:
        """What pydantic calls for each validator that it makes. As with pydantic's own, the first answer stays."""
        if given or not (self._none or no_entry_points()):
            plugins: Iterable[Any] = self._own().get_plugins(*given)
            return plugins
        self._none = True
        return ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks for such
            raise AttributeError(name)
        try:
            own = self._own()
        except ImportError:
            raise AttributeError(name) from None
        return getattr(own, name)

    def _own(self) -> ModuleType:
        """Pydantic's, which takes this place."""
        if sys.modules.get(LOADER) is self:
            del sys.modules[LOADER]
        return import_module(LOADER)


def put_off() -> None:
    """For a process that begins: once pydantic has looked there is nothing to put off."""
    if LOADER not in sys.modules:
        sys.modules[LOADER] = Loader(LOADER)


def no_entry_points() -> bool:
    """Whether it is certain that nothing installed has an entry point for pydantic."""
    if any(hasattr(finder, "find_distributions") and finder is not PathFinder for finder in sys.meta_path):
        return False
    return all(has_none(folder) for folder in sys.path)


def has_none(folder: str) -> bool:
    """The same for one entry of ``sys.path``. Archives and eggs are left to those who can read them."""
    try:
        names = os.listdir(folder or ".")
    except FileNotFoundError:
        return True
    except (OSError, TypeError):
        return False
    if folder.lower().endswith(".egg"):
        return False
    for name in names:
        if name.lower().endswith(METADATA):
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                    if SECTION in file.read():
                        return False
            except (FileNotFoundError, NotADirectoryError):
                pass  # it has no entry points
            except OSError:
                return False
    return True
