"""The application: what surrounds the routes, and what happens when something goes wrong. Through both doors."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

import hanok
from hanok import (
    APIRouter,
    Depends,
    FastAPI,
    Hanok,
    HTTPException,
    Query,
    Request,
    Response,
    UploadFile,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
)
from hanok.exceptions import HanokDeprecationWarning, HTTPError, RequestValidationError
from hanok.http import FileResponse, JSONResponse, PlainTextResponse, StreamingResponse
from hanok.middleware import CORSMiddleware, GZipMiddleware, Middleware
from hanok.testing import TestClient


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    """Errors of applications are logged by the server; here they are wanted."""
    logger = logging.getLogger("hanok.error")
    logger.disabled = True
    yield
    logger.disabled = False


def test_the_front_door_has_every_name_it_promises() -> None:
    assert FastAPI is Hanok
    for name in hanok.__all__:
        assert getattr(hanok, name) is not None


def test_unknown_paths_and_methods_are_told(client_for: Any) -> None:
    app = Hanok()

    @app.get("/items")
    async def read() -> None: ...

    @app.post("/items")
    async def write() -> None: ...

    client = client_for(app)
    response = client.get("/nothing")
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
    response = client.delete("/items")
    assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})
    assert response.headers["allow"] == "GET, POST"
    response = client.get("/items/?q=1", follow_redirects=False)
    assert response.status_code == 307
    assert response.headers["location"].endswith("/items?q=1")


def test_http_exceptions_become_answers(client_for: Any) -> None:
    app = Hanok()

    @app.get("/any-detail")
    async def any_detail() -> None:
        raise HTTPException(418, {"a": 1}, {"x-a": "1"})

    @app.get("/no-body")
    def no_body() -> None:
        raise HTTPException(304)

    client = client_for(app)
    response = client.get("/any-detail")
    assert (response.status_code, response.json(), response.headers["x-a"]) == (418, {"detail": {"a": 1}}, "1")
    assert (client.get("/no-body").status_code, client.get("/no-body").content) == (304, b"")


def test_an_error_is_a_500_and_its_neighbours_live(client_for: Any) -> None:
    app = Hanok()

    @app.get("/")
    async def endpoint(fail: bool = False) -> str:
        if fail:
            raise RuntimeError("secret")
        return "ok"

    client = client_for(app)
    for _ in range(3):
        response = client.get("/?fail=1")
        assert (response.status_code, response.text) == (500, "Internal Server Error")
        assert client.get("/").json() == "ok"


def test_debug_shows_the_traceback(client_for: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANOK_DEBUG", "1")
    app = Hanok()

    @app.get("/")
    async def endpoint() -> None:
        raise RuntimeError("shown")

    response = client_for(app).get("/", headers={"accept": "text/html"})
    assert response.status_code == 500
    assert "RuntimeError" in response.text
    assert "shown" in response.text


def test_an_error_after_the_answer_began_cuts_it_short(client_for: Any) -> None:
    app = Hanok()

    @app.get("/")
    async def endpoint() -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"begun"
            raise RuntimeError

        return StreamingResponse(pieces())

    @app.get("/ok")
    async def ok() -> str:
        return "ok"

    client = client_for(app)
    try:
        response = client.get("/")
    except Exception as error:
        assert "Protocol" in type(error).__name__ or "Read" in type(error).__name__  # noqa: PT017
    else:
        assert response.content == b"begun"
    assert client.get("/ok").json() == "ok"


def test_exception_handlers_are_found_by_status_class_and_base(client_for: Any) -> None:
    class Base(Exception): ...

    class Derived(Base): ...

    app = Hanok(exception_handlers={404: lambda request, error: PlainTextResponse("nothing here", 404)})

    @app.exception_handler(Base)
    async def base(request: Request, error: Base) -> Response:
        return JSONResponse({"error": type(error).__name__, "path": request.url.path}, 400)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return PlainTextResponse(f"{len(error.errors())} {error.body}", 400)

    @app.exception_handler(Exception)
    async def all_others(request: Request, error: Exception) -> Response:
        return PlainTextResponse("sorry", 500)

    @app.get("/derived")
    async def derived() -> None:
        raise Derived

    @app.post("/body")
    async def body(a: Annotated[int, Query()], b: BaseModel) -> None: ...

    @app.get("/other")
    async def other() -> None:
        raise ZeroDivisionError

    client = client_for(app)
    assert client.get("/nowhere").text == "nothing here"
    assert client.get("/derived").json() == {"error": "Derived", "path": "/derived"}
    assert client.post("/body", json=[1]).text == "2 [1]"
    assert (client.get("/other").status_code, client.get("/other").text) == (500, "sorry")


def test_a_starlette_style_handler_catches_both_http_exceptions(client_for: Any) -> None:
    app = Hanok()

    @app.exception_handler(HTTPError)
    async def handler(request: Request, error: HTTPError) -> Response:
        return PlainTextResponse(f"!{error.detail}", error.status_code)

    @app.get("/")
    async def endpoint() -> None:
        raise HTTPException(400, "x")

    client = client_for(app)
    assert client.get("/").text == "!x"
    assert client.get("/nowhere").text == "!Not Found"


def test_middleware_stands_around_in_the_order_of_declaration(client_for: Any) -> None:
    log: list[str] = []
    app = Hanok(middleware=[Middleware(CORSMiddleware, allow_origins=["https://a.example"])])
    app.add_middleware(GZipMiddleware, minimum_size=10)

    @app.middleware("http")
    async def first(request: Request, call_next: Any) -> Response:
        log.append("first")
        response: Response = await call_next(request)
        response.headers["x-first"] = str(response.status_code)
        return response

    @app.middleware("http")
    async def second(request: Request, call_next: Any) -> Response:
        log.append("second")
        return await call_next(request)  # type: ignore[no-any-return]

    @app.get("/")
    async def endpoint() -> str:
        return "a" * 100

    client = client_for(app)
    response = client.get("/", headers={"origin": "https://a.example", "accept-encoding": "gzip"})
    assert response.json() == "a" * 100
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["access-control-allow-origin"] == "https://a.example"
    assert response.headers["x-first"] == "200"
    assert log == ["second", "first"]
    with pytest.raises(RuntimeError, match="Cannot add middleware after an application has started"):
        app.add_middleware(GZipMiddleware)


def test_foreign_middleware_works(client_for: Any) -> None:
    class Foreign:
        def __init__(self, app: Any, word: str) -> None:
            self.app, self.word = app, word

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def sending(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-word", self.word.encode())]
                await send(message)

            await self.app(scope, receive, sending)

    app = Hanok()
    app.add_middleware(Foreign, word="w")
    app.add_middleware(CORSMiddleware)

    @app.post("/")
    async def endpoint(request: Request) -> Any:
        return (await request.body()).decode()

    response = client_for(app).post("/", content=b"abc")
    assert (response.json(), response.headers["x-word"]) == ("abc", "w")


def test_the_lifespan_surrounds_everything_and_its_state_reaches_requests(client_for: Any) -> None:
    @asynccontextmanager
    async def lifespan(app: Hanok) -> AsyncIterator[dict[str, Any]]:
        app.state.opened = True
        yield {"pool": "open"}

    app = Hanok(lifespan=lifespan)

    @app.get("/")
    async def endpoint(request: Request) -> Any:
        return [request.app.state.opened, request.state.pool]

    assert client_for(app).get("/").json() == [True, "open"]


def test_events_still_run_with_a_warning(client_for: Any) -> None:
    app = Hanok()
    with pytest.warns(DeprecationWarning, match="on_event is deprecated"):

        @app.on_event("startup")
        async def startup() -> None:
            app.state.started = True

    @app.get("/")
    async def endpoint() -> bool:
        return app.state.started  # type: ignore[no-any-return]

    assert client_for(app).get("/").json() is True


def test_applications_and_plain_routes_can_be_mounted(client_for: Any, tmp_path: Any) -> None:
    app, sub = Hanok(), Hanok(root_path="")

    @sub.get("/items")
    async def items(request: Request) -> Any:
        return [request.scope["root_path"], request.url.path]

    async def plain(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    told: list[str] = []

    @sub.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        told.append(str(error))
        return PlainTextResponse("invalid", 422)

    @sub.get("/numbers/{n}")
    async def number(n: int) -> int:
        return n

    app.mount("/sub", sub)
    app.mount("/plain", plain, name="plain")
    app.add_route("/route", lambda request: PlainTextResponse("route"))
    (tmp_path / "a.txt").write_text("0123456789")

    @app.get("/file")
    async def file() -> Response:
        return FileResponse(tmp_path / "a.txt")

    client = client_for(app)
    assert client.get("/sub/items").json() == ["/sub", "/sub/items"]
    assert client.get("/sub/openapi.json").json()["servers"] == [{"url": "/sub"}]
    assert client.get("/sub/nothing").json() == {"detail": "Not Found"}
    assert client.get("/sub/numbers/x").status_code == 422
    assert "GET /sub/numbers/{n}" in told[0]
    assert client.get("/plain/x").text == "/plain/x"
    assert client.get("/route").text == "route"
    assert client.get("/file").text == "0123456789"
    part = client.get("/file", headers={"range": "bytes=2-4"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "234", "bytes 2-4/10")
    assert app.url_path_for("file") == "/file"


@pytest.mark.filterwarnings("ignore:root_path= is deprecated")
def test_a_host_of_its_own_and_a_root_path(client_for: Any) -> None:
    app, other = Hanok(root_path="/api/"), Hanok()

    @other.get("/")
    async def elsewhere() -> str:
        return "other"

    app.host("other.example", other)

    @app.get("/")
    async def here(request: Request) -> Any:
        return request.scope["root_path"]

    client = client_for(app)
    assert client.get("/", headers={"host": "other.example"}).json() == "other"
    assert client.get("/").json() == "/api"


def test_uploaded_files_are_closed_after_everything(client_for: Any) -> None:
    app = Hanok()
    kept: list[UploadFile] = []

    async def keeps() -> AsyncIterator[None]:
        yield
        assert kept[-1].file.closed is False

    @app.post("/", dependencies=[Depends(keeps, scope="function")])
    async def endpoint(file: UploadFile) -> str | None:
        kept.append(file)
        return file.filename

    client = client_for(app)
    assert client.post("/", files={"file": ("a.txt", b"abc")}).json() == "a.txt"
    assert client.post("/", files={"file": ("b.txt", b"abc")}).json() == "b.txt"
    assert kept[0].file.closed


def test_websockets_are_validated_and_talk(client_for: Any) -> None:
    app = Hanok()
    log: list[str] = []

    async def opened() -> AsyncIterator[str]:
        yield "open"
        log.append("closed")

    @app.websocket("/echo/{times}")
    async def echo(websocket: WebSocket, times: int, state: Annotated[str, Depends(opened)], q: str = "-") -> None:
        await websocket.accept()
        for _ in range(times):
            await websocket.send_json([await websocket.receive_text(), state, q])
        await websocket.close()

    @app.websocket("/refuse")
    async def refuse(websocket: WebSocket) -> None:
        raise WebSocketException(1008, "no")

    client = client_for(app)
    with client.websocket_connect("/echo/2?q=x") as session:
        session.send_text("a")
        assert session.receive_json() == ["a", "open", "x"]
        session.send_text("b")
        assert session.receive_json() == ["b", "open", "x"]
    for path in ("/echo/x", "/refuse", "/nowhere"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
            pass
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/echo/x") as session:
        session.receive_text()


def test_websocket_dependencies_can_be_overridden(client_for: Any) -> None:
    app = Hanok()

    def who() -> str:
        return "somebody"

    @app.websocket("/")
    async def endpoint(websocket: WebSocket, name: Annotated[str, Depends(who)]) -> None:
        await websocket.accept()
        await websocket.send_text(name)
        await websocket.close()

    app.dependency_overrides[who] = lambda: "nobody"
    with client_for(app).websocket_connect("/") as session:
        assert session.receive_text() == "nobody"


def test_routes_may_be_added_while_it_runs(client_for: Any) -> None:
    app = Hanok()
    router = APIRouter()
    app.include_router(router, prefix="/late")
    client = client_for(app)
    assert client.get("/late/x").status_code == 404
    assert "/late/x" not in client.get("/openapi.json").json()["paths"]

    @router.get("/x")
    async def late() -> str:
        return "late"

    app.add_api_route("/y", late, methods=["POST"])
    assert client.get("/late/x").json() == "late"
    assert client.post("/y").json() == "late"
    assert {"/late/x", "/y"} <= client.get("/openapi.json").json()["paths"].keys()


def test_the_documents_can_be_switched_off() -> None:
    assert [route.name for route in Hanok(openapi_url=None).routes] == []
    assert [route.name for route in Hanok(docs_url=None, redoc_url=None).routes] == ["openapi"]
    with pytest.raises(AssertionError, match="A title must be provided for OpenAPI"):
        Hanok(title="")
    with pytest.raises(AssertionError, match=r'Currently only middleware\("http"\) is supported'):
        Hanok().middleware("websocket")


def test_a_subclass_with_a_call_of_its_own_is_called_through_it(client_for: Any) -> None:
    class Wrapped(Hanok):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                scope["path"] = "/inner"
            await super().__call__(scope, receive, send)

    app = Wrapped()

    @app.get("/inner")
    async def inner() -> str:
        return "inner"

    assert client_for(app).get("/outer").json() == "inner"


def test_many_requests_at_once_keep_their_own_contexts(client_for: Any) -> None:
    app = Hanok()

    @app.get("/{n}")
    async def endpoint(n: int) -> int:
        await asyncio.sleep(0)
        return n

    client = client_for(app)
    assert [client.get(f"/{n}").json() for n in range(20)] == list(range(20))


def test_a_root_path_is_for_the_server_to_know() -> None:
    with pytest.warns(HanokDeprecationWarning, match="hanok run --root-path"):
        Hanok(root_path="/api")


def test_a_bare_generator_is_a_lifespan_too() -> None:
    events: list[str] = []

    async def lifespan(app: Any) -> AsyncIterator[None]:
        events.append("up")
        yield
        events.append("down")

    with TestClient(Hanok(lifespan=lifespan)):
        assert events == ["up"]
    assert events == ["up", "down"]


def test_uploaded_files_are_closed_below_a_foreign_middleware_too() -> None:
    kept: list[Any] = []

    class Foreign:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    app = Hanok()
    app.add_middleware(Foreign)

    @app.post("/")
    async def endpoint(request: Request) -> int:
        kept.extend((await request.form()).values())
        return len(kept)

    assert TestClient(app).post("/", files={"file": b"x"}).json() == 1
    assert kept[0].file.closed
