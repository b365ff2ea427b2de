"""The pages for browsers that ask for what no route answers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hanok import APIRouter, Hanok, HTTPException, WebSocket
from hanok.http import JSONResponse
from hanok.routing import Router


def shop(debug: bool = True) -> Hanok:
    app = Hanok(debug=debug, title="The cup shop")
    router = APIRouter(prefix="/api/cups")

    @router.get("/")
    def list_cups() -> None: ...

    @router.post("/")
    def add_cup() -> None: ...

    @router.get("/{cup_id}/picture")
    def picture(cup_id: int) -> None: ...

    @router.get("/by-number/{number:int}")
    def by_number(number: int) -> None: ...

    @app.websocket("/live")
    async def live(websocket: WebSocket) -> None: ...

    @app.get("/missing/{name}")
    def missing(name: str) -> None:
        raise HTTPException(404, "no such thing")

    app.include_router(router)
    return app


def near(page: str) -> list[str]:
    found = re.search(r'<ol class="near mono">(.*?)</ol>', page, re.DOTALL)
    if found is None:
        return []
    return [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<li>(.*?)</li>", found[1])]


def test_api_clients_get_the_usual_answer(client_for: Any) -> None:
    client = client_for(shop())
    for path in ("/", "/nowhere"):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (404, '{"detail":"Not Found"}')
    assert client.delete("/api/cups/").json() == {"detail": "Method Not Allowed"}


def test_browsers_get_the_usual_answer_in_production(browse: Any) -> None:
    for path in ("/", "/nowhere"):
        assert browse(shop(debug=False), path).text == '{"detail":"Not Found"}'


@pytest.mark.parametrize(
    ("path", "first", "why"),
    [
        ("/cups/5/picture", "/api/cups/{cup_id}/picture", "it begins with /api"),
        ("/v1/api/cups/5/picture", "/api/cups/{cup_id}/picture", "it is there without /v1"),
        ("/API/Cups/", "/api/cups/", "upper and lower case"),
        ("/api/cup/5/pictures", "/api/cups/{cup_id}/picture", ""),
        ("/api/cups/by-number/five", "/api/cups/by-number/{number:int}", "does not have the form"),
        ("/live", "/live", "WebSockets only"),
        ("/redocs", "/redoc", ""),
    ],
)
def test_what_is_near_is_named(browse: Any, path: str, first: str, why: str) -> None:
    answer = browse(shop(), path)
    assert answer.status_code == 404
    assert first in near(answer.text)[0]
    assert why in near(answer.text)[0]


def test_a_route_that_differs_in_the_final_slash_is_named(browse: Any) -> None:
    app = Hanok(debug=True, redirect_slashes=False)

    @app.get("/cups")
    def cups() -> None: ...

    assert "final slash" in near(browse(app, "/cups/").text)[0]


def test_what_is_like_nothing_gets_no_guess(browse: Any) -> None:
    page = browse(shop(), "/0123456789").text
    assert near(page) == []
    assert "/api/cups/{cup_id}/picture" in page  # but everything there is


def test_what_was_asked_is_escaped(browse: Any) -> None:
    page = browse(shop(), "/<script>?q=<b>").text
    assert "<script>" not in page
    assert "<b>" not in page


def test_a_method_that_is_not_answered_shows_those_that_are(browse: Any) -> None:
    answer = browse(shop(), "/api/cups/", "DELETE")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert "does not answer DELETE" in answer.text
    assert "add_cup" in answer.text


def test_an_endpoint_that_says_404_is_left_alone(browse: Any) -> None:
    assert browse(shop(), "/missing/x").json() == {"detail": "no such thing"}


def test_an_application_that_answers_404_itself_is_left_alone(browse: Any) -> None:
    app = shop()

    @app.exception_handler(404)
    async def own(request: Any, error: Any) -> JSONResponse:
        return JSONResponse({"own": "answer"}, status_code=404)

    assert browse(app, "/nowhere").json() == {"own": "answer"}


def test_an_application_without_a_start_page_has_one_for_browsers(browse: Any) -> None:
    answer = browse(shop(), "/")
    assert answer.status_code == 404
    for part in ("The cup shop is here", 'href="/docs"', 'href="/redoc"', 'href="/openapi.json"', "list_cups"):
        assert part in answer.text


def test_an_empty_application_shows_a_first_route(browse: Any) -> None:
    page = browse(Hanok(debug=True), "/").text
    assert "Your application is here" in page
    assert "Its first route" in page
    assert "What it answers" not in page


def test_an_application_without_documentation_links_to_none(browse: Any) -> None:
    assert 'class="links"' not in browse(Hanok(debug=True, openapi_url=None), "/").text
    assert "/redoc" not in browse(Hanok(debug=True, redoc_url=None), "/").text


def test_links_lead_below_the_root_path(browse: Any) -> None:
    page = browse(shop(), "/", root_path="/shop").text
    assert 'href="/shop/docs"' in page
    assert 'href="/shop/api/cups/"' in page


def test_many_routes_are_folded(browse: Any) -> None:
    app = Hanok(debug=True)
    for number in range(30):
        app.add_api_route(f"/number/{number}", lambda: None)
    page = browse(app, "/nowhere").text
    assert "<summary>All 30 routes</summary>" in page


def test_a_mounted_application_tells_of_its_own_routes(browse: Any) -> None:
    outer = Hanok(debug=True)
    outer.mount("/shop", shop())
    outer.host("files.example", Router())
    assert "/api/cups/" in near(browse(outer, "/shop/api/cup/").text)[0]
    assert "/shop/api/cups/" in browse(outer, "/nowhere").text
