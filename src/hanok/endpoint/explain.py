"""Explain: a compiled endpoint, told step by step, in the order in which a request will take them.

What leaves is data (``Step``); the command ``hanok explain`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hanok.dependencies import CallKind, Injected, Node
from hanok.endpoint.operation import BodyKind, StreamKind
from hanok.endpoint.plan import Plan
from hanok.endpoint.run import Endpoint, WebSocketEndpointPlan
from hanok.params import Parameter, Place

_HOW = {
    CallKind.ASYNC: "awaited in the request's task",
    CallKind.SYNC: "run in a worker thread with the request's context",
    CallKind.GENERATOR: "run in a worker thread up to its yield",
    CallKind.ASYNC_GENERATOR: "awaited up to its yield",
    CallKind.INLINE: "called in the event loop: it is marked as inline",
    CallKind.INLINE_GENERATOR: "run in the event loop up to its yield: it is marked as inline",
}
_SOURCES = {
    Place.path: "path",
    Place.query: "query",
    Place.header: "header",
    Place.cookie: "cookie",
    Place.body: "body",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what kind it is ("body", "read", "call", "answer", "end"), what happens, and the details of it."""

    kind: str
    title: str
    details: tuple[str, ...] = ()


def explain(endpoint: Endpoint | WebSocketEndpointPlan) -> list[Step]:
    """The steps of an endpoint with the dependency overrides as they are now."""
    plan = endpoint.current_plan()
    steps = [*_body(plan)]
    for node in plan.flat.nodes:
        steps += _node(plan, node)
    if isinstance(endpoint, Endpoint):
        steps += _answer(endpoint)
    steps += _ends(plan)
    return steps


def _name(call: Any) -> str:
    name = getattr(call, "__qualname__", None) or type(call).__qualname__
    module = getattr(call, "__module__", None)
    return f"{module}.{name}" if module and module != "builtins" else name


def _type(annotation: Any) -> str:
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__name__
    return str(annotation).replace("typing.", "")


def _body(plan: Plan) -> list[Step]:
    details = []
    if plan.max_body_size is not None:
        details.append(f"at most {plan.max_body_size} bytes, else 413")
    if plan.body_kind is BodyKind.FORM:
        details += [f"{name} {value}" for name, value in plan.form_limits.items()]
        return [Step("body", "read the form (multipart or urlencoded)", tuple(details))]
    if plan.body_kind is BodyKind.JSON:
        source: str = getattr(plan.bind, "source", "")
        if "reads_as_json" in source:
            details.append("validated straight from the bytes: the schema has only parts for which that is the same")
        else:
            details.append("parsed first, validated where it is used")
        if plan.strict_content_type:
            details.append("only with a JSON content type (strict_content_type)")
        return [Step("body", "read the JSON body", tuple(details))]
    return []


def _node(plan: Plan, node: Node) -> list[Step]:
    reads, takes = [], []
    for name, source in node.sources.items():
        if isinstance(source, Parameter):
            reads.append(_read(name, source, plan))
        elif isinstance(source, Injected):
            takes.append(f"{name} ← the {source.value}")
        else:
            takes.append(f"{name} ← what {_name(plan.flat.nodes[source].call)} gave")
    is_endpoint = node is plan.flat.endpoint
    who = "the endpoint" if is_endpoint else "the dependency"
    steps = []
    if reads:
        steps.append(Step("read", f"read and validate for {_name(node.call)}", tuple(reads)))
    kind = node.dependant.kind
    how = "gives its items as they are made" if is_endpoint and kind.yields else _HOW[kind]
    details = [*takes, how]
    if node.dependant.limit is not None:
        details.append(f"at most {node.dependant.limit.max_concurrency} at a time")
    if not is_endpoint and not node.needed:
        details.append("for its effect; nobody takes its value")
    if node.dependant.security_scheme is not None:
        scopes = ", ".join(node.dependant.oauth_scopes)
        details.append("a security scheme" + (f" with scopes {scopes}" if scopes else ""))
    steps.append(Step("call", f"call {who} {_name(node.call)}", tuple(details)))
    return steps


def _read(name: str, parameter: Parameter, plan: Plan) -> str:
    where = _SOURCES[parameter.place]
    alias = " or ".join(repr(alias) for alias in parameter.aliases)
    if parameter.place is Place.body and not plan.embed:
        alias = "(the whole of it)"
    if parameter.is_model:
        alias = f"({', '.join(repr(field.alias) for field in parameter.model_fields)})"
    text = f"{name}: {_type(parameter.annotation)} ← {where} {alias}"
    if parameter.required:
        text += ", required"
    elif parameter.has_constant_default:
        text += f", else {parameter.default!r}"
    else:
        text += ", else its default"
    if parameter.passes_text and parameter.place is not Place.path:
        text += "; any text is valid"
    return text


def _answer(endpoint: Endpoint) -> list[Step]:
    operation = endpoint.operation
    if operation.stream is not None:
        kind = operation.stream
        written = "each item as it is" if kind is StreamKind.CHUNKS else f"each item as {kind.value}"
        return [Step("answer", f"stream {written}, status {endpoint.status}")]
    field = operation.response_field
    details = []
    if field is not None:
        details.append(f"checked against {_type(field.annotation)} and written by its serializer")
    else:
        details.append("written as it is: plain values by pydantic-core, all others by jsonable_encoder")
    if endpoint.writes_json:
        details.append("straight to bytes")
    else:
        details.append(f"by {operation.response_class.__name__}")
    details.append("a returned Response is sent unchanged")
    return [Step("answer", f"answer with status {endpoint.status}", tuple(details))]


def _ends(plan: Plan) -> list[Step]:
    steps = []
    for scope, when in (("function", "before the answer is sent"), ("request", "after the answer was sent")):
        ending = [node for node in plan.flat.nodes[:-1] if node.dependant.ends == scope]
        if ending:
            names = tuple(_name(node.call) for node in reversed(ending))
            steps.append(Step("end", f"run the code after yield, {when}", names))
    return steps
