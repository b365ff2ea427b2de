from __future__ import annotations

import asyncio

import pytest

from hanok.exceptions import ClientDisconnect
from hanok.http import BackgroundTask, StreamingResponse


async def letters():
    yield "a"
    yield b"b"
    yield memoryview(b"c")


@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
@pytest.mark.parametrize("content", [letters, lambda: ["a", b"b", bytearray(b"c")]])
def test_pieces_are_sent_as_they_come(call, content, spec_version):
    ran = []
    response = StreamingResponse(content(), media_type="text/x", background=BackgroundTask(ran.append, 1))
    answer = call(response, asgi={"spec_version": spec_version})
    assert answer.headers.items() == [("content-type", "text/x; charset=utf-8")]
    assert [message.get("body") for message in answer.messages[1:]] == [b"a", b"b", b"c", b""]
    assert [message.get("more_body") for message in answer.messages[1:]] == [True, True, True, False]
    assert ran == [1]


@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
def test_an_error_comes_out_as_it_is(call, spec_version):
    async def failing():
        yield "a"
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        call(StreamingResponse(failing()), asgi={"spec_version": spec_version})


def test_what_is_no_iterable(call):
    with pytest.raises(TypeError):
        call(StreamingResponse(5))


def test_the_iterator_may_be_wrapped_before_it_is_sent(call):
    async def upper(iterator):
        async for piece in iterator:
            yield piece.upper()

    response = StreamingResponse(["a", "b"])
    response.body_iterator = upper(response.body_iterator)
    assert call(response).body == b"AB"


def test_a_websocket_is_denied_with_it(call):
    answer = call(StreamingResponse(["no"], 403), type="websocket")
    assert (answer.status, answer.body) == (403, b"no")
    assert answer.kinds == ["websocket.http.response.start"] + ["websocket.http.response.body"] * 2


def test_a_generator_that_waits_is_stopped_when_the_peer_goes(exchange_of):
    ran = []

    async def main():
        exchange = exchange_of()

        async def waiting():
            try:
                yield "a"
                exchange.gone.set()
                await asyncio.Event().wait()
            finally:
                ran.append("closed")

        await StreamingResponse(waiting(), background=BackgroundTask(ran.append, "background")).send(exchange)
        assert exchange.written == [b"a"]

    asyncio.run(main())
    assert ran == ["closed", "background"]


def test_a_generator_is_closed_when_a_write_fails(exchange_of):
    ran = []

    async def main():
        exchange = exchange_of()
        exchange.gone.set()

        async def endless():
            try:
                while True:
                    yield "a"
            finally:
                await asyncio.sleep(0)
                ran.append("closed")

        with pytest.raises(ClientDisconnect):
            await StreamingResponse(endless()).send(exchange)
        assert ran == ["closed"]

    asyncio.run(main())


def test_an_iterator_without_aclose_may_fail(call):
    class Failing:
        def __aiter__(self):
            return self

        async def __anext__(self):
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        call(StreamingResponse(Failing()))
