"""What packages do with the functions by which FastAPI reads and documents parameters, as titiler and litellm do."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from pydantic import BaseModel

from hanok import Depends, Hanok, Header, Query, Request
from hanok.http import QueryParams
from hanok.testing import TestClient


class Kind(Enum):
    tree = "tree"
    bush = "bush"


class Page(BaseModel):
    number: int
    kind: Kind = Kind.tree


def below(depth: int = 1, by: Annotated[str, Header()] = "us") -> int:
    return depth


def chosen(
    a: int,
    b: Annotated[list[int] | None, Query(alias="bb")] = None,
    kind: Kind = Kind.tree,
    under: Annotated[int, Depends(below)] = 0,
) -> tuple[Any, ...]:
    return a, b, kind


def paged(page: Annotated[Page, Query()]) -> Page:
    return page


def test_a_dependant_is_made_of_a_callable() -> None:
    from fastapi.dependencies.utils import get_dependant

    made = get_dependant(path="/{a}", call=chosen, own_oauth_scopes=["read"], use_cache=False)
    assert [each.name for each in made.path_params] == ["a"]
    assert [each.alias for each in made.query_params] == ["bb", "kind"]
    assert (made.path, made.call, made.use_cache, made.oauth_scopes) == ("/{a}", chosen, False, ["read"])


def test_parameters_are_given_flat_and_models_as_their_fields() -> None:
    from fastapi.dependencies.utils import get_dependant, get_flat_params

    made = get_dependant(path="", call=chosen)
    assert [each.alias for each in get_flat_params(made)] == ["a", "bb", "kind", "depth", "by"]
    assert [each.name for each in get_flat_params(get_dependant(path="", call=paged))] == ["number", "kind"]


def test_a_request_may_be_asked_what_its_route_declares() -> None:
    from fastapi.dependencies.utils import get_flat_params
    from fastapi.params import ParamTypes

    app = Hanok()

    @app.get("/{a}")
    def read(request: Request, found: Annotated[Any, Depends(chosen)]) -> list[str]:
        params = get_flat_params(request.scope["route"].dependant)
        return [each.alias for each in params if each.field_info.in_ == ParamTypes.query]  # type: ignore[attr-defined]

    assert TestClient(app).get("/1").json() == ["bb", "kind", "depth"]


def test_arguments_are_made_of_a_query_string() -> None:
    from fastapi.dependencies.utils import get_dependant, request_params_to_args

    wanted = get_dependant(path="", call=chosen).query_params
    assert request_params_to_args(wanted, QueryParams("a=3&bb=1&bb=2")) == (
        {"a": 3, "b": [1, 2], "kind": Kind.tree},
        [],
    )
    values, errors = request_params_to_args(wanted, QueryParams("a=x&bb=1&bb=q"))
    assert values == {"kind": Kind.tree}
    assert [each["loc"] for each in errors] == [("query", "a"), ("query", "bb", 1)]
    values, errors = request_params_to_args(wanted, {"bb": ["2"], "kind": "bush"})
    assert values == {"b": [2], "kind": Kind.bush}
    assert errors == [{"type": "missing", "loc": ("query", "a"), "msg": "Field required", "input": None}]
    model = get_dependant(path="", call=paged).query_params
    assert request_params_to_args(model, QueryParams("number=3")) == ({"page": Page(number=3)}, [])


def test_arguments_are_made_of_a_path() -> None:
    from fastapi.dependencies.utils import get_dependant, request_params_to_args

    wanted = get_dependant(path="/{a}", call=chosen).path_params
    assert request_params_to_args(wanted, {"a": "3"}) == ({"a": 3}, [])


def test_parameters_that_no_route_declares_can_be_documented() -> None:
    from fastapi._compat import get_definitions, get_flat_models_from_fields, get_model_name_map
    from fastapi.dependencies.models import Dependant
    from fastapi.dependencies.utils import get_dependant, get_flat_params
    from fastapi.openapi.utils import _get_openapi_dependency_data, _get_openapi_operation_parameters

    fields = get_flat_params(get_dependant(path="", call=paged))
    models = get_flat_models_from_fields(fields, known_models=set())
    assert models == {Kind}
    names = get_model_name_map(models)
    assert names == {Kind: "Kind"}
    mapping, definitions = get_definitions(fields=fields, model_name_map=names)
    assert mapping[fields[0], "validation"] == {"type": "integer"}
    assert definitions["Kind"]["enum"] == ["tree", "bush"]

    together = Dependant(path="")
    together.query_params = fields
    assert together.call() is None
    assert _get_openapi_operation_parameters(
        dependency_data=_get_openapi_dependency_data(together), model_name_map=names, field_mapping=mapping
    ) == [
        {"name": "number", "in": "query", "required": True, "schema": {"type": "integer", "title": "Number"}},
        {
            "name": "kind",
            "in": "query",
            "required": False,
            "schema": {"$ref": "#/components/schemas/Kind", "default": "tree"},
        },
    ]


def test_models_of_one_name_are_told_apart_by_their_modules() -> None:
    from fastapi._compat import get_model_name_map

    class Other(Enum):
        tree = "tree"

    Other.__name__ = "Kind"
    names = get_model_name_map({Kind, Other, Page})
    assert names[Page] == "Page"
    assert names[Kind] == f"{Kind.__module__}__Kind".replace(".", "__")
    assert names[Kind] != names[Other]


def test_the_route_of_the_document_can_be_given_an_endpoint_around_its_own() -> None:
    # As titiler and stac-fastapi do, to say another media type.
    from starlette.routing import request_response

    app = Hanok()
    route: Any = next(each for each in app.routes if getattr(each, "path", None) == "/openapi.json")
    own = route.endpoint
    assert own.__name__ == "openapi"

    async def around(request: Any) -> Any:
        response = await own(request)
        response.headers["content-type"] = "application/vnd.oai.openapi+json"
        return response

    client = TestClient(app)
    plain = client.get("/openapi.json")
    route.app = request_response(around)
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json"
    assert answer.json() == plain.json()
    assert answer.headers["content-length"] == str(len(answer.content))
