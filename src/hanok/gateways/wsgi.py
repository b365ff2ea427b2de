"""The WSGI gateway: an exchange → a WSGI application (PEP 3333), in a thread."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any

from hanok.exchange import Exchange
from hanok.gateways.asgi_in import NativeApp
from hanok.types import Scope

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# PEP 3333: these two come without HTTP_ in front.
PLAIN_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class WSGIMiddleware(NativeApp):
    """Makes a WSGI application one of ours: ``app.mount("/old", WSGIMiddleware(flask_app))``.

    The body is read whole before the application is called; what it returns is sent piece by piece. An error that it
    raises, or reports by ``exc_info`` after its answer has begun, travels up as any other.
    """

    def __init__(self, app: WSGIApp) -> None:
        self.app = app

    async def handle(self, exchange: Any) -> None:
        if not isinstance(exchange, Exchange):
            raise RuntimeError("a WSGI application answers HTTP requests only")
        from anyio.to_thread import run_sync

        environ = build_environ(exchange.scope, await exchange.read())
        await run_sync(Call(exchange).run, self.app, environ)
        await exchange.finish()


class Call:
    """One call of the application, in its thread."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.head: tuple[int, list[tuple[bytes, bytes]]] | None = None
        self.error: Any = None

    def run(self, app: WSGIApp, environ: dict[str, Any]) -> None:
        self.send_all(app, environ)
        if self.error is not None:
            raise self.error[1].with_traceback(self.error[2])

    def send_all(self, app: WSGIApp, environ: dict[str, Any]) -> None:
        """What the application answers; an error that it reports is left in ``error``."""
        body = app(environ, self.start_response)
        try:
            for piece in body:
                # PEP 3333: the head goes out with the first piece that is not empty, and not before.
                if piece:
                    self.write(piece)
            if not self.exchange.answer_state:
                self.write(b"")
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()

    def start_response(
        self, status: str, headers: Iterable[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """PEP 3333 "The start_response() Callable"."""
        if exc_info is not None:
            self.error = exc_info
            if self.exchange.answer_state:
                raise exc_info[1].with_traceback(exc_info[2])
        elif self.head is not None:
            raise AssertionError("start_response() may be called once, but for errors")
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self.head = int(status.split(" ", 1)[0]), pairs
        return self.write

    def write(self, data: bytes) -> None:
        from anyio import from_thread

        if self.head is None:
            raise AssertionError("the WSGI application gave its body before it called start_response()")
        from_thread.run(self._send, data)

    async def _send(self, data: bytes) -> None:
        assert self.head is not None
        if not self.exchange.answer_state:
            self.exchange.start(*self.head)
        if data:
            await self.exchange.write(data)


def build_environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """The WSGI environment of an ASGI HTTP scope (PEP 3333 "environ Variables")."""
    script_name = scope.get("root_path", "")
    path = scope["path"]
    below = path[len(script_name) :] if path.startswith(script_name) else path
    if script_name and not script_name.endswith("/") and below and not below.startswith("/"):
        below = path  # /application is not below /app
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        # PEP 3333 "Unicode Issues": bytes, as latin-1 text.
        "SCRIPT_NAME": script_name.encode("utf-8").decode("latin-1"),
        "PATH_INFO": below.encode("utf-8").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("ascii"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": server[1],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stdout,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    for name, value in scope.get("headers", ()):
        key = PLAIN_NAMES.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ
