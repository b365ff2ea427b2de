"""FileResponse: a file from disk, whole or in the ranges that the client asks for (RFC 9110 §14)."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from hanok.exceptions import ClientDisconnect
from hanok.http.background import BackgroundTask
from hanok.http.concurrency import run_in_threadpool
from hanok.http.dates import http_date
from hanok.http.headers import headers_of
from hanok.http.ranges import MalformedRangeHeader, RangeNotSatisfiable, parse_range_header
from hanok.http.response import PlainTextResponse, Response
from hanok.http.streaming import until_disconnect
from hanok.types import Receive, Scope, Send

if TYPE_CHECKING:
    from typing import IO

    from hanok.exchange import AnyExchange, Exchange
    from hanok.types import RawHeaders

CRLF = b"\r\n"
NOWAIT: int = getattr(os, "RWF_NOWAIT", 0)  # Linux: read what is in memory, and fail instead of waiting for a disk

# What is written before some bytes of the file, the first of these, and the one after the last.
Part = tuple[bytes, int, int]


class FileResponse(Response):
    """A file. Its type is guessed from its name; ``filename`` is the name that the client shall save it
    under.

    Length, date and entity tag come from ``stat_result``, or from the disk when it is sent. Sending raises
    RuntimeError if there is no such file.
    """

    chunk_size = 64 * 1024
    # More ranges than this are refused by sending everything: they are an attack (RFC 9110 §14.2).
    max_ranges = 100

    def __init__(
        self,
        path: str | os.PathLike[str],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
        filename: str | None = None,
        stat_result: os.stat_result | None = None,
        content_disposition_type: str = "attachment",
    ) -> None:
        self.path = path
        self.status_code = status_code
        self.filename = filename
        self.media_type = media_type if media_type is not None else guess_media_type(filename or path)
        self.background = background
        self.init_headers(headers)
        self.headers.setdefault("accept-ranges", "bytes")
        if filename is not None:
            self.headers.setdefault("content-disposition", disposition(content_disposition_type, filename))
        self.stat_result = stat_result
        if stat_result is not None:
            self.set_stat_headers(stat_result)

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        """Set content-length, last-modified and etag, where they are not set already."""
        headers = self.headers
        headers.setdefault("content-length", str(stat_result.st_size))
        headers.setdefault("last-modified", http_date(stat_result.st_mtime))
        headers.setdefault("etag", f'"{stat_result.st_mtime_ns:x}-{stat_result.st_size:x}"')

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect as gone:
            # Nobody iterates a file but we ourselves: the server is told by its own error, whose meaning it knows.
            if isinstance(gone.__cause__, OSError):
                raise gone.__cause__ from None
            raise

    __hanok_call__ = __call__  # sent natively all the same

    async def handle(self, exchange: AnyExchange) -> None:
        if exchange.kind == "websocket":
            await self._deny(exchange)
            return
        if self.stat_result is None:
            self.stat_result = await run_in_threadpool(self._stat)
            self.set_stat_headers(self.stat_result)
        size = self.stat_result.st_size
        try:
            ranges = self._wanted(exchange, size)
        except MalformedRangeHeader as error:
            await PlainTextResponse(error.content, 400).handle(exchange)
            return
        except RangeNotSatisfiable as error:
            headers = {"content-range": f"bytes */{error.max_size}"}
            await PlainTextResponse(status_code=416, headers=headers).handle(exchange)
            return
        if not ranges:
            await self._send_whole(exchange, size)
        elif len(ranges) == 1:
            await self._send_range(exchange, ranges[0], size)
        else:
            await self._send_ranges(exchange, ranges, size)
        if self.background is not None:
            await exchange.drain()
            await self.background()

    def _stat(self) -> os.stat_result:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            raise RuntimeError(f"File at path {self.path} does not exist.") from None
        if not stat.S_ISREG(found.st_mode):
            raise RuntimeError(f"File at path {self.path} is not a file.")
        return found

    # ---- which bytes

    def _wanted(self, exchange: Exchange, size: int) -> list[tuple[int, int]]:
        """The ranges asked for; none means the whole file."""
        headers = headers_of(exchange)
        wanted = headers.get("range")
        if wanted is None or self.status_code != 200 or exchange.method.upper() not in ("GET", "HEAD"):
            return []
        condition = headers.get("if-range")
        # RFC 9110 §13.1.5: the very tag or date that we would send, else the file has changed meanwhile.
        if condition is not None and (
            condition.startswith("W/") or condition not in (self.headers["last-modified"], self.headers["etag"])
        ):
            return []
        if wanted.count(",") >= self.max_ranges:
            return []
        return parse_range_header(wanted, size)

    # ---- sending

    async def _send_whole(self, exchange: Exchange, size: int) -> None:
        if exchange.method.upper() == "HEAD":
            await send_head(exchange, self.status_code, self.raw_headers)
        elif exchange.opens_files:
            await exchange.answer_file(self.status_code, self.raw_headers, str(self.path))
        elif size <= self.chunk_size:
            body = await run_in_threadpool(self._read_small)
            exchange.answer(self.status_code, self.raw_headers, body)
        else:
            exchange.start(self.status_code, self.raw_headers)
            await self._pour(exchange, [(b"", 0, size)])

    def _read_small(self) -> bytes:
        with open(self.path, "rb") as file:
            return file.read(self.chunk_size)

    async def _send_range(self, exchange: Exchange, span: tuple[int, int], size: int) -> None:
        start, end = span
        headers = self.headers.mutablecopy()
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
        headers["content-length"] = str(end - start)
        if exchange.method.upper() == "HEAD":
            await send_head(exchange, 206, headers.raw)
            return
        exchange.start(206, headers.raw)
        await self._pour(exchange, [(b"", start, end)])

    async def _send_ranges(self, exchange: Exchange, ranges: Sequence[tuple[int, int]], size: int) -> None:
        """A part for each range (RFC 9110 §14.6)."""
        boundary = os.urandom(13).hex()
        head = f"--{boundary}\r\nContent-Type: {self.headers['content-type']}\r\nContent-Range: bytes "
        parts = [(f"{head}{start}-{end - 1}/{size}\r\n\r\n".encode("latin-1"), start, end) for start, end in ranges]
        close = f"--{boundary}--".encode()
        headers = self.headers.mutablecopy()
        headers["content-type"] = f"multipart/byteranges; boundary={boundary}"
        length = sum(len(before) + end - start + len(CRLF) for before, start, end in parts) + len(close)
        headers["content-length"] = str(length)
        if exchange.method.upper() == "HEAD":
            await send_head(exchange, 206, headers.raw)
            return
        exchange.start(206, headers.raw)
        await self._pour(exchange, parts, CRLF, close)

    async def _pour(
        self, exchange: Exchange, parts: Sequence[Part], behind_each: bytes = b"", at_end: bytes = b""
    ) -> None:
        await until_disconnect(exchange, self._copy(exchange, parts, behind_each, at_end))

    async def _copy(self, exchange: Exchange, parts: Sequence[Part], behind_each: bytes, at_end: bytes) -> None:
        import anyio

        file = (await anyio.open_file(self.path, "rb")).wrapped
        at_hand = AtHand(file.fileno(), self.chunk_size)
        try:
            for part, (before, start, end) in enumerate(parts, 1):
                if before:
                    await exchange.write(before)
                while start < end:
                    size = min(self.chunk_size, end - start)
                    data = at_hand.read(size, start)
                    if data is None:
                        data = await run_in_threadpool(read, file, size, start)
                    if not data:
                        raise RuntimeError(f"File at path {self.path} is shorter than expected.")
                    start += len(data)
                    if start == end and part == len(parts) and not behind_each:
                        at_end = data  # so that who compresses it knows that this is all
                    else:
                        await exchange.write(data)
                if behind_each:
                    await exchange.write(behind_each)
        finally:
            # Not in a thread: that waits, and what waits fails when we are cancelled.
            file.close()
        await exchange.finish(at_end)


class AtHand:
    """Reads of a file what the kernel has in memory: that takes less time than to have a thread read it."""

    def __init__(self, fd: int, size: int) -> None:
        self._fd = fd
        self._into = memoryview(bytearray(size)) if NOWAIT else None

    def read(self, size: int, start: int) -> bytes | None:
        """At most ``size`` bytes; None if they would have to be waited for, or nobody can tell."""
        if self._into is None:
            return None
        try:
            return bytes(self._into[: os.preadv(self._fd, (self._into[:size],), start, NOWAIT)])
        except OSError:
            return None  # not in memory, or a file system that cannot tell; any other error is met again by ``read``


def read(file: IO[bytes], size: int, start: int) -> bytes:
    """At most so many bytes, wherever they are."""
    file.seek(start)
    return file.read(size)


async def send_head(exchange: Exchange, status: int, headers: RawHeaders) -> None:
    exchange.start(status, headers)
    await exchange.finish()


def guess_media_type(path: str | os.PathLike[str]) -> str:
    """The media type that a file's name suggests."""
    from mimetypes import guess_type

    return guess_type(os.fspath(path))[0] or "application/octet-stream"


def disposition(kind: str, filename: str) -> str:
    """The value of content-disposition for a file name in any script (RFC 6266 §4.3, RFC 8187)."""
    quoted = quote(filename)
    if quoted == filename:
        return f'{kind}; filename="{filename}"'
    return f"{kind}; filename*=utf-8''{quoted}"
