"""URLs: split on demand, changed by ``replace``, and made from what a request knows of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

from hanok.http.multidict import MultiDict
from hanok.http.query import parse_pairs

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

# RFC 3986 §3.2.2: a registered name (loosely: "%" need not be followed by hex) or an IP literal, then a port.
_AUTHORITY = re.compile(r"([A-Za-z0-9\-._~%!$&'()*+,;=]+|\[[^\[\]]*\])(?::([0-9]+))?", re.ASCII)
_FUTURE_ADDRESS = re.compile(r"v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+", re.ASCII)


class Address(NamedTuple):
    """Where a peer is."""

    host: str
    port: int


class URL:
    """A URL as text. Equal to any text or URL that reads the same; its repr hides the password.

    Made from the text itself, from an ASGI scope, or from components (those that ``replace`` takes).
    """

    def __init__(self, url: str = "", scope: MutableMapping[str, Any] | None = None, **components: Any) -> None:
        if scope is not None:
            if url:
                raise AssertionError('Cannot set both "url" and "scope".')
            if components:
                raise AssertionError('Cannot set both "scope" and "**components".')
            url = request_url(
                scope.get("scheme", "http"),
                scope.get("server"),
                scope.get("path", ""),
                scope.get("query_string", b""),
                scope["headers"],
            )
        elif components:
            if url:
                raise AssertionError('Cannot set both "url" and "**components".')
            url = str(URL("").replace(**components))
        self._url = url

    @property
    def components(self) -> SplitResult:
        try:
            return self._components
        except AttributeError:
            self._components: SplitResult = urlsplit(self._url)
            return self._components

    @property
    def scheme(self) -> str:
        return self.components.scheme

    @property
    def netloc(self) -> str:
        return self.components.netloc

    @property
    def path(self) -> str:
        return self.components.path

    @property
    def query(self) -> str:
        return self.components.query

    @property
    def fragment(self) -> str:
        return self.components.fragment

    @property
    def username(self) -> str | None:
        return self.components.username

    @property
    def password(self) -> str | None:
        return self.components.password

    @property
    def hostname(self) -> str | None:
        return self.components.hostname

    @property
    def port(self) -> int | None:
        return self.components.port

    @property
    def is_secure(self) -> bool:
        return self.scheme in ("https", "wss")

    def replace(self, **kwargs: Any) -> URL:
        """The URL with these components changed: those of ``urllib.parse.SplitResult`` and the parts of its
        netloc."""
        names = ("username", "password", "hostname", "port")
        parts: dict[str, Any] = {name: kwargs.pop(name) for name in names if name in kwargs}
        if parts:
            kwargs["netloc"] = self._netloc_with(parts)
        return type(self)(self.components._replace(**kwargs).geturl())

    def _netloc_with(self, parts: dict[str, Any]) -> str:
        host, port = _split_place(self.netloc.rpartition("@")[2])
        if parts.get("hostname") is not None:
            host = parts["hostname"]
        if host.count(":") > 1 and not host.startswith("["):
            host = f"[{host}]"
        port = parts.get("port", port)
        username = parts.get("username", self.username)
        password = parts.get("password", self.password)
        netloc = host if port is None else f"{host}:{port}"
        if username is None:
            return netloc
        return f"{username}@{netloc}" if password is None else f"{username}:{password}@{netloc}"

    def include_query_params(self, **kwargs: Any) -> URL:
        """The URL with these query parameters set; others stay."""
        params = MultiDict(parse_pairs(self.query))
        params.update({name: str(value) for name, value in kwargs.items()})
        return self.replace(query=urlencode(params.multi_items()))

    def replace_query_params(self, **kwargs: Any) -> URL:
        """The URL with these query parameters and no others."""
        return self.replace(query=urlencode([(name, str(value)) for name, value in kwargs.items()]))

    def remove_query_params(self, keys: str | Sequence[str]) -> URL:
        """The URL without these query parameters."""
        gone = {keys} if isinstance(keys, str) else set(keys)
        kept = [pair for pair in parse_pairs(self.query) if pair[0] not in gone]
        return self.replace(query=urlencode(kept))

    def __eq__(self, other: Any) -> bool:
        return str(self) == str(other)

    __hash__ = None  # type: ignore[assignment]  # equal by content

    def __str__(self) -> str:
        return self._url

    def __repr__(self) -> str:
        shown = str(self.replace(password="********")) if self.password else self._url
        return f"{type(self).__name__}({shown!r})"


def _split_place(place: str) -> tuple[str, str | None]:
    """``host:port`` → both; the brackets of an IPv6 address stay."""
    if place.endswith("]"):
        return place, None
    host, colon, port = place.rpartition(":")
    return (host, port) if colon else (place, None)


def request_url(
    scheme: str,
    server: tuple[str, int | None] | None,
    path: str,
    query: bytes,
    headers: Iterable[tuple[bytes, bytes]],
) -> str:
    """The URL that a request was sent to (RFC 9110 §7.1): the Host header if it is well-formed, else our
    address."""
    # The path came percent-decoded: what would end a path must not.
    path = path.replace("?", "%3F").replace("#", "%23")
    if path and not path.startswith("/"):
        path = "/" + path  # it must not run into the host
    netloc = _host_of(headers)
    if netloc is None and server is not None:
        host, port = server
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        netloc = host if port is None or port == DEFAULT_PORTS.get(scheme) else f"{host}:{port}"
    if netloc is not None:
        url = f"{scheme}://{netloc}{path}"
    else:
        url = rooted(path)
    return f"{url}?{query.decode()}" if query else url


def rooted(path: str) -> str:
    """The path, so that it cannot be read as the address of another host."""
    if path.startswith("//"):
        return "/%2F" + path[2:]  # else its first segment would be the host (RFC 3986 §3.3)
    if path.startswith("/\\"):
        return "/%5C" + path[2:]  # browsers take the backslash for a slash
    return path


def _host_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == b"host":
            host = value.decode("latin-1")
            return host if valid_authority(host) else None
    return None


def valid_authority(text: str) -> bool:
    """Whether this is ``host`` or ``host:port`` and nothing else, so that it can stand in a URL."""
    found = split_authority(text)
    return found is not None and int(found[1] or 0) <= 65535


def split_authority(text: str) -> tuple[str, str | None] | None:
    """The host and the digits of the port, in a well-formed ``host`` or ``host:port``; else None."""
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        return None
    host, port = found.groups()
    if host.startswith("[") and not _valid_literal(host[1:-1]):
        return None
    return host, port


def _valid_literal(address: str) -> bool:
    if _FUTURE_ADDRESS.fullmatch(address):
        return True
    import ipaddress

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return "%" not in address  # a zone means nothing to the peer


class URLPath(str):
    """A path that a route made, with the protocol and host that the route asks for. It is a plain ``str``
    too."""

    def __new__(cls, path: str, protocol: Literal["http", "websocket", ""] = "", host: str = "") -> URLPath:
        if protocol not in ("http", "websocket", ""):
            raise AssertionError(f"a URL path is of protocol 'http', 'websocket' or '', not {protocol!r}")
        return super().__new__(cls, path)

    def __init__(self, path: str, protocol: Literal["http", "websocket", ""] = "", host: str = "") -> None:
        self.protocol = protocol
        self.host = host

    def make_absolute_url(self, base_url: str | URL) -> URL:
        """This path below ``base_url``, whose scheme stays as secure as it was."""
        base = URL(base_url) if isinstance(base_url, str) else base_url
        scheme = base.scheme
        if self.protocol:
            scheme = ("http" if self.protocol == "http" else "ws") + ("s" if base.is_secure else "")
        path = base.path.rstrip("/") + str(self)
        return URL(scheme=scheme, netloc=self.host or base.netloc, path=path)
