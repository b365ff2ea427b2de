"""Headers: a mapping over raw header pairs, whose names are lower-case and whose bytes are Latin-1 (RFC 9110
§5.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanok.exchange import Incoming
    from hanok.types import RawHeaders


class Headers(Mapping[str, str]):
    """``[name]`` is the first value of a header, in any case; ``getlist`` gives all.

    From a mapping of text, from raw pairs (shared, not copied), or from an ASGI scope.
    """

    _list: RawHeaders

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        raw: RawHeaders | None = None,
        scope: MutableMapping[str, Any] | None = None,
    ) -> None:
        if headers is not None:
            if raw is not None or scope is not None:
                raise AssertionError(f'Cannot set both "headers" and "{"scope" if raw is None else "raw"}".')
            self._list = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        elif raw is not None:
            if scope is not None:
                raise AssertionError('Cannot set both "raw" and "scope".')
            self._list = raw
        elif scope is not None:
            # A server may give any iterable; from here on it is a list that MutableHeaders can change.
            self._list = scope["headers"] = list(scope["headers"])
        else:
            self._list = []

    @property
    def raw(self) -> RawHeaders:
        return list(self._list)

    def keys(self) -> list[str]:  # type: ignore[override]  # with repeated names, as users know it
        return [name.decode("latin-1") for name, _ in self._list]

    def values(self) -> list[str]:  # type: ignore[override]  # with repeated names, as users know it
        return [value.decode("latin-1") for _, value in self._list]

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]  # with repeated names, as users know it
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._list]

    def getlist(self, key: str) -> list[str]:
        wanted = key.lower().encode("latin-1")
        return [value.decode("latin-1") for name, value in self._list if name == wanted]

    def mutablecopy(self) -> MutableHeaders:
        return MutableHeaders(raw=list(self._list))

    def get(self, key: str, default: Any = None) -> Any:
        wanted = key.lower().encode("latin-1")
        for name, value in self._list:
            if name == wanted:
                return value.decode("latin-1")
        return default

    def __getitem__(self, key: str) -> str:
        wanted = key.lower().encode("latin-1")
        for name, value in self._list:
            if name == wanted:
                return value.decode("latin-1")
        raise KeyError(key)

    def __contains__(self, key: Any) -> bool:
        wanted = key.lower().encode("latin-1")
        return any(name == wanted for name, _ in self._list)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._list)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Headers) and sorted(self._list) == sorted(other._list)

    __hash__ = None  # type: ignore[assignment]  # equal by content

    def __repr__(self) -> str:
        as_dict = dict(self.items())
        if len(as_dict) == len(self):
            return f"{type(self).__name__}({as_dict!r})"
        return f"{type(self).__name__}(raw={self._list!r})"


class MutableHeaders(Headers):
    """Headers that can be changed; given ``raw`` or ``scope``, the change is made there."""

    @property
    def raw(self) -> RawHeaders:
        return self._list

    def __setitem__(self, key: str, value: str) -> None:
        """Make this the only value, where the first one stood."""
        name, raw_value = key.lower().encode("latin-1"), value.encode("latin-1")
        headers = self._list
        for present, _ in headers:
            if present == name:
                break
        else:  # the usual case, without a list of places
            headers.append((name, raw_value))
            return
        first, *others = (index for index, pair in enumerate(headers) if pair[0] == name)
        for index in reversed(others):
            del headers[index]
        headers[first] = (name, raw_value)

    def __delitem__(self, key: str) -> None:
        name = key.lower().encode("latin-1")
        self._list[:] = [pair for pair in self._list if pair[0] != name]

    def __ior__(self, other: Mapping[str, str]) -> MutableHeaders:
        self.update(_mapping(other))
        return self

    def __or__(self, other: Mapping[str, str]) -> MutableHeaders:
        result = self.mutablecopy()
        result.update(_mapping(other))
        return result

    def setdefault(self, key: str, value: str) -> str:
        """The value of the header, which is set to this if it is missing."""
        name, raw_value = key.lower().encode("latin-1"), value.encode("latin-1")
        for present, present_value in self._list:
            if present == name:
                return present_value.decode("latin-1")
        self._list.append((name, raw_value))
        return value

    def update(self, other: Mapping[str, str]) -> None:
        for key, value in other.items():
            self[key] = value

    def append(self, key: str, value: str) -> None:
        """Add a value, keeping those that are there."""
        self._list.append((key.lower().encode("latin-1"), value.encode("latin-1")))

    def add_vary_header(self, vary: str) -> None:
        present = self.get("vary")
        self["vary"] = vary if present is None else f"{present}, {vary}"


def _mapping(other: Any) -> Mapping[str, str]:
    if not isinstance(other, Mapping):
        raise TypeError(f"Expected a mapping but got {type(other).__name__}")
    return other


def headers_of(exchange: Incoming) -> Headers:
    """The headers of an exchange, as one object for all who ask."""
    headers: Headers | None = exchange.headers_cache
    if headers is None:
        scope = exchange._scope
        if scope is None:
            headers = Headers(raw=exchange.raw_headers)
        else:
            headers = Headers(scope=scope)
        exchange.headers_cache = headers
    return headers
