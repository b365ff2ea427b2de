from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hanok import Hanok
from hanok.gateways.wsgi import WSGIMiddleware, build_environ
from hanok.testing import TestClient

Start = Callable[..., Any]


def answer(app: Any, **options: Any) -> Any:
    outer = Hanok()
    outer.mount("/old", WSGIMiddleware(app))
    return TestClient(outer, raise_server_exceptions=False).post("/old/x?a=1", content=b"body", **options)


def test_a_mounted_application_sees_the_request() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Start) -> list[bytes]:
        seen.update(environ)
        start_response("201 Created", [("X-Name", "value")])
        return [environ["wsgi.input"].read()]

    response = answer(app, headers=[("X-Twice", "1"), ("X-Twice", "2")])
    assert (response.status_code, response.content, response.headers["x-name"]) == (201, b"body", "value")
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"], seen["QUERY_STRING"]) == ("/old", "/x", "a=1")
    assert (seen["CONTENT_LENGTH"], seen["HTTP_X_TWICE"], seen["REMOTE_ADDR"]) == ("4", "1,2", "testclient")


def test_pieces_are_sent_and_the_iterable_is_closed() -> None:
    closed = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            return iter((b"", b"one", b"", b"two"))

        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], start_response: Start) -> Any:
        write = start_response("200 OK", [])
        write(b"zero ")
        return Body()

    assert answer(app).text == "zero onetwo"
    assert closed == [True]


def test_an_empty_answer_has_a_head() -> None:
    def app(environ: dict[str, Any], start_response: Start) -> list[bytes]:
        start_response("204 No Content", [])
        return []

    assert answer(app).status_code == 204


def test_an_error_travels_up() -> None:
    def raises(environ: dict[str, Any], start_response: Start) -> list[bytes]:
        raise RuntimeError("boom")

    def reports(environ: dict[str, Any], start_response: Start) -> list[bytes]:
        try:
            raise RuntimeError("boom")
        except RuntimeError:
            start_response("503 Service Unavailable", [], sys.exc_info())
        return [b"sorry"]

    assert answer(raises).status_code == 500
    assert (answer(reports).status_code, answer(reports).text) == (503, "sorry")
    with pytest.raises(RuntimeError, match="boom"):
        TestClient(WSGIMiddleware(reports)).get("/")


def test_what_comes_in_the_wrong_order_is_refused() -> None:
    def without_head(environ: dict[str, Any], start_response: Start) -> list[bytes]:
        return [b"x"]

    def twice(environ: dict[str, Any], start_response: Start) -> list[bytes]:
        start_response("200 OK", [])
        start_response("200 OK", [])
        return []

    def late(environ: dict[str, Any], start_response: Start) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"x"
        try:
            raise ValueError("too late")
        except ValueError:
            start_response("500 Error", [], sys.exc_info())

    for app, error in ((without_head, AssertionError), (twice, AssertionError), (late, ValueError)):
        with pytest.raises(error):
            TestClient(WSGIMiddleware(app)).get("/")


def test_websockets_are_refused() -> None:
    def app(environ: dict[str, Any], start_response: Start) -> list[bytes]:
        return []

    with (
        pytest.raises(RuntimeError, match="HTTP requests only"),
        TestClient(WSGIMiddleware(app)).websocket_connect("/"),
    ):
        pass


@pytest.mark.parametrize(
    ("root", "path", "info"),
    [("/app", "/application", "/application"), ("/app", "/app/users", "/users"), ("", "/é", "/\xc3\xa9")],
)
def test_the_path_below_the_root_path(root: str, path: str, info: str) -> None:
    scope = {"method": "GET", "http_version": "1.1", "path": path, "root_path": root, "query_string": b""}
    environ = build_environ(scope, b"")
    assert environ["PATH_INFO"] == info
    assert environ["SERVER_NAME"] == "localhost"
