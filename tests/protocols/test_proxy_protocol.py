"""The headers of https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, whole, in pieces, and broken."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanok.exceptions import RemoteProtocolError
from hanok.protocols.proxy_protocol import IntroducedTransport, ProxyHeader, ProxyParser, parse

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
IPV4 = bytes([1, 2, 3, 4, 5, 6, 7, 8]) + struct.pack("!HH", 4711, 443)
IPV6 = bytes(15) + b"\x01" + bytes(15) + b"\x02" + struct.pack("!HH", 4711, 443)


def v2(command=1, family=1, protocol=1, rest=IPV4, version=2, length=None):
    size = len(rest) if length is None else length
    return SIGNATURE + bytes([version << 4 | command, family << 4 | protocol]) + struct.pack("!H", size) + rest


def extension(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


GOOD = {
    b"PROXY TCP4 1.2.3.4 5.6.7.8 4711 443\r\n": ProxyHeader(("1.2.3.4", 4711), ("5.6.7.8", 443)),
    b"PROXY TCP6 2001:db8::1 ::1 0 65535\r\n": ProxyHeader(("2001:db8::1", 0), ("::1", 65535)),
    b"PROXY TCP6 " + b"ffff:" * 7 + b"ffff " + b"ffff:" * 7 + b"ffff 65535 65535\r\n": ProxyHeader(
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535), ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535)
    ),
    b"PROXY UNKNOWN\r\n": ProxyHeader(),
    b"PROXY UNKNOWN whatever it is\r\n": ProxyHeader(),
    v2(): ProxyHeader(("1.2.3.4", 4711), ("5.6.7.8", 443)),
    v2(family=2, rest=IPV6): ProxyHeader(("::1", 4711), ("::2", 443)),
    v2(command=0): ProxyHeader(),
    v2(command=0, family=15, protocol=15, rest=b"anything"): ProxyHeader(),
    v2(family=0, protocol=0, rest=b""): ProxyHeader(),
    v2(family=3, rest=bytes(216)): ProxyHeader(),
    v2(protocol=2): ProxyHeader(),
    v2(rest=IPV4 + extension(0x04, b"") + extension(0x01, b"h2")): ProxyHeader(("1.2.3.4", 4711), ("5.6.7.8", 443)),
    v2(rest=IPV4 + extension(0x20, b"\x01\0\0\0\0")): ProxyHeader(("1.2.3.4", 4711), ("5.6.7.8", 443), True),
    v2(rest=IPV4 + extension(0x20, b"\x00\0\0\0\0")): ProxyHeader(("1.2.3.4", 4711), ("5.6.7.8", 443)),
    v2(family=0, protocol=0, rest=extension(0x20, b"\x07\0\0\0\0")): ProxyHeader(is_tls=True),
}


@pytest.mark.parametrize("data", GOOD)
def test_a_header_says_who_the_client_is(data):
    assert parse(data) == (GOOD[data], len(data))


@pytest.mark.parametrize("data", GOOD)
def test_not_a_byte_more_than_the_header_is_taken(data):
    parser = ProxyParser()
    assert parser.feed(data + b"GET / HTTP/1.1\r\n\r\n") == len(data)
    assert parser.header == GOOD[data]


@pytest.mark.parametrize("data", GOOD)
def test_a_header_may_come_in_pieces(data):
    parser = ProxyParser()
    for at in range(len(data)):
        assert parser.header is None
        assert parser.feed(data[at : at + 1]) == 1
    assert parser.header == GOOD[data]


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"PROXYTCP4",
        b"proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        b"\r\n\r\n\x00\r\nQUIX",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
        b"PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 \xb2 2\r\n",
        b"PROXY TCP4 1.2.3.4 5.6.7.8  \r\n",
        b"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
        b"PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
        b"PROXY \r\n",
        b"PROXY UNKNOWN " + b"x" * 100,
        b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
        v2(version=1),
        v2(version=3),
        v2(command=2),
        v2(family=4),
        v2(rest=IPV4[:-1]),
        v2(family=2, rest=IPV4),
        v2(family=3, rest=bytes(215)),
        v2(rest=b"", length=4097),
        v2(rest=IPV4 + b"\x04"),
        v2(rest=IPV4 + b"\x04\x00\x05abc"),
        v2(rest=IPV4 + extension(4, b"abc") + b"\x04\x00"),
    ],
)
def test_what_cannot_become_a_header_is_refused(data):
    with pytest.raises(RemoteProtocolError):
        ProxyParser().feed(data)


@pytest.mark.parametrize("data", [v2(rest=IPV4 + b"\x20\x00\x00"), v2(rest=IPV4 + bytes(30))])
def test_extensions_may_be_empty(data):
    header, end = parse(data)
    assert header.source == ("1.2.3.4", 4711)
    assert not header.is_tls
    assert end == len(data)


@given(st.one_of(st.binary(max_size=64), st.builds(lambda rest: SIGNATURE + rest, st.binary(max_size=64))))
def test_whatever_comes_is_a_header_the_beginning_of_one_or_refused(data):
    try:
        found = parse(data)
    except RemoteProtocolError:
        return
    if found is not None:
        assert 0 < found[1] <= len(data)


@given(st.sampled_from(sorted(GOOD)), st.integers(0, 250), st.integers(0, 255))
def test_one_changed_byte_never_makes_another_error(data, at, byte):
    at %= len(data)
    with contextlib.suppress(RemoteProtocolError):
        parse(data[:at] + bytes([byte]) + data[at + 1 :])


def test_a_transport_tells_what_the_proxy_told():
    class Transport:
        write = is_closing = None
        other = "whatever else there is"

        def get_extra_info(self, name, default=None):
            return {"peername": ("10.0.0.1", 1), "sockname": ("10.0.0.2", 2)}.get(name, default)

    known, unknown = ProxyHeader(("1.2.3.4", 5), ("6.7.8.9", 10)), ProxyHeader()
    transport = IntroducedTransport(Transport(), known)
    assert [transport.get_extra_info(name) for name in ("peername", "sockname")] == [known.source, known.destination]
    assert transport.get_extra_info("proxy_header") is known
    assert transport.get_extra_info("sslcontext", "none") == "none"
    assert transport.other == "whatever else there is"
    assert IntroducedTransport(Transport(), unknown).get_extra_info("peername") == ("10.0.0.1", 1)
