"""TrustedHostMiddleware and HTTPSRedirectMiddleware."""

from __future__ import annotations

from typing import Any

import pytest

from hanok.middleware import HTTPSRedirectMiddleware, TrustedHostMiddleware
from hanok.testing import TestClient, WebSocketDenialResponse


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        (None, "evil.org", 200),
        (["*"], "evil.org", 200),
        (["a.org", "*.b.org"], "a.org", 200),
        (["a.org", "*.b.org"], "A.org:8080", 200),
        (["a.org", "*.b.org"], "x.y.b.org", 200),
        (["a.org", "*.b.org"], "b.org", 400),
        (["a.org", "*.b.org"], "evil.org", 400),
        (["a.org", "*.b.org"], "a.org:x", 400),
        (["[::1]"], "[::1]:80", 200),
        (["a.org"], "", 400),
    ],
)
def test_only_our_own_names_are_served(app: Any, allowed: Any, host: str, status: int) -> None:
    client = TestClient(TrustedHostMiddleware(app.answering(), allowed_hosts=allowed))
    response = client.get("/", headers={"host": host})
    assert response.status_code == status
    assert response.text == ("ok" if status == 200 else "Invalid host header")


def test_both_doors_know_the_host(client_for: Any, app: Any) -> None:
    client = client_for(TrustedHostMiddleware(app.answering(), allowed_hosts=["testserver"]))
    assert client.get("/").text == "ok"
    assert client.get("/", headers={"host": "evil.org"}).status_code == 400


def test_www_is_added_where_only_that_is_allowed(app: Any) -> None:
    def get(host: str, **options: Any) -> Any:
        wrapped = TrustedHostMiddleware(app.answering(), allowed_hosts=["www.a.org"], **options)
        return TestClient(wrapped, follow_redirects=False).get("/p?q=1", headers={"host": host})

    assert get("www.a.org").status_code == 200
    assert get("a.org:81").headers["location"] == "http://www.a.org:81/p?q=1"
    assert get("b.org").status_code == 400
    assert get("a.org", www_redirect=False).status_code == 400


@pytest.mark.parametrize("pattern", ["a*.org", "**", "*a", "*.a.*"])
def test_a_wildcard_stands_for_whole_labels_in_front(app: Any, pattern: str) -> None:
    with pytest.raises(AssertionError, match="Domain wildcard patterns must be like"):
        TrustedHostMiddleware(app.answering(), allowed_hosts=[pattern])


@pytest.mark.parametrize(
    ("base", "location"),
    [
        ("http://a.org", "https://a.org/p?q=1"),
        ("http://a.org:80", "https://a.org/p?q=1"),
        ("http://a.org:443", "https://a.org/p?q=1"),
        ("http://a.org:8080", "https://a.org:8080/p?q=1"),
    ],
)
def test_http_is_sent_to_https(app: Any, base: str, location: str) -> None:
    client = TestClient(HTTPSRedirectMiddleware(app.answering()), base_url=base, follow_redirects=False)
    response = client.get("/p?q=1")
    assert (response.status_code, response.headers["location"]) == (307, location)
    client = TestClient(HTTPSRedirectMiddleware(app.answering()), base_url="https://a.org")
    assert client.get("/").text == "ok"


def test_ws_is_sent_to_wss(client_for: Any, app: Any) -> None:
    client = client_for(HTTPSRedirectMiddleware(app.answering()))
    with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/p"):
        pass
    assert caught.value.headers["location"] == "wss://testserver/p"
