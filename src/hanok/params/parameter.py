"""Parameter: one declared argument of an endpoint or dependency, with what is needed to read and validate it."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from copy import copy, deepcopy
from functools import cached_property
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AliasChoices, PydanticSchemaGenerationError, TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic.fields import FieldInfo
from pydantic_core import SchemaValidator
from typing_extensions import TypeAliasType

from hanok.exceptions import DeclarationError
from hanok.params import annotation as kinds
from hanok.params import declared
from hanok.params.declared import Declared, Place
from hanok.params.models import Contents, ModelShape, Raw, branches_validator
from hanok.serialization.pydantic_v1 import refuse_v1

_IMMUTABLE = (type(None), bool, int, float, complex, str, bytes)

INVALID_FIELD = (
    "Invalid args for response field! Hint: check that {type_} is a valid Pydantic field type. If you are using a return "
    "type annotation that is not a valid Pydantic field (e.g. Union[Response, dict, None]) you can disable generating the "
    "response model from the type annotation with the path operation decorator parameter response_model=None."
)


class Parameter:
    """One value, its wire name and its validator. Compared by identity; never changes once made.

    ``field_info`` carries the constraints and everything OpenAPI shows. With ``mode="serialization"`` it is a value that
    leaves: a response.
    """

    def __init__(
        self,
        name: str,
        annotation: Any,
        field_info: FieldInfo,
        mode: Literal["validation", "serialization"] = "validation",
        path_names: Collection[str] = (),
    ) -> None:
        self.name = name
        self.annotation = annotation
        self.field_info = field_info
        self.mode = mode
        self.aliases = _wire_names(name, field_info, path_names)
        self.alias = self.aliases[0]
        self.place: Place = getattr(field_info, "in_", Place.body)
        self.required: bool = field_info.is_required()
        self.default: Any = field_info.default
        # A cookie has one value: what makes a list of it is a validator of the user's.
        self.is_sequence = self.place is not Place.cookie and kinds.is_sequence(annotation)
        self.adapter: TypeAdapter[Any] = make_adapter(annotation, field_info)

    def __repr__(self) -> str:
        return f"Parameter({self.name!r}, {self.place.value}, alias={self.alias!r}, required={self.required})"

    @property
    def type_(self) -> Any:
        return self.annotation

    @property
    def core_schema(self) -> Any:
        return self.adapter.core_schema

    def validate(self, value: Any) -> Any:
        """The validated value. Raises pydantic_core.ValidationError."""
        return self.adapter.validator.validate_python(value, from_attributes=True)

    def make_default(self) -> Any:
        """The value of an argument that was not sent; fresh for every request where it could be changed."""
        if self.field_info.default_factory is not None:
            value = self.field_info.get_default(call_default_factory=True, validated_data={})
        else:
            value = self.default if isinstance(self.default, _IMMUTABLE) else deepcopy(self.default)
        return self.validate(value) if self.field_info.validate_default else value

    @property
    def has_constant_default(self) -> bool:
        """Whether every request may share one default value."""
        info = self.field_info
        return info.default_factory is None and not info.validate_default and isinstance(self.default, _IMMUTABLE)

    @cached_property
    def passes_text(self) -> bool:
        """Whether every string is valid and comes out as it went in, so that validating it would only cost time."""
        if self.field_info.metadata or self.field_info.discriminator:
            return False
        if get_origin(self.annotation) is Annotated or self.is_sequence:
            return False
        return all(member in (str, type(None)) for member in kinds.members(self.annotation)) and (
            not _has_metadata(self.annotation)
        )

    # ---- parameter models

    @cached_property
    def models(self) -> tuple[Any, ...]:
        """The models whose fields are read one by one: of ``Annotated[Model, Query()]`` one, of a form perhaps a choice."""
        info = self.field_info
        if isinstance(info, declared.Form):
            return () if info.embed else kinds.models_in(self.annotation)
        if isinstance(info, declared.Param):
            model = kinds.model_of(self.annotation)
            return () if model is None else (model,)
        return ()

    @property
    def is_model(self) -> bool:
        """Whether this stands for the fields of a model, each with a wire name of its own."""
        return bool(self.models)

    @cached_property
    def model_fields(self) -> tuple[Parameter, ...]:
        """The fields of ``models`` as Parameters of this one's place; the first of a name counts."""
        made: dict[str, Parameter] = {}
        for model in self.models:
            for name, info in (get_origin(model) or model).model_fields.items():
                shown = self._field_of_model(model, info)
                made.setdefault(name, Parameter(name, info.annotation, shown))
        return tuple(made.values())

    @cached_property
    def shapes(self) -> tuple[ModelShape, ...]:
        """What each of ``models`` takes from a request."""
        return tuple(self._shape(model) for model in self.models)

    @cached_property
    def is_nullable(self) -> bool:
        """Whether None is one of the values."""
        return type(None) in kinds.members(self.annotation)

    def validate_model(self, raw: Raw, contents: Contents | None = None) -> Any:
        """The model that raw values make up, uploaded contents in place of files where bytes are wanted."""
        if len(self.shapes) == 1:
            return self.validate(self.shapes[0].take(raw, contents))
        return self._branches.validate_python(raw, from_attributes=True, context=contents or None)

    @cached_property
    def _branches(self) -> SchemaValidator:
        return branches_validator(self.adapter, self._shape)

    def _shape(self, model: Any) -> ModelShape:
        return ModelShape(model, self.place, getattr(self.field_info, "convert_underscores", False))

    def _field_of_model(self, model: Any, info: FieldInfo) -> FieldInfo:
        """A field of a parameter model, seen as a declaration of our own kind, so that all code reads it alike."""
        own = self.field_info
        if isinstance(info, Declared):
            return info
        mine = redeclare(type(own), info)  # type: ignore[arg-type]  # a Declared: only those have models
        for option in ("convert_underscores", "media_type", "include_in_schema"):
            if hasattr(own, option):
                setattr(mine, option, getattr(own, option))
        if not (get_origin(model) or model).model_config.get("validate_by_alias", True):
            mine.alias = mine.validation_alias = None
        return mine


