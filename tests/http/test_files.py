from __future__ import annotations

import asyncio
import os
import re

import pytest

from hanok.http import BackgroundTask, FileResponse
from hanok.http.dates import http_date, parse_http_date
from hanok.http.ranges import MalformedRangeHeader, RangeNotSatisfiable, parse_range_header
from hanok.middleware import RequestBodyLimitMiddleware

CONTENT = b"0123456789"
MODIFIED = 1_700_000_000


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "digits.txt"
    path.write_bytes(CONTENT)
    os.utime(path, (MODIFIED, MODIFIED))
    return path


@pytest.fixture
def big(tmp_path):
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(range(250)) * 800)
    return path


def test_a_file(call, path):
    answer = call(FileResponse(path))
    assert answer.status == 200
    assert answer.body == CONTENT
    assert dict(answer.headers) == {
        "content-type": "text/plain; charset=utf-8",
        "accept-ranges": "bytes",
        "content-length": "10",
        "last-modified": "Tue, 14 Nov 2023 22:13:20 GMT",
        "etag": answer.headers["etag"],
    }
    assert re.fullmatch('"[0-9a-f-]+"', answer.headers["etag"])


def test_its_headers_are_known_at_once_from_a_stat_result(path):
    assert FileResponse(path, stat_result=os.stat(path)).headers["content-length"] == "10"
    assert "content-length" not in FileResponse(path).headers


def test_headers_that_are_given_stay(call, path):
    headers = {"etag": '"mine"', "last-modified": "then", "content-disposition": "x", "accept-ranges": "none"}
    answer = call(FileResponse(path, 201, headers, media_type="a/b", filename="n"))
    assert answer.status == 201
    assert headers.items() <= dict(answer.headers).items()
    assert answer.headers["content-type"] == "a/b"


@pytest.mark.parametrize(
    ("filename", "kind", "expected"),
    [
        ("x.html", "attachment", 'attachment; filename="x.html"'),
        ("a b", "inline", "inline; filename*=utf-8''a%20b"),
        ('é"x', "attachment", "attachment; filename*=utf-8''%C3%A9%22x"),
    ],
)
def test_the_name_to_save_it_under(path, filename, kind, expected):
    response = FileResponse(path, filename=filename, content_disposition_type=kind)
    assert response.headers["content-disposition"] == expected


def test_the_type_is_guessed_from_the_name(path):
    assert FileResponse(path, filename="x.html").media_type == "text/html"
    assert FileResponse("noextension").media_type == "application/octet-stream"


def test_what_is_no_file(call, tmp_path):
    with pytest.raises(RuntimeError, match="nope does not exist"):
        call(FileResponse(tmp_path / "nope"))
    with pytest.raises(RuntimeError, match="is not a file"):
        call(FileResponse(tmp_path))


def test_a_large_file_is_sent_in_pieces(call, big):
    answer = call(FileResponse(big))
    assert answer.body == big.read_bytes()
    assert len(answer.messages) > 3
    assert answer.messages[-1]["more_body"] is False


def test_the_last_piece_says_that_it_is_the_last(call, path, big):
    # A middleware that compresses a body that comes whole needs to know that this is all.
    assert len(call(FileResponse(path), headers={"range": "bytes=2-4"}).messages) == 2
    assert len(call(FileResponse(big)).messages[-1]["body"]) == 200_000 % FileResponse.chunk_size


def refuse(*_):
    raise BlockingIOError


def give(fd, buffers, at, flags):
    """As a kernel does that has the file in memory."""
    os.lseek(fd, at, os.SEEK_SET)
    return os.readv(fd, buffers)


@pytest.mark.skipif(not hasattr(os, "readv"), reason="the system cannot read into buffers")
def test_what_is_in_memory_is_read_without_a_thread(call, big, monkeypatch):
    monkeypatch.setattr("hanok.http.files.NOWAIT", 8)
    monkeypatch.setattr("os.preadv", give, raising=False)
    monkeypatch.setattr("hanok.http.files.read", lambda *_: pytest.fail("read by a thread"))
    assert call(FileResponse(big)).body == big.read_bytes()


@pytest.mark.parametrize(("name", "value"), [("hanok.http.files.NOWAIT", 0), ("os.preadv", refuse)])
def test_what_is_not_in_memory_is_read_by_a_thread(call, big, monkeypatch, name, value):
    monkeypatch.setattr(name, value, raising=False)
    assert call(FileResponse(big)).body == big.read_bytes()


def test_head_has_no_body(call, path, big):
    for file in (path, big):
        answer = call(FileResponse(file), method="HEAD")
        assert answer.headers["content-length"] == str(file.stat().st_size)
        assert answer.body == b""


def test_a_file_that_shrinks_breaks_the_answer(call, big):
    response = FileResponse(big, stat_result=os.stat(big))
    os.truncate(big, 70_000)
    with pytest.raises(RuntimeError, match=r"big\.bin is shorter than expected"):
        call(response)


def test_sending_stops_when_the_peer_goes(exchange_of, big):
    ran = []

    class Stuck(exchange_of):
        async def _write(self, data):
            self.gone.set()
            await asyncio.Event().wait()

    async def main():
        exchange = Stuck()
        await FileResponse(big, background=BackgroundTask(ran.append, 1)).send(exchange)
        assert exchange.written == []

    asyncio.run(main())
    assert ran == [1]


def test_a_websocket_is_denied_with_it(call, path):
    answer = call(FileResponse(path), type="websocket")
    assert (answer.status, answer.body) == (200, CONTENT)


def test_the_background_task_runs_last(call, path):
    ran = []
    call(FileResponse(path, background=BackgroundTask(ran.append, 1)))
    assert ran == [1]


# ---- pathsend


