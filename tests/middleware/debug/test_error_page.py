"""The page of an error that nobody handled."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from hanok import Body, Depends, Hanok, Header, Request
from hanok.middleware.debug import error_page
from hanok.middleware.debug.route_facts import place_of
from hanok.testing import TestClient


class Cup(BaseModel):
    name: str
    price: float


class Customer:
    def __init__(self, name: str, password: str) -> None:
        self.name = name
        self.password = password


def customer(name: str = "Sujin") -> Customer:
    if name == "nobody":
        raise LookupError("nobody is no customer")
    return Customer(name, "open sesame")


def shop(**options: Any) -> Any:
    app = Hanok(debug=True, **options)

    @app.post("/cups/{cup_id}")
    async def order(
        cup_id: int, amount: int, body: Annotated[Any, Body()] = None, who: Customer = Depends(customer)
    ) -> Any:
        api_token = "celadon"
        shelf = {"postgresql://shop:hunter2@db/cups": cup_id}
        return shelf[amount], api_token, who  # type: ignore[index]

    @app.get("/result", response_model=Cup)
    def result() -> Any:
        return {"name": "moon jar"}

    @app.get("/both")
    async def both() -> None:
        raise ExceptionGroup("two faults", [ValueError("<one>"), KeyError("two")])

    @app.get("/deep")
    def deep() -> None:
        deep()

    @app.get("/long")
    def long() -> None:
        error = ValueError("x" * 5000)
        error.add_note("a note beside it")
        raise error

    @app.get("/syntax")
    def syntax() -> None:
        compile("a = = 1", "users.py", "exec")

    return app


def text_of(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page)


def test_the_failing_line_is_shown_with_its_expression_and_its_variables(browse: Any) -> None:
    answer = browse(shop(), "/cups/5?amount=7", "POST")
    assert answer.status_code == 500
    assert '<div class="now">' in answer.text
    assert "<mark>shelf[amount]</mark>" in answer.text
    said = text_of(answer.text)
    assert "amount7" in said
    assert "Customer(name=&#x27;Sujin&#x27;, password=(hidden))" in said


def test_what_sounds_secret_is_shown_nowhere(browse: Any) -> None:
    headers = {"authorization": "Bearer b-1", "cookie": "c-1", "x-api-key": "k-1", "x-plain": "shown"}
    body = {"password": "p-1", "deep": [{"card_pin": "9876"}]}
    page = browse(shop(), "/cups/5?amount=7&token=t-1", "POST", headers, json=body).text
    for secret in ("b-1", "c-1", "k-1", "p-1", "9876", "t-1", "hunter2", "celadon", "open sesame"):
        assert secret not in page.replace("testclient", "")
    assert "shown" in page


def test_what_libraries_called_is_folded(browse: Any) -> None:
    page = browse(shop(), "/cups/5?amount=7", "POST").text
    folded = re.findall(r'<details class="folded"><summary>([^<]*)', page)
    assert any("hanok" in one for one in folded)
    assert page.index('<div class="card"><div class="head"><b>shop.') < page.index('<details class="folded">')


def test_the_request_and_its_route_are_shown(browse: Any) -> None:
    said = text_of(browse(shop(), "/cups/5?amount=7", "POST", json=[1]).text)
    assert "POST /cups/{cup_id}" in said
    assert "path parameter cup_id" in said
    assert "query parameter amount" in said
    assert "body[1]" in said
    assert "who = customer test_error_page.py" in said.replace("tests/middleware/debug/", "")
    assert "order ← failed here" in said


def test_a_dependency_that_failed_is_marked(browse: Any) -> None:
    said = text_of(browse(shop(), "/cups/5?amount=7&name=nobody", "POST").text)
    assert "customer ← failed here" in said
    assert "order ← failed" not in said


def test_a_dependency_that_was_replaced_says_so(browse: Any) -> None:
    app = shop()
    app.dependency_overrides[customer] = lambda: 1
    assert "in place of customer" in text_of(browse(app, "/cups/5?amount=7", "POST").text)


def test_a_wrong_result_shows_its_faults_and_its_endpoint(browse: Any) -> None:
    said = text_of(browse(shop(), "/result").text)
    assert "The result is not what was declared: 1 fault." in said
    assert "response → priceField required" in said
    assert "The endpoint" in said
    assert "return {&quot;name&quot;: &quot;moon jar&quot;}" in said
    assert "runsin a thread" in said


def test_every_error_of_a_group_is_shown(browse: Any) -> None:
    said = text_of(browse(shop(), "/both").text)
    assert "inside of it, 1 of 2: ValueError(&#x27;&lt;one&gt;&#x27;)" in said
    assert "inside of it, 2 of 2: KeyError" in said
    assert "It has no traceback." in said


def test_a_recursion_does_not_make_an_endless_page(browse: Any) -> None:
    answer = browse(shop(), "/deep")
    assert "more calls are left out here" in answer.text
    assert len(answer.text) < 500_000


def test_long_messages_are_cut_and_notes_are_shown(browse: Any) -> None:
    page = browse(shop(), "/long").text
    message = re.search(r'<p class="message">([^<]*)', page)
    assert message is not None
    assert len(message[1]) < 1300
    assert "a note beside it" in page


def test_a_syntax_error_shows_where_it_is(browse: Any) -> None:
    said = text_of(browse(shop(), "/syntax").text)
    assert "invalid syntax (users.py, line 1)" in said


def test_code_without_source_is_no_obstacle(browse: Any) -> None:
    app = Hanok(debug=True, openapi_url=None)
    made: dict[str, Any] = {"Cup": Cup}
    exec(
        compile("def divide() -> Cup:\n    return 1 / 0\ndef wrong() -> Cup:\n    return 1\n", "users.py", "exec"), made
    )
    app.add_api_route("/divide", made["divide"])
    app.add_api_route("/wrong", made["wrong"])
    assert "(the source is not available)" in browse(app, "/divide").text
    assert "users.py, line 3, wrong" in text_of(browse(app, "/wrong").text)


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        ("application/json", b"{", "1 bytes that are not valid JSON"),
        ("text/plain", b"abc", "3 bytes of text/plain"),
        ("application/vnd.cup+json", b'{"a": 1}', "{&#x27;a&#x27;: 1}"),
    ],
)
def test_bodies_are_shown_as_far_as_they_are_json(browse: Any, kind: str, body: bytes, shown: str) -> None:
    app = Hanok(debug=True)

    @app.post("/")
    async def fail(request: Request) -> None:
        await request.body()
        raise ValueError("x")

    assert shown in browse(app, "/", "POST", {"content-type": kind}, content=body).text


def test_dependencies_may_be_objects_classes_and_partials(browse: Any) -> None:
    class Counter:
        def __init__(self, start: int = 0) -> None:
            self.start = start

    class Checks:
        def __call__(self) -> int:
            return 1

    app = Hanok(debug=True)
    checks, made = Checks(), partial(customer, "Mina")

    @app.get("/", tags=["one"])
    async def fail(a: Any = Depends(Counter), b: Any = Depends(checks), c: Any = Depends(made)) -> None:
        raise ValueError("x")

    said = text_of(browse(app, "/").text)
    assert "Counter" in said
    assert "b = Checks" in said
    assert "tagsone" in said


def test_programs_get_json(client_for: Any) -> None:
    answer = client_for(shop()).post("/cups/5?amount=7", headers={"accept": "application/json"})
    told = answer.json()
    assert (answer.status_code, told["detail"]) == (500, "Internal Server Error")
    assert (told["error"]["type"], told["error"]["message"]) == ("KeyError", "7")
    assert told["error"]["function"].endswith("order")
    assert told["error"]["traceback"][0].startswith("Traceback")


def test_a_result_that_was_refused_is_told_at_its_endpoint(client_for: Any) -> None:
    app = Hanok(debug=True)

    @app.get("/")
    async def thing() -> Any:
        return object()

    client = client_for(app)
    told = client.get("/", headers={"accept": "application/json"}).json()["error"]
    text = client.get("/").text
    assert told["file"] == __file__
    assert told["line"] == thing.__code__.co_firstlineno
    assert told["function"].endswith("thing")
    for words in (f"In {place_of(thing)}", "What to do: "):
        assert text.count(words) == 1


def test_the_page_loads_nothing_and_runs_nothing(browse: Any) -> None:
    answer = browse(shop(), "/both")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script|<img|<iframe|@import|url\(|\son\w+=", answer.text)
    assert not re.search(r'(src|href)="(?!data:)', answer.text)


def test_nothing_of_it_is_shown_in_production(browse: Any) -> None:
    app = shop()
    app.debug = False
    answer = browse(app, "/both")
    assert (answer.text, answer.headers["content-type"]) == ("Internal Server Error", "text/plain; charset=utf-8")


def test_a_page_that_fails_is_a_text(browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(error: Any) -> None:
        raise RuntimeError("no page today")

    monkeypatch.setattr(error_page, "told", fail)
    answer = browse(shop(), "/both")
    assert answer.status_code == 500
    assert "two faults" in answer.text
    assert "no page today" in answer.text


def test_halves_of_characters_do_not_break_it() -> None:
    app = Hanok(debug=True)

    @app.get("/")
    async def fail() -> None:
        raise ValueError("half \ud800")

    client = TestClient(app, raise_server_exceptions=False)
    assert "half" in client.get("/", headers={"accept": "text/html"}).text
    assert "half" in client.get("/").text


def test_a_header_is_all_that_a_foreign_route_needs(browse: Any) -> None:
    app = Hanok(debug=True)

    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("from below")

    app.mount("/below", foreign)
    assert "from below" in browse(app, "/below/x", headers={"x-name": Header.__name__}).text
