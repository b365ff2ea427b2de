from __future__ import annotations

import http.cookies
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanok.http import Response, parse_cookies


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("", {}),
        ("=", {}),
        ("a=b; c=d", {"a": "b", "c": "d"}),
        ("a=1; a=2", {"a": "2"}),
        ("a=b=c", {"a": "b=c"}),
        (" a = b ;; ;", {"a": "b"}),
        ("novalue; a=1", {"": "novalue", "a": "1"}),
        ("a=; =b", {"a": "", "": "b"}),
        ('a="x y"', {"a": "x y"}),
        ('a="x\\073y\\"z"', {"a": 'x;y"z'}),
        ('a="open', {"a": '"open'}),
        ('a="', {"a": '"'}),
        ('a=""', {"a": ""}),
        ("a=%20", {"a": "%20"}),
    ],
)
def test_parsing(header, cookies):
    assert parse_cookies(header) == cookies


@given(st.text(st.characters(max_codepoint=255), max_size=20))
def test_what_the_standard_library_quotes_is_unquoted(value):
    _, quoted = http.cookies.SimpleCookie().value_encode(value)
    stripped = value.strip() if quoted == value else value
    assert parse_cookies("name=" + quoted).get("name", "") == stripped


def cookie(**options):
    response = Response()
    response.set_cookie("k", **options)
    return response.headers["set-cookie"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 'k=""; Path=/; SameSite=lax'),
        ({"value": "v"}, "k=v; Path=/; SameSite=lax"),
        ({"value": 'a b;c"é'}, 'k="a b\\073c\\"\\351"; Path=/; SameSite=lax'),
        ({"value": "v", "max_age": 0}, "k=v; Max-Age=0; Path=/; SameSite=lax"),
        ({"value": "v", "expires": "soon"}, "k=v; expires=soon; Path=/; SameSite=lax"),
        ({"value": "v", "path": None, "samesite": None}, "k=v"),
        ({"value": "v", "path": "/x", "domain": "d.com"}, "k=v; Domain=d.com; Path=/x; SameSite=lax"),
        (
            {"value": "v", "secure": True, "httponly": True, "samesite": "none"},
            "k=v; HttpOnly; Path=/; SameSite=none; Secure",
        ),
        (
            {"value": "v", "expires": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)},
            "k=v; expires=Wed, 02 Jan 2030 03:04:05 GMT; Path=/; SameSite=lax",
        ),
    ],
)
def test_setting(options, expected):
    assert cookie(**options) == expected


def test_expires_may_be_seconds_from_now():
    assert "expires=" in cookie(expires=10)
    assert " GMT;" in cookie(expires=10)


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=2))])
def test_a_datetime_that_is_not_in_utc_is_refused(zone):
    with pytest.raises(ValueError, match="UTC"):
        cookie(expires=datetime(2030, 1, 2, tzinfo=zone))


def test_an_unknown_samesite_is_refused():
    with pytest.raises(AssertionError, match="samesite must be either 'strict', 'lax' or 'none'"):
        cookie(samesite="bad")


def test_an_illegal_name_is_refused():
    with pytest.raises(http.cookies.CookieError):
        Response().set_cookie("a b")


def test_partitioned_needs_a_python_that_knows_it():
    if sys.version_info >= (3, 14):
        assert "Partitioned" in cookie(partitioned=True)
    else:
        with pytest.raises(ValueError, match=r"Python 3\.14"):
            cookie(partitioned=True)


def test_deleting_sets_a_cookie_that_has_expired():
    response = Response()
    response.delete_cookie("k", path="/a", domain="d", secure=True, httponly=True, samesite="strict")
    value = response.headers["set-cookie"]
    assert value.startswith('k=""; Domain=d; expires=')
    assert value.endswith("; HttpOnly; Max-Age=0; Path=/a; SameSite=strict; Secure")
