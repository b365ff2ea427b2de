"""What call_next returns: the application's answer as a Response, not sent yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from hanok.gateways import AsgiExchange
from hanok.http.response import Response
from hanok.http.streaming import until_disconnect

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from hanok.exchange import Exchange
    from hanok.middleware.downstream import Downstream


class CapturedResponse(Response):
    """Status and headers can be changed in place. ``body`` is there when the application gave its answer at once;
    ``body_iterator`` is there always, and may be replaced.
    """

    def __init__(self, downstream: Downstream) -> None:
        self.downstream = downstream
        exchange = downstream.exchange
        self.status_code, self.raw_headers = exchange.head
        self.background = None
        self._iterator: Any = None
        self._replaced = False
        if exchange.whole is not None:
            self.body = exchange.whole

    @property
    def body_iterator(self) -> AsyncIterator[bytes]:
        if self._iterator is None:
            self._iterator = self.downstream.pieces()
        iterator: AsyncIterator[bytes] = self._iterator
        return iterator

    @body_iterator.setter
    def body_iterator(self, iterator: AsyncIterator[Any]) -> None:
        self._iterator = iterator
        self._replaced = True

    @property
    def is_plain(self) -> bool:
        """Whether it is an answer that was given at once, and nothing runs after it."""
        return not self._replaced and self.background is None and "body" in self.__dict__

    async def handle(self, exchange: Any) -> None:
        captured = self.downstream.exchange
        if self._replaced:
            await listening(exchange, self._pour(exchange))
        elif "body" in self.__dict__:
            if type(exchange) is AsgiExchange and exchange.filters is None:
                # As applications around a middleware function know it: every answer comes as a stream.
                exchange.answer_in_two(self.status_code, self.raw_headers, bytes(self.body))
            else:
                exchange.answer(self.status_code, self.raw_headers, bytes(self.body))
        elif captured.file is not None:
            await exchange.answer_file(self.status_code, self.raw_headers, captured.file)
        else:
            exchange.answer_trailers = captured.answer_trailers
            await listening(exchange, self._pour(exchange))
        if self.background is not None:
            await exchange.drain()
            await self.background()

    async def _pour(self, exchange: Exchange) -> None:
        exchange.start(self.status_code, self.raw_headers)
        async for piece in self.body_iterator:
            await exchange.write(piece.encode(self.charset) if isinstance(piece, str) else bytes(piece))
        await exchange.finish()


async def listening(exchange: Exchange, work: Awaitable[None]) -> None:
    """Await ``work``; cancel it when the peer goes."""
    if body_is_coming(exchange):
        await work
    else:
        await until_disconnect(exchange, work)


def body_is_coming(exchange: Exchange) -> bool:
    """Whether listening at an ASGI door could take a piece of the request's body away from its reader."""
    return (
        isinstance(exchange, AsgiExchange)
        and not exchange._request_done
        and (exchange.header(b"content-length") or exchange.header(b"transfer-encoding")) is not None
    )
