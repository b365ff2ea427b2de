"""ExceptionMiddleware, ServerErrorMiddleware and the page that shows a traceback."""

from __future__ import annotations

from typing import Any

import pytest

from hanok.exceptions import HTTPError, HTTPException, WebSocketException
from hanok.http import PlainTextResponse
from hanok.middleware import ExceptionMiddleware, ServerErrorMiddleware
from hanok.testing import TestClient, WebSocketDenialResponse
from hanok.websockets import WebSocket


class Broken(Exception):
    pass


class VeryBroken(Broken):
    pass


def says(text: str) -> Any:
    return lambda request, error: PlainTextResponse(f"{text} {error!r}", status_code=418)


@pytest.fixture
def raising(app: Any) -> Any:
    """``raising(error)``: an application that raises it; ``after`` a part of the answer."""

    def make(error: Exception, after: str = "") -> Any:
        async def handler(exchange: Any) -> None:
            if after == "start":
                exchange.start(200, [])
            elif after == "accept":
                await WebSocket.of(exchange).accept()
            raise error

        return app(handler)

    return make


# ---- handled


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (HTTPError(404), 404, "Not Found"),
        (HTTPException(401, "é"), 401, "é"),
        (HTTPError(204), 204, ""),
        (HTTPError(304), 304, ""),
    ],
)
def test_an_http_error_is_its_detail(client_for: Any, raising: Any, error: Exception, status: int, text: str) -> None:
    response = client_for(ExceptionMiddleware(raising(error))).get("/")
    assert (response.status_code, response.text) == (status, text)


def test_an_http_error_may_have_headers(client_for: Any, raising: Any) -> None:
    error = HTTPError(401, headers={"www-authenticate": "Basic"})
    assert client_for(ExceptionMiddleware(raising(error))).get("/").headers["www-authenticate"] == "Basic"


@pytest.mark.parametrize(
    ("error", "handlers", "text"),
    [
        (VeryBroken("x"), {Broken: says("base")}, "base VeryBroken('x')"),
        (VeryBroken("x"), {Broken: says("base"), VeryBroken: says("own")}, "own VeryBroken('x')"),
        (HTTPException(404), {404: says("status"), HTTPException: says("class")}, "status"),
        (HTTPException(403), {404: says("status"), HTTPError: says("class")}, "class"),
        (HTTPException(404), {Exception: says("everything")}, "Not Found"),
        (Broken("x"), {Exception: says("everything")}, "everything"),
    ],
)
def test_handlers_are_found_by_status_then_by_class(raising: Any, error: Exception, handlers: Any, text: str) -> None:
    response = TestClient(ExceptionMiddleware(raising(error), handlers)).get("/")
    assert response.text.startswith(text)


def test_an_async_handler_runs_in_the_event_loop(client_for: Any, raising: Any) -> None:
    async def handler(request: Any, error: Exception) -> Any:
        return PlainTextResponse(f"{request.method} {error}")

    assert client_for(ExceptionMiddleware(raising(Broken("x")), {Broken: handler})).get("/").text == "GET x"


def test_what_has_no_handler_travels_on(raising: Any) -> None:
    with pytest.raises(Broken):
        TestClient(ExceptionMiddleware(raising(Broken()))).get("/")


def test_an_answer_that_has_begun_cannot_be_replaced(raising: Any) -> None:
    wrapped = ExceptionMiddleware(raising(HTTPError(404), after="start"))
    with pytest.raises(RuntimeError, match="Caught handled exception, but response already started") as caught:
        TestClient(wrapped).get("/")
    assert isinstance(caught.value.__cause__, HTTPError)


def test_a_handler_must_give_a_response(raising: Any) -> None:
    wrapped = ExceptionMiddleware(raising(Broken()), {Broken: lambda request, error: 3})
    with pytest.raises(TypeError, match="must give a Response, not 3"):
        TestClient(wrapped).get("/")
    wrapped = ExceptionMiddleware(raising(Broken()), {Broken: lambda request, error: None})
    with pytest.raises(AssertionError, match="did not receive any response"):
        TestClient(wrapped).get("/")


def test_a_handler_may_give_the_response_of_another_framework(client_for: Any, raising: Any) -> None:
    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"tea"})

    wrapped = ExceptionMiddleware(raising(Broken()), {Broken: lambda request, error: foreign})
    assert client_for(wrapped).get("/").text == "tea"


def test_handlers_are_for_statuses_and_exception_classes(raising: Any) -> None:
    with pytest.raises(TypeError):
        ExceptionMiddleware(raising(Broken()), {"x": says("x")})
    with pytest.raises(AssertionError, match="neither a status nor an exception class"):
        ExceptionMiddleware(raising(Broken()), {int: says("x")})


# ---- WebSockets


def test_a_websocket_exception_closes_with_its_code(client_for: Any, raising: Any) -> None:
    wrapped = ExceptionMiddleware(raising(WebSocketException(1008, "no"), after="accept"))
    with client_for(wrapped).websocket_connect("/") as session:
        message = session.receive()
    assert (message["type"], message["code"], message["reason"]) == ("websocket.close", 1008, "no")


def test_a_handler_gets_the_websocket_that_was_accepted(client_for: Any, raising: Any) -> None:
    async def handler(websocket: WebSocket, error: Exception) -> None:
        await websocket.send_text(str(error))
        await websocket.close(3000)

    with client_for(ExceptionMiddleware(raising(Broken("x"), after="accept"), {Broken: handler})).websocket_connect(
        "/"
    ) as session:
        assert session.receive_text() == "x"


