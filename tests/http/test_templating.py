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


# ---- rendering in less time is the same rendering

TEMPLATES = {
    "page": "{% extends 'base' %}{% from 'macros' import bold with context %}{% block body %}{{ bold(word) }}{% endblock %}",
    "base": "{% include 'head' %}<p>{% block body %}{% endblock %}</p>{{ range(3)|list }}{{ place }}",
    "head": "{% set twice = word ~ word %}{{ twice }}{{ absent }}{% for one in words %}{{ loop.index }}{{ one }}{% endfor %}",
    "macros": "{% macro bold(text) %}<b>{{ text }}{{ place }}{{ word }}</b>{% endmacro %}",
}


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("undefined", [jinja2.Undefined, jinja2.ChainableUndefined])
def test_a_page_is_what_the_template_renders_by_itself(request_, name, undefined):
    environment = jinja2.Environment(loader=jinja2.DictLoader(TEMPLATES), autoescape=True, undefined=undefined)
    environment.globals["place"] = "<here>"
    templates = Jinja2Templates(env=environment)
    for context in ({"word": "a&b", "words": [1, "<"]}, {"word": 1, "range": lambda _: "mine", "place": "there"}):
        expected = templates.get_template(name).render(context | {"request": request_})
        assert templates.TemplateResponse(request_, name, context).body.decode() == expected


def test_globals_may_change_after_a_template_was_loaded(request_):
    environment = jinja2.Environment(loader=jinja2.DictLoader({"t": "{{ of_all }}{{ of_it }}"}))
    environment.get_template("t", globals={"of_it": 1})
    templates = Jinja2Templates(env=environment)
    assert templates.TemplateResponse(request_, "t").body == b"1"
    environment.globals["of_all"] = 2
    assert templates.TemplateResponse(request_, "t").body == b"21"


def test_an_error_names_the_line_of_the_template(request_):
    environment = jinja2.Environment(loader=jinja2.DictLoader({"t": "\n\n{{ 1 / nothing }}"}))
    with pytest.raises(ZeroDivisionError) as raised:
        Jinja2Templates(env=environment).TemplateResponse(request_, "t", {"nothing": 0})
    last = raised.traceback[-1]
    assert (last.name, last.lineno + 1) == ("top-level template code", 3)


def test_a_template_that_renders_in_a_way_of_its_own_is_left_alone(request_):
    class Shouting(jinja2.Template):
        def render(self, *args, **kwargs):
            return super().render(*args, **kwargs).upper()

    environment = jinja2.Environment(loader=jinja2.DictLoader({"t": "{{ word }}"}))
    environment.template_class = Shouting
    assert Jinja2Templates(env=environment).TemplateResponse(request_, "t", {"word": "a"}).body == b"A"


def test_a_template_of_an_asynchronous_environment_is_rendered(request_):
    environment = jinja2.Environment(loader=jinja2.DictLoader({"t": "{{ word }}"}), enable_async=True)
    assert Jinja2Templates(env=environment).TemplateResponse(request_, "t", {"word": "a"}).body == b"a"
