import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanok.exceptions import RemoteProtocolError
from hanok.protocols.h1.head import DEFAULT_LIMITS, NEED_MORE, HeadLimits, RequestHead, parse_head

HOST = b"Host: example.org\r\n"


def head_of(data: bytes, **more) -> RequestHead:
    head = parse_head(data, **more)
    assert head is not None
    return head


def refusal(data: bytes, limits: HeadLimits = DEFAULT_LIMITS) -> int:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_head(data, 0, limits)
    return caught.value.status


def get(fields: bytes) -> bytes:
    return b"GET / HTTP/1.1\r\n" + HOST + fields + b"\r\n"


def test_a_head_is_taken_apart():
    data = b"GET /caf%C3%A9/x?q=a%20b&r HTTP/1.1\r\nHost: example.org:8000\r\nX-Odd:  two words \t\r\n\r\nrest"
    head = head_of(data)
    assert (head.method, head.http_version) == ("GET", "1.1")
    assert head.target == b"/caf%C3%A9/x?q=a%20b&r"
    assert (head.raw_path, head.path, head.query) == (b"/caf%C3%A9/x", "/café/x", b"q=a%20b&r")
    assert head.headers == [(b"host", b"example.org:8000"), (b"x-odd", b"two words")]
    assert data[head.end :] == b"rest"
    assert head.keep_alive
    assert head.content_length is None
    assert not any((head.chunked, head.upgrade, head.expect_continue, head.forwarded))


def test_the_list_of_headers_is_the_callers_own():
    head = head_of(get(b""))
    head.headers.clear()
    assert head.headers == [(b"host", b"example.org")]


def test_a_head_may_begin_inside_the_buffer():
    data = b"xxxx" + get(b"") + b"tail"
    assert data[head_of(data, start=4).end :] == b"tail"


def test_a_path_without_a_query_has_an_empty_one():
    assert head_of(get(b"")).query == b""
    assert head_of(b"GET /? HTTP/1.1\r\n" + HOST + b"\r\n").query == b""


@pytest.mark.parametrize("cut", range(len(get(b"A: b\r\n"))))
def test_every_beginning_of_a_good_head_needs_more(cut):
    assert parse_head(get(b"A: b\r\n")[:cut]) is NEED_MORE


def test_empty_lines_before_the_request_line_are_ignored():
    data = b"\r\n\r\n" + get(b"") + b"z"
    assert data[head_of(data).end :] == b"z"
    assert parse_head(b"\r\n") is NEED_MORE
    assert parse_head(b"\r\n\r") is NEED_MORE
    assert refusal(b"\r\n" * 20) == 400


@pytest.mark.parametrize(
    "line",
    [
        b"GET  / HTTP/1.1",
        b" GET / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b"GET /",
        b"GET / a HTTP/1.1",
        b"GET\t/ HTTP/1.1",
        b"G@T / HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET /\x7f HTTP/1.1",
        b"GET /\xc3\xa9 HTTP/1.1",
        b"GET /#part HTTP/1.1",
        b"GET /a\rb HTTP/1.1",
        b"GET path HTTP/1.1",
        b"GET * HTTP/1.1",
        b"GET ftp://example.org/ HTTP/1.1",
        b"GET http:///x HTTP/1.1",
        b"GET http://user@example.org/ HTTP/1.1",
        b"GET / HTTP/11",
        b"GET / http/1.1",
        b"GET / HTTP/1.1\r",
        b"",
    ],
)
def test_a_malformed_request_line_is_refused(line):
    assert refusal(line + b"\r\n" + HOST + b"\r\n") == 400


@pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/3.0"])
def test_other_versions_are_refused_as_such(version):
    assert refusal(b"GET / " + version + b"\r\n" + HOST + b"\r\n") == 505


