"""Operation: what an endpoint is, as plain data, before it is compiled."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypedDict

from hanok.dependencies import Dependant, merged
from hanok.exceptions import EndpointContext
from hanok.http import JSONResponse, Response
from hanok.params import Body, Parameter
from hanok.params import annotation as kinds
from hanok.params.declared import File, Form
from hanok.serialization import DumpOptions


class FormLimits(TypedDict, total=False):
    """How much a form may hold: number of files and fields, bytes in one field."""

    max_files: int | float
    max_fields: int | float
    max_part_size: int


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

    ``overrides`` is the object with the attribute ``dependency_overrides`` (the application).
    """

    path: str
    dependant: Dependant
    name: str = ""
    methods: tuple[str, ...] = ("GET",)
    status_code: int | None = None
    response_class: type[Response] = JSONResponse
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
    parameters = merged(dependant).body_params
    distinct = unique(parameters)
    if not distinct:
        return None
    if shown_alone(distinct):
        return distinct[0]
    from pydantic import create_model

    fields: dict[str, Any] = {each.name: (each.annotation, _with_alias(each)) for each in distinct}
    model = create_model(f"Body_{name}", **fields)
    required = any(each.required for each in distinct)
    if any(isinstance(each.field_info, File) for each in distinct):
        cls: type[Body] = File
    elif any(isinstance(each.field_info, Form) for each in distinct):
        cls = Form
    else:
        cls = Body
    options: dict[str, Any] = {"alias": "body"}
    media_types = {each.field_info.media_type for each in distinct if isinstance(each.field_info, Body)}
    if cls is Body and len(media_types) == 1:
        options["media_type"] = media_types.pop()
    info = cls(**options) if required else cls(None, **options)
    info.annotation = model
    return Parameter("body", model, info)


def shown_alone(parameters: list[Parameter]) -> bool:
    """Whether OpenAPI shows the only body parameter as the body itself.

    A form of one model, or of a choice of models, is that model; but one that may be missing has no form of its own.
    """
    first = parameters[0]
    info = first.field_info
    if len(parameters) == 1 and isinstance(info, Form) and kinds.models_in(first.annotation):
        return type(None) not in kinds.members(first.annotation)
    return not should_embed(parameters)


def _with_alias(parameter: Parameter) -> Any:
    return parameter.field_info


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
