from __future__ import annotations

import pytest

from hanok.security import (
    OAuth2,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    OAuth2PasswordRequestFormStrict,
    OpenIdConnect,
    SecurityScopes,
)
from hanok.security.models import OAuthFlows

BEARERS = [OAuth2PasswordBearer("token"), OAuth2AuthorizationCodeBearer("authorize", "token")]
WHOLE = [OAuth2(), OpenIdConnect(openIdConnectUrl="/.well-known")]


class TestTokens:
    @pytest.mark.parametrize("scheme", BEARERS)
    def test_a_bearer_scheme_gives_the_token_alone(self, ask, scheme):
        assert ask(scheme, "bearer abc") == "abc"

    @pytest.mark.parametrize("scheme", BEARERS)
    def test_an_empty_bearer_token_is_still_a_token(self, ask, scheme):
        assert ask(scheme, "Bearer") == ""

    @pytest.mark.parametrize("scheme", WHOLE)
    def test_a_general_scheme_gives_the_whole_header(self, ask, scheme):
        assert ask(scheme, "Other abc") == "Other abc"

    @pytest.mark.parametrize("scheme", BEARERS + WHOLE)
    def test_no_credentials_answer_401(self, ask, scheme):
        error = ask(scheme)
        assert (error.status_code, error.detail) == (401, "Not authenticated")
        assert error.headers == {"WWW-Authenticate": "Bearer"}

    @pytest.mark.parametrize("scheme", BEARERS)
    def test_another_scheme_answers_401(self, ask, scheme):
        assert ask(scheme, "Basic abc").status_code == 401

    @pytest.mark.parametrize(
        "scheme",
        [
            OAuth2(auto_error=False),
            OAuth2PasswordBearer("t", auto_error=False),
            OAuth2AuthorizationCodeBearer("a", "t", auto_error=False),
            OpenIdConnect(openIdConnectUrl="u", auto_error=False),
        ],
    )
    def test_without_auto_error_gives_none(self, ask, scheme):
        assert ask(scheme) is None


class TestDescriptions:
    def test_password_flow(self):
        scheme = OAuth2PasswordBearer("token", scopes={"me": "Read me"}, refreshUrl="again", description="D")
        assert scheme.scheme_name == "OAuth2PasswordBearer"
        assert scheme.model.as_openapi() == {
            "type": "oauth2",
            "description": "D",
            "flows": {"password": {"refreshUrl": "again", "scopes": {"me": "Read me"}, "tokenUrl": "token"}},
        }

    def test_authorization_code_flow(self):
        scheme = OAuth2AuthorizationCodeBearer("authorize", "token", scheme_name="Mine")
        assert scheme.scheme_name == "Mine"
        assert scheme.model.as_openapi()["flows"] == {
            "authorizationCode": {"scopes": {}, "authorizationUrl": "authorize", "tokenUrl": "token"}
        }

    def test_flows_as_models_or_as_dicts(self):
        flows = {"password": {"tokenUrl": "token", "scopes": {"a": "b"}}}
        assert OAuth2(flows=flows).model == OAuth2(flows=OAuthFlows.model_validate(flows)).model
        assert OAuth2().model.as_openapi() == {"type": "oauth2", "flows": {}}

    def test_open_id_connect(self):
        described = OpenIdConnect(openIdConnectUrl="/.well-known", description="D").model.as_openapi()
        assert described == {"type": "openIdConnect", "description": "D", "openIdConnectUrl": "/.well-known"}


class TestScopesAndForms:
    def test_security_scopes(self):
        assert (SecurityScopes().scopes, SecurityScopes().scope_str) == ([], "")
        assert SecurityScopes(["a", "b"]).scope_str == "a b"

    def test_the_password_form_splits_its_scopes(self):
        form = OAuth2PasswordRequestForm(username="ada", password="love", scope="a  b")
        assert form.scopes == ["a", "b"]
        assert (form.grant_type, form.client_id, form.client_secret) == (None, None, None)

    def test_the_strict_form_wants_the_grant_type(self):
        form = OAuth2PasswordRequestFormStrict("password", "ada", "love")
        assert (form.grant_type, form.scopes) == ("password", [])
