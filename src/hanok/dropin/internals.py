"""Internals of FastAPI that widely used packages import, made of ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hanok.dependencies import Dependant, Depends, merged, read_dependant
from hanok.dependencies.dependant import extra_dependant
from hanok.endpoint.operation import body_field
from hanok.exchange import body_allowed
from hanok.http import ImmutableMultiDict
from hanok.params import Parameter, Place
from hanok.params.signature import read_return, read_signature
from hanok.params.values import ErrorDetails, read_fields, read_path
from hanok.routing import compile_path


def get_typed_signature(call: Callable[..., Any]) -> inspect.Signature:
    """The signature of ``call``, its annotations evaluated."""
    read = {argument.name: argument.annotation for argument in read_signature(call)}
    parameters = inspect.signature(call).parameters.values()
    return inspect.Signature([each.replace(annotation=read[each.name]) for each in parameters])


def get_typed_return_annotation(call: Callable[..., Any]) -> Any:
    """The evaluated return annotation of ``call``; None where there is none."""
    annotation = read_return(call)
    return None if annotation is inspect.Signature.empty else annotation


def is_body_allowed_for_status_code(status_code: int | str | None) -> bool:
    """Whether an answer may have a body; what OpenAPI may say in the place of a status, as "2XX", may."""
    code = str(status_code)
    return not code.isdigit() or body_allowed(int(code))


def get_parameterless_sub_dependant(*, depends: Depends, path: str) -> Dependant:
    return extra_dependant(depends, path=path)


def get_dependant(
    *,
    path: str,
    call: Callable[..., Any],
    name: str | None = None,
    own_oauth_scopes: list[str] | None = None,
    parent_oauth_scopes: list[str] | None = None,
    use_cache: bool = True,
    scope: Any = None,
) -> Dependant:
    """What ``call`` needs, as a tree."""
    names = frozenset(compile_path(path)[2])
    made = read_dependant(
        call, path=path, path_names=names, name=name, parent_oauth_scopes=(*(parent_oauth_scopes or ()),)
    )
    made.own_oauth_scopes = tuple(own_oauth_scopes or ())
    made.use_cache, made.scope = use_cache, scope
    return made


def get_flat_params(dependant: Dependant) -> list[Parameter]:
    """What ``dependant`` and those below it read from outside the body, models taken apart into their fields."""
    whole = merged(dependant)
    found: list[Parameter] = []
    for each in (*whole.path_params, *whole.query_params, *whole.header_params, *whole.cookie_params):
        found += each.model_fields if each.is_model else [each]
    return found


def request_params_to_args(
    fields: Sequence[Parameter], received_params: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Any]]:
    """Arguments made of query parameters, headers, cookies or those of a path; and what is wrong with the others."""
    values: dict[str, Any] = {}
    errors: list[ErrorDetails] = []
    received: Any = received_params
    if not hasattr(received, "getlist"):
        pairs = [(key, value) for key, value in received.items() if not isinstance(value, list | tuple)]
        pairs += [(key, one) for key, value in received.items() if isinstance(value, list | tuple) for one in value]
        received = ImmutableMultiDict(pairs)
    for field in fields:
        before = len(errors)
        if field.place is Place.path:
            read_path([field], received_params, values, errors)
        else:
            read_fields([field], received, values, errors)
        if len(errors) > before:
            values.pop(field.name, None)
    return values, errors


def get_flat_body_params(dependant: Dependant) -> list[Parameter]:
    return merged(dependant).body_params


def get_body_field(*, body_params: Sequence[Parameter], name: str, embed_body_fields: bool) -> Parameter | None:
    """The whole body as one Parameter. Whether it is embedded follows from the parameters."""
    return body_field(Dependant(get_body_field, body_params=list(body_params)), name)


def lenient_issubclass(cls: Any, class_or_tuple: Any) -> bool:
    """issubclass(), and False for what is not a class."""
    return isinstance(cls, type) and issubclass(cls, class_or_tuple)
