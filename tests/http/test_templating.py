from __future__ import annotations

import jinja2
import pytest

from hanok.http import BackgroundTask, Jinja2Templates, URLPath


class Router:
    def url_path_for(self, name, /, **params):
        return URLPath(f"/{name}/{params['x']}", protocol="http")


@pytest.fixture
def request_(request_of):
    return request_of(headers={"host": "h"}, path="/p", app=Router())


@pytest.fixture
def templates(tmp_path):
    (tmp_path / "page.html").write_text("{{ name }} {{ request.url.path }} {{ extra }}")
    (tmp_path / "link.html").write_text("{{ url_for('n', x=1) }}")
    return Jinja2Templates(directory=tmp_path)


def test_a_template_is_rendered_and_escaped(templates, request_, call):
    response = templates.TemplateResponse(request_, "page.html", {"name": "<b>"}, 201, {"a": "b"})
    assert response.body == b"&lt;b&gt; /p "
    assert (response.status_code, response.headers["a"], response.media_type) == (201, "b", "text/html")
    assert (response.template.name, sorted(response.context)) == ("page.html", ["name", "request"])
    assert call(response).body == response.body


def test_url_for(templates, request_):
    assert templates.TemplateResponse(request_, "link.html").body == b"http://h/n/1"


def test_context_processors(tmp_path, templates, request_):
    templates = Jinja2Templates([tmp_path], context_processors=[lambda request: {"extra": request.url.path}])
    assert templates.TemplateResponse(request_, "page.html").body == b" /p /p"


def test_an_environment_of_your_own(request_):
    environment = jinja2.Environment(loader=jinja2.DictLoader({"t": "{{ url_for('n', x=2) }}{{ n }}"}))
    templates = Jinja2Templates(env=environment)
    assert templates.env is environment
    assert templates.TemplateResponse(request_, "t", {"n": "<"}).body == b"http://h/n/2<"
    with pytest.raises(jinja2.TemplateNotFound):
        templates.get_template("nope")


@pytest.mark.parametrize("arguments", [{}, {"directory": "x", "env": jinja2.Environment()}])
def test_exactly_one_source(arguments):
    with pytest.raises(AssertionError, match="either 'directory' or 'env' arguments must be passed"):
        Jinja2Templates(**arguments)


def test_a_test_client_is_told_of_template_and_context(templates, request_, call):
    ran = []
    response = templates.TemplateResponse(request_, "link.html", background=BackgroundTask(ran.append, 1))
    answer = call(response, extensions={"http.response.debug": {}})
    assert answer.kinds == ["http.response.debug", "http.response.start", "http.response.body"]
    assert answer.messages[0]["info"] == {"template": response.template, "context": response.context}
    assert ran == [1]
