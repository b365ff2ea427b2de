"""When the fast way cannot read a request, the careful way calls everything just the same: through both doors."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from pydantic import BaseModel

from hanok import (
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    Form,
    Hanok,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    Security,
    UploadFile,
    WebSocket,
)
from hanok.security import SecurityScopes

# A byte order mark is refused by the validator of bytes and accepted by the standard library's parser (RFC 8259 §8.1).
BODY = b'\xef\xbb\xbf{"name":"a"}'
JSON = {"content-type": "application/json"}


class Item(BaseModel):
    name: str


def test_every_kind_of_dependency_and_argument_reaches_the_endpoint(client_for: Any) -> None:
    app = Hanok()
    ends: list[str] = []

    async def opened() -> AsyncIterator[str]:
        yield "open"
        ends.append("opened")

    def threaded(request: Request) -> Iterator[str]:
        yield request.url.path
        ends.append("threaded")

    def sync(scopes: SecurityScopes) -> list[str]:
        return scopes.scopes

    async def limited() -> str:
        return "limited"

    @app.post("/async")
    async def endpoint(
        item: Item,
        tasks: BackgroundTasks,
        response: Response,
        a: Annotated[str, Depends(opened, scope="function")],
        b: Annotated[str, Depends(threaded, scope="function")],
        c: Annotated[list[str], Security(sync, scopes=["s"])],
        d: Annotated[str, Depends(limited, max_concurrency=2)],
        q: Annotated[list[int], Query()],
        h: Annotated[str, Header()],
        k: Annotated[str, Cookie()],
        none: Annotated[list[str] | None, Cookie()] = None,
    ) -> Any:
        response.headers["x-a"] = "1"
        return [item.name, a, b, c, d, q, h, k, none]

    @app.post("/sync")
    def plain(item: Item) -> Any:
        return item.name

    @app.post("/stream")
    async def stream(item: Item) -> AsyncIterator[str]:
        yield item.name

    client = client_for(app)
    headers = {**JSON, "h": "head", "cookie": "k=cook"}
    response = client.post("/async?q=1&q=2", content=BODY, headers=headers)
    assert response.json() == ["a", "open", "/async", ["s"], "limited", [1, 2], "head", "cook", None]
    assert response.headers["x-a"] == "1"
    assert ends == ["threaded", "opened"]
    assert client.post("/sync", content=BODY, headers=JSON).json() == "a"
    assert client.post("/stream", content=BODY, headers=JSON).text == '"a"\n'


def test_a_dependency_behind_a_wrong_argument_may_still_refuse(client_for: Any) -> None:
    app = Hanok()

    def refuses() -> None:
        raise HTTPException(403)

    @app.get("/", dependencies=[Depends(refuses)])
    def endpoint(n: int) -> None: ...

    assert client_for(app).get("/?n=x").status_code == 403


def test_a_websocket_is_refused_with_every_fault(client_for: Any) -> None:
    app = Hanok()

    @app.websocket("/{n}")
    async def endpoint(websocket: WebSocket, n: int, m: int) -> None: ...

    seen: list[Any] = []

    from hanok.exceptions import WebSocketRequestValidationError

    @app.exception_handler(WebSocketRequestValidationError)
    async def handler(websocket: WebSocket, error: WebSocketRequestValidationError) -> None:
        seen.extend(each["loc"] for each in error.errors())
        await websocket.close(1008)

    try:
        with client_for(app).websocket_connect("/x?m=y"):
            pass
    except Exception as refused:
        assert type(refused).__name__  # noqa: PT017
    assert seen == [("path", "n"), ("query", "m")]


def test_bodies_and_forms_of_rare_shapes(client_for: Any) -> None:
    app = Hanok()

    class Upload(BaseModel):
        model_config = {"arbitrary_types_allowed": True}
        data: bytes
        name: str = "-"

    @app.post("/model-with-file")
    def model_with_file(upload: Annotated[Upload, Form(media_type="multipart/form-data")]) -> Any:
        return [upload.data.decode(), upload.name]

    @app.post("/bodies-beside-files")
    def bodies_beside_files(file: UploadFile, note: Annotated[str, Body()] = "-") -> Any:
        return [file.filename, note]

    @app.post("/unlike-json")
    async def unlike_json(raw: Annotated[bytes, Body()]) -> Any:
        return raw.decode()

    client = client_for(app)
    files = {"data": ("a.txt", b"abc")}
    assert client.post("/model-with-file", files=files, data={"name": "n"}).json() == ["abc", "n"]
    assert client.post("/bodies-beside-files", files={"file": ("a", b"")}, data={"note": "n"}).json() == ["a", "n"]
    assert client.post("/unlike-json", content=b"raw", headers={"content-type": "text/plain"}).json() == "raw"
