"""The whole OpenAPI document (OpenAPI 3.1 §4.8.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import AnyUrl

from hanok.openapi.forms import spread_models
from hanok.openapi.operation import Found, parameters_of, path_item
from hanok.openapi.plain import plain
from hanok.openapi.responses import HTTP_VALIDATION_ERROR, VALIDATION_ERROR, stream_item
from hanok.openapi.schemas import Schemas
from hanok.params import Parameter
from hanok.routing import APIRoute, documented_routes

Json = dict[str, Any]


def get_openapi(
    *,
    title: str,
    version: str,
    openapi_version: str = "3.1.0",
    summary: str | None = None,
    description: str | None = None,
    routes: Sequence[Any],
    webhooks: Sequence[Any] | None = None,
    tags: list[dict[str, Any]] | None = None,
    servers: list[dict[str, str | Any]] | None = None,
    terms_of_service: str | None = None,
    contact: dict[str, str | Any] | None = None,
    license_info: dict[str, str | Any] | None = None,
    separate_input_output_schemas: bool = True,
    external_docs: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The OpenAPI document of ``routes`` and ``webhooks`` as plain data.

    With ``separate_input_output_schemas`` a model whose input differs from its output has two schemas.
    Warns of operation ids that occur twice. Raises ValueError for additional responses with an impossible
    status.
    """
    documented = _documented(routes)
    hooks = _documented(webhooks or ())
    callbacks = _callbacks([*documented, *hooks])
    fields = _fields([*documented, *hooks], callbacks)
    found = Found(Schemas(fields, separate_input_output=separate_input_output_schemas), callbacks)
    for route in (*documented, *hooks, *(each for own in callbacks.values() for each in own)):
        if route.body_field is not None:
            spread_models(route.body_field, route.dependant, found.schemas.definitions)
    info = {
        "title": title,
        "summary": summary or None,
        "description": description or None,
        "termsOfService": terms_of_service or None,
        "contact": _linked(contact),
        "license": _linked(license_info),
        "version": version,
    }
    made: Json = {"openapi": openapi_version, "info": info}
    if servers:
        made["servers"] = servers
    made["paths"] = _paths(documented, found)
    if written := _paths(hooks, found):
        made["webhooks"] = written
    made["components"] = _components(found)
    if tags:
        made["tags"] = [_with_linked_docs(tag) for tag in tags]
    if external_docs:
        made["externalDocs"] = _linked(external_docs)
    return _without_empty_components(plain(made))


def _documented(routes: Iterable[Any]) -> list[APIRoute]:
    return [route for route in documented_routes(routes) if route.include_in_schema]


def _callbacks(routes: Iterable[Any]) -> dict[int, list[Any]]:
    """The callbacks of each route and theirs; looked up once, for included routes are made when looked at."""
    made: dict[int, list[Any]] = {}
    for route in routes:
        if route.callbacks:
            own = list(documented_routes(route.callbacks))
            made[id(route)] = own
            made |= _callbacks(own)
    return made


def _fields(routes: Iterable[Any], callbacks: dict[int, list[Any]]) -> Iterator[Parameter]:
    """Every Parameter that the documentation of ``routes`` shows, callbacks included."""
    for route in routes:
        yield from (shown.parameter for shown in parameters_of(route))
        own = (route.body_field, route.response_field, stream_item(route))
        yield from (each for each in own if each is not None)
        yield from route.response_fields.values()
        yield from _fields(callbacks.get(id(route), ()), callbacks)


def _paths(routes: Sequence[Any], found: Found) -> Json:
    made: Json = {}
    for route in routes:
        made.setdefault(route.path_format, {}).update(path_item(route, found))
    return made


def _components(found: Found) -> Json:
    definitions: Json = dict(found.schemas.definitions.items())
    if found.validation_error:
        definitions |= {"ValidationError": VALIDATION_ERROR, "HTTPValidationError": HTTP_VALIDATION_ERROR}
    return {
        "schemas": {name: definitions[name] for name in sorted(definitions)} or None,
        "securitySchemes": found.security_schemes or None,
    }


def _without_empty_components(document: Json) -> Json:
    if not document["components"]:
        del document["components"]
    return document


def _linked(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """An object with a ``url``, written the way URLs are compared. Raises ValidationError if it is none."""
    if not given or given.get("url") is None:
        return given or None
    return {**given, "url": str(AnyUrl(str(given["url"])))}


def _with_linked_docs(tag: dict[str, Any]) -> dict[str, Any]:
    return {**tag, "externalDocs": _linked(tag["externalDocs"])} if tag.get("externalDocs") else tag
