"""TemplateRoute: a route that is told by a path template, as it was declared and as it is below an including router."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal, Self

from hanok.exceptions import NoMatchFound
from hanok.gateways import ForeignApp, handler_of
from hanok.routing.base import VIEW, BaseRoute, Match, get_name, get_route_path
from hanok.routing.template import Template, replace_params
from hanok.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from hanok.http import URLPath


class TemplateRoute(BaseRoute):
    """A route that is told by a path template. The attributes are the ones that applications look at.

    Assigning ``app`` (to wrap it, say) changes what the route runs, from the next request on.
    """

    protocol: Literal["http", "websocket"]
    path: str
    endpoint: Any
    name: str

    def __init__(self, path: str, endpoint: Any, name: str | None, app: ASGIApp) -> None:
        self.path = path
        self.endpoint = endpoint
        self.name = get_name(endpoint) if name is None else name
        self.place_at(path)
        self.app = app

    def place_at(self, path: str) -> None:
        """Parse the template; sets ``path_regex``, ``path_format`` and ``param_convertors``."""
        self.template = Template.parse(path)
        self.path_regex = self.template.regex
        self.path_format = self.template.path_format
        self.param_convertors = self.template.convertors

    @property
    def app(self) -> ASGIApp:
        """The ASGI application that the route runs."""
        return self._app

    @app.setter
    def app(self, app: ASGIApp) -> None:
        self._app = app
        self._handler = handler_of(app)
        # A subclass with a ``handle`` of its own is run through it.
        own = type(self).handle is getattr(type(self), "native_handle", None)
        # Routers call the attribute, so that nothing stands in between.
        self.run = self._handler if own else ForeignApp(self.handle).handle  # type: ignore[method-assign, assignment]

    def match_params(self, path: str) -> dict[str, Any] | None:
        """The converted parameters of a path below the root path, or None."""
        found = self.path_regex.fullmatch(path)
        if found is None:
            return None
        return {name: self.param_convertors[name].convert(text) for name, text in found.groupdict().items()}

    def child_scope(self, scope: Scope) -> Scope | None:
        """What a match adds to the scope, or None."""
        if scope["type"] not in self.kinds:
            return None
        route = self.seen_in(scope)
        params = route.match_params(get_route_path(scope))
        if params is None:
            return None
        return {"endpoint": route.endpoint, "path_params": {**scope.get("path_params", {}), **params}}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        if name != self.name or set(path_params) != set(self.param_convertors):
            raise NoMatchFound(name, path_params)
        path, _ = replace_params(self.path_format, self.param_convertors, path_params)
        from hanok.http.url import URLPath, rooted

        return URLPath(rooted(path), protocol=self.protocol)

    def within(self, inherited: Any) -> TemplateRoute:
        clone = self._clone(inherited)
        clone.app = self.app
        return clone

    def _clone(self, inherited: Any) -> Self:
        """A copy below the prefix of an including router; the caller settles the rest."""
        clone = copy.copy(self)
        clone._origin = self.origin
        clone.path = inherited.prefix + self.path
        clone.place_at(clone.path)
        # What a subclass does by itself it does on the object that was declared: that may count, or remember.
        cls: Any = type(self)
        for name in ("matches", "handle"):
            if getattr(cls, name) is not getattr(cls, f"native_{name}", None):
                setattr(clone, name, getattr(AskedAs(clone), name))
        return clone

    def is_transparent(self, native_matches: Any) -> bool:
        """Whether the template says all about what the route matches: nobody has overridden or replaced a
        thing.
        """
        return (
            type(self).matches is native_matches
            and self.path_regex is self.template.regex
            and (self.path.startswith("/") or not self.param_convertors)
        )


class AskedAs:
    """The methods of a declared route, called in the name of its copy below an including router: ``seen_in`` finds that."""

    __slots__ = ("view",)

    def __init__(self, view: TemplateRoute) -> None:
        self.view = view

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        before = scope.get(VIEW)
        scope[VIEW] = self.view
        try:
            return self.view.origin.matches(scope)
        finally:
            # Other routes may be asked next.
            if before is None:
                del scope[VIEW]
            else:
                scope[VIEW] = before

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[VIEW] = self.view
        await self.view.origin.handle(scope, receive, send)
