"""A built frontend answers what no route takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hanok.dependencies import Depends
from hanok.http import Response
from hanok.routing import APIRouter

PAGE = ((b"accept", b"application/xhtml+xml, text/html;q=0.9"),)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("index")
    (tmp_path / "a.js").write_text("script")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text("sub")
    (tmp_path / "empty").mkdir()
    return tmp_path


def router_with(site: Path, **options: Any) -> APIRouter:
    router = APIRouter()
    router.frontend("/", directory=site, **options)
    router.get("/api")(lambda: 1)  # declared later, asked first
    return router


def test_files_are_served_behind_the_routes(ask: Any, site: Path) -> None:
    router = router_with(site)
    assert ask(router, "GET", "/").text == "index"
    assert ask(router, "GET", "/a.js").text == "script"
    assert ask(router, "GET", "/api").text == "1"
    assert ask(router, "POST", "/api").headers["allow"] == "GET"
    assert ask(router, "GET", "/api/").headers["location"] == "http://example.org/api"
    assert ask(router, "GET", "/sub").headers["location"] == "http://example.org/sub/"
    assert ask(router, "GET", "/sub/").text == "sub"
    assert len(router.routes) == 1
    assert ask(router, "", "/a.js", kind="websocket").messages[0]["type"] == "websocket.close"


def test_only_get_and_head_read_files(ask: Any, site: Path) -> None:
    router = router_with(site)
    refused = ask(router, "POST", "/a.js").error
    assert (refused.status_code, refused.headers) == (405, {"Allow": "GET, HEAD"})
    assert ask(router, "POST", "/nope", headers=PAGE).error.status_code == 404


def test_nothing_outside_of_the_directory_is_served(ask: Any, site: Path) -> None:
    (site.parent / "secret.txt").write_text("secret")
    assert ask(router_with(site, fallback=None), "GET", "/../secret.txt").error.status_code == 404


def test_pages_fall_back_on_the_index_where_a_browser_navigates(ask: Any, site: Path) -> None:
    for fallback in ("auto", "index.html"):
        router = router_with(site, fallback=fallback)
        assert ask(router, "GET", "/some/page", headers=PAGE).text == "index"
        assert ask(router, "GET", "/empty/", headers=PAGE).text == "index"
        for accept in (b"*/*", b"application/json", b"text/html;q=0"):
            assert ask(router, "GET", "/some/page", headers=((b"accept", accept),)).error.status_code == 404
        assert ask(router, "GET", "/some/page").error.status_code == 404
    assert ask(router_with(site, fallback=None), "GET", "/some/page", headers=PAGE).error.status_code == 404


def test_a_page_for_what_is_not_there(ask: Any, site: Path) -> None:
    (site / "404.html").write_text("lost")
    for fallback in ("auto", "404.html"):
        answer = ask(router_with(site, fallback=fallback), "GET", "/nope")
        assert (answer.status, answer.text) == (404, "lost")
    assert ask(router_with(site, fallback="index.html"), "GET", "/nope", headers=PAGE).text == "index"


def test_without_an_index_there_is_nothing_to_fall_back_on(ask: Any, site: Path) -> None:
    (site / "index.html").unlink()
    assert ask(router_with(site), "GET", "/nope", headers=PAGE).error.status_code == 404


def test_the_longest_path_wins_and_dependencies_run(ask: Any, site: Path) -> None:
    def mark(response: Response) -> None:
        raise LookupError

    outer, inner = router_with(site), APIRouter(prefix="/r", dependencies=[Depends(mark)])
    outer.frontend("/app/", directory=site / "sub")
    inner.frontend("/z", directory=site)
    outer.include_router(inner, prefix="/{tenant}")
    assert ask(outer, "GET", "/app/").text == "sub"
    assert ask(outer, "GET", "/app").headers["location"] == "http://example.org/app/"
    assert ask(outer, "GET", "/appx/a.js").error.status_code == 404
    assert ask(outer, "GET", "/t/r/z").headers["location"] == "http://example.org/t/r/z/"
    assert isinstance(ask(outer, "GET", "/t/r/z/a.js").error, LookupError)


@pytest.mark.parametrize(
    ("path", "options", "error", "message"),
    [
        ("", {}, AssertionError, "A frontend path cannot be empty"),
        ("x", {}, AssertionError, "A frontend path must start with '/'"),
        ("/x", {"fallback": "x"}, AssertionError, "fallback must be 'auto', 'index.html', '404.html', or None"),
        ("/x", {"fallback": "404.html"}, RuntimeError, "Frontend fallback file '404.html' does not exist"),
        ("/x", {"directory": "no-such-directory"}, RuntimeError, "Frontend directory 'no-such-directory' does not"),
    ],
)
def test_what_cannot_be_served_is_refused(site: Path, path: str, options: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        APIRouter().frontend(path, **{"directory": site, **options})


def test_the_directory_may_come_later(site: Path) -> None:
    APIRouter().frontend("/", directory=site / "later", check_dir=False)


def test_what_is_missing_altogether_is_an_error_and_only_a_warning_in_development(
    ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_ENV", "development")
    with pytest.warns(UserWarning, match="does not exist") as warned:
        router = router_with(tmp_path / "missing")
    assert warned[0].filename == __file__
    assert "does not exist" in str(ask(router, "GET", "/asset.txt").error)
    with pytest.raises(RuntimeError, match="does not exist"):
        router_with(tmp_path / "missing", check_dir=True)


def test_xhtml_is_a_page_and_the_headers_of_dependencies_are_kept(ask: Any, site: Path) -> None:
    def mark(response: Response) -> None:
        response.headers["x-marked"] = "yes"

    router = APIRouter(dependencies=[Depends(mark)])
    router.frontend("/", directory=site, fallback="index.html")
    answer = ask(router, "GET", "/deep/page", headers=((b"accept", b"application/xhtml+xml"),))
    assert answer.text == "index"
    assert answer.headers["x-marked"] == "yes"
