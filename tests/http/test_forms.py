from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanok.exceptions import ClientDisconnect, HTTPError
from hanok.http import FormParser, Headers, MultiPartException, UploadFile, form_of
from hanok.http import forms as forms_module

MULTIPART = {"content-type": "multipart/form-data; boundary=B"}
URLENCODED = {"content-type": "application/x-www-form-urlencoded"}
END = b"--B--\r\n"


def part(name: bytes, value: bytes, filename: bytes | None = None, more: bytes = b"") -> bytes:
    disposition = b'Content-Disposition: form-data; name="' + name + b'"'
    if filename is not None:
        disposition += b'; filename="' + filename + b'"'
    return b"--B\r\n" + disposition + b"\r\n" + more + b"\r\n" + value + b"\r\n"


@pytest.fixture
def form(request_of):
    """The pairs of a form, files as (name, file name, type, size, content)."""

    def read(body, headers=MULTIPART, *, app=None, **limits):
        async def main():
            request = request_of(body, headers, **({"app": app} if app else {}))
            async with request.form(**limits) as form:
                assert await request.form() is form
                return [
                    (name, value.filename, value.content_type, value.size, await value.read())
                    if isinstance(value, UploadFile)
                    else (name, value)
                    for name, value in form.multi_items()
                ]

        return asyncio.run(main())

    return read


def test_fields(form):
    assert form(part(b"a", b"1") + part(b"b", b"2") + part(b"a", b"") + END) == [
        ("a", "1"),
        ("b", "2"),
        ("a", ""),
    ]


def test_a_part_with_a_file_name_is_a_file(form):
    body = part(b"f", b"data", b"f.txt", b"Content-Type: text/plain\r\n") + part(b"g", b"", b"") + END
    assert form(body) == [("f", "f.txt", "text/plain", 4, b"data"), ("g", "", None, 0, b"")]


def test_the_headers_of_a_part_are_those_of_its_file(request_of):
    async def main():
        request = request_of(part(b"f", b"x", b"n", b"X-Extra: Yes\r\n") + END, MULTIPART)
        file = (await request.form())["f"]
        assert file.headers["x-extra"] == "Yes"
        await request.close()
        assert file.file.closed

    asyncio.run(main())


def test_a_form_may_arrive_byte_by_byte(form):
    body = part(b"f", b"data", b"f.txt") + part(b"a", b"hello") + END
    assert form([body[i : i + 1] for i in range(len(body))]) == [
        ("f", "f.txt", None, 4, b"data"),
        ("a", "hello"),
    ]


@pytest.mark.parametrize("size", [1024 * 1024, 1024 * 1024 + 1])
def test_a_file_above_a_mebibyte_lies_on_disk(request_of, size):
    async def main():
        async with request_of(part(b"f", b"x" * size, b"n") + END, MULTIPART).form() as form:
            file = form["f"]
            assert file._in_memory == (size <= 1024 * 1024)
            assert file.size == len(await file.read()) == size

    asyncio.run(main())


@pytest.mark.parametrize(
    ("content_type", "value", "expected"),
    [
        ("multipart/form-data; boundary=B", "é".encode(), "é"),
        ("multipart/form-data; boundary=B", b"\xe9", "é"),
        ("multipart/form-data; charset=latin-1; boundary=B", b"\xe9", "é"),
        ("multipart/form-data; charset=nope; boundary=B", b"\xe9", "é"),
        ("Multipart/Form-Data; boundary=B", b"x", "x"),
    ],
)
def test_charsets(form, content_type, value, expected):
    assert form(part(b"a", value) + END, {"content-type": content_type}) == [("a", expected)]


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (
            b"--B\r\nContent-Type: x/y\r\n\r\nq\r\n" + END,
            None,
            'The Content-Disposition header field "name" must be provided.',
        ),
        (b"", "multipart/form-data", "Missing boundary in multipart."),
        (b"hello", None, "Invalid multipart data."),
        (b"", "multipart/form-data; boundary=" + "x" * 300, "Invalid multipart data."),
        (part(b"a", b"1") + END, "multipart/form-data; boundary=C", "Invalid multipart data."),
    ],
)
@pytest.mark.parametrize("app", [None, "app"])
def test_malformed_forms(form, body, content_type, message, app):
    headers = MULTIPART if content_type is None else {"content-type": content_type}
    if app is None:
        with pytest.raises(MultiPartException) as raised:
            form(body, headers)
        assert raised.value.message == message
    else:
        with pytest.raises(HTTPError) as answered:
            form(body, headers, app=app)
        assert (answered.value.status_code, answered.value.detail) == (400, message)


