"""What widely used packages do with internals of Starlette."""

from __future__ import annotations

import gzip
import mimetypes
import sys
from collections.abc import Callable, Iterable
from typing import Any

import anyio
import pytest

from hanok import Hanok
from hanok.http import PlainTextResponse, UploadFile
from hanok.testing import TestClient


def test_a_parser_of_others_keeps_a_part_of_a_form_in_theirs() -> None:
    from starlette.formparsers import MultipartPart, _user_safe_decode

    part = MultipartPart()
    part.data += b"a"
    part.item_headers.append((b"content-type", b"text/plain"))
    assert MultipartPart() == MultipartPart(None, "", bytearray(), None, [])
    assert (part.content_disposition, part.field_name, part.file) == (None, "", None)
    assert _user_safe_decode(bytearray("é", "utf-8"), "utf-8") == "é"
    assert _user_safe_decode(b"\xe9", "utf-8") == "é"
    assert _user_safe_decode(b"x", "no such charset") == "x"


def test_a_form_is_read_by_a_name_of_a_charset_that_nobody_knows() -> None:
    app = Hanok()

    @app.post("/")
    async def upload(file: UploadFile) -> str:
        return file.filename or ""

    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xe9"\r\n\r\nhello\r\n--x--\r\n'
    answer = TestClient(app).post(
        "/", content=body, headers={"content-type": "multipart/form-data; boundary=x; charset=of-nobody"}
    )
    assert answer.json() == "é"


def test_media_types_are_guessed_by_the_name_that_responses_has() -> None:
    from starlette.responses import guess_type

    assert guess_type is mimetypes.guess_type


@pytest.mark.parametrize("accepted", ["br, gzip", "identity"])
def test_a_responder_compresses_whatever_the_client_says(accepted: str) -> None:
    # Its caller has asked already, as gradio's middleware does.
    from starlette.middleware.gzip import GZipResponder

    inner = PlainTextResponse("hello " * 200)

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        await GZipResponder(inner, 400)(scope, receive, send)

    answer = TestClient(middleware).get("/", headers={"accept-encoding": accepted})
    assert answer.headers["content-encoding"] == "gzip"
    if accepted == "identity":
        assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.text == "hello " * 200 or gzip.decompress(answer.content) == b"hello " * 200


def test_a_responder_leaves_small_answers_and_websockets_alone() -> None:
    from starlette.middleware.gzip import GZipResponder

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await PlainTextResponse("small")(scope, receive, send)
        else:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": "hello"})
            await send({"type": "websocket.close"})

    client = TestClient(GZipResponder(inner, 400))
    assert "content-encoding" not in client.get("/", headers={"accept-encoding": "gzip"}).headers
    with client.websocket_connect("/") as socket:
        assert socket.receive_text() == "hello"


# ---- WSGI


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/reported":
        try:
            raise ValueError("the page is broken")
        except ValueError:
            start_response("500 Broken", [("content-type", "text/plain")], sys.exc_info())
            return [b"broken"]
    if environ["PATH_INFO"] == "/raised":
        raise ValueError("nobody answers")
    write = start_response("200 OK", [("Content-Type", "text/plain"), ("X-Page", "1")])
    write(b"got ")
    return [body, b"", b"!"]


def test_a_wsgi_responder_answers_piece_by_piece() -> None:
    from starlette.middleware.wsgi import WSGIResponder

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await WSGIResponder(wsgi_app, scope)(receive, send)

    answer = TestClient(app).post("/", content=iter([b"one ", b"two"]))
    assert (answer.status_code, answer.text, answer.headers["x-page"]) == (200, "got one two!", "1")


def test_what_a_wsgi_application_reports_is_answered_and_raised() -> None:
    from starlette.middleware.wsgi import WSGIResponder

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await WSGIResponder(wsgi_app, scope)(receive, send)

    with pytest.raises(ValueError, match="the page is broken"):
        TestClient(app).get("/reported")
    answer = TestClient(app, raise_server_exceptions=False).get("/reported")
    assert (answer.status_code, answer.text) == (500, "broken")
    with pytest.raises(ValueError, match="nobody answers"):
        TestClient(app).get("/raised")


def test_a_subclass_of_the_wsgi_responder_reads_the_body_its_own_way() -> None:
    # As mlflow does.
    from starlette.middleware.wsgi import WSGIResponder, build_environ

    class Own(WSGIResponder):
        async def __call__(self, receive: Any, send: Any) -> None:
            message = await receive()
            environ = build_environ(self.scope, message["body"].upper())
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.sender, send)
                async with self.stream_send:
                    await anyio.to_thread.run_sync(self.wsgi, environ, self.start_response)
            assert self.exc_info is None
            assert self.response_started

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Own(wsgi_app, scope)(receive, send)

    assert TestClient(app).post("/", content=b"small").text == "got SMALL!"
