"""Incoming: what every request is, of either kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from abc import ABC

    from hanok.types import RawHeaders, Scope

    class Interface(ABC): ...  # noqa: B024 - its methods are those of the exchanges

else:
    # Every request asks several times whether something is an exchange, and to ask an ABC is many times as dear.
    class Interface:
        __slots__ = ()


ASGI_VERSION = {"version": "3.0", "spec_version": "2.5"}


class Incoming:
    """What HTTP requests and WebSocket handshakes have in common: the head, and where the router has brought it."""

    __slots__ = (
        "_headers",
        "_scope",
        "app",  # the innermost Hanok application that took it
        "app_root_path",  # what root_path was before the first mount added to it; None outside mounts
        "client",  # (host, port) | None
        "cookies_cache",
        "endpoint",  # the function that the matched route calls
        "headers_cache",
        "http_version",  # "1.0" | "1.1" | "2"
        "method",  # "GET"; "" for a WebSocket over HTTP/1.1
        "path",  # percent-decoded, with the root path of the mounts above in front
        "path_params",  # dict[str, Any]: converted values of the match so far
        "query",  # bytes after "?"
        "query_cache",
        "raw_path",  # bytes, as sent, without the query
        "root_path",  # "" | "/prefix"
        "route",  # the matched route, as it is where it was included; the scope names the one that was declared
        "router",
        "scheme",  # "http" | "https" | "ws" | "wss"
        "sent",  # bytes of the answer's body so far, as the protocol was given them
        "server",  # (host, port | None) | None
        "session",  # dict | None, set by the session middleware
        "started",  # time.perf_counter() when the request came, where somebody asks for times; else 0
        "state",  # dict[str, Any] | None: the lifespan state, copied for this request
    )

    kind: ClassVar[Literal["http", "websocket"]] = "http"

    app: Any
    app_root_path: str | None
    client: tuple[str, int] | None
    cookies_cache: Any
    endpoint: Any
    headers_cache: Any
    http_version: str
    method: str
    path: str
    path_params: dict[str, Any]
    query: bytes
    query_cache: Any
    raw_path: bytes
    root_path: str
    route: Any
    router: Any
    scheme: str
    sent: int
    server: tuple[str, int | None] | None
    session: dict[str, Any] | None
    started: float
    state: dict[str, Any] | None
    _headers: RawHeaders | None
    _scope: Scope | None

    @property
    def raw_headers(self) -> RawHeaders:
        """The headers in the order of their coming. A door that has not read them yet overrides this."""
        return self._headers  # type: ignore[return-value]  # else they are given before anybody asks

    @raw_headers.setter
    def raw_headers(self, headers: RawHeaders) -> None:
        self._headers = headers

    # ---- the scope

    @property
    def scope(self) -> Scope:
        """The ASGI scope of this request; made on first touch, then the same mapping for ever."""
        scope = self._scope
        if scope is None:
            scope = self._scope = self._make_scope()
        return scope

    def _make_scope(self) -> Scope:
        scope: Scope = {
            "type": self.kind,
            "asgi": dict(ASGI_VERSION),
            "http_version": self.http_version,
            "scheme": self.scheme,
            "path": self.path,
            "raw_path": self.raw_path,
            "query_string": self.query,
            "root_path": self.root_path,
            "headers": self.raw_headers,
            "client": self.client,
            "server": self.server,
            "path_params": self.path_params,
            "extensions": self.extensions(),
        }
        if self.kind == "http":
            scope["method"] = self.method
        if self.state is not None:
            scope["state"] = self.state
        for name in ("app", "app_root_path", "router", "endpoint", "session"):
            value = getattr(self, name)
            if value is not None:
                scope[name] = value
        if self.route is not None:
            scope.update(told_of(self.route))
        return scope

    def extensions(self) -> dict[str, Any]:
        """The ASGI extensions that this door offers, for the scope."""
        return {}

    def read_scope(self) -> None:
        """Take over what code that was handed the scope may have changed in it.

        Called where a scope comes back from foreign hands: after an http middleware function, at the ASGI door.
        """
        scope = self._scope
        if scope is None:
            return
        self.method = scope.get("method", "")
        self.path = scope.get("path", "")
        self.raw_path = scope.get("raw_path") or self.path.encode("utf-8", "surrogateescape")
        self.query = scope.get("query_string", b"")
        self.root_path = scope.get("root_path", "")
        self.scheme = scope.get("scheme", "http")
        self.client = scope.get("client")
        self.server = scope.get("server")
        self.state = scope.get("state")
        headers = scope.get("headers", ())
        if headers is not self.raw_headers:
            self.raw_headers = headers if type(headers) is list else list(headers)
        self.headers_cache = self.query_cache = self.cookies_cache = None

    def matched(self, route: Any, endpoint: Any, path_params: dict[str, Any]) -> None:
        """The router has found the route: kept here, and in the scope if one was made."""
        self.route = route
        self.endpoint = endpoint
        self.path_params = path_params
        scope = self._scope
        if scope is not None:
            scope["route"] = route
            if getattr(route, "_origin", None) is not None:
                scope.update(route.in_scope())  # it is seen through an included router
            scope["endpoint"] = endpoint
            scope["path_params"] = path_params

    def place(
        self, name: Literal["app", "app_root_path", "router", "root_path", "session", "state"], value: Any
    ) -> None:
        """Set an attribute here and in the scope if one was made."""
        setattr(self, name, value)
        if self._scope is not None:
            self._scope[name] = value

    def take_request_side(self, other: Incoming) -> None:
        """Become another view of the same request: share its head, its scope and its caches."""
        self._scope = other._scope
        self.app = other.app
        self.app_root_path = other.app_root_path
        self.client = other.client
        self.cookies_cache = other.cookies_cache
        self.endpoint = other.endpoint
        self.headers_cache = other.headers_cache
        self.http_version = other.http_version
        self.method = other.method
        self.path = other.path
        self.path_params = other.path_params
        self.query = other.query
        self.query_cache = other.query_cache
        self.raw_headers = other.raw_headers
        self.raw_path = other.raw_path
        self.root_path = other.root_path
        self.route = other.route
        self.router = other.router
        self.scheme = other.scheme
        self.server = other.server
        self.session = other.session
        self.state = other.state

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header, by its lower-case name; a scan, for code that needs one or two."""
        for key, value in self.raw_headers:
            if key == name:
                return value
        return None


def told_of(route: Any) -> dict[str, Any]:
    """What the scope is told of a matched route: what the route wants told, else just the route."""
    in_scope = getattr(route, "in_scope", None)
    return {"route": route} if in_scope is None else in_scope()
