"""From the text that says where the application is to the application."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import re
import sys
from types import ModuleType
from typing import Any

from hanok.exceptions import ConfigError

USUAL_NAMES = ("app", "application", "api")
MAKER = re.compile(r"(create|make|build|get)_\w*(app|application|api)")


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
        hint = instead(module, where)
        raise ConfigError(
            f"{target!r} is not an application but of type {type(found).__name__}, and cannot be called.{hint}"
        )
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
        hint = nearby(where, directory)
        if os.path.exists(os.path.join(directory, where.replace(".", os.sep) + ".py")):
            hint = " A file of that name is there, but a package on its way lacks an __init__.py."
        raise ConfigError(
            f"no module {missing!r}: looked for {where!r} in {directory} and on sys.path.{hint} "
            f"Give module:attribute as seen from that directory, or set --app-dir."
        ) from None


def nearby(where: str, directory: str) -> str:
    """What could have been meant by a module that is not there."""
    parent, _, last = where.rpartition(".")
    if parent and os.path.isfile(os.path.join(directory, *parent.split(".")) + ".py"):
        return f" Did you mean {parent}:{last}?"
    try:
        files = sorted(os.listdir(directory))
    except OSError:
        return " There is no such directory."
    modules = [name[:-3] for name in files if name.endswith(".py")]
    modules += [name for name in files if os.path.isfile(os.path.join(directory, name, "__init__.py"))]
    for name in files:
        if os.path.isfile(os.path.join(directory, name, where + ".py")):
            return f" There is {name}/{where}.py: type {name}.{where}, or --app-dir {name}."
    import difflib  # on first use: it is needed only here

    like = difflib.get_close_matches(where, modules, 1, 0.6)
    return f" Did you mean {like[0]}?" if like else ""


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
                raise ConfigError(f"{where!r} has no {attribute!r}.{instead(module, where)}") from None
        return found
    for name in USUAL_NAMES:
        if callable(getattr(module, name, None)):
            return getattr(module, name)
    names = ", ".join(USUAL_NAMES)
    hint = instead(module, where)
    raise ConfigError(f"{where!r} has none of {names}; say which attribute is the application: {where}:name.{hint}")


def instead(module: ModuleType, where: str) -> str:
    """What of a module could have been meant, and what to type for it."""
    found = [name for name, value in vars(module).items() if could_be_application(name, value)]
    if found:
        return f" It has {', '.join(found)}: type {where}:{found[0]}."
    makers = [name for name, value in vars(module).items() if inspect.isfunction(value) and MAKER.fullmatch(name)]
    if makers:
        return f" It has {makers[0]}(): if that returns the application, type {where}:{makers[0]} --factory."
    return ""


def could_be_application(name: str, value: Any) -> bool:
    """Whether it has one of the usual names, or is an instance that is called and has routes, or one of Flask or Django."""
    if inspect.isclass(value) or not callable(value) or (inspect.isroutine(value) and name not in USUAL_NAMES):
        return False
    return (
        name in USUAL_NAMES
        or hasattr(type(value), "url_path_for")
        or any(hasattr(value, name) for name in ("wsgi_app", "get_response"))
    )
