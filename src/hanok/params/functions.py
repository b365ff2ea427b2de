"""``Path()`` … ``File()`` as users call them: the classes of ``declared`` behind a return type of Any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hanok.params import declared


def _function(cls: type[declared.Declared]) -> Callable[..., Any]:
    def declare(*args: Any, **options: Any) -> Any:
        return cls(*args, **options)

    declare.__name__ = declare.__qualname__ = cls.__name__
    declare.__doc__ = cls.__doc__
    declare.__signature__ = declared.signature_of(cls)  # type: ignore[attr-defined]  # read by inspect.signature
    return declare


Path = _function(declared.Path)
Query = _function(declared.Query)
Header = _function(declared.Header)
Cookie = _function(declared.Cookie)
Body = _function(declared.Body)
Form = _function(declared.Form)
File = _function(declared.File)
