"""Plan: the steps of one endpoint, in order, as data, and the ``bind`` compiled from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hanok.dependencies import Dependant, Flat, Injected, flatten
from hanok.endpoint.context import Context
from hanok.endpoint.operation import BodyKind, FormLimits, body_kind, should_embed, unique
from hanok.exceptions import EndpointContext
from hanok.exchange import AnyExchange
from hanok.params import Parameter

Bind = Callable[[AnyExchange, Context | None], Awaitable[Any]]


class Plan:
    """What happens to a request of one endpoint, with given overrides.

    ``bind(exchange, context)`` reads the arguments, calls the dependencies and the endpoint and returns what that returned.
    ``needs_context`` says whether it must be given a Context.
    """

    def __init__(
        self,
        dependant: Dependant,
        overrides: Mapping[Any, Any] | None = None,
        *,
        where: EndpointContext | None = None,
        strict_content_type: bool = True,
        max_body_size: int | None = None,
        form_limits: FormLimits | None = None,
    ) -> None:
        from hanok.endpoint.bind import compile_bind

        self.flat: Flat = flatten(dependant, overrides)
        self.where = where
        self.strict_content_type = strict_content_type
        self.max_body_size = max_body_size
        self.form_limits: FormLimits = form_limits or FormLimits()
        body = unique([p for node in self.flat.nodes for p in node.dependant.body_params])
        self.body_params: list[Parameter] = body
        self.body_kind: BodyKind = body_kind(body)
        self.embed = should_embed(body)
        self.has_exits: bool = any(node.dependant.kind.yields for node in self.flat.nodes[:-1])
        self.bind: Bind = compile_bind(self)

    @property
    def needs_context(self) -> bool:
        """Whether something ends after the call, or the answer's headers or background tasks may be set."""
        return self.has_exits or any(
            Injected.RESPONSE in node.sources.values() or Injected.BACKGROUND_TASKS in node.sources.values()
            for node in self.flat.nodes
        )
