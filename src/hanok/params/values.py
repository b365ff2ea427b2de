"""Reading and validating Parameters with care: every fault is gathered, in order, in pydantic's form.

This is the slow twin of the code that ``hanok.endpoint`` generates: it is walked when a value turns out to be wrong, and
for shapes too rare to be worth generated code. A property test holds the two equal.

A reader turns a part of the request into raw values: ``Fields`` for query strings, headers, cookies and forms, a plain
mapping for path parameters and JSON objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from pydantic_core import ValidationError

from hanok.params import declared
from hanok.params.parameter import Parameter

ErrorDetails = dict[str, Any]
MISSING: Any = type("_Missing", (), {"__repr__": lambda self: "MISSING"})()


class Fields(Protocol):
    """Named values of which there may be several, as in a query string."""

    def get(self, key: str, /) -> Any: ...
    def getlist(self, key: str, /) -> list[Any]: ...
    def keys(self) -> Iterable[str]: ...


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


def raw_value(parameter: Parameter, fields: Fields) -> Any:
    """The raw value of one Parameter among named fields, or MISSING."""
    for alias in parameter.aliases:
        if parameter.is_sequence:
            found: Any = fields.getlist(alias)
            if found:
                return found
        else:
            found = fields.get(alias)
            if found is not None:
                return found
    return MISSING


def form_value(parameter: Parameter, fields: Fields) -> Any:
    """As ``raw_value``; an empty form field counts as not sent (HTML forms always send every field)."""
    found = raw_value(parameter, fields)
    if found == "" and isinstance(found, str):
        return MISSING
    return found


def model_values(parameter: Parameter, fields: Fields) -> dict[str, Any]:
    """What a parameter model is validated from: its fields by wire name, then whatever else was sent."""
    form = isinstance(parameter.field_info, declared.Form)
    values: dict[str, Any] = {}
    claimed: set[str] = set()
    for field in parameter.model_fields:
        claimed.update(field.aliases)
        value = form_value(field, fields) if form else raw_value(field, fields)
        if value is not MISSING:
            values[_key_in_model(field)] = value
    for key in fields.keys():  # noqa: SIM118  - Fields is not a mapping
        if key not in claimed:
            found = fields.getlist(key)
            values[key] = found if len(found) > 1 else found[0]
    return values


def _key_in_model(field: Parameter) -> str:
    """The name under which pydantic finds a field of a model."""
    alias = field.field_info.validation_alias or field.field_info.alias
    return alias if isinstance(alias, str) else (field.aliases[-1] if alias is not None else field.name)


def read_model(parameter: Parameter, fields: Fields, errors: list[ErrorDetails]) -> Any:
    """Validate a parameter model. Places in errors show wire names, as the client knows them."""
    values = model_values(parameter, fields)
    loc = (parameter.place.value,)
    if not values and not parameter.required:
        return validate(parameter, MISSING, loc, errors)
    own: list[ErrorDetails] = []
    result = validate(parameter, values, loc, own)
    wire = {_key_in_model(field): field.alias for field in parameter.model_fields}
    for error in own:
        place = error["loc"]
        if len(place) > 1 and place[1] in wire:
            error["loc"] = (place[0], wire[place[1]], *place[2:])
    errors.extend(own)
    return result


def read_fields(
    parameters: Sequence[Parameter], fields: Fields, values: dict[str, Any], errors: list[ErrorDetails]
) -> None:
    """Read every Parameter of a query string, of headers or of cookies into ``values``."""
    for parameter in parameters:
        if parameter.is_model:
            values[parameter.name] = read_model(parameter, fields, errors)
        else:
            loc = (parameter.place.value, parameter.alias)
            values[parameter.name] = validate(parameter, raw_value(parameter, fields), loc, errors)


def read_path(
    parameters: Sequence[Parameter], found: Mapping[str, Any], values: dict[str, Any], errors: list[ErrorDetails]
) -> None:
    """Read every Parameter of the path into ``values``."""
    for parameter in parameters:
        raw = next((found[alias] for alias in parameter.aliases if alias in found), MISSING)
        values[parameter.name] = validate(parameter, raw, ("path", parameter.alias), errors)
