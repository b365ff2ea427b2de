"""What the generated functions call by name, beside what is passed to them for one endpoint; see ``bind``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import ValidationError

from hanok.dependencies import Node
from hanok.dependencies.exits import no_yield
from hanok.endpoint.body import as_client_error, parse_json, read_json_params, reads_as_json
from hanok.endpoint.form_limits import FormLimits, inherited_form_limits
from hanok.endpoint.solve import CookieFields, call_node, connection_of, solve
from hanok.http import Request, Response
from hanok.http.concurrency import in_thread
from hanok.http.cookies import cookies_of
from hanok.http.headers import headers_of
from hanok.http.query import query_params_of, query_values
from hanok.params import Parameter
from hanok.params.models import Fields
from hanok.params.values import ErrorDetails, read_fields
from hanok.security import SecurityScopes

if TYPE_CHECKING:
    from hanok.endpoint.plan import Plan


class HandOver(Exception):
    """The fast path cannot go on; ``solve`` takes over."""


def read_with_care(parameter: Parameter, fields: Fields) -> Any:
    """One argument of a shape for which no code is generated."""
    values: dict[str, Any] = {}
    errors: list[ErrorDetails] = []
    read_fields((parameter,), fields, values, errors)
    if errors:
        raise HandOver
    return values[parameter.name]


def json_with_care(node: Node, body: Any, embed: bool) -> dict[str, Any]:
    """The body arguments of one call."""
    values: dict[str, Any] = {}
    errors: list[ErrorDetails] = []
    read_json_params(node.dependant, body, embed, values, errors)
    if errors:
        raise HandOver
    return values


async def read_form(plan: Plan, exchange: Any) -> Any:
    """The form of a request."""
    from hanok.http.forms import form_of

    limits: FormLimits = {**inherited_form_limits(exchange), **plan.form_limits}
    return await as_client_error(form_of(exchange, **limits))


async def call_limited(node: Node, context: Any, **arguments: Any) -> Any:
    """A dependency with ``max_concurrency``."""
    return await call_node(node, arguments, context)


HELPERS: dict[str, Any] = {
    "FAULTS": (ValidationError, KeyError, HandOver),
    "ValidationError": ValidationError,
    "HandOver": HandOver,
    "solve": solve,
    "query_values": query_values,
    "query_params_of": query_params_of,
    "headers_of": headers_of,
    "cookies_of": cookies_of,
    "CookieFields": CookieFields,
    "read_with_care": read_with_care,
    "json_with_care": json_with_care,
    "read_form": read_form,
    "reads_as_json": reads_as_json,
    "parse_json": parse_json,
    "as_client_error": as_client_error,
    "call_limited": call_limited,
    "in_thread": in_thread,
    "no_yield": no_yield,
    "request_of": Request.of,
    "connection_of": connection_of,
    "SecurityScopes": SecurityScopes,
    "Response": Response,
}
