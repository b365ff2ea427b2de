"""How Python finds a module of theirs: a finder in ``sys.meta_path``, before all others."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from hanok.dropin import modules, table
from hanok.dropin.versions import VERSIONS

if TYPE_CHECKING:
    from importlib.metadata import Distribution

HERE = os.path.dirname(os.path.abspath(__file__))


class NotCarried(ModuleNotFoundError):
    """A module, or a name of a module, that the drop-in does not have. The message says what to do."""


class Finder:
    """A meta-path finder and loader for every module of the table (importlib.abc.MetaPathFinder, Loader)."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] not in VERSIONS:
            return None
        loader: Any = self
        if name in table.MAIN:
            spec = ModuleSpec(name, loader, origin=os.path.join(HERE, table.MAIN[name]))
        elif modules.is_carried(name):
            spec = ModuleSpec(name, loader, origin=os.path.join(HERE, "table.py"))
            # Every module is a package to Python: so "from fastapi.routing import X" asks here for an X that the module
            # does not have, and gets our message. The directory is empty on purpose: there is nothing to list in it.
            spec.submodule_search_locations = [os.path.join(HERE, *name.split("."))]
        else:
            module, _, last = name.rpartition(".")
            raise NotCarried(modules.not_carried(module, last), name=module, path=os.path.join(HERE, "table.py"))
        spec.has_location = True
        spec.cached = None
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None if spec.name in table.MAIN else modules.DropinModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ in table.MAIN:
            exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name: str) -> CodeType:
        """The code of a module that is run by ``python -m``; of others, that of a module without any."""
        if name not in table.MAIN:
            return compile("", os.path.join(HERE, "table.py"), "exec")
        path = os.path.join(HERE, table.MAIN[name])
        with open(path, encoding="utf-8") as file:
            return compile(file.read(), path, "exec")

    def get_source(self, name: str) -> str:
        return ""

    def is_package(self, name: str) -> bool:
        return name not in table.MAIN

    def find_distributions(self, context: Any = None) -> Iterable[Distribution]:
        """What ``importlib.metadata`` is told of the packages that we stand in for, when it asks by name."""
        name = getattr(context, "name", None)
        name = name.lower() if isinstance(name, str) else ""
        if name not in VERSIONS:
            return []
        from hanok.dropin.distribution import ClaimedDistribution

        return [ClaimedDistribution(name, VERSIONS[name])]

    def invalidate_caches(self) -> None:
        pass


FINDER = Finder()


def is_installed() -> bool:
    """Whether this interpreter has the finder, or the hook that will bring it."""
    return any(is_ours(finder) for finder in sys.meta_path)


def is_ours(finder: object) -> bool:
    return isinstance(finder, Finder) or getattr(finder, "hanok_dropin", False)


def install() -> Finder:
    """Put the finder before all others, once. Modules of the real packages that are loaded already stay loaded."""
    sys.meta_path[:] = [FINDER, *(finder for finder in sys.meta_path if not is_ours(finder))]
    return FINDER


def uninstall() -> None:
    """Take the finder away, and every module that it made."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not is_ours(finder)]
    for name, module in list(sys.modules.items()):
        if isinstance(module, modules.DropinModule):
            del sys.modules[name]
