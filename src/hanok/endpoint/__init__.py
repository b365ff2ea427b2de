"""Endpoint: route + params + dependencies + handler + serialization, compiled into one callable.

What enters: an ``Operation`` (plain data, everything decided at declaration time). What leaves: ``run(exchange)``, which
answers an exchange, and the ``Plan`` behind it, which ``hanok explain`` prints.

    Operation ──► Plan ──► bind(exchange, context)    generated: reads and validates arguments, calls dependencies and handler
                     └───► run(exchange)              calls bind, turns the value into an answer, ends what has to end

``bind`` is the fast path. When a value is wrong it hands over to ``solve``, which walks the same plan with care and gathers
every error. Read ``operation``, ``run``, then ``bind``.
"""

from hanok.endpoint.context import Context
from hanok.endpoint.operation import FormLimits, Operation, StreamKind
from hanok.endpoint.run import Endpoint, WebSocketEndpointPlan, compile_operation, compile_websocket

__all__ = [
    "Context",
    "Endpoint",
    "FormLimits",
    "Operation",
    "StreamKind",
    "WebSocketEndpointPlan",
    "compile_operation",
    "compile_websocket",
]
