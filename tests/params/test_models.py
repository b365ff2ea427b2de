"""Models among query strings, headers, cookies and forms take what their fields are called, by their own rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Json, Tag

from hanok import Cookie, File, Form, Hanok, Header, Query, UploadFile
from hanok.params import Place
from hanok.params.models import ModelShape
from hanok.testing import TestClient


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    value: int = Field(validation_alias=AliasChoices("first", "second"))


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    items: list[int] = Field(alias="item")


class OnlyByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False)
    int_value: int = Field(alias="legacy")


class Plain(BaseModel):
    name: str
    tags: list[str] = []


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    term: str = "t"


class Tokens(BaseModel):
    x_token: int


class Located(BaseModel):
    model_config = ConfigDict(loc_by_alias=False)
    x_token: int


class Deep(BaseModel):
    value: int = Field(validation_alias=AliasPath("items", 0))


class Text(BaseModel):
    kind: Literal["text"]
    value: str


class Texts(BaseModel):
    kind: Literal["list"]
    value: list[str]


class Avatar(BaseModel):
    avatar: bytes
    others: list[UploadFile] = []


def copied(raw: Any) -> Any:
    return dict(raw)


def kind_of(raw: Any) -> Any:
    return raw.get("kind")


app = Hanok()


@app.get("/closed")
def closed(m: Annotated[Closed, Query()]) -> Any:
    return m


@app.get("/by-name")
def by_name(m: Annotated[ByName, Query()]) -> Any:
    return m.items


@app.get("/only-by-name")
def only_by_name(m: Annotated[OnlyByName, Header()]) -> Any:
    return m.int_value


@app.get("/optional")
def optional(m: Annotated[Plain | None, Query()] = None, o: Annotated[Open | None, Query()] = None) -> Any:
    return [m, o]


@app.get("/nullable")
def nullable(m: Annotated[Plain | None, Query()]) -> Any:
    return m


@app.get("/tokens")
def tokens(m: Annotated[Tokens, Header()]) -> Any:
    return m.x_token


@app.get("/located")
def located(m: Annotated[Located, Header()]) -> Any:
    return m.x_token


@app.get("/deep")
def deep(m: Annotated[Deep | None, Query()] = None) -> Any:
    return m


@app.get("/json")
def json_text(q: Annotated[Json[list[int]], Query()], c: Annotated[list[str] | str, Cookie()] = "-") -> Any:
    return [q, c]


@app.post("/choice")
def choice(m: Annotated[Text | Texts | None, BeforeValidator(copied), Form()] = None) -> Any:
    return m


@app.post("/tagged")
def tagged(m: Annotated[Text | Texts, Form(discriminator="kind")]) -> Any:
    return m


@app.post("/called")
def called(
    m: Annotated[Annotated[Text, Tag("text")] | Annotated[Texts, Tag("list")], Discriminator(kind_of), Form()],
) -> Any:
    return m


@app.post("/files")
async def files(
    m: Annotated[Avatar | Text, Form()], same: Annotated[UploadFile | None, File(alias="avatar")] = None
) -> Any:
    assert isinstance(m, Avatar)
    assert same is not None
    return [m.avatar.decode(), [each.filename for each in m.others], (await same.read()).decode()]


client = TestClient(app)


def faults(answer: Any) -> list[tuple[str, list[Any]]]:
    assert answer.status_code == 422, answer.text
    return [(fault["type"], fault["loc"]) for fault in answer.json()["detail"]]


def form(path: str, *pairs: tuple[str, str]) -> Any:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.post(path, content=urlencode(pairs), headers=headers)


def test_a_choice_that_was_not_needed_is_an_extra() -> None:
    assert client.get("/closed?second=1").json() == {"value": 1}
    assert faults(client.get("/closed?first=1&second=2")) == [("extra_forbidden", ["query", "second"])]


def test_a_fault_is_told_under_the_name_that_was_sent() -> None:
    assert faults(client.get("/closed?second=x")) == [("int_parsing", ["query", "second"])]
    assert faults(client.get("/closed")) == [("missing", ["query", "first"])]


def test_the_model_says_whether_its_names_count() -> None:
    assert client.get("/by-name?items=1").json() == [1]
    assert client.get("/by-name?items=1&item=2").json() == [2]
    assert client.get("/only-by-name", headers={"int-value": "1"}).json() == 1
    assert faults(client.get("/only-by-name", headers={"legacy": "1"})) == [("missing", ["header", "int-value"])]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [None, None]),
        ("name=a", [{"name": "a", "tags": []}, {"term": "t", "name": "a"}]),
        ("zzz=1", [None, {"term": "t", "zzz": "1"}]),
    ],
)
def test_a_model_that_may_be_missing_is_missing_when_nothing_speaks_of_it(query: str, expected: Any) -> None:
    assert client.get(f"/optional?{query}").json() == expected


def test_a_model_of_which_something_was_sent_must_be_whole() -> None:
    assert faults(client.get("/optional?tags=a")) == [("missing", ["query", "name"])]
    assert faults(client.get("/nullable")) == [("missing", ["query"])]


def test_a_header_with_an_underscore_is_not_the_field() -> None:
    assert client.get("/tokens", headers={"X-Token": "1", "x_token": "2"}).json() == 1
    assert faults(client.get("/tokens", headers={"x_token": "2"})) == [("missing", ["header", "x-token"])]
    assert faults(client.get("/located")) == [("missing", ["header", "x_token"])]


def test_a_path_into_a_value_is_followed_by_the_model() -> None:
    assert client.get("/deep?items=1&items=2").json() == {"value": 1}
    assert client.get("/deep?value=1").json() is None


def test_json_in_a_text_is_one_value_and_so_is_a_cookie() -> None:
    assert client.get("/json?q=[1,2]", headers={"cookie": "c=a"}).json() == [[1, 2], "a"]


@pytest.mark.parametrize("path", ["/choice", "/tagged", "/called"])
def test_every_branch_of_a_choice_takes_the_values_in_its_own_shape(path: str) -> None:
    assert form(path, ("kind", "text"), ("value", "a"), ("value", "b")).json() == {"kind": "text", "value": "b"}
    assert form(path, ("kind", "list"), ("value", "")).json() == {"kind": "list", "value": [""]}
    assert form(path, ("kind", "list"), ("value", "a"), ("value", "b")).json()["value"] == ["a", "b"]
    assert faults(form(path, ("kind", "text"), ("value", "")))[0][0] == "missing"


def test_the_branch_of_a_fault_is_named_after_its_model() -> None:
    assert faults(form("/choice", ("kind", "text")))[0] == ("missing", ["body", "Text", "value"])
    assert faults(form("/tagged", ("kind", "text"))) == [("missing", ["body", "text", "value"])]
    assert form("/choice").json() is None


def test_files_are_bytes_for_one_and_files_for_another() -> None:
    sent = [("avatar", ("a.txt", b"hello")), ("others", ("b.txt", b"1")), ("others", ("c.txt", b"2"))]
    assert client.post("/files", files=sent).json() == ["hello", ["b.txt", "c.txt"], "hello"]


def test_file_inputs_without_a_file_say_nothing() -> None:
    empty = UploadFile(None, filename="", size=0)  # type: ignore[arg-type]
    shape = ModelShape(Avatar, Place.body)
    assert shape.take({"avatar": empty, "others": [empty, empty]}) == {}
    assert shape.take({"avatar": [b"x", empty], "others": empty}) == {}


def test_what_a_validator_has_put_there_is_left_alone() -> None:
    shape = ModelShape(Texts, Place.body)
    assert shape.take({"kind": None, "value": []}) == {"kind": None, "value": []}
    assert shape.take({"value": None}) == {"value": None}