@pytest.mark.parametrize(
    "field",
    [
        b"Name : value",
        b" Name: value",
        b"Name: a\r\n folded",
        b"Name",
        b": value",
        b"Na me: value",
        b"N\xe4me: value",
        b"Name: a\x00b",
        b"Name: a\rb",
        b"Name: a\nOther: b",
        b"Name: a\x0bb",
        b"Name: a\x7fb",
        b"Na(me: value",
    ],
)
def test_a_malformed_field_is_refused(field):
    assert refusal(get(field + b"\r\n")) == 400


def test_lines_that_end_in_a_bare_line_feed_are_refused_at_once():
    assert refusal(b"GET / HTTP/1.1\nHost: x\n\n") == 400
    assert refusal(b"GET / HTTP/1.1\r\nHost: x\n") == 400


def test_what_does_not_begin_like_http_is_refused_at_once():
    assert refusal(b"\x16\x03\x01\x02\x00") == 400


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        b"Host: a\r\nHost: a\r\n",
        b"Host: a b\r\n",
        b"Host: a/b\r\n",
        b"Host: a:b\r\n",
        b"Host: user@a\r\n",
        b"Host: [::1\r\n",
    ],
)
def test_a_request_has_exactly_one_good_host(fields):
    assert refusal(b"GET / HTTP/1.1\r\n" + fields + b"\r\n") == 400


@pytest.mark.parametrize("host", [b"", b"a", b"a:80", b"[::1]:8000", b"under_score.example", b"a  "])
def test_hosts_that_are_good(host):
    head = head_of(b"GET / HTTP/1.1\r\nhOST: " + host + b"\r\n\r\n")
    assert head.headers == [(b"host", host.strip())]


