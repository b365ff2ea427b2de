"""The OpenAPI document of small applications. What is expected here was compared with FastAPI 0.165's."""

from __future__ import annotations

import warnings
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from hanok import APIRouter, Hanok, HTTPException

OK = {"description": "Successful Response", "content": {"application/json": {"schema": {}}}}
INVALID = {
    "description": "Validation Error",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}},
}


ITEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}


class Item(BaseModel):
    name: str
    price: float = 1


@pytest.fixture
def app() -> Hanok:
    return Hanok()


class TestTheWhole:
    def test_an_empty_application(self, app):
        assert app.openapi() == {
            "openapi": "3.1.0",
            "info": {"title": "FastAPI", "version": "0.1.0"},
            "paths": {},
        }

    def test_one_endpoint(self, app):
        @app.get("/items/{item_id}")
        async def read_item(item_id: int, q: str | None = None):
            """Read one item.

            By its id.\f
            Not for the public.
            """

        assert app.openapi() == {
            "openapi": "3.1.0",
            "info": {"title": "FastAPI", "version": "0.1.0"},
            "paths": {
                "/items/{item_id}": {
                    "get": {
                        "summary": "Read Item",
                        "description": "Read one item.\n\nBy its id.",
                        "operationId": "read_item_items__item_id__get",
                        "parameters": [
                            {
                                "name": "item_id",
                                "in": "path",
                                "required": True,
                                "schema": {"type": "integer", "title": "Item Id"},
                            },
                            {
                                "name": "q",
                                "in": "query",
                                "required": False,
                                "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Q"},
                            },
                        ],
                        "responses": {"200": OK, "422": INVALID},
                    }
                }
            },
            "components": {
                "schemas": {
                    "HTTPValidationError": {
                        "properties": {
                            "detail": {
                                "items": {"$ref": "#/components/schemas/ValidationError"},
                                "type": "array",
                                "title": "Detail",
                            }
                        },
                        "type": "object",
                        "title": "HTTPValidationError",
                    },
                    "ValidationError": {
                        "properties": {
                            "loc": {
                                "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                                "type": "array",
                                "title": "Location",
                            },
                            "msg": {"type": "string", "title": "Message"},
                            "type": {"type": "string", "title": "Error Type"},
                            "input": {"title": "Input"},
                            "ctx": {"type": "object", "title": "Context"},
                        },
                        "type": "object",
                        "required": ["loc", "msg", "type"],
                        "title": "ValidationError",
                    },
                }
            },
        }

    def test_what_is_said_of_the_application(self):
        app = Hanok(
            title="T",
            summary="S",
            description="D",
            version="2",
            terms_of_service="https://example.com/terms",
            contact={"name": "C", "url": "https://example.com", "email": None},
            license_info={"name": "MIT", "identifier": "MIT"},
            openapi_tags=[{"name": "a", "externalDocs": {"url": "https://example.com"}}, {"name": "b"}],
            openapi_external_docs={"description": "More", "url": "https://example.com"},
            servers=[{"url": "https://example.com"}, {"url": "/v2", "description": "Two"}],
        )
        document = app.openapi()
        assert document == {
            "openapi": "3.1.0",
            "info": {
                "title": "T",
                "summary": "S",
                "description": "D",
                "termsOfService": "https://example.com/terms",
                "contact": {"name": "C", "url": "https://example.com/"},
                "license": {"name": "MIT", "identifier": "MIT"},
                "version": "2",
            },
            "servers": [{"url": "https://example.com"}, {"url": "/v2", "description": "Two"}],
            "paths": {},
            "tags": [{"name": "a", "externalDocs": {"url": "https://example.com/"}}, {"name": "b"}],
            "externalDocs": {"description": "More", "url": "https://example.com/"},
        }
        assert list(document) == ["openapi", "info", "servers", "paths", "tags", "externalDocs"]

    def test_an_address_that_is_none_is_refused(self):
        with pytest.raises(ValidationError):
            Hanok(contact={"url": "nowhere"}).openapi()

    def test_a_route_may_be_left_out(self, app):
        @app.get("/hidden", include_in_schema=False)
        async def hidden(item: Item): ...

        assert app.openapi()["paths"] == {}
        assert "components" not in app.openapi()

    def test_a_route_that_is_added_later_shows(self, app):
        assert app.openapi()["paths"] == {}

        @app.get("/late")
        async def late(): ...

        assert list(app.openapi()["paths"]) == ["/late"]

    def test_methods_of_one_path_stand_together(self, app):
        @app.get("/a")
        async def read(): ...

        @app.get("/b")
        async def other(): ...

        @app.post("/a")
        async def write(): ...

        assert {path: list(item) for path, item in app.openapi()["paths"].items()} == {
            "/a": ["get", "post"],
            "/b": ["get"],
        }


