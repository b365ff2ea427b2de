"""A module of theirs, made of names of ours: nothing is imported until an attribute is touched."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from hanok.dropin.reexported import REEXPORTED
from hanok.dropin.table import LIVE, PRIVATE, TABLE, WHOLE
from hanok.dropin.versions import VERSIONS


def names_of(module: str) -> dict[str, tuple[str, str]]:
    """Every name that ``module`` carries → (module it is found in, its name there)."""
    found: dict[str, tuple[str, str]] = {}
    for where, names in (*REEXPORTED.get(module, {}).items(), *TABLE.get(module, {}).items()):
        for written in names.split():
            theirs, _, ours = written.partition("=")
            found[theirs] = (where, ours or theirs)
    return found


def is_carried(module: str) -> bool:
    return module in TABLE or module in WHOLE


def submodules_of(module: str) -> list[str]:
    """The last parts of the names of the modules below ``module``."""
    prefix = module + "."
    below = (name[len(prefix) :] for name in (*TABLE, *WHOLE) if name.startswith(prefix))
    return [name for name in below if "." not in name]


def not_carried(module: str, name: str) -> str:
    """Why ``module`` has no ``name``, and what to do."""
    full = f"{module}.{name}"
    for private in (full, module):
        if private in PRIVATE:
            thing = f"{private} is" if private == full else f"{full}: {private} is"
            return (
                f"{thing} an internal module of the package that Hanok stands in for, and Hanok does not have it. "
                f"Use {PRIVATE[private]} instead."
            )
    if name.startswith("_"):
        return f"{full} is an internal of the package that Hanok stands in for. Use a public name of {module}."
    return (
        f"Hanok stands in for {module.partition('.')[0]} and has no {full}. "
        f"To use the real package in this environment: hanok dropin disable"
    )


class DropinModule(ModuleType):
    """Finds its attributes in the rooms. One that has been set, as tests do, stays as it was set."""

    __names: dict[str, tuple[str, str]]
    __whole: ModuleType | None
    __live: dict[str, str]
    __before: dict[str, Any]  # values of live names as they were before somebody set them

    def __init__(self, name: str) -> None:
        super().__init__(name)
        own = self.__dict__
        own["_DropinModule__names"] = names_of(name)
        own["_DropinModule__whole"] = None
        own["_DropinModule__live"] = LIVE.get(name, {})
        own["_DropinModule__before"] = {}
        own["__doc__"] = f"The names of {name}, as Hanok has them."

    def __getattr__(self, name: str) -> Any:
        if name in self.__live:
            module, attribute = self.__live[name].split(":")
            return getattr(import_module(module), attribute)
        if name in self.__names:
            where, attribute = self.__names[name]
            value = getattr(import_module(where), attribute) if where else import_module(attribute)
            self.__dict__[name] = value
            return value
        own = self.__name__
        if name == "__all__":
            return [each for each in self.__public() if not each.startswith("_")]
        if name == "__version__" and own in VERSIONS:
            return VERSIONS[own]
        if is_carried(f"{own}.{name}"):
            return import_module(f"{own}.{name}")
        if name.startswith("__"):
            raise AttributeError(f"module {own!r} has no attribute {name!r}", name=name, obj=self)
        if own in WHOLE:
            try:
                return getattr(import_module(WHOLE[own]), name)
            except AttributeError:
                raise AttributeError(f"module {own!r} has no attribute {name!r}", name=name, obj=self) from None
        raise AttributeError(not_carried(own, name), name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        live = self.__live.get(name)
        if live is None and self.__name__ in WHOLE and not name.startswith("__"):
            live = f"{WHOLE[self.__name__]}:{name}"
            if not hasattr(import_module(WHOLE[self.__name__]), name):
                live = None
        if live is None:
            super().__setattr__(name, value)
            return
        module, attribute = live.split(":")
        room = import_module(module)
        self.__before.setdefault(name, getattr(room, attribute))
        setattr(room, attribute, value)

    def __delattr__(self, name: str) -> None:
        # mock.patch undoes its work by deleting what was not in the module's own dictionary.
        if name in self.__before:
            before = self.__before.pop(name)
            self.__setattr__(name, before)
            del self.__before[name]
            return
        super().__delattr__(name)

    def __public(self) -> list[str]:
        own = self.__name__
        if own in WHOLE:
            return [name for name in dir(import_module(WHOLE[own])) if not name.startswith("__")]
        return [*self.__names, *submodules_of(own)]

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *self.__live, *self.__public()})
