"""IncludedRouter: the place in ``router.routes`` where another router was included, and its routes seen
from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hanok.exceptions import NoMatchFound
from hanok.exchange import told_of
from hanok.routing.base import BaseRoute, Match, RouteContext
from hanok.routing.inherited import Inherited
from hanok.routing.route_list import EPOCH, RouteList
from hanok.types import Receive, Scope, Send

if TYPE_CHECKING:
    from hanok.http import URLPath

INCLUDED = "hanok.included"  # scope key: the inclusion through which a router is asked
CHOSEN = (
    "hanok.chosen"  # scope key: what ``matches`` has found: a route, below the routers that were asked on the way to it
)


class IncludedRouter(BaseRoute):
    """One inclusion of a router. Routes added to that router later belong to it too.

    ``effective_routes`` are copies of the router's routes with everything that they inherit. A match table
    holds those in its place, unless the router has its own ``matches`` or ``handle``: then it is asked.
    """

    def __init__(self, router: Any, inherited: Inherited) -> None:
        self.original_router = router
        self.inherited = inherited
        self._epoch = 0
        self._kept: list[BaseRoute] = []

    @property
    def include_context(self) -> Inherited:
        """What the inclusion adds to the routes: ``prefix``, ``tags`` and so on. Packages that name routes read it."""
        return self.inherited

    @property
    def is_plain(self) -> bool:
        """Whether the table may look inside."""
        return not self.original_router.is_customised

    def effective_routes(self, seen: list[tuple[RouteList, int]] | None = None) -> Iterator[BaseRoute]:
        """The routes in match order; notes in ``seen`` every list that they were read from, with its
        version.
        """
        routes: Any = self.original_router.routes
        if seen is not None and isinstance(routes, RouteList):
            seen.append((routes, routes.version))
        # An operation has the limits of its router already; whatever else was added to it has not.
        inherited = self.inherited.around(limits_of(self.original_router))
        for route in routes:
            if isinstance(route, IncludedRouter):
                below = IncludedRouter(route.original_router, self.inherited.around(route.inherited))
                if below.is_plain:
                    yield from below.effective_routes(seen)
                else:
                    yield below
            elif isinstance(route, BaseRoute):
                yield route.within(inherited)
            else:
                yield route

    def kept_routes(self) -> list[BaseRoute]:
        """The effective routes, made again only after some route list has changed."""
        if self._epoch != EPOCH.value:
            self._epoch = EPOCH.value
            self._kept = list(self.effective_routes())
        return self._kept

    def effective_route_contexts(self) -> Iterator[RouteContext]:
        """Every route below, as a context."""
        return iter_route_contexts((self,))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self.is_plain:
            return first_match(self.kept_routes(), scope)
        match, child_scope = self.original_router.matches({**scope, INCLUDED: self})
        return match, {**child_scope, INCLUDED: self}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked: Any = next_chosen(scope) if self.is_plain else self.original_router
        await asked.handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        for route in self.kept_routes():
            try:
                return route.url_path_for(name, **path_params)
            except NoMatchFound:
                continue
        raise NoMatchFound(name, path_params)


def first_match(routes: Iterable[Any], scope: Scope) -> tuple[Match, Scope]:
    """The first full match of a walk over routes, else the first partial one."""
    best: tuple[Match, Scope] = (Match.NONE, {})
    for route in routes:
        match, child_scope = route.matches(scope)
        if match is Match.NONE or (match is Match.PARTIAL and best[0] is Match.PARTIAL):
            continue
        best = match, {**told_of(route), **child_scope, CHOSEN: (route, *child_scope.get(CHOSEN, ()))}
        if match is Match.FULL:
            break
    return best


def next_chosen(scope: Scope) -> Any:
    """What comes next on the way down to the route that was found; None at its end."""
    first, *rest = scope.pop(CHOSEN, None) or (None,)
    if rest:
        scope[CHOSEN] = tuple(rest)
    return first


def limits_of(router: Any) -> Inherited:
    """What holds for a request as soon as it has come to a router, whatever it finds there."""
    limits = {name: getattr(router, name, None) for name in ("max_body_size", "form_limits")}
    return Inherited.of(limits)


def iter_route_contexts(routes: Iterable[Any]) -> Iterator[RouteContext]:
    """Every route in match order, through included routers."""
    for route in routes:
        if isinstance(route, RouteContext):
            yield route
        elif isinstance(route, IncludedRouter):
            for effective in route.effective_routes():
                if isinstance(effective, IncludedRouter):
                    yield from iter_route_contexts((effective,))
                else:
                    yield RouteContext(getattr(effective, "origin", effective), effective)
        else:
            yield RouteContext(route)
