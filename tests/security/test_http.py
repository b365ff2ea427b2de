from __future__ import annotations

from base64 import b64encode

import pytest

from hanok.exceptions import HTTPException
from hanok.security import (
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    HTTPDigest,
)
from hanok.security.http import HTTPBase


def basic(pair: bytes) -> str:
    return f"Basic {b64encode(pair).decode()}"


class TestBasic:
    def test_gives_user_and_password(self, ask):
        assert ask(HTTPBasic(), basic(b"ada:love")) == HTTPBasicCredentials(username="ada", password="love")

    def test_the_password_may_contain_colons(self, ask):
        assert ask(HTTPBasic(), basic(b"ada:a:b")).password == "a:b"

    def test_the_scheme_is_case_insensitive(self, ask):
        assert ask(HTTPBasic(), basic(b"ada:love").replace("Basic", "bAsIc")).username == "ada"

    @pytest.mark.parametrize("sent", [None, "", "Bearer x"])
    def test_missing_or_other_credentials_answer_401(self, ask, sent):
        error = ask(HTTPBasic(), sent)
        assert (error.status_code, error.detail) == (401, "Not authenticated")
        assert error.headers == {"WWW-Authenticate": "Basic"}
        assert ask(HTTPBasic(auto_error=False), sent) is None

    @pytest.mark.parametrize("sent", ["Basic", "Basic a", basic(b"no colon"), basic("ü:p".encode("latin-1"))])
    def test_undecodable_credentials_answer_401_even_without_auto_error(self, ask, sent):
        assert ask(HTTPBasic(auto_error=False), sent).status_code == 401

    def test_the_realm_is_named_in_the_challenge(self, ask):
        assert ask(HTTPBasic(realm="home")).headers == {"WWW-Authenticate": 'Basic realm="home"'}


class TestBearerAndDigest:
    @pytest.mark.parametrize(("scheme", "name"), [(HTTPBearer, "Bearer"), (HTTPDigest, "Digest")])
    def test_gives_scheme_and_credentials(self, ask, scheme, name):
        assert ask(scheme(), f"{name.lower()} a b") == HTTPAuthorizationCredentials(
            scheme=name.lower(), credentials="a b"
        )

    @pytest.mark.parametrize(("scheme", "name"), [(HTTPBearer, "Bearer"), (HTTPDigest, "Digest")])
    @pytest.mark.parametrize("sent", [None, "Other x", "Bearer", "Digest"])
    def test_missing_or_other_credentials_answer_401(self, ask, scheme, name, sent):
        error = ask(scheme(), sent)
        assert (error.status_code, error.headers) == (401, {"WWW-Authenticate": name})
        assert ask(scheme(auto_error=False), sent) is None

    def test_descriptions(self):
        assert HTTPBearer(bearerFormat="JWT").model.as_openapi() == {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
        }
        assert HTTPDigest(description="d").model.as_openapi() == {
            "type": "http",
            "description": "d",
            "scheme": "digest",
        }


class TestAnyScheme:
    def test_any_scheme_is_accepted(self, ask):
        assert ask(HTTPBase(scheme="Other"), "Foo bar").scheme == "Foo"

    def test_the_challenge_is_the_documented_scheme(self, ask):
        assert ask(HTTPBase(scheme="other-one")).headers == {"WWW-Authenticate": "Other-One"}


def test_the_error_can_be_replaced(ask):
    class Hidden(HTTPBearer):
        def make_not_authenticated_error(self) -> HTTPException:
            return HTTPException(404)

    assert ask(Hidden()).status_code == 404
