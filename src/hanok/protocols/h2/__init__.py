"""HTTP/2 (RFC 9113): the bytes of a connection become exchanges, one for each stream; their answers become bytes.

What enters: bytes from an asyncio transport that speaks HTTP/2 from its first byte, because TLS has negotiated
``h2`` (ALPN) or because the client knew (the preface on cleartext). What leaves: an ``H2Exchange`` for each
request, handed to the application's handler in a task of its own, and the answers of all streams, as windows
and the transport allow. Read ``connection`` first. ``session`` is the same connection without a socket: the
``guard``, which looks at every frame's header and refuses by the tables in ``state`` and the budgets in
``limits``, before the ``engine``, which is libnghttp2; ``block`` tells it whether header blocks of equal bytes
mean the same. ``head`` and ``body`` are a request's, ``answer`` makes
the fields of answers, ``exchange`` is the door that the application sees, ``output`` what it knows of its
connection, ``tunnel`` carries WebSockets.

``http2`` is the factory that a worker puts into ``Services.http2``: ``protocol = services.http2(services)``.
The HTTP/1.1 connection hands its transport over before anything was answered: it leaves
``services.connections``, calls ``transport.set_protocol(protocol)`` and ``protocol.connection_made(transport)``
and gives what has arrived to ``protocol.data_received``. There is no upgrade from HTTP/1.1 within a
connection: RFC 9113 has removed it.
"""

from hanok.protocols.h2.connection import H2Connection as http2

__all__ = ["http2"]
