"""The recipe of docs/deployment.md: an application on AWS Lambda, by mangum. The events have the forms that AWS documents."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from hanok import Cookie, Hanok, Request, Response, UploadFile

mangum = pytest.importorskip("mangum")
pytestmark = pytest.mark.usefixtures("thread_event_loop")
CONTEXT = SimpleNamespace(function_name="shop", memory_limit_in_mb=128, aws_request_id="1")
Call = Callable[..., dict[str, Any]]


def application() -> Hanok:
    app = Hanok()

    @app.get("/items/{item_id}")
    def read(item_id: int, request: Request, q: str | None = None, session: str | None = Cookie(default=None)) -> Any:
        assert request.client is not None
        return {
            "item_id": item_id,
            "q": q,
            "session": session,
            "client": request.client.host,
            "scheme": request.url.scheme,
            "host": request.url.hostname,
        }

    @app.post("/items", status_code=201)
    def create(item: dict[str, int]) -> dict[str, int]:
        return item

    @app.post("/upload")
    async def upload(file: UploadFile) -> dict[str, Any]:
        return {"name": file.filename, "size": len(await file.read())}

    @app.get("/picture")
    def picture() -> Response:
        return Response(b"\x89PNG\xff", media_type="image/png")

    @app.get("/cookies")
    def cookies(response: Response) -> None:
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")

    @app.get("/who")
    def who(request: Request) -> Any:
        return request.scope["aws.event"]["requestContext"].get("stage", "none")

    return app


def rest_api(method: str, path: str, query: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
    """API Gateway, payload version 1.0, which has decoded the query."""
    pairs = parse_qsl(query)
    return {
        "version": "1.0",
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in pairs} or None,
        "requestContext": {
            "stage": "prod",
            "identity": {"sourceIp": "203.0.113.9"},
            "httpMethod": method,
            "path": path,
        },
        "pathParameters": {"proxy": path.strip("/")},
        "stageVariables": None,
        **encoded(body),
    }


def http_api(method: str, path: str, query: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
    """API Gateway, payload version 2.0; function URLs have it too."""
    cookies = headers.get("cookie")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name: value for name, value in headers.items() if name != "cookie"},
        **({"cookies": cookies.split("; ")} if cookies else {}),
        "requestContext": {
            "stage": "$default",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.9",
                "userAgent": "test",
            },
        },
        **encoded(body),
    }


def balancer(method: str, path: str, query: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
    """An Application Load Balancer, which hands values over as they were escaped."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/shop/1"}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": dict(pair.split("=", 1) for pair in query.split("&") if pair),
        "headers": {**headers, "x-forwarded-for": "203.0.113.9"},
        **encoded(body),
    }


def encoded(body: bytes | None) -> dict[str, Any]:
    if body is None:
        return {"body": None, "isBase64Encoded": False}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


KINDS = {"API Gateway 1.0": rest_api, "API Gateway 2.0": http_api, "load balancer": balancer}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def call(kind: str) -> Call:
    """``call("GET", "/items/5")`` replays an event of this kind."""
    handler = mangum.Mangum(application(), lifespan="off")

    def replay(method: str, path: str, query: str = "", body: bytes | None = None, **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"host": "shop.example", "x-forwarded-proto": "https", "x-forwarded-port": "443", **named}
        answer: dict[str, Any] = handler(KINDS[kind](method, path, query, named, body), CONTEXT)
        return answer

    return replay


def header_of(answer: dict[str, Any], name: str) -> list[str]:
    many = answer.get("multiValueHeaders") or {}
    one = answer.get("headers") or {}
    return [*many.get(name, []), *([one[name]] if name in one else [])]


def test_path_query_cookie_and_client_arrive(call: Call) -> None:
    answer = call("GET", "/items/5", "q=a%20b", cookie="session=s3; other=x")
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {
        "item_id": 5,
        "q": "a b",
        "session": "s3",
        "client": "203.0.113.9",
        "scheme": "https",
        "host": "shop.example",
    }


def test_a_wrong_value_is_a_422(call: Call) -> None:
    answer = call("GET", "/items/five")
    assert answer["statusCode"] == 422
    assert json.loads(answer["body"])["detail"][0]["loc"] == ["path", "item_id"]
    assert call("GET", "/nowhere")["statusCode"] == 404


def test_bodies_are_decoded(call: Call) -> None:
    answer = call("POST", "/items", body=b'{"price": 3}', content_type="application/json")
    assert (answer["statusCode"], answer["body"], answer["isBase64Encoded"]) == (201, '{"price":3}', False)


def test_files_arrive_whole(call: Call) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n\xff\x00\xfe\r\n--x--\r\n'
    answer = call("POST", "/upload", body=form, content_type="multipart/form-data; boundary=x")
    assert json.loads(answer["body"]) == {"name": "a.bin", "size": 3}


def test_pictures_leave_as_base64(call: Call) -> None:
    answer = call("GET", "/picture")
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == b"\x89PNG\xff"


def test_several_cookies_are_set(call: Call, kind: str) -> None:
    answer = call("GET", "/cookies")
    # A load balancer without multi-value headers is told each cookie under a spelling of its own.
    spelled = [value for name, value in answer.get("headers", {}).items() if name.lower() == "set-cookie"]
    found = answer.get("cookies") or header_of(answer, "set-cookie")
    found = spelled if kind == "load balancer" else found
    assert [cookie.partition(";")[0] for cookie in found] == ["a=1", "b=2"]


def test_the_event_is_there_for_those_who_want_it(call: Call, kind: str) -> None:
    stage = {"API Gateway 1.0": "prod", "API Gateway 2.0": "$default", "load balancer": "none"}[kind]
    assert json.loads(call("GET", "/who")["body"]) == stage


def test_the_lifespan_runs_for_each_event() -> None:
    told = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Hanok) -> AsyncIterator[None]:
        told.append("up")
        yield
        told.append("down")

    app = Hanok(lifespan=lifespan)

    @app.get("/")
    def hello() -> str:
        return "hello"

    handler = mangum.Mangum(app, lifespan="auto")
    for _ in range(2):
        assert handler(http_api("GET", "/", "", {"host": "x"}, None), CONTEXT)["body"] == '"hello"'
    assert told == ["up", "down"] * 2  # for each event anew


def test_a_stage_in_the_path_is_taken_away() -> None:
    handler = mangum.Mangum(application(), lifespan="off", api_gateway_base_path="/prod")
    answer = handler(rest_api("GET", "/prod/items/5", "", {"host": "x"}, None), CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])["item_id"]) == (200, 5)


def test_the_recipe_of_the_page_runs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "deployment.md").read_text("utf-8")
    [recipe] = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "Mangum" in block]
    names: dict[str, Any] = {}
    exec(recipe, names)
    answer = names["handler"](http_api("GET", "/", "", {"host": "x"}, None), CONTEXT)
    assert (answer["statusCode"], answer["body"]) == (200, '{"Hello":"World"}')
