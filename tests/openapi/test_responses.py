"""Responses and schemas in the document. Compared with FastAPI 0.165's."""

from collections.abc import AsyncIterable
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, computed_field

from hanok import Hanok
from hanok.http import (
    EventSourceResponse,
    FileResponse,
    HTMLResponse,
    RedirectResponse,
    Response,
    ServerSentEvent,
    StreamingResponse,
)


class Item(BaseModel):
    name: str


class Square(BaseModel):
    side: int

    @computed_field
    @property
    def area(self) -> int:
        return self.side**2


class Drawing(BaseModel):
    squares: list[Square]


ITEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}


@pytest.fixture
def app() -> Hanok:
    return Hanok()


def responses(app: Hanok) -> dict[str, Any]:
    (item,) = app.openapi()["paths"].values()
    (operation,) = item.values()
    return operation["responses"]


class TestTheAnswerItself:
    def test_a_response_model(self, app):
        @app.get("/")
        async def endpoint() -> Item: ...

        assert responses(app) == {"200": {"description": "Successful Response", "content": ITEM}}

    def test_a_scalar_is_titled_after_the_operation(self, app):
        @app.get("/", operation_id="op")
        async def endpoint() -> list[int]: ...

        schema = responses(app)["200"]["content"]["application/json"]["schema"]
        assert schema == {"type": "array", "items": {"type": "integer"}, "title": "Response Op"}

    @pytest.mark.parametrize("status", [204, 304])
    def test_a_status_without_a_body(self, app, status):
        @app.get("/", status_code=status)
        async def endpoint() -> None: ...

        assert responses(app) == {str(status): {"description": "Successful Response"}}

    @pytest.mark.parametrize(
        ("response_class", "expected"),
        [
            (HTMLResponse, {"200": {"content": {"text/html": {"schema": {"type": "string"}}}}}),
            (FileResponse, {"200": {}}),
            (StreamingResponse, {"200": {}}),
            (RedirectResponse, {"307": {}}),
        ],
    )
    def test_a_response_class_gives_status_and_media_type(self, app, response_class, expected):
        @app.get("/", response_class=response_class)
        async def endpoint(): ...

        ((status, own),) = expected.items()
        assert responses(app) == {status: {"description": "Successful Response", **own}}

    def test_a_class_of_ones_own(self, app):
        class Png(Response):
            media_type = "image/png"

        @app.get("/", response_class=Png)
        async def endpoint(): ...

        assert responses(app)["200"]["content"] == {"image/png": {"schema": {"type": "string"}}}


class TestStreams:
    def test_json_lines_have_a_schema_for_each_line(self, app):
        @app.get("/")
        async def endpoint() -> AsyncIterable[Item]:
            yield Item(name="a")

        assert responses(app)["200"]["content"] == {
            "application/jsonl": {"itemSchema": {"$ref": "#/components/schemas/Item"}}
        }

    def test_lines_of_no_declared_type(self, app):
        @app.get("/")
        async def endpoint():
            yield 1

        assert responses(app)["200"]["content"] == {"application/jsonl": {"itemSchema": {}}}

    def test_events_have_a_schema_for_each_event(self, app):
        @app.get("/", response_class=EventSourceResponse)
        async def endpoint() -> AsyncIterable[Item]:
            yield Item(name="a")

        assert responses(app)["200"]["content"] == {
            "text/event-stream": {
                "itemSchema": {
                    "type": "object",
                    "properties": {
                        "data": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": {"$ref": "#/components/schemas/Item"},
                        },
                        "event": {"type": "string"},
                        "id": {"type": "string"},
                        "retry": {"type": "integer", "minimum": 0},
                    },
                    "required": ["data"],
                }
            }
        }

    def test_events_that_are_written_by_hand_are_not_data(self, app):
        @app.get("/", response_class=EventSourceResponse)
        async def endpoint() -> AsyncIterable[ServerSentEvent]:
            yield ServerSentEvent(data=1)

        schema = responses(app)["200"]["content"]["text/event-stream"]["itemSchema"]
        assert schema["properties"]["data"] == {"type": "string"}
        assert "components" not in app.openapi()

    def test_events_of_no_declared_type(self, app):
        @app.get("/", response_class=EventSourceResponse)
        async def endpoint():
            yield 1

        schema = responses(app)["200"]["content"]["text/event-stream"]["itemSchema"]
        assert schema["properties"]["data"] == {"type": "string"}
        assert "required" not in schema