class TestOperations:
    def operation(self, app: Hanok) -> dict[str, Any]:
        (item,) = app.openapi()["paths"].values()
        (operation,) = item.values()
        return operation

    def test_what_the_decorator_says(self, app):
        class Tag(Enum):
            B = "b"

        @app.get(
            "/",
            tags=["a", Tag.B],
            summary="S",
            description="D",
            response_description="R",
            operation_id="theId",
            deprecated=True,
        )
        async def endpoint(): ...

        assert self.operation(app) == {
            "tags": ["a", "b"],
            "summary": "S",
            "description": "D",
            "operationId": "theId",
            "deprecated": True,
            "responses": {"200": {**OK, "description": "R"}},
        }

    def test_the_name_of_the_route_is_its_summary(self, app):
        @app.get("/", name="some_name")
        async def endpoint(): ...

        assert self.operation(app)["summary"] == "Some Name"

    def test_operation_ids_that_occur_twice_are_warned_of(self, app):
        @app.get("/a", operation_id="same")
        async def first(): ...

        @app.get("/b", operation_id="same")
        async def second(): ...

        with pytest.warns(UserWarning, match=r"Duplicate Operation ID same for function second at .*\.py"):
            app.openapi()

    def test_openapi_extra_is_merged_in(self, app):
        @app.post(
            "/",
            tags=["a"],
            openapi_extra={
                "x-own": {"a": 1},
                "tags": ["b"],
                "requestBody": {"content": {"application/yaml": {"schema": {"type": "string"}}}},
                "responses": {"200": {"description": "Other"}},
            },
        )
        async def endpoint(item: Item): ...

        operation = self.operation(app)
        assert operation["x-own"] == {"a": 1}
        assert operation["tags"] == ["a", "b"]
        assert operation["requestBody"] == {
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Item"}},
                "application/yaml": {"schema": {"type": "string"}},
            },
            "required": True,
        }
        assert operation["responses"]["200"] == {**OK, "description": "Other"}

    def test_a_body_of_a_method_that_has_none_is_not_shown(self, app):
        @app.trace("/")
        async def endpoint(item: Item): ...

        assert "requestBody" not in self.operation(app)
        assert "422" in self.operation(app)["responses"]


class TestCallbacksAndWebhooks:
    def test_callbacks_are_operations_of_the_client(self, app):
        callbacks = APIRouter()

        @callbacks.post("{$callback_url}/paid")
        async def paid(item: Item): ...

        @app.post("/invoices", callbacks=callbacks.routes)
        async def invoice(): ...

        assert app.openapi()["paths"]["/invoices"]["post"]["callbacks"] == {
            "paid": {
                "{$callback_url}/paid": {
                    "post": {
                        "summary": "Paid",
                        "operationId": "paid__callback_url__paid_post",
                        "requestBody": {
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
                            "required": True,
                        },
                        "responses": {"200": OK, "422": INVALID},
                    }
                }
            }
        }

    def test_webhooks_stand_beside_the_paths(self, app):
        @app.webhooks.post("new-item")
        async def new_item(item: Item):
            """Told when there is one."""

        document = app.openapi()
        assert list(document["webhooks"]) == ["new-item"]
        assert document["webhooks"]["new-item"]["post"]["description"] == "Told when there is one."
        assert document["paths"] == {}
        assert "Item" in document["components"]["schemas"]

    def test_included_routers_are_shown_where_they_are(self, app):
        router = APIRouter(prefix="/users", tags=["users"], responses={404: {"description": "Gone"}})

        @router.get("/{user_id}")
        async def read_user(user_id: str): ...

        app.include_router(router, prefix="/v1", tags=["v1"])
        operation = app.openapi()["paths"]["/v1/users/{user_id}"]["get"]
        assert operation["tags"] == ["v1", "users"]
        assert operation["operationId"] == "read_user_v1_users__user_id__get"
        assert operation["responses"]["404"] == {"description": "Gone"}


def test_making_a_document_warns_of_nothing(app):
    @app.get("/{x}", responses={404: {"model": Item}})
    async def endpoint(x: int, item: Item, other: Item) -> Item:
        raise HTTPException(404)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app.openapi()
