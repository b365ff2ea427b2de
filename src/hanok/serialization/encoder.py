"""``jsonable_encoder``: any Python value → one made of dict, list, str, int, float, bool and None."""

from __future__ import annotations

import dataclasses
import datetime
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from types import GeneratorType
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from hanok.serialization.pydantic_v1 import refuse_v1

IncEx: TypeAlias = "set[int] | set[str] | Mapping[int, IncEx | bool] | Mapping[str, IncEx | bool] | None"
CustomEncoder: TypeAlias = "dict[Any, Callable[[Any], Any]] | None"


def decimal_number(value: Decimal) -> int | float:
    """A whole number as int when it is written as one, else a float."""
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)


def _text(value: Any) -> str:
    return str(value)


def _isoformat(value: Any) -> str:
    return value.isoformat()  # type: ignore[no-any-return]  # the table gives only what has it


# What a single value of a type becomes. A subclass is written as its nearest base in this table.
_ENCODERS: dict[type, Callable[[Any], Any]] = {
    bytes: bytes.decode,
    type(PydanticUndefined): lambda value: None,
    datetime.date: _isoformat,
    datetime.datetime: _isoformat,
    datetime.time: _isoformat,
    datetime.timedelta: datetime.timedelta.total_seconds,
    Decimal: decimal_number,
    PurePath: _text,
    UUID: _text,
}
# Types that cost an import to name are found by where they live instead.
_ENCODERS_BY_NAME: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("re", "Pattern"): lambda value: value.pattern,
    ("pydantic.color", "Color"): _text,
    ("pydantic_extra_types.color", "Color"): _text,
    ("pydantic.networks", "NameEmail"): _text,
    ("pydantic.networks", "_BaseUrl"): _text,
    ("pydantic.networks", "_BaseMultiHostUrl"): _text,
    ("pydantic_core._pydantic_core", "Url"): _text,
    ("pydantic_core._pydantic_core", "MultiHostUrl"): _text,
    ("pydantic.types", "SecretStr"): _text,
    ("pydantic.types", "SecretBytes"): _text,
    **{("ipaddress", f"IPv{v}{kind}"): _text for v in (4, 6) for kind in ("Address", "Interface", "Network")},
}
_SEQUENCES = (list, set, frozenset, tuple, deque, GeneratorType)
_PLAIN = (str, int, float, type(None))
_found: dict[type, Callable[[Any], Any] | None] = {}


def _encoder_for(kind: type) -> Callable[[Any], Any] | None:
    try:
        return _found[kind]
    except KeyError:
        pass
    encoder = None
    for base in kind.__mro__:
        encoder = _ENCODERS.get(base) or _ENCODERS_BY_NAME.get((base.__module__, base.__qualname__))
        if encoder is not None:
            break
    _found[kind] = encoder
    return encoder


def jsonable_encoder(
    obj: Any,
    include: IncEx = None,
    exclude: IncEx = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    custom_encoder: CustomEncoder = None,
    sqlalchemy_safe: bool = True,
) -> Any:
    """Turn ``obj`` into JSON's own types.

    Pydantic models are dumped with the given options; of a dict, dataclass or object, ``include`` and ``exclude`` name the
    keys of its first level. ``custom_encoder`` maps types to functions and goes first. ``sqlalchemy_safe`` leaves out keys
    that begin with ``_sa``. Raises ValueError for a value that is neither a mapping nor has attributes.
    """
    options = _Options(by_alias, exclude_unset, exclude_defaults, exclude_none, custom_encoder or {}, sqlalchemy_safe)
    keep = None if include is None else (include if isinstance(include, set | Mapping) else set(include))
    drop = None if exclude is None else (exclude if isinstance(exclude, set | Mapping) else set(exclude))
    return options.encode(obj, keep, drop)


@dataclasses.dataclass(slots=True)
class _Options:
    by_alias: bool
    exclude_unset: bool
    exclude_defaults: bool
    exclude_none: bool
    custom: dict[Any, Callable[[Any], Any]]
    sqlalchemy_safe: bool

    def encode(self, value: Any, include: Any = None, exclude: Any = None) -> Any:
        if self.custom:
            encoder = self._custom_for(value)
            if encoder is not None:
                return encoder(value)
        if isinstance(value, Enum):
            return self.encode(value.value)
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, BaseModel):
            return self._model(value, include, exclude)
        if isinstance(value, dict):
            return self._mapping(value, include, exclude)
        if isinstance(value, _SEQUENCES):
            return [self.encode(item, include, exclude) for item in value]
        if dataclasses.is_dataclass(value):
            assert not isinstance(value, type)
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return self._mapping(fields, include, exclude)
        # Some classes of C extensions only say that they are what they stand for (asyncpg's UUID).
        encoder = _encoder_for(type(value)) or _encoder_for(value.__class__)
        if encoder is not None:
            return encoder(value)
        refuse_v1(type(value))
        return self._mapping(_attributes(value), include, exclude)

    def _custom_for(self, value: Any) -> Callable[[Any], Any] | None:
        exact = self.custom.get(type(value))
        if exact is not None:
            return exact
        return next((encoder for kind, encoder in self.custom.items() if isinstance(value, kind)), None)

    def _model(self, value: BaseModel, include: Any, exclude: Any) -> Any:
        dumped = value.model_dump(
            mode="json",
            include=include,
            exclude=exclude,
            by_alias=self.by_alias,
            exclude_unset=self.exclude_unset,
            exclude_none=self.exclude_none,
            exclude_defaults=self.exclude_defaults,
        )
        return dumped

    def _mapping(self, mapping: Mapping[Any, Any], include: Any, exclude: Any) -> dict[Any, Any]:
        encoded = {}
        for key, value in mapping.items():
            if self.sqlalchemy_safe and isinstance(key, str) and key.startswith("_sa"):
                continue
            if self.exclude_none and value is None:
                continue
            if (include is not None and key not in include) or (exclude is not None and key in exclude):
                continue
            encoded[self.encode(key)] = self.encode(value)
        return encoded


def _attributes(value: Any) -> dict[Any, Any]:
    """The content of an object that has no encoder: its items if it is a mapping of some kind, else its attributes."""
    assert not isinstance(value, type), f"a class cannot be written as JSON: {value!r}"
    faults: list[Exception] = []
    for read in (dict, vars):
        try:
            return read(value)
        except Exception as fault:
            faults.append(fault)
    raise ValueError(faults) from faults[-1]