def test_a_server_that_opens_files_is_given_the_path(call, path):
    answer = call(FileResponse(path), extensions={"http.response.pathsend": {}})
    assert answer.messages[1:] == [{"type": "http.response.pathsend", "path": str(path)}]


def test_it_is_not_for_head_or_ranges(call, path):
    extensions = {"http.response.pathsend": {}}
    assert call(FileResponse(path), method="HEAD", extensions=extensions).kinds[1:] == ["http.response.body"]
    assert call(FileResponse(path), headers={"range": "bytes=0-1"}, extensions=extensions).body == b"01"


def test_a_server_that_opens_files_is_not_given_one_of_a_body_that_is_too_large(call, path):
    limited = RequestBodyLimitMiddleware(FileResponse(path), max_body_size=1)
    answer = call(limited, headers={"content-length": "2"}, extensions={"http.response.pathsend": {}})
    assert (answer.status, answer.body) == (413, b"Content Too Large")
    answer = call(limited, headers={"content-length": "1"}, extensions={"http.response.pathsend": {}})
    assert answer.kinds[1:] == ["http.response.pathsend"]


# ---- ranges


@pytest.mark.parametrize(
    ("wanted", "ranges"),
    [
        ("bytes=0-3", [(0, 4)]),
        ("bytes=4-", [(4, 10)]),
        ("bytes=-3", [(7, 10)]),
        ("bytes=-100", [(0, 10)]),
        ("bytes=0-100", [(0, 10)]),
        ("Bytes = 0 - 3", [(0, 4)]),
        ("bytes=4-5,0-1", [(0, 2), (4, 6)]),
        ("bytes=0-1, 1-3", [(0, 4)]),
        ("bytes=0-1,2-3", [(0, 4)]),
        ("bytes=0-5,2-3", [(0, 6)]),
        ("bytes=0-1,,a-b,-", [(0, 2)]),
    ],
)
def test_parsing_ranges(wanted, ranges):
    assert parse_range_header(wanted, 10) == ranges


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("bytes", "Malformed range header."),
        ("items=0-1", "Only support bytes range"),
        ("bytes=", "Range header: range must be requested"),
        ("bytes=1", "Range header: range must be requested"),
        ("bytes=a-b", "Range header: range must be requested"),
        ("bytes=5-3", "Range header: start must be less than end"),
        ("bytes=5-1,0-1", "Range header: start must be less than end"),
    ],
)
def test_malformed_ranges(call, path, wanted, message):
    with pytest.raises(MalformedRangeHeader) as raised:
        parse_range_header(wanted, 10)
    assert raised.value.content == message
    answer = call(FileResponse(path), headers={"range": wanted})
    assert (answer.status, answer.body) == (400, message.encode())


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=-0", "bytes=10-20", "bytes=0-1,20-30"])
def test_ranges_behind_the_end(call, path, wanted):
    with pytest.raises(RangeNotSatisfiable):
        parse_range_header(wanted, 10)
    answer = call(FileResponse(path), headers={"range": wanted})
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */10")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_one_range(call, path, method):
    answer = call(FileResponse(path), method=method, headers={"range": "bytes=2-4"})
    assert answer.status == 206
    assert answer.headers["content-range"] == "bytes 2-4/10"
    assert answer.headers["content-length"] == "3"
    assert answer.body == (b"234" if method == "GET" else b"")


def test_a_large_range(call, big):
    answer = call(FileResponse(big), headers={"range": "bytes=10-150000"})
    assert answer.body == big.read_bytes()[10:150001]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_several_ranges(call, path, method):
    answer = call(FileResponse(path), method=method, headers={"range": "bytes=0-1,4-5"})
    assert answer.status == 206
    kind, boundary = answer.headers["content-type"].split("; boundary=")
    assert kind == "multipart/byteranges"
    head = f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes"
    body = f"{head} 0-1/10\r\n\r\n01\r\n{head} 4-5/10\r\n\r\n45\r\n--{boundary}--".encode()
    assert bool(answer.messages[-1]["body"]) is (method == "GET")  # the last piece is the end
    assert answer.headers["content-length"] == str(len(body))
    assert answer.body == (body if method == "GET" else b"")


@pytest.mark.parametrize("count", [100, 101])
def test_more_than_a_hundred_ranges_are_an_attack(call, path, count):
    answer = call(FileResponse(path), headers={"range": "bytes=" + ",".join(["0-1"] * count)})
    assert (answer.status, answer.body) == ((206, b"01") if count == 100 else (200, CONTENT))


def test_ranges_are_for_get_and_for_200(call, path):
    wanted = {"range": "bytes=0-1"}
    assert call(FileResponse(path), method="POST", headers=wanted).status == 200
    assert call(FileResponse(path, 404), headers=wanted).status == 404


def test_if_range(call, path):
    def status(condition):
        return call(FileResponse(path), headers={"range": "bytes=0-1", "if-range": condition}).status

    headers = FileResponse(path, stat_result=os.stat(path)).headers
    assert status(headers["etag"]) == 206
    assert status(headers["last-modified"]) == 206
    assert status("W/" + headers["etag"]) == 200
    weak = FileResponse(path, headers={"etag": 'W/"w"'})
    assert call(weak, headers={"range": "bytes=0-1", "if-range": 'W/"w"'}).status == 200
    assert status("Wed, 21 Oct 2015 07:28:00 GMT") == 200


# ---- dates


def test_dates():
    assert http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777
    assert parse_http_date("junk") is None


def test_a_server_whose_send_fails_is_told_by_its_own_error(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("content")
    error = OSError("gone")

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.body":
            raise error

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.4"}}
    with pytest.raises(OSError, match="gone") as caught:
        asyncio.run(FileResponse(path)(scope, receive, send))
    assert caught.value is error
