"""RouteList: the list of routes that users may change at any time, and that tells when they did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Epoch:
    """Counts changes of any route list in this process.

    A router compares it with the number that it remembers, once per request, and looks closer only when it
    differs.
    """

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 1


EPOCH = Epoch()


def changing(method: F) -> F:
    """A method of ``list`` that also counts the change."""

    def changed(self: RouteList, *args: Any, **kwargs: Any) -> Any:
        self.version += 1
        EPOCH.value += 1
        return method(self, *args, **kwargs)

    changed.__name__ = method.__name__
    changed.__doc__ = method.__doc__
    return changed  # type: ignore[return-value]  # the same signature as the method of list


class RouteList(list[Any]):
    """A list whose ``version`` grows with every change."""

    def __init__(self, routes: Iterable[Any] = ()) -> None:
        super().__init__(routes)
        self.version = 1
        EPOCH.value += 1

    append = changing(list.append)
    extend = changing(list.extend)
    insert = changing(list.insert)
    remove = changing(list.remove)
    pop = changing(list.pop)
    clear = changing(list.clear)
    sort = changing(list.sort)
    reverse = changing(list.reverse)
    __setitem__ = changing(list.__setitem__)
    __delitem__ = changing(list.__delitem__)
    __iadd__ = changing(list.__iadd__)
    __imul__ = changing(list.__imul__)
