from __future__ import annotations

import http

import pytest

from hanok.exceptions import HanokDeprecationWarning
from hanok.http import status


def test_every_status_of_the_standard_library_has_a_name():
    codes = {getattr(status, name) for name in status.__all__ if name.startswith("HTTP_")}
    assert {int(code) for code in http.HTTPStatus} <= codes


def test_a_name_begins_with_its_code():
    for name in status.__all__:
        assert getattr(status, name) == int(name.split("_")[1])


def test_an_old_name_works_and_warns():
    with pytest.warns(HanokDeprecationWarning, match="Use 'HTTP_422_UNPROCESSABLE_CONTENT' instead"):
        assert status.HTTP_422_UNPROCESSABLE_ENTITY == 422
    assert "HTTP_422_UNPROCESSABLE_ENTITY" in dir(status)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="HTTP_299"):
        _ = status.HTTP_299_NOPE
