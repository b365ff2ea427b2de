"""Values with a declared response model → bytes: validate, then the model's own serializer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import ValidationError

from hanok.serialization.encoder import IncEx


@dataclass(frozen=True, slots=True)
class DumpOptions:
    """The ``response_model_*`` options of a route."""

    include: IncEx = None
    exclude: IncEx = None
    by_alias: bool = True
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False

    @property
    def default(self) -> bool:
        """Whether everything is written, by its alias."""
        return self == DumpOptions()


class ResponseDump:
    """Writes values of one response model. ``to_bytes`` and ``to_python`` raise pydantic_core.ValidationError."""

    __slots__ = ("_serialize", "_takes_all", "_trusted", "_validate", "adapter", "options")

    def __init__(self, adapter: TypeAdapter[Any], options: DumpOptions, annotation: Any = None) -> None:
        self.adapter = adapter
        self.options = options
        self._validate = adapter.validator.validate_python
        self._serialize = adapter.serializer
        self._trusted = annotation if _needs_no_check(annotation) else None
        # Any takes every value as it is.
        self._takes_all = adapter.core_schema["type"] == "any"

    def check(self, value: Any) -> Any:
        """The value as the model has it."""
        # An instance of the model was validated when it was made, and pydantic takes it as it is by default
        # (ConfigDict.revalidate_instances = "never"): asking would return the same object.
        if self._takes_all or (self._trusted is not None and type(value) is self._trusted):
            return value
        return self._validate(value, from_attributes=True)

    def writer(self) -> Callable[[Any], bytes]:
        """``to_bytes``, or what does the same with less ado."""
        to_json = self._serialize.to_json
        if not self.options.default:
            return self.to_bytes
        validate, trusted, takes_all = self._validate, self._trusted, self._takes_all

        # A function in Python though ``partial`` would be a little faster: what it takes is seen by profilers.
        def write(value: Any) -> bytes:
            if not takes_all and type(value) is not trusted:
                value = validate(value, from_attributes=True)
            return to_json(value, by_alias=True)

        return write

    def to_bytes(self, value: Any) -> bytes:
        """The JSON of the value."""
        options = self.options
        return self._serialize.to_json(
            self.check(value),
            include=options.include,  # type: ignore[arg-type]  # pydantic's own type for it is private
            exclude=options.exclude,  # type: ignore[arg-type]  # pydantic's own type for it is private
            by_alias=options.by_alias,
            exclude_unset=options.exclude_unset,
            exclude_defaults=options.exclude_defaults,
            exclude_none=options.exclude_none,
        )

    def to_python(self, value: Any) -> Any:
        """The value in JSON's own types, for a response class that writes them itself."""
        options = self.options
        return self._serialize.to_python(
            self.check(value),
            mode="json",
            include=options.include,  # type: ignore[arg-type]  # pydantic's own type for it is private
            exclude=options.exclude,  # type: ignore[arg-type]  # pydantic's own type for it is private
            by_alias=options.by_alias,
            exclude_unset=options.exclude_unset,
            exclude_defaults=options.exclude_defaults,
            exclude_none=options.exclude_none,
        )


def _needs_no_check(annotation: Any) -> bool:
    return (
        isinstance(annotation, type)
        and issubclass(annotation, BaseModel)
        and annotation.model_config.get("revalidate_instances", "never") == "never"
    )


__all__ = ["DumpOptions", "ResponseDump", "ValidationError"]
