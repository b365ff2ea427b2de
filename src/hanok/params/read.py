"""From an argument of a callable to a Parameter: what its default, its ``Annotated`` and its type declare."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined as Undefined
from typing_extensions import TypeAliasType

from hanok.params import annotation as kinds
from hanok.params import declared
from hanok.params.declared import Declared
from hanok.params.parameter import Parameter, redeclare
from hanok.params.signature import REQUIRED, Argument


def declaration_in(argument: Argument) -> tuple[Any, list[FieldInfo]]:
    """The type of an argument and the FieldInfos in its ``Annotated``."""
    annotation = argument.annotation
    if isinstance(annotation, TypeAliasType) and hasattr(annotation.__value__, "__metadata__"):
        annotation = annotation.__value__
    if get_origin(annotation) is not Annotated:
        return annotation, []
    return annotation, [each for each in get_args(annotation)[1:] if isinstance(each, FieldInfo)]


def read_parameter(argument: Argument, in_path: bool, path_names: Collection[str] = ()) -> Parameter:
    """The Parameter that an argument declares, explicitly or by its type. Raises AssertionError as FastAPI's users know.

    ``path_names`` are the names in the path: of the choices of an alias the one that stands there counts.
    """
    annotation, infos = declaration_in(argument)
    ours = [each for each in infos if isinstance(each, Declared)]
    info: FieldInfo
    if ours:
        info, annotation = _from_annotated(argument, annotation, ours[-1])
    elif isinstance(argument.default, FieldInfo):
        info = argument.default
        if not isinstance(info, Declared):
            info = redeclare(_kind_by_type(annotation, in_path), info)
        annotation = Any if annotation is REQUIRED else annotation
    else:
        annotation = Any if annotation is REQUIRED else annotation
        cls = _kind_by_type(annotation, in_path)
        # A default value of an argument that stands in the path can never apply.
        info = cls() if in_path or argument.default is REQUIRED else cls(argument.default)
    if infos:
        _take_descriptions(info, infos)
        annotation = _without_descriptions(annotation)
    _check_place(argument.name, info, in_path)
    info.annotation = annotation
    parameter = Parameter(argument.name, annotation, info, path_names=path_names)
    _check_type(parameter)
    return parameter


def _from_annotated(argument: Argument, annotation: Any, given: Declared) -> tuple[FieldInfo, Any]:
    kind = type(given).__name__
    if isinstance(argument.default, Declared):
        raise AssertionError(
            f"Cannot specify FastAPI annotations in `Annotated` and default value together for {argument.name!r}"
        )
    if given.default not in (Undefined, ...):
        raise AssertionError(
            f"`{kind}` default value cannot be set in `Annotated` for {argument.name!r}. "
            "Set the default value with `=` instead."
        )
    info = copy(given)
    info.metadata = list(given.metadata)
    if argument.default is not REQUIRED:
        if isinstance(given, declared.Path):
            raise AssertionError("Path parameters cannot have default values")
        if info.default_factory is not None:
            raise TypeError("cannot specify both default and default_factory")
        info.default = argument.default
        info._attributes_set = {**info._attributes_set, "default": argument.default}
    inner, *metadata = get_args(annotation)
    others = tuple(each for each in metadata if each is not given)
    return info, (Annotated[(inner, *others)] if others else inner)


# What a plain pydantic Field beside the declaration, or in its place, may say about a parameter.
_DESCRIPTIONS = (
    "alias",
    "alias_priority",
    "validation_alias",
    "serialization_alias",
    "title",
    "description",
    "examples",
    "deprecated",
    "json_schema_extra",
    "validate_default",
)


def _take_descriptions(info: FieldInfo, infos: list[FieldInfo]) -> None:
    """Let what a plain Field in the ``Annotated`` says count where the declaration itself says nothing."""
    for plain in infos:
        if isinstance(plain, Declared):
            continue
        for name in _DESCRIPTIONS:
            if name not in info._attributes_set and getattr(plain, name) is not None:
                _set(info, name, getattr(plain, name))
        extra, mine = plain.json_schema_extra, info.json_schema_extra
        if isinstance(extra, dict) and isinstance(mine, dict):
            _set(info, "json_schema_extra", {**extra, **mine})
        if isinstance(info, declared.Path):
            continue  # always required
        if plain.default_factory is not None and info.default is Undefined and info.default_factory is None:
            _set(info, "default_factory", plain.default_factory)


def _set(info: FieldInfo, name: str, value: Any) -> None:
    setattr(info, name, value)
    info._attributes_set = {**info._attributes_set, name: value}


def _without_descriptions(annotation: Any) -> Any:
    """An ``Annotated`` whose plain Fields only constrain: the declaration has taken over what else they say.

    Nor have they a default: the default of an argument stands after its ``=``.
    """
    if get_origin(annotation) is not Annotated:
        return annotation
    inner, *metadata = get_args(annotation)
    for at, each in enumerate(metadata):
        if isinstance(each, FieldInfo):
            metadata[at] = bare = copy(each)
            bare.default = Undefined
            bare.default_factory = None
            for name in _DESCRIPTIONS:
                setattr(bare, name, None)
            taken = {"default", "default_factory", *_DESCRIPTIONS}
            bare._attributes_set = {name: value for name, value in each._attributes_set.items() if name not in taken}
    return Annotated[(inner, *metadata)]


def _kind_by_type(annotation: Any, in_path: bool) -> type[Declared]:
    """Where a value is read from when only its type speaks."""
    if in_path:
        return declared.Path
    if kinds.is_upload(annotation) or kinds.is_upload_sequence(annotation):
        return declared.File
    if not kinds.is_scalar(annotation):
        return declared.Body
    return declared.Query


def _check_place(name: str, info: FieldInfo, in_path: bool) -> None:
    if in_path and not isinstance(info, declared.Path):
        raise AssertionError(f"Cannot use `{type(info).__name__}` for path param {name!r}")


def _check_type(parameter: Parameter) -> None:
    info, annotation = parameter.field_info, parameter.annotation
    if isinstance(info, declared.Path):
        if not kinds.is_scalar(annotation):
            raise AssertionError("Path params must be of one of the supported types")
    elif isinstance(info, declared.Query) and not (
        kinds.is_scalar(annotation) or kinds.is_scalar_sequence(annotation) or kinds.is_model(annotation)
    ):
        raise AssertionError(f"Query parameter {parameter.name!r} must be one of the supported types")
