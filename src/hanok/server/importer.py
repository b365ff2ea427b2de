"""From the text that says where the application is to the application."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from types import ModuleType
from typing import Any

from hanok.exceptions import ConfigError

USUAL_NAMES = ("app", "application", "api")


def load(target: str, *, app_dir: str = "", factory: bool = False) -> Any:
    """The application at ``module:attribute`` or ``path/to/file.py:attribute``.

    Without an attribute the usual names are tried. Raises ConfigError, which says what was tried and what to
    type; an error inside the module travels on unchanged.
    """
    directory = os.path.abspath(app_dir or os.getcwd())
    where, colon, attribute = target.rpartition(":")
    if not colon or os.sep in attribute:
        where, attribute = target, ""
    if not where:
        raise ConfigError(f"{target!r} names no module; give module:attribute, for example main:app.")
    module = _module(where, directory)
    found = _attribute(module, where, attribute)
    if factory:
        try:
            inspect.signature(found).bind()
        except TypeError as error:
            message = f"{target!r} with --factory has to be callable without arguments: {error}."
            raise ConfigError(message) from None
        found = found()
    if not callable(found):
        raise ConfigError(f"{target!r} is a {type(found).__name__}, not an application: it cannot be called.")
    if not factory and _makes_applications(found):
        raise ConfigError(
            f"{target!r} takes no scope, receive and send: it is no application. If it makes one, add --factory."
        )
    return found


def _makes_applications(found: Any) -> bool:
    """Whether it can be called without arguments and not as an application of either ASGI generation."""
    try:
        signature = inspect.signature(found)
        signature.bind()
    except (TypeError, ValueError):  # it wants arguments, or does not tell
        return False
    for count in (1, 3):
        try:
            signature.bind(*range(count))
        except TypeError:
            continue
        return False
    return True


def _module(where: str, directory: str) -> ModuleType:
    if where.endswith(".py") or os.sep in where:
        return _module_of_file(where, directory)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if where != missing and not where.startswith(missing + "."):
            raise  # the module is there, and misses another
        hint = ""
        if os.path.exists(os.path.join(directory, where.replace(".", os.sep) + ".py")):
            hint = " A file of that name is there, but a package on its way lacks an __init__.py."
        raise ConfigError(
            f"no module {missing!r}: looked for {where!r} in {directory} and on sys.path.{hint} "
            f"Give module:attribute as seen from that directory, or set --app-dir."
        ) from None


def _module_of_file(where: str, directory: str) -> ModuleType:
    path = os.path.join(directory, where)
    if not os.path.isfile(path):
        raise ConfigError(f"no file {path}; give path/to/file.py:attribute or module:attribute.")
    # The directory above the packages that the file lies in, so that its own imports work.
    parts = [os.path.splitext(os.path.basename(path))[0]]
    parent = os.path.dirname(os.path.abspath(path))
    while os.path.isfile(os.path.join(parent, "__init__.py")):
        parts.insert(0, os.path.basename(parent))
        parent = os.path.dirname(parent)
    if parts[-1] == "__init__":
        parts.pop()
    if parent not in sys.path:
        sys.path.insert(0, parent)
    return importlib.import_module(".".join(parts))


def _attribute(module: ModuleType, where: str, attribute: str) -> Any:
    found: Any = module
    if attribute:
        for name in attribute.split("."):
            try:
                found = getattr(found, name)
            except AttributeError:
                like = [one for one in USUAL_NAMES if callable(getattr(module, one, None))]
                hint = f" It has {', '.join(like)}: type {where}:{like[0]}." if like else ""
                raise ConfigError(f"{where!r} has no {attribute!r}.{hint}") from None
        return found
    for name in USUAL_NAMES:
        if callable(getattr(module, name, None)):
            return getattr(module, name)
    names = ", ".join(USUAL_NAMES)
    raise ConfigError(f"{where!r} has none of {names}; say which attribute is the application: {where}:name.")
