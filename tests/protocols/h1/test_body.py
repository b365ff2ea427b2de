import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanok.exceptions import RemoteProtocolError
from hanok.protocols.h1.body import ChunkedBody

CHUNKED = b'4\r\nWiki\r\nA;name=value;q="a \\" b"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n'


def test_chunks_are_joined():
    body = ChunkedBody()
    assert body.feed(CHUNKED + b"GET") == (b"Wiki0123456789", len(CHUNKED))
    assert body.done


@given(st.lists(st.integers(1, len(CHUNKED) - 1), unique=True).map(sorted))
def test_chunks_may_be_cut_anywhere(cuts):
    body, found = ChunkedBody(), b""
    for begin, end in zip([0, *cuts], [*cuts, len(CHUNKED)], strict=True):
        assert not body.done
        piece, position = body.feed(CHUNKED[begin:end])
        found += piece
        assert position == end - begin
    assert found == b"Wiki0123456789"
    assert body.done


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"x\r\n", 400),
        (b"\r\n", 400),
        (b"-1\r\n", 400),
        (b"0x4\r\n", 400),
        (b" 4\r\n", 400),
        (b"4 \r\n", 400),
        (b"4\nWiki", 400),
        (b"4;\r\n", 400),
        (b"4;a=\r\n", 400),
        (b"4;a\x00\r\n", 400),
        (b"1" * 16 + b"\r\n", 400),
        (b"4;" + b"a" * 2000, 400),
        (b"4\r\nWikis\r\n", 400),
        (b"4\r\nWikix", 400),
        (b"4\r\nWiki\n0\r\n\r\n", 400),
        (b"4\r\nWiki\rx", 400),
        (b"0\r\nbad trailer\r\n\r\n", 400),
        (b"0\r\n folded: x\r\n\r\n", 400),
        (b"0\r\n" + b"A: aaaaaaaaaa\r\n" * 2000, 431),
        (b"0\r\nA: " + b"a" * 20000, 431),
        (b"1;" + b"a" * 900 + b"\r\nx\r\n", None),
        ((b"1;" + b"a" * 900 + b"\r\nx\r\n") * 30, 400),
    ],
)
def test_malformed_chunks_are_refused(data, status):
    body = ChunkedBody()
    if status is None:
        assert body.feed(data)[0] == b"x"
        return
    with pytest.raises(RemoteProtocolError) as caught:
        body.feed(data)
    assert caught.value.status == status
