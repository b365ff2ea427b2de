"""``hanok explain``."""

from __future__ import annotations

from typing import Any

import pytest

API = """
from hanok.dependencies.functions import Depends
from hanok.gateways import NativeApp
from hanok.routing.api_router import APIRouter
from hanok.routing.plain import Route
from hanok.routing.router import Router

class Timing(NativeApp):
    def __init__(self, app): ...

class Legacy:
    def __init__(self, app): ...

class Declared:
    def __init__(self, cls, **kwargs):
        self.cls, self.args, self.kwargs = cls, (), kwargs

def session():
    yield 1

router = APIRouter()

@router.get("/items/new")
async def new_item(): ...

@router.get("/items/{item_id}")
async def read_item(item_id: int, q: str = "", db: int = Depends(session)) -> dict[str, int]: ...

@router.websocket("/live")
async def live(websocket): ...

async def ping(request): ...
async def files(scope, receive, send): ...

router.mount("/old", Router([Route("/ping", ping)]))
router.mount("/static", files)
router.host("docs.example.org", files)

class App(APIRouter):
    user_middleware = [Declared(Timing), Declared(Legacy, dispatch=session)]

app = App()
app.include_router(router)
"""


@pytest.fixture
def explained(project: Any, hanok: Any) -> Any:
    """``explained("GET", "/")`` gives the output and the exit code."""

    def explain(*arguments: str) -> tuple[str, int]:
        project(**{"api.py": API})
        command = hanok("explain", "api:app", *arguments)
        code = command.ends()
        assert "Traceback" not in command.text
        return command.text, code

    return explain


def in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


def test_it_shows_the_route_why_it_matched_and_every_step_in_order(explained: Any) -> None:
    text, code = explained("get", "/items/5?q=x")
    assert code == 0
    assert in_order(
        text,
        "GET /items/5",
        "/items/{item_id}",
        "api.read_item",
        "api.py:",
        "route 2 of 6, the first that takes it; it answers GET",
        "item_id = '5'",
        "Timing",
        "native",
        "Legacy (session)",
        "ASGI gateway",
        "call the dependency api.session",
        "item_id: int ← path 'item_id', required",
        "call the endpoint api.read_item",
        "answer with status 200",
        "after the answer was sent",
    )


def test_head_is_explained_as_get(explained: Any) -> None:
    text, code = explained("HEAD", "/items/new")
    assert code == 0
    assert "HEAD is answered as GET" in text


def test_a_websocket_has_its_own_routes(explained: Any) -> None:
    text, code = explained("WS", "/live")
    assert code == 0
    assert "call the endpoint api.live" in text
    text, code = explained("WS", "/items/5")
    assert code == 1
    assert "403" in text


def test_the_way_through_a_mount_is_shown(explained: Any) -> None:
    text, code = explained("GET", "/old/ping")
    assert code == 0
    assert in_order(text, "the only route", "/old → hanok.routing.router.Router", "call api.ping")
    text, code = explained("GET", "/static/style.css")
    assert code == 0
    assert in_order(text, "/static → api.files", "call api.files")
    text, code = explained("GET", "/", "--host", "docs.example.org")
    assert code == 0
    assert "docs.example.org → api.files" in text


def test_a_path_with_another_method_is_a_405_that_names_the_methods(explained: Any) -> None:
    text, code = explained("DELETE", "/items/5")
    assert code == 1
    assert "405 Method Not Allowed" in text
    assert "routes with this path answer GET" in text


def test_a_slash_too_much_is_a_redirect(explained: Any) -> None:
    text, code = explained("GET", "/items/5/")
    assert code == 1
    assert in_order(text, "307 Temporary Redirect", "the route is /items/5")


def test_an_unknown_path_gets_its_nearest(explained: Any) -> None:
    text, code = explained("GET", "/item/5")
    assert code == 1
    assert in_order(text, "404 Not Found", "no route has this path", "nearest", "/items/{item_id}")


def test_a_path_begins_with_a_slash(explained: Any) -> None:
    text, code = explained("GET", "items")
    assert code == 2
    assert "begins with /" in text
