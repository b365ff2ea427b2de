import asyncio

import pytest

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def post(*fields):
    return "".join(f"{line}\r\n" for line in ("POST / HTTP/1.1", "Host: a", *fields)).encode() + b"\r\n"


async def path(exchange):
    exchange.answer(200, [], exchange.path.encode())


async def echo(exchange):
    exchange.answer(200, [], await exchange.read())


# ---- bytes that are no requests: one refusal, then the end


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET /" + b"a" * 20000, 414),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 20000 + b"\r\nHost: a\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 101 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ],
)
def test_what_is_no_request_gets_one_refusal_and_the_end(house, data, status):
    client = house.client(path)
    client.say(GET + data)
    assert client.answer()[0] == 200
    found, headers, _ = client.answer()
    assert (found, headers["connection"]) == (status, "close")
    assert client.rest() == b""


def test_nothing_after_a_refused_request_is_served(house):
    client = house.client(path)
    client.say(b"GET / HTTP/1.1\r\n\r\n" + GET)
    assert client.answer()[0] == 400
    assert client.rest() == b""


def test_chunks_that_go_wrong_later_are_refused_too(house):
    server = house.serve(echo)
    client = house.connect(server)
    client.say(post("Transfer-Encoding: chunked") + b"3\r\nabc\r\n")
    client.say(b"zz\r\n")
    assert client.answer()[0] == 400
    assert client.rest() == b""
    other = house.connect(server)
    other.say(GET)
    assert other.answer()[0] == 200


def test_an_answer_that_began_is_cut_short_when_the_body_goes_wrong(house):
    async def handler(exchange):
        exchange.start(200, [])
        await exchange.write(b"begun")
        await exchange.read()

    client = house.client(handler)
    client.say(post("Transfer-Encoding: chunked"))
    client.hear(b"begun\r\n")
    client.say(b"zz\r\n")
    assert client.rest() == b""


def test_a_refused_upload_is_told_even_if_its_answer_has_begun(house):
    async def handler(exchange):
        exchange.start(200, [])
        await exchange.write(b"begun")
        async for _ in exchange.stream():
            pass

    client = house.client(handler, max_body_size=10)
    client.say(post("Transfer-Encoding: chunked"))
    client.hear(b"begun\r\n")
    client.say(b"b\r\nabcdefghijk\r\n" + b"5\r\nabcde\r\n")
    assert client.rest() == b""


# ---- answers that began and cannot be completed


@pytest.mark.parametrize("length", [None, b"100"])
@pytest.mark.parametrize("error", [None, ValueError("late")])
def test_an_answer_that_began_and_does_not_end_is_cut_short(house, errors, length, error):
    async def handler(exchange):
        exchange.start(200, [] if length is None else [(b"content-length", length)])
        await exchange.write(b"begun")
        if error is not None:
            raise error

    client = house.client(handler)
    client.say(GET * 2)
    found = client.rest()
    assert found.endswith(b"begun" if length else b"5\r\nbegun\r\n")
    errors.wait(1)


def test_without_framing_only_a_reset_tells_that_it_was_cut_short(house, errors):
    async def handler(exchange):
        exchange.start(200, [])
        await exchange.write(b"begun")
        await asyncio.sleep(0)
        raise ValueError

    client = house.client(handler)
    client.say(GET.replace(b"1.1", b"1.0"))
    with pytest.raises(ConnectionResetError):
        client.rest()
