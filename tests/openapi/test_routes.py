from __future__ import annotations

import pytest

from hanok import Hanok
from hanok.openapi import docs_routes
from hanok.testing import TestClient


def paths(**options: str | None) -> list[str]:
    return [route.path for route in docs_routes(Hanok(**options))]


class TestWhatIsServed:
    def test_the_document_the_pages_and_their_files(self):
        assert paths() == [
            "/openapi.json",
            "/docs",
            "/docs/oauth2-redirect",
            "/redoc",
            "/docs/assets/{file:path}",
        ]

    def test_nothing_without_a_document(self):
        assert paths(openapi_url=None) == []

    def test_only_the_document(self):
        assert paths(docs_url=None, redoc_url=None) == ["/openapi.json"]

    def test_only_redoc(self):
        assert paths(docs_url=None) == ["/openapi.json", "/redoc", "/redoc/assets/{file:path}"]

    def test_a_page_at_the_root(self):
        found = paths(docs_url="/", redoc_url=None, swagger_ui_oauth2_redirect_url=None)
        assert found == ["/openapi.json", "/", "/assets/{file:path}"]


class TestTheDocument:
    def test_is_json(self):
        with TestClient(Hanok(title="Ä")) as client:
            response = client.get("/openapi.json")
        assert response.headers["content-type"] == "application/json"
        assert response.json()["info"]["title"] == "Ä"

    def test_shows_every_change(self):
        app = Hanok()
        client = TestClient(app)
        assert client.get("/openapi.json").json()["paths"] == {}
        app.openapi()["x-own"] = 1
        assert client.get("/openapi.json").json()["x-own"] == 1

    @pytest.mark.parametrize(
        ("options", "servers"),
        [
            ({}, [{"url": "/api"}]),
            ({"servers": [{"url": "https://a.example"}]}, [{"url": "/api"}, {"url": "https://a.example"}]),
            ({"servers": [{"url": "/api", "description": "D"}]}, [{"url": "/api", "description": "D"}]),
            ({"root_path_in_servers": False}, None),
        ],
    )
    def test_names_the_root_path_among_the_servers(self, options, servers):
        app = Hanok(**options)
        client = TestClient(app, root_path="/api")
        document = client.get("/openapi.json").json()
        assert document.get("servers") == servers
        assert app.openapi().get("servers") == options.get("servers")


class TestThePages:
    def test_swagger_ui_takes_everything_from_the_application(self):
        app = Hanok(
            title="My <API>", swagger_ui_parameters={"deepLinking": False}, swagger_ui_init_oauth={"clientId": "me"}
        )
        client = TestClient(app, root_path="/api")
        page = client.get("/docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<title>My &lt;API&gt; - Swagger UI</title>" in page.text
        assert "url: '/api/openapi.json'," in page.text
        assert "window.location.origin + '/api/docs/oauth2-redirect'," in page.text
        assert '"deepLinking": false,' in page.text
        assert 'initOAuth({"clientId": "me"})' in page.text
        assert 'src="/api/docs/assets/swagger-ui-dist@' in page.text

    def test_redoc(self):
        page = TestClient(Hanok()).get("/redoc").text
        assert "<title>FastAPI - ReDoc</title>" in page
        assert '<redoc spec-url="/openapi.json">' in page
        assert 'src="/docs/assets/redoc@2' in page

    def test_the_files_that_they_name_are_there(self):
        client = TestClient(Hanok())
        for page in ("/docs", "/redoc"):
            text = client.get(page).text
            files = [part.split('"')[0] for part in text.split('="') if part.startswith("/docs/assets/")]
            assert files
            for file in files:
                assert client.get(file).status_code == 200

    def test_no_redirect_url_where_there_is_none(self):
        client = TestClient(Hanok(swagger_ui_oauth2_redirect_url=None))
        assert "oauth2RedirectUrl" not in client.get("/docs").text
        assert client.get("/docs/oauth2-redirect").status_code == 404

    def test_the_landing_page_of_oauth2(self):
        assert "swaggerUIRedirectOauth2" in TestClient(Hanok()).get("/docs/oauth2-redirect").text
