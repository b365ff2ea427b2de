"""What a client sends reaches the endpoint validated, or is refused with every fault named: through both doors."""

from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field
from pydantic import Field as PydanticField

from hanok import Body, Cookie, File, Form, Hanok, Header, Query, UploadFile


class Item(BaseModel):
    name: str
    price: float


class Model(BaseModel):
    a: int
    b: list[str] = []
    c: int | None = None


class Forbidding(BaseModel):
    model_config = {"extra": "forbid"}
    a: int = 1


class Tokens(BaseModel):
    x_token: str
    y_tok: list[str] = []


class Named(BaseModel):
    name: str


class Numbered(BaseModel):
    number: int


class Fields(BaseModel):
    t: list[str] = []
    u: str | None = Field(None, alias="uu")


app = Hanok()


@app.get("/items/{item_id}")
async def items(item_id: int, q: str | None = None) -> Any:
    return {"item_id": item_id, "q": q}


@app.get("/many")
async def many(
    a: int,
    b: Annotated[list[int], Query()],
    c: Annotated[str, Header()],
    d: Annotated[str | None, Cookie()] = None,
) -> Any:
    return [a, b, c, d]


@app.get("/model")
def model(m: Annotated[Model, Query()]) -> Any:
    return m


@app.get("/model-and-more")
def model_and_more(m: Annotated[Model, Query()], z: int = 3) -> Any:
    return [m, z]


@app.get("/forbidding")
def forbidding(a: Annotated[Forbidding | None, Query()] = None) -> Any:
    return a


@app.get("/header-model")
def header_model(m: Annotated[Tokens, Header()]) -> Any:
    return m


@app.get("/cookie-model")
def cookie_model(m: Annotated[Model, Cookie()]) -> Any:
    return m


@app.get("/choices")
def choices(a: Annotated[str, Query(validation_alias=AliasChoices("x", "y"))] = "d") -> Any:
    return a


@app.get("/alias-path")
def alias_path(a: Annotated[str, Query(validation_alias=AliasPath("x", 1))] = "d") -> Any:
    return a


@app.get("/validation-alias")
def validation_alias(a: Annotated[int, Query(alias="al", validation_alias="vv")]) -> Any:
    return a


@app.get("/defaults")
def defaults(
    a: Annotated[list[int], Query(default_factory=lambda: [4])],
    t: Annotated[tuple[int, str], Query()] = (1, "x"),
    s: Annotated[set[int] | None, Query()] = None,
    v: Annotated[int, Query(validate_default=True)] = "7",  # type: ignore[assignment]
) -> Any:
    return [a, t, s, v]


@app.get("/headers")
def headers(
    x_a: Annotated[list[str], Header()], x_b: Annotated[str | None, Header(convert_underscores=False)] = None
) -> Any:
    return [x_a, x_b]


@app.post("/item")
async def item(item: Item) -> Any:
    return item


@app.post("/two")
async def two(item: Item, k: Annotated[int, Body()]) -> Any:
    return [item, k]


@app.post("/embedded")
async def embedded(item: Annotated[Item, Body(embed=True)]) -> Any:
    return item


@app.post("/optional")
async def optional(item: Item | None = None) -> Any:
    return item


@app.post("/form")
async def form(a: Annotated[str, Form()], b: Annotated[int, Form()] = 3, c: Annotated[list[int], Form()] = []) -> Any:  # noqa: B006
    return [a, b, c]


@app.post("/form-model")
def form_model(m: Annotated[Fields, Form()]) -> Any:
    return m


@app.post("/forbidding-form")
def forbidding_form(m: Annotated[Forbidding, Form()]) -> Any:
    return m


@app.post("/form-choice")
def form_choice(m: Annotated[Named | Numbered, Form()]) -> Any:
    return m


@app.post("/form-optional")
def form_optional(m: Annotated[Numbered | None, Form()] = None) -> Any:
    return m


@app.post("/form-models")
def form_models(m: Annotated[Named, Form()], n: Annotated[Numbered, Form()], extra: Annotated[str, Form()]) -> Any:
    return [m, n, extra]


@app.get("/field")
def field(x: Annotated[int, PydanticField(gt=3, alias="xx", title="T", default=9)]) -> Any:
    return x


@app.get("/field-and-query")
def field_and_query(x: Annotated[int, Query(le=9), PydanticField(gt=3, description="D")] = 5) -> Any:
    return x


@app.post("/file")
async def file(f: UploadFile, g: Annotated[bytes, File()] = b"", t: Annotated[str, Form()] = "x") -> Any:
    return [f.filename, (await f.read()).decode(), len(g), t]


@app.post("/files")
async def files(f: list[UploadFile], g: Annotated[list[bytes], File()] = []) -> Any:  # noqa: B006
    return [[each.filename for each in f], [len(each) for each in g]]


@pytest.fixture
def client(client_for: Any) -> Any:
    return client_for(app)


def missing(*loc: str | int, value: Any = None) -> dict[str, Any]:
    return {"type": "missing", "loc": list(loc), "msg": "Field required", "input": value}


