"""Internals of FastAPI by which packages document parameters that no route declares, made of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum
from inspect import isclass
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel

from hanok.dependencies import Dependant
from hanok.openapi.operation import parameter_objects, parameters_of
from hanok.openapi.schemas import Schemas
from hanok.params import Parameter


def get_flat_models_from_fields(fields: Iterable[Parameter], known_models: set[Any]) -> set[Any]:
    """``known_models`` and the models and enumerations that ``fields`` are made of."""
    for each in fields:
        known_models.update(_models_in(each.core_schema))
    return known_models


def _models_in(schema: Any) -> Iterator[Any]:
    if isinstance(schema, dict):
        cls = schema.get("cls")
        if isclass(cls) and issubclass(cls, BaseModel | Enum):
            yield cls
        schema = schema.values()
    elif not isinstance(schema, list | tuple):
        return
    for each in schema:
        yield from _models_in(each)


def get_model_name_map(unique_models: Collection[Any]) -> dict[Any, str]:
    """The name of each model in a document: with its module where two have the same."""
    counted = Counter(model.__name__ for model in unique_models)
    return {
        model: model.__name__
        if counted[model.__name__] == 1
        else f"{model.__module__}__{model.__qualname__}".replace(".", "__")
        for model in unique_models
    }


def get_definitions(
    *, fields: Sequence[Parameter], model_name_map: dict[Any, str], separate_input_output_schemas: bool = True
) -> tuple[dict[tuple[Parameter, str], Any], dict[str, Any]]:
    """The schema of each field, and the definitions that they refer to. Their names are pydantic's."""
    schemas = Schemas(fields, separate_input_output=separate_input_output_schemas)
    return {(each, each.mode): schemas.raw(each) for each in fields}, schemas.definitions


def openapi_dependency_data(dependant: Dependant) -> Dependant:
    """What the next function wants of a Dependant: ours gives it by itself."""
    return dependant


def openapi_operation_parameters(
    *,
    dependency_data: Dependant,
    model_name_map: dict[Any, str],
    field_mapping: dict[tuple[Parameter, str], Any],
    separate_input_output_schemas: bool = True,
) -> list[dict[str, Any]]:
    """The Parameter Objects of a Dependant. The schemas are made anew, so the two dicts are not looked at."""
    shown = parameters_of(SimpleNamespace(dependant=dependency_data, param_convertors=()))
    schemas = Schemas((each.parameter for each in shown), separate_input_output=separate_input_output_schemas)
    return parameter_objects(shown, schemas)
