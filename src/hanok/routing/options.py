"""The options of an HTTP operation, once: their types, their defaults, and the signatures made of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from hanok.endpoint.form_limits import FormLimits
from hanok.http.default import Default
from hanok.http.json_response import JSONResponse

if TYPE_CHECKING:
    from hanok.dependencies import Depends
    from hanok.http import Response

F = TypeVar("F", bound=Callable[..., Any])
Tags = list[str | Enum]
Responses = Mapping[int | str, dict[str, Any]]


def generate_unique_id(route: Any) -> str:
    """The operation id of a route that was given none: name, path and method in one word."""
    word = re.sub(r"\W", "_", f"{route.name}{route.path_format}")
    return f"{word}_{min(route.methods).lower()}"


class RouteOptions(TypedDict, total=False):
    """What ``@router.get(path, ...)`` and its like take besides the path.

    ``max_body_size``: bytes of the request body, 413 above. ``form_limits``: how many fields and files a form may have, and how
    large. The others are FastAPI's.
    """

    response_model: Any
    status_code: int | None
    tags: Tags | None
    dependencies: Sequence[Depends] | None
    summary: str | None
    description: str | None
    response_description: str
    responses: Responses | None
    deprecated: bool | None
    operation_id: str | None
    response_model_include: Any
    response_model_exclude: Any
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    include_in_schema: bool
    response_class: type[Response]
    name: str | None
    callbacks: list[Any] | None
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Callable[[Any], str]
    max_body_size: int | None
    form_limits: FormLimits | None


class MethodOptions(RouteOptions, total=False):
    """What ``@router.api_route(path, ...)`` takes: also which methods."""

    methods: Collection[str] | None


class AddOptions(MethodOptions, total=False):
    """As ``router.add_api_route``."""

    route_class_override: Any
    strict_content_type: bool


class ApiRouteOptions(MethodOptions, total=False):
    """As ``APIRoute`` itself."""

    dependency_overrides_provider: Any
    strict_content_type: bool


class RouterOptions(TypedDict, total=False):
    """What ``APIRouter(...)`` and ``include_router(...)`` give to the routes below."""

    prefix: str
    tags: Tags | None
    dependencies: Sequence[Depends] | None
    default_response_class: type[Response]
    responses: Responses | None
    callbacks: list[Any] | None
    deprecated: bool | None
    include_in_schema: bool
    generate_unique_id_function: Callable[[Any], str]
    max_body_size: int | None
    form_limits: FormLimits | None


# Where an option is not listed, its default is None.
DEFAULTS: dict[str, Any] = {
    "response_model": Default(None),
    "response_description": "Successful Response",
    "response_model_by_alias": True,
    "response_model_exclude_unset": False,
    "response_model_exclude_defaults": False,
    "response_model_exclude_none": False,
    "include_in_schema": True,
    "response_class": Default(JSONResponse),
    "default_response_class": Default(JSONResponse),
    "generate_unique_id_function": Default(generate_unique_id),
    "strict_content_type": Default(True),
    "prefix": "",
    "redirect_slashes": True,
}


def names_of(options: type) -> list[str]:
    """The names in a TypedDict, those of its bases first."""
    return list(options.__annotations__)


@cache
def keyword_of(options: type, name: str) -> inspect.Parameter:
    """An option as functions show it; one object for all of them."""
    annotation = options.__annotations__.get(name, Any)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=DEFAULTS.get(name), annotation=annotation)


def takes(options: type, **defaults: Any) -> Callable[[F], F]:
    """Give a function of ``**options`` the signature that says which options those are, and hold it to
    them.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        known = {p.name for p in own}
        keywords = [keyword_of(options, name) for name in names_of(options) if name not in known]
        keywords = [p.replace(default=defaults[p.name]) if p.name in defaults else p for p in keywords]
        # Read by inspect.signature.
        function.__signature__ = signature.replace(parameters=[*own, *keywords])  # type: ignore[attr-defined]
        function.__options__ = options  # type: ignore[attr-defined]  # read by those who declare for others
        return function

    return decorate


def complete(options: Mapping[str, Any], kind: type, caller: str) -> dict[str, Any]:
    """Every option of this kind: as given, else its default. Raises TypeError for one that does not exist."""
    names = names_of(kind)
    for name in options:
        if name not in names:
            raise TypeError(f"{caller}() got an unexpected keyword argument {name!r}")
    return {name: options.get(name, DEFAULTS.get(name)) for name in names}


def check_max_body_size(size: Any) -> None:
    if size is not None and (type(size) is not int or size < 0):
        raise ValueError("max_body_size must be a non-negative integer or None")


def check_form_limits(limits: Any) -> FormLimits:
    """The limits of forms, as a dict of their own. Raises pydantic's ValidationError for others."""
    if not limits:
        return FormLimits() if limits is None or limits == {} else form_limits_adapter().validate_python(limits)
    checked: FormLimits = form_limits_adapter().validate_python(limits)
    return checked


@cache
def form_limits_adapter() -> Any:
    from pydantic import TypeAdapter
    from pydantic_core import core_schema as cs

    count = cs.union_schema([cs.int_schema(ge=0, strict=True), cs.float_schema(ge=0, strict=True)])
    field = {"max_files": count, "max_fields": count, "max_part_size": cs.int_schema(ge=0, strict=True)}
    fields = {name: cs.typed_dict_field(schema, required=False) for name, schema in field.items()}
    schema = cs.typed_dict_schema(fields, extra_behavior="forbid", cls_name="FormLimits")

    class Checked(dict[str, Any]):
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return schema

    return TypeAdapter(Checked)
