"""HTTPConnection: what HTTP requests and WebSockets have in common, read from their exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self

from typing_extensions import TypeVar

from hanok.gateways import exchange_of
from hanok.http.cookies import cookies_of
from hanok.http.headers import Headers, headers_of
from hanok.http.multidict import QueryParams
from hanok.http.query import query_params_of
from hanok.http.state import State
from hanok.http.underscored import UnderscoredHead
from hanok.http.url import URL, Address, request_url

if TYPE_CHECKING:
    from hanok.types import Message, Receive, Scope

StateT = TypeVar("StateT", bound=Any, default=State)


async def no_receive() -> NoReturn:
    raise RuntimeError("Receive channel has not been made available")


async def no_send(message: Message) -> NoReturn:
    raise RuntimeError("Send channel has not been made available")


class HTTPConnection(UnderscoredHead, Mapping[str, Any], Generic[StateT]):
    """The head of a request, and a mapping over its ASGI scope.

    All is read from the exchange, or from the scope once somebody has asked for it and may have changed it.
    Two connections are equal only if they are the same object.
    """

    __slots__ = ("__dict__", "__weakref__", "exchange")

    # Found in __dict__ once they were asked for.
    _url: URL | None = None
    _base_url: URL | None = None
    _state: Any = None

    def __init__(self, scope: Scope, receive: Receive | None = None) -> None:
        if scope["type"] not in ("http", "websocket"):
            raise AssertionError(f"a connection has a scope of type 'http' or 'websocket', not {scope['type']!r}")
        self.exchange: Any = exchange_of(scope, receive or no_receive, no_send)

    @classmethod
    def of(cls, exchange: Any) -> Self:
        """The connection of an exchange."""
        self = cls.__new__(cls)
        self.exchange = exchange
        return self

    @property
    def scope(self) -> Scope:
        scope: Scope = self.exchange.scope
        return scope

    # ---- the mapping

    def __getitem__(self, key: str) -> Any:
        return self.exchange.scope[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.exchange.scope)

    def __len__(self) -> int:
        return len(self.exchange.scope)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    # ---- the head

    @property
    def url(self) -> URL:
        url = self._url
        if url is None:
            exchange = self.exchange
            if exchange._scope is None:
                url = URL(
                    request_url(exchange.scheme, exchange.server, exchange.path, exchange.query, exchange.raw_headers)
                )
            else:
                url = URL(scope=exchange._scope)
            self._url = url
        return url

    @property
    def base_url(self) -> URL:
        """Where the application is mounted, with a slash at the end."""
        base_url = self._base_url
        if base_url is None:
            exchange = self.exchange
            scope = exchange._scope
            if scope is None:
                root = exchange.root_path if exchange.app_root_path is None else exchange.app_root_path
                parts = exchange.scheme, exchange.server, exchange.raw_headers
            else:
                root = scope.get("app_root_path", scope.get("root_path", ""))
                parts = scope.get("scheme", "http"), scope.get("server"), scope["headers"]
            scheme, server, headers = parts
            base_url = URL(request_url(scheme, server, root.rstrip("/") + "/", b"", headers))
            self._base_url = base_url
        return base_url

    @property
    def headers(self) -> Headers:
        return headers_of(self.exchange)

    @property
    def query_params(self) -> QueryParams:
        return query_params_of(self.exchange)

    @property
    def cookies(self) -> dict[str, str]:
        return cookies_of(self.exchange)

    @property
    def path_params(self) -> dict[str, Any]:
        exchange = self.exchange
        params: dict[str, Any]
        if exchange._scope is None:
            params = exchange.path_params
        else:
            params = exchange._scope.get("path_params", {})
        return params

    @property
    def client(self) -> Address | None:
        exchange = self.exchange
        client = exchange.client if exchange._scope is None else exchange._scope.get("client")
        return None if client is None else Address(*client)

    # ---- what the layers above have put there

    def _placed(self, name: str, layer: str) -> Any:
        scope = self.exchange._scope
        if scope is not None and name in scope:
            return scope[name]
        raise AssertionError(f"{layer} must be installed to access request.{name}")

    @property
    def app(self) -> Any:
        exchange = self.exchange
        if exchange._scope is not None:
            return exchange._scope["app"]
        if exchange.app is None:
            raise KeyError("app")
        return exchange.app

    @property
    def session(self) -> dict[str, Any]:
        exchange = self.exchange
        session: dict[str, Any] | None = exchange.session if exchange._scope is None else None
        if session is None:
            session = self._placed("session", "SessionMiddleware")
        # A session that wants to know who looked at it: the answer then depends on its cookie.
        mark_accessed = getattr(session, "mark_accessed", None)
        if mark_accessed is not None:
            mark_accessed()
        return session

    @property
    def auth(self) -> Any:
        return self._placed("auth", "AuthenticationMiddleware")

    @property
    def user(self) -> Any:
        return self._placed("user", "AuthenticationMiddleware")

    @property
    def state(self) -> StateT:
        """What the layers of this request tell each other; begins with what the lifespan yielded."""
        state = self._state
        if state is None:
            exchange = self.exchange
            values = exchange.state if exchange._scope is None else exchange._scope.get("state")
            if values is None:
                values = {}
                exchange.place("state", values)
            state = self._state = State(values)
        return state  # type: ignore[no-any-return]  # whatever the scope holds

    def url_for(self, name: str, /, **path_params: Any) -> URL:
        """The absolute URL of the route of this name. Raises NoMatchFound."""
        exchange = self.exchange
        scope = exchange._scope
        if scope is None:
            router = exchange.router or exchange.app
        else:
            router = scope.get("router") or scope.get("app")
        if router is None:
            raise RuntimeError("The `url_for` method can only be used inside a Starlette application or with a router.")
        url: URL = router.url_path_for(name, **path_params).make_absolute_url(base_url=self.base_url)
        return url
