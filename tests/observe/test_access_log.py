import asyncio
import io
from types import SimpleNamespace

from hanok.observe.access_log import LONGEST, AccessLog


def answered(**more):
    told = {"client": ("1.2.3.4", 5), "method": "GET", "raw_path": b"/x", "query": b""}
    return SimpleNamespace(**{**told, "http_version": "1.1", "status": 200, **more})


def written(*exchanges, colors=False):
    async def main():
        out = io.StringIO()
        log = AccessLog.to_stream(asyncio.get_running_loop(), out, colors=colors)
        for exchange in exchanges:
            log(exchange)
        log.flush()
        log.flush()
        return out.getvalue()

    return asyncio.run(main())


def test_a_line_tells_who_asked_for_what_and_got_what():
    assert written(answered()) == '1.2.3.4:5 - "GET /x HTTP/1.1" 200\n'
    assert written(answered(query=b"a=b", status=404)) == '1.2.3.4:5 - "GET /x?a=b HTTP/1.1" 404\n'
    assert written(answered(client=None)).startswith('- - "GET')
    assert written(answered(method="", status=101)) == '1.2.3.4:5 - "WebSocket /x HTTP/1.1" 101\n'


def test_a_line_cannot_be_forged():
    assert written(answered(raw_path=b"/\n\x1b\xff")) == '1.2.3.4:5 - "GET /\\n\\x1b\\xff HTTP/1.1" 200\n'


def test_lines_keep_their_order():
    found = written(*(answered(raw_path=b"/%d" % number) for number in range(LONGEST + 5)))
    assert [line.split()[3] for line in found.splitlines()] == [f"/{n}" for n in range(LONGEST + 5)]


def test_colours_tell_the_class_of_the_status():
    assert "\x1b[32m200 OK" in written(answered(), colors=True)
    assert "\x1b[91m500 Internal Server Error" in written(answered(status=500), colors=True)
    assert "299 " in written(answered(status=299), colors=True)


def test_nothing_is_written_before_the_loop_has_a_moment():
    async def main():
        pieces, written = [], asyncio.Event()

        def write(text):
            pieces.append(text)
            written.set()

        log = AccessLog(asyncio.get_running_loop(), write)
        log(answered())
        log(answered())
        assert pieces == []
        await written.wait()
        return pieces

    assert asyncio.run(main()) == ['1.2.3.4:5 - "GET /x HTTP/1.1" 200\n' * 2]


def test_standard_output_is_the_default(capsys):
    async def main():
        log = AccessLog.to_stream(asyncio.get_running_loop())
        log(answered())
        log.flush()

    asyncio.run(main())
    assert capsys.readouterr().out == '1.2.3.4:5 - "GET /x HTTP/1.1" 200\n'
