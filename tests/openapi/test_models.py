from __future__ import annotations

import pytest
from pydantic import ValidationError

from hanok.openapi.models import OpenAPI, Schema

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "A", "version": "1", "contact": {"url": "https://example.com/", "x-team": "core"}},
    "paths": {
        "/": {
            "get": {
                "parameters": [{"name": "q", "in": "query", "schema": {"not": {"const": 3}}}],
                "responses": {"200": {"description": "OK"}},
            }
        }
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x"}}},
}


def test_a_document_comes_out_as_it_went_in():
    document = OpenAPI.model_validate(DOCUMENT)
    assert document.as_openapi() == DOCUMENT


@pytest.mark.parametrize("kind", ["array", "boolean", "integer", "null", "number", "object", "string"])
def test_a_schema_has_a_type_of_json(kind):
    assert Schema(type=kind).type == kind
    assert Schema(type=[kind, "null"]).as_openapi() == {"type": [kind, "null"]}


def test_no_other_type_is_taken():
    with pytest.raises(ValidationError):
        Schema(type="float")
