"""Forms that are made of models: their fields stand side by side with the other fields of the form.

The object that describes the whole form (``Body_...``) has each model as a property, because that is how the endpoint
names it. In the document the model's fields belong to the form itself, so the model moves to ``allOf``.
"""

from __future__ import annotations

from typing import Any, get_origin

from pydantic import BaseModel

from hanok.dependencies import Dependant, merged
from hanok.endpoint.operation import body_parts, is_form_model
from hanok.params import Parameter, Place
from hanok.params import annotation as kinds
from hanok.params.models import ModelShape, keys_of

Json = dict[str, Any]


def spread_models(body: Parameter, dependant: Dependant, definitions: dict[str, Json]) -> None:
    """Move the models of a form out of the properties of its definition, and what else has no property of its own."""
    name = getattr(body.annotation, "__name__", "")
    parts = body_parts(merged(dependant).body_params)
    if not any(is_form_model(each) for each in parts.values()) or name not in definitions:
        return
    if any(body is each or body.annotation is each.annotation for each in parts.values()):
        return
    form = dict(definitions[name])
    all_properties = form.pop("properties", {})
    form.pop("required", None)
    properties: Json = {}
    required: list[str] = []
    conditions: list[Json] = []
    for key, part in parts.items():
        schema = all_properties[key]
        if is_form_model(part):
            conditions += _conditions(part, schema, definitions)
            continue
        if part.alias in properties:
            conditions.append({"properties": {part.alias: schema}})
        else:
            properties[part.alias] = schema
        if part.required and part.alias not in required:
            required.append(part.alias)
    made: Json = {"allOf": conditions}
    if properties:
        made["properties"] = properties
    made["type"] = form.pop("type")
    if required:
        made["required"] = required
    definitions[name] = made | form


def _conditions(part: Parameter, schema: Json, definitions: dict[str, Json]) -> list[Json]:
    """What the form must fulfil for the sake of one model in it."""
    schema = {key: value for key, value in schema.items() if key != "default"}
    title = part.field_info.title or part.name.title().replace("_", " ")
    models = kinds.models_in(part.annotation)
    if not part.is_nullable:
        if len(models) == 1:
            return [_by_any_name(models[0], schema, definitions)]
        return [{**schema, "title": title}]
    alternatives = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(models) == 1:
        alternatives = [_by_any_name(models[0], each, definitions) for each in alternatives]
    whole = {**schema, "anyOf": alternatives, "title": title}
    if part.required:
        return [{"not": _absent(part)}, whole]
    return [{"anyOf": [_absent(part), whole]}]


def _by_any_name(model: Any, schema: Json, definitions: dict[str, Json]) -> Json:
    """A model written out, if one of its required fields may come under several names; else as it is."""
    cls: type[BaseModel] = get_origin(model) or model
    choices: dict[str, list[str]] = {}
    for name, info in cls.model_fields.items():
        aliases, own = keys_of(cls, name, info)
        names = [*aliases, name] if own else list(aliases)
        if info.is_required() and len(names) > 1:
            choices[names[0]] = names
    definition = definitions.get(str(schema.get("$ref", "")).rsplit("/", 1)[-1])
    if not choices or definition is None:
        return schema
    required = [each for each in definition.get("required", ()) if each not in choices]
    any_of = [{"anyOf": [{"required": [name]} for name in names]} for names in choices.values()]
    return {**definition, "required": required, "allOf": any_of}


def _absent(part: Parameter) -> Json:
    """What a form fulfils that says nothing of a model: none of its fields, or no field at all if it takes any."""
    shapes = [ModelShape(model, Place.body) for model in kinds.models_in(part.annotation)]
    if any(shape.takes_extras for shape in shapes):
        return {"maxProperties": 0}
    names = sorted(set().union(*(shape.names for shape in shapes)))
    return {"not": {"anyOf": [{"required": [name]} for name in names]}} if names else {}