def outgoing(name: str, model: Any) -> Parameter:
    """A value that leaves, as a Parameter. Raises DeclarationError for what pydantic cannot describe."""
    return Parameter(name, model, FieldInfo(annotation=model), mode="serialization")


def _has_metadata(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated or isinstance(annotation, TypeAliasType):
        return True
    return any(_has_metadata(arg) for arg in get_args(annotation))


def redeclare(cls: type[Declared], info: FieldInfo) -> Declared:
    """A ``cls`` with everything that a plain pydantic Field says."""
    made = cls.__new__(cls)
    for slot in FieldInfo.__slots__:
        if hasattr(info, slot):
            setattr(made, slot, copy(getattr(info, slot)))
    made.example = declared.UNSET
    made.openapi_examples = None
    made.include_in_schema = True
    if cls is declared.Header:
        made.convert_underscores = True  # type: ignore[attr-defined]  # made is a Header
    if issubclass(cls, declared.Body):
        made.embed = None  # type: ignore[attr-defined]  # made is a Body
        # Made is a Body.
        made.media_type = cls.extra_options.get("media_type", "application/json")  # type: ignore[attr-defined]
    return made


def _wire_names(name: str, info: FieldInfo, path_names: Collection[str]) -> tuple[str, ...]:
    """The names under which the value may arrive, the one that errors show first. In a path only one of them stands."""
    alias = info.validation_alias
    if isinstance(alias, AliasChoices) and all(isinstance(choice, str) for choice in alias.choices):
        names = tuple(str(choice) for choice in alias.choices)
        if not isinstance(info, declared.Path):
            return names
        standing = [each for each in names if each in path_names]
        if standing:
            return (standing[0],)
    # Only whole names can be looked up in a query string or in headers; paths go into values that are not there yet.
    if not isinstance(alias, str):
        alias = info.alias
    if alias is not None:
        return (alias,)
    if isinstance(info, declared.Header) and info.convert_underscores:
        return (name.replace("_", "-"),)
    return (name,)


def make_adapter(annotation: Any, info: FieldInfo) -> TypeAdapter[Any]:
    """The validator and serializer of an annotation with its declaration. Raises DeclarationError."""
    refuse_v1(annotation)
    try:
        with warnings.catch_warnings():
            # An alias on a parameter is its wire name, which pydantic rightly says means nothing to a bare value.
            warnings.simplefilter("ignore")
            return TypeAdapter(Annotated[annotation, info])
    except PydanticSchemaGenerationError:
        raise DeclarationError(INVALID_FIELD.format(type_=annotation)) from None
    except PydanticUndefinedAnnotation as undefined:
        raise DeclarationError(
            f"the annotation {annotation!r} uses the name {undefined.name!r}, which is not defined where it stands"
        ) from None
