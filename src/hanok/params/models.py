"""Parameter models: the fields of a model stand in a query string, headers, cookies or a form, each under its own name.

The request is first read as a whole (``raw_of``); then every model takes from it what its fields are called and leaves the
rest as extras, for the model's own configuration to judge. In a choice of models each branch takes for itself, because the
same name may be one text in one of them and a list in another: ``branches_validator`` puts that step before each branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import SchemaValidator

from hanok.http import UploadFile
from hanok.params import annotation as kinds
from hanok.params.declared import Place

MISSING: Any = type("_Missing", (), {"__repr__": lambda self: "MISSING"})()
Raw = Mapping[str, Any]
Contents = Mapping[int, bytes]


class Fields(Protocol):
    """Named values of which there may be several, as in a query string."""

    def get(self, key: str, /) -> Any: ...
    def getlist(self, key: str, /) -> list[Any]: ...
    def keys(self) -> Iterable[str]: ...


def raw_of(fields: Fields) -> dict[str, Any]:
    """Every name with its value; several values of one name are a list."""
    raw: dict[str, Any] = {}
    for key in fields.keys():  # noqa: SIM118  - Fields is not a mapping
        if key not in raw:
            found = fields.getlist(key)
            raw[key] = found if len(found) > 1 else found[0]
    return raw


def unselected(value: Any) -> bool:
    """Whether a form field says nothing: an empty text, or a file input in which no file was chosen (HTML §4.10.22.4)."""
    if isinstance(value, UploadFile):
        return not value.filename and not value.size
    return isinstance(value, str) and not value


class Name(NamedTuple):
    """One name of a field: what is looked up in the request, and the key under which the model expects it."""

    wire: str
    key: str


class _Field(NamedTuple):
    names: tuple[Name, ...]
    many: bool
    wants_bytes: bool


class ModelShape:
    """What one model takes from the raw values of one place."""

    def __init__(self, model: Any, place: Place, convert_underscores: bool = False) -> None:
        cls: type[BaseModel] = get_origin(model) or model
        self.place = place
        self.takes_extras = cls.model_config.get("extra", "ignore") != "ignore"
        self.names: set[str] = set()
        self.shown: dict[str, str] = {}
        self._replaced: set[str] = set()
        fields: list[_Field] = []
        for name, info in cls.model_fields.items():
            names = self._names(cls, name, info, convert_underscores)
            self.names.update(each.wire for each in names)
            if isinstance(info.validation_alias, AliasPath | AliasChoices):
                paths = getattr(info.validation_alias, "choices", [info.validation_alias])
                self.names.update(str(each.path[0]) for each in paths if isinstance(each, AliasPath))
            one_text = place is Place.cookie or kinds.is_json(info.metadata)
            many = not one_text and kinds.is_sequence(info.annotation)
            wants_bytes = kinds.is_bytes(info.annotation) or kinds.is_bytes_sequence(info.annotation)
            fields.append(_Field(names, many, wants_bytes))
        self.fields = tuple(fields)

    def _names(self, cls: type[BaseModel], name: str, info: FieldInfo, convert: bool) -> tuple[Name, ...]:
        keys, own = keys_of(cls, name, info)
        names = [Name(self._wire(key), key) for key in keys]
        if own:
            wire = name.replace("_", "-") if convert else name
            names.append(Name(self._wire(wire), name))
            if wire != name:
                # Without this a header ``x_token`` would reach the field that is to be read from ``x-token`` only.
                self._replaced.add(name.lower())
                if cls.model_config.get("loc_by_alias", True):
                    self.shown[name] = wire
        return tuple(names)

    def _wire(self, name: str) -> str:
        return name.lower() if self.place is Place.header else name

    def take(self, raw: Raw, contents: Contents | None = None) -> dict[str, Any]:
        """The values that the model is validated from: its fields', then whatever nobody claimed."""
        values: dict[str, Any] = {}
        claimed: set[str] = set()
        for field in self.fields:
            for wire, key in field.names:
                if wire not in raw:
                    continue
                claimed.add(wire)
                value = self._pick(field, raw[wire], contents)
                if value is not MISSING:
                    values[key] = value
                    break
        for key, value in raw.items():
            if key not in claimed and key not in self._replaced:
                values[key] = value
        return values

    def _pick(self, field: _Field, value: Any, contents: Contents | None) -> Any:
        several = isinstance(value, list)
        if not several or (value and not field.many):
            value = value[0 if self.place is Place.header else -1] if several else value
            if self.place is Place.body and (unselected(value) and not (field.many and value == "")):
                return MISSING
            value = _content(value, contents) if field.wants_bytes and contents else value
            return [value] if field.many and value is not None else value
        if self.place is Place.body and value and field.many:
            value = [each for each in value if isinstance(each, str) or not unselected(each)]
            if not value:
                return MISSING
        return [_content(each, contents) for each in value] if field.wants_bytes and contents else value


