"""Forms that are made of models, in the document. Compared with FastAPI 0.165's."""

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from hanok import Depends, File, Form, Hanok, UploadFile


class Profile(BaseModel):
    name: str


class Other(BaseModel):
    second: int


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    value: int = Field(alias="first")
    shared: int = 10


class Chosen(BaseModel):
    value: int = Field(validation_alias=AliasChoices("a", "b"))


class Empty(BaseModel):
    pass


def ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def form_of(endpoint: Any) -> Any:
    app = Hanok()
    app.post("/")(endpoint)
    document = app.openapi()
    (content,) = document["paths"]["/"]["post"]["requestBody"]["content"].values()
    schema = content["schema"]
    return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema


def test_models_stand_beside_the_fields() -> None:
    def endpoint(p: Annotated[Profile, Form()], o: Annotated[Other | Profile, Form()], t: Annotated[str, Form()]): ...

    made = form_of(endpoint)
    assert made["allOf"] == [ref(Profile), {"anyOf": [ref(Other), ref(Profile)], "title": "O"}]
    assert made["properties"] == {"t": {"type": "string", "title": "T"}}
    assert made["required"] == ["t"]


def test_models_of_one_name_in_two_callables_are_both_there() -> None:
    def below(data: Annotated[Profile, Form()]): ...

    def endpoint(data: Annotated[Other, Form()], x: Annotated[Any, Depends(below)]): ...

    def same(data: Annotated[Profile, Form()], x: Annotated[Any, Depends(below)]): ...

    assert form_of(endpoint)["allOf"] == [ref(Other), ref(Profile)]
    assert form_of(same)["properties"] == {"name": {"type": "string", "title": "Name"}}


def test_the_second_field_of_a_name_is_a_condition() -> None:
    def endpoint(
        p: Annotated[Profile, Form()],
        files: Annotated[list[UploadFile], File()],
        last: Annotated[bytes | None, File(alias="files")] = None,
    ): ...

    made = form_of(endpoint)
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    assert made["allOf"][1] == {"properties": {"files": {"anyOf": [binary, {"type": "null"}], "title": "Last"}}}
    assert made["properties"] == {"files": {"items": binary, "type": "array", "title": "Files"}}
    assert made["required"] == ["files"]


def test_a_required_field_with_several_names_may_come_under_any() -> None:
    def endpoint(m: Annotated[ByName, Form()], c: Annotated[Chosen | None, Form()] = None): ...

    by_name, chosen = form_of(endpoint)["allOf"]
    assert by_name["required"] == []
    assert by_name["allOf"] == [{"anyOf": [{"required": ["first"]}, {"required": ["value"]}]}]
    absent, present = chosen["anyOf"]
    assert absent == {"not": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}}
    assert present["anyOf"][0]["allOf"] == [{"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}]


def test_a_model_without_fields_is_always_absent_too() -> None:
    def endpoint(m: Annotated[Empty | None, Form()]): ...

    assert form_of(endpoint)["allOf"] == [{"not": {}}, {"anyOf": [ref(Empty)], "title": "M"}]


def test_the_media_type_is_multipart_if_one_part_says_so() -> None:
    def content(first: str, second: str) -> list[str]:
        app = Hanok()

        @app.post("/")
        def endpoint(a: Annotated[str, Form(media_type=first)], b: Annotated[str, Form(media_type=second)]): ...

        return list(app.openapi()["paths"]["/"]["post"]["requestBody"]["content"])

    usual, latin = "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=latin-1"
    assert content(usual, "multipart/form-data") == ["multipart/form-data"]
    assert content(latin, latin) == [latin]
    assert content(latin, usual) == [usual]
