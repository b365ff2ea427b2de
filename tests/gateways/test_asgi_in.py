from __future__ import annotations

import anyio
import pytest
import trio

from hanok.gateways import AsgiExchange


def exchange_with(receive, send=None):
    return AsgiExchange({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)


@pytest.mark.anyio
async def test_asking_for_the_peer_does_not_wait():
    async def receive():
        await anyio.sleep_forever()

    exchange = exchange_with(receive)
    assert not await exchange.poll_disconnect()
    assert not exchange.disconnected


@pytest.mark.anyio
async def test_a_message_that_is_there_is_heard():
    messages = []

    async def receive():
        if not messages:
            await anyio.sleep_forever()
        return messages.pop()

    exchange = exchange_with(receive)
    assert not await exchange.poll_disconnect()
    messages.append({"type": "http.disconnect"})
    assert await exchange.poll_disconnect()
    assert await exchange.poll_disconnect()


def test_what_waits_in_a_channel_of_trio_is_heard():
    async def main():
        send, receive = trio.open_memory_channel(1)
        exchange = exchange_with(receive.receive)
        assert not await exchange.poll_disconnect()
        await send.send({"type": "http.disconnect"})
        assert await exchange.poll_disconnect()

    trio.run(main)


@pytest.mark.anyio
async def test_what_receive_raises_is_raised():
    async def receive():
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await exchange_with(receive).poll_disconnect()


@pytest.mark.anyio
async def test_an_endless_answer_can_be_cancelled_where_sending_never_waits():
    pieces = 0

    async def send(message):
        nonlocal pieces
        pieces += 1
        if pieces == 5:
            scope.cancel()

    exchange = exchange_with(None, send)
    exchange.start(200, [])
    with anyio.CancelScope() as scope:
        while True:
            await exchange.write(b"x")
    assert pieces == 5
