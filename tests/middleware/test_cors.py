"""CORSMiddleware: preflights, and the headers of the other answers."""

from __future__ import annotations

from typing import Any

import pytest

from hanok.http import Response
from hanok.middleware import CORSMiddleware, ServerErrorMiddleware
from hanok.testing import TestClient

ORIGIN = "https://a.org"
VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network"


def preflight(client: Any, method: str = "GET", origin: str = ORIGIN, **more: str) -> Any:
    headers = {"origin": origin, "access-control-request-method": method}
    headers |= {f"access-control-request-{name.replace('_', '-')}": value for name, value in more.items()}
    return client.options("/", headers=headers)


def cors_headers(response: Any) -> dict[str, str]:
    return {
        name.removeprefix("access-control-"): value
        for name, value in response.headers.items()
        if name.startswith("access-control-")
    }


# ---- simple requests


def test_any_origin_may_read_without_credentials(client_for: Any, app: Any) -> None:
    client = client_for(CORSMiddleware(app.answering(), allow_origins=["*"]))
    response = client.get("/", headers={"origin": ORIGIN, "cookie": "a=b"})
    assert (response.text, cors_headers(response)) == ("ok", {"allow-origin": "*"})
    assert response.headers["vary"] == "Origin"


def test_with_credentials_the_origin_is_named(client_for: Any, app: Any) -> None:
    client = client_for(
        CORSMiddleware(app.answering(), allow_origins=["*"], allow_credentials=True, expose_headers=["X-E", "Y"])
    )
    response = client.get("/", headers={"origin": ORIGIN})
    assert cors_headers(response) == {
        "allow-origin": ORIGIN,
        "allow-credentials": "true",
        "expose-headers": "X-E, Y",
    }


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({}, False),
        ({"allow_origins": [ORIGIN]}, True),
        ({"allow_origins": ["https://b.org"]}, False),
        ({"allow_origin_regex": r"https://.*\.org"}, True),
        ({"allow_origin_regex": r"https://a"}, False),
    ],
)
def test_origins_are_listed_or_match_a_whole_pattern(app: Any, options: Any, allowed: bool) -> None:
    response = TestClient(CORSMiddleware(app.answering(), **options)).get("/", headers={"origin": ORIGIN})
    assert cors_headers(response) == ({"allow-origin": ORIGIN} if allowed else {})
    assert response.headers["vary"] == "Origin"


def test_without_an_origin_only_vary_is_added(client_for: Any, app: Any) -> None:
    client = client_for(CORSMiddleware(app.answering(), allow_origins=["*"], allow_credentials=True))
    for response in (client.get("/"), client.options("/", headers={"access-control-request-method": "GET"})):
        assert (response.text, cors_headers(response), response.headers["vary"]) == ("ok", {}, "Origin")


def test_options_that_are_no_preflight_reach_the_application(app: Any) -> None:
    client = TestClient(CORSMiddleware(app.answering(), allow_origins=["*"]))
    response = client.options("/", headers={"origin": ORIGIN})
    assert (response.text, cors_headers(response)) == ("ok", {"allow-origin": "*"})


def test_headers_of_the_application_are_replaced_and_vary_is_extended(app: Any) -> None:
    own = Response(headers={"access-control-allow-origin": "null", "vary": "Accept"})
    client = TestClient(CORSMiddleware(app.answering(own), allow_origins=["*"]))
    response = client.get("/", headers={"origin": ORIGIN})
    assert response.headers.get_list("access-control-allow-origin") == ["*"]
    assert response.headers["vary"] == "Accept, Origin"


def test_a_header_of_the_application_is_replaced_in_any_case(app: Any) -> None:
    own = Response()
    own.raw_headers.append((b"Access-Control-Allow-Origin", b"null"))
    client = TestClient(CORSMiddleware(app.answering(own), allow_origins=[ORIGIN]))
    response = client.get("/", headers={"origin": ORIGIN})
    assert response.headers.get_list("access-control-allow-origin") == [ORIGIN]
    assert response.headers["vary"] == "Origin"