def not_int(*loc: str | int, value: Any) -> dict[str, Any]:
    msg = "Input should be a valid integer, unable to parse string as an integer"
    return {"type": "int_parsing", "loc": list(loc), "msg": msg, "input": value}


def test_values_arrive_converted(client: Any) -> None:
    assert client.get("/items/5?q=abc").json() == {"item_id": 5, "q": "abc"}
    assert client.get("/items/5").json() == {"item_id": 5, "q": None}
    assert client.get("/items/5?q=a&q=b%20c").json() == {"item_id": 5, "q": "b c"}


def test_a_wrong_path_value_is_refused_by_name(client: Any) -> None:
    response = client.get("/items/x")
    assert response.status_code == 422
    assert response.json() == {"detail": [not_int("path", "item_id", value="x")]}


@pytest.mark.parametrize(
    ("path", "faults"),
    [
        ("/many", [missing("query", "a"), missing("query", "b"), missing("header", "c")]),
        (
            "/many?a=x&b=1&b=y",
            [not_int("query", "a", value="x"), not_int("query", "b", 1, value="y"), missing("header", "c")],
        ),
        ("/model?a=x&b=1&zzz=1", [not_int("query", "a", value="x")]),
        ("/model", [missing("query", "a", value={})]),
        ("/model-and-more?a=1&z=q", [not_int("query", "z", value="q")]),
        ("/validation-alias?al=1", [missing("query", "vv")]),
    ],
)
def test_every_fault_is_listed_in_order(client: Any, path: str, faults: Any) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (422, {"detail": faults})


def test_parameter_models_are_read_field_by_field(client: Any) -> None:
    assert client.get("/model?a=1&b=x&b=y").json() == {"a": 1, "b": ["x", "y"], "c": None}
    assert client.get("/model-and-more?a=1&z=2").json() == [{"a": 1, "b": [], "c": None}, 2]
    assert client.get("/header-model", headers={"x-token": "1", "y-tok": "2"}).json() == {
        "x_token": "1",
        "y_tok": ["2"],
    }
    assert client.get("/cookie-model", headers={"cookie": "a=3"}).json()["a"] == 3
    fault = client.get("/header-model").json()["detail"][0]
    assert fault["loc"] == ["header", "x-token"]
    assert fault["input"]["accept"] == "*/*"


def test_a_model_may_forbid_what_it_does_not_name(client: Any) -> None:
    assert client.get("/forbidding").json() is None
    assert client.get("/forbidding?a=4").json() == {"a": 4}
    fault = client.get("/forbidding?q=x").json()["detail"][0]
    assert (fault["type"], fault["loc"], fault["input"]) == ("extra_forbidden", ["query", "q"], "x")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/choices", "d"),
        ("/choices?y=1", "1"),
        ("/choices?x=2&y=1", "2"),
        ("/alias-path?x=1&x=2", "d"),
        ("/validation-alias?vv=1", 1),
        ("/defaults", [[4], [1, "x"], None, 7]),
        ("/defaults?t=3&t=y&s=1&s=1", [[4], [3, "y"], [1], 7]),
    ],
)
def test_aliases_and_defaults(client: Any, path: str, expected: Any) -> None:
    assert client.get(path).json() == expected


def test_headers_are_found_with_hyphens_only_unless_told_otherwise(client: Any) -> None:
    sent = [("x-a", "1"), ("x-a", "2"), ("x_b", "3")]
    assert client.get("/headers", headers=sent).json() == [["1", "2"], "3"]
    assert client.get("/headers", headers=[("x_a", "1")]).json() == {"detail": [missing("header", "x-a")]}


JSON = {"content-type": "application/json"}


def test_a_body_arrives_as_its_model(client: Any) -> None:
    assert client.post("/item", json={"name": "a", "price": "1.5"}).json() == {"name": "a", "price": 1.5}
    assert client.post(
        "/item", content=b'{"name":"a","price":1}', headers={"content-type": "application/x+json"}
    ).json()


def test_broken_json_is_refused_where_it_breaks(client: Any) -> None:
    response = client.post("/item", content=b"{bad", headers=JSON)
    assert response.status_code == 422
    assert response.json() == {
        "detail": [
            {
                "type": "json_invalid",
                "loc": ["body", 1],
                "msg": "JSON decode error",
                "input": {},
                "ctx": {"error": "Expecting property name enclosed in double quotes"},
            }
        ]
    }


def test_no_body_is_a_missing_body(client: Any) -> None:
    assert client.post("/item", content=b"", headers=JSON).json() == {"detail": [missing("body")]}


def test_null_is_a_value_and_not_a_missing_body(client: Any) -> None:
    (fault,) = client.post("/item", content=b"null", headers=JSON).json()["detail"]
    assert (fault["type"], fault["loc"], fault["input"]) == ("model_attributes_type", ["body"], None)


