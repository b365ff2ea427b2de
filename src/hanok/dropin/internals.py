"""Internals of FastAPI that widely used packages import, made of ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from hanok.dependencies import Dependant, Depends, merged
from hanok.dependencies.dependant import extra_dependant
from hanok.endpoint.operation import body_field
from hanok.exchange import body_allowed
from hanok.params import Parameter
from hanok.params.signature import read_return, read_signature


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


def get_flat_body_params(dependant: Dependant) -> list[Parameter]:
    return merged(dependant).body_params


def get_body_field(*, body_params: Sequence[Parameter], name: str, embed_body_fields: bool) -> Parameter | None:
    """The whole body as one Parameter. Whether it is embedded follows from the parameters."""
    return body_field(Dependant(get_body_field, body_params=list(body_params)), name)


def lenient_issubclass(cls: Any, class_or_tuple: Any) -> bool:
    """issubclass(), and False for what is not a class."""
    return isinstance(cls, type) and issubclass(cls, class_or_tuple)
