"""Reading and validating Parameters with care: every fault is gathered, in order, in pydantic's form.

This is the slow twin of the code that ``hanok.endpoint`` generates: it is walked when a value turns out to be wrong, and
for shapes too rare to be worth generated code. A property test holds the two equal.

A reader turns a part of the request into raw values: ``Fields`` for query strings, headers, cookies and forms, a plain
mapping for path parameters and JSON objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import ValidationError

from hanok.params.models import MISSING, Contents, Fields, Raw, raw_of, unselected
from hanok.params.parameter import Parameter

ErrorDetails = dict[str, Any]


def missing(loc: tuple[str | int, ...], value: Any = None) -> ErrorDetails:
    """The error of a required value that is not there."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": value}


def faults(error: ValidationError, loc: tuple[str | int, ...]) -> list[ErrorDetails]:
    """The errors of one validation, their places seen from the request."""
    found = error.errors(include_url=False)
    return [{**each, "loc": (*loc, *each["loc"])} for each in found]


def validate(parameter: Parameter, value: Any, loc: tuple[str | int, ...], errors: list[ErrorDetails]) -> Any:
    """The value to hand over; None with entries in ``errors`` if there is none."""
    if value is MISSING:
        if parameter.required:
            errors.append(missing(loc))
            return None
        try:
            return parameter.make_default()
        except ValidationError as error:
            errors.extend(faults(error, loc))
            return None
    try:
        return parameter.validate(value)
    except ValidationError as error:
        errors.extend(faults(error, loc))
        return None


def raw_value(parameter: Parameter, fields: Fields) -> tuple[Any, str]:
    """The raw value of one Parameter among named fields, or MISSING; and the name it was found under."""
    for alias in parameter.aliases:
        found: Any = fields.getlist(alias) or None if parameter.is_sequence else fields.get(alias)
        if found is not None:
            return found, alias
    return MISSING, parameter.alias


def form_value(parameter: Parameter, fields: Fields) -> tuple[Any, str]:
    """As ``raw_value``; an empty form field counts as not sent (HTML forms always send every field)."""
    for alias in parameter.aliases:
        if parameter.is_sequence:
            found: Any = [each for each in fields.getlist(alias) if isinstance(each, str) or not unselected(each)]
            if found:
                return found, alias
        else:
            found = fields.get(alias)
            if found is not None and not unselected(found):
                return found, alias
    return MISSING, parameter.alias


def read_model(
    parameter: Parameter, fields: Fields, errors: list[ErrorDetails], contents: Contents | None = None
) -> Any:
    """Validate a parameter model. Places in errors show wire names, as the client knows them."""
    raw = raw_of(fields)
    loc = (parameter.place.value,)
    if parameter.is_nullable and not _is_sent(parameter, raw):
        return validate(parameter, MISSING, loc, errors)
    try:
        return parameter.validate_model(raw, contents)
    except ValidationError as error:
        found = faults(error, loc)
    shown = parameter.shapes[0].shown if len(parameter.shapes) == 1 else {}
    for fault in found:
        place = fault["loc"]
        if len(place) > 1 and place[1] in shown:
            fault["loc"] = (place[0], shown[place[1]], *place[2:])
    errors.extend(found)
    return None


def _is_sent(parameter: Parameter, raw: Raw) -> bool:
    """Whether a request speaks of a model that may be missing: by a name of its fields, or by any name if it takes all."""
    if any(shape.takes_extras for shape in parameter.shapes):
        return bool(raw)
    return any(not shape.names.isdisjoint(raw) for shape in parameter.shapes)


def read_fields(
    parameters: Sequence[Parameter], fields: Fields, values: dict[str, Any], errors: list[ErrorDetails]
) -> None:
    """Read every Parameter of a query string, of headers or of cookies into ``values``."""
    for parameter in parameters:
        if parameter.is_model:
            values[parameter.name] = read_model(parameter, fields, errors)
        else:
            raw, alias = raw_value(parameter, fields)
            values[parameter.name] = validate(parameter, raw, (parameter.place.value, alias), errors)


def read_path(
    parameters: Sequence[Parameter], found: Mapping[str, Any], values: dict[str, Any], errors: list[ErrorDetails]
) -> None:
    """Read every Parameter of the path into ``values``."""
    for parameter in parameters:
        raw = found.get(parameter.alias, MISSING)
        values[parameter.name] = validate(parameter, raw, ("path", parameter.alias), errors)