def test_http_10_needs_no_host_and_does_not_persist_by_itself():
    head = head_of(b"GET / HTTP/1.0\r\n\r\n")
    assert head.http_version == "1.0"
    assert not head.keep_alive
    assert head_of(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive
    assert head_of(b"GET / HTTP/1.0\r\nConnection: x, keep-alive\r\n\r\n").keep_alive
    assert refusal(b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n") == 400


def test_close_ends_the_connection():
    assert not head_of(get(b"Connection: close\r\n")).keep_alive
    assert not head_of(get(b"Connection: keep-alive\r\nConnection: x , Close\r\n")).keep_alive
    assert head_of(get(b"Connection: x\r\n")).keep_alive


def test_body_lengths():
    assert head_of(get(b"Content-Length: 12 \r\n")).content_length == 12
    assert head_of(get(b"Transfer-Encoding: Chunked\r\n")).chunked


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Content-Length: 1\r\nContent-Length: 1\r\n", 400),
        (b"Content-Length: 1, 1\r\n", 400),
        (b"Content-Length: +1\r\n", 400),
        (b"Content-Length: -1\r\n", 400),
        (b"Content-Length: 0x1\r\n", 400),
        (b"Content-Length:\r\n", 400),
        (b"Content-Length: 1 1\r\n", 400),
        (b"Content-Length: 9999999999999999999\r\n", 400),
        (b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", 400),
        (b"Transfer-Encoding: chunked, chunked\r\n", 400),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"Transfer-Encoding: chunked, gzip\r\n", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n", 501),
        (b"Transfer-Encoding: identity\r\n", 501),
        (b"Transfer-Encoding: xchunked\r\n", 501),
        (b"Transfer-Encoding:\r\n", 400),
        (b"Transfer-Encoding: , chunked\r\n", 400),
        (b"Transfer-Encoding: chunked;q=1\r\n", 400),
        (b"Expect: something\r\n", 417),
    ],
)
def test_unclear_framing_is_refused(fields, status):
    assert refusal(get(fields)) == status


def test_transfer_coding_in_http_10_is_refused():
    assert refusal(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400


def test_expectations_are_for_http_11():
    assert head_of(get(b"Expect: 100-Continue\r\n")).expect_continue
    assert not head_of(b"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expect_continue


def test_an_upgrade_counts_if_connection_names_it():
    assert head_of(get(b"Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n")).upgrade == b"websocket"
    assert head_of(get(b"Upgrade: websocket\r\n")).upgrade is None
    assert head_of(get(b"Connection: upgrade\r\n")).upgrade is None


def test_forwarded_headers_are_noticed():
    assert head_of(get(b"X-Forwarded-For: 1.2.3.4\r\n")).forwarded
    assert head_of(get(b"x-forwarded-proto: https\r\n")).forwarded
    for name in (b"X-Forwarded-Host", b"X-Forwarded-Prefix", b"Forwarded"):
        assert head_of(get(name + b": a\r\n")).forwarded
    assert not head_of(get(b"X-Forwarded-Server: a\r\n")).forwarded


def test_other_forms_of_the_target():
    head = head_of(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\nxyz")
    assert (head.path, head.raw_path, head.target) == ("*", b"*", b"*")
    data = b"GET HTTP://Other.example:81/a%20b?c=d HTTP/1.1\r\n" + HOST + b"A: b\r\n\r\nxyz"
    head = head_of(data)
    assert (head.path, head.raw_path, head.query) == ("/a b", b"/a%20b", b"c=d")
    assert head.headers == [(b"host", b"Other.example:81"), (b"a", b"b")]
    assert data[head.end :] == b"xyz"
    assert head_of(b"GET http://other.example HTTP/1.1\r\n" + HOST + b"\r\n").path == "/"


def test_connect_is_not_implemented():
    assert refusal(b"CONNECT example.org:443 HTTP/1.1\r\n" + HOST + b"\r\n") == 501


def test_the_method_of_the_preface_of_http_2_is_no_method():
    # RFC 9113 §11.6. llhttp awaits the preface where we would see a request; found by conformance.fuzz.
    assert refusal(b"PRI / HTTP/1.1\r\n" + HOST + b"\r\n") == 400
    assert head_of(b"PRIX / HTTP/1.1\r\n" + HOST + b"\r\n").method == "PRIX"


def test_unknown_methods_pass():
    assert head_of(b"BREW /pot HTTP/1.1\r\n" + HOST + b"\r\n").method == "BREW"


SMALL = HeadLimits(line=70, fields=3, field_size=80, head=300)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 70 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET /" + b"a" * 70, 414),
        (get(b"A: " + b"a" * 80 + b"\r\n"), 431),
        (get(b"A: a\r\nB: b\r\nC: c\r\n"), 431),
        (b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 60, 431),
        (
            b"GET / HTTP/1.1\r\n" + b"A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 5 + b"\r\n",
            431,
        ),
    ],
)
def test_heads_above_the_limits_are_refused(data, status):
    assert refusal(data, SMALL) == status


def test_the_size_of_the_whole_head_is_limited():
    limits = HeadLimits(line=70, fields=100, field_size=80, head=128)
    assert refusal(get(b"A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 3), limits) == 431


def test_a_head_within_the_limits_passes():
    assert head_of(get(b"A: " + b"a" * 60 + b"\r\n"), limits=SMALL).headers[1] == (b"a", b"a" * 60)


DECISIONS = ("forwarded", "content_length", "chunked", "keep_alive", "upgrade", "expect_continue", "headers")
fields = st.lists(
    st.sampled_from(
        [
            b"A: b",
            b"Connection: close",
            b"Content-Length: 3",
            b"X-Forwarded-For: 1.1.1.1",
            b"Expect: 100-continue",
        ]
    ),
    unique=True,
)


@given(before=fields, after=fields, version=st.sampled_from([b"1.0", b"1.1"]))
def test_the_head_before_changes_nothing(before, after, version):
    previous = head_of(get(b"".join(one + b"\r\n" for one in before)))
    data = b"PUT /x?y HTTP/" + version + b"\r\n" + HOST + b"".join(one + b"\r\n" for one in after) + b"\r\n"
    one, other = head_of(data, previous=previous), head_of(data)
    for name in (*DECISIONS, "method", "path", "query", "http_version", "end"):
        assert getattr(one, name) == getattr(other, name)


REQUEST_LINES = [
    b"GET / HTTP/1.1",
    b"GET /items/5?q=a HTTP/1.1",
    b"GET /caf%C3%A9? HTTP/1.1",
    b"GET / HTTP/1.0",
    b"PURGE / HTTP/1.1",
    b"GET http://example.net/a?b HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"CONNECT /x HTTP/1.1",
    b"PRI / HTTP/1.1",
    b"GET / HTTP/1.2",
    b"GET / HTTP/1.1 ",
    b"GET  / HTTP/1.1",
    b" GET / HTTP/1.1",
    b"GET /\t HTTP/1.1",
    b"GET /a#b HTTP/1.1",
    b"GET / HTTP/1.1\r",
    b"",
    b"\r\nGET / HTTP/1.1",
]


@pytest.mark.parametrize("line", REQUEST_LINES)
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
@pytest.mark.parametrize("section", [b"\r\n", b"\r\n" + HOST, b"\r\n" + HOST + b"Connection: close\r\n"])
def test_another_request_line_before_the_same_fields(line, version, section):
    """As without the request before, wherever the head begins, and whatever follows it."""

    def outcome(data, start, previous):
        try:
            head = parse_head(data, start, previous=previous)
        except RemoteProtocolError as error:
            return error.status, str(error)
        if head is None:
            return NEED_MORE
        names = *DECISIONS, "method", "path", "raw_path", "query", "target", "http_version", "end", "block"
        return [getattr(head, name) for name in names]

    try:
        previous = parse_head(b"GET /before HTTP/" + version + section + b"\r\n")
    except RemoteProtocolError:
        return  # HTTP/1.1 without a host
    for end in (b"\r\n", b"\r\nrest", b"\r\n\r\n", b"X: y\r\n\r\n", b"\r", b""):
        for before in (b"", b"something before "):
            data = before + line + section + end
            assert outcome(data, len(before), previous) == outcome(data, len(before), None)


def test_a_head_over_its_limits_is_refused_though_its_fields_are_those_of_the_head_before():
    limits = HeadLimits(line=100)
    previous = head_of(get(b""), limits=limits)
    data = b"GET /" + b"a" * 100 + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    with pytest.raises(RemoteProtocolError) as refused:
        parse_head(data, 0, limits, previous)
    assert refused.value.status == 414


class Oracle:
    """What llhttp makes of the same bytes."""

    def __init__(self, data: bytes) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.url = b""
        self.complete = False
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(data)
        self.method = parser.get_method()
        self.version = parser.get_http_version()

    def on_url(self, url):
        self.url += url

    def on_header(self, name, value):
        self.headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self):
        self.complete = True


pieces = st.lists(
    st.sampled_from(
        [
            *(b"GET", b"POST", b" ", b"/", b"/a?b", b"HTTP/1.1", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00"),
            *(b"Host: a", b"A", b":", b"\t", b"b", b"\xe9", b"Content-Length: 0", b"Connection: close"),
            b"GET / HTTP/1.1\r\nHost: a\r\n",
        ]
    ),
    max_size=14,
)  # fmt: skip


@given(pieces)
def test_what_we_accept_llhttp_accepts_and_reads_in_the_same_way(parts):
    data = b"".join(parts)
    try:
        head = parse_head(data)
    except RemoteProtocolError:
        return
    # llhttp knows a list of methods; RFC 9110 §9.1 lets applications have others.
    if head is not None and head.method in ("GET", "POST"):
        oracle = Oracle(data[: head.end])
        assert oracle.complete
        assert oracle.method.decode() == head.method
        assert oracle.url == head.target
        assert oracle.version == head.http_version
        assert oracle.headers == head.headers
