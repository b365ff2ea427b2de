"""The Responses Object of a route (OpenAPI 3.1 §4.8.16): its own answer, others, the automatic 422."""

from __future__ import annotations

import http
import inspect
from collections.abc import Mapping
from typing import Any

from hanok.exchange import body_allowed
from hanok.openapi.plain import merge_into, plain
from hanok.openapi.schemas import REF_PREFIX, Schemas
from hanok.params import Parameter
from hanok.params.annotation import is_class

Json = dict[str, Any]

RANGES = {
    "1XX": "Information",
    "2XX": "Success",
    "3XX": "Redirection",
    "4XX": "Client Error",
    "5XX": "Server Error",
    "DEFAULT": "Default Response",
}

VALIDATION_ERROR: Json = {
    "properties": {
        "loc": {
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "type": "array",
            "title": "Location",
        },
        "msg": {"type": "string", "title": "Message"},
        "type": {"type": "string", "title": "Error Type"},
        "input": {"title": "Input"},
        "ctx": {"type": "object", "title": "Context"},
    },
    "type": "object",
    "required": ["loc", "msg", "type"],
    "title": "ValidationError",
}
HTTP_VALIDATION_ERROR: Json = {
    "properties": {"detail": {"items": {"$ref": REF_PREFIX + "ValidationError"}, "type": "array", "title": "Detail"}},
    "type": "object",
    "title": "HTTPValidationError",
}


def responses_of(route: Any, schemas: Schemas, takes_input: bool) -> tuple[Json, bool]:
    """The Responses Object, and whether it refers to HTTPValidationError."""
    status = own_status(route)
    media_type = _response_class(route).media_type
    own: Json = {"description": route.response_description}
    if content := _own_content(route, status, schemas):
        own["content"] = content
    made = {status: own}
    for key, given in route.responses.items():
        code = str(key).upper()
        made_key = "default" if code == "DEFAULT" else code
        made[made_key] = _additional(route, key, given, made.get(made_key, {}), media_type, schemas)
    if takes_input and not made.keys() & {"422", "4XX", "default"}:
        reference = {"schema": {"$ref": REF_PREFIX + "HTTPValidationError"}}
        made["422"] = {"description": "Validation Error", "content": {"application/json": reference}}
        return made, True
    return made, False


def _response_class(route: Any) -> Any:
    """The response class, whether the route was given it or inherits it from its router or application."""
    declared = route.response_class
    return declared if isinstance(declared, type) else getattr(declared, "value", declared)


def own_status(route: Any) -> str:
    """The status of the route's own answer: declared, else the default of its response class."""
    if route.status_code is not None:
        return str(int(route.status_code))
    status = inspect.signature(_response_class(route).__init__).parameters.get("status_code")
    default = getattr(status, "default", None)
    return str(int(default)) if isinstance(default, int) else "200"


def _own_content(route: Any, status: str, schemas: Schemas) -> Json:
    from hanok.http import JSONResponse

    if not body_allowed(int(status)):
        return {}
    if getattr(route, "is_sse_stream", False):
        return {"text/event-stream": {"itemSchema": _event_schema(stream_item(route), schemas)}}
    if getattr(route, "is_json_stream", False):
        item = stream_item(route)
        return {"application/jsonl": {"itemSchema": plain(schemas.of(item)) if item is not None else {}}}
    response_class = _response_class(route)
    if response_class.media_type is None:
        return {}
    schema: Json = {"type": "string"}
    if issubclass(response_class, JSONResponse):
        schema = plain(schemas.of(route.response_field)) if route.response_field is not None else {}
    return {response_class.media_type: {"schema": schema}}


def stream_item(route: Any) -> Parameter | None:
    """What a streaming endpoint yields, if it is data: a ServerSentEvent is the event itself, of any data."""
    from hanok.http import ServerSentEvent

    item: Parameter | None = route.stream_item_field
    return None if item is not None and is_class(item.annotation, ServerSentEvent) else item


def _event_schema(item: Any, schemas: Schemas) -> Json:
    """One server-sent event (WHATWG HTML §9.2.6); its data is a JSON text when the items have a type."""
    data: Json = {"type": "string"}
    if item is not None:
        data |= {"contentMediaType": "application/json", "contentSchema": plain(schemas.of(item))}
    made: Json = {
        "type": "object",
        "properties": {
            "data": data,
            "event": {"type": "string"},
            "id": {"type": "string"},
            "retry": {"type": "integer", "minimum": 0},
        },
    }
    if item is not None:
        made["required"] = ["data"]
    return made


def _additional(route: Any, key: Any, given: Any, before: Json, media_type: str | None, schemas: Schemas) -> Json:
    """An entry of ``responses=``, laid over what the route already says about that status."""
    if not isinstance(given, Mapping):
        raise AssertionError("An additional response must be a dict")
    phrase = _phrase(key)
    made = dict(before)
    merge_into(made, plain({name: value for name, value in given.items() if name != "model"}))
    field = route.response_fields.get(key)
    if field is not None:
        content = made.setdefault("content", {})
        content.setdefault(media_type or "application/json", {})["schema"] = plain(schemas.of(field))
    made["description"] = given.get("description") or before.get("description") or phrase
    order = ("description", "headers", "content", "links")
    return {name: made[name] for name in (*order, *made) if name in made}


def _phrase(key: Any) -> str:
    """What to say of a status nobody described.

    Raises ValueError for a key that is neither status nor range.
    """
    code = str(key).upper()
    if code in RANGES:
        return RANGES[code]
    try:
        return http.HTTPStatus(int(key)).phrase
    except ValueError:
        int(key)  # a status without a name is fine, a word is not
        return "Additional Response"
