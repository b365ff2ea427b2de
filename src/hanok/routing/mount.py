"""Mount and Host: a whole application below a path, or behind a host name."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from hanok import http
from hanok.endpoint.form_limits import FormLimits, inherit_form_limits
from hanok.exceptions import NoMatchFound
from hanok.exchange import Exchange
from hanok.gateways import ForeignApp, exchange_of, handler_of
from hanok.gateways.asgi_in import AsgiExchange
from hanok.routing.around import wrap
from hanok.routing.base import BaseRoute, Match, below_root, get_route_path
from hanok.routing.table import Entry
from hanok.routing.template import Template
from hanok.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from hanok.exchange import AnyExchange
    from hanok.http import URLPath


class Holder(BaseRoute):
    """What Mount and Host share: an application inside, whose routes can be reached as ``name:inner``."""

    name: str | None
    app: ASGIApp
    # What holds for requests to the application inside, unless it says otherwise itself.
    max_body_size: int | None = None
    form_limits: FormLimits | None = None

    def __init__(self, app: ASGIApp, name: str | None) -> None:
        self.app = app
        self.name = name
        self._runs: ASGIApp | None = None

    def within(self, inherited: Any) -> Self:
        clone = copy.copy(self)
        clone._origin = self.origin
        clone._runs = None
        clone.form_limits = inherited.form_limits
        if clone.max_body_size is None:
            clone.max_body_size = inherited.max_body_size
        return clone

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes of the application inside, if it has any."""
        return getattr(self.app, "routes", [])

    async def run(self, exchange: AnyExchange) -> None:
        # ``app`` may be assigned at any time: one comparison notices it.
        if self._runs is not self.app:
            self._runs = self.app
            own = type(self).handle is Holder.handle
            self._handler = handler_of(self.app) if own else ForeignApp(self.handle).handle
        if isinstance(exchange, Exchange):
            if self.max_body_size is not None:
                exchange.body_limit = self.max_body_size
            if self.form_limits:
                inherit_form_limits(exchange, self.form_limits)
        await self._handler(exchange)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope, receive, send)
        await handler_of(self.app)(exchange)
        if isinstance(exchange, AsgiExchange):
            await exchange.drain()

    def inner_name(self, name: str) -> str | None:
        """The name to look for inside, or None if ``name`` cannot be there."""
        if self.name is None:
            return name
        prefix = f"{self.name}:"
        return name[len(prefix) :] if name.startswith(prefix) else None


class Mount(Holder):
    """Everything below a path goes to one application, which sees that path as its root path."""

    def __init__(
        self,
        path: str,
        app: ASGIApp | None = None,
        routes: Sequence[BaseRoute] | None = None,
        name: str | None = None,
        *,
        middleware: Sequence[Any] | None = None,
        max_body_size: int | None = None,
    ) -> None:
        if path != "" and not path.startswith("/"):
            raise AssertionError("Routed paths must start with '/'")
        if app is None and routes is None:
            raise AssertionError("Either 'app=...', or 'routes=' must be specified")
        self.path = path.rstrip("/")
        self.max_body_size = max_body_size
        if app is None:
            from hanok.routing.router import Router

            app = Router(routes=routes)
        self._base_app = app
        self.place_at(self.path)
        super().__init__(wrap(app, middleware), name)

    def place_at(self, path: str) -> None:
        """Parse the template; sets ``path_regex``, ``path_format`` and ``param_convertors``."""
        self.template = Template.parse(path + "/{path:path}")
        self.path_regex = self.template.regex
        self.path_format = self.template.path_format
        self.param_convertors = self.template.convertors

    def within(self, inherited: Any) -> Self:
        clone = super().within(inherited)
        clone.path = inherited.prefix + self.path
        clone.place_at(clone.path)
        return clone

    @property
    def routes(self) -> list[BaseRoute]:
        return getattr(self._base_app, "routes", [])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] not in self.kinds:
            return Match.NONE, {}
        path = get_route_path(scope)
        params = self.template.match(path)
        if params is None:
            return Match.NONE, {}
        root_path = scope.get("root_path", "")
        taken = self.taken(path, params)
        return Match.FULL, {
            "path_params": {**scope.get("path_params", {}), **params},
            "app_root_path": scope.get("app_root_path", root_path),
            "root_path": root_path + taken,
            "endpoint": self.app,
        }

    native_matches = matches

    def taken(self, path: str, params: dict[str, Any]) -> str:
        """The part of a matching path that belongs to the mount; takes the rest out of ``params``."""
        return path[: len(path) - len(params.pop("path")) - 1]

    def enter(self, exchange: AnyExchange, params: dict[str, Any]) -> None:
        """Move the root path of an exchange down to this mount."""
        root_path = exchange.root_path
        path = below_root(exchange.path, root_path)
        if exchange.app_root_path is None:
            exchange.place("app_root_path", root_path)
        exchange.place("root_path", root_path + self.taken(path, params))

    def entry(self, index: int) -> Entry | None:
        if type(self).matches is not Mount.native_matches or self.path_regex is not self.template.regex:
            return None
        return Entry(index, self, self.template, None, self.app, enter=self.enter)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        # Parameters of the mount that are not given stay as fields of the path that is made.
        if name == self.name and "path" in path_params and set(path_params) <= set(self.param_convertors):
            # The path of a file or page inside, which only the application inside knows.
            rest = path_params | {"path": path_params["path"].lstrip("/")}
            return http.URLPath(self.template.build(**rest)[0])
        inner = self.inner_name(name)
        if inner is None:
            raise NoMatchFound(name, path_params)
        here, remaining = self.template.build(**{**path_params, "path": ""})
        if "path" in path_params:
            remaining["path"] = path_params["path"]
        for route in self.routes:
            try:
                found = route.url_path_for(inner, **remaining)
            except NoMatchFound:
                continue
            return http.URLPath(here.rstrip("/") + str(found), protocol=found.protocol)
        raise NoMatchFound(name, path_params)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Mount)
            and (self.path, self.name) == (other.path, other.name)
            and (self._base_app == other._base_app)
        )

    __hash__ = BaseRoute.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}(path={self.path!r}, name={self.name or ''!r}, app={self.app!r})"


