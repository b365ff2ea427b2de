"""One route as OpenAPI operations: parameters, body, responses, security (OpenAPI 3.1 §4.8.10)."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import AliasChoices

from hanok.dependencies import Dependant, merged
from hanok.openapi.plain import merge_into, plain
from hanok.openapi.responses import responses_of
from hanok.openapi.schemas import Schemas
from hanok.params import Parameter, Place
from hanok.params.declared import UNSET

# RFC 9110 gives content in GET, HEAD and DELETE no meaning, but FastAPI documents it when it is declared.
METHODS_WITH_BODY = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"})

Json = dict[str, Any]


@dataclass
class Found:
    """What the operations of a document have in common, gathered while they are written.

    ``callbacks`` are the documented callbacks of each route that has some, by its identity.
    """

    schemas: Schemas
    callbacks: dict[int, list[Any]]
    security_schemes: Json = field(default_factory=dict)
    operation_ids: set[str] = field(default_factory=set)
    validation_error: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A Parameter as the document shows it: ``titled`` is the name that its title is made of."""

    parameter: Parameter
    name: str
    required: bool
    titled: str


def parameters_of(route: Any) -> list[Shown]:
    """What a route and its dependencies read from outside the body, models taken apart into their fields."""
    whole = merged(route.dependant)
    in_path = route.param_convertors
    found: list[Shown] = []
    for each in (*whole.path_params, *whole.query_params, *whole.header_params, *whole.cookie_params):
        if not each.is_model:
            name = _shown_name(each, in_path)
            found.append(Shown(each, name, each.required, name))
            continue
        for part in each.model_fields:
            name = _shown_name(part, in_path)
            # A header named by its field alone is titled by that name, not by the header's.
            titled = part.name if name == part.name.replace("_", "-") else name
            found.append(Shown(part, name, part.required and each.required, titled))
    return found


def _shown_name(parameter: Parameter, in_path: Collection[str]) -> str:
    """The wire name; of several the first, in a path the one that stands there.

    A path into another value is not a name.
    """
    info = parameter.field_info
    alias = info.validation_alias or info.alias
    if isinstance(alias, AliasChoices) and parameter.place is Place.path:
        alias = next((each for each in alias.choices if isinstance(each, str) and each in in_path), None)
    elif isinstance(alias, AliasChoices):
        alias = alias.choices[0]
    if isinstance(alias, str):
        return alias
    converts = getattr(info, "convert_underscores", False)
    return parameter.name.replace("_", "-") if converts else parameter.name


def path_item(route: Any, found: Found) -> Json:
    """The operations of one route, by lower-case method."""
    return {method.lower(): operation(route, method, found) for method in sorted(route.methods)}


def operation(route: Any, method: str, found: Found) -> Json:
    """The Operation Object of one route and method."""
    made = _metadata(route, method, found)
    parameters = parameters_of(route)
    if written := parameter_objects(parameters, found.schemas):
        made["parameters"] = written
    body = route.body_field
    if body is not None and method in METHODS_WITH_BODY:
        made["requestBody"] = _request_body(body, found.schemas)
    made["responses"], needs_validation_error = responses_of(route, found.schemas, bool(parameters or body))
    found.validation_error |= needs_validation_error
    if route.callbacks and (callbacks := _callbacks(route, found)):
        made["callbacks"] = callbacks
    if route.deprecated:
        made["deprecated"] = True
    if security := _security(route.dependant, found.security_schemes):
        made["security"] = security
    if route.openapi_extra:
        merge_into(made, plain(route.openapi_extra))
    return made


def _metadata(route: Any, method: str, found: Found) -> Json:
    made: Json = {}
    if route.tags:
        made["tags"] = plain(route.tags)
    made["summary"] = route.summary or route.name.replace("_", " ").title()
    if route.description:
        made["description"] = route.description
    operation_id = route.operation_id or route.unique_id
    if operation_id in found.operation_ids:
        warnings.warn(_duplicate(operation_id, route.endpoint), stacklevel=2)
    found.operation_ids.add(operation_id)
    made["operationId"] = operation_id
    return made


def _duplicate(operation_id: str, endpoint: Any) -> str:
    text = f"Duplicate Operation ID {operation_id} for function {getattr(endpoint, '__name__', repr(endpoint))}"
    file = getattr(endpoint, "__globals__", {}).get("__file__")
    return f"{text} at {file}" if file else text


# ---- parameters


def parameter_objects(parameters: Iterable[Shown], schemas: Schemas) -> list[Json]:
    """Parameter Objects; of several with one name and place the last required one counts, else the last."""
    by_name: dict[tuple[str, str], Json] = {}
    for shown in parameters:
        if not getattr(shown.parameter.field_info, "include_in_schema", True):
            continue
        made = _parameter(shown, schemas)
        key = (made["in"], made["name"])
        if not (key in by_name and by_name[key]["required"] and not made["required"]):
            by_name[key] = made
    return list(by_name.values())


def _parameter(shown: Shown, schemas: Schemas) -> Json:
    parameter = shown.parameter
    info = parameter.field_info
    made: Json = {
        "name": shown.name,
        "in": parameter.place.value,
        "required": shown.required,
        "schema": plain(schemas.of(parameter, shown.titled)),
    }
    if info.description:
        made["description"] = info.description
    made.update(_examples(info))
    if info.deprecated:
        made["deprecated"] = True
    return made


def _examples(info: Any) -> Json:
    """The OpenAPI examples of a declaration; those of JSON Schema stand in its schema."""
    if getattr(info, "openapi_examples", None):
        return {"examples": plain(info.openapi_examples)}
    example = getattr(info, "example", UNSET)
    return {} if example is UNSET else {"example": plain(example)}


def _request_body(body: Parameter, schemas: Schemas) -> Json:
    info: Any = body.field_info
    content = {"schema": plain(schemas.of(body)), **_examples(info)}
    made: Json = {"content": {info.media_type: content}}
    if body.required:
        made["required"] = True
    return made


# ---- callbacks and security


def _callbacks(route: Any, found: Found) -> Json:
    made: Json = {}
    for callback in found.callbacks[id(route)]:
        made[callback.name] = {callback.path_format: path_item(callback, found)}
    return made


def _security(dependant: Dependant, schemes: Json) -> list[Mapping[str, list[str]]]:
    """Security Requirement Objects of a tree of dependencies; scopes asked of the same scheme are joined."""
    required: dict[str, dict[str, None]] = {}
    _gather_security(dependant, schemes, required)
    return [{name: list(scopes)} for name, scopes in required.items()]


def _gather_security(dependant: Dependant, schemes: Json, required: dict[str, dict[str, None]]) -> None:
    scheme = dependant.security_scheme
    if scheme is not None:
        schemes[scheme.scheme_name] = plain(scheme.model)
        required.setdefault(scheme.scheme_name, {}).update(dict.fromkeys(dependant.oauth_scopes))
    for each in dependant.dependencies:
        _gather_security(each, schemes, required)
