"""Exchange: one request and its answer, whatever carried it. The central contract.

A request enters, from any door; its one answer leaves. Read ``http.py`` first. What both kinds of requests have is
``incoming.py``; WebSockets are in ``websocket.py``, and what changes answers in ``answer_filter.py``.

A door (the ASGI door in ``gateways``, a protocol in ``protocols``) makes an ``Exchange`` and hands it to
``await app.handle(exchange)``. Everything behind the doors reads the request from it and answers through it.

The request side is plain attributes, filled by the door. What is derived from them (the ASGI scope here; decoded
headers, cookies, query parameters in ``http``) is built on first touch and kept.

The answer side has two forms, and exactly one of them happens:

    exchange.answer(status, headers, body)          the whole answer at once: what nearly every API call is

    exchange.start(status, headers)                 a streamed answer
    await exchange.write(chunk)                     waits while the peer is slower than we are
    await exchange.finish()                         with the last piece, if there is one

A file may be given by its path: ``answer_file``. Trailers follow a streamed answer: see ``answer_trailers``.

``answer`` and ``start`` never wait: a door may keep what it was given until ``drain``, ``write`` or ``finish``.
``await exchange.drain()`` returns when the answer so far was handed to the transport, so code that must run *after the
answer was sent* (background tasks, request-scoped dependencies) awaits it first.

A filter sees the answer on its way up: ``exchange.add_filter(filter)``. That is how native middleware changes an answer
without wrapping anything; see ``AnswerFilter``.

Header names in ``raw_headers`` are lower-case bytes; values are bytes as they came (RFC 9110 §5.5).
"""

from __future__ import annotations

from hanok.exchange.answer import AnswerState, FixedHeaders, body_allowed, pieces_of_file
from hanok.exchange.answer_filter import AnswerFilter
from hanok.exchange.http import Exchange, too_large
from hanok.exchange.incoming import ASGI_VERSION, Incoming, told_of
from hanok.exchange.websocket import WebSocketExchange

AnyExchange = Exchange | WebSocketExchange

__all__ = [
    "ASGI_VERSION",
    "AnswerFilter",
    "AnswerState",
    "AnyExchange",
    "Exchange",
    "FixedHeaders",
    "Incoming",
    "WebSocketExchange",
    "body_allowed",
    "pieces_of_file",
    "told_of",
    "too_large",
]
