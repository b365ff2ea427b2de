from __future__ import annotations

import asyncio
import json
import sys
import types

import pytest

from hanok.exceptions import AnswerStateError, HanokDeprecationWarning
from hanok.http import (
    URL,
    BackgroundTask,
    HTMLResponse,
    JSONResponse,
    ORJSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    UJSONResponse,
)
from hanok.http.denial import Denial

LENGTH = b"content-length"
TYPE = b"content-type"


@pytest.mark.parametrize(
    ("response", "headers", "body"),
    [
        (Response(), [(LENGTH, b"0")], b""),
        (Response("é"), [(LENGTH, b"2")], "é".encode()),
        (Response(b"x", media_type="image/png"), [(LENGTH, b"1"), (TYPE, b"image/png")], b"x"),
        (Response("x", media_type="text/a"), [(LENGTH, b"1"), (TYPE, b"text/a; charset=utf-8")], b"x"),
        (Response("x", media_type="text/a;Charset=b"), [(LENGTH, b"1"), (TYPE, b"text/a;Charset=b")], b"x"),
        (
            Response("x", headers={"Content-Type": "q", "X": "1"}),
            [(TYPE, b"q"), (b"x", b"1"), (LENGTH, b"1")],
            b"x",
        ),
        (Response("x", headers={"content-length": "9"}), [(LENGTH, b"9")], b"x"),
        (Response(status_code=204), [], b""),
        (Response(status_code=304), [], b""),
        (HTMLResponse("a"), [(LENGTH, b"1"), (TYPE, b"text/html; charset=utf-8")], b"a"),
        (PlainTextResponse(), [(LENGTH, b"0"), (TYPE, b"text/plain; charset=utf-8")], b""),
        (
            JSONResponse({"a": "é", "b": [1, 2.0, None]}),
            [(LENGTH, b"27"), (TYPE, b"application/json")],
            '{"a":"é","b":[1,2.0,null]}'.encode(),
        ),
        (JSONResponse(None), [(LENGTH, b"4"), (TYPE, b"application/json")], b"null"),
    ],
)
def test_headers_and_body(response, headers, body):
    assert response.raw_headers == headers
    assert response.body == body


def test_headers_are_a_view_of_the_raw_headers():
    response = Response("x")
    response.headers["x-a"] = "1"
    assert response.raw_headers[-1] == (b"x-a", b"1")
    assert response.headers is response.headers
    response.raw_headers = [(b"new", b"1")]
    assert response.headers.items() == [("new", "1")]


def test_what_cannot_be_a_body():
    with pytest.raises(AttributeError):
        Response(3)


def test_a_response_is_an_asgi_application(call):
    answer = call(Response("x", 201, {"a": "b"}))
    assert answer.messages == [
        {"type": "http.response.start", "status": 201, "headers": [(b"a", b"b"), (LENGTH, b"1")]},
        {"type": "http.response.body", "body": b"x"},
    ]


def test_a_memoryview_is_sent_as_bytes(call):
    assert call(Response(memoryview(b"ab"))).body == b"ab"


def test_the_length_of_a_memoryview_is_in_bytes():
    assert Response(memoryview(b"12345678").cast("I")).headers["content-length"] == "8"


def test_it_answers_an_exchange_once(exchange_of):
    async def main():
        exchange = exchange_of()
        await Response("x").send(exchange)
        assert exchange.answered == (200, [(LENGTH, b"1")], b"x")
        with pytest.raises(AnswerStateError):
            await Response("x").send(exchange)

    asyncio.run(main())


def test_the_background_task_runs_after_the_answer(call):
    order = []

    class Noted(Response):
        async def __call__(self, scope, receive, send):
            async def note(message):
                order.append(message["type"])
                await send(message)

            await super().__call__(scope, receive, note)

    call(Noted("x", background=BackgroundTask(order.append, "background")))
    assert order == ["http.response.start", "http.response.body", "background"]


