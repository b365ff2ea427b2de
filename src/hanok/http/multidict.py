"""Mappings whose keys may occur several times. ``[key]`` is the last value; ``getlist`` and ``multi_items``
give all."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from hanok.http.query import parse_pairs, parse_query

if TYPE_CHECKING:
    from hanok.http.upload import UploadFile

K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)


class ImmutableMultiDict(Mapping[K, V_co]):
    """Built from pairs, from a mapping or from another of its kind, and from keyword arguments after that."""

    _dict: dict[K, V_co]
    _list: list[tuple[K, V_co]]

    def __init__(
        self,
        *args: ImmutableMultiDict[K, V_co] | Mapping[K, V_co] | Iterable[tuple[K, V_co]],
        **kwargs: Any,
    ) -> None:
        if len(args) > 1:
            raise AssertionError("Too many arguments.")
        pairs = _pairs(args[0]) if args else []
        if kwargs:
            pairs += kwargs.items()
        self._list = pairs
        self._dict = dict(pairs)

    def getlist(self, key: Any) -> list[V_co]:
        return [value for name, value in self._list if name == key]

    def keys(self) -> KeysView[K]:
        return self._dict.keys()

    def values(self) -> ValuesView[V_co]:
        return self._dict.values()

    def items(self) -> ItemsView[K, V_co]:
        return self._dict.items()

    def multi_items(self) -> list[tuple[K, V_co]]:
        return list(self._list)

    def __getitem__(self, key: K) -> V_co:
        return self._dict[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._dict

    def __iter__(self) -> Iterator[K]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __eq__(self, other: Any) -> bool:
        if type(self) is not type(other):
            return False
        return _sorted(self._list) == _sorted(other._list)

    __hash__ = None  # type: ignore[assignment]  # equal by content

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._list!r})"


def _pairs(source: Any) -> list[tuple[Any, Any]]:
    if not source:
        return []
    if isinstance(source, ImmutableMultiDict):
        return list(source._list)
    if hasattr(source, "items"):
        return list(source.items())
    return list(source)


def _sorted(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    try:
        return sorted(pairs)
    except TypeError:  # values without an order, as files are: those of one key are in theirs
        return sorted(pairs, key=lambda pair: repr(pair[0]))


class MultiDict(ImmutableMultiDict[Any, Any]):
    """One that can be changed. ``[key] = value`` replaces all values of the key by one, at the end."""

    def __setitem__(self, key: Any, value: Any) -> None:
        self.setlist(key, [value])

    def __delitem__(self, key: Any) -> None:
        del self._dict[key]
        self._drop(key)

    def _drop(self, key: Any) -> None:
        self._list = [pair for pair in self._list if pair[0] != key]

    def pop(self, key: Any, default: Any = None) -> Any:
        """The last value of the key; all its values go."""
        self._drop(key)
        return self._dict.pop(key, default)

    def popitem(self) -> tuple[Any, Any]:
        key, value = self._dict.popitem()
        self._drop(key)
        return key, value

    def poplist(self, key: Any) -> list[Any]:
        """All values of the key, which go."""
        values = self.getlist(key)
        self.pop(key)
        return values

    def clear(self) -> None:
        self._dict.clear()
        self._list.clear()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self._dict:
            self._dict[key] = default
            self._list.append((key, default))
        return self._dict[key]

    def setlist(self, key: Any, values: list[Any]) -> None:
        """Make these the only values of the key; none: it goes."""
        self._drop(key)
        if values:
            self._dict[key] = values[-1]
            self._list.extend((key, value) for value in values)
        else:
            self._dict.pop(key, None)

    def append(self, key: Any, value: Any) -> None:
        self._list.append((key, value))
        self._dict[key] = value

    def update(self, *args: MultiDict | Mapping[Any, Any] | list[tuple[Any, Any]], **kwargs: Any) -> None:
        """The keys given are replaced with all their new values, in the order given."""
        given = MultiDict(*args, **kwargs)
        self._list = [pair for pair in self._list if pair[0] not in given._dict] + given._list
        self._dict.update(given._dict)


class QueryParams(ImmutableMultiDict[str, str]):
    """The query of a URL. Takes the query as text or bytes too; keys and values are always text."""

    def __init__(
        self,
        *args: ImmutableMultiDict[Any, Any] | Mapping[Any, Any] | list[tuple[Any, Any]] | str | bytes,
        **kwargs: Any,
    ) -> None:
        if len(args) > 1:
            raise AssertionError("Too many arguments.")
        source = args[0] if args else None
        if isinstance(source, bytes):
            pairs = parse_query(source)
        elif isinstance(source, str):
            pairs = parse_pairs(source)
        else:
            pairs = [(str(name), str(value)) for name, value in _pairs(source)]
        if kwargs:
            pairs += [(name, str(value)) for name, value in kwargs.items()]
        self._list = pairs
        self._dict = dict(pairs)

    def __str__(self) -> str:
        return urlencode(self._list)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class FormData(ImmutableMultiDict[str, "UploadFile | str"]):
    """The fields and files of a form."""

    def __init__(
        self,
        *args: FormData | Mapping[str, str | UploadFile] | list[tuple[str, str | UploadFile]],
        **kwargs: str | UploadFile,
    ) -> None:
        super().__init__(*args, **kwargs)

    async def close(self) -> None:
        """Close every file of the form."""
        for _, value in self._list:
            if not isinstance(value, str):
                await value.close()
