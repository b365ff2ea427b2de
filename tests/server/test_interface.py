import httpx
import pytest
from flask import Flask, request

from hanok import Hanok
from hanok.exceptions import ConfigError
from hanok.server.interface import interface_of
from hanok.server.threaded import Server


class OldStyle:
    """An application of ASGI 2."""

    def __init__(self, scope):
        self.scope = scope

    async def __call__(self, receive, send):
        assert self.scope["type"] == "http"
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.scope["path"].encode() + message["body"]})


async def newer(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"newer"})


def oldest(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield environ["REQUEST_METHOD"].encode()
    yield b" "
    yield environ["wsgi.input"].read()


flask = Flask("flask_app")


@flask.post("/upload/<name>")
def upload(name):
    return {"name": name, "size": len(request.get_data()), "q": request.args.get("q"), "host": request.host}


@flask.get("/stream")
def stream():
    return (piece for piece in ("a" * 100_000, "b" * 100_000)), 203, {"x-kind": "stream"}


@pytest.mark.parametrize(
    ("app", "kind"),
    [(OldStyle, "asgi2"), (newer, "asgi3"), (oldest, "wsgi"), (flask, "wsgi"), (Hanok(), "asgi3"), (lambda *a: None, "asgi3"),
     (max, "asgi3")],
)  # fmt: skip
def test_the_signature_tells_the_interface(app, kind):
    assert interface_of(app) == kind


@pytest.mark.parametrize("interface", ["auto", "asgi2"])
def test_an_application_of_asgi_2_is_served(interface):
    with Server(OldStyle, interface=interface) as server:
        assert httpx.post(f"{server.url}/path", content=b"!", timeout=20).text == "/path!"


@pytest.mark.parametrize("interface", ["auto", "asgi3"])
def test_an_application_of_asgi_3_is_served(interface):
    with Server(newer, interface=interface) as server:
        assert httpx.get(server.url, timeout=20).text == "newer"


@pytest.mark.parametrize("interface", ["auto", "wsgi"])
def test_an_application_of_wsgi_is_served(interface):
    with Server(oldest, interface=interface) as server:
        assert httpx.post(server.url, content=b"body", timeout=20).text == "POST body"
        assert httpx.get(server.url, timeout=20).text == "GET "


def test_flask_is_served_with_uploads_and_streams():
    with Server(flask) as server, httpx.Client(base_url=server.url, timeout=20) as client:
        told = client.post("/upload/cat?q=1", content=b"x" * 3_000_000).json()
        assert told == {"name": "cat", "size": 3_000_000, "q": "1", "host": server.url.removeprefix("http://")}
        answered = client.get("/stream")
        assert (answered.status_code, answered.headers["x-kind"], len(answered.content)) == (203, "stream", 200_000)
        assert client.get("/nowhere").status_code == 404


def test_a_wsgi_application_that_must_have_a_lifespan_does_not_start(caplog):
    with pytest.raises(ConfigError, match="did not start"):
        Server(oldest, lifespan="on").start()
    assert "WSGI has no lifespan" in caplog.text


def test_a_foreign_application_is_not_native():
    with pytest.raises(ConfigError, match=r"--interface native: a function is no native application"):
        Server(newer, interface="native").start()


def test_a_native_application_can_be_called_as_any_other():
    app = Hanok()

    @app.get("/")
    def root():
        return "native"

    with Server(app, interface="asgi3") as server:
        assert httpx.get(server.url, timeout=20).json() == "native"
