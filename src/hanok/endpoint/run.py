"""Run: what the endpoint returned → the answer, and the end of everything that has to end.

Two shapes. Most endpoints need no Context: bind, write the bytes, answer. The others (a dependency that yields, an injected
Response or BackgroundTasks, a generator endpoint, an overridden ``get_route_handler``) take the full way, whose order is:

    bind ─► response ─► function-scoped exits ─► answer sent ─► background tasks ─► request-scoped exits

An error on the way is thrown into the exits, the innermost first, before anybody makes an answer of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from pydantic_core import ValidationError

from hanok.dependencies import Dependant
from hanok.endpoint.context import Context
from hanok.endpoint.operation import BodyKind, Operation, endpoint_context
from hanok.endpoint.plan import Plan
from hanok.endpoint.solve import Overridden, solve, where_now
from hanok.exceptions import DeclarationError, ResponseValidationError
from hanok.exchange import AnyExchange, Exchange, FixedHeaders, WebSocketExchange, body_allowed
from hanok.http import JSONResponse, Request, Response
from hanok.params.values import faults
from hanok.serialization import ResponseDump, jsonable_encoder, to_bytes

Run = Callable[[Any], Awaitable[None]]
RequestHandler = Callable[[Request], Awaitable[Response]]
Produce = Callable[[Exchange, Context, Plan], Awaitable[Response | bytes]]

_JSON_HEADERS = FixedHeaders([(b"content-type", b"application/json")])
_CONTEXT_KEY = "hanok.context"

SWALLOWED = (
    "No response was made: the request failed by raising an exception and a dependency with yield caught it, without "
    "raising it or another one. "
    "End the except block of that dependency with `raise`, or raise an HTTPException there."
)


def compile_operation(operation: Operation) -> Endpoint:
    """Compile an operation; ``endpoint.run`` answers exchanges."""
    return Endpoint(operation)


class Endpoint:
    """A compiled operation. ``plan`` is what happens without overrides."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.plan = self._make_plan(None)
        self._variants: dict[tuple[Any, ...], Plan] = {}
        self.dump = _dump_of(operation)
        # A response class that was chosen renders by itself, whichever it is.
        default = operation.response_class is JSONResponse and not operation.chose_class
        self.writes_json = default and operation.stream is None
        self.status = operation.status_code or 200
        self._write = self._writer(self.status)
        self._full: Run = self._full_run(self.respond_briefly if self.writes_json else self.respond)
        self.run: Run = self._full if self._needs_full_way() else self._short_run()

    def _make_plan(self, overrides: Any) -> Plan:
        operation = self.operation
        return Plan(
            operation.dependant,
            overrides,
            where=operation.where(),
            strict_content_type=operation.strict_content_type,
            max_body_size=operation.max_body_size,
            form_limits=operation.form_limits,
            provider=operation.overrides,
        )

    def _needs_full_way(self) -> bool:
        return self.plan.needs_context or not self.writes_json

    def plan_for(self, overrides: Any) -> Plan:
        """The plan with those overrides that concern this endpoint; plans are kept, so that switching back is free."""
        concerned = tuple((call, overrides[call]) for call in self.plan.flat.calls if call in overrides)
        if not concerned:
            return self.plan
        key = tuple(sorted((id(call), id(substitute)) for call, substitute in concerned))
        plan = self._variants.get(key)
        if plan is None:
            plan = self._variants[key] = self._make_plan(dict(concerned))
        return plan

    def current_plan(self) -> Plan:
        """The plan for the overrides as they are now."""
        overrides = getattr(self.operation.overrides, "dependency_overrides", None)
        return self.plan_for(overrides) if overrides else self.plan

    # ---- the short way

    def _short_run(self) -> Run:
        from hanok.endpoint.bind import compile_run
        from hanok.endpoint.bind_source import Ending

        provider = self.operation.overrides
        ending = Ending(
            provider=provider if hasattr(provider, "dependency_overrides") else None,
            full=self._full,
            write=self._write,
            wrong=wrong_result,
            answer=self._answer_with,
            status=self.status,
            headers=_JSON_HEADERS,
        )
        return compile_run(self.plan, ending)

    async def _answer_with(self, exchange: Exchange, solving: Awaitable[Any]) -> None:
        """The end of the short way where it was left for ``solve``."""
        try:
            result = await solving
        except Overridden as begun:
            await self._resumed(begun)(exchange)
            return
        if isinstance(result, Response):
            await result.send(exchange)
            return
        try:
            body = self._write(result)
        except ValidationError as error:
            raise wrong_result(self.plan, exchange, result, error) from error
        exchange.answer(self.status, _JSON_HEADERS, body)

    def _writer(self, status: int) -> Callable[[Any], bytes]:
        """What makes the body of a returned value; it lets pydantic's error through."""
        if not body_allowed(status):
            return lambda value: b""
        return to_bytes if self.dump is None else self.dump.writer()

    def _resumed(self, begun: Overridden) -> Run:
        """The full way for a request that has begun on the short one."""

        async def produce(exchange: Exchange, context: Context, plan: Plan) -> Response:
            return self.response_of(await solve(begun.plan, exchange, context, begun.body, begun.done), context)

        return self._full_run(produce)

    # ---- the full way

    async def respond(self, exchange: Exchange, context: Context, plan: Plan) -> Response:
        """Bind, and the response of what came back."""
        return self.response_of(await plan.bind(exchange, context), context)

    async def respond_briefly(self, exchange: Exchange, context: Context, plan: Plan) -> Response | bytes:
        """As ``respond``; but where nothing was injected into the answer, only its bytes, which saves making a Response."""
        result = await plan.bind(exchange, context)
        if context.response is None and context.background is None and not isinstance(result, Response):
            try:
                return self._write(result)
            except ValidationError as error:
                raise wrong_result(plan, exchange, result, error) from error
        return self.response_of(result, context)

    def response_of(self, result: Any, context: Context) -> Response:
        """The Response of a returned value; a Response is one already."""
        if isinstance(result, Response):
            if result.background is None:
                result.background = context.background
            return result
        injected = context.response
        arguments: dict[str, Any] = {"background": context.background}
        if self.operation.status_code is not None:
            arguments["status_code"] = self.operation.status_code
        if injected is not None and injected.status_code:
            arguments["status_code"] = injected.status_code
        response = self._new_response(result, arguments, context)
        if not body_allowed(response.status_code):
            response.body = b""
        if injected is not None:
            response.raw_headers.extend(injected.raw_headers)
        return response

    def _new_response(self, result: Any, arguments: dict[str, Any], context: Context) -> Response:
        operation = self.operation
        if operation.stream is not None:
            from hanok.endpoint.stream import streamed

            return streamed(operation, result, arguments, partial(wrong_result, self.plan, context.exchange))
        try:
            if self.writes_json:
                content = self._writer(arguments.get("status_code", self.status))(result)
            else:
                content = jsonable_encoder(result) if self.dump is None else self.dump.to_python(result)
        except ValidationError as error:
            raise wrong_result(self.plan, context.exchange, result, error) from error
        if self.writes_json:
            return Response(content, media_type="application/json", **arguments)
        return operation.response_class(content, **arguments)

    def _full_run(self, produce: Produce) -> Run:
        async def run(exchange: Exchange) -> None:
            context = Context(exchange)
            response: Response | bytes | None = None
            error: BaseException | None = None
            plan = self.current_plan()
            if plan.has_exits:
                context.guard()
            try:
                response = await produce(exchange, context, plan)
            except BaseException as raised:
                error = raised
            if context.function_exits is not None:
                error = await context.close(context.function_exits, error)
            if error is None:
                try:
                    if isinstance(response, bytes):
                        exchange.answer(self.status, _JSON_HEADERS, response)
                    elif response is None:
                        raise DeclarationError(SWALLOWED)
                    else:
                        await response.send(exchange)
                    if context.request_exits is not None:
                        await exchange.drain()
                except BaseException as raised:
                    error = raised
            left = error
            if context.request_exits is not None:
                left = await context.close(context.request_exits, error)
            if context.shield:
                context.leave(left)
            if left is not None:
                raise left
            if error is not None and not exchange.answer_state:
                raise DeclarationError(SWALLOWED)

        return run

    # ---- custom routes

    def handler(self) -> RequestHandler:
        """``async (request) -> Response``: what ``APIRoute.get_route_handler`` returns and subclasses wrap."""
        return self.handle_request

    async def handle_request(self, request: Request) -> Response:
        """Answer a Request; whoever wrapped this may have made another one of it than the one that came."""
        exchange: Exchange = request.exchange
        found = request.scope.get(_CONTEXT_KEY)
        # A handler may have been taken from the route that was declared; below an including router another one runs.
        endpoint, context, plan = (self, Context(exchange), self.current_plan()) if found is None else found
        context.exchange = exchange
        context.request = request
        if endpoint.plan.body_kind is BodyKind.JSON and type(request).body is not Request.body:
            exchange.body = await request.body()
        response: Response = await endpoint.respond(exchange, context, plan)
        return response

    def run_handler(self, handler: RequestHandler) -> Run:
        """``run`` for a route whose handler was wrapped."""

        async def produce(exchange: Exchange, context: Context, plan: Plan) -> Response:
            exchange.scope[_CONTEXT_KEY] = (self, context, plan)
            return await handler(Request.of(exchange))

        return self._full_run(produce)

    @staticmethod
    def is_bare(handler: RequestHandler) -> bool:
        """Whether nothing was put around a handler that ``handler()`` gave."""
        return getattr(handler, "__func__", None) is Endpoint.handle_request


