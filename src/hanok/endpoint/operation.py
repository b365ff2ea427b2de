"""Operation: what an endpoint is, as plain data, before it is compiled."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hanok.dependencies import Dependant, merged
from hanok.endpoint.form_limits import FormLimits
from hanok.exceptions import EndpointContext
from hanok.http import JSONResponse, Response
from hanok.params import Body, Parameter
from hanok.params import annotation as kinds
from hanok.params.declared import File, Form
from hanok.serialization import DumpOptions

_MULTIPART = "multipart/form-data"


class StreamKind(Enum):
    """What becomes of the items that a generator endpoint yields."""

    JSON_LINES = "application/jsonl"
    EVENTS = "text/event-stream"
    CHUNKS = "raw chunks"  # the response class is a StreamingResponse and takes the iterator itself


class BodyKind(Enum):
    """How the body is read."""

    NONE = "not read"
    JSON = "JSON"
    FORM = "form"


@dataclass(frozen=True)
class Operation:
    """Everything about one HTTP operation that is known when it is declared.

    ``chose_class`` says that somebody asked for the ``response_class``; ``overrides`` is the object with the attribute
    ``dependency_overrides`` (the application).
    """

    path: str
    dependant: Dependant
    name: str = ""
    methods: tuple[str, ...] = ("GET",)
    status_code: int | None = None
    response_class: type[Response] = JSONResponse
    chose_class: bool = False
    response_field: Parameter | None = None
    dump: DumpOptions = field(default_factory=DumpOptions)
    strict_content_type: bool = True
    max_body_size: int | None = None
    form_limits: FormLimits = field(default_factory=lambda: FormLimits())
    stream: StreamKind | None = None
    stream_field: Parameter | None = None
    overrides: Any = None

    def where(self) -> EndpointContext:
        """Where the endpoint stands in the source, for messages."""
        return endpoint_context(self.dependant.call, f"{'/'.join(sorted(self.methods))} {self.path}")


def unique(parameters: list[Parameter]) -> list[Parameter]:
    """The Parameters with different names; the first of a name counts."""
    return list({parameter.name: parameter for parameter in reversed(parameters)}.values())[::-1]


def should_embed(parameters: list[Parameter]) -> bool:
    """Whether body parameters are keys of an object: several of them, one that says so, or a form of single fields."""
    if not parameters:
        return False
    if len(parameters) > 1:
        return True
    info = parameters[0].field_info
    if getattr(info, "embed", None):
        return True
    return isinstance(info, Form) and not parameters[0].is_model


def body_kind(parameters: list[Parameter]) -> BodyKind:
    """Form fields make it a form; else it is JSON."""
    if not parameters:
        return BodyKind.NONE
    return BodyKind.FORM if any(isinstance(each.field_info, Form) for each in parameters) else BodyKind.JSON


def body_field(dependant: Dependant, name: str) -> Parameter | None:
    """The whole body as one Parameter, for OpenAPI: the only parameter itself, or an object of all of them."""
    parts = body_parts(merged(dependant).body_params)
    distinct = list(parts.values())
    if not distinct:
        return None
    if shown_alone(distinct):
        return distinct[0]
    from pydantic import create_model

    fields: dict[str, Any] = {}
    with_models = any(is_form_model(each) for each in distinct)
    for at, (key, each) in enumerate(parts.items()):
        own = f"part_{at}" if each.name in fields else each.name
        fields[own] = (each.annotation, _as_part(each, key) if with_models else each.field_info)
    model = create_model(f"Body_{name}", **fields)
    required = any(each.required for each in distinct)
    cls, media_type = _media_type(distinct)
    options: dict[str, Any] = {"alias": "body"}
    if media_type is not None:
        options["media_type"] = media_type
    info = cls(**options) if required else cls(None, **options)
    info.annotation = model
    return Parameter("body", model, info)


def body_parts(parameters: list[Parameter]) -> dict[str, Parameter]:
    """The body parameters of an operation, each by a key of its own: its wire name, numbered where that is taken.

    A form that has models in it speaks of every parameter, even if two callables call theirs the same.
    """
    if not any(is_form_model(each) for each in parameters):
        return {each.name: each for each in unique(parameters)}
    first = parameters[0]
    if all(each.name == first.name and each.annotation is first.annotation for each in parameters):
        return {first.alias: first}
    parts: dict[str, Parameter] = {}
    for each in parameters:
        taken = sum(key.split(" ", 1)[0] == each.alias for key in parts)
        parts[f"{each.alias} {taken}" if taken else each.alias] = each
    return parts


def is_form_model(parameter: Parameter) -> bool:
    """Whether the fields of a model, or of a choice of models, stand side by side with the fields of a form."""
    return isinstance(parameter.field_info, Form) and bool(kinds.models_in(parameter.annotation))


def _as_part(parameter: Parameter, key: str) -> Any:
    """The declaration of a part of a form with models, under its key; a single model keeps the title of its own."""
    made = copy(parameter.field_info)
    made.alias = made.validation_alias = made.serialization_alias = key
    if made.title is None and not is_form_model(parameter):
        made.title = parameter.name.title().replace("_", " ")
    made._attributes_set = {**made._attributes_set, "alias": key, "validation_alias": key, "serialization_alias": key}
    if made.title is not None:
        made._attributes_set["title"] = made.title
    return made


def _media_type(parameters: list[Parameter]) -> tuple[type[Body], str | None]:
    """What the whole body is declared as, and the media type if it is not the usual one of that kind."""
    infos = [each.field_info for each in parameters if isinstance(each.field_info, Body)]
    media_types = {info.media_type for info in infos if isinstance(info, Form)}
    if any(isinstance(info, File) for info in infos):
        return File, None
    if media_types:
        if _MULTIPART in media_types:
            return Form, _MULTIPART
        return Form, media_types.pop() if len(media_types) == 1 else None
    media_types = {info.media_type for info in infos}
    return Body, media_types.pop() if len(media_types) == 1 else None


def shown_alone(parameters: list[Parameter]) -> bool:
    """Whether OpenAPI shows the only body parameter as the body itself.

    A form of one model, or of a choice of models, is that model; but one that may be missing has no form of its own.
    """
    first = parameters[0]
    if len(parameters) == 1 and is_form_model(first):
        return type(None) not in kinds.members(first.annotation)
    return not should_embed(parameters)


def endpoint_context(call: Any, path: str) -> EndpointContext:
    """Function, file and line of an endpoint."""
    import inspect

    from hanok.params.signature import innermost

    context = EndpointContext(path=path)
    try:
        inner = innermost(call)
        code = getattr(inner, "__code__", None)
        if code is not None:
            context["file"], context["line"] = code.co_filename, code.co_firstlineno
        else:
            file = inspect.getsourcefile(inner)
            if file:
                context["file"] = file
                context["line"] = inspect.getsourcelines(inner)[1]
        context["function"] = getattr(inner, "__name__", repr(inner))
    except (OSError, TypeError):
        pass
    return context