def keys_of(cls: type[BaseModel], name: str, info: FieldInfo) -> tuple[tuple[str, ...], bool]:
    """The aliases of a field as its model's configuration lets them count, and whether its own name counts too."""
    config = cls.model_config
    alias = info.validation_alias if info.validation_alias is not None else info.alias
    if alias is None or not config.get("validate_by_alias", True):
        return (), True
    by_name = bool(config.get("populate_by_name") or config.get("validate_by_name"))
    if isinstance(alias, AliasChoices):
        return tuple(choice for choice in alias.choices if isinstance(choice, str)), by_name
    return ((alias,) if isinstance(alias, str) else ()), by_name


def _content(value: Any, contents: Contents | None) -> Any:
    return contents.get(id(value), value) if contents else value


def branches_validator(adapter: TypeAdapter[Any], shape_of: Callable[[Any], ModelShape]) -> SchemaValidator:
    """A validator of a choice of models from raw values, where each branch sees what it would see alone."""
    schema: Any = adapter.core_schema
    definitions = schema.get("definitions", []) if schema["type"] == "definitions" else []
    by_name = {each["ref"]: each for each in definitions}

    def model_in(part: Any) -> Any:
        while part["type"] != "model":
            part = by_name[part["schema_ref"]] if part["type"] == "definition-ref" else part["schema"]
        return part["cls"]

    def label(part: Any) -> str:
        whole: Any = {"type": "definitions", "schema": part, "definitions": definitions} if definitions else part
        return str(SchemaValidator(whole).title)

    def taking(part: Any) -> Any:
        shape = shape_of(model_in(part))

        def take(raw: Any, info: Any) -> Any:
            return shape.take(raw, info.context) if isinstance(raw, dict) else raw

        return {"type": "function-before", "function": {"type": "with-info", "function": take}, "schema": part}

    def choice(part: Any) -> Any:
        if isinstance(part, tuple):
            return choice(part[0]) if _has_choice(part[0]) else (taking(part[0]), part[1])
        return walk(part) if _has_choice(part) else (taking(part), label(part))

    def walk(part: Any) -> Any:
        if part["type"] == "union":
            choices = [each if _is_none(each) else choice(each) for each in part["choices"]]
            return {**part, "choices": choices}
        if part["type"] == "tagged-union":
            tagged = {
                tag: each if not isinstance(each, dict) else walk(each) if _has_choice(each) else taking(each)
                for tag, each in part["choices"].items()
            }
            return {**part, "choices": tagged}
        return {**part, "schema": walk(part["schema"])}

    return SchemaValidator(walk(schema))


def _is_none(part: Any) -> bool:
    return bool((part[0] if isinstance(part, tuple) else part)["type"] == "none")


def _has_choice(part: Any) -> bool:
    while part["type"] not in ("model", "definition-ref"):
        if part["type"] in ("union", "tagged-union"):
            return True
        part = part["schema"]
    return False
