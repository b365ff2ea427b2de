"""``hanok run`` serves what others wrote, and the servers of others serve Hanok: processes, sockets, real clients."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from hanok.version import __file__ as VERSION_FILE

BARE = """
    async def app(scope, receive, send):
        assert scope["type"] == "http", "no lifespan, no WebSockets"
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        await send({"type": "http.response.start", "status": 201, "headers": [(b"X-Length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": scope["path"].encode(), "more_body": True})
        if scope["path"] == "/late":
            raise ValueError("late")
        await send({"type": "http.response.body", "body": body[-3:]})
"""

STARLETTE = """
    import contextlib

    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.responses import FileResponse, JSONResponse, StreamingResponse
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    @contextlib.asynccontextmanager
    async def lifespan(app):
        print("starlette is up", flush=True)
        yield {"word": "kept"}
        print("starlette is down", flush=True)

    async def echo(request):
        sent = await request.form()
        file = sent["file"]
        content = await file.read()
        return JSONResponse(
            {"word": request.state.word, "name": file.filename, "size": len(content), "q": request.query_params["q"]},
            background=BackgroundTask(print, "background has run", flush=True),
        )

    async def stream(request):
        async def pieces():
            for number in range(3):
                yield str(number) * 1000

        return StreamingResponse(pieces(), media_type="text/plain")

    async def fail(request):
        raise ValueError("a secret")

    async def talk(websocket):
        await websocket.accept(subprotocol="talk")
        async for text in websocket.iter_text():
            await websocket.send_json({"said": text, "word": websocket.state.word})

    async def add_header(request, call_next):
        response = await call_next(request)
        response.headers["x-added"] = "yes"
        return response

    app = Starlette(
        routes=[
            Route("/echo", echo, methods=["POST"]),
            Route("/stream", stream),
            Route("/file", lambda request: FileResponse(__file__)),
            Route("/fail", fail),
            WebSocketRoute("/talk", talk),
            Mount("/static", StaticFiles(directory=".")),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=add_header), Middleware(GZipMiddleware)],
        lifespan=lifespan,
    )
"""

DJANGO = """
    import asyncio

    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="for tests", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[
            "django.middleware.common.CommonMiddleware", "django.middleware.security.SecurityMiddleware",
        ],
    )
    django.setup()

    from django.core.asgi import get_asgi_application
    from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
    from django.urls import path

    def form(request):
        return JsonResponse({"a": request.POST["a"], "size": request.FILES["file"].size, "host": request.get_host()})

    async def slowly(request):
        await asyncio.sleep(0)
        response = HttpResponse(request.method)
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response

    async def stream(request):
        async def pieces():
            for number in range(3):
                yield str(number)

        return StreamingHttpResponse(pieces())

    def fail(request):
        raise ValueError("a secret")

    urlpatterns = [path("form", form), path("slowly", slowly), path("stream", stream), path("fail", fail)]
    app = get_asgi_application()
"""

HANOK = """
    from contextlib import asynccontextmanager

    from hanok import BackgroundTasks, Hanok, Request, UploadFile, WebSocket
    from hanok.http import StreamingResponse

    @asynccontextmanager
    async def lifespan(app):
        print("hanok is up", flush=True)
        yield {"word": "kept"}
        print("hanok is down", flush=True)

    app = Hanok(lifespan=lifespan)

    @app.post("/echo")
    async def echo(request: Request, file: UploadFile, q: str, tasks: BackgroundTasks):
        tasks.add_task(print, "background has run", flush=True)
        size = len(await file.read())
        return {"word": request.state.word, "name": file.filename, "size": size, "q": q}

    @app.get("/stream")
    async def stream():
        async def pieces():
            for number in range(3):
                yield str(number) * 1000

        return StreamingResponse(pieces(), media_type="text/plain")

    @app.get("/fail")
    async def fail():
        raise ValueError("a secret")

    @app.get("/late")
    async def late():
        async def pieces():
            yield "began"
            raise ValueError("late")

        return StreamingResponse(pieces())

    @app.websocket("/talk")
    async def talk(websocket: WebSocket):
        await websocket.accept(subprotocol="talk")
        async for text in websocket.iter_text():
            await websocket.send_json({"said": text, "word": websocket.state.word})

    @app.middleware("http")
    async def add_header(request, call_next):
        response = await call_next(request)
        response.headers["x-added"] = "yes"
        return response
"""

HANOK_RUN = ("hanok", "run", "main:app", "--port", "0")
UVICORN = ("uvicorn", "main:app", "--port", "0")
NEEDS = {STARLETTE: "starlette", DJANGO: "django"}


class Program:
    """A server in a process of its own. ``url`` is where it serves; ``output`` is there once it has ended."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.output = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.output += line
            if found := re.search(r"http://127\.0\.0\.1:[0-9]+", line):
                self.url = found[0]
                return
        raise AssertionError(self.output)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.output += self.process.communicate(timeout=30)[0]
        finally:
            self.process.kill()
        return self.process.returncode


