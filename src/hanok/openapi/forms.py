"""Forms that are made of models: their fields stand side by side with the other fields of the form.

The object that describes the whole form (``Body_...``) has each model as a property, because that is how the endpoint
names it. In the document the model's fields belong to the form itself, so the model moves to ``allOf``.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from hanok.dependencies import Dependant, merged
from hanok.params import Form, Parameter
from hanok.params import annotation as kinds

Json = dict[str, Any]


def spread_models(body: Parameter, dependant: Dependant, definitions: dict[str, Json]) -> None:
    """Move the models of a form out of the properties of its definition."""
    name = getattr(body.annotation, "__name__", "")
    parts = [each for each in merged(dependant).body_params if _is_form_model(each)]
    if not parts or any(body is each for each in parts) or name not in definitions:
        return
    form = dict(definitions[name])
    properties = dict(form.pop("properties", {}))
    required = list(dict.fromkeys(form.pop("required", ())))
    conditions: list[Json] = []
    for part in parts:
        if part.alias in properties:
            conditions += _conditions(part, properties.pop(part.alias))
            required = [each for each in required if each != part.alias]
    made: Json = {"allOf": conditions}
    if properties:
        made["properties"] = properties
    made["type"] = form.pop("type")
    if required:
        made["required"] = required
    definitions[name] = made | form


def _is_form_model(parameter: Parameter) -> bool:
    return isinstance(parameter.field_info, Form) and bool(kinds.models_in(parameter.annotation))


def _conditions(part: Parameter, schema: Json) -> list[Json]:
    """What the form must fulfil for the sake of one model in it."""
    schema = {key: value for key, value in schema.items() if key != "default"}
    if type(None) not in kinds.members(part.annotation):
        return [schema]
    alternatives = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    title = part.field_info.title or part.alias.title().replace("_", " ")
    whole = {**schema, "anyOf": alternatives, "title": title}
    if part.required:
        return [{"not": _absent(part)}, whole]
    return [{"anyOf": [_absent(part), whole]}]


def _absent(part: Parameter) -> Json:
    """What a form fulfils that says nothing of a model: none of its fields, or no field at all if it takes any."""
    classes = [_class_of(model) for model in kinds.models_in(part.annotation)]
    if any(each.model_config.get("extra", "ignore") != "ignore" for each in classes):
        return {"maxProperties": 0}
    return {"not": {"anyOf": [{"required": [name]} for name in _field_names(classes)]}}


def _field_names(classes: list[type[BaseModel]]) -> list[str]:
    """The wire names of all fields that the models have between them."""
    return sorted({field.alias or name for model in classes for name, field in model.model_fields.items()})


def _class_of(model: Any) -> type[BaseModel]:
    found: type[BaseModel] = getattr(model, "__origin__", model)
    return found