def test_an_http_error_denies_a_handshake(client_for: Any, raising: Any) -> None:
    client = client_for(ExceptionMiddleware(raising(HTTPError(403, "no"))))
    with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/"):
        pass
    assert (caught.value.status_code, caught.value.text) == (403, "no")


def test_an_http_error_on_an_open_websocket_travels_on(raising: Any) -> None:
    client = TestClient(ExceptionMiddleware(raising(HTTPError(403), after="accept")))
    with pytest.raises(HTTPError), client.websocket_connect("/"):
        pass


# ---- server errors


def test_a_server_error_says_nothing_and_is_raised_on(client_for: Any, raising: Any) -> None:
    response = client_for(ServerErrorMiddleware(raising(Broken("secret")))).get("/")
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    with pytest.raises(Broken):
        TestClient(ServerErrorMiddleware(raising(Broken()))).get("/")


def test_a_handler_answers_server_errors(raising: Any) -> None:
    wrapped = ServerErrorMiddleware(raising(Broken("x")), handler=says("handled"))
    response = TestClient(wrapped, raise_server_exceptions=False).get("/")
    assert (response.status_code, response.text) == (418, "handled Broken('x')")


def test_nothing_is_added_to_an_answer_that_has_begun(raising: Any) -> None:
    with pytest.raises(Broken):
        TestClient(ServerErrorMiddleware(raising(Broken(), after="start"))).get("/")
    with pytest.raises(Broken), TestClient(ServerErrorMiddleware(raising(Broken()))).websocket_connect("/"):
        pass


# ---- the traceback page


def debug_client(client_for: Any, app: Any, handler: Any) -> Any:
    return client_for(ServerErrorMiddleware(app(handler), debug=True, handler=says("not asked in debug mode")))


async def fail_in_two_steps(exchange: Any) -> None:
    try:
        raise Broken("<first>")
    except Broken as error:
        raise VeryBroken("<second>") from error


def test_in_debug_mode_others_get_the_traceback_as_text(client_for: Any, app: Any) -> None:
    response = debug_client(client_for, app, fail_in_two_steps).get("/")
    assert response.status_code == 500
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.startswith("Traceback (most recent call last):")
    assert response.text.rstrip().endswith("VeryBroken: <second>")


def test_in_debug_mode_browsers_get_a_page(client_for: Any, app: Any) -> None:
    headers = {"accept": "text/html,*/*", "authorization": "Bearer token", "x-shown": "<yes>"}
    response = debug_client(client_for, app, fail_in_two_steps).get("/p?q=<1>", headers=headers)
    page = response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "&lt;second&gt;" in page
    assert "caused by Broken(&#x27;&lt;first&gt;&#x27;)" in page
    assert "GET /p?q=%3C1%3E" in page
    assert "raise VeryBroken(&quot;&lt;second&gt;&quot;) from error" in page
    assert "&lt;yes&gt;" in page
    assert "Bearer token" not in page  # what identifies somebody is not shown
    assert "<second>" not in page
    assert "http://" not in page.replace("http://testserver", "")  # it loads nothing
    assert "src=" not in page


def test_the_page_shows_what_was_being_handled(app: Any) -> None:
    async def fail(exchange: Any) -> None:
        try:
            raise Broken("first")
        except Broken:
            if exchange.path == "/hidden":
                raise ValueError from None
            raise ValueError  # noqa: B904

    client = TestClient(ServerErrorMiddleware(app(fail), debug=True), raise_server_exceptions=False)
    headers = {"accept": "text/html"}
    assert "<h2>raised while handling Broken" in client.get("/", headers=headers).text
    hidden = client.get("/hidden", headers=headers).text
    assert "<h2>raised while handling" not in hidden
    assert "(no message)" in hidden


def test_the_page_copes_without_source(app: Any) -> None:
    namespace: dict[str, Any] = {}
    exec(compile("async def fail(exchange):\n    return 1 / 0\n", "<nowhere>", "exec"), namespace)
    wrapped = ServerErrorMiddleware(app(namespace["fail"]), debug=True)
    page = TestClient(wrapped, raise_server_exceptions=False).get("/", headers={"accept": "text/html"}).text
    assert "(the source is not available)" in page


def test_the_page_lists_path_parameters(app: Any) -> None:
    async def fail(exchange: Any) -> None:
        exchange.matched(None, None, {"item_id": 5})
        raise Broken

    wrapped = ServerErrorMiddleware(app(fail), debug=True)
    page = TestClient(wrapped, raise_server_exceptions=False).get("/", headers={"accept": "text/html"}).text
    assert "path parameter item_id" in page


def test_the_handler_of_everything_is_told_of_errors_after_the_answer() -> None:
    from hanok import Hanok
    from hanok.http import BackgroundTask, Response

    told: list[str] = []

    def fail() -> None:
        raise ValueError("too late")

    def tell(request: Any, error: Exception) -> None:
        told.append(str(error))

    app = Hanok(exception_handlers={Exception: tell})

    @app.get("/")
    def endpoint() -> Any:
        return Response(status_code=204, background=BackgroundTask(fail))

    assert TestClient(app, raise_server_exceptions=False).get("/").status_code == 204
    assert told == ["too late"]