class TestAdditionalResponses:
    def test_models_descriptions_and_content(self, app):
        @app.get(
            "/",
            responses={
                200: {"description": "As a picture too", "content": {"image/png": {}}},
                404: {"model": Item},
                418: {"description": "Teapot", "headers": {"X-A": {"schema": {"type": "string"}}}},
                "5XX": {"model": list[Item], "content": {"application/json": {"example": []}}},
                "default": {},
                299: {},
            },
        )
        async def endpoint() -> Item: ...

        assert responses(app) == {
            "200": {"description": "As a picture too", "content": {**ITEM, "image/png": {}}},
            "404": {"description": "Not Found", "content": ITEM},
            "418": {"description": "Teapot", "headers": {"X-A": {"schema": {"type": "string"}}}},
            "5XX": {
                "description": "Server Error",
                "content": {
                    "application/json": {
                        "example": [],
                        "schema": {
                            "type": "array",
                            "items": {"$ref": "#/components/schemas/Item"},
                            "title": "Response 5Xx Endpoint  Get",
                        },
                    }
                },
            },
            "default": {"description": "Default Response"},
            "299": {"description": "Additional Response"},
        }

    @pytest.mark.parametrize("status", [422, "422", "4XX", "4xx", "default"])
    def test_one_that_covers_it_replaces_the_automatic_422(self, app, status):
        @app.get("/", responses={status: {"description": "Mine"}})
        async def endpoint(q: int): ...

        assert "components" not in app.openapi()

    def test_a_status_that_is_none_is_refused(self, app):
        @app.get("/", responses={"hello": {"description": "?"}})
        async def endpoint(): ...

        with pytest.raises(ValueError, match="hello"):
            app.openapi()


class TestSchemas:
    def schemas(self, app: Hanok) -> dict[str, Any]:
        found = app.openapi()["components"]["schemas"]
        return {name: found[name] for name in found if "Validation" not in name}

    def test_a_model_that_is_the_same_both_ways_has_one(self, app):
        @app.post("/")
        async def endpoint(item: Item) -> Item: ...

        assert list(self.schemas(app)) == ["Item"]

    def test_a_model_that_differs_has_two(self, app):
        @app.post("/")
        async def endpoint(drawing: Drawing) -> Drawing: ...

        found = self.schemas(app)
        assert list(found) == ["Drawing-Input", "Drawing-Output", "Square-Input", "Square-Output"]
        assert list(found["Square-Input"]["properties"]) == ["side"]
        assert found["Square-Output"]["properties"]["area"] == {
            "type": "integer",
            "title": "Area",
            "readOnly": True,
        }
        assert found["Square-Output"]["title"] == "Square"

    def test_input_and_output_may_share_one_schema(self):
        class Stamped(BaseModel):
            model_config = ConfigDict(ser_json_bytes="base64")
            stamp: bytes

        app = Hanok(separate_input_output_schemas=False)

        @app.post("/")
        async def endpoint(stamped: Stamped) -> Stamped: ...

        assert list(self.schemas(app)) == ["Stamped"]

    def test_a_computed_field_is_shown_even_then(self):
        app = Hanok(separate_input_output_schemas=False)

        @app.post("/")
        async def endpoint(drawing: Drawing) -> Drawing: ...

        assert "Square-Output" in self.schemas(app)

    @pytest.mark.parametrize(
        ("config", "encoded"),
        [
            ({}, (False, False)),
            ({"val_json_bytes": "base64"}, (True, False)),
            ({"ser_json_bytes": "base64"}, (False, True)),
        ],
    )
    def test_bytes_say_their_media_type_and_how_they_are_encoded(self, app, config, encoded):
        class Blob(BaseModel):
            model_config = ConfigDict(**config)
            data: bytes

        @app.post("/")
        async def endpoint(blob: Blob) -> Blob: ...

        found = self.schemas(app)
        for name, is_encoded in zip(("Blob-Input", "Blob-Output"), encoded, strict=True):
            blob = found.get(name) or found["Blob"]
            expected = {"type": "string", "contentMediaType": "application/octet-stream", "title": "Data"}
            if is_encoded:
                expected["contentEncoding"] = "base64"
            assert blob["properties"]["data"] == expected

    def test_a_description_ends_at_the_form_feed(self, app):
        class Described(BaseModel):
            """For all.
            \f
            For us.
            """

        @app.post("/")
        async def endpoint(it: Described): ...

        assert self.schemas(app)["Described"]["description"] == "For all.\n"

    def test_models_of_the_same_name_have_longer_ones(self, app):
        @app.post("/mine")
        async def mine(item: Item): ...

        def declare() -> None:
            class Item(BaseModel):
                other: int

            @app.post("/other")
            async def other(item: Item): ...

        declare()
        assert len(self.schemas(app)) == 2
        assert all(name.endswith("__Item") for name in self.schemas(app))

    def test_keywords_stand_in_reading_order(self, app):
        @app.post("/")
        async def endpoint(item: Item): ...

        assert list(self.schemas(app)["Item"]) == ["properties", "type", "required", "title"]
