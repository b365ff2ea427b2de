"""Questions about annotations that decide where a value is read from and how."""

from __future__ import annotations

import collections
import collections.abc
import types
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Json
from typing_extensions import TypeAliasType

from hanok.http import UploadFile

_UNIONS = (Union, types.UnionType)
_SEQUENCES = (
    list,
    set,
    frozenset,
    tuple,
    collections.deque,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Set,
    collections.abc.MutableSet,
)


def is_json(metadata: Iterable[Any]) -> bool:
    """Whether what stands beside a type says that one text of JSON carries the value."""
    return any(each is Json or type(each) is Json for each in metadata)


def bare(annotation: Any) -> Any:
    """The annotation without ``Annotated`` and without its name, if it is an alias. ``Json[...]`` is Json: a text."""
    while True:
        if get_origin(annotation) is Annotated:
            if is_json(get_args(annotation)[1:]):
                return Json
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif isinstance(get_origin(annotation), TypeAliasType):
            annotation = get_origin(annotation).__value__[get_args(annotation)]
        else:
            return annotation


def members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, bare; of anything else itself, bare. None counts as NoneType."""
    annotation = bare(annotation)
    if get_origin(annotation) in _UNIONS:
        return tuple(each for member in get_args(annotation) for each in members(member))
    return (annotation,)


def is_class(annotation: Any, *bases: type) -> bool:
    """Whether the annotation is a class below one of ``bases``."""
    return isinstance(annotation, type) and issubclass(annotation, bases)


def _is_sequence_type(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    return is_class(origin, *_SEQUENCES) and not is_class(origin, str, bytes, bytearray)


def is_sequence(annotation: Any) -> bool:
    """Whether several values of the same name make up one value of this type."""
    return any(_is_sequence_type(member) for member in members(annotation))


def is_model(annotation: Any) -> bool:
    """Whether this is a pydantic model, or one of a union with None only."""
    return model_of(annotation) is not None


def model_of(annotation: Any) -> type[BaseModel] | None:
    """The one model behind an annotation such as ``Model`` or ``Model | None``."""
    found = [member for member in members(annotation) if member is not type(None)]
    if len(found) == 1:
        candidate = get_origin(found[0]) or found[0]
        if is_class(candidate, BaseModel):
            return found[0]  # type: ignore[no-any-return]  # checked to be a model
    return None


def models_in(annotation: Any) -> tuple[Any, ...]:
    """The models of an annotation that is one model or a union of models, perhaps with None; () for any other."""
    found = tuple(member for member in members(annotation) if member is not type(None))
    return found if all(is_class(get_origin(member) or member, BaseModel) for member in found) else ()


def _is_complex(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    return (
        is_class(origin, BaseModel, collections.abc.Mapping, UploadFile, *_SEQUENCES)
        and not is_class(origin, str, bytes, bytearray)
    ) or (isinstance(origin, type) and is_dataclass(origin))


def is_scalar(annotation: Any) -> bool:
    """Whether one string can carry a value of this type."""
    return not any(_is_complex(member) for member in members(annotation))


def is_scalar_sequence(annotation: Any) -> bool:
    """Whether this is a sequence of scalars; in a union at least one member is and none is anything else complex."""
    found = False
    for member in members(annotation):
        if _is_sequence_type(member):
            if not all(is_scalar(each) for each in get_args(member) if each is not Ellipsis):
                return False
            found = True
        elif _is_complex(member):
            return False
    return found


def is_bytes(annotation: Any) -> bool:
    """Whether uploaded content is wanted as ``bytes`` (perhaps None)."""
    return any(is_class(member, bytes) for member in members(annotation))


def is_upload(annotation: Any) -> bool:
    """Whether an uploaded file is wanted (perhaps None)."""
    return any(is_class(member, UploadFile) for member in members(annotation))


def item_of(annotation: Any) -> Any:
    """What a sequence holds; Any if it does not say."""
    for member in members(annotation):
        if _is_sequence_type(member):
            args = get_args(member)
            return args[0] if args else Any
    return Any


def is_bytes_sequence(annotation: Any) -> bool:
    """Whether several uploaded contents are wanted as ``bytes``."""
    return is_sequence(annotation) and is_bytes(item_of(annotation))


def is_upload_sequence(annotation: Any) -> bool:
    """Whether several uploaded files are wanted."""
    return is_sequence(annotation) and is_upload(item_of(annotation))
