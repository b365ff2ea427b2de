from email.utils import parsedate_to_datetime

import pytest

from hanok.exceptions import LocalProtocolError
from hanok.exchange import FixedHeaders
from hanok.protocols.h1.answer import Framing, Heads, block_of, http_date

PLAIN = Heads(server=False, date=False)


def whole(status, headers, size=3, is_head=False, close=False, heads=PLAIN):
    return heads.whole(status, headers, size, is_head, close)


def streamed(status, headers, is_head=False, is_11=True, close=False):
    return PLAIN.streamed(status, headers, is_head, is_11, close)


def test_a_whole_answer_has_its_length():
    head = b"HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 3\r\n"
    assert whole(200, [(b"x-a", b"b")]) == (head, True, False)


def test_fixed_headers_are_rendered_once_for_each_status():
    fixed = FixedHeaders([(b"content-type", b"text/plain")])
    first = whole(200, fixed)
    assert list(fixed.rendered) == [200]
    assert whole(200, fixed) == first == whole(200, list(fixed))
    assert whole(201, fixed)[0].startswith(b"HTTP/1.1 201 Created\r\n")
    assert whole(200, fixed, is_head=True)[1] is False


@pytest.mark.parametrize("status", [204, 205, 304])
def test_answers_without_a_body_are_not_kept(status):
    fixed = FixedHeaders([(b"x-a", b"b")])
    assert whole(status, fixed) == whole(status, fixed) == whole(status, list(fixed))
    assert whole(status, fixed)[1] is False


def test_fixed_headers_that_decide_something_are_looked_at_each_time():
    fixed = FixedHeaders([(b"Content-Length", b"3")])
    assert whole(200, fixed)[0].count(b"ontent-") == 1
    assert fixed.rendered == {}
    with pytest.raises(LocalProtocolError):
        whole(200, fixed, size=4)


def test_date_and_server_are_live_and_can_be_switched_off():
    heads = Heads(extra=[("X-Extra", "1")])
    head = whole(200, [], heads=heads)[0]
    assert b"server: hanok\r\n" in head
    assert b"\r\nx-extra: 1\r\n" in head
    assert b"\r\ndate: " in head
    assert whole(200, [])[0] == b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n"
    heads.tick()
    assert b"server: other" in whole(200, [(b"server", b"other")], heads=heads)[0]


def test_headers_of_the_application_go_before_ours():
    heads = Heads()
    head = whole(200, [(b"Server", b"mine"), (b"Date", b"then")], heads=heads)[0]
    assert head == b"HTTP/1.1 200 OK\r\nServer: mine\r\nDate: then\r\ncontent-length: 3\r\n"
    assert b"date: " in whole(200, [(b"Server", b"mine")], heads=heads)[0]
    head = whole(200, [], heads=Heads(extra=[("Server", "configured"), ("Date", "never")]))[0]
    assert head.count(b"server: ") == head.count(b"date: ") == 1


def test_dates_are_in_the_one_good_format():
    assert http_date(784111777) == b"Sun, 06 Nov 1994 08:49:37 GMT"
    assert parsedate_to_datetime(http_date(1767225600).decode()).timestamp() == 1767225600


def test_statuses_without_a_name_and_without_sense():
    assert whole(299, [])[0].startswith(b"HTTP/1.1 299 \r\n")
    with pytest.raises(LocalProtocolError):
        whole(20, [])


def test_lengths_of_answers_without_a_body():
    assert b"content-length" not in whole(204, [(b"content-length", b"3")])[0]
    assert b"content-length: 7" in whole(304, [(b"content-length", b"7")])[0]
    assert b"content-length" not in whole(304, [])[0]
    assert b"content-length: 0" in whole(205, [])[0]
    assert whole(200, [], size=0)[1] is False


def test_the_answer_to_head_has_the_length_that_get_would_have():
    assert whole(200, [(b"content-length", b"9")], size=0, is_head=True) == (
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n", False, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"4")],
        [(b"content-length", b"x")],
        [(b"content-length", b"3"), (b"content-length", b"4")],
        [(b"x", b"a\r\nset-cookie: b")],
        [(b"x", b"a\nb")],
        [(b"x", b"a\x00")],
        [(b"x y", b"a")],
        [(b"", b"a")],
        [(b"x\r\ny", b"a")],
    ],
)
def test_headers_that_cannot_be_sent_are_refused(headers):
    with pytest.raises(LocalProtocolError):
        whole(200, headers)


def test_a_value_that_looks_like_two_headers_is_refused():
    with pytest.raises(LocalProtocolError, match="cannot be sent"):
        block_of([(b"a", b"b\r\nc: d")])


def test_the_connection_is_ours_to_speak_of():
    head, _, close = whole(200, [(b"Connection", b"Close"), (b"transfer-encoding", b"chunked")])
    assert close
    assert head == b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n"
    assert whole(200, [(b"connection", b"keep-alive")])[2] is False


def test_streams_are_delimited():
    assert streamed(200, [])[1:] == (Framing.CHUNKED, 0, False)
    assert streamed(200, [(b"content-length", b"5")])[1:] == (Framing.LENGTH, 5, False)
    assert streamed(200, [], is_11=False)[1:] == (Framing.CLOSE, 0, True)
    assert streamed(200, [], is_head=True)[1:] == (Framing.EMPTY, 0, False)
    assert streamed(200, [], is_head=True, is_11=False)[1] is Framing.EMPTY
    assert streamed(200, [(b"content-length", b"5")], is_head=True)[1] is Framing.EMPTY
    for status in (204, 205, 304):
        assert streamed(status, [])[1] is Framing.EMPTY
    assert b"content-length: 5" in streamed(304, [(b"content-length", b"5")])[0]