@pytest.mark.parametrize("sent", [{}, {"content-type": "text/plain"}])
def test_only_json_is_read_as_json(client: Any, sent: Any) -> None:
    response = client.post("/item", content=b'{"name":"a","price":1}', headers=sent)
    assert response.status_code == 422
    assert response.json()["detail"][0]["type"] == "model_attributes_type"


def test_a_lenient_application_reads_json_without_a_content_type(client_for: Any) -> None:
    lenient = Hanok(strict_content_type=False)
    lenient.post("/item")(item)
    assert client_for(lenient).post("/item", content=b'{"name":"a","price":1}').status_code == 200


def test_a_body_that_is_no_text_is_a_bad_request(client: Any) -> None:
    response = client.post("/item", content=b"\xff", headers=JSON)
    assert (response.status_code, response.json()) == (400, {"detail": "There was an error parsing the body"})


def test_several_body_parameters_are_keys_of_an_object(client: Any) -> None:
    assert client.post("/two", json={"item": {"name": "x", "price": 1}, "k": 2}).json() == [
        {"name": "x", "price": 1.0},
        2,
    ]
    assert client.post("/two", json=[1]).json() == {"detail": [missing("body", "item"), missing("body", "k")]}
    assert client.post("/embedded", json={"name": "x"}).json() == {"detail": [missing("body", "item")]}
    assert client.post("/embedded", json={"item": {"name": "x", "price": 1}}).json() == {"name": "x", "price": 1.0}


@pytest.mark.parametrize("content", [b"", b"null"])
def test_an_optional_body_may_be_missing(client: Any, content: bytes) -> None:
    response = client.post("/optional", content=content, headers=JSON)
    assert (response.status_code, response.json()) == (200, None)


def test_form_fields_arrive_and_empty_ones_count_as_not_sent(client: Any) -> None:
    assert client.post("/form", data={"a": "x", "b": "", "c": ["1", "2"]}).json() == ["x", 3, [1, 2]]
    assert client.post("/form", data={"a": ""}).json() == {"detail": [missing("body", "a")]}
    assert client.post("/form", data={"a": "x", "c": ["1", "z"]}).json() == {
        "detail": [not_int("body", "c", 1, value="z")]
    }
    assert client.post("/form", json={"a": 1}).json() == {"detail": [missing("body", "a")]}


def test_form_models_are_read_field_by_field(client: Any) -> None:
    assert client.post("/form-model", data={"t": ["1", "2"], "uu": "", "ex": "1"}).json() == {
        "t": ["1", "2"],
        "uu": None,
    }
    assert client.post("/forbidding-form", data={}).json() == {"a": 1}
    assert client.post("/forbidding-form", data={"ex": "1"}).json()["detail"][0]["loc"] == ["body", "ex"]


def test_a_form_may_be_one_of_several_models_or_several_at_once(client: Any) -> None:
    assert client.post("/form-choice", data={"name": "a"}).json() == {"name": "a"}
    assert client.post("/form-choice", data={"number": "1"}).json() == {"number": 1}
    assert client.post("/form-choice").json()["detail"][0]["loc"] == ["body", "Named", "name"]
    assert client.post("/form-optional").json() is None
    assert client.post("/form-optional", data={"number": "x"}).json() == {
        "detail": [not_int("body", "number", value="x")]
    }
    sent = {"name": "a", "number": "2", "extra": "q"}
    assert client.post("/form-models", data=sent).json() == [{"name": "a"}, {"number": 2}, "q"]
    del sent["extra"]
    assert client.post("/form-models", data=sent).json() == {"detail": [missing("body", "extra")]}


def test_a_plain_field_constrains_and_names_too(client: Any) -> None:
    assert client.get("/field?xx=5").json() == 5
    assert client.get("/field?x=5").json() == {"detail": [missing("query", "xx")]}
    assert client.get("/field?xx=1").json()["detail"][0]["type"] == "greater_than"
    assert client.get("/field-and-query").json() == 5
    assert client.get("/field-and-query?x=2").json()["detail"][0]["type"] == "greater_than"
    assert client.get("/field-and-query?x=10").json()["detail"][0]["type"] == "less_than_equal"


def test_uploads_arrive_as_files_or_as_their_contents(client: Any) -> None:
    sent = {"f": ("a.txt", b"abc"), "g": ("b.bin", b"12345")}
    assert client.post("/file", files=sent, data={"t": "q"}).json() == ["a.txt", "abc", 5, "q"]
    several = [("f", ("1.txt", b"1")), ("f", ("2.txt", b"2")), ("g", ("3.bin", b"333"))]
    assert client.post("/files", files=several).json() == [["1.txt", "2.txt"], [3]]


def test_text_where_a_file_is_wanted_is_refused(client: Any) -> None:
    fault = client.post("/file", data={"f": "text"}).json()["detail"][0]
    assert (fault["type"], fault["loc"]) == ("value_error", ["body", "f"])
    assert fault["msg"] == "Value error, Expected UploadFile, received: <class 'str'>"
    assert client.post("/file").json() == {"detail": [missing("body", "f")]}
