"""Endpoint: route + params + dependencies + handler + serialization, compiled into one callable.

What enters: an ``Operation`` (plain data, everything decided at declaration time). What leaves: ``run(exchange)``, which
answers an exchange, and the ``Plan`` behind it, which ``hanok explain`` prints.

    Operation ──► Plan ──► bind(exchange, context)    generated: reads and validates arguments, calls dependencies and handler
                     └───► run(exchange)              calls bind, turns the value into an answer, ends what has to end

``bind`` is the fast path. When a value is wrong it hands over to ``solve``, which walks the same plan with care and gathers
every error. Read ``operation``, ``run``, then ``bind``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.endpoint.context import Context
    from hanok.endpoint.form_limits import FormLimits
    from hanok.endpoint.operation import Operation, StreamKind, body_field, should_embed, unique
    from hanok.endpoint.run import Endpoint, WebSocketEndpointPlan, compile_operation, compile_websocket
    from hanok.endpoint.stream import item_type, stream_kind

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "Context": ".context",
        "Endpoint": ".run",
        "FormLimits": ".form_limits",
        "Operation": ".operation",
        "StreamKind": ".operation",
        "WebSocketEndpointPlan": ".run",
        "body_field": ".operation",
        "compile_operation": ".run",
        "compile_websocket": ".run",
        "item_type": ".stream",
        "should_embed": ".operation",
        "stream_kind": ".stream",
        "unique": ".operation",
    },
)

__all__ = [
    "Context",
    "Endpoint",
    "FormLimits",
    "Operation",
    "StreamKind",
    "WebSocketEndpointPlan",
    "body_field",
    "compile_operation",
    "compile_websocket",
    "item_type",
    "should_embed",
    "stream_kind",
    "unique",
]
