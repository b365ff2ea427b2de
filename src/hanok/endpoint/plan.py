"""Plan: the steps of one endpoint, in order, as data, and the ``bind`` compiled from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from functools import cached_property
from typing import Any

from hanok.dependencies import Dependant, Flat, Injected, flatten
from hanok.endpoint.context import Context
from hanok.endpoint.form_limits import FormLimits
from hanok.endpoint.operation import BodyKind, body_kind, should_embed, unique
from hanok.exceptions import EndpointContext
from hanok.exchange import AnyExchange
from hanok.params import Parameter

Bind = Callable[[AnyExchange, Context | None], Awaitable[Any]]


class Plan:
    """What happens to a request of one endpoint, with given overrides.

    ``bind(exchange, context)`` reads the arguments, calls the dependencies and the endpoint and returns what that returned.
    ``needs_context`` says whether it must be given a Context. ``provider`` has the ``dependency_overrides``, which may
    change while a request is under way.
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
        provider: Any = None,
    ) -> None:
        self.dependant = dependant
        self.overrides: Mapping[Any, Any] = dict(overrides or {})
        self.provider: Any = provider if hasattr(provider, "dependency_overrides") else None
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

    @cached_property
    def bind(self) -> Bind:
        """Compiled when first needed: an endpoint that needs no Context is run by another function."""
        from hanok.endpoint.bind import compile_bind

        return compile_bind(self)

    def outdated(self) -> bool:
        """Whether other overrides concern this endpoint now than when the plan was made."""
        if self.provider is None:
            return False
        now = self.provider.dependency_overrides
        return any(now.get(call) is not self.overrides.get(call) for call in self.flat.calls)

    def renewed(self, begun: int) -> Plan:
        """The plan for the overrides as they are now, of a request whose first ``begun`` nodes are behind it.

        Its ``bind`` is not new: ``solve`` goes on with such a request.
        """
        plan = copy(self)
        plan.overrides = dict(self.provider.dependency_overrides)
        plan.flat = flatten(self.dependant, self.overrides, plan.overrides, begun)
        plan.has_exits = any(node.dependant.kind.yields for node in plan.flat.nodes[:-1])
        return plan

    @property
    def needs_context(self) -> bool:
        """Whether something ends after the call, or the answer's headers or background tasks may be set."""
        return self.has_exits or any(
            Injected.RESPONSE in node.sources.values() or Injected.BACKGROUND_TASKS in node.sources.values()
            for node in self.flat.nodes
        )
