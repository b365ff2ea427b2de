from __future__ import annotations

import pytest

from hanok.http import URL, Address, URLPath
from hanok.http.url import valid_authority

FULL = "https://user:pass@example.org:123/path?a=1#top"


def test_the_parts():
    url = URL(FULL)
    assert (url.scheme, url.netloc, url.path) == ("https", "user:pass@example.org:123", "/path")
    assert (url.query, url.fragment) == ("a=1", "top")
    assert (url.username, url.password, url.hostname, url.port) == ("user", "pass", "example.org", 123)
    assert url.components.geturl() == str(url) == FULL
    assert url.is_secure
    assert URL("wss://h").is_secure
    assert not URL("http://h").is_secure


def test_the_repr_hides_the_password():
    assert repr(URL(FULL)) == "URL('https://user:********@example.org:123/path?a=1#top')"
    assert repr(URL("/x")) == "URL('/x')"


def test_equality_is_of_the_text():
    assert URL("/x") == "/x"
    assert URL("/x") == URL("/x")
    assert URL("/x") != 3
    with pytest.raises(TypeError):
        hash(URL("/x"))


@pytest.mark.parametrize(
    ("url", "changes", "expected"),
    [
        (
            FULL,
            {"scheme": "http", "path": "/z", "query": "", "fragment": ""},
            "http://user:pass@example.org:123/z",
        ),
        (FULL, {"hostname": "b.com"}, "https://user:pass@b.com:123/path?a=1#top"),
        (FULL, {"hostname": None, "port": None}, "https://user:pass@example.org/path?a=1#top"),
        (FULL, {"username": "x"}, "https://x:pass@example.org:123/path?a=1#top"),
        (FULL, {"password": None}, "https://user@example.org:123/path?a=1#top"),
        (FULL, {"username": None}, "https://example.org:123/path?a=1#top"),
        ("http://h/", {"username": "u", "password": "p", "port": 8}, "http://u:p@h:8/"),
        ("http://[::1]:80/", {"port": 81}, "http://[::1]:81/"),
        ("http://[::1]/", {"port": 81}, "http://[::1]:81/"),
        ("http://h/", {"hostname": "fe80::2", "port": 1}, "http://[fe80::2]:1/"),
        ("http://h:1/", {"hostname": "b.org:8", "port": None}, "http://b.org:8/"),
        ("http://h/", {"netloc": "z:9"}, "http://z:9/"),
        ("/x", {"hostname": "h"}, "//h/x"),
    ],
)
def test_replacing(url, changes, expected):
    assert str(URL(url).replace(**changes)) == expected


def test_query_parameters():
    url = URL("https://h/?a=1&b=2&a=3")
    assert url.include_query_params(a=9, c=None) == "https://h/?b=2&a=9&c=None"
    assert url.replace_query_params(z="q r") == "https://h/?z=q+r"
    assert url.remove_query_params("a") == "https://h/?b=2"
    assert url.remove_query_params(["b", "z"]) == "https://h/?a=1&a=3"
    assert URL("/?a=").include_query_params() == "/?a="


def test_made_of_components():
    assert URL(scheme="https", hostname="h", path="/a") == "https://h/a"


@pytest.mark.parametrize("sources", [{"url": "x", "path": "/"}, {"url": "x", "scope": {}}, {"scope": {}, "path": "/"}])
def test_two_sources_are_too_many(sources):
    with pytest.raises(AssertionError, match="Cannot set both"):
        URL(**sources)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"headers": [(b"host", b"ex.com:81")], "server": ("s", 2)}, "http://ex.com:81/p"),
        ({"headers": [(b"x", b"y")], "server": ("s", 80)}, "http://s/p"),
        ({"server": ("s", 443), "scheme": "https"}, "https://s/p"),
        ({"server": ("s", 81)}, "http://s:81/p"),
        ({"server": ("::1", 8000)}, "http://[::1]:8000/p"),
        ({"server": ("/run/app.sock", None)}, "http:///run/app.sock/p"),
        ({"server": None}, "/p"),
        ({}, "/p"),
        ({"headers": [(b"host", b"evil/path")], "server": ("s", 80)}, "http://s/p"),
        ({"headers": [(b"host", b"a")], "query_string": "é".encode()}, "http://a/p?é"),
        ({"headers": [(b"host", b"a")], "path": "/p?x#y"}, "http://a/p%3Fx%23y"),
        ({"path": "//p"}, "/%2Fp"),
        ({"path": "/\\p"}, "/%5Cp"),
        ({"headers": [(b"host", b"a")], "path": "@evil.org"}, "http://a/@evil.org"),
        ({"headers": [(b"host", b"a")], "path": "//p"}, "http://a//p"),
    ],
)
def test_made_of_a_scope(parts, expected):
    assert str(URL(scope={"path": "/p", "headers": [], **parts})) == expected


@pytest.mark.parametrize("text", ["a", "a:0", "a_b.c:65535", "%zz", "a,b", "1.2.3.4:5", "[::1]:8", "[vF.a:b]", "a."])
def test_well_formed_authorities(text):
    assert valid_authority(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " a",
        "a b",
        "a@b",
        "a?b",
        "a:x",
        "a:",
        "a:65536",
        "::1",
        "[::1",
        "[::1]x",
        "[1.2.3.4]",
        "[V1.a]",
        "[::1%25eth0]",
        "é",
    ],
)
def test_malformed_authorities(text):
    assert not valid_authority(text)


@pytest.mark.parametrize(
    ("path", "base", "expected"),
    [
        (URLPath("/a"), "https://ex.org", "https://ex.org/a"),
        (URLPath("/a"), "https://ex.org/root/?q=1", "https://ex.org/root/a"),
        (URLPath("/a", protocol="websocket"), "https://ex.org/", "wss://ex.org/a"),
        (URLPath("/a", protocol="websocket"), "http://ex.org/", "ws://ex.org/a"),
        (URLPath("/a", protocol="http", host="z.com"), URL("wss://ex.org/"), "https://z.com/a"),
    ],
)
def test_a_path_below_a_base(path, base, expected):
    assert path.make_absolute_url(base) == expected


def test_a_path_is_text():
    assert URLPath("/a", host="h") == "/a"
    with pytest.raises(AssertionError):
        URLPath("/a", protocol="ftp")


def test_an_address_has_names():
    assert Address("h", 1) == Address(host="h", port=1)
