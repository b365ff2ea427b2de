from __future__ import annotations

import os
import sys

import pytest

from hanok.exceptions import HTTPError
from hanok.http import FileResponse, StaticFiles

MODIFIED = "Tue, 14 Nov 2023 22:13:20 GMT"


@pytest.fixture
def site(tmp_path):
    root = tmp_path / "site"
    (root / "sub").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "a.txt").write_text("hello")
    (root / "sub" / "index.html").write_text("index")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "in.txt").symlink_to(root / "a.txt")
    os.utime(root / "a.txt", (1_700_000_000, 1_700_000_000))
    return root


def refused(call, app, path, **scope):
    with pytest.raises(HTTPError) as raised:
        call(app, path, **scope)
    return raised.value.status_code


@pytest.mark.parametrize("path", ["/a.txt", "//a.txt", "/sub/../a.txt", "/in.txt"])
def test_files(call, site, path):
    answer = call(StaticFiles(directory=site), path)
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["last-modified"] == MODIFIED


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sub",
        "/nope",
        "/a.txt/x",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/out.txt",
        "/\0",
        "/" + "x" * 300,
    ],
)
def test_what_is_not_to_be_found(call, site, path):
    assert refused(call, StaticFiles(directory=site), path) == 404


def test_links_may_lead_out_if_they_are_let(call, site):
    assert call(StaticFiles(directory=site, follow_symlink=True), "/out.txt").body == b"secret"


def test_a_directory_may_be_a_link_itself(call, site, tmp_path):
    (tmp_path / "link").symlink_to(site)
    assert call(StaticFiles(directory=tmp_path / "link"), "/a.txt").body == b"hello"


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed(call, site, method):
    with pytest.raises(HTTPError) as raised:
        call(StaticFiles(directory=site), "/a.txt", method=method)
    assert raised.value.status_code == 405
    assert raised.value.headers == {"Allow": "GET, HEAD"}


def test_head(call, site):
    answer = call(StaticFiles(directory=site), "/a.txt", method="HEAD")
    assert (answer.headers["content-length"], answer.body) == ("5", b"")


def test_below_a_mount(call, site):
    assert call(StaticFiles(directory=site), "/static/a.txt", root_path="/static").body == b"hello"
    assert call(StaticFiles(directory=site), "/static/a.txt", root_path="/static/").body == b"hello"
    assert refused(call, StaticFiles(directory=site), "/staticx/a.txt", root_path="/static") == 404


def test_a_websocket_is_closed(call, site):
    assert call(StaticFiles(directory=site), type="websocket").kinds == ["websocket.close"]


# ---- conditions


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-modified-since": MODIFIED}, 304),
        ({"if-modified-since": "Tue, 14 Nov 2033 22:13:20 GMT"}, 304),
        ({"if-modified-since": "Tue, 14 Nov 2022 22:13:20 GMT"}, 200),
        ({"if-modified-since": "junk"}, 200),
        ({"if-none-match": "ETAG"}, 304),
        ({"if-none-match": "W/ETAG"}, 304),
        ({"if-none-match": '"x", ETAG'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"a,*,b"'}, 200),
        ({"if-none-match": '"x"', "if-modified-since": MODIFIED}, 200),
    ],
)
def test_not_modified(call, site, headers, status):
    etag = FileResponse(site / "a.txt", stat_result=os.stat(site / "a.txt")).headers["etag"]
    sent = {name: value.replace("ETAG", etag) for name, value in headers.items()}
    answer = call(StaticFiles(directory=site), "/a.txt", headers=sent)
    assert answer.status == status
    if status == 304:
        assert answer.body == b""
        assert answer.headers.items() == [("etag", etag)]


# ---- html


def test_a_directory_is_its_index(call, site):
    app = StaticFiles(directory=site, html=True)
    assert call(app, "/sub/").body == b"index"
    assert refused(call, app, "/") == 404
    (site / "index.html").write_text("root")
    assert call(app, "/").body == b"root"
    assert refused(call, app, "/empty") == 404


def test_the_slash_is_added_first(call, site):
    answer = call(StaticFiles(directory=site, html=True), "/sub", server=("h", 80))
    assert (answer.status, answer.headers["location"]) == (307, "http://h/sub/")


def test_a_page_for_what_is_not_found(call, site):
    app = StaticFiles(directory=site, html=True)
    assert refused(call, app, "/nope") == 404
    (site / "404.html").write_text("sorry")
    answer = call(app, "/nope", headers={"if-none-match": "*"})
    assert (answer.status, answer.body) == (404, b"sorry")


# ---- where the files are


def test_directories_of_packages(call, tmp_path, monkeypatch):
    package = tmp_path / "a_package_with_files"
    (package / "statics").mkdir(parents=True)
    (package / "other").mkdir()
    (package / "__init__.py").touch()
    (package / "statics" / "s.txt").write_text("s")
    (package / "other" / "o.txt").write_text("o")
    monkeypatch.syspath_prepend(tmp_path)
    app = StaticFiles(packages=["a_package_with_files", ("a_package_with_files", "other")])
    assert call(app, "/s.txt").body == b"s"
    assert call(app, "/o.txt").body == b"o"
    with pytest.raises(AssertionError, match="Directory ''nope'' in package 'a_package_with_files' could not be found"):
        StaticFiles(packages=[("a_package_with_files", "nope")])
    with pytest.raises(AssertionError, match="Package 'no_such_package' could not be found"):
        StaticFiles(packages=["no_such_package"])
    assert "a_package_with_files" not in sys.modules


def test_a_directory_that_is_not_there(call, tmp_path):
    missing = tmp_path / "missing"
    with pytest.raises(RuntimeError, match=r"Directory '.*missing' does not exist"):
        StaticFiles(directory=missing)
    app = StaticFiles(directory=missing, check_dir=False)
    with pytest.raises(RuntimeError, match=r"StaticFiles directory '.*missing' does not exist\."):
        call(app, "/a")
    missing.touch()
    with pytest.raises(RuntimeError, match=r"StaticFiles path '.*missing' is not a directory\."):
        call(app, "/a")
    missing.unlink()
    missing.mkdir()
    assert refused(call, app, "/a") == 404


@pytest.mark.parametrize(("error", "status"), [(PermissionError(), 401), (OSError(5, "disk"), None)])
def test_errors_of_the_disk(call, site, error, status):
    class Failing(StaticFiles):
        def lookup_path(self, path):
            raise error

    if status is None:
        with pytest.raises(OSError, match="disk"):
            call(Failing(directory=site), "/a.txt")
    else:
        assert refused(call, Failing(directory=site), "/a.txt") == status


def test_a_subclass_may_change_the_answer(call, site):
    class Marked(StaticFiles):
        async def get_response(self, path, scope):
            response = await super().get_response(path, scope)
            response.headers["x-mark"] = path
            return response

        def lookup_path(self, path):
            return super().lookup_path("a.txt")

    answer = call(Marked(directory=site), "/zzz")
    assert (answer.headers["x-mark"], answer.body) == ("zzz", b"hello")
