"""Parameters, request bodies and security in the document. Compared with FastAPI 0.165's."""

from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field

from hanok import Body, Cookie, Depends, File, Form, Hanok, Header, Path, Query, Security, UploadFile
from hanok.security import HTTPBearer, OAuth2PasswordBearer


class Item(BaseModel):
    name: str


@pytest.fixture
def app() -> Hanok:
    return Hanok()


def operation(app: Hanok) -> dict[str, Any]:
    (item,) = app.openapi()["paths"].values()
    (found,) = item.values()
    return found


def parameters(app: Hanok) -> list[dict[str, Any]]:
    return operation(app)["parameters"]


class TestParameters:
    def test_come_by_place(self, app):
        @app.get("/{p}")
        async def endpoint(c: Annotated[str, Cookie()], x_h: Annotated[list[str], Header()], q: int, p: str): ...

        assert parameters(app) == [
            {"name": "p", "in": "path", "required": True, "schema": {"type": "string", "title": "P"}},
            {"name": "q", "in": "query", "required": True, "schema": {"type": "integer", "title": "Q"}},
            {
                "name": "x-h",
                "in": "header",
                "required": True,
                "schema": {"type": "array", "items": {"type": "string"}, "title": "X-H"},
            },
            {"name": "c", "in": "cookie", "required": True, "schema": {"type": "string", "title": "C"}},
        ]

    def test_show_what_is_declared_of_them(self, app):
        @app.get("/{p}")
        async def endpoint(
            p: Annotated[int, Path(title="T", description="D", ge=1, lt=9)],
            q: Annotated[
                str | None, Query(alias="q-q", min_length=2, pattern="^x", deprecated=True, examples=["xa"])
            ] = "xx",
            extra: Annotated[str, Query(json_schema_extra={"x-a": 1})] = "e",
        ): ...

        assert parameters(app) == [
            {
                "name": "p",
                "in": "path",
                "required": True,
                "schema": {
                    "type": "integer",
                    "exclusiveMaximum": 9,
                    "minimum": 1,
                    "title": "T",
                    "description": "D",
                },
                "description": "D",
            },
            {
                "name": "q-q",
                "in": "query",
                "required": False,
                "schema": {
                    "anyOf": [{"type": "string", "minLength": 2, "pattern": "^x"}, {"type": "null"}],
                    "title": "Q-Q",
                    "default": "xx",
                    "deprecated": True,
                    "examples": ["xa"],
                },
                "deprecated": True,
            },
            {
                "name": "extra",
                "in": "query",
                "required": False,
                "schema": {"type": "string", "title": "Extra", "default": "e", "x-a": 1},
            },
        ]

    def test_openapi_examples_stand_beside_the_schema(self, app):
        @app.get("/")
        async def endpoint(
            q: Annotated[int, Query(openapi_examples={"one": {"value": 1, "summary": None}})],
        ): ...

        assert parameters(app)[0]["examples"] == {"one": {"value": 1}}

    def test_may_be_left_out_and_yet_be_validated(self, app):
        @app.get("/")
        async def endpoint(q: Annotated[int, Query(include_in_schema=False)] = 1): ...

        assert "parameters" not in operation(app)
        assert "422" in operation(app)["responses"]

    def test_of_dependencies_follow_those_of_the_endpoint(self, app):
        def deeper(c: int): ...

        def dependency(b: int, x: Annotated[None, Depends(deeper)]): ...

        @app.get("/")
        async def endpoint(x: Annotated[None, Depends(dependency)], a: int): ...

        assert [each["name"] for each in parameters(app)] == ["a", "b", "c"]

    def test_required_by_one_and_optional_for_another_are_required(self, app):
        def first(q: int = 1): ...

        def second(q: str): ...

        def third(q: float = 2): ...

        @app.get("/", dependencies=[Depends(first), Depends(second), Depends(third)])
        async def endpoint(): ...

        assert parameters(app) == [
            {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "title": "Q"}}
        ]

    @pytest.mark.parametrize(
        ("alias", "name", "title"),
        [
            ({"alias": "some_q"}, "some_q", "Some Q"),
            ({"alias": "a", "validation_alias": "val_q"}, "val_q", "Val Q"),
            ({"validation_alias": AliasChoices("first", "second")}, "first", "First"),
            ({"validation_alias": AliasPath("top", "sub")}, "the_q", "The Q"),
            ({"validation_alias": AliasChoices(AliasPath("top", 0), "second")}, "the_q", "The Q"),
            ({"serialization_alias": "out"}, "the_q", "The Q"),
        ],
    )
    def test_are_named_as_they_are_sent(self, app, alias, name, title):
        @app.get("/")
        async def endpoint(the_q: str = Query(**alias)): ...

        assert [(each["name"], each["schema"]["title"]) for each in parameters(app)] == [(name, title)]

    def test_in_a_path_are_named_as_they_stand_there(self, app):
        @app.get("/{id}/{other}")
        async def endpoint(
            item_id: int = Path(validation_alias=AliasChoices("unused", "id")),
            other: int = Path(validation_alias=AliasChoices("unused", "not_there")),
        ): ...

        assert [each["name"] for each in parameters(app)] == ["id", "other"]