def _dump_of(operation: Operation) -> ResponseDump | None:
    field = operation.response_field
    return None if field is None else ResponseDump(field.adapter, operation.dump, field.annotation)


def wrong_result(plan: Plan, exchange: AnyExchange, result: Any, error: ValidationError) -> ResponseValidationError:
    """What is wrong with a returned value, and where the endpoint stands that returned it."""
    return ResponseValidationError(faults(error, ("response",)), body=result, endpoint_ctx=where_now(plan, exchange))


# ---- WebSockets


class WebSocketEndpointPlan:
    """A compiled WebSocket endpoint."""

    def __init__(self, dependant: Dependant, path: str, overrides: Any = None) -> None:
        self.dependant = dependant
        self.where = endpoint_context(dependant.call, f"WS {path}")
        self.provider = overrides
        self.plan = Plan(dependant, where=self.where, provider=overrides)

    def current_plan(self) -> Plan:
        """The plan for the overrides as they are now."""
        overrides = getattr(self.provider, "dependency_overrides", None)
        if not overrides or not any(call in overrides for call in self.plan.flat.calls):
            return self.plan
        return Plan(self.dependant, overrides, where=self.where, provider=self.provider)

    async def run(self, exchange: WebSocketExchange) -> None:
        """Call the endpoint, then end what its dependencies opened."""
        context = Context(exchange)
        error: BaseException | None = None
        plan = self.current_plan()
        if plan.has_exits:
            context.guard()
        try:
            await plan.bind(exchange, context)
        except BaseException as raised:
            error = raised
        for exits in (context.function_exits, context.request_exits):
            if exits is not None:
                error = await context.close(exits, error)
        context.leave(error)
        if error is not None:
            raise error


def compile_websocket(dependant: Dependant, path: str, overrides: Any = None) -> WebSocketEndpointPlan:
    """Compile a WebSocket endpoint; ``.run`` serves exchanges."""
    return WebSocketEndpointPlan(dependant, path, overrides)
