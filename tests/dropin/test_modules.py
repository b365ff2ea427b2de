from __future__ import annotations

import importlib
import inspect
from unittest import mock

import pytest

from hanok import exceptions
from hanok.dropin.modules import names_of
from hanok.dropin.table import LIVE, PRIVATE, TABLE, WHOLE
from hanok.dropin.versions import VERSIONS


@pytest.mark.parametrize("module", [*TABLE, *WHOLE])
def test_every_name_of_the_table_is_found(module: str) -> None:
    there = importlib.import_module(module)
    for name in [*names_of(module), *LIVE.get(module, {})]:
        assert getattr(there, name) is not None
        assert name in dir(there)


def test_a_module_looks_like_one() -> None:
    import fastapi
    import starlette

    assert (fastapi.__version__, starlette.__version__) == (VERSIONS["fastapi"], VERSIONS["starlette"])
    assert inspect.getsourcefile(fastapi)
    assert fastapi.__doc__ == "The names of fastapi, as Hanok has them."
    assert {"FastAPI", "Depends", "routing"} <= set(fastapi.__all__)
    assert not any(name.startswith("_") for name in importlib.import_module("starlette.middleware").__all__)
    assert fastapi.routing is importlib.import_module("fastapi.routing")
    assert fastapi.status.HTTP_200_OK == 200
    with pytest.raises(AttributeError, match="has no attribute '__wrapped__'"):
        _ = fastapi.__wrapped__
    with pytest.raises(AttributeError, match=r"module 'starlette\.status' has no attribute 'HTTP_999'"):
        _ = fastapi.status.HTTP_999


def test_a_class_may_have_two_faces() -> None:
    from fastapi import FastAPI, HTTPException
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException as StarletteHTTPException

    assert HTTPException is exceptions.HTTPException
    assert StarletteHTTPException is exceptions.HTTPError
    assert issubclass(FastAPI, Starlette)


def test_a_name_that_is_not_carried_says_what_to_do() -> None:
    import fastapi

    assert not hasattr(fastapi, "Nothing")
    with pytest.raises(ImportError, match=r"has no fastapi\.Nothing\. .*hanok dropin disable"):
        from fastapi import Nothing
    with pytest.raises(ImportError, match=r"no fastapi\.routing\.Nothing"):
        from fastapi.routing import Nothing  # noqa: F401
    with pytest.raises(ImportError, match=r"no starlette\.nothing"):
        import starlette.nothing  # noqa: F401
    with pytest.raises(
        ImportError, match=r"fastapi\.routing\._x is an internal .* Use a public name of fastapi\.routing"
    ):
        from fastapi.routing import _x  # noqa: F401


@pytest.mark.parametrize("module", sorted(PRIVATE))
def test_a_private_module_names_the_public_way(module: str) -> None:
    with pytest.raises(ImportError, match=r"is an internal module .* Use .* instead"):
        importlib.import_module(module + ".anything")


def test_what_a_test_sets_is_kept_and_can_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    import fastapi.responses

    before = fastapi.responses.JSONResponse
    with mock.patch("fastapi.responses.JSONResponse", "other"):
        assert fastapi.responses.JSONResponse == "other"
    assert fastapi.responses.JSONResponse is before
    monkeypatch.setattr(fastapi.responses, "JSONResponse", None)
    assert fastapi.responses.JSONResponse is None


def test_setting_a_live_name_sets_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    import fastapi.routing

    import hanok.endpoint.stream

    before = hanok.endpoint.stream.PING_INTERVAL
    with mock.patch("fastapi.routing._PING_INTERVAL", 0.5):
        assert hanok.endpoint.stream.PING_INTERVAL == 0.5
    assert before == hanok.endpoint.stream.PING_INTERVAL
    monkeypatch.setattr(fastapi.routing, "_PING_INTERVAL", 0.25)
    assert fastapi.routing._PING_INTERVAL == hanok.endpoint.stream.PING_INTERVAL == 0.25


def test_a_module_that_is_ours_from_end_to_end_is_set_through() -> None:
    import fastapi.cli

    import hanok.cli.fastapi

    with mock.patch.object(fastapi.cli, "cli_main", None):
        assert hanok.cli.fastapi.cli_main is None
        with pytest.raises(RuntimeError, match="To use the fastapi command, please install"):
            fastapi.cli.main()
    fastapi.cli.something = 1
    assert not hasattr(hanok.cli.fastapi, "something")
    del fastapi.cli.something
    assert "main" in dir(fastapi.cli)


def test_annotations_of_starlette_can_be_evaluated() -> None:
    from starlette.applications import Starlette
    from starlette.types import Lifespan

    assert Lifespan[Starlette] is not None