def test_a_subclass_may_render_and_set_headers():
    class Bracketed(Response):
        media_type = "text/x"

        def render(self, content):
            return b"<" + content + b">"

        def init_headers(self, headers=None):
            super().init_headers(headers)
            self.raw_headers.append((b"z", b"1"))

    response = Bracketed(b"q")
    assert response.body == b"<q>"
    assert response.raw_headers == [(LENGTH, b"3"), (TYPE, b"text/x; charset=utf-8"), (b"z", b"1")]


def test_a_subclass_that_is_its_own_asgi_application_is_sent_through_its_call(exchange_of):
    class Own(Response):
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 299, "headers": []})
            await send({"type": "http.response.body", "body": b"own"})

    async def main():
        exchange = exchange_of()
        await Own("x").send(exchange)
        assert exchange.answered == (299, [], b"own")

    asyncio.run(main())


def test_a_websocket_is_denied_with_it(call):
    answer = call(Response("no", 403), type="websocket")
    assert answer.kinds == ["websocket.http.response.start", "websocket.http.response.body"]
    assert (answer.status, answer.body) == (403, b"no")


def test_a_denial_has_no_body_to_read_and_waits_for_the_peer_to_go():
    async def main():
        messages = [{"type": "websocket.connect"}, {"type": "websocket.disconnect"}]

        class Socket:
            def __getattr__(self, name):
                return None

            async def receive(self):
                return messages.pop(0)

        denial = Denial(Socket())
        assert await denial.read() == b""
        assert await denial._next_chunk() == b""
        assert not denial.disconnected
        await denial.wait_disconnect()
        assert messages == []

    asyncio.run(main())


# ---- JSON


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_has_no_number_for(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        JSONResponse(value)


def test_what_is_no_json():
    with pytest.raises(TypeError, match="not JSON serializable"):
        JSONResponse({1})


def test_a_replaced_json_dumps_is_used(monkeypatch):
    monkeypatch.setattr(json, "dumps", lambda value, **options: f"<{value}>")
    assert JSONResponse(1).body == b"<1>"


@pytest.mark.parametrize(("kind", "module"), [(ORJSONResponse, "orjson"), (UJSONResponse, "ujson")])
def test_deprecated_encoders(kind, module, monkeypatch):
    double = types.SimpleNamespace(
        OPT_NON_STR_KEYS=1,
        OPT_SERIALIZE_NUMPY=2,
        dumps=lambda value, **options: b"[]" if module == "orjson" else "[]",
    )
    monkeypatch.setitem(sys.modules, module, double)
    with pytest.warns(HanokDeprecationWarning, match=kind.__name__):
        assert kind([]).body == b"[]"
    monkeypatch.setitem(sys.modules, module, None)
    with (
        pytest.warns(HanokDeprecationWarning),
        pytest.raises(AssertionError, match=f"{module} must be installed to use {kind.__name__}"),
    ):
        kind([])


# ---- redirects


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("/é a?x=%20#q&[]", "/%C3%A9%20a?x=%20#q&[]"),
        (URL("http://h/<>"), "http://h/%3C%3E"),
    ],
)
def test_a_redirect_quotes_what_must_be(url, location):
    response = RedirectResponse(url, headers={"location": "/other"})
    assert response.status_code == 307
    assert response.headers["location"] == location
    assert RedirectResponse("/x", 303).status_code == 303


def test_a_subclass_may_make_its_headers_before_it_has_a_status(call):
    # As gradio's answers with a part of a file do: they have neither a body nor a status of their own.
    class Part(Response):
        def __init__(self):
            self.media_type = "text/plain"
            self.background = None
            self.init_headers({"X-Part": "1"})

        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 206, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": b"part"})

    answer = call(Part())
    assert (answer.status, answer.body) == (206, b"part")
    assert answer.headers.raw == [(b"x-part", b"1"), (b"content-type", b"text/plain; charset=utf-8")]