class TestParameterModels:
    def test_show_as_their_fields(self, app):
        class Filters(BaseModel):
            limit: int = Field(10, gt=0, description="How many")
            order_by: str = Field(alias="orderBy")

        @app.get("/")
        async def endpoint(filters: Annotated[Filters, Query()]): ...

        assert parameters(app) == [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "schema": {
                    "type": "integer",
                    "exclusiveMinimum": 0,
                    "title": "Limit",
                    "description": "How many",
                    "default": 10,
                },
                "description": "How many",
            },
            {
                "name": "orderBy",
                "in": "query",
                "required": True,
                "schema": {"type": "string", "title": "Orderby"},
            },
        ]

    def test_of_headers_are_sent_with_hyphens_and_titled_without(self, app):
        class Common(BaseModel):
            if_match: str

        @app.get("/")
        async def endpoint(headers: Annotated[Common, Header()]): ...

        assert parameters(app) == [
            {
                "name": "if-match",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "title": "If Match"},
            }
        ]

    def test_that_may_be_missing_require_nothing(self, app):
        class Session(BaseModel):
            sid: str

        @app.get("/")
        async def endpoint(session: Annotated[Session | None, Cookie()] = None): ...

        assert [(each["name"], each["required"]) for each in parameters(app)] == [("sid", False)]


class TestBodies:
    def test_one_model_is_the_body(self, app):
        @app.post("/")
        async def endpoint(item: Item): ...

        assert operation(app)["requestBody"] == {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
            "required": True,
        }

    def test_an_optional_body(self, app):
        @app.post("/")
        async def endpoint(item: Item | None = None): ...

        assert operation(app)["requestBody"] == {
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}],
                        "title": "Item",
                    }
                }
            }
        }

    def test_several_are_keys_of_one_object(self, app):
        @app.post("/")
        async def endpoint(item: Item, count: Annotated[int, Body(description="N")] = 1): ...

        name = "Body_endpoint__post"
        assert operation(app)["requestBody"]["content"] == {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}
        }
        assert app.openapi()["components"]["schemas"][name] == {
            "properties": {
                "item": {"$ref": "#/components/schemas/Item"},
                "count": {"type": "integer", "title": "Count", "description": "N", "default": 1},
            },
            "type": "object",
            "required": ["item"],
            "title": name,
        }

    @pytest.mark.parametrize(
        ("declared", "shown"),
        [
            ({"openapi_examples": {"a": {"value": [1]}}}, {"examples": {"a": {"value": [1]}}}),
            ({"media_type": "application/x"}, {}),
        ],
    )
    def test_media_type_and_examples(self, app, declared, shown):
        @app.post("/")
        async def endpoint(ids: Annotated[list[int], Body(title="Ids", **declared)]): ...

        media_type = declared.get("media_type", "application/json")
        schema = {"type": "array", "items": {"type": "integer"}, "title": "Ids"}
        assert operation(app)["requestBody"]["content"] == {media_type: {"schema": schema, **shown}}

    def test_form_fields_are_urlencoded(self, app):
        @app.post("/")
        async def endpoint(name: Annotated[str, Form()], age: Annotated[int | None, Form()] = None): ...

        assert list(operation(app)["requestBody"]["content"]) == ["application/x-www-form-urlencoded"]
        assert app.openapi()["components"]["schemas"]["Body_endpoint__post"]["required"] == ["name"]

    def test_files_make_it_multipart(self, app):
        @app.post("/")
        async def endpoint(up: UploadFile, name: Annotated[str, Form()], raw: Annotated[bytes, File()]): ...

        assert list(operation(app)["requestBody"]["content"]) == ["multipart/form-data"]
        content = {"type": "string", "contentMediaType": "application/octet-stream"}
        assert app.openapi()["components"]["schemas"]["Body_endpoint__post"]["properties"] == {
            "up": {**content, "title": "Up"},
            "name": {"type": "string", "title": "Name"},
            "raw": {**content, "title": "Raw"},
        }

    def test_a_form_model_is_the_form(self, app):
        @app.post("/")
        async def endpoint(item: Annotated[Item, Form()]): ...

        assert operation(app)["requestBody"]["content"] == {
            "application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Item"}}
        }


