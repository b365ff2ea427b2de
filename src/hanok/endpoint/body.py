"""The body of a request: bytes → JSON value or form, with FastAPI's rules about content types and faults."""

from __future__ import annotations

import json
from typing import Any

from hanok.dependencies import Dependant
from hanok.exceptions import HTTPError, HTTPException, RequestValidationError
from hanok.exchange import Exchange
from hanok.http import FormData, UploadFile
from hanok.params import Parameter
from hanok.params import annotation as kinds
from hanok.params.declared import Form
from hanok.params.values import MISSING, ErrorDetails, Fields, form_value, raw_value, read_model, validate

UNPARSABLE = "There was an error parsing the body"


def is_json_type(content_type: bytes) -> bool:
    """Whether a content type is ``application/json`` or ``application/*+json`` (RFC 6839 §3.1)."""
    if content_type == b"application/json":
        return True
    main = content_type.split(b";", 1)[0].strip().lower()
    kind, _, subtype = main.partition(b"/")
    return kind == b"application" and (subtype == b"json" or subtype.endswith(b"+json"))


def reads_as_json(exchange: Exchange, strict: bool) -> bool:
    """Whether the body is to be parsed. Without a content type only when ``strict`` is off."""
    content_type = exchange.header(b"content-type")
    return not strict if content_type is None else is_json_type(content_type)


def parse_json(exchange: Exchange, body: bytes, strict: bool, where: Any) -> Any:
    """The value of a body: parsed JSON, the bytes themselves if they are something else, None if there are none.

    Raises RequestValidationError for broken JSON, HTTPException 400 for what cannot be read at all.
    """
    if not body:
        return None
    if not reads_as_json(exchange, strict):
        return body
    try:
        return json.loads(body)
    except json.JSONDecodeError as fault:
        error = {
            "type": "json_invalid",
            "loc": ("body", fault.pos),
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": fault.msg},
        }
        raise RequestValidationError([error], body=fault.doc, endpoint_ctx=where) from fault
    except (HTTPError, RecursionError):
        raise
    except Exception as fault:
        raise HTTPException(400, UNPARSABLE) from fault


def whole(body: Any) -> Any:
    """A body that is one value: nothing and ``null`` count as not sent."""
    return MISSING if body is None else body


def read_json_params(
    dependant: Dependant, body: Any, embed: bool, values: dict[str, Any], errors: list[ErrorDetails]
) -> None:
    """Read every body parameter of one callable from a parsed JSON body into ``values``."""
    for parameter in dependant.body_params:
        if not embed:
            values[parameter.name] = validate(parameter, whole(body), ("body",), errors)
            continue
        raw = MISSING
        if isinstance(body, dict):
            raw = next((whole(body.get(alias)) for alias in parameter.aliases if alias in body), MISSING)
        values[parameter.name] = validate(parameter, raw, ("body", parameter.alias), errors)


async def read_form_params(
    dependant: Dependant, form: FormData, embed: bool, values: dict[str, Any], errors: list[ErrorDetails]
) -> None:
    """Read every form parameter of one callable into ``values``."""
    for parameter in dependant.body_params:
        if parameter.is_model:
            values[parameter.name] = read_model(parameter, await _with_bytes(parameter, form), errors)
        else:
            raw = await _uploaded(parameter, form_field(parameter, form))
            values[parameter.name] = validate(parameter, raw, ("body", parameter.alias), errors)


def form_field(parameter: Parameter, fields: Fields) -> Any:
    """The raw value of one form parameter. Body parameters beside form fields are fields too."""
    if isinstance(parameter.field_info, Form):
        return form_value(parameter, fields)
    return raw_value(parameter, fields)


async def _uploaded(parameter: Parameter, raw: Any) -> Any:
    """The content of uploaded files for parameters that want bytes, the files themselves for all others."""
    if isinstance(raw, UploadFile) and kinds.is_bytes(parameter.annotation):
        return await raw.read()
    if isinstance(raw, list) and kinds.is_bytes_sequence(parameter.annotation):
        return [await each.read() if isinstance(each, UploadFile) else each for each in raw]
    return raw


async def _with_bytes(parameter: Parameter, form: FormData) -> Fields:
    """The form, with the content of files in place of those that the model wants as bytes."""
    wanted = {
        alias
        for field in parameter.model_fields
        if kinds.is_bytes(field.annotation) or kinds.is_bytes_sequence(field.annotation)
        for alias in field.aliases
    }
    if not wanted:
        return form
    pairs: list[tuple[str, Any]] = []
    for key, value in form.multi_items():
        is_file = key in wanted and isinstance(value, UploadFile)
        pairs.append((key, await value.read() if is_file else value))  # type: ignore[union-attr]
    return FormData(pairs)
