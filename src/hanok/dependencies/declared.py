"""``Depends`` and ``Security`` as they are declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Semaphore

Scope: TypeAlias = Literal["function", "request"]


@dataclass(frozen=True)
class Depends:
    """A value that another callable makes.

    ``use_cache``: within one request the callable runs once for all that depend on it. ``scope``: for callables that yield,
    whether the code after ``yield`` runs before the answer is sent ("function") or after it ("request"; the default).
    ``max_concurrency``: how many calls through this very object may run at a time in one event loop; a call that yields
    counts until its end. Raises ValueError for a limit below 1.
    """

    dependency: Callable[..., Any] | None = None
    use_cache: bool = True
    scope: Scope | None = None
    max_concurrency: int | None = field(default=None, kw_only=True)
    _limit: Limit | None = field(default=None, repr=False, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.max_concurrency is not None:
            if type(self.max_concurrency) is not int or self.max_concurrency < 1:
                raise ValueError("max_concurrency must be a positive integer or None")
            if self._limit is None:
                object.__setattr__(self, "_limit", Limit(self.max_concurrency))


@dataclass(frozen=True)
class Security(Depends):
    """``Depends`` with OAuth2 scopes, which ``SecurityScopes`` shows to everything below."""

    scopes: Sequence[str] | None = None


class Limit:
    """At most ``count`` at a time in each event loop. Waiting takes no thread."""

    def __init__(self, count: int) -> None:
        from weakref import WeakKeyDictionary

        self.count = count
        self._by_loop: WeakKeyDictionary[AbstractEventLoop, Semaphore] = WeakKeyDictionary()

    def here(self) -> Semaphore:
        """The semaphore of the running loop."""
        import asyncio

        loop = asyncio.get_running_loop()
        semaphore = self._by_loop.get(loop)
        if semaphore is None:
            semaphore = self._by_loop[loop] = asyncio.Semaphore(self.count)
        return semaphore

    async def acquire(self) -> Callable[[], None]:
        """Wait for a place; returns what gives it back."""
        semaphore = self.here()
        await semaphore.acquire()
        return semaphore.release