class TestFormsOfModels:
    """Models stand beside the other fields of a form: what they require is in ``allOf``."""

    def form(self, app: Hanok) -> dict[str, Any]:
        return app.openapi()["components"]["schemas"]["Body_endpoint__post"]

    def test_beside_other_fields(self, app):
        @app.post("/")
        async def endpoint(item: Annotated[Item, Form()], token: Annotated[str, Form()]): ...

        assert self.form(app) == {
            "allOf": [{"$ref": "#/components/schemas/Item"}],
            "properties": {"token": {"type": "string", "title": "Token"}},
            "type": "object",
            "required": ["token"],
            "title": "Body_endpoint__post",
        }

    def test_that_may_be_missing_must_be_whole_when_begun(self, app):
        class Person(BaseModel):
            age: int
            full_name: str = Field(alias="fullName")

        @app.post("/")
        async def endpoint(person: Annotated[Person | None, Form()] = None): ...

        begun = {"anyOf": [{"required": ["age"]}, {"required": ["fullName"]}]}
        assert self.form(app) == {
            "allOf": [
                {
                    "anyOf": [
                        {"not": begun},
                        {"anyOf": [{"$ref": "#/components/schemas/Person"}], "title": "Person"},
                    ]
                }
            ],
            "type": "object",
            "title": "Body_endpoint__post",
        }
        assert "required" not in operation(app)["requestBody"]

    @pytest.mark.parametrize("extra", ["allow", "forbid"])
    def test_that_takes_any_field_is_begun_with_any(self, app, extra):
        class Open(BaseModel):
            model_config = ConfigDict(extra=extra)
            name: str

        @app.post("/")
        async def endpoint(it: Annotated[Open | None, Form()] = None): ...

        whole = {"anyOf": [{"$ref": "#/components/schemas/Open"}], "title": "It"}
        assert self.form(app)["allOf"] == [{"anyOf": [{"maxProperties": 0}, whole]}]

    def test_that_may_be_null_but_not_missing(self, app):
        @app.post("/")
        async def endpoint(item: Annotated[Item | None, Form(title="It")], token: Annotated[str, Form()]): ...

        assert self.form(app)["allOf"] == [
            {"not": {"not": {"anyOf": [{"required": ["name"]}]}}},
            {"anyOf": [{"$ref": "#/components/schemas/Item"}], "title": "It"},
        ]

    def test_a_choice_of_models_alone_is_the_form(self, app):
        class Other(BaseModel):
            number: int

        @app.post("/")
        async def endpoint(data: Annotated[Item | Other, Form()]): ...

        assert operation(app)["requestBody"]["content"] == {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "anyOf": [
                        {"$ref": "#/components/schemas/Item"},
                        {"$ref": "#/components/schemas/Other"},
                    ],
                    "title": "Data",
                }
            }
        }


class TestSecurity:
    def test_schemes_are_components_and_requirements(self, app):
        @app.get("/")
        async def endpoint(token: Annotated[Any, Depends(HTTPBearer(bearerFormat="JWT"))]): ...

        assert operation(app)["security"] == [{"HTTPBearer": []}]
        assert app.openapi()["components"] == {
            "securitySchemes": {"HTTPBearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        }

    def test_scopes_asked_of_one_scheme_are_joined(self, app):
        oauth2 = OAuth2PasswordBearer("token", scopes={"me": "Me"})

        def user(token: Annotated[str, Security(oauth2, scopes=["me"])]): ...

        def admin(token: Annotated[str, Security(oauth2, scopes=["all"])]): ...

        @app.get("/", dependencies=[Security(oauth2, scopes=["first"])])
        async def endpoint(
            a: Annotated[None, Security(user, scopes=["items"])], b: Annotated[None, Depends(admin)]
        ): ...

        assert operation(app)["security"] == [{"OAuth2PasswordBearer": ["first", "items", "me", "all"]}]
        assert app.openapi()["components"]["securitySchemes"] == {
            "OAuth2PasswordBearer": {
                "type": "oauth2",
                "flows": {"password": {"scopes": {"me": "Me"}, "tokenUrl": "token"}},
            }
        }
