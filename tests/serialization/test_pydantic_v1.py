from __future__ import annotations

import sys
import uuid
import warnings
from typing import Any

import pytest

from hanok import Hanok
from hanok.exceptions import PydanticV1NotSupportedError
from hanok.serialization import jsonable_encoder
from hanok.serialization.pydantic_v1 import is_v1_model, refuse_v1

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 14), reason="pydantic.v1 ends with Python 3.13")


@pytest.fixture
def model() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydantic.v1 import BaseModel, create_model

    made = create_model("Old", name=(str, ...))
    assert issubclass(made, BaseModel)
    return made


def test_an_old_model_is_refused_where_it_is_declared(model: Any) -> None:
    app = Hanok()

    def endpoint(data: Any) -> None: ...

    for annotation in (model, list[model], model | None):
        endpoint.__annotations__ = {"data": annotation}
        with pytest.raises(PydanticV1NotSupportedError, match=r"Old is a model of pydantic\.v1"):
            app.post("/")(endpoint)
    with pytest.raises(PydanticV1NotSupportedError):
        app.get("/", response_model=model)(lambda: None)


def test_an_old_model_is_refused_where_it_is_written(model: Any) -> None:
    with pytest.raises(PydanticV1NotSupportedError):
        jsonable_encoder(model(name="x"))


def test_nothing_is_imported_to_find_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pydantic.v1.main", raising=False)
    refuse_v1(int)
    assert not is_v1_model(int)


def test_what_only_says_its_class_is_written_as_that_class() -> None:
    class LikeUUID:
        @property
        def __class__(self) -> Any:
            return uuid.UUID

        @property
        def __dict__(self) -> Any:
            raise TypeError("no attributes")

        def __str__(self) -> str:
            return "a10ff360"

    assert jsonable_encoder({"id": LikeUUID()}) == {"id": "a10ff360"}
