"""Reading a callable's signature: names, resolved annotations and defaults, whatever kind of callable it is."""

from __future__ import annotations

import functools
import inspect
import sys
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REQUIRED: Any = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a callable. ``annotation`` and ``default`` are REQUIRED (``Parameter.empty``) where absent."""

    name: str
    annotation: Any
    default: Any


def innermost(call: Callable[..., Any]) -> Any:
    """The function behind partials and ``functools.wraps``."""
    while True:
        if isinstance(call, functools.partial):
            call = call.func
        elif hasattr(call, "__wrapped__"):
            call = call.__wrapped__
        else:
            return call


def _globals_of(call: Callable[..., Any]) -> dict[str, Any]:
    inner = innermost(call)
    if not hasattr(inner, "__globals__") and not inspect.isclass(inner) and callable(inner):
        inner = innermost(type(inner).__call__)
    if inspect.ismethod(inner):
        inner = inner.__func__
    found = getattr(inner, "__globals__", None)
    if found is None:
        module = sys.modules.get(getattr(inner, "__module__", "") or "")
        found = vars(module) if module else {}
    return dict(found)


def _signature(call: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(call, annotation_format=Format.FORWARDREF)
    return inspect.signature(call)


def _resolve(annotation: Any, namespace: dict[str, Any]) -> Any:
    """Evaluate strings and forward references; what cannot be resolved yet stays as it is."""
    if annotation is REQUIRED or annotation is None:
        return annotation

    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    try:
        return typing.get_type_hints(holder, globalns=namespace, localns=namespace, include_extras=True)["it"]
    except (NameError, TypeError):
        return annotation


def has_unknown_names(annotation: Any) -> bool:
    """Whether something in it is still a name: of what is defined later, or for type checkers only."""
    if isinstance(annotation, (str, typing.ForwardRef)):
        return True
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return False
    inside = typing.get_args(annotation)
    return any(has_unknown_names(each) for each in (inside[:1] if origin is typing.Annotated else inside))


def read_signature(call: Callable[..., Any]) -> list[Argument]:
    """The arguments of ``call`` with their annotations evaluated in the namespace where it was written."""
    namespace = _globals_of(call)
    return [
        Argument(parameter.name, _resolve(parameter.annotation, namespace), parameter.default)
        for parameter in _signature(call).parameters.values()
    ]


def read_return(call: Callable[..., Any]) -> Any:
    """The return annotation of ``call``, evaluated; REQUIRED where there is none."""
    annotation = _signature(call).return_annotation
    if annotation is REQUIRED:
        return annotation
    resolved = _resolve(annotation, _globals_of(call))
    return None if resolved is type(None) else resolved  # what the string "None" evaluates to