class Host(Holder):
    """Everything asked of a host name goes to one application. ``{name}`` in it is a parameter.

    Below an including router only what is below its prefix is meant: ``below`` is a Mount there.
    """

    below: Mount | None = None

    def __init__(self, host: str, app: ASGIApp, name: str | None = None) -> None:
        if host.startswith("/"):
            raise AssertionError("Host must not start with '/'")
        self.host = host
        self.template = Template.parse(host)
        self.host_regex = self.template.regex
        self.host_format = self.template.path_format
        self.param_convertors = self.template.convertors
        super().__init__(app, name)

    def within(self, inherited: Any) -> Self:
        clone = super().within(inherited)
        if inherited.prefix:
            clone.below = Mount(inherited.prefix, app=self.app)
        return clone

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] not in self.kinds:
            return Match.NONE, {}
        params = self.template.match(host_of(scope))
        if params is None:
            return Match.NONE, {}
        child_scope = {"path_params": {**scope.get("path_params", {}), **params}, "endpoint": self.app}
        return (Match.FULL, child_scope) if self.below is None else self.below.matches({**scope, **child_scope})

    @property
    def routes(self) -> list[BaseRoute]:
        return super().routes if self.below is None else [self.below]

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        below = {} if self.below is None else self.below.param_convertors
        if name == self.name and "path" in path_params and set(path_params) <= {*self.param_convertors, *below, "path"}:
            host, remaining = self.template.build(**path_params)
            path = path_params["path"]
            if self.below is not None:
                path = self.below.template.build(**{**remaining, "path": path.lstrip("/")})[0]
            return http.URLPath(path, host=host)
        inner = self.inner_name(name)
        if inner is None:
            raise NoMatchFound(name, path_params)
        host, remaining = self.template.build(**path_params)
        for route in self.routes:
            try:
                found = route.url_path_for(inner, **remaining)
            except NoMatchFound:
                continue
            return http.URLPath(str(found), protocol=found.protocol, host=host)
        raise NoMatchFound(name, path_params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Host) and self.host == other.host and self.app == other.app

    __hash__ = BaseRoute.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}(host={self.host!r}, name={self.name or ''!r}, app={self.app!r})"


def host_of(scope: Scope) -> str:
    """The host that the request asks for, lower-case and without its port; "" if it names none."""
    for name, value in scope["headers"]:
        if name == b"host":
            host: str = value.decode("latin-1").lower()
            found = http.split_authority(host)
            return found[0] if found else ""
    return ""
