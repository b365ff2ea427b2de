import pytest

from hanok.exceptions import RemoteProtocolError
from hanok.protocols.h1.head import parse_head
from hanok.protocols.h1.upload import Upload

CHUNKED = b"Transfer-Encoding: chunked"


def upload(*fields: bytes, limit: int | None = None) -> Upload:
    lines = b"".join(field + b"\r\n" for field in (b"Host: a", *fields))
    head = parse_head(b"POST / HTTP/1.1\r\n" + lines + b"\r\n")
    assert head is not None
    return Upload(head, limit)


def test_a_body_of_known_length_ends_where_it_says():
    body = upload(b"Content-Length: 5")
    assert body.feed(b"abc", 0) == 3
    assert not body.done
    assert body.feed(b"defgh", 0) == 2
    assert body.done
    assert body.whole() == b"abcde"


def test_a_body_may_begin_inside_the_data():
    body = upload(b"Content-Length: 2")
    assert body.feed(b"xxab", 2) == 4
    assert body.whole() == b"ab"


def test_chunks_end_with_their_trailers():
    body = upload(CHUNKED)
    assert body.head.trailers == []
    assert body.feed(b"3\r\nabc\r\n0\r\nX: y\r\n\r\nGET", 0) == 19
    assert body.done
    assert (body.whole(), body.head.trailers) == (b"abc", [(b"x", b"y")])


def test_short_bodies_are_awaited():
    assert upload(b"Content-Length: 65536").awaited
    assert not upload(b"Content-Length: 65537").awaited
    assert not upload(CHUNKED).awaited
    assert not upload(b"Content-Length: 1", b"Expect: 100-continue").awaited


def test_chunks_that_become_too_large_are_refused():
    body = upload(CHUNKED, limit=4)
    with pytest.raises(RemoteProtocolError) as caught:
        body.feed(b"5\r\nhello\r\n", 0)
    assert caught.value.status == 413
    assert body.too_large
