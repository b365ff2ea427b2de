"""SessionMiddleware: when the cookie is read, written, ended, and left alone."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from itsdangerous import TimestampSigner

from hanok.middleware import ServerErrorMiddleware, SessionMiddleware
from hanok.middleware.sessions import Session
from hanok.testing import TestClient

KEY = "secret"


def cookie_of(data: Any, key: str = KEY) -> str:
    return TimestampSigner(key).sign(b64encode(json.dumps(data).encode())).decode()


def get(app: Any, use: Any, cookie: str | None = None, **options: Any) -> Any:
    client = TestClient(SessionMiddleware(app.telling(use), secret_key=KEY, **options))
    return client.get("/", headers={} if cookie is None else {"cookie": f"session={cookie}"})


def put(key: str, value: Any) -> Any:
    return lambda request: request.session.update({key: value})


def test_a_session_comes_back_with_the_client(client_for: Any, app: Any) -> None:
    def count(request: Any) -> int:
        request.session["n"] = request.session.get("n", 0) + 1
        return int(request.session["n"])

    client = client_for(SessionMiddleware(app.telling(count), secret_key=KEY))
    assert [client.get("/").text for _ in range(3)] == ["1", "2", "3"]


def test_the_cookie_is_signed_base64_of_json(app: Any) -> None:
    cookie = get(app, put("x", 1)).headers["set-cookie"]
    value, _, flags = cookie.removeprefix("session=").partition("; ")
    assert json.loads(b64decode(TimestampSigner(KEY).unsign(value))) == {"x": 1}
    assert flags == "path=/; Max-Age=1209600; httponly; samesite=lax"


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({"max_age": None}, "path=/; httponly; samesite=lax"),
        ({"https_only": True, "max_age": 1}, "path=/; Max-Age=1; httponly; samesite=lax; secure"),
        (
            {"same_site": "none", "domain": "a.org", "path": "/p", "partitioned": True, "max_age": 1},
            "path=/p; Max-Age=1; httponly; samesite=none; domain=a.org; partitioned",
        ),
    ],
)
def test_the_flags_of_the_cookie(app: Any, options: Any, flags: str) -> None:
    assert get(app, put("x", 1), **options).headers["set-cookie"].partition("; ")[2] == flags


@pytest.mark.parametrize(
    "use",
    [
        lambda request: None,
        lambda request: request.scope["session"],
    ],
)
def test_a_session_that_nobody_asked_for_leaves_no_trace(app: Any, use: Any) -> None:
    response = get(app, use, cookie_of({"a": 1}))
    assert "set-cookie" not in response.headers
    assert "vary" not in response.headers


@pytest.mark.parametrize(
    "use",
    [
        lambda request: request.session,
        lambda request: "a" in request.session,
        lambda request: request.session.get("b"),
        lambda request: request.session.pop("b", None),
        lambda request: request.session.setdefault("a", 2),
    ],
)
def test_a_session_that_was_read_makes_the_answer_vary(app: Any, use: Any) -> None:
    response = get(app, use, cookie_of({"a": 1}))
    assert "set-cookie" not in response.headers
    assert response.headers["vary"] == "Cookie"


@pytest.mark.parametrize(
    "use",
    [
        put("b", 1),
        lambda request: request.session.__setitem__("a", 2),
        lambda request: request.session.setdefault("b", 2),
        lambda request: request.session.__ior__({"b": 2}),
        lambda request: request.session.mark_modified(),
    ],
)
def test_a_session_that_was_changed_is_written(app: Any, use: Any) -> None:
    response = get(app, use, cookie_of({"a": 1}))
    assert response.headers["set-cookie"].startswith("session=")
    assert response.headers["vary"] == "Cookie"


@pytest.mark.parametrize(
    "use",
    [
        lambda request: request.session.clear(),
        lambda request: request.session.pop("a"),
        lambda request: request.session.popitem(),
        lambda request: request.session.__delitem__("a"),
    ],
)
def test_a_session_that_was_emptied_is_ended(app: Any, use: Any) -> None:
    response = get(app, use, cookie_of({"a": 1}))
    expected = "session=null; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly; samesite=lax"
    assert response.headers["set-cookie"] == expected
    assert "set-cookie" not in get(app, lambda request: request.session.clear()).headers


@pytest.mark.parametrize(
    "cookie",
    [
        "garbage",
        cookie_of({"a": 1}, key="other"),
        cookie_of([1]),
        TimestampSigner(KEY).sign("not base64").decode(),
        TimestampSigner(KEY).sign(b64encode(b"not json")).decode(),
    ],
    ids=["garbage", "another key", "no mapping", "no base64", "no json"],
)
def test_a_cookie_that_is_not_ours_is_an_empty_session(app: Any, cookie: str) -> None:
    assert get(app, lambda request: dict(request.session), cookie).text == "{}"


def test_a_cookie_that_is_too_old_is_an_empty_session(app: Any) -> None:
    assert get(app, lambda request: dict(request.session), cookie_of({"a": 1}), max_age=-1).text == "{}"


def test_websockets_have_the_session_too(client_for: Any, app: Any) -> None:
    async def tell(exchange: Any) -> None:
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        await exchange.send({"type": "websocket.send", "text": str(exchange.session)})
        await exchange.receive()

    client = client_for(SessionMiddleware(app(tell), secret_key=KEY))
    headers = {"cookie": f"session={cookie_of({'a': 1})}"}
    with client.websocket_connect("/", headers=headers) as session:
        assert session.receive_text() == "{'a': 1}"


def test_what_a_request_changed_before_it_failed_is_not_kept(client_for: Any, app: Any) -> None:
    async def fail(exchange: Any) -> None:
        exchange.session["n"] = 1
        raise ValueError("boom")

    client = client_for(ServerErrorMiddleware(SessionMiddleware(app(fail), secret_key=KEY)))
    answer = client.get("/")
    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers
    assert "vary" not in answer.headers


def test_a_missing_key_is_a_key_error() -> None:
    session = Session(a=1)
    with pytest.raises(KeyError):
        session.pop("b")
    assert not session.modified
