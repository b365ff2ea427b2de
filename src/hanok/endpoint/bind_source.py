"""Writer: the source of the function that ``bind`` compiles for one endpoint, line by line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pydantic_core import ValidationError

from hanok.dependencies import CallKind, Injected, Node
from hanok.endpoint.bind_helpers import HELPERS
from hanok.endpoint.jsonable import validates_from_json
from hanok.endpoint.operation import BodyKind
from hanok.params import Parameter, Place

if TYPE_CHECKING:
    from hanok.endpoint.plan import Plan
    from hanok.exchange import Exchange, FixedHeaders

_CALLED_AT_ONCE = CallKind.ASYNC, CallKind.INLINE, CallKind.ASYNC_GENERATOR


@dataclass(frozen=True)
class Ending:
    """What ``run`` does after, and instead of, binding."""

    provider: Any  # of ``dependency_overrides``: while it has some, ``full`` runs
    full: Callable[[Exchange], Awaitable[None]]
    write: Callable[[Any], bytes]
    wrong: Callable[[Plan, Exchange, Any, ValidationError], Exception]  # of what ``write`` refused
    answer: Callable[[Exchange, Awaitable[Any]], Awaitable[None]]  # with what ``solve`` returns
    status: int
    headers: FixedHeaders


class Writer:
    """Writes the source, and collects what it refers to in ``namespace``."""

    def __init__(self, plan: Plan, ending: Ending | None = None) -> None:
        self.plan = plan
        self.ending = ending
        self.nodes = plan.flat.nodes
        self.namespace: dict[str, Any] = {**HELPERS, "plan": plan}
        self.lines: list[str] = []
        self.serial = count()
        self.body_from_json = self._body_from_json()
        self.body_expression = "None"

    def source(self) -> str:
        """The whole function."""
        if self.ending is None:
            self._line(0, "async def bind(exchange, context):")
        else:
            self._begin_run(self.ending)
        self._body_prelude()
        if self.plan.body_kind is BodyKind.FORM:
            # Reading a form costs far more than straight-line code could save, and this way a fault is met once only.
            self._hand_over(1, 0)
            return "\n".join(self.lines) + "\n"
        self._fields_prelude()
        for node in self.nodes:
            self._node(node)
        if self.ending is not None:
            self._end_run(self.ending)
        return "\n".join(self.lines) + "\n"

    def _begin_run(self, ending: Ending) -> None:
        self._line(0, "async def run(exchange):")
        if ending.provider is not None:
            self._line(1, f"if {self._keep('provider', ending.provider)}.dependency_overrides:")
            self._line(2, f"return await {self._keep('full', ending.full)}(exchange)")
        if self._injects(Injected.REQUEST, Injected.WEBSOCKET, Injected.CONNECTION):
            self._line(1, "context = None")

    def _end_run(self, ending: Ending) -> None:
        write, wrong = self._keep("write", ending.write), self._keep("wrong", ending.wrong)
        self._line(1, "if isinstance(result, Response):")
        self._line(2, "return await result.send(exchange)")
        self._line(1, "try:")
        self._line(2, f"content = {write}(result)")
        self._line(1, "except ValidationError as error:")
        self._line(2, f"raise {wrong}(plan, exchange, result, error) from error")
        self._line(1, f"exchange.answer({ending.status}, {self._keep('headers', ending.headers)}, content)")

    # ---- small tools

    def _line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def _keep(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{next(self.serial)}"
        self.namespace[name] = value
        return name

    def _uses(self, part: Callable[[Parameter], bool]) -> bool:
        return any(
            isinstance(source, Parameter) and part(source) for node in self.nodes for source in node.sources.values()
        )

    def _injects(self, *parts: Injected) -> bool:
        return any(source in parts for node in self.nodes for source in node.sources.values() if not _is_index(source))

    def _hand_over(self, depth: int, before: int) -> None:
        done = ", ".join(f"{index}: n{index}" for index in range(before) if self._kept(index))
        if self.ending is None:
            self._line(depth, f"return await solve(plan, exchange, context, {self.body_expression}, {{{done}}})")
        else:
            answer = self._keep("answer", self.ending.answer)
            solving = f"solve(plan, exchange, None, {self.body_expression}, {{{done}}})"
            self._line(depth, f"return await {answer}(exchange, {solving})")

    def _kept(self, index: int) -> bool:
        return index < len(self.nodes) - 1

    # ---- the body, before everything else: a broken one is refused before any dependency is called

    def _body_from_json(self) -> bool:
        plan = self.plan
        if plan.body_kind is not BodyKind.JSON or plan.embed or len(plan.body_params) != 1:
            return False
        # One parameter, and only one callable that takes it.
        takers = [node for node in self.nodes if node.dependant.body_params]
        return len(takers) == 1 and validates_from_json(plan.body_params[0].core_schema)

    def _body_prelude(self) -> None:
        plan = self.plan
        if plan.max_body_size is not None:
            self._line(1, f"exchange.body_limit = {self._keep('limit', plan.max_body_size)}")
        if plan.body_kind is BodyKind.FORM:
            self._line(1, "form = await read_form(plan, exchange)")
            self.body_expression = "form"
        elif plan.body_kind is BodyKind.JSON:
            strict = self._keep("strict", plan.strict_content_type)
            parse = f"parse_json(exchange, raw, {strict}, plan.where)"
            self._line(1, "raw = exchange.body")
            self._line(1, "if raw is None or exchange.body_limit is not None:")
            self._line(2, "raw = await as_client_error(exchange.read())")
            if self.body_from_json:
                validate_json = self._keep("j", plan.body_params[0].adapter.validator.validate_json)
                self.body_expression = parse
                self._line(1, f"if not raw or not reads_as_json(exchange, {strict}):")
                self._hand_over(2, 0)
                self._line(1, "try:")
                self._line(2, f"body = {validate_json}(raw)")
                self._line(1, "except ValidationError:")
                self._hand_over(2, 0)
            else:
                self._line(1, f"body = {parse}")
                self.body_expression = "body"

    # ---- what several arguments read from

    def _fields_prelude(self) -> None:
        place = Place
        if self._uses(lambda p: p.place is place.path):
            self._line(1, "path = exchange.path_params")
        if self._uses(lambda p: p.place is place.query and _is_simple(p)):
            self._line(1, "query = query_values(exchange.query)")
        if self._uses(lambda p: p.place is place.query and not _is_simple(p)):
            self._line(1, "query_fields = query_params_of(exchange)")
        if self._uses(lambda p: p.place is place.header):
            self._line(1, "header_fields = headers_of(exchange)")
        if self._uses(lambda p: p.place is place.cookie):
            self._line(1, "cookies = cookies_of(exchange)")
        if self._uses(lambda p: p.place is place.cookie and not _is_simple(p)):
            self._line(1, "cookie_fields = CookieFields(cookies)")
        if self._injects(Injected.REQUEST, Injected.WEBSOCKET, Injected.CONNECTION):
            only_request = not self._injects(Injected.WEBSOCKET, Injected.CONNECTION)
            made = f"{'request_of' if only_request else 'connection_of'}(exchange)"
            self._line(1, f"connection = {made} if context is None or context.request is None else context.request")

    # ---- one call

    def _node(self, node: Node) -> None:
        if node.index and self._kept(node.index) and self.plan.provider is not None:
            # A dependency that was called may have overridden those that were not.
            asked = (
                "" if self.plan.overrides else f"{self._keep('provider', self.plan.provider)}.dependency_overrides and "
            )
            self._line(1, f"if {asked}plan.outdated():")
            self._hand_over(2, node.index)
        arguments: list[str] = []
        reading: list[str] = []
        json = bool(node.dependant.body_params) and not self.body_from_json
        in_order = not json and takes_in_order(node)
        if json:
            embed = self._keep("embed", self.plan.embed)
            reading.append(f"b{node.index} = json_with_care({self._keep('node', node)}, body, {embed})")
            arguments.append(f"**b{node.index}")
        for name, source in node.sources.items():
            assert name.isidentifier()
            if isinstance(source, Parameter):
                if json and source.place is Place.body:
                    continue
                value = self._argument(source, reading)
            elif isinstance(source, Injected):
                value = self._injected(source, node)
            else:
                value = f"n{source}"
            arguments.append(value if in_order else f"{name}={value}")
        if reading:
            self._line(1, "try:")
            for line in reading:
                self._line(2, line)
            self._line(1, "except FAULTS:")
            self._hand_over(2, node.index)
        self._call(node, ", ".join(arguments))

    def _call(self, node: Node, arguments: str) -> None:
        dependant = node.dependant
        call = self._keep("c", dependant.call)
        is_endpoint = not self._kept(node.index)
        returned = "return " if self.ending is None else "result = "
        target = returned if is_endpoint else f"n{node.index} = "
        joined = f", {arguments}" if arguments else ""
        context = "context" if self.ending is None else "None"
        if is_endpoint and dependant.kind.yields:
            self._line(1, f"{returned}{call}({arguments})")
        elif dependant.kind is CallKind.ASYNC_GENERATOR and dependant.limit is None:
            self._line(1, f"g = {call}({arguments})")
            self._line(1, "try:")
            self._line(2, f"{target}await anext(g)")
            self._line(1, "except StopAsyncIteration:")
            self._line(2, f"raise no_yield({call}) from None")
            self._line(1, f"context.opened(g, {dependant.ends!r})")
        elif dependant.kind.yields:
            self._line(1, f"{target}await context.enter({self._keep('node', node)}, dict({arguments}))")
        elif dependant.limit is not None:
            self._line(1, f"{target}await call_limited({self._keep('node', node)}, {context}{joined})")
        elif dependant.kind is CallKind.ASYNC:
            self._line(1, f"{target}await {call}({arguments})")
        elif dependant.kind is CallKind.INLINE:
            self._line(1, f"{target}{call}({arguments})")
        else:
            self._line(1, f"{target}await in_thread({call}{joined})")

    def _injected(self, part: Injected, node: Node) -> str:
        if part is Injected.RESPONSE:
            return "context.injected_response()"
        if part is Injected.BACKGROUND_TASKS:
            return "context.injected_background()"
        if part is Injected.SECURITY_SCOPES:
            return f"SecurityScopes(scopes=list({self._keep('scopes', tuple(node.dependant.oauth_scopes))}))"
        return "connection"

    # ---- one argument

    def _argument(self, parameter: Parameter, reading: list[str]) -> str:
        """Append the lines that read it; return the expression of its value."""
        if parameter.place is Place.body:
            return "body"
        variable = f"a{next(self.serial)}"
        key = self._keep("k", parameter.alias)
        if parameter.place is Place.path:
            reading.append(f"{variable} = {self._validated(parameter, f'path[{key}]')}")
            return variable
        if not _is_simple(parameter):
            fields = {Place.query: "query_fields", Place.header: "header_fields", Place.cookie: "cookie_fields"}
            care = self._keep("p", parameter)
            reading.append(f"{variable} = read_with_care({care}, {fields[parameter.place]})")
            return variable
        fields = {Place.query: "query", Place.header: "header_fields", Place.cookie: "cookies"}
        source = fields[parameter.place]
        if parameter.required:
            reading.append(f"{variable} = {self._validated(parameter, f'{source}[{key}]')}")
            return variable
        if parameter.has_constant_default:
            default = self._keep("d", parameter.default)
        else:
            default = f"{self._keep('p', parameter)}.make_default()"
        if parameter.passes_text and parameter.has_constant_default:
            reading.append(f"{variable} = {source}.get({key}, {default})")
        else:
            reading.append(f"{variable} = {source}.get({key})")
            reading.append(f"{variable} = {default} if {variable} is None else {self._validated(parameter, variable)}")
        return variable

    def _validated(self, parameter: Parameter, raw: str) -> str:
        if parameter.passes_text and parameter.place is not Place.path:
            return raw
        return f"{self._keep('v', parameter.adapter.validator.validate_python)}({raw})"


def _is_simple(parameter: Parameter) -> bool:
    """Whether one lookup by one name gives the raw value."""
    return len(parameter.aliases) == 1 and not parameter.is_sequence and not parameter.is_model


def takes_in_order(node: Node) -> bool:
    """Whether a call is of a plain function whose first parameters are the arguments, in their order.

    Then they are given without their names: the interpreter takes them over as they are, and looks nothing up.
    """
    call, limit = node.dependant.call, node.dependant.limit
    if type(call) is not FunctionType or limit is not None or node.dependant.kind not in _CALLED_AT_ONCE:
        return False
    code, names = call.__code__, tuple(node.sources)
    return not code.co_posonlyargcount and len(names) <= code.co_argcount and code.co_varnames[: len(names)] == names


def _is_index(source: Any) -> bool:
    return isinstance(source, int) and not isinstance(source, bool)
