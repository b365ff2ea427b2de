"""TestClient: what reaches the application, what comes back, and when errors are raised."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import subprocess
import sys
from typing import Any

import anyio
import pytest

from hanok.exceptions import HanokDeprecationWarning
from hanok.http import Request, Response
from hanok.testing import TestClient

HEAD = {"type": "http.response.start", "status": 200, "headers": []}
DONE = {"type": "http.response.body", "body": b""}
TRAILERS = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}


def piece(data: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": True}


def sending(*messages: dict[str, Any], error: Exception | None = None) -> Any:
    """An application that sends these messages, then raises ``error``."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    return app


class Recorder:
    """An application that keeps the scope and the messages it got."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.messages = [await receive()]
        while self.messages[-1].get("more_body"):
            self.messages.append(await receive())
        await send(HEAD)
        await send({"type": "http.response.body", "body": b"hello"})
        self.after = await receive()


# ---- the request


def test_the_application_sees_the_request_as_a_scope() -> None:
    app = Recorder()
    TestClient(app, root_path="/root").get("/a%20b/c?x=1&y=%20")
    codings = dict(app.scope["headers"])[b"accept-encoding"]
    assert codings in (b"gzip, deflate", b"gzip, deflate, zstd")  # Python has Zstandard from 3.14 on
    assert app.scope == {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/a b/c",
        "raw_path": b"/a%20b/c",
        "root_path": "/root",
        "scheme": "http",
        "query_string": b"x=1&y=%20",
        "headers": [
            (b"host", b"testserver"),
            (b"accept", b"*/*"),
            (b"accept-encoding", codings),
            (b"connection", b"keep-alive"),
            (b"user-agent", b"testclient"),
        ],
        "client": ("testclient", 50000),
        "server": ["testserver", 80],
        "extensions": {"http.response.debug": {}, "http.response.trailers": {}},
        "state": {},
    }


def test_base_url_headers_cookies_and_client_are_the_caller_s() -> None:
    app = Recorder()
    client = TestClient(
        app,
        base_url="https://ex.org:8443/pre",
        headers={"User-Agent": "mine"},
        cookies={"a": "b"},
        client=("1.2.3.4", 5),
    )
    client.get("/q")
    headers = dict(app.scope["headers"])
    assert (app.scope["path"], app.scope["scheme"], app.scope["server"]) == ("/pre/q", "https", ["ex.org", 8443])
    assert (headers[b"host"], headers[b"user-agent"], headers[b"cookie"]) == (b"ex.org:8443", b"mine", b"a=b")
    assert app.scope["client"] == ("1.2.3.4", 5)


def test_a_request_without_host_header_gets_one() -> None:
    app = Recorder()
    client = TestClient(app)
    request = client.build_request("GET", "http://a.org:81/")
    del request.headers["host"]
    client.send(request)
    assert app.scope["headers"][0] == (b"host", b"a.org:81")


def test_after_the_answer_a_request_is_disconnected() -> None:
    seen: list[bool] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        request: Request = Request(scope, receive)
        await request.body()
        seen.append(await request.is_disconnected())
        await Response(b"hi")(scope, receive, send)
        seen.append(await request.is_disconnected())

    TestClient(app).post("/", content=b"a")
    assert seen == [False, True]


def test_a_body_is_one_message_and_after_the_answer_comes_the_disconnect() -> None:
    app = Recorder()
    TestClient(app).post("/", json={"a": 1})
    assert app.messages == [{"type": "http.request", "body": b'{"a":1}'}]
    assert app.after == {"type": "http.disconnect"}


def test_a_chunked_body_keeps_its_chunks() -> None:
    app = Recorder()
    TestClient(app).post("/", content=iter([b"ab", b"", b"cd"]))
    assert app.messages == [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"cd"},
    ]
    TestClient(app).post("/", content=iter([]))
    assert app.messages == [{"type": "http.request", "body": b""}]


def test_redirects_are_followed_with_cookies() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/":
            headers = [(b"location", b"/b"), (b"set-cookie", b"k=v; Path=/")]
            await send({"type": "http.response.start", "status": 302, "headers": headers})
            await send(DONE)
        else:
            await send(HEAD)
            await send({"type": "http.response.body", "body": dict(scope["headers"])[b"cookie"]})

    assert TestClient(app).get("/").text == "k=v"
    assert TestClient(app, follow_redirects=False).get("/").status_code == 302


def test_a_timeout_has_no_effect_and_a_warning_says_so() -> None:
    with pytest.warns(HanokDeprecationWarning, match="You should not use the 'timeout' argument"):
        assert TestClient(sending(HEAD, DONE)).get("/", timeout=1).status_code == 200


# ---- the answer


def test_the_body_of_an_answer_to_head_is_dropped() -> None:
    head = {**HEAD, "headers": [(b"content-length", b"3")]}
    response = TestClient(sending(head, {"type": "http.response.body", "body": b"abc"})).head("/")
    assert response.content == b""
    assert response.headers["content-length"] == "3"


def test_debug_information_comes_with_the_answer() -> None:
    info = {"template": "t", "context": {"a": 1}}
    app = sending({"type": "http.response.debug", "info": info}, HEAD, DONE)
    response: Any = TestClient(app).get("/")
    assert response.extensions["http.response.debug"] == info
    assert (response.template, response.context) == ("t", {"a": 1})
    response = TestClient(sending({"type": "http.response.debug", "info": {"x": 1}}, HEAD, DONE)).get("/")
    assert not hasattr(response, "template")


def test_trailers_come_with_the_answer() -> None:
    first = {**TRAILERS, "headers": [(b"x-a", b"0")], "more_trailers": True}
    response = TestClient(sending({**HEAD, "trailers": True}, DONE, first, TRAILERS)).get("/")
    assert response.extensions["http.response.trailers"] == [(b"x-a", b"0"), (b"x-sum", b"1")]


def test_messages_of_unknown_extensions_are_ignored() -> None:
    assert TestClient(sending({"type": "x"}, HEAD, DONE)).get("/").status_code == 200


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ((), "TestClient did not receive any response."),
        ((HEAD, HEAD), 'Received multiple "http.response.start" messages.'),
        ((DONE,), 'Received "http.response.body" without "http.response.start".'),
        ((HEAD, DONE, DONE), 'Received "http.response.body" after response completed.'),
        ((HEAD, DONE, TRAILERS), 'Received "http.response.trailers" without declaring trailers.'),
        (({**HEAD, "trailers": True}, TRAILERS), 'Received "http.response.trailers" before body completed.'),
        (
            ({**HEAD, "trailers": True}, DONE, TRAILERS, TRAILERS),
            'Received "http.response.trailers" after response completed.',
        ),
    ],
)
def test_an_answer_out_of_order_fails_the_test(messages: Any, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        TestClient(sending(*messages)).get("/")


# ---- errors


@pytest.mark.parametrize("messages", [(), (HEAD,), (HEAD, piece(b"a")), (HEAD, DONE)])
def test_errors_of_the_application_are_raised_in_the_test(messages: Any) -> None:
    with pytest.raises(ValueError, match="boom"):
        TestClient(sending(*messages, error=ValueError("boom"))).get("/")


@pytest.mark.parametrize(
    ("messages", "status", "body"),
    [((), 500, b""), ((HEAD,), 200, b""), ((HEAD, piece(b"a")), 200, b"a"), ((HEAD, DONE), 200, b"")],
)
def test_errors_can_be_left_to_the_answer(messages: Any, status: int, body: bytes) -> None:
    client = TestClient(sending(*messages, error=ValueError("boom")), raise_server_exceptions=False)
    response = client.get("/")
    assert (response.status_code, response.content) == (status, body)


# ---- streams


def test_a_stream_is_read_while_the_application_writes_it() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(HEAD)
        for data in (b"a", b"b"):
            await send(piece(data))
            seen.append(("sent", data))
        await send(DONE)

    with TestClient(app).stream("GET", "/") as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"a"
        # It may run ahead by one piece: "b" is on its way, and counts as sent only once the client has come for it.
        assert ("sent", b"b") not in seen
        assert list(pieces) == [b"b"]
    assert seen == [("sent", b"a"), ("sent", b"b")]


def test_leaving_a_stream_cancels_the_application() -> None:
    cancelled = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(HEAD)
        try:
            while True:
                await send(piece(b"x"))
        except BaseException as error:
            cancelled.append(type(error))
            raise

    with TestClient(app).stream("GET", "/") as response:
        assert next(response.iter_raw()) == b"x"
    assert cancelled == [asyncio.CancelledError]


# ---- the lifespan and the event loop


class WithLifespan:
    """An application with every way of going wrong at start-up and shutdown."""

    def __init__(self, startup: Any = "complete", shutdown: Any = "complete") -> None:
        self.answers = {"lifespan.startup": startup, "lifespan.shutdown": shutdown}
        self.seen: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.seen.append(f"request {scope['state']}")
            scope["state"]["own"] = True
            await send(HEAD)
            await send(DONE)
            return
        for _ in range(3):  # once more than there is an answer to
            message = await receive()
            self.seen.append(message["type"])
            scope["state"]["shared"] = 1
            answer = self.answers[message["type"]]
            if isinstance(answer, Exception):
                raise answer
            if answer is None:
                return
            await send({"type": f"{message['type']}.{answer}", "message": "why"})


def test_with_runs_the_lifespan_and_shares_copies_of_its_state() -> None:
    app = WithLifespan()
    with TestClient(app) as client:
        client.get("/")
        client.get("/")
        assert client.app_state == {"shared": 1}
        assert client.portal is not None
    assert client.portal is None
    assert app.seen == ["lifespan.startup", "request {'shared': 1}", "request {'shared': 1}", "lifespan.shutdown"]


def test_without_with_there_is_no_lifespan() -> None:
    app = WithLifespan()
    TestClient(app).get("/")
    assert app.seen == ["request {}"]


@pytest.mark.parametrize(
    ("app", "error", "message"),
    [
        (WithLifespan(startup=ValueError("start")), ValueError, "start"),
        (WithLifespan(startup="failed"), RuntimeError, "why"),
        (WithLifespan(startup="other"), AssertionError, "answered 'lifespan.startup' with"),
        (WithLifespan(shutdown=ValueError("stop")), ValueError, "stop"),
        (WithLifespan(shutdown="failed"), RuntimeError, "why"),
    ],
)
def test_a_lifespan_that_fails_fails_the_test(app: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message), TestClient(app):
        pass


def test_an_application_may_take_no_part_in_lifespans() -> None:
    with TestClient(WithLifespan(startup=None)) as client:
        assert client.get("/").status_code == 200


def test_the_portal_reaches_the_event_loop_of_the_application() -> None:
    async def answer(value: int) -> int:
        return value

    with TestClient(WithLifespan()) as client:
        assert client.portal is not None
        assert client.portal.call(answer, 3) == 3


def test_context_variables_of_the_test_are_seen_by_the_application() -> None:
    variable = contextvars.ContextVar("variable", default="unset")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(HEAD)
        await send({"type": "http.response.body", "body": variable.get().encode()})

    variable.set("set")
    assert TestClient(app).get("/").text == "set"


def test_the_backend_is_chosen_by_name() -> None:
    with pytest.raises(LookupError, match="curio"):
        TestClient(sending(HEAD, DONE), backend="curio").get("/")  # type: ignore[arg-type]


def test_it_works_inside_a_running_event_loop() -> None:
    async def main() -> int:
        return TestClient(sending(HEAD, DONE)).get("/").status_code

    assert asyncio.run(main()) == 200


# ---- kinds of applications


def test_applications_of_both_asgi_generations_are_called() -> None:
    class Old:
        def __init__(self, scope: Any) -> None:
            pass

        async def __call__(self, receive: Any, send: Any) -> None:
            await sending(HEAD, DONE)(None, receive, send)

    def old(scope: Any) -> Any:
        return functools.partial(sending(HEAD, DONE), scope)

    def plain(scope: Any, receive: Any, send: Any) -> Any:
        return sending(HEAD, DONE)(scope, receive, send)

    for app in (Old, old, plain, functools.partial(sending(HEAD, DONE))):
        assert TestClient(app).get("/").status_code == 200  # type: ignore[arg-type]


def test_the_application_can_wait_while_the_request_is_open() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        with anyio.move_on_after(0.01) as waiting:
            await receive()  # nothing more comes before the answer
        await send(HEAD)
        await send({"type": "http.response.body", "body": str(waiting.cancelled_caught).encode()})

    assert TestClient(app).get("/").text == "True"


def test_httpx_does_where_httpx2_is_not_installed() -> None:
    pytest.importorskip("httpx")
    program = (
        "import sys; sys.modules['httpx2'] = None\n"
        "from hanok.testing import TestClient\n"
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 204, 'headers': []})\n"
        "    await send({'type': 'http.response.body'})\n"
        "assert TestClient.__mro__[1].__module__.startswith('httpx')\n"
        "assert TestClient(app).get('/').status_code == 204\n"
        "sys.modules['httpx'] = None; del sys.modules['hanok.testing.http_client']\n"
        "try: import hanok.testing.http_client\n"
        "except RuntimeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert "pip install 'hanok[testing]'" in done.stdout, done.stderr


@pytest.mark.parametrize("complete", [False, True])
def test_closing_a_complete_answer_waits_for_the_application_and_an_incomplete_one_cancels_it(complete: bool) -> None:
    ended: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(HEAD)
        await send(piece(b"a"))
        if complete:
            await send(DONE)
        try:
            await anyio.sleep(0.01 if complete else 60)
        finally:
            ended.append("after the answer")

    client = TestClient(app)
    with client.stream("GET", "/") as response:
        pieces = response.iter_raw()
        next(pieces)
        if complete:
            assert list(pieces) == []
    assert ended == ["after the answer"]


def test_closing_the_client_cancels_what_nobody_has_closed() -> None:
    cancelled: list[bool] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(HEAD)
        try:
            await anyio.sleep(60)
        finally:
            cancelled.append(True)

    client = TestClient(app)
    client.send(client.build_request("GET", "/"), stream=True)
    client.close()
    assert cancelled == [True]
