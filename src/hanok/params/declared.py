"""The declarations ``Path`` … ``File``: pydantic FieldInfos that also say where the value comes from.

All of them take the same options, written once in ``ParamOptions``. The functions that users call with the same names are
in ``functions``; they only hide the class from the type checker, so that ``q: str = Query()`` is well typed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from enum import Enum
from inspect import Parameter as InspectParameter
from inspect import Signature
from typing import Any, ClassVar, TypedDict, Unpack

from pydantic import AliasChoices, AliasPath
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined as Undefined

from hanok.exceptions import HanokDeprecationWarning


class Place(str, Enum):  # noqa: UP042  (its text and its repr are what users of FastAPI see)
    """The part of a request that a value is read from. The string is what stands in ``loc`` of an error."""

    path = "path"
    query = "query"
    header = "header"
    cookie = "cookie"
    body = "body"


class _Unset:
    """The default of options that were not given: distinct from None, which is a value for some of them."""

    def __repr__(self) -> str:
        return "Unset"

    def __bool__(self) -> bool:
        return False


UNSET: Any = _Unset()


class ParamOptions(TypedDict, total=False):
    """Every option of a declaration, as pydantic's Field knows them, and the ones that OpenAPI reads."""

    default_factory: Callable[[], Any] | None
    annotation: Any
    alias: str | None
    alias_priority: int | None
    validation_alias: str | AliasPath | AliasChoices | None
    serialization_alias: str | None
    title: str | None
    description: str | None
    gt: float | None
    ge: float | None
    lt: float | None
    le: float | None
    min_length: int | None
    max_length: int | None
    pattern: Any
    regex: str | None
    discriminator: str | None
    strict: bool | None
    validate_default: bool | None
    union_mode: Any
    fail_fast: bool | None
    multiple_of: float | None
    allow_inf_nan: bool | None
    max_digits: int | None
    decimal_places: int | None
    examples: list[Any] | None
    example: Any
    openapi_examples: dict[str, Any] | None
    deprecated: Any
    include_in_schema: bool
    json_schema_extra: Any


# The value each option has when it is not given, in the order in which signatures show them. ``None`` marks options where
# None and "not given" are the same.
_OPTION_DEFAULTS: dict[str, Any] = {
    "default_factory": UNSET,
    "alias": UNSET,
    "alias_priority": UNSET,
    "validation_alias": UNSET,
    "serialization_alias": UNSET,
    "title": UNSET,
    "description": UNSET,
    "gt": None,
    "ge": None,
    "lt": None,
    "le": None,
    "min_length": None,
    "max_length": None,
    "pattern": None,
    "regex": None,
    "discriminator": UNSET,
    "strict": UNSET,
    "validate_default": UNSET,
    "union_mode": UNSET,
    "fail_fast": UNSET,
    "multiple_of": UNSET,
    "allow_inf_nan": UNSET,
    "max_digits": UNSET,
    "decimal_places": UNSET,
    "examples": None,
    "example": UNSET,
    "openapi_examples": None,
    "deprecated": None,
    "include_in_schema": True,
    "json_schema_extra": UNSET,
}
# Options of which None, when it is given, takes back what a Field in the type says.
_CLEARABLE = frozenset({"examples", "deprecated"})
# Options that pydantic does not know, or that we hand to it under another name.
_OURS = frozenset({"regex", "example", "openapi_examples", "include_in_schema"})


