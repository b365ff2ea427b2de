"""Context: what one call of an endpoint needs beside its arguments, made only for plans that need it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Literal

from hanok.dependencies import Exits, Node
from hanok.exchange import AnyExchange
from hanok.gateways.scopes import outside_of_scopes
from hanok.http import BackgroundTasks, Request, Response

if TYPE_CHECKING:
    from anyio import CancelScope

    from hanok.dependencies.declared import Scope


class Context:
    """The exits of this request, and the Response and BackgroundTasks that were injected.

    What a dependency has begun it may end in peace, even if the request is cancelled. The shield is one cancel scope around
    everything, entered before the first dependency and closed only while exits run: cancel scopes nest, and a dependency may
    hold some of its own open from its first half to its second. A request that comes in no scope, as a server's do, needs none:
    a bare cancellation of its task comes once, and no shield stops it.
    """

    __slots__ = ("background", "exchange", "function_exits", "request", "request_exits", "response", "shield")

    def __init__(self, exchange: AnyExchange) -> None:
        self.exchange = exchange
        self.request: Request | None = None  # the one that a wrapped handler was called with
        self.request_exits: Exits | None = None
        self.function_exits: Exits | None = None
        self.response: Response | None = None
        self.background: BackgroundTasks | None = None
        self.shield: CancelScope | Literal[False] | None = None  # False: none is needed

    def guard(self) -> None:
        """Enter the shield, if one is needed; ``leave`` must follow."""
        if self.shield is None:
            if outside_of_scopes():
                self.shield = False
                return
            from anyio import CancelScope

            self.shield = CancelScope()
            self.shield.__enter__()

    def leave(self, error: BaseException | None) -> None:
        """Leave the shield, with the error that is left of the request."""
        shield, self.shield = self.shield, None
        if shield:
            shield.__exit__(type(error) if error is not None else None, error, None)

    async def enter(self, node: Node, arguments: dict[str, Any]) -> Any:
        """Run a dependency that yields to its ``yield``; its end is kept for the end of its scope."""
        dependant = node.dependant
        self.guard()  # in case an override came while the request was under way
        exits = self._exits(dependant.ends)
        return await exits.enter(dependant.call, dependant.kind, arguments, dependant.limit)

    def _exits(self, scope: Scope | None) -> Exits:
        if scope == "function":
            exits = self.function_exits
            if exits is None:
                exits = self.function_exits = Exits()
        else:
            exits = self.request_exits
            if exits is None:
                exits = self.request_exits = Exits()
        return exits

    def opened(self, generator: Any, scope: Scope) -> None:
        """An async generator has come to its ``yield``."""
        exits = self.request_exits
        if exits is None or scope == "function":
            exits = self._exits(scope)
        exits.keep(generator)

    def injected_response(self) -> Response:
        """The Response whose headers and status code become the answer's."""
        response = self.response
        if response is None:
            response = self.response = Response()
            del response.headers["content-length"]
            response.status_code = None  # type: ignore[assignment]  # until somebody sets it
        return response

    def injected_background(self) -> BackgroundTasks:
        """The BackgroundTasks of this request."""
        if self.background is None:
            self.background = BackgroundTasks()
        return self.background

    def close(self, exits: Exits, error: BaseException | None) -> Coroutine[Any, Any, BaseException | None]:
        """End what lasts as long as the function, or as the request. Gives the error that is left."""
        shield = self.shield
        return self._close_shielded(shield, exits, error) if shield else exits.close(error)

    async def _close_shielded(
        self, shield: CancelScope, exits: Exits, error: BaseException | None
    ) -> BaseException | None:
        shield.shield = True
        try:
            error = await exits.close(error)
        finally:
            shield.shield = False
        if error is None and exits.awaits:
            from anyio.lowlevel import checkpoint_if_cancelled

            try:
                await checkpoint_if_cancelled()  # a cancellation that had to wait outside
            except BaseException as cancelled:
                return cancelled
        return error
