from __future__ import annotations

import re

import pytest

from hanok.openapi import get_redoc_html, get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from hanok.openapi.assets import text_of


def page(response) -> str:
    return response.body.decode()


class TestSwaggerUi:
    def test_shows_the_document_with_the_default_parameters(self):
        html = page(
            get_swagger_ui_html(
                openapi_url="/openapi.json", title="API", swagger_js_url="/ui.js", swagger_css_url="/ui.css"
            )
        )
        assert "<title>API</title>" in html
        assert '<script src="/ui.js"></script>' in html
        assert '<link type="text/css" rel="stylesheet" href="/ui.css">' in html
        assert "url: '/openapi.json'," in html
        for line in ('"dom_id": "#swagger-ui",', '"layout": "BaseLayout",', '"deepLinking": true,'):
            assert line in html
        assert "oauth2RedirectUrl" not in html
        assert "initOAuth" not in html

    def test_parameters_go_over_the_defaults(self):
        html = page(
            get_swagger_ui_html(
                openapi_url="/o",
                title="T",
                swagger_js_url="/js",
                swagger_css_url="/css",
                swagger_ui_parameters={"deepLinking": False, "syntaxHighlight": {"theme": "obsidian"}},
                oauth2_redirect_url="/docs/oauth2-redirect",
                init_oauth={"clientId": "me"},
            )
        )
        assert '"deepLinking": false,' in html
        assert '"deepLinking": true' not in html
        assert '"syntaxHighlight": {"theme": "obsidian"},' in html
        assert "oauth2RedirectUrl: window.location.origin + '/docs/oauth2-redirect'," in html
        assert 'ui.initOAuth({"clientId": "me"})' in html

    def test_nothing_that_is_given_can_leave_its_place(self):
        html = page(
            get_swagger_ui_html(
                openapi_url="/'</script><script>alert(1)</script>",
                title="</title><script>alert(2)</script>",
                swagger_js_url='"><script>alert(3)</script>',
                swagger_css_url='"><script>alert(4)</script>',
                swagger_favicon_url='"><script>alert(5)</script>',
                swagger_ui_parameters={"x": "</script><script>alert(6)</script>"},
                init_oauth={"y": "</script><script>alert(7)</script>"},
            )
        )
        assert "<script>alert" not in html
        assert html.count("<script") == 2

    def test_by_default_the_page_holds_everything_it_needs(self):
        html = page(get_swagger_ui_html(openapi_url="/openapi.json", title="API"))
        assert "SwaggerUIBundle" in text_of("packaged:swagger-ui-bundle.js")
        assert len(html) > 1_000_000
        assert html.lower().count("</script") == 2
        assert not re.search(r'<(script|link|img)[^>]*(src|href)="(https?:)?//', html[:2000])


class TestRedoc:
    def test_shows_the_document(self):
        html = page(get_redoc_html(openapi_url="/openapi.json", title="API", redoc_js_url="/redoc.js"))
        assert '<redoc spec-url="/openapi.json"></redoc>' in html
        assert '<script src="/redoc.js"></script>' in html
        assert "<title>API</title>" in html
        assert "fonts.googleapis.com" not in html

    def test_fonts_come_from_google_only_when_asked_for(self):
        html = page(get_redoc_html(openapi_url="/o", title="A", redoc_js_url="/r", with_google_fonts=True))
        assert "fonts.googleapis.com" in html

    def test_by_default_the_page_holds_everything_it_needs(self):
        html = page(get_redoc_html(openapi_url="/o", title="A"))
        assert len(html) > 500_000
        assert "cdn.redoc.ly" not in html


def test_the_landing_page_of_oauth2_tells_the_window_that_opened_it():
    html = page(get_swagger_ui_oauth2_redirect_html())
    assert "window.opener.swaggerUIRedirectOauth2" in html
    assert "window.close()" in html


@pytest.mark.parametrize("favicon", [None, "/own.png"])
def test_the_favicon_is_part_of_the_page_unless_another_is_named(favicon):
    named = {} if favicon is None else {"redoc_favicon_url": favicon}
    html = page(get_redoc_html(openapi_url="/o", title="A", redoc_js_url="/r", **named))
    assert f'<link rel="icon" href="{favicon or "data:image/svg+xml,"}' in html