Serve = Callable[..., Program]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a command on a program's text; what still runs is ended with the test."""

    @contextmanager
    def ended(program: Program) -> Iterator[None]:
        yield
        if program.process.returncode is None:
            program.stop()

    with ExitStack() as stack:

        def start(text: str, *command: str) -> Program:
            if text in NEEDS:
                pytest.importorskip(NEEDS[text])
            (tmp_path / "main.py").write_text(textwrap.dedent(text), "utf-8")
            env = {name: value for name, value in os.environ.items() if not name.startswith("HANOK_")}
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=tmp_path,
                env={**env, "PYTHONPATH": str(Path(VERSION_FILE).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            program = Program(process)
            stack.enter_context(ended(program))
            return program

        yield start


@pytest.fixture
def http() -> Iterator[Any]:
    """A client of no framework."""
    httpx = pytest.importorskip("httpx")
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


def says_everything(program: Program, http: Any) -> None:
    """What ``STARLETTE`` and ``HANOK`` have in common."""
    answer = http.post(program.url + "/echo?q=%C3%A9", files={"file": ("a.txt", b"x" * 200_000)})
    assert answer.json() == {"word": "kept", "name": "a.txt", "size": 200_000, "q": "é"}
    assert answer.headers["x-added"] == "yes"
    assert http.get(program.url + "/stream").text == "0" * 1000 + "1" * 1000 + "2" * 1000
    # Uvicorn gives a connection up after an error, Hanok does not.
    answer = http.get(program.url + "/fail", headers={"connection": "close"})
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert http.get(program.url + "/nowhere").status_code == 404

    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    url = program.url.replace("http", "ws") + "/talk"
    with connect(url, subprotocols=[Subprotocol("talk")], proxy=None) as websocket:
        assert websocket.subprotocol == "talk"
        websocket.send("hé")
        assert websocket.recv(timeout=30) == '{"said":"hé","word":"kept"}'


def cut_short(program: Program, http: Any) -> None:
    """An answer that failed after it began is seen to be no whole one."""
    with pytest.raises(sys.modules["httpx"].RemoteProtocolError, match="incomplete"):
        http.get(program.url + "/late")


def test_a_starlette_application_is_served_whole(serve: Serve, http: Any) -> None:
    program = serve(STARLETTE, *HANOK_RUN)
    says_everything(program, http)
    answer = http.get(program.url + "/file", headers={"range": "bytes=1-6"})
    assert (answer.status_code, answer.text) == (206, "import")
    answer = http.get(program.url + "/static/main.py", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "StaticFiles" in answer.text
    assert http.head(program.url + "/stream").headers["content-type"] == "text/plain; charset=utf-8"
    assert program.stop() == 0
    words = ["starlette is up", "background has run", "starlette is down"]
    assert re.findall("|".join(words), program.output) == words  # other threads write between text and line end


def test_a_django_application_is_served(serve: Serve, http: Any) -> None:
    program = serve(DJANGO, *HANOK_RUN)
    answer = http.post(program.url + "/form", data={"a": "é"}, files={"file": ("a", b"x" * 100_000)})
    assert answer.json() == {"a": "é", "size": 100_000, "host": program.url.removeprefix("http://")}
    answer = http.put(program.url + "/slowly", content=iter([b"in ", b"chunks"]))
    assert answer.text == "PUT"
    assert dict(answer.cookies) == {"a": "1", "b": "2"}
    assert http.get(program.url + "/stream").text == "012"
    answer = http.get(program.url + "/fail")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert http.get(program.url + "/nowhere").status_code == 404
    assert program.stop() == 0


def test_a_bare_callable_is_served(serve: Serve, http: Any) -> None:
    program = serve(BARE, *HANOK_RUN)
    answer = http.post(program.url + "/a%20b", content=b"x" * 300_000 + b"end")
    assert (answer.status_code, answer.headers["x-length"], answer.text) == (201, "300003", "/a bend")
    assert http.get(program.url).headers["x-length"] == "0"
    cut_short(program, http)
    assert http.get(program.url).status_code == 201
    assert program.stop() == 0
    assert program.output.count("Traceback") == program.output.count("ValueError: late") == 1


@pytest.mark.parametrize("command", [HANOK_RUN, UVICORN], ids=["hanok", "uvicorn"])
def test_a_hanok_application_does_the_same_under_both_servers(
    serve: Serve, http: Any, command: tuple[str, ...]
) -> None:
    pytest.importorskip(command[0])
    program = serve(HANOK, *command)
    says_everything(program, http)
    cut_short(program, http)
    # Uvicorn ends a process that a signal has stopped by that signal.
    assert program.stop() in (0, -signal.SIGTERM)
    words = ["hanok is up", "background has run", "hanok is down"]
    assert re.findall("|".join(words), program.output) == words  # other threads write between text and line end
    assert program.output.count("ValueError: a secret") == 1