class Declared(FieldInfo):
    """A FieldInfo that says where its value comes from."""

    in_: ClassVar[Place]
    extra_options: ClassVar[dict[str, Any]] = {}
    first_default: ClassVar[Any] = Undefined

    def __init__(self, default: Any = Undefined, **options: Unpack[ParamOptions]) -> None:
        unknown = options.keys() - _OPTION_DEFAULTS.keys() - {"annotation"}
        if unknown:
            raise TypeError(
                f"{type(self).__name__}() got an unexpected keyword argument {sorted(unknown)[0]!r}; "
                f"it takes {', '.join(_OPTION_DEFAULTS)}"
            )
        example = options.get("example", UNSET)
        if example is not UNSET:
            warnings.warn(
                "`example` has been deprecated, please use `examples` instead", HanokDeprecationWarning, stacklevel=4
            )
        if options.get("regex") is not None:
            warnings.warn(
                "`regex` has been deprecated, please use `pattern` instead", HanokDeprecationWarning, stacklevel=4
            )
        self.example = example
        self.include_in_schema = options.get("include_in_schema", True)
        self.openapi_examples = options.get("openapi_examples")
        super().__init__(**self._pydantic_options(default, options))

    @staticmethod
    def _pydantic_options(default: Any, options: ParamOptions) -> Any:
        """What pydantic's FieldInfo is given: the options that were really set."""
        given: dict[str, Any] = {
            name: value
            for name, value in options.items()
            if name not in _OURS
            and value is not UNSET
            and (name in _CLEARABLE or value is not _OPTION_DEFAULTS.get(name, UNSET))
        }
        if options.get("regex") is not None and "pattern" not in given:
            given["pattern"] = options["regex"]
        if "alias" in given:
            given.setdefault("validation_alias", given["alias"])
            given.setdefault("serialization_alias", given["alias"])
        if given.get("default_factory") is None or default is not Undefined:
            given["default"] = default
        return given

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.default})"


class Param(Declared):
    """A value outside the body."""

    in_ = Place.query


class Path(Param):
    """A value from the path; always required."""

    in_ = Place.path
    first_default = ...

    def __init__(self, default: Any = ..., **options: Unpack[ParamOptions]) -> None:
        if default is not ... or options.get("default_factory") not in (None, UNSET):
            raise AssertionError("Path parameters cannot have a default value")
        super().__init__(default, **options)


class Query(Param):
    """A value from the query string."""

    in_ = Place.query


class Header(Param):
    """A value from the headers; ``convert_underscores`` reads ``x_token`` from ``X-Token``."""

    in_ = Place.header
    extra_options = {"convert_underscores": True}

    def __init__(
        self, default: Any = Undefined, *, convert_underscores: bool = True, **options: Unpack[ParamOptions]
    ) -> None:
        self.convert_underscores = convert_underscores
        super().__init__(default, **options)


class Cookie(Param):
    """A value from the cookies."""

    in_ = Place.cookie


class Body(Declared):
    """A value from the body: the whole of it, or with ``embed`` (or several of them) one key of a JSON object."""

    in_ = Place.body
    extra_options = {"embed": None, "media_type": "application/json"}

    def __init__(
        self,
        default: Any = Undefined,
        *,
        embed: bool | None = None,
        media_type: str = "application/json",
        **options: Unpack[ParamOptions],
    ) -> None:
        self.embed = embed
        self.media_type = media_type
        super().__init__(default, **options)


class Form(Body):
    """A form field (urlencoded or multipart)."""

    extra_options = {"media_type": "application/x-www-form-urlencoded"}

    def __init__(
        self,
        default: Any = Undefined,
        *,
        media_type: str = "application/x-www-form-urlencoded",
        **options: Unpack[ParamOptions],
    ) -> None:
        super().__init__(default, media_type=media_type, **options)


class File(Form):
    """An uploaded file (multipart)."""

    extra_options = {"media_type": "multipart/form-data"}

    def __init__(
        self, default: Any = Undefined, *, media_type: str = "multipart/form-data", **options: Unpack[ParamOptions]
    ) -> None:
        super().__init__(default, media_type=media_type, **options)


def signature_of(declared: type[Declared]) -> Signature:
    """The signature that users know: ``default`` first, then every option as keyword-only."""
    keyword = InspectParameter.KEYWORD_ONLY
    options: dict[str, Any] = dict(_OPTION_DEFAULTS)
    extra = dict(declared.extra_options)
    parameters = [InspectParameter("default", InspectParameter.POSITIONAL_OR_KEYWORD, default=declared.first_default)]
    if issubclass(declared, Body):
        parameters += [InspectParameter(name, keyword, default=value) for name, value in extra.items()]
        extra = {}
    for name, value in options.items():
        parameters.append(InspectParameter(name, keyword, default=value))
        if name == "serialization_alias":
            parameters += [InspectParameter(key, keyword, default=each) for key, each in extra.items()]
    return Signature(parameters, return_annotation=Any)
