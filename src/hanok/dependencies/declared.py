"""``Depends`` and ``Security`` as they are declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from hanok.gateways.event_loop import running_loop

if TYPE_CHECKING:
    from anyio import Semaphore

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
    _concurrency: Limit | None = field(default=None, repr=False, compare=True, kw_only=True)

    def __post_init__(self) -> None:
        wanted, limit = self.max_concurrency, self._concurrency
        if wanted is None:
            limit = None
        elif type(wanted) is not int or wanted < 1:
            raise ValueError("max_concurrency must be a positive integer or None")
        elif limit is None or limit.max_concurrency != wanted:  # a copy with the same limit shares it
            limit = Limit(wanted)
        object.__setattr__(self, "_concurrency", limit)


@dataclass(frozen=True)
class Security(Depends):
    """``Depends`` with OAuth2 scopes, which ``SecurityScopes`` shows to everything below."""

    scopes: Sequence[str] | None = None


class Limit:
    """At most ``max_concurrency`` at a time in each event loop. Waiting takes no thread.

    A loop's semaphore lives as long as both the loop and this object.
    """

    def __init__(self, max_concurrency: int) -> None:
        from weakref import WeakKeyDictionary

        self.max_concurrency = max_concurrency
        self._by_loop: WeakKeyDictionary[Any, Semaphore] = WeakKeyDictionary()

    def get_semaphore(self) -> Semaphore:
        """The semaphore of the running loop."""
        loop = running_loop()
        semaphore = self._by_loop.get(loop)
        if semaphore is None:
            from anyio import Semaphore

            semaphore = self._by_loop[loop] = Semaphore(self.max_concurrency, fast_acquire=True)
        return semaphore

    async def acquire(self) -> Callable[[], None]:
        """Wait for a place; returns what gives it back."""
        semaphore = self.get_semaphore()
        await semaphore.acquire()
        return semaphore.release
