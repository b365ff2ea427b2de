"""HTTP/1.1 (RFC 9112): the bytes of a connection become exchanges, their answers become bytes.

What enters: bytes from an asyncio transport. What leaves: an ``H1Exchange`` for each request, handed to the
application's handler in a task of its own, and the answers in the order of the requests. Read ``connection``
first; ``state`` is its transition table, ``output`` its writing half, ``closing`` the forms of its end, ``upload`` and
``incoming`` the way of a request's body to the handler, ``exchange`` the door that the application sees. ``head`` takes
heads apart (``grammar`` has the expressions, ``unusual`` what is rare or wrong), ``body`` the chunked coding, ``answer``
writes the heads of answers; these do no I/O.

**Upgrade to WebSocket.** On a ``GET`` with ``Connection: upgrade`` and ``Upgrade: websocket`` the connection
calls the factory that the worker put into its ``Services``:

    protocol = services.websocket(transport, head, leftover, loop, handler, services)

``transport`` is the connection's transport, ``head`` the ``RequestHead`` of the handshake, ``leftover`` the
bytes that came after the head, ``handler`` the application's native handler, and ``services`` the worker's
shared things (``services.settings`` has the ``ws_*`` options, ``services.state`` the lifespan state,
``services.forwarded`` who the client is behind a proxy). The factory returns an ``asyncio.Protocol`` and must
not call its methods. The h1 connection then leaves ``services.connections``, calls
``transport.set_protocol(protocol)`` and ``protocol.connection_made(transport)`` (which adds the new one to
``services.connections``) and never touches the transport again; reading is paused or not as
``transport.is_reading()`` says. The new protocol handles ``leftover`` itself. The connection has answered
everything before it hands over: an upgrade in a pipeline waits for the answers before it. Where
``services.websocket`` is None the upgrade is ignored and the request is answered as plain HTTP (RFC 9110
§7.8).

A protocol in ``services.connections`` has the methods of ``services.Connection``: ``sweep``, ``drain``,
``abort``.
"""
