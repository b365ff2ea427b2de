"""GZipMiddleware: smaller answers for clients that accept gzip (RFC 9110 §8.4.1.3)."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, ParamSpec, TypeVar

from hanok.exchange import AnswerFilter
from hanok.http.concurrency import run_in_threadpool
from hanok.middleware.base import NativeMiddleware
from hanok.middleware.vary import add_vary
from hanok.types import RawHeaders

P = ParamSpec("P")
T = TypeVar("T")

# Compressed already, or to be delivered at once.
DEFAULT_EXCLUDED_CONTENT_TYPES = (
    "application/grpc",
    "application/gzip",
    "application/x-gzip",
    "application/zip",
    "audio/*",
    "font/woff",
    "font/woff2",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/event-stream",
    "video/*",
)

_GZIP_FORMAT = 16 + zlib.MAX_WBITS

# A part of a representation must stay what it is; the others have no body (RFC 9110 §15.3.7, §15.4.5).
_UNTOUCHED_STATUSES = frozenset((204, 205, 206, 304))


class GZipMiddleware(NativeMiddleware):
    """Compresses answers of at least ``minimum_size`` bytes, and streamed ones.

    ``compresslevel`` is 1 (fast) to 9 (small). ``exclude_content_types`` are media types, ``type/*`` for all of a type.
    What has at least ``thread_minimum_size`` bytes is compressed in a worker thread, so that others need not wait.
    """

    def __init__(
        self,
        app: Any,
        minimum_size: int = 500,
        compresslevel: int = 9,
        thread_minimum_size: int = 128 * 1024,
        *,
        exclude_content_types: tuple[str, ...] = DEFAULT_EXCLUDED_CONTENT_TYPES,
    ) -> None:
        super().__init__(app)
        self.minimum_size = minimum_size
        self.compresslevel = compresslevel
        self.thread_minimum_size = thread_minimum_size
        excluded = [media_type_of(name) for name in exclude_content_types]
        self.excluded = frozenset(name for name in excluded if not name.endswith("/*"))
        self.excluded_prefixes = tuple(name[:-1] for name in excluded if name.endswith("/*"))

    async def handle(self, exchange: Any) -> None:
        if exchange.kind != "http":
            await self.inner(exchange)
            return
        exchange.add_filter(GZipFilter(self, accepts_gzip(exchange.header(b"accept-encoding"))))
        await self.inner(exchange)
        if exchange.late is not None:
            await exchange.drain()

    def may_compress(self, status: int, headers: RawHeaders) -> bool:
        """Whether an answer with this head may be compressed at all, whoever asks."""
        if status in _UNTOUCHED_STATUSES:
            return False
        for name, value in headers:
            if name == b"content-encoding":
                return False
            if name == b"content-type":
                media_type = media_type_of(value.decode("latin-1"))
                if media_type in self.excluded or media_type.startswith(self.excluded_prefixes):
                    return False
        return True


def media_type_of(content_type: str) -> str:
    """``type/subtype`` without parameters; gRPC's subtypes for its encodings all read as gRPC."""
    media_type = content_type.partition(";")[0].strip().lower()
    return "application/grpc" if media_type.startswith("application/grpc+") else media_type


class GZipFilter(AnswerFilter):
    """One answer. Those that could have been compressed vary by Accept-Encoding, compressed or not."""

    __slots__ = ("compressor", "middleware", "wanted")

    def __init__(self, middleware: GZipMiddleware, wanted: bool) -> None:
        self.middleware = middleware
        self.wanted = wanted
        self.compressor: Any = None

    def start(self, status: int, headers: RawHeaders) -> int:
        if self.middleware.may_compress(status, headers):
            add_vary(headers, "Accept-Encoding")
            if self.wanted:
                headers[:] = [pair for pair in headers if pair[0] != b"content-length"]
                headers.append((b"content-encoding", b"gzip"))
                self.compressor = zlib.compressobj(self.middleware.compresslevel, zlib.DEFLATED, _GZIP_FORMAT)
        return status

    def whole(self, status: int, headers: RawHeaders, body: bytes) -> tuple[int, bytes] | Awaitable[tuple[int, bytes]]:
        if len(body) < self.middleware.minimum_size:
            return status, body
        status = self.start(status, headers)
        if self.compressor is None:
            return status, body
        if len(body) >= self.middleware.thread_minimum_size:
            return InThread(self.compress_whole, status, headers, body)
        return self.compress_whole(status, headers, body)

    def compress_whole(self, status: int, headers: RawHeaders, body: bytes) -> tuple[int, bytes]:
        body = self.compress(body, True)
        headers.append((b"content-length", b"%d" % len(body)))
        return status, body

    def chunk(self, data: bytes, last: bool) -> bytes | Awaitable[bytes]:
        if self.compressor is None:
            return data
        if len(data) >= self.middleware.thread_minimum_size:
            return InThread(self.compress, data, last)
        return self.compress(data, last)

    def compress(self, data: bytes, last: bool) -> bytes:
        compressed: bytes = self.compressor.compress(data)
        # Each piece is sent when it is written: whoever reads the stream must not wait for the next.
        compressed += self.compressor.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
        return compressed

    def file(self, status: int, headers: RawHeaders) -> int:
        return status  # a server that opens the file by itself sends it as it is

    def passes_files(self) -> bool:
        return self.compressor is None

    def waits_for_body(self, status: int, headers: RawHeaders) -> bool:
        return self.middleware.may_compress(status, headers)


class InThread(Awaitable[T]):
    """A call that a worker thread makes, once it is awaited."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> None:
        self.call = partial(call, *args, **kwargs)

    def __await__(self) -> Generator[Any, None, T]:
        return run_in_threadpool(self.call).__await__()


def accepts_gzip(accepted: bytes | None) -> bool:
    """Whether an ``accept-encoding`` header names gzip, with a weight above 0 (RFC 9110 §12.5.3)."""
    for item in (accepted or b"").lower().split(b","):
        coding, _, weight = item.partition(b";")
        if coding.strip() in (b"gzip", b"x-gzip"):
            return weight.replace(b" ", b"").rstrip(b"0") not in (b"q=", b"q=0.")
    return False