@pytest.mark.parametrize(
    ("body", "limits", "message"),
    [
        (part(b"a", b"") * 2, {"max_fields": 1}, "Too many fields. Maximum number of fields is 1."),
        (part(b"a", b"", b"f") * 2, {"max_files": 1}, "Too many files. Maximum number of files is 1."),
        (part(b"a", b"x" * 1025), {"max_part_size": 1024}, "Part exceeded maximum size of 1KB."),
    ],
)
def test_limits(form, body, limits, message):
    with pytest.raises(MultiPartException, match=message):
        form(body + END, **limits)


def test_the_limit_on_parts_is_not_for_files(form):
    assert form(part(b"a", b"x" * 11, b"f") + END, max_part_size=10)[0][3] == 11


def test_no_file_is_left_open_when_a_form_fails(request_of, monkeypatch):
    opened = []
    original = forms_module.SpooledTemporaryFile

    def open_file(*args, **kwargs):
        opened.append(original(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(forms_module, "SpooledTemporaryFile", open_file)
    body = part(b"f", b"x", b"f") + part(b"a", b"")
    with pytest.raises(MultiPartException):
        asyncio.run(_read(request_of(body + END, MULTIPART), max_fields=0))
    with pytest.raises(ClientDisconnect):
        asyncio.run(_read(request_of([], MULTIPART)))
    assert [file.closed for file in opened] == [True]


async def _read(request, **limits):
    return await request.form(**limits)


# ---- application/x-www-form-urlencoded


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"", []),
        (
            b"a=1&b=%C3%A9+x&a=&c&=z&&d=%ff;e",
            [("a", "1"), ("b", "é x"), ("a", ""), ("c", ""), ("", "z"), ("d", "\ufffd;e")],
        ),
        ([b"a=", b"1&b", b"=%C3", b"%A9"], [("a", "1"), ("b", "é")]),
    ],
)
def test_urlencoded(form, body, pairs):
    assert form(body, URLENCODED) == pairs


@given(st.lists(st.one_of(st.sampled_from([b"&", b"=", b"%4", b"1"]), st.binary(max_size=4)), max_size=20))
def test_urlencoded_pieces_make_the_same_form_however_they_are_cut(pieces):
    async def main():
        async def stream():
            for piece in pieces:
                yield piece

        return await FormParser(Headers(), stream()).parse()

    text = b"".join(pieces).decode("latin-1")
    assert asyncio.run(main()).multi_items() == parse_qsl(text, keep_blank_values=True)


@pytest.mark.parametrize(
    ("body", "limits", "message"),
    [
        (b"a=1&b=2", {"max_fields": 1}, "Too many fields. Maximum number of fields is 1."),
        (b"a=1234567890", {"max_part_size": 10}, "Field exceeded maximum size of 0KB."),
        ([b"a=1234567890", b"12&b=1"], {"max_part_size": 10}, "Field exceeded maximum size of 0KB."),
        (b"a=1234567890&b=1", {"max_part_size": 10}, "Field exceeded maximum size of 0KB."),
    ],
)
def test_urlencoded_limits(form, body, limits, message):
    with pytest.raises(MultiPartException, match=message):
        form(body, URLENCODED, **limits)


def test_urlencoded_at_the_limits(form):
    assert form(b"a=123456789&b=1", URLENCODED, max_part_size=10, max_fields=2) == [
        ("a", "123456789"),
        ("b", "1"),
    ]


# ---- other bodies, and exchanges


@pytest.mark.parametrize(
    "headers", [{}, {"content-type": "text/plain"}, {"content-type": "multipart/mixed; boundary=B"}]
)
def test_what_is_no_form_is_empty_and_stays_unread(request_of, headers):
    async def main():
        request = request_of(b"a=1", headers)
        assert len(await request.form()) == 0
        assert await request.body() == b"a=1"
        await request.close()

    asyncio.run(main())


def test_closing_a_request_whose_form_was_not_read(request_of):
    asyncio.run(request_of().close())


def test_the_files_of_an_exchange_are_among_its_exits(exchange_of):
    async def main():
        headers = [(b"content-type", b"multipart/form-data; boundary=B")]
        exchange = exchange_of(part(b"f", b"x", b"f") + END, raw_headers=headers)
        form = await form_of(exchange)
        assert exchange.exits == [form]
        assert await form_of(exchange) is form
        await form.close()
        with_exits = exchange_of(part(b"f", b"x", b"f") + END, raw_headers=headers, exits=["other"])
        await (await form_of(with_exits)).close()
        assert len(with_exits.exits) == 2
        without = exchange_of(part(b"a", b"x") + END, raw_headers=headers)
        await form_of(without)
        assert without.exits is None

    asyncio.run(main())
