"""The body of a request: bytes → JSON value or form, with FastAPI's rules about content types and faults."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any, TypeVar

from hanok.dependencies import Dependant
from hanok.exceptions import ClientDisconnect, HTTPError, HTTPException, RequestValidationError
from hanok.exchange import Exchange
from hanok.http import FormData, UploadFile
from hanok.params import Parameter
from hanok.params import annotation as kinds
from hanok.params.models import MISSING
from hanok.params.values import ErrorDetails, form_value, missing, read_model, validate

T = TypeVar("T")

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


async def as_client_error(reading: Awaitable[T]) -> T:
    """What the reading of a body gives. Raises HTTPException 400 if it fails in another way than by an answer of its own."""
    try:
        return await reading
    except (HTTPError, ClientDisconnect):
        raise
    except Exception as fault:
        raise HTTPException(400, UNPARSABLE) from fault


def parse_json(exchange: Exchange, body: bytes, strict: bool, where: Any) -> Any:
    """The value of a body: parsed JSON, the bytes themselves if they are something else, MISSING if there are none.

    Raises RequestValidationError for broken JSON, HTTPException 400 for what cannot be read at all.
    """
    if not body:
        return MISSING
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
    except HTTPError:
        raise
    except Exception as fault:
        raise HTTPException(400, UNPARSABLE) from fault


def read_json_params(
    dependant: Dependant, body: Any, embed: bool, values: dict[str, Any], errors: list[ErrorDetails]
) -> None:
    """Read every body parameter of one callable from a parsed JSON body into ``values``. ``null`` is a value like others."""
    for parameter in dependant.body_params:
        if not embed:
            values[parameter.name] = validate(parameter, body, ("body",), errors)
            continue
        raw, alias = MISSING, parameter.alias
        if isinstance(body, dict):
            alias = next((each for each in parameter.aliases if each in body), alias)
            raw = body.get(alias, MISSING)
        elif body is not MISSING and not isinstance(body, bytes):
            # Something was sent, but nothing that has keys: defaults are for what was left out, not for this.
            errors.append(missing(("body", alias)))
            values[parameter.name] = None
            continue
        values[parameter.name] = validate(parameter, raw, ("body", alias), errors)


async def read_form_params(
    dependant: Dependant, form: FormData, embed: bool, values: dict[str, Any], errors: list[ErrorDetails]
) -> None:
    """Read every form parameter of one callable into ``values``."""
    for parameter in dependant.body_params:
        if parameter.is_model:
            values[parameter.name] = read_model(parameter, form, errors, await _contents(parameter, form))
        else:
            found, alias = form_value(parameter, form)
            raw = await _uploaded(parameter, found)
            values[parameter.name] = validate(parameter, raw, ("body", alias), errors)


async def _uploaded(parameter: Parameter, raw: Any) -> Any:
    """The content of uploaded files for parameters that want bytes, the files themselves for all others."""
    if isinstance(raw, UploadFile) and kinds.is_bytes(parameter.annotation):
        return await _content(raw)
    if isinstance(raw, list) and kinds.is_bytes_sequence(parameter.annotation):
        return [await _content(each) if isinstance(each, UploadFile) else each for each in raw]
    return raw


async def _content(file: UploadFile) -> bytes:
    """What is left to read of a file, which is then as it was: another argument may be the same file."""
    position = file.file.tell()
    try:
        return await file.read()
    finally:
        await file.seek(position)


async def _contents(parameter: Parameter, form: FormData) -> dict[int, bytes]:
    """The content of the files that a model wants as bytes, by the identity of the file."""
    wanted = {
        name.wire for shape in parameter.shapes for field in shape.fields if field.wants_bytes for name in field.names
    }
    files = [value for key, value in form.multi_items() if key in wanted and isinstance(value, UploadFile)]
    return {id(file): await _content(file) for file in files}