def test_an_origin_that_no_header_can_hold_is_nobodys(app: Any) -> None:
    client = TestClient(CORSMiddleware(app.answering(), allow_origins=["https://ä.org", "https://Ω.org", ""]))
    assert cors_headers(client.get("/", headers={"origin": "https://?.org"})) == {}
    named = "https://ä.org".encode("latin-1")
    assert client.get("/", headers=[(b"origin", named)]).headers.raw.count((b"access-control-allow-origin", named)) == 1


def test_a_subclass_may_decide_which_origins_are_allowed(app: Any) -> None:
    class OfTheHouse(CORSMiddleware):
        def is_allowed_origin(self, origin: str) -> bool:
            return origin.endswith(".house")

    client = TestClient(OfTheHouse(app.answering()))
    assert cors_headers(client.get("/", headers={"origin": "https://a.house"})) == {"allow-origin": "https://a.house"}
    assert cors_headers(client.get("/", headers={"origin": ORIGIN})) == {}


def test_a_server_error_can_be_read_too(client_for: Any, app: Any) -> None:
    async def fail(exchange: Any) -> None:
        raise ValueError("boom")

    client = client_for(ServerErrorMiddleware(CORSMiddleware(app(fail), allow_origins=["*"])))
    response = client.get("/", headers={"origin": ORIGIN})
    assert (response.status_code, cors_headers(response)) == (500, {"allow-origin": "*"})


# ---- preflights


def test_a_preflight_is_answered_here(client_for: Any, app: Any) -> None:
    response = preflight(client_for(CORSMiddleware(app.answering(), allow_origins=["*"])))
    assert (response.status_code, response.text) == (200, "OK")
    assert cors_headers(response) == {
        "allow-origin": "*",
        "allow-methods": "GET",
        "allow-headers": "Accept, Accept-Language, Content-Language, Content-Type",
        "max-age": "600",
    }
    assert response.headers["vary"] == VARY


def test_everything_can_be_allowed(app: Any) -> None:
    client = TestClient(
        CORSMiddleware(
            app.answering(),
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            allow_credentials=True,
            allow_private_network=True,
            max_age=5,
        )
    )
    response = preflight(client, "PATCH", headers="X-A, X-B", private_network="true")
    assert response.status_code == 200
    assert cors_headers(response) == {
        "allow-origin": ORIGIN,
        "allow-credentials": "true",
        "allow-methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY",
        "allow-headers": "X-A, X-B",
        "allow-private-network": "true",
        "max-age": "5",
    }


def test_what_is_not_allowed_is_named(app: Any) -> None:
    client = TestClient(CORSMiddleware(app.answering(), allow_origins=["https://b.org"], allow_headers=["X-B"]))
    response = preflight(client, "POST", headers="x-b, X-Q", private_network="true")
    assert response.status_code == 400
    assert response.text == "Disallowed CORS origin, method, headers, private-network"
    assert "access-control-allow-origin" not in response.headers
    assert preflight(client, origin="https://b.org", headers="x-b,accept").status_code == 200
    assert preflight(client, origin="https://b.org", headers="q").text == "Disallowed CORS headers"


# ---- around other things


def test_websockets_pass(client_for: Any, app: Any) -> None:
    async def accept(exchange: Any) -> None:
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        await exchange.send({"type": "websocket.send", "text": "hi"})
        await exchange.receive()

    with client_for(CORSMiddleware(app(accept), allow_origins=["*"])).websocket_connect("/") as session:
        assert session.receive_text() == "hi"


def test_it_is_a_middleware_for_any_asgi_application(client_for: Any) -> None:
    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": (await receive())["type"] + ".complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"x/y")]})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    client = client_for(CORSMiddleware(foreign, allow_origins=["*"]))
    response = client.get("/", headers={"origin": ORIGIN})
    assert (response.text, cors_headers(response)) == ("ab", {"allow-origin": "*"})
