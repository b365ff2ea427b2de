"""Middleware: a middleware class and its arguments, declared before there is an application to wrap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Middleware:
    """``cls(app, *args, **kwargs)``, to be called when the application is built. Unpacks to ``cls, args, kwargs``."""

    def __init__(self, cls: Any, *args: Any, **kwargs: Any) -> None:
        self.cls = cls
        self.args = args
        self.kwargs = kwargs

    def __iter__(self) -> Iterator[Any]:
        return iter((self.cls, self.args, self.kwargs))

    def __repr__(self) -> str:
        name = getattr(self.cls, "__name__", "")
        arguments = [repr(value) for value in self.args]
        arguments += [f"{key}={value!r}" for key, value in self.kwargs.items()]
        return f"{type(self).__name__}({', '.join([name, *arguments])})"
